//! Who may register an application (RFC 7591 §3)

use appkeep_domain::registration::{Registration, SaidOfClient};
use appkeep_domain::{ApplicationId, Clock as _, Lifetime, SecretHash, Within};
use appkeep_storage::{StorageError, WriteTx};
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{PATH, initial_token, let_in, register, shop, text};
use crate::harness::{ISSUER, RelyingParty, TestApp};

on_each_database![
    a_closed_tenant_registers_nobody,
    the_metadata_name_the_endpoint_where_applications_may_register,
    an_initial_access_token_lets_in_as_many_as_it_says,
    an_initial_access_token_is_good_in_its_own_tenant_and_time,
    an_open_tenant_lets_in_so_many_from_an_address,
    an_open_tenant_keeps_so_many_that_nobody_uses,
    a_tenant_that_is_suspended_registers_nobody,
    what_nobody_uses_takes_up_no_room_of_the_tenants_own,
];

async fn endpoint(app: &TestApp, mount: &str) -> Value {
    let nobody = app.nobody().at(mount);
    let request = nobody.request(Method::GET, "/.well-known/oauth-authorization-server");
    nobody.send(request, "").await.ok()["registration_endpoint"].take()
}

async fn a_closed_tenant_registers_nobody(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    assert_eq!(full.get("/tenant").await.data()["client_registration"], "closed");
    let token = initial_token(&full, 1).await;
    let before = database.dump().await;
    for user in [app.nobody(), app.bearing(&token), app.bearing("garbage"), full.clone()] {
        register(&user, shop()).await.refused_by_oauth(403, "access_denied");
    }
    assert_eq!(database.dump().await, before);
    let_in(&full, "open").await;
    register(&app.nobody(), shop()).await.with(201);
    let_in(&full, "closed").await;
    register(&app.nobody(), shop()).await.refused_by_oauth(403, "access_denied");
    for (patch, field) in [
        (json!({ "client_registration": "ajar" }), "client_registration"),
        (json!({ "unused_registration_ttl_s": 3_599 }), "unused_registration_ttl_s"),
        (json!({ "unused_registration_ttl_s": 2_592_001 }), "unused_registration_ttl_s"),
        (json!({ "unused_registration_ttl_s": -1 }), "unused_registration_ttl_s"),
    ] {
        full.patch("/tenant", patch).await.refused_for(422, "invalid_field", &[field]);
    }
}

/// RFC 8414 §2
async fn the_metadata_name_the_endpoint_where_applications_may_register(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    owner.tenant("acme", None).await;
    let acme = owner.clone().at("/t/acme");
    assert_eq!((endpoint(&app, "").await, endpoint(&app, "/t/acme").await), (json!(null), json!(null)));
    for mode in ["token", "open"] {
        acme.patch("/tenant", json!({ "client_registration": mode })).await.ok();
        assert_eq!(endpoint(&app, "/t/acme").await, format!("{ISSUER}/t/acme{PATH}"));
        assert_eq!(endpoint(&app, "").await, json!(null));
    }
    let made = register(&app.nobody().at("/t/acme"), shop()).await.with(201);
    let id = text(&made["client_id"]);
    assert_eq!(made["registration_client_uri"], format!("{ISSUER}/t/acme{PATH}/{id}"));
    let holder = app.bearing(text(&made["registration_access_token"]));
    let read = async |mount: &str| {
        let holder = holder.clone().at(mount);
        holder.send(holder.request(Method::GET, &format!("{PATH}/{id}")), "").await
    };
    assert_eq!(read("/t/acme").await.ok()["client_id"], id);
    read("").await.refused_by_oauth(401, "invalid_token");
    register(&app.nobody(), shop()).await.refused_by_oauth(403, "access_denied");
}

/// RFC 7591 §3: "an initial access token"
async fn an_initial_access_token_lets_in_as_many_as_it_says(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "token").await;
    let token = initial_token(&full, 2).await;
    let answer = register(&app.nobody(), shop()).await;
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"appkeep\", error=\"invalid_token\"");
    answer.refused_by_oauth(401, "invalid_token");
    let client = app.client("app_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "secret");
    for user in [app.bearing("garbage"), full.clone(), client] {
        register(&user, shop()).await.refused_by_oauth(401, "invalid_token");
    }
    let developer = app.bearing(&token);
    for _ in 0..2 {
        register(&developer, shop()).await.with(201);
    }
    register(&developer, shop()).await.refused_by_oauth(401, "invalid_token");
    assert_eq!(full.get("/registration-tokens").await.ok()["data"][0]["uses"], 2);
    // Of several who come with the last of it at once, one is let in.
    let token = initial_token(&full, 1).await;
    let developer = app.bearing(&token);
    let several = (0..5).map(|_| register(&developer, shop()));
    let answers = futures_util::future::join_all(several).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
}

