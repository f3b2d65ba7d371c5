//! `/api/v1/applications/{application_id}/impersonations`

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, RelyingParty, TestApp, User, claims, within_a_second};

on_each_database![
    an_owner_acts_as_a_user_and_everything_says_so,
    what_is_ended_is_refused_at_once_and_told_of,
    whoever_acts_as_somebody_changes_nothing_about_them,
    an_impersonation_has_a_reason_and_an_end,
    only_owners_and_admins_act_as_others_and_in_person,
    nobody_acts_as_themselves_or_their_equal,
    nobody_acts_where_the_user_could_not,
    an_impersonation_expires_and_says_so,
    an_impersonation_ends_with_what_it_stands_on,
    what_ends_at_one_node_is_refused_at_the_other,
    the_history_goes_with_the_user,
    members_read_who_acted_and_nothing_of_the_operator,
    lists_are_read_page_by_page,
    what_is_another_tenants_is_not_there,
];

const SECOND: i64 = 1_000_000;
const ADA: &str = "ada@example.com";
const REASON: &str = "Ticket 4711: the invoice does not open";

/// An application, and Ada, who uses it.
struct Shop<'a> {
    app: &'a TestApp,
    id: String,
    ada: String,
}

impl<'a> Shop<'a> {
    async fn open(app: &'a TestApp) -> Self {
        let full = app.full().await;
        let ada = full.person(ADA).await;
        let party = RelyingParty::register(&full, json!({})).await;
        Self { app, id: party.client_id, ada }
    }

    fn path(&self) -> String {
        format!("/applications/{}/impersonations", self.id)
    }

    async fn try_as(&self, by: &User<'_>, user: &str) -> Answer {
        by.post(&self.path(), json!({ "user_id": user, "reason": REASON })).await
    }

    async fn start(&self, by: &User<'_>) -> Value {
        self.try_as(by, &self.ada).await.created()
    }

    async fn end(&self, by: &User<'_>, started: &Value) {
        by.delete(&format!("{}/{}", self.path(), text(started, "id"))).await.with(204);
    }

    async fn active(&self, by: &User<'_>) -> Value {
        by.get(&self.path()).await.ok()["data"].take()
    }

    async fn history(&self, by: &User<'_>) -> Vec<Value> {
        let listed = by.get(&format!("/applications/{}/users/{}/impersonations", self.id, self.ada)).await;
        listed.ok()["data"].as_array().expect("a list").clone()
    }

    /// By what it was over, as the history says.
    async fn end_reason(&self) -> Value {
        self.history(&self.app.full().await).await[0]["end_reason"].clone()
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}")).to_owned()
}

async fn userinfo(app: &TestApp, started: &Value) -> Answer {
    let user = app.bearing(&text(started, "access_token"));
    user.send(user.request(Method::GET, "/oauth2/userinfo"), "").await
}

async fn is_good(app: &TestApp, started: &Value) -> bool {
    userinfo(app, started).await.status == 200
}

/// What is listed of what was answered.
fn without_token(started: &Value) -> Value {
    let mut listed = started.clone();
    let members = listed.as_object_mut().expect("an object");
    members.retain(|name, _| !["access_token", "token_type", "expires_in", "scope"].contains(&&**name));
    listed
}

