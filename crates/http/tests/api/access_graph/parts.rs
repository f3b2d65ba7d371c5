//! A part of the graph, and as much of it as fits.

use std::collections::BTreeSet;

use appkeep_domain::Owner;
use appkeep_service::ApplicationFields;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::Value;

use super::{Place, set, text};
use crate::harness::TestApp;

on_each_database![
    a_part_is_named_by_application_integration_and_user,
    what_does_not_fit_is_counted,
    another_tenants_nodes_never_appear,
];

async fn a_part_is_named_by_application_integration_and_user(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let place = Place::make(&app).await;
    let id = |name: &str| place.id(name);
    let of_shop = ["scope:email", "scope:offline_access", "scope:openid", "scope:profile"];
    let of_billing = [
        "scope:bills:read",
        "resource:https://bills.example",
        "resource:mcp-gateway",
        "container:/",
        "container:/pci/",
    ];
    let with = |names: &[&str], more: &[&str]| set(&[names, more].concat());
    for (query, expected) in [
        (format!("application={}", id("shop")), with(&["shop", "staff", "team", "ada", "mail"], &of_shop)),
        (format!("application={}", id("billing")), with(&["billing", "bob", "git"], &of_billing)),
        (format!("integration={}", id("mail")), with(&["mail", "shop", "staff", "team", "ada"], &of_shop)),
        (format!("integration={}", id("git")), with(&["git", "billing", "bob"], &of_billing)),
        (format!("user={}", id("ada")), with(&["ada", "team", "staff", "shop", "mail"], &of_shop)),
        (format!("user={}", id("bob")), with(&["bob", "billing", "git"], &of_billing)),
        // All that is named holds together.
        (
            format!("application={}&user={}", id("shop"), id("ada")),
            with(&["shop", "staff", "team", "ada", "mail"], &of_shop),
        ),
        (format!("user={}&integration={}", id("bob"), id("mail")), set(&["bob", "mail"])),
        (
            format!("application={}&integration={}&limit=100", id("billing"), id("git")),
            with(&["billing", "bob", "git"], &of_billing),
        ),
    ] {
        assert_eq!(place.shown(&query).await, expected, "{query}");
    }
    // Any spelling of an id will do.
    let shouted = format!("user={}", id("ada").to_uppercase());
    assert_eq!(place.shown(&shouted).await, place.shown(&format!("user={}", id("ada"))).await);
    // One that is archived is looked at by its name, and in no other way.
    place.full.act(&format!("/applications/{}/archive", id("billing"))).await.ok();
    assert!(!place.shown("limit=250").await.contains("billing"));
    assert!(!place.shown(&format!("user={}", id("bob"))).await.contains("billing"));
}

async fn what_does_not_fit_is_counted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let place = Place::make(&app).await;
    let whole = place.graph("limit=250").await;
    let count = |graph: &Value, kind: &str| {
        graph["nodes"].as_array().expect("a list").iter().filter(|node| node["type"] == kind).count()
    };
    let kinds = ["user", "group", "application", "integration", "scope", "resource", "container"];
    let edges = |graph: &Value| graph["edges"].as_array().map_or(0, Vec::len);
    for kind in kinds {
        assert_eq!(whole["left_out"][format!("{kind}s")], 0, "{kind}");
    }
    for limit in [1, 7, 10, 14] {
        let part = place.graph(&format!("limit={limit}")).await;
        let shown: usize = kinds.iter().map(|kind| count(&part, kind)).sum();
        assert_eq!(shown, limit);
        for kind in kinds {
            let left = part["left_out"][format!("{kind}s")].as_u64().expect("a number");
            assert_eq!(
                count(&part, kind) + usize::try_from(left).expect("fits"),
                count(&whole, kind),
                "{kind}"
            );
        }
        let left = part["left_out"]["edges"].as_u64().expect("a number");
        assert_eq!(edges(&part) + usize::try_from(left).expect("fits"), edges(&whole));
        assert_eq!(part["left_out"]["is_exact"], true);
        let there: BTreeSet<String> =
            part["nodes"].as_array().expect("a list").iter().map(|node| text(&node["id"])).collect();
        for edge in part["edges"].as_array().expect("a list") {
            assert!(there.contains(&text(&edge["from"])) && there.contains(&text(&edge["to"])), "{edge}");
        }
        assert_eq!(place.graph(&format!("limit={limit}")).await, part, "the same each time");
    }
    for path in ["/access-graph", "/access-graph.svg"] {
        for limit in ["0", "251", "-1"] {
            let answer = place.full.get(&format!("{path}?limit={limit}")).await;
            answer.refused_for(400, "invalid_request", &["limit"]);
        }
        let answer = place.full.get(&format!("{path}?include_policy=perhaps")).await;
        answer.refused_for(400, "invalid_request", &["include_policy"]);
    }
}

async fn another_tenants_nodes_never_appear(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let place = Place::make(&app).await;
    let theirs = app.neighbour().await;
    let fields = ApplicationFields { name: Some("Everybody's".to_owned()), ..ApplicationFields::default() };
    let (global, _) = app.application_of(Owner::Global, "m2m", fields).await;
    // The tenant's people may come to what is the platform's, which is not theirs.
    place.full.put(&format!("/applications/{global}/assignments/{}", place.id("bob"))).await.with(204);
    for query in ["limit=250".to_owned(), format!("user={}", place.id("bob"))] {
        let graph = place.graph(&query).await.to_string();
        for id in
            [&theirs.application, &theirs.integration, &theirs.user, &theirs.group, &theirs.scope, &global]
        {
            assert!(!graph.contains(id.as_str()), "{id} {graph}");
        }
    }
    for path in ["/access-graph", "/access-graph.svg"] {
        for (parameter, ids, code) in [
            ("application", [&*theirs.application, &*global, "garbage"], "app_not_found"),
            (
                "integration",
                [&*theirs.integration, "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "garbage"],
                "integration_not_found",
            ),
            ("user", [&*theirs.user, "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD", ""], "user_not_found"),
        ] {
            for id in ids {
                place.full.get(&format!("{path}?{parameter}={id}")).await.refused(404, code);
            }
        }
    }
}
