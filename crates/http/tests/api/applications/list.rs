//! `GET /api/v1/applications`

use appkeep_domain::{Level, Role, RoleGrant};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{PARTNER, TestApp, User};

on_each_database![
    an_application_is_listed_in_short,
    newest_first,
    limit_is_1_to_250_and_50_when_left_out,
    cursor_goes_on_where_the_page_before_ended,
    cursor_is_stable_under_inserts,
    type_shows_one_kind,
    state_shows_one_state,
    q_searches_name_description_and_client_id,
    tag_shows_what_has_it,
    created_by_shows_what_somebody_made,
    archived_shows_what_is_put_away,
    an_unknown_word_is_invalid_request,
    listing_needs_the_scope_applications_read,
];

async fn an_application_is_listed_in_short(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let created = writer.create("spa", json!({ "name": "Cymmetri Banking Web", "tags": ["a"] })).await;
    let listed = app.reader().await.get("/applications?limit=1").await.ok();
    let expected = json!({
        "id": created["id"],
        "client_id": created["id"],
        "slug": "cymmetri-banking-web",
        "name": "Cymmetri Banking Web",
        "description": null,
        "type": "spa",
        "state": "enabled",
        "ownership": "tenant",
        "user_pool": "tenant",
        "public_key": null,
        "partner_id": null,
        "tenant_id": app.tenant().to_string(),
        "tags": ["a"],
        "archived_at": null,
        "expires_at": null,
        "created_at": app.now(),
        "updated_at": app.now(),
    });
    assert_eq!(listed["data"], json!([expected]));
}

async fn newest_first(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    create_named(&writer, &["first", "second", "third"]).await;
    assert_eq!(names(&writer, "").await, ["third", "second", "first", "Appkeep management"]);
}

async fn limit_is_1_to_250_and_50_when_left_out(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let reader = app.reader().await;
    for (query, limit) in [("", 50), ("?limit=1", 1), ("?limit=250", 250)] {
        let page = reader.get(&format!("/applications{query}")).await.ok();
        assert_eq!(page["meta"], json!({ "next_cursor": null, "limit": limit }), "{query}");
    }
    for query in ["limit=0", "limit=251", "limit=-1", "limit=x"] {
        let refused = reader.get(&format!("/applications?{query}")).await;
        refused.refused_for(400, "invalid_request", &["limit"]);
    }
}

