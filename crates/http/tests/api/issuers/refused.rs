//! In whose history a refusal is told.

use std::time::Duration;

use appkeep_domain::Owner;
use appkeep_service::write_refusals;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::harness::{TestApp, User};

on_each_database![a_refusal_is_in_the_history_of_whoever_asked];

/// What is in the history that `user` reads, once it is written.
async fn refused(user: &User<'_>, count: usize) -> Vec<Value> {
    let found = async {
        loop {
            let page = user.get("/audit?action=request.refused").await.ok();
            let entries = page["data"].as_array().expect("a list");
            if entries.len() >= count {
                return entries.clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), found).await.expect("is written")
}

/// Not in that of the tenant at the root, who would learn who else is here.
async fn a_refusal_is_in_the_history_of_whoever_asked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (acme, bolt) = (app.tenant_of(None, "acme").await, app.tenant_of(None, "bolt").await);
    let narrow = app.machine_of(Owner::Tenant(acme.id)).await;
    let client = app.client(&narrow.0, &narrow.1).at(&acme.path);
    let token = client.form("/oauth2/token", "grant_type=client_credentials&scope=applications:read").await;
    let known = app.bearing(token.ok()["access_token"].as_str().expect("a token"));
    for path in ["/t/acme", "/t/bolt", ""] {
        known.clone().at(path).get("/users").await.refused(403, "insufficient_scope");
    }
    for path in ["/t/bolt/api/v1/users", "/api/v1/users"] {
        let nobody = app.nobody();
        nobody.send(nobody.request(Method::GET, path), "").await.refused(401, "invalid_token");
    }
    // Ends with the test.
    let mut writing = JoinSet::new();
    writing.spawn(write_refusals(app.registry().clone()));
    let theirs = refused(&app.full_at(&acme).await, 2).await;
    assert!(theirs.iter().all(|entry| entry["actor"]["id"] == narrow.0.as_str()), "{theirs:?}");
    for (user, route) in
        [(app.full_at(&bolt).await, "/t/{slug}/api/v1/users"), (app.full().await, "/api/v1/users")]
    {
        let told = refused(&user, 1).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(
            (&told[0]["actor"]["kind"], &told[0]["after"]["route"]),
            (&"anonymous".into(), &route.into())
        );
    }
}
