//! Tokens made, looked up, changed and deleted.

use appkeep_domain::TenantId;
use appkeep_service::{ErrorCode, NewToken, PageQuery, TokenQuery};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::rules::{everything, token};
use super::{put, put_plain, refused_for, text};
use crate::harness::TestApp;

on_each_database![
    a_token_is_kept_masked_and_revealed,
    what_is_no_such_data_is_refused,
    a_token_is_called_as_it_is_told,
    a_change_is_merged,
    what_is_shown_is_changed_by_who_may_see_it_or_sends_it_all,
    the_same_data_is_one_token_where_that_is_asked_for,
    what_is_found_again_is_changed_where_the_tenant_wants_that,
    a_token_whose_time_is_over_is_not_there,
    tokens_of_other_tenants_and_environments_are_not_there,
    the_history_tells_which_and_never_what,
    whoever_sees_a_token_plain_by_a_patch_is_written_down,
];

const CARD: &str = "4242424242424242";

async fn a_token_is_kept_masked_and_revealed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let data = json!({ "number": CARD, "expiration_month": 4, "expiration_year": 2031, "cvc": "123" });
    let new = json!({ "type": "card", "data": data, "metadata": { "order": "7" } });
    let answer = full.post("/vault/tokens", new).await;
    let location = answer.header("location").to_owned();
    let made = answer.created()["token"].clone();
    assert_eq!(
        (&made["data"], &made["transform"], &made["container"]),
        (&data, &json!("reveal"), &json!("/pci/high/"))
    );
    assert_eq!(location, format!("/api/v1/vault/tokens/{}", text(&made["id"])));
    let path = location.trim_start_matches("/api/v1").to_owned();
    assert_eq!(full.get(&path).await.data(), made);
    let masked = app.with("vault:read").await.get(&path).await.data();
    let shown = json!({ "number": "XXXXXXXXXXXX4242", "expiration_month": 4, "expiration_year": 2031 });
    assert_eq!((&masked["data"], &masked["transform"]), (&shown, &json!("mask")));
    assert_eq!((&masked["metadata"], &masked["fingerprint"]), (&json!({ "order": "7" }), &Value::Null));
    // Who writes and does not read is shown nothing.
    let writer = app.with("vault:write").await;
    assert_eq!(put(&writer, json!({ "type": "token", "data": "x" })).await["data"], Value::Null);
    writer.get(&path).await.refused(403, "insufficient_scope");
    writer.delete(&path).await.with(204);
    full.get(&path).await.refused(404, "token_not_found");
    full.delete(&path).await.refused(404, "token_not_found");
    // What has no mask is not shown where masks are.
    let plain = put_plain(&full, json!({ "a": [1, null, "é"] })).await;
    let reader = app.with("vault:read").await;
    assert_eq!(reader.get(&format!("/vault/tokens/{plain}")).await.data()["data"], Value::Null);
    assert_eq!(
        full.get(&format!("/vault/tokens/{plain}")).await.data()["data"],
        json!({ "a": [1, null, "é"] })
    );
}

