//! `/api/v1/integrations/{integration_id}/validate`

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use appkeep_http::Outbound;
use appkeep_testkit::{TestDatabase, on_each_database};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{made, path_of};
use crate::harness::{Elsewhere, Sent, TestApp, User};

on_each_database![
    a_server_of_tools_is_valid,
    what_asks_for_a_token_says_who_gives_them_out,
    what_is_something_else_is_said,
    another_url_or_mode_forgets_what_was_found,
    only_a_few_are_reached_at_once,
    no_address_inside_a_network_is_reached,
    no_name_that_leads_inside_is_reached,
    a_redirect_inside_is_not_followed,
    a_name_that_means_something_else_a_moment_later_is_looked_at_again,
];

/// The status and the sentence, which are kept.
async fn validated(user: &User<'_>, path: &str) -> (String, String) {
    let answer = user.act(&format!("{path}/validate")).await.data();
    assert_eq!(user.get(path).await.data(), answer, "it is kept");
    let text = |member: &str| answer[member].as_str().expect("text").to_owned();
    (text("validation_status"), text("validation_message"))
}

fn initialized() -> String {
    let result =
        json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": { "name": "x" } });
    json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string()
}

async fn new(user: &User<'_>, name: &str, url: &str, auth: &str) -> String {
    let mut body = json!({ "name": name, "url": url, "auth_mode": auth });
    if auth == "server_token" {
        body["server_token"] = "hush-hush".into();
    }
    path_of(&made(user, body).await)
}

async fn a_server_of_tools_is_valid(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let json = Elsewhere::start(|_, _| Sent::json(200, initialized())).await;
    let events = Elsewhere::start(|_, _| {
        let stream = format!(": hello\n\nevent: message\ndata: {}\n\n", initialized());
        Sent { status: 200, headers: vec![("content-type", "text/event-stream".to_owned())], body: stream }
    })
    .await;
    for (name, server, auth) in
        [("Json", &json, "none"), ("Events", &events, "none"), ("Token", &json, "server_token")]
    {
        let path = new(&full, name, &format!("{}/mcp", server.url), auth).await;
        assert_eq!(server.asked().len(), usize::from(name == "Token"), "to make it connects to nothing");
        let expected = ("valid".to_owned(), "it speaks MCP 2025-06-18".to_owned());
        assert_eq!(validated(&full, &path).await, expected, "{name}");
        assert_eq!(full.last_entry().await.0, "integration.validated");
    }
    let asked = json.asked();
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("POST", "/mcp"));
    assert_eq!(asked[0].accept, "application/json, text/event-stream");
    let call: Value = serde_json::from_str(&asked[0].body).expect("JSON");
    assert_eq!(
        (&call["method"], &call["params"]["protocolVersion"]),
        (&json!("initialize"), &json!("2025-06-18"))
    );
    assert_eq!((asked[0].authorization.as_str(), asked[1].authorization.as_str()), ("", "Bearer hush-hush"));
}

/// A server that asks for a token and says by which of the ways who gives them
/// out.
async fn protected(says: &'static str) -> Elsewhere {
    Elsewhere::start(move |here, asked| {
        let resource = json!({ "resource": format!("{here}/mcp"), "authorization_servers": [format!("{here}/id")] });
        let server = |issuer: &str| {
            json!({
                "issuer": issuer, "authorization_endpoint": format!("{here}/authorize"),
                "token_endpoint": format!("{here}/token"), "scopes_supported": ["read"],
            })
        };
        let challenge = format!("Bearer realm=\"x\", resource_metadata=\"{here}/meta\"");
        match (asked.path.as_str(), says) {
            ("/mcp", "challenge") => {
                Sent { status: 401, headers: vec![("www-authenticate", challenge)], body: String::new() }
            }
            ("/mcp", _) => Sent::json(401, "{}".to_owned()),
            ("/meta", "challenge") | ("/.well-known/oauth-protected-resource/mcp", "path") => {
                Sent::json(200, resource.to_string())
            }
            ("/.well-known/oauth-protected-resource", "another's") => {
                let other = json!({ "resource": "https://bank.example", "authorization_servers": [format!("{here}/id")] });
                Sent::json(200, other.to_string())
            }
            ("/.well-known/oauth-authorization-server/id", "challenge")
            | ("/id/.well-known/openid-configuration", "path") => {
                Sent::json(200, server(&format!("{here}/id")).to_string())
            }
            ("/.well-known/oauth-authorization-server", "itself") => Sent::json(200, server(here).to_string()),
            ("/.well-known/oauth-authorization-server/id", "another's") => {
                Sent::json(200, server("https://bank.example").to_string())
            }
            _ => Sent::json(404, "{}".to_owned()),
        }
    })
    .await
}

