//! `/api/v1/vault/sessions`

use std::time::Duration;

use appkeep_domain::SecretHash;
use appkeep_domain::access::{AccessSession, Container, Permission, TokenPlace};
use appkeep_keys::{NewSecret, SystemEntropy};
use appkeep_service::{KeyNotAccepted, KeyPrincipal, Rate};
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::applications::access::{path_of, set};
use crate::harness::{TestApp, User, within_a_second};

on_each_database![
    a_session_lives_from_its_start_to_its_end,
    a_session_is_started_and_authorized_by_those_keys_only,
    a_nonce_is_good_once_and_for_its_own_tenant_and_environment,
    every_fault_of_an_authorization_is_told,
    a_session_does_what_it_was_granted_and_its_authorizer_could_do_now,
    a_session_ends_with_either_application_and_does_not_come_back,
    every_node_learns_of_a_lower_ceiling_and_of_the_end_within_a_second,
    a_session_in_use_asks_no_database,
    what_is_sent_again_is_answered_again_to_those_with_a_secret_only,
    an_application_has_so_many_sessions_and_no_more,
    an_address_starts_so_many_sessions_and_no_more,
];

/// An application with a key.
struct Holder {
    path: String,
    key: String,
}

async fn holder(user: &User<'_>, (kind, access): (&str, &str), permissions: Value) -> Holder {
    let path = path_of(user, kind).await;
    set(user, &path, json!({ "kind": access, "permissions": permissions })).await.ok();
    let path = path.trim_end_matches("/access").to_owned();
    let key = key_of(user, &path, "live").await;
    Holder { path, key }
}

async fn key_of(user: &User<'_>, path: &str, environment: &str) -> String {
    let made = user.post(&format!("{path}/keys"), json!({ "environment": environment })).await.created();
    text(&made["key"])
}

async fn public(user: &User<'_>) -> Holder {
    holder(user, ("spa", "public"), json!(["token:create"])).await
}

async fn private(user: &User<'_>) -> Holder {
    holder(user, ("m2m", "private"), json!(["token:read", "token:create", "token:update"])).await
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// A session that nobody has authorized: its key and its nonce.
async fn start(app: &TestApp, key: &str) -> (String, String) {
    let started = app.bearing(key).act("/vault/sessions").await.created();
    (text(&started["session_key"]), text(&started["nonce"]))
}

async fn authorize(app: &TestApp, key: &str, mut wanted: Value, nonce: &str) {
    wanted["nonce"] = json!(nonce);
    app.bearing(key).post("/vault/sessions/authorize", wanted).await.with(204);
}

/// The key of a session with these rights.
async fn session(app: &TestApp, (public, private): (&Holder, &Holder), wanted: Value) -> String {
    let (key, nonce) = start(app, &public.key).await;
    authorize(app, &private.key, wanted, &nonce).await;
    key
}

/// Whom the key stands for, if it is good.
async fn principal(app: &TestApp, key: &str) -> Option<KeyPrincipal> {
    match app.authority().key_principal(key, None).await {
        Ok(principal) => Some(principal),
        Err(KeyNotAccepted::Worthless(_) | KeyNotAccepted::NotAuthorized) => None,
        Err(other) => panic!("{other:?}"),
    }
}

/// How much the holder of the key is shown of a token there when it is read.
async fn shown(app: &TestApp, key: &str, (id, container): (&str, &str)) -> Option<&'static str> {
    let (rights, container) = (principal(app, key).await?.rights(), Container::parse(container));
    let place = TokenPlace { id: Some(id), container: &container.expect("is one") };
    rights.decide(Permission::TokenRead, &place).transform().map(appkeep_domain::access::Transform::as_str)
}

/// Somebody whom the key does not stand for is refused otherwise than somebody
/// who may not start a session.
async fn assert_good(app: &TestApp, key: &str, is_good: bool) {
    let answer = app.bearing(key).act("/vault/sessions").await;
    if is_good {
        answer.refused(403, "forbidden")
    } else {
        answer.refused(401, "invalid_token")
    };
    assert_eq!(principal(app, key).await.is_some(), is_good);
}