async fn an_owner_acts_as_a_user_and_everything_says_so(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, owner) = (Shop::open(&app).await, app.owner().await);
    let body = json!({ "user_id": shop.ada, "reason": format!(" {REASON} "), "duration_s": 600 });
    let started = owner.post(&shop.path(), body).await.created();
    let (id, operator) = (text(&started, "id"), text(&started, "operator_id"));
    let session = text(&started, "session_id");
    let expected = json!({
        "id": id,
        "application_id": shop.id,
        "user_id": shop.ada,
        "user_email": ADA,
        "operator_id": operator,
        "operator_email": app.console().await.1.email,
        "session_id": session,
        "reason": REASON,
        "started_at": app.now(),
        "expires_at": app.after(600),
        "ended_at": null,
        "end_reason": null,
        "address": "203.0.113.7",
        "user_agent": null,
        "access_token": started["access_token"],
        "token_type": "Bearer",
        "expires_in": 600,
        "scope": "openid profile email",
    });
    assert_eq!(started, expected);

    let said = claims(&text(&started, "access_token"));
    let act = json!({ "sub": operator });
    for (member, value) in [
        ("sub", json!(shop.ada)),
        ("act", act.clone()),
        ("impersonation_id", json!(id)),
        ("sid", json!(session)),
        ("client_id", json!(shop.id)),
        ("amr", Value::Null),
        ("role", Value::Null),
    ] {
        assert_eq!(said[member], value, "{member}");
    }
    assert_eq!(said["exp"].as_i64().zip(said["iat"].as_i64()).map(|(exp, iat)| exp - iat), Some(600));

    let known = userinfo(&app, &started).await.ok();
    assert_eq!((&known["sub"], &known["email"]), (&json!(shop.ada), &json!(ADA)));
    assert_eq!((&known["act"], &known["impersonation_id"]), (&act, &json!(id)));
    let told = app.introspect(&text(&started, "access_token")).await;
    assert_eq!((&told["active"], &told["sub"]), (&json!(true), &json!(shop.ada)));
    assert_eq!((&told["act"], &told["impersonation_id"], &told["sid"]), (&act, &json!(id), &json!(session)));

    assert_eq!(shop.active(&owner).await, json!([without_token(&started)]));
    assert_eq!(shop.history(&owner).await, [without_token(&started)]);
    let sessions = owner.get(&format!("/applications/{}/sessions/{session}", shop.id)).await.data();
    assert_eq!((&sessions["impersonation_id"], &sessions["user_id"]), (&json!(id), &json!(shop.ada)));
    assert_eq!(sessions["address"], Value::Null, "the user was nowhere");
}

async fn what_is_ended_is_refused_at_once_and_told_of(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, owner) = (Shop::open(&app).await, app.owner().await);
    let started = shop.start(&owner).await;
    assert!(is_good(&app, &started).await);
    app.clock.advance_micros(30 * SECOND);
    shop.end(&owner, &started).await;
    userinfo(&app, &started).await.refused(401, "invalid_token");
    assert!(!app.is_active(&text(&started, "access_token")).await);
    assert_eq!(shop.active(&owner).await, json!([]));
    let over = shop.history(&owner).await;
    assert_eq!((&over[0]["ended_at"], &over[0]["end_reason"]), (&json!(app.now()), &json!("ended")));
    app.clock.advance_micros(SECOND);
    shop.end(&owner, &started).await;
    assert_eq!(shop.history(&owner).await, over, "it is over already");

    let after = json!({
        "impersonation_id": started["id"],
        "operator_id": started["operator_id"],
        "user_id": shop.ada,
        "session_id": started["session_id"],
        "expires_at": started["expires_at"],
    });
    for action in ["impersonation.ended", "impersonation.started"] {
        let mut listed = owner.get(&format!("/audit?action={action}")).await.ok();
        let entry = listed["data"][0].take();
        assert_eq!(entry["after"], after, "{action}");
        assert_eq!(entry["actor"], json!({ "kind": "operator", "id": started["operator_id"] }));
        assert_eq!(entry["application_id"], shop.id);
    }
    let missing = format!("{}/imp_01KAH8Q2M4F7V9X3C5N8R1T6ZD", shop.path());
    owner.delete(&missing).await.refused(404, "impersonation_not_found");
}

async fn whoever_acts_as_somebody_changes_nothing_about_them(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, owner) = (Shop::open(&app).await, app.owner().await);
    let started = shop.start(&owner).await;
    let acting = app.bearing(&text(&started, "access_token"));
    let ada = format!("/users/{}", shop.ada);
    let password = json!({ "password": "another horse battery" });
    let path = format!("/api/v1{ada}/password");
    acting.json(Method::PUT, &path, password).await.refused(403, "impersonation_forbids");
    acting.patch(&ada, json!({ "email": "eve@example.com" })).await.refused(403, "impersonation_forbids");
    acting.delete(&ada).await.refused(403, "impersonation_forbids");
    acting.delete(&format!("{ada}/sessions")).await.refused(403, "impersonation_forbids");
    shop.try_as(&acting, &shop.ada).await.refused(403, "impersonation_forbids");
    let account = acting.send(acting.request(Method::GET, "/account"), "").await;
    assert!(!account.text.contains(ADA), "a token signs nobody in to a page: {}", account.text);
    let party = RelyingParty::new(&app, shop.id.clone());
    let silently = acting.request(Method::GET, &party.authorize_path(&[("prompt", "none")]));
    let back = acting.send(silently, "").await;
    assert!(back.header("location").contains("error=login_required"), "{}", back.header("location"));
    assert!(is_good(&app, &started).await);
    let tokens = party.sign_in(&app.browser(), ADA).await;
    assert!(party.is_good(&tokens.access).await, "Ada's password is what it was");
}

