//! Whoever guesses what belongs to others learns nothing: the same status, body
//! and work as for what never existed.

use appkeep_domain::{Level, Owner, Role, RoleGrant};
use appkeep_testkit::{TestDatabase, on_each_database};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, PARTNER, RIVAL, SISTER, STRANGER, TestApp, User};

on_each_database![
    a_tenants_application_learns_nothing,
    a_tenants_admin_learns_nothing,
    a_partners_admin_learns_nothing,
    a_slug_of_another_tenant_is_free,
    a_cursor_leads_nowhere_else,
    the_address_of_another_tenant_opens_nothing,
    a_cursor_of_another_list_or_of_nobody_is_read_alike,
    a_cursor_of_another_tenants_list_is_one_of_nobodys,
];

const NO_TENANT: &str = "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD";
const NO_PARTNER: &str = "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD";
const NO_APPLICATION: &str = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD";

async fn a_tenants_application_learns_nothing(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let user = app.full().await;
    learns_nothing(&app, &user, &[SISTER.to_string(), STRANGER.to_string()]).await;
}

async fn a_tenants_admin_learns_nothing(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let at = Level::Tenant { id: app.tenant(), partner: Some(PARTNER) };
    let user = app.operator_with(RoleGrant { role: Role::Owner, at }).await;
    learns_nothing(&app, &user, &[SISTER.to_string(), STRANGER.to_string()]).await;
}

async fn a_partners_admin_learns_nothing(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let grant = RoleGrant { role: Role::Owner, at: Level::Partner(PARTNER) };
    let user = app.operator_with(grant).await;
    learns_nothing(&app, &user, &[STRANGER.to_string()]).await;
}

