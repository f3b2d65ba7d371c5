//! The requests that Zyphr's reference prints, sent as they stand there.

use std::path::Path;

use appkeep_testkit::TestDatabase;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::harness::{Server, bootstrap, folder, text};
use crate::printed::{Table, send};

/// Each as it is printed, for `curl`.
const REQUESTS: &str = include_str!("zyphr/requests.txt");
/// What the first of them is answered with there.
const CREATED: &str = include_str!("zyphr/created.json");

/// How the ids and keys of an example begin, and those that stand in its place.
const BEGINNINGS: [(&str, &str); 9] = [
    ("app_", "app_"),
    ("ws_", "tnt_"),
    ("env_", "env_"),
    ("za_pub_live_", "za_pub_live_"),
    ("za_pub_test_", "za_pub_test_"),
    ("za_pub_", "za_pub_"),
    ("za_sec_live_", "za_sec_live_"),
    ("za_sec_test_", "za_sec_test_"),
    ("za_sec_", "za_sec_"),
];

/// What a request is expected to be answered with.
type Expected = (&'static str, &'static str, u16, fn(&Value));

/// In the order of the reference.
const ANSWERS: [Expected; 13] = [
    ("POST", "/applications", 201, is_created),
    ("GET", "/applications", 200, is_list_of_applications),
    ("GET", "/applications/app_abc123", 200, is_application),
    ("PATCH", "/applications/app_abc123", 200, is_updated),
    ("DELETE", "/applications/app_abc123", 204, is_nothing),
    ("GET", "/applications/app_abc123/environments", 200, is_list_of_environments),
    ("POST", "/applications/app_abc123/environments/live/rotate-keys", 200, is_live_with_secret),
    ("POST", "/applications/app_abc123/rotate-keys", 200, is_application_with_secret),
    ("GET", "/applications/app_abc123/users", 200, is_list_of_users),
    ("GET", "/applications/app_abc123/users/usr_xyz", 200, is_user),
    ("DELETE", "/applications/app_abc123/users/usr_xyz", 204, is_nothing),
    ("GET", "/applications/app_abc123/users/usr_xyz/oauth-connections", 200, is_list_of_connections),
    ("DELETE", "/applications/app_abc123/users/usr_xyz/oauth-connections/google", 204, is_nothing),
];

/// What deletes comes last, and what is within another before it.
#[tokio::test]
async fn every_request_of_the_reference_is_answered_as_it_says() {
    let folder = folder();
    let server = Server::start(folder.path());
    assert!(server.becomes_ready().await);
    let made = bootstrap(folder.path(), &[]);
    let token = log_in(&server, &made["operator"]).await;
    let (application, user) = given(&server, &token).await;
    sign_in_with_google(&folder.path().join("appkeep-data/appkeep.db"));
    let host = format!("{}/zyphr", server.url);
    let table = Table(&[
        ("https://api.zyphr.dev", &host),
        ("YOUR_DASHBOARD_JWT", &token),
        ("app_abc123", &application),
        ("usr_xyz", &user),
    ]);
    let requests: Vec<&str> = REQUESTS.trim_end().split("\n\n").collect();
    assert_eq!(requests.len(), ANSWERS.len());
    let (last, first): (Vec<_>, Vec<_>) =
        requests.into_iter().zip(ANSWERS).partition(|(_, expected)| expected.0 == "DELETE");
    for (request, (method, path, status, holds)) in first.into_iter().chain(last.into_iter().rev()) {
        assert_eq!(what(request), (method, path), "{request}");
        let (found, answer) = send(folder.path(), &table.fill(request));
        assert_eq!(found, status, "{request}\n{answer}");
        holds(&answer);
    }
}

/// The method, and the path below the version.
fn what(request: &str) -> (&str, &str) {
    let mut words = request.split_whitespace().skip(1);
    let method = if words.next() == Some("-X") { words.next().unwrap_or_default() } else { "GET" };
    let path = request.split("/v1").nth(1).and_then(|rest| rest.split_whitespace().next());
    (method, path.unwrap_or_default())
}

async fn log_in(server: &Server, operator: &Value) -> String {
    let request = Client::new().post(format!("{}/zyphr/v1/dashboard/login", server.url));
    let body = json!({ "email": operator["email"], "password": operator["password"] });
    let answer = request.json(&body).send().await.expect("an answer");
    let told: Value = answer.json().await.expect("JSON");
    text(&told["data"]["access_token"]).to_owned()
}

/// An application with somebody of its own, who are there already, and with
/// which Google signs people in.
async fn given(server: &Server, token: &str) -> (String, String) {
    let body = json!({ "name": "Given", "type": "server", "user_pool": "application" });
    let (status, made) = server.call(token, Method::POST, "/applications", Some(body)).await;
    assert_eq!(status, 201, "{made}");
    let id = text(&made["data"]["id"]).to_owned();
    let body = json!({ "email": "ada@example.com" });
    let (status, user) =
        server.call(token, Method::POST, &format!("/applications/{id}/users"), Some(body)).await;
    assert_eq!(status, 201, "{user}");
    let body = json!({ "provider": "google", "client_id": "a", "client_secret": "b" });
    let path = format!("/applications/{id}/connections");
    let (status, connection) = server.call(token, Method::POST, &path, Some(body)).await;
    assert_eq!(status, 201, "{connection}");
    (id, text(&user["data"]["id"]).to_owned())
}