async fn what_is_no_such_data_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let one = |more: Value| {
        let mut new = json!({ "type": "token", "data": "x" });
        for (name, value) in more.as_object().expect("an object") {
            new[name] = value.clone();
        }
        new
    };
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    let many: Vec<String> = (0..11).map(|number| format!("{{{{ {number} }}}}")).collect();
    for (new, field) in [
        (json!({ "type": "secret", "data": "x" }), "type"),
        (json!({ "type": "card", "data": { "number": "4242424242424241" } }), "data.number"),
        (
            json!({ "type": "card", "data": { "number": CARD, "expiration_month": 13 } }),
            "data.expiration_month",
        ),
        (json!({ "type": "card", "data": { "number": CARD, "cvc": "1" } }), "data.cvc"),
        (
            json!({ "type": "bank", "data": { "routing_number": "021000022", "account_number": "1" } }),
            "data.routing_number",
        ),
        (json!({ "type": "card_number", "data": "1" }), "data"),
        (json!({ "type": "us_bank_account_number", "data": "12" }), "data"),
        (json!({ "type": "us_bank_routing_number", "data": "123456789" }), "data"),
        (json!({ "type": "social_security_number", "data": "12345678" }), "data"),
        (json!({ "type": "employer_id_number", "data": "x" }), "data"),
        (json!({ "type": "network_token", "data": {} }), "data.number"),
        (one(json!({ "id": "ab" })), "id"),
        (one(json!({ "id": "a/b/c" })), "id"),
        // A secret of ours, with its checksum.
        (one(json!({ "id": "ias_00000000000000000000000000000000000000000000L1nPa" })), "id"),
        (one(json!({ "id": "{{ data.nothing | alias_card }}" })), "id"),
        (one(json!({ "container": "/pci" })), "container"),
        (one(json!({ "data": deep })), "data"),
        (one(json!({ "search_indexes": ["{{ data.nothing }}"] })), "search_indexes[0]"),
        (one(json!({ "search_indexes": many })), "search_indexes"),
        (one(json!({ "fingerprint_expression": "{{ data.nothing }}" })), "fingerprint_expression"),
        (one(json!({ "fingerprint_expression": "x".repeat(401) })), "fingerprint_expression"),
        (one(json!({ "metadata": { "a": "x".repeat(1_001) } })), "metadata"),
        (one(json!({ "expires_at": app.now() })), "expires_at"),
        (one(json!({ "expires_at": "soon" })), "expires_at"),
    ] {
        refused_for(&full, new, &[field]).await;
    }
    full.post("/vault/tokens", json!({ "type": "token" })).await.refused_for(
        400,
        "invalid_request",
        &["data"],
    );
    let elsewhere = full.post("/vault/tokens?environment=both", one(json!({}))).await;
    elsewhere.refused_for(400, "invalid_request", &["environment"]);
    assert!(database.dump().await["vault_tokens"].is_empty());
    // A mask that is no expression is kept, and shows nothing.
    let malformed = one(json!({ "mask": "{{ data.number, reveal_last: 4 }}" }));
    let id = text(&put(&full, malformed).await["id"]);
    let shown = app.with("vault:read").await.get(&format!("/vault/tokens/{id}")).await.data();
    assert_eq!((&shown["data"], &shown["mask"]), (&Value::Null, &json!("{{ data.number, reveal_last: 4 }}")));
}

async fn a_token_is_called_as_it_is_told(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let called = |id: &str| json!({ "type": "card_number", "data": CARD, "id": id });
    assert_eq!(put(&full, called("My-Card.1")).await["id"], "My-Card.1");
    full.get("/vault/tokens/My-Card.1").await.ok();
    full.get("/vault/tokens/my-card.1").await.refused(404, "token_not_found");
    full.post("/vault/tokens", called("My-Card.1")).await.refused(409, "token_id_taken");
    let alias = text(&put(&full, called("{{ data | alias_card }}")).await["id"]);
    assert!(alias.len() == 16 && alias.ends_with("4242") && alias != CARD, "{alias}");
    full.get(&format!("/vault/tokens/{alias}")).await.ok();
    // An alias that is always the same is taken the second time: a random id instead.
    assert_eq!(put(&full, called("{{ 'fixed' }}")).await["id"], "fixed");
    assert_eq!(text(&put(&full, called("{{ 'fixed' }}")).await["id"]).len(), 36);
}

