//! `/permissions`, `/roles` and `/application-templates`.

use appkeep_domain::access::{AccessKind, Permission};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{Client, all_for, refused, text};
use crate::harness::TestApp;

on_each_database![permissions_and_roles_are_listed, a_template_is_what_an_application_can_be_made_of];

async fn permissions_and_roles_are_listed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let all = managing.get("/permissions").await.ok();
    assert_eq!(all.as_array().map(Vec::len), Some(Permission::ALL.len()));
    let create = json!({
        "type": "token:create", "description": "Create tokens", "application_types": ["private", "public"],
    });
    assert_eq!(all[0], create);
    for kind in AccessKind::ALL {
        let listed = managing.get(&format!("/permissions?application_type={}", kind.as_str())).await.ok();
        let names: Vec<&str> =
            listed.as_array().expect("a list").iter().map(|one| text(&one["type"])).collect();
        assert_eq!(names, all_for(kind));
    }
    assert_eq!(refused(managing.get("/permissions?application_type=x").await, 400), ["application_type"]);
    let roles = managing.get("/roles").await.ok();
    assert_eq!(roles[0], json!({ "name": "owner" }));
}

async fn a_template_is_what_an_application_can_be_made_of(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let templates = managing.get("/application-templates").await.ok();
    let templates = templates.as_array().expect("a bare list");
    let known = |template: &&Value| template["id"] == "931b306f-6be7-405d-9a8d-1442a99dd2d7";
    assert_eq!(templates.iter().find(known).expect("is there")["name"], "Full Management Access");
    for template in templates {
        let path = format!("/application-templates/{}", text(&template["id"]));
        assert_eq!(managing.get(&path).await.ok(), *template);
        let body = json!({
            "name": template["name"],
            "type": template["application_type"],
            "permissions": template["permissions"],
            "rules": template["rules"],
        });
        let made = managing.post("/applications", body).await.with(201);
        assert_eq!((&made["permissions"], &made["rules"]), (&template["permissions"], &template["rules"]));
    }
}