async fn a_session_lives_from_its_start_to_its_end(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (public, private) = (public(&full).await, private(&full).await);
    let answer = app.bearing(&public.key).act("/vault/sessions").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let started = answer.created();
    let (key, nonce) = (text(&started["session_key"]), text(&started["nonce"]));
    assert!(key.starts_with("key_prod_us_sess_") && nonce.starts_with("nonce_"), "{started}");
    let expected = json!({
        "id": started["id"], "session_key": key, "nonce": nonce, "environment": "live",
        "created_at": app.now(), "expires_at": app.after(180),
    });
    assert_eq!(started, expected);
    assert_good(&app, &key, false).await;
    let wanted = json!({ "permissions": ["token:read"] });
    authorize(&app, &private.key, wanted.clone(), &nonce).await;
    assert_good(&app, &key, true).await;
    let who = principal(&app, &key).await.expect("is good");
    assert_eq!(format!("/applications/{}", who.application()), public.path, "it is the public one");
    assert!(who.session().is_some() && who.key().is_none());
    assert_eq!(shown(&app, &key, ("tok", "/pci/")).await, Some("mask"));
    app.clock.advance_micros(180_000_000 - 1);
    assert_good(&app, &key, true).await;
    // One that was told when to end does not end before.
    let (longer, nonce) = start(&app, &public.key).await;
    let until = json!({ "permissions": ["token:read"], "expires_at": app.after(600) });
    authorize(&app, &private.key, until, &nonce).await;
    app.clock.advance_micros(1);
    assert_good(&app, &key, false).await;
    app.clock.advance_micros(599_000_000);
    assert_good(&app, &longer, true).await;
    app.clock.advance_micros(1_000_000);
    assert_good(&app, &longer, false).await;
    let full = app.full().await;
    let (created, authorized) =
        (full.entries("session.created").await, full.entries("session.authorized").await);
    assert_eq!((created.len(), authorized.len()), (2, 2));
    assert_eq!(created[1].1["session_id"], started["id"]);
    assert_eq!(authorized[1].1["permissions"], json!(["token:read"]));
    let everything = format!("{:?}", full.get("/audit?limit=250").await.ok());
    assert!(!everything.contains(&key[20..]) && !everything.contains(&nonce[6..]));
    app.sweep().await;
    assert_eq!(database.dump().await["access_sessions"].len(), 0);
}

async fn a_session_is_started_and_authorized_by_those_keys_only(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (public, private) = (public(&full).await, private(&full).await);
    let manager = holder(&full, ("m2m", "management"), json!(["application:create", "log:read"])).await;
    let session = session(&app, (&public, &private), json!({ "permissions": ["token:read"] })).await;
    let (unauthorized, nonce) = start(&app, &public.key).await;
    let strange = NewSecret::generate("key_prod_us_sess_", &SystemEntropy::new());
    let before = database.dump().await;
    let wanted = json!({ "nonce": nonce, "permissions": ["token:read"] });
    for (key, starting, authorizing) in [
        (&private.key[..], (403, "forbidden"), None),
        (&manager.key, (403, "forbidden"), Some((403, "forbidden"))),
        (&session, (403, "forbidden"), Some((403, "forbidden"))),
        (&unauthorized, (401, "invalid_token"), Some((401, "invalid_token"))),
        (strange.expose(), (401, "invalid_token"), Some((401, "invalid_token"))),
        (full.token(), (401, "invalid_token"), Some((401, "invalid_token"))),
    ] {
        let user = app.bearing(key);
        user.act("/vault/sessions").await.refused(starting.0, starting.1);
        if let Some((status, code)) = authorizing {
            user.post("/vault/sessions/authorize", wanted.clone()).await.refused(status, code);
        }
    }
    let by_public = app.bearing(&public.key).post("/vault/sessions/authorize", wanted).await;
    by_public.refused(403, "forbidden");
    assert_eq!(database.dump().await, before);
    // A key opens nothing else of this API.
    app.bearing(&manager.key).get("/applications").await.refused(401, "invalid_token");
}