async fn what_asks_for_a_token_says_who_gives_them_out(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for (says, below, resource) in [("challenge", "/id", true), ("path", "/id", true), ("itself", "", false)]
    {
        let server = protected(says).await;
        let here = &server.url;
        let path = new(&full, says, &format!("{here}/mcp"), "oauth").await;
        let expected = ("valid".to_owned(), format!("it asks for a token of {here}{below}"));
        assert_eq!(validated(&full, &path).await, expected, "{says}");
        let metadata = json!({
            "issuer": format!("{here}{below}"), "authorization_endpoint": format!("{here}/authorize"),
            "token_endpoint": format!("{here}/token"), "scopes_supported": ["read"],
            "resource": resource.then(|| format!("{here}/mcp")),
        });
        assert_eq!(full.get(&path).await.data()["oauth_metadata"], metadata, "{says}");
        assert_eq!(full.get(&format!("{path}/oauth")).await.data()["metadata"], metadata, "{says}");
    }
    let nobody = protected("nothing").await;
    let contradicts = protected("another's").await;
    for (name, server, auth, status) in [
        ("nobody", &nobody, "oauth", "invalid"),
        ("another", &contradicts, "oauth", "invalid"),
        ("each", &nobody, "user_token", "valid"),
        ("same", &nobody, "server_token", "unauthorized"),
        ("none", &nobody, "none", "unauthorized"),
    ] {
        let path = new(&full, name, &format!("{}/mcp", server.url), auth).await;
        assert_eq!(validated(&full, &path).await.0, status, "{name}");
        assert_eq!(full.get(&path).await.data()["oauth_metadata"], Value::Null, "{name}");
    }
}

async fn what_is_something_else_is_said(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let server = Elsewhere::start(|_, asked| match asked.path.as_str() {
        "/html" => Sent::json(200, "<html>".to_owned()),
        "/rpc" => Sent::json(200, json!({ "id": 1, "error": { "code": -1 } }).to_string()),
        "/long" => Sent::json(200, "x".repeat(300 * 1_024)),
        "/broken" => Sent::json(503, String::new()),
        "/forbidden" => Sent::json(403, String::new()),
        _ => Sent::json(404, String::new()),
    })
    .await;
    for (name, status) in [
        ("html", "invalid"),
        ("rpc", "invalid"),
        ("long", "unreachable"),
        ("broken", "unreachable"),
        ("forbidden", "unauthorized"),
        ("missing", "invalid"),
    ] {
        let path = new(&full, name, &format!("{}/{name}", server.url), "oauth").await;
        assert_eq!(validated(&full, &path).await.0, status, "{name}");
    }
    let closed = new(&full, "closed", "http://127.0.0.1:1/", "none").await;
    let (status, sentence) = validated(&full, &closed).await;
    assert_eq!(
        (status.as_str(), sentence.as_str()),
        ("unreachable", "there was no answer that could be read")
    );
    full.delete(&closed).await.with(204);
    full.act(&format!("{closed}/validate")).await.refused(409, "integration_archived");
}

