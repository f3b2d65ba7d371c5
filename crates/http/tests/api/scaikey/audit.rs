//! `/audit/`: who did what.

use appkeep_domain::{AuditEntry, AuditEntryId, Level, Owner, Role, RoleGrant, Within};
use appkeep_storage::{AuditFilter, ReadTx, StorageError, WriteTx};
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{ADMIN, admins, get, id_of, patch, post};
use crate::harness::{PARTNER, RIVAL, SISTER, STRANGER, TestApp, User, email_of};

on_each_database![
    every_admin_reads_the_histories_that_they_govern,
    an_entry_says_who_did_what_to_what,
    entries_are_numbered_newest_first,
    each_filter_keeps_what_it_says,
    a_history_that_is_not_gone_through_says_so,
    refusals_are_failures,
    the_words_are_listed,
    who_may_not_read_it_is_told_so,
];

async fn actions(user: &User<'_>, query: &str) -> Vec<Value> {
    let listed = get(user, &format!("/audit/?per_page=100&{query}")).await.ok();
    let data = listed["data"].as_array().expect("a list");
    assert_eq!(listed["pagination"]["total"], data.len(), "{query}");
    data.iter().map(|entry| entry["action"].clone()).collect()
}

async fn every_admin_reads_the_histories_that_they_govern(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [platform, partner, tenant] = admins(&app).await;
    for of in [app.tenant(), SISTER, STRANGER] {
        let body = json!({ "name": "Crew", "tenant_id": of.to_string() });
        post(&platform, "/groups/", body).await.created();
    }
    for id in [PARTNER, RIVAL] {
        patch(&platform, &format!("/partners/{id}"), json!({ "max_tenants": 9 })).await.data();
    }
    post(&platform, "/applications/", json!({ "name": "All", "application_type": "SPA", "scope": "GLOBAL" }))
        .await
        .created();
    let own = app.tenant();
    for (user, query, sees) in [
        (&platform, "action=application.created".to_owned(), true),
        (&platform, format!("action=group.created&tenant_id={STRANGER}"), true),
        (&platform, format!("action=partner.updated&partner_id={RIVAL}"), true),
        (&platform, format!("action=group.created&tenant_id={STRANGER}&partner_id={RIVAL}"), true),
        (&platform, format!("action=group.created&tenant_id={STRANGER}&partner_id={PARTNER}"), false),
        (&partner, "action=partner.updated".to_owned(), true),
        (&partner, format!("action=group.created&tenant_id={SISTER}"), true),
        (&partner, format!("action=group.created&tenant_id={STRANGER}"), false),
        (&partner, format!("action=partner.updated&partner_id={RIVAL}"), false),
        (&tenant, "action=group.created".to_owned(), true),
        (&tenant, format!("action=group.created&tenant_id={own}&partner_id={PARTNER}"), true),
        (&tenant, format!("action=group.created&tenant_id={SISTER}"), false),
        (&tenant, format!("partner_id={RIVAL}"), false),
        (&app.with("admin:read").await, "action=group.created".to_owned(), true),
    ] {
        assert_eq!(actions(user, &query).await.len(), usize::from(sees), "{query}");
    }
    // Who did what in its partner's name is not for a tenant to know.
    get(&tenant, &format!("/audit/?partner_id={PARTNER}")).await.with(403);
}

async fn an_entry_says_who_did_what_to_what(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [_, _, tenant] = admins(&app).await;
    let made = post(&tenant, "/groups/", json!({ "name": "Crew" })).await.created();
    let listed = get(&tenant, "/audit?action=group.created").await.ok();
    let entry = &listed["data"][0];
    for (member, value) in [
        ("actor_type", json!("admin")),
        ("action", json!("group.created")),
        ("resource_type", json!("group")),
        ("resource_id", json!(id_of(&made))),
        ("result", json!("SUCCESS")),
        ("tenant_id", json!(app.tenant().to_string())),
        ("partner_id", Value::Null),
        ("ip_address", json!("203.0.113.7")),
        ("timestamp", json!(app.now())),
        ("before", Value::Null),
    ] {
        assert_eq!(entry[member], value, "{member}: {entry}");
    }
    assert_eq!(entry["after"]["name"], "Crew");
    assert!(entry["actor_id"].as_str().is_some_and(|id| id.starts_with("opr_")), "{entry}");
    assert!(entry["request_id"].as_str().is_some_and(|id| id.starts_with("req_")), "{entry}");
}

async fn entries_are_numbered_newest_first(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let writer = app.with("admin:write").await;
    for number in 1..=5 {
        post(&writer, "/groups/", json!({ "name": format!("Group {number}") })).await.created();
    }
    for (page, names) in [(1, vec!["Group 5", "Group 4"]), (3, vec!["Group 1"]), (4, vec![])] {
        let query = format!("/audit/?action=group.created&page={page}&per_page=2");
        let listed = get(&writer, &query).await.ok();
        let numbers = json!({ "page": page, "per_page": 2, "total": 5, "total_pages": 3 });
        assert_eq!((&listed["pagination"], &listed["meta"]), (&numbers, &json!({})));
        let shown: Vec<&Value> =
            listed["data"].as_array().expect("a list").iter().map(|entry| &entry["after"]["name"]).collect();
        assert_eq!(shown, names, "{page}");
    }
}

