//! `GET /applications`: a paginated list.

use std::collections::BTreeSet;

use appkeep_domain::Role;
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{delete, get, holding, ids, placed, public, read, refused, text};
use crate::harness::TestApp;

on_each_database![
    a_list_has_parts_and_says_where_the_next_begins,
    everybody_lists_their_own_and_admins_those_of_the_organization,
    fifty_are_listed_where_nobody_says_how_many,
    the_list_of_the_organization_has_parts_as_well,
    a_limit_is_from_1_to_200,
    what_is_another_tenants_is_not_there,
];

async fn a_list_has_parts_and_says_where_the_next_begins(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let mut newest_first = Vec::new();
    for number in 0..5 {
        newest_first.insert(0, placed(&owner, &format!("App {number}"), public()).await.0);
    }
    let (mut found, mut query) = (Vec::new(), "limit=2".to_owned());
    loop {
        let part = get(&owner, &format!("/applications?{query}")).await.ok();
        assert_eq!(super::members(&part), BTreeSet::from(["items", "nextCursor"]));
        found.extend(ids(&part["items"]));
        let Some(cursor) = part["nextCursor"].as_str() else { break };
        query = format!("limit=2&cursor={cursor}");
    }
    assert_eq!(found, newest_first);
    let whole = get(&owner, "/applications?limit=20").await.ok();
    assert_eq!(whole["nextCursor"], Value::Null);
    for (item, id) in whole["items"].as_array().expect("a list").iter().zip(&newest_first) {
        assert_eq!(item, &read(&owner, &format!("/applications/{id}")).await);
    }
    delete(&owner, &format!("/applications/{}", newest_first[0])).await.with(204);
    let listed = get(&owner, "/applications").await.ok();
    assert_eq!(ids(&listed["items"]), newest_first[1..], "what is archived is not listed");
    refused(get(&owner, "/applications?cursor=eyJpZCI6").await, 400);
}

async fn everybody_lists_their_own_and_admins_those_of_the_organization(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let mut made = Vec::new();
    let (admin, member) = (holding(&app, Role::Admin).await, holding(&app, Role::Member).await);
    for user in [&admin, &member] {
        made.push(placed(user, "Mine", public()).await.0);
    }
    let full = app.full().await;
    made.push(placed(&full, "Machine's", public()).await.0);
    for (user, own) in [(&admin, &made[0]), (&member, &made[1]), (&full, &made[2])] {
        for query in ["", "?all=false"] {
            let listed = get(user, &format!("/applications{query}")).await.ok();
            assert_eq!(ids(&listed["items"]), [own.as_str()]);
        }
    }
    for user in [&holding(&app, Role::Owner).await, &admin, &full] {
        let listed = get(user, "/applications?all=true").await.ok();
        let listed = ids(&listed["items"]);
        assert!(made.iter().all(|id| listed.contains(id)), "{listed:?}");
    }
    let (operator, viewer) = (holding(&app, Role::Operator).await, holding(&app, Role::Viewer).await);
    for user in [&member, &operator, &viewer] {
        refused(get(user, "/applications?all=true").await, 403);
        let path = format!("/applications/{}", made[0]);
        assert_eq!(read(user, &path).await["canModify"], false);
    }
    assert_eq!(get(&viewer, "/applications").await.ok()["items"], json!([]));
    assert_eq!(read(&member, &format!("/applications/{}", made[1])).await["canModify"], true);
    let of_member = read(&admin, &format!("/applications/{}", made[1])).await;
    assert_eq!(of_member["canModify"], true);
    assert_ne!(text(&of_member["ownerUserId"]), "");
}

async fn fifty_are_listed_where_nobody_says_how_many(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let mut newest_first = Vec::new();
    for number in 0..51 {
        newest_first.insert(0, placed(&owner, &format!("App {number}"), public()).await.0);
    }
    let first = get(&owner, "/applications").await.ok();
    assert_eq!(ids(&first["items"]), newest_first[..50]);
    let next = format!("/applications?cursor={}", text(&first["nextCursor"]));
    let second = get(&owner, &next).await.ok();
    assert_eq!((ids(&second["items"]), &second["nextCursor"]), (newest_first[50..].to_vec(), &Value::Null));
    let whole = get(&owner, "/applications?limit=51").await.ok();
    assert_eq!((ids(&whole["items"]), &whole["nextCursor"]), (newest_first, &Value::Null));
}

async fn the_list_of_the_organization_has_parts_as_well(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let (admin, member) = (holding(&app, Role::Admin).await, holding(&app, Role::Member).await);
    let mut made = BTreeSet::new();
    for (user, name) in [(&admin, "Mine"), (&member, "Theirs"), (&admin, "Other")] {
        made.insert(placed(user, name, public()).await.0);
    }
    let whole = ids(&get(&admin, "/applications?all=true&limit=200").await.ok()["items"]);
    assert!(made.iter().all(|id| whole.contains(id)), "{whole:?}");
    let (mut found, mut query, mut parts) = (Vec::new(), "all=true&limit=2".to_owned(), 0);
    loop {
        let part = get(&admin, &format!("/applications?{query}")).await.ok();
        parts += 1;
        assert!(ids(&part["items"]).len() <= 2);
        found.extend(ids(&part["items"]));
        let Some(cursor) = part["nextCursor"].as_str() else { break };
        query = format!("all=true&limit=2&cursor={cursor}");
        // Whoever has it may no more than before.
        refused(get(&member, &format!("/applications?{query}")).await, 403);
    }
    assert_eq!(found, whole);
    assert!(parts > 1, "{parts}");
}

async fn a_limit_is_from_1_to_200(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    for list in ["applications", "integrations", "service-accounts", "agent-instances"] {
        for limit in [1, 200] {
            get(&owner, &format!("/{list}?limit={limit}")).await.ok();
        }
        for limit in ["0", "201", "-1", "many", ""] {
            let said = refused(get(&owner, &format!("/{list}?limit={limit}")).await, 400);
            assert!(said.starts_with("limit "), "{said}");
        }
        assert!(refused(get(&owner, &format!("/{list}?cursor=garbage")).await, 400).starts_with("cursor "));
    }
    assert!(refused(get(&owner, "/applications?all=maybe").await, 400).starts_with("all "));
}

async fn what_is_another_tenants_is_not_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let theirs = app.neighbour().await;
    let path = format!("/applications/{}", theirs.application);
    refused(get(&owner, &path).await, 404);
    refused(delete(&owner, &path).await, 404);
    refused(get(&owner, &format!("/integrations/{}", theirs.integration)).await, 404);
    refused(get(&owner, &format!("/service-accounts/{}", theirs.service_account)).await, 404);
    let listed = get(&owner, "/applications?all=true").await.ok();
    assert!(!listed.to_string().contains("Theirs"));
}