async fn an_impersonation_has_a_reason_and_an_end(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, owner) = (Shop::open(&app).await, app.owner().await);
    let with = |reason: &str, duration: Value| json!({ "user_id": shop.ada, "reason": reason, "duration_s": duration });
    for (body, status, code, field) in [
        (json!({ "user_id": shop.ada }), 400, "invalid_request", "reason"),
        (json!({ "reason": REASON }), 400, "invalid_request", "user_id"),
        (with(" ", json!(60)), 422, "invalid_field", "reason"),
        (with(&"x".repeat(501), json!(60)), 422, "invalid_field", "reason"),
        (with(REASON, json!(59)), 422, "invalid_field", "duration_s"),
        (with(REASON, json!(3_601)), 422, "invalid_field", "duration_s"),
        (with(REASON, json!(-60)), 422, "invalid_field", "duration_s"),
    ] {
        owner.post(&shop.path(), body).await.refused_for(status, code, &[field]);
    }
    assert_eq!(shop.active(&owner).await, json!([]));
    for (body, lasts) in [
        (with(&"x".repeat(500), json!(60)), 60),
        (with(REASON, json!(3_600)), 3_600),
        (json!({ "user_id": shop.ada, "reason": REASON }), 1_800),
    ] {
        let started = owner.post(&shop.path(), body).await.created();
        assert_eq!(started["expires_at"], app.after(lasts));
    }
    assert_eq!(shop.active(&owner).await.as_array().map(Vec::len), Some(3));
}

async fn only_owners_and_admins_act_as_others_and_in_person(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, tenant) = (Shop::open(&app).await, app.tenant().to_string());
    let full = app.full().await;
    shop.try_as(&full, &shop.ada).await.refused(403, "forbidden");
    shop.try_as(&app.reader().await, &shop.ada).await.refused(403, "insufficient_scope");
    for role in ["viewer", "member", "operator"] {
        shop.try_as(&app.runs(role, &tenant).await, &shop.ada).await.refused(403, "forbidden");
    }
    assert_eq!(shop.active(&full).await, json!([]));
    for (role, at) in [("admin", &*tenant), ("owner", &tenant), ("admin", "platform")] {
        let started = shop.start(&app.runs(role, at).await).await;
        assert!(is_good(&app, &started).await, "{role} {at}");
    }
}

async fn nobody_acts_as_themselves_or_their_equal(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, full) = (Shop::open(&app).await, app.full().await);
    let tenant = app.tenant().to_string();
    let (owner, admin) = (app.owner().await, app.runs("admin", &tenant).await);
    let elsewhere = owner.tenant("elsewhere", None).await;
    app.runs("viewer", &tenant).await;
    app.runs("owner", &elsewhere).await;
    let first = full.person(&app.console().await.1.email).await;
    let of = |role: &str, at: &str| format!("{role}-{at}@example.com").to_lowercase();
    let same_as_admin = full.person(&of("admin", &tenant).to_uppercase()).await;
    let same_as_viewer = full.person(&of("viewer", &tenant)).await;
    let same_as_stranger = full.person(&of("owner", &elsewhere)).await;
    for (by, user) in [(&owner, &first), (&admin, &first), (&admin, &same_as_admin)] {
        shop.try_as(by, user).await.refused(403, "forbidden");
    }
    let other = owner.post("/operators", json!({ "email": ADA, "role": "owner", "at": tenant })).await;
    let path = format!("/operators/{}", text(&other.created(), "id"));
    shop.try_as(&admin, &shop.ada).await.refused(403, "forbidden");
    owner.delete(&path).await.with(204);
    for (by, user) in [
        (&owner, &same_as_admin),
        (&admin, &same_as_viewer),
        (&admin, &same_as_stranger),
        (&admin, &shop.ada),
    ] {
        shop.try_as(by, user).await.created();
    }
}

