//! The requests that Kontext's reference prints, sent as they stand there.

use reqwest::Client;
use serde_json::{Value, json};

use crate::harness::{Server, admin_token, bootstrap, folder, text};
use crate::printed::{Table, send};

/// Each as it is printed, for `curl`.
const REQUESTS: &str = include_str!("kontext/requests.txt");
/// How many integrations the application has that is given.
const GIVEN: usize = 1;

/// A field, and of what kind it is.
type Field = (&'static str, fn(&Value) -> bool);

/// How a request is made, and what is expected to come of it.
type Expected = (&'static str, u16, fn(&Value));

/// In the order of the reference.
const ANSWERS: [Expected; 13] = [
    ("POST", 201, is_created),
    ("GET", 200, is_list),
    ("GET", 200, is_graph),
    ("GET", 200, is_application),
    ("PATCH", 200, is_renamed),
    ("DELETE", 204, is_nothing),
    ("POST", 200, is_rotated),
    ("GET", 200, is_oauth),
    ("PATCH", 200, is_moved),
    ("GET", 200, is_attached),
    ("PUT", 200, is_replaced),
    ("POST", 204, is_nothing),
    ("DELETE", 204, is_nothing),
];
/// What archives the application, and so comes last.
const ARCHIVES: usize = 5;

#[tokio::test]
async fn every_request_of_the_reference_is_answered_as_it_says() {
    let folder = folder();
    let server = Server::start(folder.path());
    assert!(server.becomes_ready().await);
    let made = bootstrap(folder.path(), &[]);
    let token = admin_token(&server, &made).await;
    let kontext = Kontext { base: format!("{}/kontext/api/v1", server.url), token: token.clone() };
    let oauth = json!({ "type": "confidential", "redirectUris": ["https://app.example/callback"] });
    let given = kontext.post("/applications", json!({ "name": "Given", "oauth": oauth })).await;
    let id = text(&given["application"]["id"]).to_owned();
    let (git, mail) = (kontext.integration("Git").await, kontext.integration("Mail").await);
    let attach = format!("{}/applications/{id}/integrations/{git}", kontext.base);
    let attached = Client::new().post(attach).bearer_auth(&token).send().await.expect("an answer");
    assert_eq!(attached.status(), 204);
    let host = format!("{}/kontext", server.url);
    let table = Table(&[
        ("https://api.kontext.security", &host),
        ("$TOKEN", &token),
        ("550e8400-e29b-41d4-a716-446655440000", &id),
        ("11111111-1111-4111-8111-111111111111", &git),
        ("22222222-2222-4222-8222-222222222222", &mail),
    ]);
    let mut requests: Vec<_> = REQUESTS.trim_end().split("\n\n").zip(ANSWERS).collect();
    assert_eq!(requests.len(), ANSWERS.len());
    let last = requests.remove(ARCHIVES);
    requests.push(last);
    for (request, (method, status, holds)) in requests {
        assert_eq!(method_of(request), method, "{request}");
        let (found, answer) = send(folder.path(), &table.fill(request));
        assert_eq!(found, status, "{request}\n{answer}");
        holds(&answer);
    }
    let path = format!("/applications/{id}");
    let archived = kontext.get(&path).await["application"].take();
    assert!(is_timestamp(&archived["archivedAt"]), "{archived}");
    assert_eq!((&archived["name"], &archived["activeSessionCount"]), (&json!("Renamed App"), &json!(0)));
    assert_eq!(kontext.get(&format!("{path}/integrations")).await["integrationIds"], json!([mail]));
}

/// Whoever sets up what the requests are about.
struct Kontext {
    base: String,
    token: String,
}

impl Kontext {
    async fn get(&self, path: &str) -> Value {
        let request = Client::new().get(format!("{}{path}", self.base)).bearer_auth(&self.token);
        request.send().await.expect("an answer").json().await.expect("JSON")
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = Client::new().post(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let answer = request.json(&body).send().await.expect("an answer");
        assert_eq!(answer.status(), 201, "{path}");
        answer.json().await.expect("JSON")
    }

    async fn integration(&self, name: &str) -> String {
        let body = json!({ "name": name, "url": "https://mcp.example/mcp" });
        text(&self.post("/integrations", body).await["integration"]["id"]).to_owned()
    }
}

fn method_of(request: &str) -> &str {
    let mut words = request.split_whitespace().skip(1);
    if words.next() == Some("-X") { words.next().unwrap_or_default() } else { "GET" }
}

fn is_timestamp(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() >= 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T')
}

fn is_null_or(value: &Value, holds: fn(&Value) -> bool) -> bool {
    value.is_null() || holds(value)
}

/// Each field of the table, with its type.
fn has_every_field(application: &Value) {
    let fields: [Field; 14] = [
        ("id", Value::is_string),
        ("name", Value::is_string),
        ("ownerUserId", Value::is_string),
        ("createdAt", is_timestamp),
        ("updatedAt", is_timestamp),
        ("archivedAt", |value| is_null_or(value, is_timestamp)),
        ("canModify", Value::is_boolean),
        ("activeSessionCount", Value::is_u64),
        ("idleSessionCount", Value::is_u64),
        ("liveSessionCount", Value::is_u64),
        ("totalSessionCount", Value::is_u64),
        ("mcpUrlTemplate", |value| is_null_or(value, Value::is_string)),
        ("integrations", |value| value.as_array().is_some_and(|all| all.iter().all(Value::is_object))),
        ("oauth", |value| is_null_or(value, Value::is_object)),
    ];
    for (name, holds) in fields {
        assert!(holds(&application[name]), "{name} in {application}");
    }
}

/// Each field that may be said of it.
fn has_every_field_of_oauth(oauth: &Value) {
    let fields: [Field; 5] = [
        ("type", |value| value == "public" || value == "confidential"),
        ("redirectUris", Value::is_array),
        ("pkceRequired", Value::is_boolean),
        ("scopes", Value::is_array),
        ("allowedResources", Value::is_array),
    ];
    for (name, holds) in fields {
        assert!(holds(&oauth[name]), "{name} in {oauth}");
    }
}

fn is_created(answer: &Value) {
    has_every_field(&answer["application"]);
    has_every_field_of_oauth(&answer["application"]["oauth"]);
    assert_eq!(answer["application"]["name"], "My App");
    let expected = json!({
        "type": "public", "redirectUris": ["http://localhost:3000/callback"], "pkceRequired": true,
        "scopes": [], "allowedResources": [],
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&answer["oauth"][name], value, "{name}");
    }
}

fn is_list(answer: &Value) {
    let items = answer["items"].as_array().expect("a list");
    assert_eq!(items.len(), 2, "{answer}");
    items.iter().for_each(has_every_field);
    assert!(answer["nextCursor"].is_null(), "{answer}");
}

fn is_graph(answer: &Value) {
    let (nodes, edges) = (&answer["nodes"], answer["edges"].as_array().expect("a list"));
    assert!(nodes.as_array().is_some_and(|nodes| nodes.len() >= 3), "{answer}");
    assert!(edges.iter().any(|edge| edge["type"] == "attached"), "{answer}");
    assert!(edges.iter().all(|edge| edge["policy"].is_object()), "{answer}");
}

fn is_application(answer: &Value) {
    has_every_field(&answer["application"]);
    assert_eq!(answer["application"]["canModify"], true);
    assert_eq!(answer["application"]["integrations"].as_array().map(Vec::len), Some(GIVEN));
}

fn is_renamed(answer: &Value) {
    has_every_field(&answer["application"]);
    assert_eq!(answer["application"]["name"], "Renamed App");
}

fn is_rotated(answer: &Value) {
    has_every_field(&answer["application"]);
    assert!(!text(&answer["oauth"]["clientSecret"]).is_empty());
}

fn is_oauth(answer: &Value) {
    has_every_field_of_oauth(&answer["oauth"]);
    assert!(answer["oauth"].get("clientSecret").is_none(), "it is not shown again");
}

fn is_moved(answer: &Value) {
    has_every_field_of_oauth(&answer["oauth"]);
    assert_eq!(answer["oauth"]["redirectUris"], json!(["https://myapp.com/callback"]));
}

fn is_attached(answer: &Value) {
    assert_eq!(answer["integrationIds"].as_array().map(Vec::len), Some(GIVEN));
}

fn is_replaced(answer: &Value) {
    assert_eq!(answer["integrationIds"].as_array().map(Vec::len), Some(2));
}

fn is_nothing(answer: &Value) {
    assert_eq!(answer, &Value::Null);
}
