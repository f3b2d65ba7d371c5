//! The description, and the page to read it with.

use appkeep_testkit::TestDatabase;
use http::Method;

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
    let user = app.nobody();
    let page = user.send(user.request(Method::GET, "/docs"), "").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    let script = user.send(user.request(Method::GET, "/docs/rapidoc-9.3.8.js"), "").await;
    assert_eq!(
        (script.status.as_u16(), script.header("content-type")),
        (200, "text/javascript; charset=utf-8")
    );
    assert!(script.header("cache-control").contains("immutable"));
}