async fn nobody_acts_where_the_user_could_not(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, full, owner) = (Shop::open(&app).await, app.full().await, app.owner().await);
    let (application, ada) = (format!("/applications/{}", shop.id), format!("/users/{}", shop.ada));
    shop.try_as(&owner, "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD").await.refused(404, "user_not_found");
    shop.try_as(&owner, "ada").await.refused(404, "user_not_found");
    full.patch(&ada, json!({ "status": "suspended" })).await.ok();
    shop.try_as(&owner, &shop.ada).await.refused(400, "not_applicable");
    full.patch(&ada, json!({ "status": "active" })).await.ok();
    full.patch(&application, json!({ "assignment_required": true })).await.ok();
    shop.try_as(&owner, &shop.ada).await.refused(400, "not_applicable");
    full.put(&format!("{application}/assignments/{}", shop.ada)).await.with(204);
    full.act(&format!("{application}/disable")).await.ok();
    shop.try_as(&owner, &shop.ada).await.refused(400, "not_applicable");
    full.act(&format!("{application}/enable")).await.ok();
    full.act(&format!("{application}/archive")).await.ok();
    shop.try_as(&owner, &shop.ada).await.refused(400, "not_applicable");
    full.act(&format!("{application}/restore")).await.ok();
    let machine = full.create("m2m", json!({})).await;
    let console = app.console().await.0;
    for id in [text(&machine, "id"), console] {
        let path = format!("/applications/{id}/impersonations");
        let body = json!({ "user_id": shop.ada, "reason": REASON });
        owner.post(&path, body).await.refused(400, "not_applicable");
    }
    shop.start(&owner).await;
}

async fn an_impersonation_expires_and_says_so(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, owner) = (Shop::open(&app).await, app.owner().await);
    let body = json!({ "user_id": shop.ada, "reason": REASON, "duration_s": 60 });
    let started = owner.post(&shop.path(), body).await.created();
    app.clock.advance_micros(59 * SECOND);
    assert!(is_good(&app, &started).await);
    app.clock.advance_micros(SECOND);
    userinfo(&app, &started).await.refused(401, "invalid_token");
    assert_eq!(shop.active(&owner).await, json!([]));
    let over = shop.history(&owner).await;
    assert_eq!((&over[0]["ended_at"], &over[0]["end_reason"]), (&started["expires_at"], &json!("expired")));
    shop.end(&owner, &started).await;
    assert_eq!(shop.history(&owner).await, over);
}

async fn an_impersonation_ends_with_what_it_stands_on(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, full, owner) = (Shop::open(&app).await, app.full().await, app.owner().await);
    let tenant = app.tenant().to_string();
    let (application, ada) = (format!("/applications/{}", shop.id), format!("/users/{}", shop.ada));
    let admin = app.runs("admin", &tenant).await;
    let second = app.runs("owner", &tenant).await;
    let third = app.runs("admin", "platform").await;
    for (by, what) in [
        (&admin, "session"),
        (&admin, "sessions"),
        (&admin, "user"),
        (&admin, "application"),
        (&admin, "role"),
        (&second, "suspended"),
        (&third, "deleted"),
    ] {
        let started = shop.start(by).await;
        assert!(is_good(&app, &started).await, "{what}");
        let operator = format!("/operators/{}", text(&started, "operator_id"));
        let session = format!("{application}/sessions/{}", text(&started, "session_id"));
        match what {
            "session" => drop(full.delete(&session).await.with(204)),
            "sessions" => drop(full.delete(&format!("{ada}/sessions")).await.ok()),
            "user" => drop(full.patch(&ada, json!({ "status": "suspended" })).await.ok()),
            "application" => drop(full.act(&format!("{application}/archive")).await.ok()),
            "role" => drop(owner.delete(&format!("{operator}/roles/{tenant}/admin")).await.with(204)),
            "suspended" => drop(owner.patch(&operator, json!({ "status": "suspended" })).await.ok()),
            _ => drop(owner.delete(&operator).await.with(204)),
        }
        assert!(!is_good(&app, &started).await, "{what}");
        assert_eq!(shop.end_reason().await, "revoked", "{what}");
        full.patch(&ada, json!({ "status": "active" })).await.ok();
        if what == "application" {
            full.act(&format!("{application}/restore")).await.ok();
        }
        app.clock.advance_micros(SECOND);
    }
}