async fn another_url_or_mode_forgets_what_was_found(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let server = Elsewhere::start(|_, _| Sent::json(200, initialized())).await;
    let path = new(&full, "Git", &server.url, "none").await;
    for change in [json!({ "url": format!("{}/other", server.url) }), json!({ "auth_mode": "user_token" })] {
        assert_eq!(validated(&full, &path).await.0, "valid");
        full.patch(&path, json!({ "name": "Git" })).await.ok();
        assert_eq!(full.get(&path).await.data()["validation_status"], "valid");
        assert_eq!(full.patch(&path, change).await.data()["validation_status"], Value::Null);
    }
}

async fn only_a_few_are_reached_at_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let held = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/mcp", held.local_addr().expect("bound"));
    let path = format!("{}/validate", new(&full, "Slow", &url, "none").await);
    let waiting = join_all((0..4).map(|_| full.act(&path)));
    let others = async {
        // Whoever was let through is waited for as long as it takes to connect.
        let mut streams = Vec::new();
        for _ in 0..4 {
            streams.push(held.accept().await.expect("a connection"));
        }
        full.act(&path).await.refused(429, "too_many_requests");
        let sister = app.tenant_of(None, "acme").await;
        let sister = app.full_at(&sister).await;
        let there = Elsewhere::start(|_, _| Sent::json(200, initialized())).await;
        let other = new(&sister, "Other", &there.url, "none").await;
        assert_eq!(validated(&sister, &other).await.0, "valid", "each tenant has its own");
        drop(streams);
    };
    let (answers, ()) = join(waiting, others).await;
    // One of them was kept, and the others found that something had come first.
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    let path = path.trim_end_matches("/validate");
    assert_eq!(full.get(path).await.data()["validation_status"], "unreachable");
    drop(held);
    assert_eq!(validated(&full, path).await.0, "unreachable", "there is room again");
}

/// As it is when nobody develops.
async fn strict(database: &TestDatabase) -> TestApp {
    TestApp::reaching(database, Outbound::new().expect("a client")).await
}

const NOT_PUBLIC: &str = "the URL is not on the public internet, and nothing was sent there";
const NOT_HTTPS: &str = "the URL is not an https URL, and nothing was sent there";

async fn no_address_inside_a_network_is_reached(database: TestDatabase) {
    let app = strict(&database).await;
    let full = app.full().await;
    let server = Elsewhere::start(|_, _| Sent::json(200, initialized())).await;
    let port = server.url.rsplit(':').next().expect("has one").to_owned();
    for (index, (host, sentence)) in [
        (format!("http://127.0.0.1:{port}"), NOT_HTTPS),
        (format!("https://127.0.0.1:{port}"), NOT_PUBLIC),
        // Decimal, octal, hexadecimal, and with parts left out.
        (format!("https://2130706433:{port}"), NOT_PUBLIC),
        (format!("https://0177.0.0.1:{port}"), NOT_PUBLIC),
        (format!("https://0x7f000001:{port}"), NOT_PUBLIC),
        (format!("https://0x7f.1:{port}"), NOT_PUBLIC),
        (format!("https://127.1:{port}"), NOT_PUBLIC),
        (format!("https://0:{port}"), NOT_PUBLIC),
        // Private, shared, link-local, and where clouds tell secrets.
        ("https://10.0.0.1".to_owned(), NOT_PUBLIC),
        ("https://172.16.3.4".to_owned(), NOT_PUBLIC),
        ("https://192.168.1.1".to_owned(), NOT_PUBLIC),
        ("https://100.64.0.1".to_owned(), NOT_PUBLIC),
        ("https://169.254.169.254/latest/meta-data".to_owned(), NOT_PUBLIC),
        // IPv6: loopback, local, link-local, and IPv4 in it.
        (format!("https://[::1]:{port}"), NOT_PUBLIC),
        ("https://[fd00::1]".to_owned(), NOT_PUBLIC),
        ("https://[fe80::1]".to_owned(), NOT_PUBLIC),
        (format!("https://[::ffff:127.0.0.1]:{port}"), NOT_PUBLIC),
        ("https://[::ffff:a00:1]".to_owned(), NOT_PUBLIC),
        ("https://[64:ff9b::a00:1]".to_owned(), NOT_PUBLIC),
        ("https://[2002:7f00:1::1]".to_owned(), NOT_PUBLIC),
        // A digit need not be ASCII to be one.
        (format!("https://１２７.0.0.1:{port}"), NOT_PUBLIC),
    ]
    .into_iter()
    .enumerate()
    {
        let path = new(&full, &index.to_string(), &host, "server_token").await;
        let expected = ("unreachable".to_owned(), sentence.to_owned());
        assert_eq!(validated(&full, &path).await, expected, "{host}");
    }
    assert_eq!(server.asked().len(), 0);
}