async fn a_change_is_merged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let masks = app.with("vault:read vault:write").await;
    let new = json!({
        "type": "token", "data": { "foo": "bar", "bar": "foo" }, "mask": { "foo": "{{ data.foo }}" },
        "metadata": { "a": "1", "b": "2" },
    });
    let id = text(&put(&masks, new).await["id"]);
    let path = format!("/vault/tokens/{id}");
    let merge = json!({
        "data": { "foo": "newbar", "bar": null, "newfoo": "barbar" },
        "mask": { "newfoo": "{{ data.newfoo | reveal_last: 4, '#' }}" },
        "metadata": { "a": null, "c": "3" },
    });
    app.clock.advance_micros(1_000_000);
    let changed = masks.patch(&path, merge.clone()).await.data();
    assert_eq!(changed["data"], json!({ "foo": "newbar", "newfoo": "##rbar" }));
    assert_eq!(changed["metadata"], json!({ "b": "2", "c": "3" }));
    assert_eq!(
        (&changed["modified_at"], &changed["modified_by"]),
        (&json!(app.now()), &changed["created_by"])
    );
    assert_eq!(masks.get(&path).await.data(), changed);
    assert_eq!(full.get(&path).await.data()["data"], json!({ "foo": "newbar", "newfoo": "barbar" }));
    // Again, and nothing has changed.
    let entries = full.entries("vault_token.updated").await.len();
    masks.patch(&path, merge).await.ok();
    assert_eq!(full.entries("vault_token.updated").await.len(), entries);
    // The rest is replaced.
    let replacing = json!({
        "container": "/Users/", "expires_at": app.after(60), "search_indexes": ["{{ data.foo }}"],
        "fingerprint_expression": "{{ data.foo }}",
    });
    let changed = full.patch(&path, replacing).await.data();
    assert_eq!((&changed["container"], &changed["expires_at"]), (&json!("/users/"), &json!(app.after(60))));
    let fingerprint = text(&changed["fingerprint"]);
    assert!((40..=44).contains(&fingerprint.len()), "{fingerprint}");
    let changed = full.patch(&path, json!({ "data": { "foo": "other" }, "expires_at": null })).await.data();
    assert!(changed["expires_at"].is_null() && changed["fingerprint"] != json!(fingerprint), "{changed}");
    for (patch, fields) in [
        (json!({ "data": { "foo": null } }), &["fingerprint_expression", "search_indexes[0]"][..]),
        (json!({ "metadata": { "a": "x".repeat(1_001) } }), &["metadata"]),
        (json!({ "container": "users" }), &["container"]),
        (json!({ "expires_at": app.now() }), &["expires_at"]),
    ] {
        full.patch(&path, patch).await.refused_for(422, "invalid_field", fields);
    }
    assert_eq!(full.get(&path).await.data(), changed);
    full.patch("/vault/tokens/nothing", json!({})).await.refused(404, "token_not_found");
}

async fn what_is_shown_is_changed_by_who_may_see_it_or_sends_it_all(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let new = json!({ "type": "token", "data": { "a": "hush", "b": "2" }, "mask": { "b": "{{ data.b }}" } });
    let path = format!("/vault/tokens/{}", text(&put(&full, new).await["id"]));
    let masks = app.with("vault:read vault:write").await;
    let before = full.get(&path).await.data();
    for patch in [
        json!({ "mask": { "a": "{{ data.a }}" } }),
        json!({ "mask": { "a": "{{ data.a }}" }, "data": { "b": "3" } }),
        json!({ "search_indexes": ["{{ data.a | slice: 0 }}"] }),
        json!({ "fingerprint_expression": "{{ data.a }}" }),
    ] {
        masks.patch(&path, patch).await.refused(403, "forbidden");
    }
    assert_eq!(full.get(&path).await.data(), before);
    let own = json!({ "mask": "{{ data.a }}", "data": { "a": "mine", "b": null } });
    assert_eq!(masks.patch(&path, own).await.data()["data"], "mine");
    assert_eq!(full.patch(&path, json!({ "mask": null })).await.data()["data"], json!({ "a": "mine" }));
}