async fn a_nonce_is_good_once_and_for_its_own_tenant_and_environment(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (public, private) = (public(&full).await, private(&full).await);
    let below = app.tenant_of(None, "other").await;
    let theirs = self::private(&app.full_at(&below).await).await;
    let for_test = key_of(&full, &private.path, "test").await;
    let ask = async |key: &str, nonce: &str| {
        let wanted = json!({ "nonce": nonce, "permissions": ["token:read"] });
        app.bearing(key).post("/vault/sessions/authorize", wanted).await
    };
    let (key, nonce) = start(&app, &public.key).await;
    let strange = NewSecret::generate("nonce_", &SystemEntropy::new());
    for (by, nonce) in [
        (&theirs.key, &nonce[..]),
        (&for_test, &nonce),
        (&private.key, strange.expose()),
        (&private.key, &key),
        (&private.key, "garbage"),
    ] {
        ask(by, nonce).await.refused(404, "not_found");
    }
    assert_good(&app, &key, false).await;
    // Of two at once, one.
    let (one, other) = tokio::join!(ask(&private.key, &nonce), ask(&private.key, &nonce));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
    ask(&private.key, &nonce).await.refused(409, "nonce_used");
    ask(&theirs.key, &nonce).await.refused(404, "not_found");
    // Of the other environment, by its own key.
    let public_test = key_of(&full, &public.path, "test").await;
    let (key, nonce) = start(&app, &public_test).await;
    assert!(key.starts_with("key_test_us_sess_"), "{key}");
    ask(&private.key, &nonce).await.refused(404, "not_found");
    ask(&for_test, &nonce).await.with(204);
    assert_eq!(principal(&app, &key).await.map(|who| who.environment().as_str()), Some("test"));
    let (_, late) = start(&app, &public.key).await;
    app.clock.advance_micros(180_000_000);
    ask(&private.key, &late).await.refused(404, "not_found");
}

async fn every_fault_of_an_authorization_is_told(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (public, private) = (public(&full).await, private(&full).await);
    let (_, nonce) = start(&app, &public.key).await;
    let before = database.dump().await;
    let rule = |more: Value| {
        let mut rule = json!({ "priority": 1, "transform": "mask", "permissions": ["token:read"] });
        rule.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!({ "rules": [rule] })
    };
    let condition = |attribute: &str, operator: &str, value: &str| {
        rule(json!({ "conditions": [{ "attribute": attribute, "operator": operator, "value": value }] }))
    };
    let fine = json!({ "attribute": "id", "operator": "equals", "value": "a" });
    let both = json!({ "container": "/", "conditions": [fine] });
    let twice =
        json!({ "priority": 1, "transform": "mask", "permissions": ["token:read"], "container": "/" });
    for (mut wanted, fields) in [
        (json!({}), vec!["permissions"]),
        (json!({ "permissions": [], "rules": [] }), vec!["permissions"]),
        (json!({ "permissions": ["token:steal", "log:read"] }), vec!["permissions[0]", "permissions[1]"]),
        (json!({ "permissions": ["token:read"], "expires_at": app.now() }), vec!["expires_at"]),
        (json!({ "permissions": ["token:read"], "expires_at": app.after(604_801) }), vec!["expires_at"]),
        (rule(json!({})), vec!["rules[0].container"]),
        (rule(both), vec!["rules[0].conditions"]),
        (
            rule(json!({ "container": "pci", "priority": 0, "transform": "show", "permissions": [] })),
            vec!["rules[0].container", "rules[0].permissions", "rules[0].priority", "rules[0].transform"],
        ),
        (json!({ "rules": [twice, twice] }), vec!["rules[1].priority"]),
        (condition("type", "equals", "card"), vec!["rules[0].conditions[0].attribute"]),
        (condition("id", "ends_with", "x"), vec!["rules[0].conditions[0].operator"]),
        (condition("id", "equals", ""), vec!["rules[0].conditions[0].value"]),
        (rule(json!({ "conditions": vec![fine.clone(); 21] })), vec!["rules[0].conditions"]),
    ] {
        wanted["nonce"] = json!(nonce);
        let answer = app.bearing(&private.key).post("/vault/sessions/authorize", wanted).await;
        answer.refused_for(422, "invalid_field", &fields);
    }
    let user = app.bearing(&private.key);
    for (wanted, field) in [
        (json!({ "permissions": ["token:read"] }), "nonce"),
        (json!({ "nonce": 5, "permissions": ["token:read"] }), "nonce"),
        (json!({ "nonce": nonce, "permission": "token:read" }), "permission"),
    ] {
        user.post("/vault/sessions/authorize", wanted).await.refused_for(400, "invalid_request", &[field]);
    }
    assert_eq!(database.dump().await, before);
    // Nothing of it has used the nonce.
    authorize(&app, &private.key, json!({ "permissions": ["token:read"] }), &nonce).await;
}