async fn cursor_goes_on_where_the_page_before_ended(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    create_named(&writer, &["one", "two", "three", "four"]).await;
    let mut seen = Vec::new();
    let mut query = String::from("?limit=2");
    loop {
        let page = writer.get(&format!("/applications{query}")).await.ok();
        assert_eq!(page["meta"]["limit"], 2);
        seen.extend(of(&page, "name"));
        let Some(cursor) = page["meta"]["next_cursor"].as_str() else { break };
        query = format!("?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["four", "three", "two", "one", "Appkeep management"]);
    let refused = writer.get("/applications?cursor=app_01").await;
    refused.refused_for(400, "invalid_request", &["cursor"]);
}

async fn cursor_is_stable_under_inserts(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    create_named(&writer, &["one", "two", "three"]).await;
    let first = writer.get("/applications?limit=2").await.ok();
    assert_eq!(of(&first, "name"), ["three", "two"]);
    create_named(&writer, &["four"]).await;
    let cursor = first["meta"]["next_cursor"].as_str().expect("there is more");
    assert_eq!(names(&writer, &format!("?cursor={cursor}")).await, ["one", "Appkeep management"]);
}

async fn type_shows_one_kind(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let saml = json!({ "entity_id": "https://sp.example", "acs_urls": ["https://sp.example/acs"] });
    for kind in ["spa", "native", "server", "m2m"] {
        writer.create(kind, json!({ "name": kind })).await;
    }
    writer.create("saml", json!({ "name": "saml", "saml": saml })).await;
    for kind in ["spa", "native", "server", "saml"] {
        assert_eq!(names(&writer, &format!("?type={kind}")).await, [kind]);
    }
    assert_eq!(names(&writer, "?type=m2m").await, ["m2m", "Appkeep management"]);
}

async fn state_shows_one_state(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let ids = create_named(&writer, &["on", "off"]).await;
    writer.act(&format!("/applications/{}/disable", ids[1])).await.ok();
    assert_eq!(names(&writer, "?state=disabled").await, ["off"]);
    assert_eq!(names(&writer, "?state=enabled").await, ["on", "Appkeep management"]);
}

async fn q_searches_name_description_and_client_id(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let made = writer.create("spa", json!({ "name": "Grüße 100%", "description": "for_the Kiosk" })).await;
    writer.create("spa", json!({ "name": "Another" })).await;
    let id = made["client_id"].as_str().expect("an id");
    for part in ["gr%C3%BCSSE", "100%25", "for_the", "KIOSK", "ki", "%25", "_", id, &id[10..].to_lowercase()]
    {
        let found = names(&writer, &format!("?type=spa&q={part}")).await;
        let expected = if part == "gr%C3%BCSSE" { vec![] } else { vec!["Grüße 100%"] };
        // Every client id has a `_` in it.
        let expected = if part == "_" { vec!["Another", "Grüße 100%"] } else { expected };
        assert_eq!(found, expected, "{part}");
    }
    assert_eq!(names(&writer, "?q=GR%C3%9C%C3%9Fe").await, ["Grüße 100%"]);
    assert_eq!(names(&writer, "?q=nothing+like+it").await, [] as [&str; 0]);
    let refused = writer.get(&format!("/applications?q={}", "x".repeat(256))).await;
    refused.refused_for(400, "invalid_request", &["q"]);
}

async fn tag_shows_what_has_it(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    writer.create("spa", json!({ "name": "a", "tags": ["customer-facing", "production"] })).await;
    writer.create("spa", json!({ "name": "b", "tags": ["production"] })).await;
    assert_eq!(names(&writer, "?tag=production").await, ["b", "a"]);
    assert_eq!(names(&writer, "?tag=customer-facing&type=spa").await, ["a"]);
    assert_eq!(names(&writer, "?tag=product").await, [] as [&str; 0]);
}

async fn created_by_shows_what_somebody_made(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let at = Level::Tenant { id: app.tenant(), partner: Some(PARTNER) };
    let member = app.operator_with(RoleGrant { role: Role::Member, at }).await;
    let theirs = full.create("m2m", json!({ "name": "Theirs" })).await;
    let own = member.create("m2m", json!({ "name": "Own" })).await;
    let maker = member.read(text(&own["id"])).await["created_by"].clone();
    assert_eq!((&own["created_by"], &maker["kind"]), (&maker, &json!("operator")));
    assert_eq!(names(&member, "?created_by=me").await, ["Own"]);
    for (query, found) in [
        (format!("created_by={}", text(&maker["id"])), &["Own"][..]),
        (format!("created_by={}&type=spa", text(&maker["id"])), &[]),
        (format!("created_by={}&q=ow", text(&maker["id"])), &["Own"]),
        ("created_by=me".to_owned(), &["Theirs"]),
        ("created_by=opr_nobody".to_owned(), &[]),
    ] {
        assert_eq!(names(&full, &format!("?{query}")).await, found, "{query}");
    }
    // A member changes what it made, and reads the rest.
    let rename = json!({ "name": "Renamed" });
    let path = |application: &Value| format!("/applications/{}", text(&application["id"]));
    member.patch(&path(&own), rename.clone()).await.ok();
    member.patch(&path(&theirs), rename).await.refused(403, "forbidden");
    assert_eq!(member.read(text(&theirs["id"])).await["name"], "Theirs");
    for (application, may) in [(&own, true), (&theirs, false)] {
        assert_eq!(member.read(text(&application["id"])).await["can_update"], may);
    }
    // What somebody decided who runs the place it does not undo.
    full.act(&format!("{}/disable", path(&own))).await.ok();
    member.act(&format!("{}/enable", path(&own))).await.refused(403, "forbidden");
    full.act(&format!("{}/enable", path(&own))).await.ok();
    // Who made it does not change with who changed it.
    full.patch(&path(&own), json!({ "name": "Own again" })).await.ok();
    assert_eq!(full.read(text(&own["id"])).await["created_by"], maker);
}

async fn archived_shows_what_is_put_away(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let ids = create_named(&writer, &["kept", "put away"]).await;
    writer.act(&format!("/applications/{}/archive", ids[1])).await.ok();
    assert_eq!(names(&writer, "").await, ["kept", "Appkeep management"]);
    assert_eq!(names(&writer, "?archived=false&type=spa").await, ["kept"]);
    assert_eq!(names(&writer, "?archived=true").await, ["put away"]);
    writer.get("/applications?archived=yes").await.refused_for(400, "invalid_request", &["archived"]);
}

async fn an_unknown_word_is_invalid_request(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let refused = app.reader().await.get("/applications?type=web&state=on&limit=0").await;
    refused.refused_for(400, "invalid_request", &["limit", "state", "type"]);
}

async fn listing_needs_the_scope_applications_read(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let blind = app.with("applications:write").await;
    blind.get("/applications").await.refused(403, "insufficient_scope");
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

async fn create_named(user: &User<'_>, names: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        let created = user.create("spa", json!({ "name": name })).await;
        ids.push(created["id"].as_str().expect("an id").to_owned());
    }
    ids
}

async fn names(user: &User<'_>, query: &str) -> Vec<String> {
    let page = user.get(&format!("/applications{query}")).await.ok();
    assert_eq!(page["meta"]["next_cursor"], Value::Null);
    of(&page, "name")
}

fn of(page: &Value, member: &str) -> Vec<String> {
    let data = page["data"].as_array().expect("a list").iter();
    data.map(|application| application[member].as_str().expect("text").to_owned()).collect()
}