async fn the_same_data_is_one_token_where_that_is_asked_for(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let new = |token_type: &str| json!({ "type": token_type, "data": CARD, "deduplicate": true });
    let first = full.post("/vault/tokens", new("card_number")).await.created();
    assert_eq!(first["deduplicated"], false);
    let again = full.post("/vault/tokens", new("card_number")).await.created();
    assert_eq!((&again["deduplicated"], &again["token"]["id"]), (&json!(true), &first["token"]["id"]));
    let other = full.post("/vault/tokens", new("token")).await.created();
    assert_eq!(other["deduplicated"], false);
    let test = full.post("/vault/tokens?environment=test", new("card_number")).await.created();
    assert!(
        test["deduplicated"] == json!(false) && test["token"]["fingerprint"] != first["token"]["fingerprint"]
    );
    // Who may not read it is told of little.
    let writer = app.with("vault:write").await;
    let bare = writer.post("/vault/tokens", new("card_number")).await.created();
    let mut expected = first["token"].clone();
    for name in ["data", "mask", "expires_at", "created_by", "created_at"] {
        expected[name] = Value::Null;
    }
    expected["transform"] = json!("redact");
    assert_eq!((&bare["deduplicated"], &bare["token"]), (&json!(true), &expected));
    // As the tenant has it where nothing is said.
    let said = json!({ "type": "card_number", "data": "4111111111111111" });
    assert_eq!(put(&full, said.clone()).await["fingerprint"], Value::Null);
    full.patch("/tenant", json!({ "fingerprint_tokens": true })).await.ok();
    let one = put(&full, said.clone()).await;
    assert_eq!(put(&full, said.clone()).await["fingerprint"], one["fingerprint"]);
    full.patch("/tenant", json!({ "deduplicate_tokens": true })).await.ok();
    assert_eq!(full.post("/vault/tokens", said.clone()).await.created()["deduplicated"], true);
    let mut own = said;
    own["deduplicate"] = json!(false);
    assert_eq!(full.post("/vault/tokens", own).await.created()["deduplicated"], false);
}

async fn what_is_found_again_is_changed_where_the_tenant_wants_that(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let settings = json!({ "deduplicate_tokens": true, "token_deduplication_behavior": "update_existing" });
    full.patch("/tenant", settings).await.ok();
    let new = |month: u32| json!({ "type": "card", "data": { "number": CARD, "expiration_month": month } });
    let first = put(&full, new(4)).await;
    let again = full.post("/vault/tokens", new(5)).await.created();
    assert_eq!((&again["deduplicated"], &again["token"]["id"]), (&json!(true), &first["id"]));
    let shown = full.get(&format!("/vault/tokens/{}", text(&first["id"]))).await.data();
    assert_eq!(shown["data"]["expiration_month"], 5);
    full.patch("/tenant", json!({ "token_deduplication_behavior": "update" })).await.refused_for(
        422,
        "invalid_field",
        &["token_deduplication_behavior"],
    );
}

async fn a_token_whose_time_is_over_is_not_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let new = |id: &str| json!({ "type": "token", "data": "x", "id": id, "expires_at": app.after(60) });
    for id in ["one", "two"] {
        put(&full, new(id)).await;
    }
    app.clock.advance_micros(60_000_000);
    full.get("/vault/tokens/one").await.refused(404, "token_not_found");
    full.patch("/vault/tokens/one", json!({})).await.refused(404, "token_not_found");
    full.delete("/vault/tokens/one").await.refused(404, "token_not_found");
    assert_eq!(full.get("/vault/tokens").await.ok()["data"], json!([]));
    // Its id is free before it is swept.
    put(&full, json!({ "type": "token", "data": "y", "id": "one" })).await;
    assert_eq!(full.entries("vault_token.expired").await.len(), 1);
    app.sweep().await;
    assert_eq!(full.entries("vault_token.expired").await.len(), 2);
    let dump = database.dump().await;
    assert_eq!((dump["vault_tokens"].len(), dump["vault_tags"].len()), (1, 0));
}