async fn each_filter_keeps_what_it_says(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let writer = app.with("admin:write").await;
    let group = id_of(&post(&writer, "/groups/", json!({ "name": "Crew" })).await.created());
    let before = app.now();
    app.clock.advance_micros(5_000_000);
    let after = app.now();
    patch(&writer, &format!("/groups/{group}"), json!({ "name": "Staff" })).await.data();
    let [.., tenant] = admins(&app).await;
    patch(&tenant, &format!("/groups/{group}"), json!({ "description": "All" })).await.data();
    let body = json!({ "name": "Page", "application_type": "SPA", "scope": "TENANT",
                       "tenant_id": app.tenant().to_string() });
    let application = id_of(&post(&tenant, "/applications/", body).await.created());
    let (management, _) = app.management();
    let at = Level::Tenant { id: app.tenant(), partner: Some(PARTNER) };
    let email = email_of(RoleGrant { role: Role::Admin, at });
    let (made, changed) = ("group.created", "group.updated");
    for (query, expected) in [
        (format!("resource_id={group}"), vec![changed, changed, made]),
        (format!("resource_id={group}&resource_type=group&action={changed}"), vec![changed, changed]),
        (format!("resource_id={application}"), vec!["application.created"]),
        (format!("resource_type=group&actor_id={management}"), vec![changed, made]),
        (format!("resource_type=group&actor_email={email}"), vec![changed]),
        (format!("resource_type=group&actor_email={email}&actor_id={management}"), vec![]),
        ("actor_email=nobody@example.com".to_owned(), vec![]),
        (format!("resource_type=group&start_time={after}"), vec![changed, changed]),
        (format!("resource_type=group&start_time={before}&end_time={after}"), vec![made]),
        ("resource_type=group&ip_address=203.0.113.7".to_owned(), vec![changed, changed, made]),
        ("resource_type=group&ip_address=203.0.113.8".to_owned(), vec![]),
        ("resource_type=nothing".to_owned(), vec![]),
        ("resource_type=group&result=FAILURE".to_owned(), vec![]),
        ("resource_type=group&result=SUCCESS".to_owned(), vec![changed, changed, made]),
    ] {
        assert_eq!(actions(&writer, &query).await, expected, "{query}");
    }
    for (query, name) in [
        ("start_time=today", "start_time"),
        ("end_time=1", "end_time"),
        ("ip_address=here", "ip_address"),
        ("result=success", "result"),
        ("actor_email=x", "actor_email"),
        ("page=0", "page"),
    ] {
        let refused = get(&writer, &format!("/audit/?{query}")).await.with(422);
        assert_eq!(refused["detail"][0]["loc"], json!(["query", name]), "{refused}");
    }
    for nobody in ["tenant_id=x", "partner_id=x"] {
        assert_eq!(actions(&writer, nobody).await, [] as [&str; 0], "{nobody}");
    }
}

async fn a_history_that_is_not_gone_through_says_so(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let reader = app.with("admin:read").await;
    let listed = get(&reader, "/audit/").await.ok();
    assert_eq!(listed["meta"], json!({}));
    let store = database.store();
    let mut tx = store.read().await.expect("reads");
    let owner = Owner::Tenant(app.tenant());
    let filter = AuditFilter::default();
    let found = tx.audit_entries(owner.within(), owner, &filter, None, 1).await.expect("reads");
    drop(tx);
    let first = found.entries.into_iter().next().expect("there is one");
    let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
        for number in 0..ReadTx::MAX_EXAMINED as u128 {
            let entry = AuditEntry { id: AuditEntryId::from_bytes(number.to_be_bytes()), ..first.clone() };
            tx.insert_audit_entry(Within::Platform, &entry).await?;
        }
        Ok(())
    };
    store.write(write).await.expect("writes");
    let request = reader.request(Method::GET, &format!("{ADMIN}/audit/"));
    let listed = reader.send(request, "").await.ok();
    assert_eq!(listed["pagination"]["total"], ReadTx::MAX_EXAMINED);
    assert_eq!(listed["meta"], json!({ "total_is_exact": false }));
}

async fn refusals_are_failures(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let reader = app.with("audit:read").await;
    app.refused_in(app.tenant()).await;
    let listed = get(&reader, "/audit/?result=FAILURE").await.ok();
    let entry = &listed["data"][0];
    assert_eq!((&entry["result"], &entry["action"]), (&json!("FAILURE"), &json!("request.refused")));
    assert!(!actions(&reader, "result=SUCCESS").await.contains(&json!("request.refused")));
}

async fn the_words_are_listed(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let [_, partner, _] = admins(&app).await;
    let body = json!({ "name": "Crew", "tenant_id": SISTER.to_string() });
    let group = id_of(&post(&partner, "/groups/", body).await.created());
    patch(&partner, &format!("/groups/{group}"), json!({ "name": "Staff" })).await.data();
    let body = json!({ "email": "ada@example.com", "tenant_id": SISTER.to_string() });
    post(&partner, "/users/", body).await.created();
    let words = async |path: &str| get(&partner, &format!("/audit/{path}")).await.data();
    let of = format!("?tenant_id={SISTER}");
    let listed = json!(["group.created", "group.updated", "user.created"]);
    assert_eq!(words(&format!("actions{of}")).await, listed);
    assert_eq!(words(&format!("actions/{of}")).await, listed);
    assert_eq!(words(&format!("resource-types{of}")).await, json!(["group", "user"]));
    assert_eq!(words(&format!("actions?tenant_id={STRANGER}")).await, json!([]));
    assert_eq!(words("actions").await, json!([]));
    assert_eq!(words("actions?tenant_id=x").await, json!([]));
}

async fn who_may_not_read_it_is_told_so(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let lacks = json!({ "detail": "Platform token requires admin:read or admin:write scope" });
    let none = app.with("users:read").await;
    let viewer = app.viewer_of_the_tenant().await;
    for path in ["/audit/", "/audit/actions", "/audit/resource-types"] {
        assert_eq!(get(&none, path).await.with(403), lacks, "{path}");
        get(&app.nobody(), path).await.with(401);
        get(&viewer, path).await.ok();
    }
}
