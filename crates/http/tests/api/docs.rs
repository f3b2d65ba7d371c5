//! The description, and the page to read it with.

use appkeep_testkit::TestDatabase;
use http::{HeaderMap, Method};

use crate::harness::TestApp;

#[tokio::test]
async fn the_description_is_served_as_it_is_committed() {
    let app = TestApp::start(&TestDatabase::sqlite().await).await;
    let user = app.nobody();
    let answer = user.send(user.request(Method::GET, "/openapi.json"), "").await;
    assert_eq!(answer.header("content-type"), "application/json");
    let committed = include_str!("../../../../openapi/native-v1.json");
    assert_eq!(answer.ok(), serde_json::from_str::<serde_json::Value>(committed).expect("JSON"));
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let app = TestApp::start(&TestDatabase::sqlite().await).await;
    let (headers, page) = fetch(&app, "/docs").await;
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(hosts(&page), [] as [&str; 0]);
    let policy = headers["content-security-policy"].to_str().expect("text");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    let sources = policy.split(';').flat_map(|directive| directive.split_whitespace().skip(1));
    for source in sources {
        assert!(["'none'", "'self'", "'unsafe-inline'", "data:"].contains(&source), "{policy}");
    }
}

/// What the script names beside the address it is told to read: where its parts
/// come from, and examples. Whoever updates it looks at what is new.
const NAMED: &[&str] = &[
    "example.com",
    "github.com",
    "marked.js.org",
    "spec.openapis.org",
    "swagger.io",
    "vladimirgorej.com",
    "www.w3.org",
    // Fetched only without `load-fonts="false"`, and then against the policy.
    "fonts.gstatic.com",
];

#[tokio::test]
async fn the_script_has_nowhere_else_to_fetch_from() {
    let app = TestApp::start(&TestDatabase::sqlite().await).await;
    let (headers, script) = fetch(&app, "/docs/rapidoc-9.3.8.js").await;
    assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
    assert!(headers["cache-control"].to_str().expect("text").contains("immutable"));
    let unknown: Vec<_> = hosts(&script).into_iter().filter(|host| !NAMED.contains(host)).collect();
    assert_eq!(unknown, [] as [&str; 0]);
    let (_, page) = fetch(&app, "/docs").await;
    assert!(page.contains("load-fonts=\"false\""), "{page}");
}

async fn fetch(app: &TestApp, path: &str) -> (HeaderMap, String) {
    let user = app.nobody();
    let answer = user.send(user.request(Method::GET, path), "").await;
    assert_eq!(answer.status, 200, "{path}");
    (answer.headers, answer.text)
}

/// The hosts in a text's URLs.
fn hosts(text: &str) -> Vec<&str> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    let rests = text.split("http://").skip(1).chain(text.split("https://").skip(1));
    let hosts = rests.filter_map(|rest| rest.split(ends).next());
    hosts.filter(|host| host.contains('.')).collect()
}