async fn a_session_does_what_it_was_granted_and_its_authorizer_could_do_now(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (public, private) = (public(&full).await, private(&full).await);
    let read = |priority: u32, transform: &str, conditions: Value| {
        let permissions = json!(["token:read"]);
        json!({ "priority": priority, "transform": transform, "permissions": permissions, "conditions": conditions })
    };
    let holds = |attribute: &str, operator: &str, value: &str| json!({ "attribute": attribute, "operator": operator, "value": value });
    let rules = json!([
        read(1, "reveal", json!([holds("id", "equals", "tok_A")])),
        read(2, "redact", json!([holds("id", "starts_with", "tok_"), holds("container", "equals", "/PCI/")])),
        read(3, "mask", json!([holds("container", "starts_with", "/pii/")])),
    ]);
    let key = session(&app, (&public, &private), json!({ "rules": rules })).await;
    let everything = session(&app, (&public, &private), json!({
        "rules": [{ "priority": 1, "container": "/", "transform": "reveal", "permissions": ["token:read", "token:delete"] }],
    }))
    .await;
    for (id, container, expected) in [
        ("tok_A", "/anywhere/", Some("reveal")),
        ("tok_B", "/pci/", Some("redact")),
        ("tok_B", "/pci/high/", None),
        ("id_B", "/pci/", None),
        ("id_B", "/pii/high/", Some("mask")),
        ("tok_a", "/", None),
    ] {
        assert_eq!(shown(&app, &key, (id, container)).await, expected, "{id} {container}");
    }
    let root = Container::root();
    let rights = principal(&app, &everything).await.expect("is good").rights();
    let delete = rights.decide(Permission::TokenDelete, &TokenPlace { id: None, container: &root });
    assert!(!delete.is_allowed(), "whoever authorized it may not delete");
    // What the authorizer may do is asked anew at each use; how much is shown
    // is what the session was granted.
    let access = format!("{}/access", private.path);
    let below = json!([{ "priority": 1, "container": "/pii/", "transform": "redact", "permissions": ["token:read"] }]);
    set(&full, &access, json!({ "kind": "private", "rules": below })).await.ok();
    for (id, container, expected) in
        [("tok_A", "/pci/", None), ("tok_A", "/pii/", Some("reveal")), ("x", "/pii/high/", Some("mask"))]
    {
        assert_eq!(shown(&app, &key, (id, container)).await, expected, "{id} {container}");
    }
    assert_eq!(shown(&app, &everything, ("x", "/pii/")).await, Some("reveal"));
    set(&full, &access, json!({ "kind": "private", "permissions": ["token:use"] })).await.ok();
    assert_eq!(shown(&app, &everything, ("x", "/pii/")).await, None);
    set(&full, &access, json!({ "kind": "private", "permissions": ["token:read", "token:delete"] }))
        .await
        .ok();
    assert_eq!(shown(&app, &everything, ("x", "/pci/")).await, Some("reveal"));
}

