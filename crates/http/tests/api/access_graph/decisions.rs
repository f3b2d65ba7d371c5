//! Every kind of node and edge, and each decision held to the call itself.

use std::collections::BTreeSet;

use appkeep_domain::{ApplicationId, DirectoryOf, IntegrationId, UserId, Within};
use appkeep_service::Unreachable;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{BILLS, Place, text};
use crate::harness::TestApp;

on_each_database![
    every_kind_of_node_and_edge_is_shown,
    what_is_granted_is_decided_as_the_token_endpoint_does,
    what_is_connected_is_decided_as_the_call_is,
    who_may_come_in_is_decided_as_the_sign_in_does,
];

async fn every_kind_of_node_and_edge_is_shown(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let place = Place::make(&app).await;
    let graph = place.graph("limit=250").await;
    let nodes = graph["nodes"].as_array().expect("a list");
    let kinds: BTreeSet<String> = nodes.iter().map(|node| text(&node["type"])).collect();
    let expected = ["application", "container", "group", "integration", "resource", "scope", "user"];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    for (id, name) in [
        (place.id("ada"), "ada@example.com"),
        (place.id("team"), "Team"),
        (place.id("billing"), "Billing"),
        (place.id("mail"), "Mail"),
        ("scope:bills:read", "bills:read"),
        ("resource:mcp-gateway", "mcp-gateway"),
        ("container:/pci/", "/pci/"),
    ] {
        let found = nodes.iter().find(|node| node["id"] == id);
        assert_eq!(found.map(|node| text(&node["name"])).as_deref(), Some(name), "{id}");
    }
    for edge in graph["edges"].as_array().expect("a list") {
        assert_eq!(edge["decision"], Value::Null, "nobody asked");
    }
    assert_eq!(graph["left_out"]["is_exact"], true);
    let decided = place.decided().await;
    for (edge, reason) in [
        ("ada member team", "member"),
        ("team member staff", "member"),
        ("staff assigned shop", "assigned"),
        ("bob assigned billing", "everybody"),
        ("billing attached git", "attached"),
        ("shop attached mail", "attached"),
        ("ada connected mail", "connected"),
        ("billing granted scope:bills:read", "allowed_scope"),
        ("billing granted resource:https://bills.example", "allowed_resource"),
        ("billing granted resource:mcp-gateway", "allowed_resource"),
        ("billing granted container:/ token:create", "permission"),
        ("billing granted container:/pci/ token:read", "rule"),
    ] {
        let decision = decided.get(edge).unwrap_or_else(|| panic!("no {edge} among {decided:#?}"));
        assert_eq!(
            (&decision["allowed"], text(&decision["reason"])),
            (&json!(true), reason.to_owned()),
            "{edge}"
        );
    }
}

async fn what_is_granted_is_decided_as_the_token_endpoint_does(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let place = Place::make(&app).await;
    let billing = place.id("billing");
    let token = async |more: &str| app.token(billing, &place.secret, more).await;
    for more in ["&scope=bills:read", &format!("&resource={BILLS}"), "&resource=mcp-gateway"] {
        token(more).await.ok();
    }
    // By a key as by what explains it.
    for (container, permission, edge) in [
        ("/", "token:create", "billing granted container:/ token:create"),
        ("/pci/", "token:read", "billing granted container:/pci/ token:read"),
    ] {
        let question = json!({ "permission": permission, "container": container });
        let path = format!("/api/v1/applications/{billing}/access/explain");
        let explained = place.full.json(Method::POST, &path, question).await.data();
        let decision = place.decided().await.remove(edge).expect("is shown");
        for member in ["allowed", "transform", "priority"] {
            assert_eq!(decision[member], explained[member], "{edge} {member}");
        }
        assert_eq!(decision["reason"], explained["granted_by"], "{edge}");
    }
    // What the tenant takes out of its registry is granted to nobody.
    place.full.delete("/scopes/bills:read").await.with(204);
    token("&scope=bills:read").await.refused_by_oauth(400, "invalid_scope");
    let denied = (false, "scope_unknown".to_owned());
    assert_eq!(place.decision("billing granted scope:bills:read").await, denied);
    place.full.act(&format!("/applications/{billing}/disable")).await.ok();
    token("").await.refused_by_oauth(400, "unauthorized_client");
    let decided = place.decided().await;
    let of_billing: Vec<_> = decided.iter().filter(|(edge, _)| edge.contains("billing")).collect();
    assert!(of_billing.len() > 6, "{decided:#?}");
    for (edge, decision) in of_billing {
        assert_eq!(
            (&decision["allowed"], &decision["reason"]),
            (&json!(false), &json!("application_disabled")),
            "{edge}"
        );
    }
    assert_eq!(place.decision("shop attached mail").await, (true, "attached".to_owned()));
}