async fn an_initial_access_token_is_good_in_its_own_tenant_and_time(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    owner.tenant("acme", None).await;
    let acme = owner.clone().at("/t/acme");
    acme.patch("/tenant", json!({ "client_registration": "open" })).await.ok();
    let_in(&owner, "token").await;
    let made = owner.post("/registration-tokens", json!({ "expires_at": app.after(60) })).await.created();
    let developer = app.bearing(text(&made["token"]));
    register(&developer.clone().at("/t/acme"), shop()).await.refused_by_oauth(401, "invalid_token");
    app.clock.advance(Lifetime::from_seconds(60));
    register(&developer, shop()).await.refused_by_oauth(401, "invalid_token");
    let made = owner.post("/registration-tokens", json!({ "max_uses": 5 })).await.created();
    let developer = app.bearing(text(&made["token"]));
    register(&developer, shop()).await.with(201);
    let path = format!("/registration-tokens/{}", text(&made["id"]));
    owner.delete(&path).await.with(204);
    register(&developer, shop()).await.refused_by_oauth(401, "invalid_token");
}

async fn an_open_tenant_lets_in_so_many_from_an_address(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "open").await;
    let token = initial_token(&full, 1).await;
    for _ in 0..20 {
        register(&app.nobody(), shop()).await.with(201);
    }
    let answer = register(&app.nobody(), shop()).await;
    assert_eq!(answer.header("retry-after"), "180");
    answer.refused_by_oauth(429, "temporarily_unavailable");
    // Whoever was let in by somebody waits for nobody.
    register(&app.bearing(&token), shop()).await.with(201);
    app.clock.advance(Lifetime::from_seconds(180));
    register(&app.nobody(), shop()).await.with(201);
    register(&app.nobody(), shop()).await.refused_by_oauth(429, "temporarily_unavailable");
}

async fn an_open_tenant_keeps_so_many_that_nobody_uses(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let_in(&full, "open").await;
    let token = initial_token(&full, 1).await;
    let (tenant, now) = (app.tenant(), app.clock.now());
    let many = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
        for number in 0..u128::from(Registration::MOST_UNUSED) {
            let unused = Registration {
                application: ApplicationId::from_bytes((number + 1).to_be_bytes()),
                tenant,
                access_token: SecretHash::from_bytes([1; 32]),
                let_in_by: None,
                said: SaidOfClient::default(),
                created_at: now,
                unused_until: Some(now.plus(Lifetime::from_days(1))),
            };
            tx.insert_registration(Within::Tenant(tenant), &unused).await?;
        }
        Ok(())
    };
    app.store().write(many).await.expect("is filled");
    let answer = register(&app.nobody(), shop()).await;
    assert_eq!(answer.header("retry-after"), "3600");
    answer.refused_by_oauth(429, "temporarily_unavailable");
    register(&app.bearing(&token), shop()).await.with(201);
    app.clock.advance(Lifetime::from_days(1));
    app.sweep().await;
    register(&app.nobody(), shop()).await.with(201);
}

async fn a_tenant_that_is_suspended_registers_nobody(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let tenant = owner.tenant("acme", None).await;
    owner.clone().at("/t/acme").patch("/tenant", json!({ "client_registration": "open" })).await.ok();
    let nobody = app.nobody().at("/t/acme");
    register(&nobody, shop()).await.with(201);
    owner.act(&format!("/tenants/{tenant}/suspend")).await.ok();
    register(&nobody, shop()).await.refused_by_oauth(400, "unauthorized_client");
}

async fn what_nobody_uses_takes_up_no_room_of_the_tenants_own(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({ "max_applications_per_tenant": 2 })).await;
    let tenant = owner.tenant("acme", Some(&partner)).await;
    let acme = owner.clone().at("/t/acme");
    acme.patch("/tenant", json!({ "client_registration": "token" })).await.ok();
    let token = initial_token(&acme, 5).await;
    let developer = app.bearing(&token).at("/t/acme");
    let machine = json!({ "grant_types": ["client_credentials"] });
    let used = register(&developer, machine.clone()).await.with(201);
    let later = register(&developer, shop()).await.with(201);
    // It has room for no third of them.
    register(&developer, machine).await.refused_by_oauth(429, "temporarily_unavailable");
    let asks = async |told: &Value| {
        let client = app.client(text(&told["client_id"]), text(&told["client_secret"])).at("/t/acme");
        client.form("/oauth2/token", "grant_type=client_credentials").await
    };
    asks(&used).await.ok();
    let create = json!({ "name": "Own", "type": "spa", "ownership": "tenant", "tenant_id": tenant });
    owner.post("/applications", create.clone()).await.created();
    let full = ("max_applications_per_tenant", "cap_reached");
    owner.post("/applications", create).await.refused_for(409, full.1, &[full.0]);
    // What comes to be used now would be one too many.
    acme.person("ada@example.com").await;
    let party = RelyingParty::new(&app, text(&later["client_id"]).to_owned()).asking("/t/acme");
    let back = party.walk(&app.browser(), "ada@example.com", &[]).await;
    let code = back.sent("code").expect("a code");
    let answer = party.trade(&code).await;
    assert_eq!(answer.header("retry-after"), "3600");
    answer.refused_by_oauth(429, "temporarily_unavailable");
    asks(&used).await.ok();
    owner.patch(&format!("/partners/{partner}"), json!({ "max_applications_per_tenant": 3 })).await.ok();
    // What it was refused with is not used up.
    party.trade(&code).await.ok();
}