async fn a_session_ends_with_either_application_and_does_not_come_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let wanted = json!({ "permissions": ["token:read"] });
    let (others, its) = (public(&full).await, private(&full).await);
    let untouched = session(&app, (&others, &its), wanted.clone()).await;
    for (end, back) in [("disable", Some("enable")), ("archive", Some("restore")), ("delete", None)] {
        for of_public in [true, false] {
            let (public, private) = (public(&full).await, private(&full).await);
            let key = session(&app, (&public, &private), wanted.clone()).await;
            let path = if of_public { &public.path } else { &private.path };
            app.clock.advance_micros(1);
            assert_good(&app, &key, true).await;
            match back {
                Some(_) => drop(full.act(&format!("{path}/{end}")).await.ok()),
                None => drop(full.delete(path).await.with(204)),
            }
            assert_good(&app, &key, false).await;
            let Some(back) = back else { continue };
            full.act(&format!("{path}/{back}")).await.ok();
            assert_good(&app, &key, false).await;
            app.clock.advance_micros(1);
            let again = session(&app, (&public, &private), wanted.clone()).await;
            assert_good(&app, &again, true).await;
        }
    }
    for of_public in [true, false] {
        let (public, private) = (public(&full).await, private(&full).await);
        let key = session(&app, (&public, &private), wanted.clone()).await;
        let (path, access) = if of_public {
            (&public.path, json!({ "kind": "public", "permissions": ["token:create"] }))
        } else {
            (&private.path, json!({ "kind": "private", "permissions": ["token:read"] }))
        };
        app.clock.advance_micros(1);
        full.delete(&format!("{path}/access")).await.with(204);
        assert_good(&app, &key, false).await;
        set(&full, &format!("{path}/access"), access).await.ok();
        assert_good(&app, &key, false).await;
    }
    assert_good(&app, &untouched, true).await;
}

async fn every_node_learns_of_a_lower_ceiling_and_of_the_end_within_a_second(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (public, private) = (public(&full).await, private(&full).await);
    let node = app.another_node(&database).await;
    let (key, nonce) = start(&app, &public.key).await;
    assert!(principal(&node, &key).await.is_none());
    authorize(&app, &private.key, json!({ "permissions": ["token:read"] }), &nonce).await;
    assert!(principal(&node, &key).await.is_some(), "at once: what is not authorized is not remembered");
    assert_eq!(shown(&node, &key, ("x", "/pci/")).await, Some("mask"));
    let access = format!("{}/access", private.path);
    set(&full, &access, json!({ "kind": "private", "permissions": ["token:use"] })).await.ok();
    within_a_second("the ceiling is lower", async || shown(&node, &key, ("x", "/pci/")).await.is_none())
        .await;
    set(&full, &access, json!({ "kind": "private", "permissions": ["token:read"] })).await.ok();
    within_a_second("and higher", async || shown(&node, &key, ("x", "/pci/")).await.is_some()).await;
    app.clock.advance_micros(1);
    full.act(&format!("{}/disable", public.path)).await.ok();
    within_a_second("it ends", async || principal(&node, &key).await.is_none()).await;
}

async fn a_session_in_use_asks_no_database(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (public, private) = (public(&full).await, private(&full).await);
    let key = session(&app, (&public, &private), json!({ "permissions": ["token:read"] })).await;
    let strange = NewSecret::generate("key_prod_us_sess_", &SystemEntropy::new());
    // The feed tells once more of what was written here, which drops it.
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    for key in [&key[..], strange.expose(), &private.key] {
        principal(&app, key).await;
    }
    let before = app.statements();
    for key in [&key[..], strange.expose(), &private.key].repeat(10) {
        shown(&app, key, ("x", "/pci/")).await;
    }
    assert_eq!(app.statements(), before);
}