async fn tokens_of_other_tenants_and_environments_are_not_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ours =
        put(&full, json!({ "type": "token", "data": "x", "id": "ours", "metadata": { "a": "b" } })).await;
    let test = "/vault/tokens/ours?environment=test";
    full.get(test).await.refused(404, "token_not_found");
    full.patch(test, json!({})).await.refused(404, "token_not_found");
    full.delete(test).await.refused(404, "token_not_found");
    assert_eq!(full.get("/vault/tokens?environment=test").await.ok()["data"], json!([]));
    let search = json!({ "metadata": { "a": "b" } });
    assert_eq!(
        full.post("/vault/tokens/search?environment=test", search.clone()).await.ok()["data"],
        json!([])
    );
    assert_eq!(full.post("/vault/tokens/search", search).await.ok()["data"], json!([ours]));
    // Nor what another tenant has.
    let neighbour = app.neighbour().await;
    let mut theirs = everything(&app);
    theirs.by.tenant = TenantId::parse(&neighbour.id).expect("an id");
    let vault = app.vault();
    assert_eq!(vault.get(&theirs, "ours").await.expect_err("is ours").code(), ErrorCode::TokenNotFound);
    assert_eq!(vault.delete(&theirs, "ours").await.expect_err("is ours").code(), ErrorCode::TokenNotFound);
    let all = vault.list(&theirs, &TokenQuery::default(), &PageQuery::default()).await.expect("is a list");
    let ids: Vec<&str> = all.items.iter().map(|token| token.id.as_str()).collect();
    assert_eq!(ids, [neighbour.token]);
    let same = NewToken { id: Some("ours".to_owned()), ..token("/", json!("z")) };
    vault.create(&theirs, same).await.expect("is made");
    assert_eq!(full.get("/vault/tokens/ours").await.data()["data"], "x");
    // The same id is free there.
    full.post("/vault/tokens?environment=test", json!({ "type": "token", "data": "y", "id": "ours" }))
        .await
        .created();
    assert_eq!(full.get(test).await.data()["data"], "y");
    assert_eq!(full.get("/vault/tokens/ours").await.data()["data"], "x");
}

async fn the_history_tells_which_and_never_what(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let writer = app.with("vault:write").await;
    let reader = app.with("vault:read").await;
    put(&writer, json!({ "type": "token", "data": "hush-hush", "id": "one", "mask": "{{ data | last4 }}" }))
        .await;
    reader.get("/vault/tokens/one").await.ok();
    writer.patch("/vault/tokens/one", json!({ "data": "hush-more" })).await.ok();
    // A look at what masks leave is not written down; one at the plain data is.
    assert_eq!(full.entries("vault_token.revealed").await.len(), 0);
    full.get("/vault/tokens/one").await.ok();
    full.get("/vault/tokens").await.ok();
    full.post("/vault/detokenize", json!({ "document": "{{ one }}" })).await.ok();
    let revealed = full.entries("vault_token.revealed").await;
    assert_eq!(revealed.len(), 3);
    assert_eq!(full.last_entry().await.2, json!({ "ids": ["one"], "environment": "live" }));
    writer.delete("/vault/tokens/one").await.with(204);
    for action in ["created", "updated", "deleted"] {
        assert_eq!(full.entries(&format!("vault_token.{action}")).await.len(), 1, "{action}");
    }
    let history = full.get("/audit?limit=250").await.ok().to_string();
    assert!(!history.contains("hush"), "{history}");
}

async fn whoever_sees_a_token_plain_by_a_patch_is_written_down(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let new = json!({ "type": "token", "data": "hush" });
    let path = format!("/vault/tokens/{}", text(&put(&full, new).await["id"]));
    for transform in ["reveal", "redact"] {
        let user =
            if transform == "reveal" { full.clone() } else { app.with("vault:write vault:read").await };
        let told = async || full.get("/audit?action=vault_token.revealed").await.ok()["data"].clone();
        let before = told().await.as_array().map_or(0, Vec::len);
        let echo = user.patch(&path, json!({})).await.data();
        assert_eq!(echo["data"] == "hush", transform == "reveal", "{echo}");
        let after = told().await.as_array().map_or(0, Vec::len);
        assert_eq!(after - before, usize::from(transform == "reveal"), "{transform}");
    }
}