/// A request, and where in it something is named.
type Probe = (Method, &'static str, Value);

fn probes() -> (Vec<Probe>, Vec<Probe>, Vec<Probe>) {
    let get = |path| (Method::GET, path, Value::Null);
    let post = |path, body| (Method::POST, path, body);
    let new = |member: &str, ownership: &str| json!({ "name": "New", "type": "spa", "slug": "new", "ownership": ownership, member: "{}" });
    let tenants = vec![
        get("/applications?tenant_id={}"),
        get("/applications?tenant_id={}&q=ours"),
        get("/applications?tenant_id={}&state=enabled&ownership=tenant"),
        get("/audit?tenant_id={}"),
        get("/applications/OURS/effective-users?tenant_id={}"),
        post("/applications", new("tenant_id", "tenant")),
    ];
    let partners = vec![
        get("/applications?partner_id={}"),
        get("/applications?partner_id={}&type=m2m&q=ours"),
        get("/audit?ownership=partner&partner_id={}"),
        post("/applications", new("partner_id", "partner")),
    ];
    let applications = vec![
        get("/applications/{}"),
        get("/applications/{}/credentials"),
        get("/applications/{}/sessions"),
        get("/applications/{}/assignments"),
        get("/applications/{}/effective-users"),
        get("/audit?application={}"),
        (Method::PATCH, "/applications/{}", json!({ "description": "Mine" })),
        (Method::DELETE, "/applications/{}", Value::Null),
        post("/applications/{}/rotate-secret", json!({})),
        post("/applications/{}/disable", json!({})),
        post("/applications/{}/restore", json!({})),
        post("/applications/bulk/delete", json!({ "ids": ["{}"] })),
    ];
    (tenants, partners, applications)
}

async fn learns_nothing(app: &TestApp, user: &User<'_>, hidden: &[String]) {
    let ours = app.owned_application((Owner::Tenant(app.tenant()), Some(PARTNER)), "Ours").await.id;
    let mut strange = Vec::new();
    for (owner, partner) in app.owners() {
        let id = app.owned_application((owner, partner), "Ours").await.id;
        if matches!(owner, Owner::Tenant(tenant) if hidden.contains(&tenant.to_string())) {
            strange.push(id);
        }
    }
    strange.push(app.owned_application((Owner::Partner(RIVAL), None), "Ours").await.id);
    settle(user).await;
    let (tenants, partners, applications) = probes();
    let rivals = [RIVAL.to_string()];
    for (probes, strange, unknown) in [
        (tenants, hidden, NO_TENANT),
        (partners, rivals.as_slice(), NO_PARTNER),
        (applications, strange.as_slice(), NO_APPLICATION),
    ] {
        for probe in probes {
            let expected = measure(app, user, &ours, (&probe, unknown)).await;
            for guessed in strange {
                let measured = measure(app, user, &ours, (&probe, guessed)).await;
                assert_eq!(measured, expected, "{} {}", probe.0, probe.1);
            }
        }
    }
}

/// What is dropped because of what was just written is read again, at nobody's
/// expense.
async fn settle(user: &User<'_>) {
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    user.get("/applications").await.ok();
}

/// Status, body but for what names the request or repeats what was sent, and
/// statements.
async fn measure(
    app: &TestApp,
    user: &User<'_>,
    ours: &str,
    ((method, path, body), guessed): (&Probe, &str),
) -> (u16, Value, u64) {
    let path = format!("/api/v1{}", path.replace("{}", guessed).replace("OURS", ours));
    let before = app.statements();
    let answer: Answer = if body.is_null() {
        user.send(user.request(method.clone(), &path), "").await
    } else {
        let body = body.to_string().replace("{}", guessed);
        let request = user.request(method.clone(), &path).header("content-type", "application/json");
        user.send(request, body).await
    };
    let mut told = answer.body;
    if told.get("request_id").is_some() {
        told["request_id"].take();
    }
    let told = serde_json::from_str(&told.to_string().replace(guessed, "what was guessed"));
    (answer.status.as_u16(), told.expect("JSON"), app.statements() - before)
}

async fn a_slug_of_another_tenant_is_free(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    for owner in [(Owner::Tenant(SISTER), Some(PARTNER)), (Owner::Global, None)] {
        app.owned_application(owner, "Taken there").await;
    }
    let created = app.full().await.create("spa", json!({ "slug": "taken-there" })).await;
    assert_eq!(created["slug"], "taken-there");
}

/// A cursor is a place in the order of ids, whoever has the id.
async fn a_cursor_leads_nowhere_else(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let ours = (Owner::Tenant(app.tenant()), Some(PARTNER));
    let older = app.owned_application(ours, "Older").await.id;
    let theirs = app.owned_application((Owner::Tenant(STRANGER), Some(RIVAL)), "Theirs").await.id;
    let newer = app.owned_application(ours, "Newer").await.id;
    let full = app.full().await;
    let bits = |id: &str| appkeep_domain::ApplicationId::parse(id).expect("an id").as_bytes();
    let cursor = |id: [u8; 16]| URL_SAFE_NO_PAD.encode([[b'a'].as_slice(), &id].concat());
    let mut nobodys = bits(&theirs);
    nobodys[15] ^= 1;
    settle(&full).await;
    let mut pages = Vec::new();
    for place in [bits(&theirs), nobodys] {
        let before = app.statements();
        let page = full.get(&format!("/applications?tag=of-levels&cursor={}", cursor(place))).await.ok();
        pages.push((page, app.statements() - before));
    }
    assert_eq!(pages[0], pages[1]);
    let listed = pages[0].0["data"].as_array().expect("a list");
    assert!(listed.iter().any(|one| one["id"] == json!(older)), "{listed:?}");
    assert!(listed.iter().all(|one| one["id"] != json!(newer) && one["id"] != json!(theirs)), "{listed:?}");
}

/// That there is such an address, whoever looks for it sees. What is there, it
/// does not.
async fn the_address_of_another_tenant_opens_nothing(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let theirs = app.owned_application((Owner::Tenant(STRANGER), Some(RIVAL)), "Theirs").await.id;
    let person = app.assigned_in(STRANGER, &theirs, "theirs@example.com").await;
    let at = Level::Tenant { id: app.tenant(), partner: Some(PARTNER) };
    let admin = app.operator_with(RoleGrant { role: Role::Owner, at }).await;
    let before = database.dump().await;
    for user in [app.full().await, admin] {
        let there = user.at("/t/stranger");
        for path in [
            "/applications",
            "/applications?q=theirs",
            &format!("/applications/{theirs}"),
            &format!("/applications/{theirs}/effective-users"),
            "/users",
            &format!("/users/{person}"),
            "/groups",
            "/tenant",
            "/directory",
            "/scopes",
            "/audit",
        ] {
            let answer = there.get(path).await;
            let nothing = answer.body["data"].as_array().is_some_and(Vec::is_empty);
            assert!(nothing || [403, 404].contains(&answer.status.as_u16()), "{path}: {}", answer.text);
            for named in [theirs.as_str(), &person, "theirs@example.com", "Theirs"] {
                let said = path.contains(named);
                assert!(said || !answer.text.contains(named), "{path}: {}", answer.text);
            }
        }
        for (path, body) in [
            ("/applications", json!({ "name": "Mine", "type": "spa" })),
            ("/users", json!({ "email": "mine@example.com" })),
            ("/groups", json!({ "name": "Mine" })),
            ("/scopes", json!({ "scope": "mine:read" })),
        ] {
            let status = there.post(path, body).await.status.as_u16();
            assert!([400, 403, 404, 422].contains(&status), "{path}: {status}");
        }
    }
    assert_eq!(database.dump().await, before);
}

/// A place where nothing stands, next to one of something.
fn beside(cursor: &str) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(cursor).expect("is base64");
    *bytes.last_mut().expect("has an end") ^= 1;
    URL_SAFE_NO_PAD.encode(bytes)
}