async fn what_is_sent_again_is_answered_again_to_those_with_a_secret_only(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (public, private) = (public(&full).await, private(&full).await);
    let send = async |key: &str, path: &str, body: Value| {
        let user = app.bearing(key);
        let request = user.request(Method::POST, &format!("/api/v1/vault/sessions{path}"));
        let request = request.header("idempotency-key", "one").header("content-type", "application/json");
        user.send(request, body.to_string()).await
    };
    // With a public key anybody asks, and is not told of the others' sessions.
    let first = send(&public.key, "", json!({})).await.created();
    let second = send(&public.key, "", json!({})).await.created();
    assert_ne!(first["session_key"], second["session_key"]);
    let wanted = json!({ "nonce": first["nonce"], "permissions": ["token:read"] });
    for _ in 0..2 {
        send(&private.key, "/authorize", wanted.clone()).await.with(204);
    }
    assert_eq!(full.entries("session.authorized").await.len(), 1);
    send("key_x", "/authorize", wanted).await.refused(401, "invalid_token");
}

async fn an_application_has_so_many_sessions_and_no_more(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let public = public(&full).await;
    let (key, _) = start(&app, &public.key).await;
    let presented = appkeep_service::PresentedSecret::parse(&key).expect("is a key");
    let mut tx = app.store().read().await.expect("opens");
    let one = tx.access_session(appkeep_domain::Within::Platform, &presented.hash()).await.expect("reads");
    drop(tx);
    let one = one.expect("is there");
    let write = async move |tx: &mut appkeep_storage::WriteTx| {
        for number in 1..AccessSession::MAX_LIVE {
            let mut bytes = [7; 32];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            let (hash, mut id) = (SecretHash::from_bytes(bytes), one.id.as_bytes());
            id[12..].copy_from_slice(&number.to_be_bytes());
            let id = appkeep_domain::AccessSessionId::from_bytes(id);
            let another = AccessSession { id, key: hash, nonce: hash, ..one.clone() };
            tx.insert_access_session(one.owner.within(), &another).await?;
        }
        Ok::<_, appkeep_storage::StorageError>(())
    };
    app.store().write(write).await.expect("inserts");
    let user = app.bearing(&public.key);
    user.act("/vault/sessions").await.refused(409, "too_many_access_sessions");
    app.clock.advance_micros(180_000_000);
    user.act("/vault/sessions").await.created();
}

async fn an_address_starts_so_many_sessions_and_no_more(database: TestDatabase) {
    let rate = Rate { times: 3, per: Duration::from_mins(1) };
    let app = TestApp::starting_sessions(&database, rate).await;
    let full = app.full().await;
    let (one, other, private) = (public(&full).await, public(&full).await, private(&full).await);
    let by_other_api = async || {
        let nobody = app.nobody();
        let request = nobody.request(Method::POST, "/basistheory/sessions").header("bt-api-key", &one.key);
        nobody.send(request, "").await
    };
    let (_, nonce) = start(&app, &one.key).await;
    start(&app, &other.key).await;
    by_other_api().await.with(201);
    for key in [&one.key, &other.key] {
        let answer = app.bearing(key).act("/vault/sessions").await;
        assert_eq!(answer.header("retry-after"), "20");
        answer.refused(429, "too_many_requests");
    }
    let answer = by_other_api().await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, "20"));
    assert_eq!(database.dump().await["access_sessions"].len(), 3);
    // What is done with a secret goes on.
    authorize(&app, &private.key, json!({ "permissions": ["token:read"] }), &nonce).await;
    app.clock.advance_micros(20_000_000);
    start(&app, &one.key).await;
    app.bearing(&one.key).act("/vault/sessions").await.refused(429, "too_many_requests");
}