async fn what_ends_at_one_node_is_refused_at_the_other(database: TestDatabase) {
    let one = TestApp::start(&database).await;
    let other = one.another_node(&database).await;
    let (shop, owner) = (Shop::open(&one).await, one.owner().await);
    let started = shop.start(&owner).await;
    assert!(is_good(&one, &started).await && is_good(&other, &started).await);
    shop.end(&owner, &started).await;
    assert!(!is_good(&one, &started).await);
    within_a_second("refused", async || !is_good(&other, &started).await).await;
}

async fn the_history_goes_with_the_user(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, full) = (Shop::open(&app).await, app.full().await);
    let started = shop.start(&app.owner().await).await;
    full.delete(&format!("/users/{}", shop.ada)).await.with(204);
    assert!(!is_good(&app, &started).await);
    let history = format!("/applications/{}/users/{}/impersonations", shop.id, shop.ada);
    full.get(&history).await.refused(404, "user_not_found");
    let id = format!("{}/{}", shop.path(), text(&started, "id"));
    full.delete(&id).await.refused(404, "impersonation_not_found");
    assert_eq!(full.entries("impersonation.started").await.len(), 1, "what happened stays known");
}

async fn members_read_who_acted_and_nothing_of_the_operator(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, tenant) = (Shop::open(&app).await, app.tenant().to_string());
    let started = shop.start(&app.owner().await).await;
    let mut expected = without_token(&started);
    for member in ["operator_email", "address", "user_agent"] {
        expected[member] = Value::Null;
    }
    for role in ["member", "viewer"] {
        let reader = app.runs(role, &tenant).await;
        assert_eq!(shop.active(&reader).await, json!([expected]), "{role}");
        assert_eq!(shop.history(&reader).await, [expected.clone()], "{role}");
    }
    app.reader().await.get(&shop.path()).await.refused(403, "insufficient_scope");
    shop.end(&app.runs("member", &tenant).await, &started).await;
    assert!(!is_good(&app, &started).await, "whoever may end sessions ends it");
}

async fn lists_are_read_page_by_page(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, owner) = (Shop::open(&app).await, app.owner().await);
    let mut expected = Vec::new();
    for _ in 0..3 {
        expected.insert(0, text(&shop.start(&owner).await, "id"));
    }
    let history = format!("/applications/{}/users/{}/impersonations", shop.id, shop.ada);
    for path in [shop.path(), history.clone()] {
        let found: Vec<_> = owner.each(&path, 2).await.iter().map(|one| text(one, "id")).collect();
        assert_eq!(found, expected, "{path}");
        owner.get(&format!("{path}?cursor=x&limit=0")).await.refused_for(
            400,
            "invalid_request",
            &["cursor", "limit"],
        );
    }
    let cursor = owner.get(&format!("{}?limit=1", shop.path())).await.ok()["meta"]["next_cursor"].take();
    let of_the_other = format!("{history}?cursor={}", cursor.as_str().expect("there are more"));
    owner.get(&of_the_other).await.refused_for(400, "invalid_request", &["cursor"]);
}

async fn what_is_another_tenants_is_not_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (shop, owner) = (Shop::open(&app).await, app.owner().await);
    let started = shop.start(&owner).await;
    let elsewhere = owner.tenant("elsewhere", None).await;
    let stranger = app.runs("owner", &elsewhere).await;
    shop.try_as(&stranger, &shop.ada).await.refused(404, "app_not_found");
    stranger.get(&shop.path()).await.refused(404, "app_not_found");
    let one = format!("{}/{}", shop.path(), text(&started, "id"));
    stranger.delete(&one).await.refused(404, "app_not_found");
    let history = format!("/applications/{}/users/{}/impersonations", shop.id, shop.ada);
    stranger.get(&history).await.refused(404, "app_not_found");
    let full = app.full().await;
    let other = RelyingParty::register(&full, json!({ "name": "Other" })).await.client_id;
    let there = format!("/applications/{other}/impersonations/{}", text(&started, "id"));
    full.delete(&there).await.refused(404, "impersonation_not_found");
    assert!(is_good(&app, &started).await);
}