async fn a_cursor_of_another_list_or_of_nobody_is_read_alike(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let everywhere = app.owned_application((Owner::Global, None), "Everywhere").await.id;
    for (tenant, email) in [(SISTER, "a@x"), (STRANGER, "b@x"), (STRANGER, "c@x")] {
        app.assigned_in(tenant, &everywhere, email).await;
    }
    let full = app.full().await;
    let ours = full.user("ours@example.com").await;
    full.put(&format!("/applications/{everywhere}/assignments/{ours}")).await.with(204);
    let platform = app.operator_with(RoleGrant { role: Role::Viewer, at: Level::Platform }).await;
    let path = format!("/applications/{everywhere}/effective-users");
    let page = platform.get(&format!("{path}?limit=1&tenant_id={STRANGER}")).await.ok();
    let theirs = page["meta"]["next_cursor"].as_str().expect("goes on").to_owned();
    // A place in a list is no right to what stands there.
    let nobodys = beside(&theirs);
    settle(&full).await;
    let mut pages = Vec::new();
    for cursor in [theirs, nobodys] {
        let before = app.statements();
        let page = full.get(&format!("{path}?cursor={cursor}")).await.ok();
        assert!(!page.to_string().contains("@x"), "{page}");
        full.get(&format!("/users?cursor={cursor}")).await.refused(400, "invalid_request");
        pages.push((page, app.statements() - before));
    }
    assert_eq!(pages[0], pages[1]);
}

async fn a_cursor_of_another_tenants_list_is_one_of_nobodys(database: TestDatabase) {
    let app = TestApp::start_with_partners(&database).await;
    let full = app.full().await;
    for ours in ["older", "newer"] {
        full.user(&format!("{ours}@example.com")).await;
        full.group(ours).await;
        app.invited_by(Owner::Tenant(app.tenant()), &format!("{ours}@example.org")).await;
        for theirs in ["Theirs", "Theirs too"] {
            app.session_in(STRANGER, &format!("{}-{ours}@theirs.example", theirs.len())).await;
            app.group_in(STRANGER, &format!("{theirs} {ours}")).await;
            let email = format!("{}-{ours}@theirs.example", theirs.len());
            app.invited_by(Owner::Tenant(STRANGER), &email).await;
        }
    }
    let at = Level::Tenant { id: STRANGER, partner: Some(RIVAL) };
    let there = app.operator_with(RoleGrant { role: Role::Owner, at }).await.at("/t/stranger");
    let platform = app.operator_with(RoleGrant { role: Role::Viewer, at: Level::Platform }).await;
    settle(&full).await;
    for (user, list) in [
        (&there, "/users"),
        (&there, "/groups"),
        (&there, "/operators"),
        (&there, "/audit"),
        (&platform, "/tenants"),
        (&platform, "/partners"),
    ] {
        let page = user.get(&format!("{list}?limit=1")).await.ok();
        let theirs = page["meta"]["next_cursor"].as_str().unwrap_or_else(|| panic!("{list}: {page}"));
        let pages = [theirs, &beside(theirs)].map(|cursor| format!("{list}?cursor={cursor}"));
        let [theirs, nobodys] = [told(&app, &full, &pages[0]).await, told(&app, &full, &pages[1]).await];
        assert_eq!(theirs, nobodys, "{list}");
        assert!(!theirs.0.to_string().to_lowercase().contains("theirs"), "{list}: {}", theirs.0);
    }
}

/// A page, and the work that was done for it.
async fn told(app: &TestApp, user: &User<'_>, path: &str) -> (Value, u64) {
    let before = app.statements();
    let page = user.get(path).await.ok();
    (page, app.statements() - before)
}