/// Names lead to what is said here, and how often that was asked.
fn leading(to: fn(&str, usize) -> SocketAddr) -> (appkeep_http::Lookup, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let lookup: appkeep_http::Lookup = Arc::new(move |name| {
        let address = to(&name, counted.fetch_add(1, Ordering::SeqCst));
        Box::pin(std::future::ready(Ok(vec![address])))
    });
    (lookup, count)
}

async fn no_name_that_leads_inside_is_reached(database: TestDatabase) {
    let (lookup, count) = leading(|name, _| {
        let address = match name {
            "loopback.example" => "127.0.0.1:0",
            "private.example" => "10.0.0.1:0",
            "cloud.example" => "169.254.169.254:0",
            "mapped.example" => "[::ffff:10.0.0.1]:0",
            _ => "[fd00::1]:0",
        };
        address.parse().expect("an address")
    });
    let outbound = Outbound::new().and_then(|outbound| outbound.looking_up(lookup)).expect("a client");
    let app = TestApp::reaching(&database, outbound).await;
    let full = app.full().await;
    for name in ["loopback", "private", "cloud", "mapped", "local"] {
        let path = new(&full, name, &format!("https://{name}.example/mcp"), "server_token").await;
        let expected = ("unreachable".to_owned(), NOT_PUBLIC.to_owned());
        assert_eq!(validated(&full, &path).await, expected, "{name}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 5, "each was looked up");
}

async fn a_redirect_inside_is_not_followed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let inside = Elsewhere::start(|_, _| Sent::json(200, initialized())).await;
    let target = inside.url.clone();
    let server = Elsewhere::start(move |_, asked| {
        let status = asked.path[1..].parse().expect("a status");
        Sent { status, headers: vec![("location", target.clone())], body: String::new() }
    })
    .await;
    for status in [301, 302, 303, 307, 308] {
        let path = new(&full, &status.to_string(), &format!("{}/{status}", server.url), "server_token").await;
        let sentence = "it redirects to elsewhere, which is not followed";
        assert_eq!(validated(&full, &path).await, ("invalid".to_owned(), sentence.to_owned()), "{status}");
    }
    assert_eq!((server.asked().len(), inside.asked().len()), (5, 0));
}

/// What a name leads to is looked at each time, and the answer that was looked
/// at is the one that is connected to.
async fn a_name_that_means_something_else_a_moment_later_is_looked_at_again(database: TestDatabase) {
    let (lookup, count) = leading(|_, times| {
        let address = if times == 0 { "127.0.0.1:0" } else { "10.0.0.1:0" };
        address.parse().expect("an address")
    });
    let outbound =
        Outbound::with_loopback().and_then(|outbound| outbound.looking_up(lookup)).expect("a client");
    let app = TestApp::reaching(&database, outbound).await;
    let full = app.full().await;
    let server = Elsewhere::start(|_, _| {
        let headers =
            vec![("connection", "close".to_owned()), ("content-type", "application/json".to_owned())];
        Sent { status: 200, headers, body: initialized() }
    })
    .await;
    let path = new(&full, "Git", &server.url.replace("127.0.0.1", "localhost"), "none").await;
    assert_eq!(validated(&full, &path).await.0, "valid");
    assert_eq!((count.load(Ordering::SeqCst), server.asked().len()), (1, 1), "looked up once for it");
    assert_eq!(validated(&full, &path).await, ("unreachable".to_owned(), NOT_PUBLIC.to_owned()));
    assert_eq!((count.load(Ordering::SeqCst), server.asked().len()), (2, 1));
}