/// The user, as if Google had been asked who they are.
fn sign_in_with_google(database: &Path) {
    let statement = "INSERT INTO identities
            (connection_id, directory_id, user_id, subject, email, email_verified, created_at, last_used_at)
        SELECT c.id, c.directory_id, u.id, '1076915', u.email, 1, u.created_at, u.created_at
        FROM connections c JOIN users u ON u.directory_id = c.directory_id WHERE c.provider = 'google'";
    TestDatabase::run_on_sqlite(database, statement);
}

/// Whether every field that is printed is there: as it is printed, or, of what
/// is each server's own, of its kind.
fn is_as_printed(printed: &Value, found: &Value, place: &str) {
    match (printed, found) {
        (Value::Object(printed), Value::Object(_)) => {
            for (name, value) in printed {
                is_as_printed(value, &found[name], &format!("{place}.{name}"));
            }
        }
        (Value::Array(printed), Value::Array(found)) => {
            assert_eq!(printed.len(), found.len(), "{place}");
            for (index, (printed, found)) in printed.iter().zip(found).enumerate() {
                is_as_printed(printed, found, &format!("{place}[{index}]"));
            }
        }
        (Value::String(printed), Value::String(found)) => is_text_as_printed(printed, found, place),
        _ => assert_eq!(printed, found, "{place}"),
    }
}

fn is_text_as_printed(printed: &str, found: &str, place: &str) {
    if place.ends_with("_at") {
        assert!(
            found.len() >= printed.len() && found.ends_with('Z') && found.as_bytes()[10] == b'T',
            "{place}: {found}"
        );
        return;
    }
    match BEGINNINGS.iter().find(|(theirs, _)| printed.starts_with(theirs)) {
        Some((_, ours)) => assert!(found.starts_with(ours), "{place}: {found}"),
        None => assert_eq!(printed, found, "{place}"),
    }
}

/// Which fields an application has whose secrets are not shown.
fn printed() -> Value {
    let mut printed: Value = serde_json::from_str(CREATED).expect("JSON");
    let mut application = printed["data"].take();
    let members = application.as_object_mut().expect("an object");
    members.remove("secret_key");
    for environment in members["environments"].as_array_mut().expect("a list") {
        environment.as_object_mut().expect("an object").remove("secret_key");
    }
    application
}

fn has_fields_of(printed: &Value, found: &Value) {
    for (name, value) in printed.as_object().expect("an object") {
        let (kind, same) = (std::mem::discriminant(value), std::mem::discriminant(&found[name]));
        assert_eq!(kind, same, "{name} in {found}");
    }
}

fn is_created(answer: &Value) {
    is_as_printed(&serde_json::from_str(CREATED).expect("JSON"), answer, "");
}

fn is_list_of_applications(answer: &Value) {
    let created = |one: &&Value| one["slug"] == "my-saas-app";
    let found = answer["data"].as_array().expect("a list").iter().find(created).expect("was created");
    is_as_printed(&printed(), found, "");
    assert_eq!(found["end_users_count"], 0);
    for one in answer["data"].as_array().expect("a list") {
        assert!(one["end_users_count"].is_u64() && one.get("secret_key").is_none(), "{one}");
    }
}

fn is_application(answer: &Value) {
    has_fields_of(&printed(), &answer["data"]);
    assert!(!answer.to_string().contains("secret_key"), "{answer}");
}

fn is_updated(answer: &Value) {
    is_application(answer);
    let application = &answer["data"];
    assert_eq!(
        (&application["name"], &application["session_duration_minutes"]),
        (&json!("Updated App Name"), &json!(120))
    );
    assert_eq!(application["allowed_origins"], json!(["https://myapp.com", "https://staging.myapp.com"]));
}

fn is_nothing(answer: &Value) {
    assert!(answer.is_null(), "{answer}");
}

fn is_list_of_environments(answer: &Value) {
    let environments = answer["data"].as_array().expect("a list");
    assert_eq!(environments.len(), 2);
    for (printed, found) in printed()["environments"].as_array().expect("a list").iter().zip(environments) {
        has_fields_of(printed, found);
        assert_eq!(printed["mode"], found["mode"]);
    }
}

fn is_live_with_secret(answer: &Value) {
    has_fields_of(&printed()["environments"][0], &answer["data"]);
    assert!(text(&answer["data"]["secret_key"]).starts_with("za_sec_live_"), "{answer}");
}

fn is_application_with_secret(answer: &Value) {
    assert!(text(&answer["data"]["secret_key"]).starts_with("za_sec_"), "{answer}");
}

fn is_list_of_users(answer: &Value) {
    assert_eq!(answer["data"].as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!(answer["data"][0]["email"], "ada@example.com");
}

fn is_user(answer: &Value) {
    assert_eq!(answer["data"]["email"], "ada@example.com");
}

fn is_list_of_connections(answer: &Value) {
    assert_eq!(answer["data"].as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!(
        (&answer["data"][0]["provider"], &answer["data"][0]["email"]),
        (&json!("google"), &json!("ada@example.com"))
    );
}