/// What is shown in Ada's name by the shop: the word for why nothing is.
async fn shown(app: &TestApp, place: &Place<'_>) -> Result<(), &'static str> {
    let mut tx = app.store().read().await.expect("opens");
    let id = ApplicationId::parse(place.id("shop")).expect("an id");
    let owned = tx.owned_application(Within::Platform, id).await.expect("reads").expect("is there");
    let application = owned.application;
    let directory = tx.directory_of(application.owner.within(), application.owner, DirectoryOf::Tenant);
    let directory = directory.await.expect("reads").expect("is there").id;
    drop(tx);
    let integration = IntegrationId::parse(place.id("mail")).expect("an id");
    let ada = UserId::parse(place.id("ada")).expect("an id");
    let reached = app.integrations().reach(&application, Some((directory, ada)), integration).await;
    reached.expect("is decided").map(drop).map_err(Unreachable::as_str)
}

async fn what_is_connected_is_decided_as_the_call_is(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let place = Place::make(&app).await;
    let (connected, attached) = ("ada connected mail", "shop attached mail");
    assert_eq!(shown(&app, &place).await, Ok(()));
    assert_eq!(place.decision(connected).await, (true, "connected".to_owned()));
    place.connect(json!({ "token": "hush", "expires_at": app.after(5) })).await;
    app.clock.advance_micros(6_000_000);
    assert_eq!(shown(&app, &place).await, Err("reauthorization_required"));
    assert_eq!(place.decision(connected).await, (false, "reauthorization_required".to_owned()));
    assert_eq!(place.decision(attached).await, (true, "attached".to_owned()));
    // Another URL ends what people had with it.
    let path = format!("/integrations/{}", place.id("mail"));
    place.full.patch(&path, json!({ "url": "https://b.example/mcp" })).await.ok();
    assert_eq!(shown(&app, &place).await, Err("integration_required"));
    assert!(!place.decided().await.contains_key(connected));
    place.full.delete(&path).await.with(204);
    assert_eq!(shown(&app, &place).await, Err("archived"));
    assert!(!place.decided().await.contains_key(attached), "what is archived is not in the whole graph");
    let mut of_it = place.graph(&format!("integration={}&include_policy=true", place.id("mail"))).await;
    let edge =
        of_it["edges"].as_array_mut().expect("a list").iter_mut().find(|edge| edge["type"] == "attached");
    let decision = edge.expect("is asked for by name")["decision"].take();
    assert_eq!((&decision["allowed"], &decision["reason"]), (&json!(false), &json!("archived")));
    let detach = format!("/applications/{}/integrations/{}", place.id("shop"), place.id("mail"));
    place.full.delete(&detach).await.with(204);
    assert_eq!(shown(&app, &place).await, Err("not_attached"));
    let gone = place.graph(&format!("integration={}", place.id("mail"))).await;
    assert_eq!(gone["edges"], json!([]));
}

async fn who_may_come_in_is_decided_as_the_sign_in_does(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let place = Place::make(&app).await;
    assert_eq!(place.decision("staff assigned shop").await, (true, "assigned".to_owned()));
    let path = format!("/users/{}", place.id("ada"));
    place.full.patch(&path, json!({ "status": "suspended" })).await.ok();
    let connection = format!("/account/integrations/{}/connection", place.id("mail"));
    place.ada.get(&connection).await.refused(401, "invalid_token");
    for edge in ["ada member team", "ada connected mail"] {
        assert_eq!(place.decision(edge).await, (false, "user_suspended".to_owned()), "{edge}");
    }
    place.full.patch(&path, json!({ "status": "active" })).await.ok();
    assert_eq!(place.decision("ada member team").await, (true, "member".to_owned()));
    place.full.act(&format!("/applications/{}/disable", place.id("shop"))).await.ok();
    let page = app.browser().get(&place.shop.authorize_path(&[("prompt", "none")])).await;
    assert_eq!(page.sent("error").as_deref(), Some("unauthorized_client"), "{page:?}");
    for edge in ["staff assigned shop", "shop attached mail"] {
        assert_eq!(place.decision(edge).await, (false, "application_disabled".to_owned()), "{edge}");
    }
}
