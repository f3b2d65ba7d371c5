//! Who may do what.

use appkeep_domain::Role;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::json;

use super::{BASE, holding, made, refused, text};
use crate::harness::TestApp;

on_each_database![owners_and_admins_change_applications_and_anybody_reads_them, nobody_does_without_a_token];

async fn owners_and_admins_change_applications_and_anybody_reads_them(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let owner = app.owner().await;
    let made = made(&owner, "Fine").await;
    let one = format!("/applications/{}", text(&made["id"]));
    for (role, administers) in
        [(Role::Owner, true), (Role::Admin, true), (Role::Member, false), (Role::Viewer, false)]
    {
        let user = holding(&app, role).await;
        for (method, path, changes) in [
            (Method::GET, "/applications".to_owned(), false),
            (Method::GET, one.clone(), false),
            (Method::GET, format!("{one}/environments"), false),
            (Method::GET, format!("{one}/users"), false),
            (Method::POST, "/applications".to_owned(), true),
            (Method::PATCH, one.clone(), true),
            (Method::POST, format!("{one}/rotate-keys"), true),
            (Method::POST, format!("{one}/environments/test/rotate-keys"), true),
        ] {
            let body = json!({ "name": "Mine" });
            let answer = user.json(method.clone(), &format!("{BASE}{path}"), body).await;
            if administers || !changes {
                assert!(answer.status.is_success(), "{role:?} {method} {path}: {}", answer.body);
            } else {
                refused(answer, 403, "forbidden");
            }
        }
        let other = super::made(&owner, "Doomed").await;
        let path = format!("/applications/{}", text(&other["id"]));
        let answer = super::delete(&user, &path).await;
        if administers {
            answer.with(204);
        } else {
            refused(answer, 403, "forbidden");
        }
    }
}

async fn nobody_does_without_a_token(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for user in [app.nobody(), app.bearing("x")] {
        for (method, path) in [
            (Method::GET, "/applications"),
            (Method::POST, "/applications"),
            (Method::GET, "/applications/app_abc123"),
            (Method::PATCH, "/applications/app_abc123"),
            (Method::DELETE, "/applications/app_abc123"),
            (Method::POST, "/applications/app_abc123/rotate-keys"),
            (Method::GET, "/applications/app_abc123/environments"),
            (Method::POST, "/applications/app_abc123/environments/live/rotate-keys"),
            (Method::GET, "/applications/app_abc123/users"),
            (Method::GET, "/applications/app_abc123/users/usr_xyz"),
            (Method::DELETE, "/applications/app_abc123/users/usr_xyz"),
        ] {
            let answer =
                super::enveloped(user.send(user.request(method, &format!("{BASE}{path}")), "").await);
            assert!(!answer.header("www-authenticate").is_empty(), "{path}");
            refused(answer, 401, "unauthorized");
        }
    }
}
