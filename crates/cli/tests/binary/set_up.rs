//! How the first operator comes in: by a link that is printed.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Client, StatusCode};
use serde_json::Value;

use crate::harness::{Server, appkeep, bootstrap, folder, text};

const PASSWORD: &str = "a password that the first operator chose";

/// A development server, and the link that it printed.
fn start(folder: &Path) -> (Server, Option<String>) {
    let mut command =
        appkeep(folder, &["serve", "--dev", "--listen", "127.0.0.1:0", "--log-filter", "error"]);
    command.stderr(Stdio::inherit());
    let mut child = command.spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.as_mut().expect("it is piped")).lines();
    let mut printed: Vec<String> = Vec::new();
    while printed.last().is_none_or(|last| !last.starts_with("Stop it")) {
        printed.push(lines.next().expect("says how to stop it").expect("UTF-8"));
    }
    drop(lines);
    let port = printed[0].split_whitespace().find_map(|word| word.strip_prefix("127.0.0.1:"));
    let url = format!("http://127.0.0.1:{}", port.expect("says where it listens"));
    assert!(printed.iter().any(|line| line.ends_with("/console")), "{printed:?}");
    (Server { child, url }, printed.iter().find_map(|line| path_of(line)))
}

/// What stands in a link behind the address of the server.
fn path_of(printed: &str) -> Option<String> {
    let link = printed.split_whitespace().find(|word| word.contains("/reset-password?token="))?;
    link.find("/reset-password").map(|start| link[start..].to_owned())
}

/// Follows the link and chooses a password; the last status, and what was shown.
async fn choose(server: &Server, path: &str) -> (StatusCode, String) {
    let page = server.get(path).await;
    if page.status() != StatusCode::OK {
        return (page.status(), page.text().await.expect("UTF-8"));
    }
    let cookies = page.headers().get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().expect("text"));
    let cookies: Vec<_> = cookies.filter_map(|cookie| cookie.split(';').next()).map(str::to_owned).collect();
    let html = page.text().await.expect("UTF-8");
    let between = |text: &str, before: &str| {
        let (_, rest) = text.split_once(before)?;
        rest.split_once('"').map(|(found, _)| found.replace("&#38;", "&").replace("&amp;", "&"))
    };
    let action = between(&html, "<form method=\"post\" action=\"").expect("a form");
    let mut fields = vec![("new_password".to_owned(), PASSWORD.to_owned())];
    for input in html.split("<input type=\"hidden\" ").skip(1) {
        let part = |name| between(input, name).expect("has it");
        fields.push((part("name=\""), part("value=\"")));
    }
    let request = Client::builder().no_proxy().build().expect("a client");
    let request = request.post(format!("{}{action}", server.url)).header(COOKIE, cookies.join("; "));
    let answer = request.form(&fields).send().await.expect("an answer");
    (answer.status(), answer.text().await.expect("UTF-8"))
}

#[tokio::test]
async fn the_first_operator_chooses_a_password_by_a_link_that_is_good_once() {
    let folder = folder();
    let (server, link) = start(folder.path());
    let link = link.expect("nobody can sign in yet");
    let (status, shown) = choose(&server, &link).await;
    assert_eq!(status, StatusCode::OK, "{shown}");
    assert!(shown.contains("Your password is changed") && shown.contains("href=\"/console\""), "{shown}");
    assert_eq!(choose(&server, &link).await.0, StatusCode::GONE, "once");
    // Beside it `bootstrap` makes what is missing, and replaces what was chosen only when told to.
    let made = bootstrap(folder.path(), &[]);
    assert_eq!(
        (text(&made["operator"]["email"]), &made["operator"]["password"]),
        ("admin@localhost", &Value::Null)
    );
    assert!(text(&made["native"]["client_secret"]).starts_with("ias_"));
    assert_eq!(bootstrap(folder.path(), &["--link"])["operator"].get("link"), None, "there is a password");
    assert_eq!(server.stop("-TERM").await, Some(0));
    let (server, link) = start(folder.path());
    assert_eq!(link, None, "it is set up");
    assert!(bootstrap(folder.path(), &["--reset"])["operator"]["password"].is_string());
    assert_eq!(server.stop("-TERM").await, Some(0));
}

#[tokio::test]
async fn whoever_did_not_follow_the_link_gets_another() {
    let folder = folder();
    let (server, first) = start(folder.path());
    let first = first.expect("nobody can sign in yet");
    assert_eq!(server.stop("-TERM").await, Some(0));
    let (server, second) = start(folder.path());
    let second = second.expect("nobody can sign in still");
    assert_eq!(choose(&server, &first).await.0, StatusCode::GONE, "there is a newer one");
    assert_eq!(server.get(&second).await.status(), StatusCode::OK);
    // A password that `bootstrap` makes is in its place.
    assert!(bootstrap(folder.path(), &[])["operator"]["password"].is_string());
    assert_eq!(choose(&server, &second).await.0, StatusCode::GONE, "there is a password");
    assert_eq!(server.stop("-TERM").await, Some(0));
    assert_eq!(start(folder.path()).1, None);
}

#[tokio::test]
async fn bootstrap_prints_a_link_instead_of_a_password() {
    let folder = folder();
    let [first, second] = [(); 2].map(|()| bootstrap(folder.path(), &["--link"]));
    for made in [&first, &second] {
        assert_eq!(made["operator"]["password"], Value::Null);
        assert!(text(&made["operator"]["link"]).starts_with(text(&made["base_url"])), "{made}");
    }
    assert_ne!(first["operator"]["link"], second["operator"]["link"]);
    let (server, third) = start(folder.path());
    for old in [&first, &second] {
        let path = path_of(text(&old["operator"]["link"])).expect("a link");
        assert_eq!(choose(&server, &path).await.0, StatusCode::GONE);
    }
    let (status, shown) = choose(&server, &third.expect("nobody followed one")).await;
    assert_eq!(status, StatusCode::OK, "{shown}");
}
