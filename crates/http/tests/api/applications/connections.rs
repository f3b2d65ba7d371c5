//! `/api/v1/applications/{application_id}/connections`, and `…/identities` of
//! its users.

use appkeep_domain::{SigningAlgorithm, SigningKeyId};
use appkeep_keys::SigningKey;
use appkeep_testkit::{TestDatabase, on_each_database};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::environments::Pooled;
use crate::harness::{TestApp, User};

on_each_database![
    a_connection_is_made_changed_and_deleted_in_its_environment,
    nothing_tells_what_the_secret_is,
    each_provider_asks_for_what_it_is_known_by,
    there_is_one_connection_with_a_provider_and_twenty_in_all,
    only_an_application_with_users_of_its_own_is_connected,
    whoever_writes_the_application_writes_its_connections,
    whoever_manages_users_takes_their_identities_away,
    who_people_were_goes_with_the_connection,
];

const SECRET: &str = "hush: what only Google knows";

fn google() -> Value {
    json!({ "provider": "google", "client_id": "1234.apps.example", "client_secret": SECRET })
}

fn acme() -> Value {
    json!({
        "provider": "acme", "issuer": "https://id.acme.example", "client_id": "billing",
        "client_secret": SECRET,
    })
}

fn apple(private_key: &str) -> Value {
    let key = json!({ "team_id": "A1B2C3D4E5", "key_id": "K1K2K3K4K5", "private_key": private_key });
    json!({ "provider": "apple", "client_id": "com.example.web", "apple": key })
}

fn path_of(pooled: &Pooled, rest: &str) -> String {
    format!("/applications/{}/connections{rest}", pooled.id)
}

async fn names(user: &User<'_>, path: &str) -> Vec<String> {
    let listed = user.get(path).await.data();
    let all = listed.as_array().expect("a list").iter();
    all.map(|one| one["provider"].as_str().expect("a name").to_owned()).collect()
}

async fn a_connection_is_made_changed_and_deleted_in_its_environment(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    let (test, one) = (path_of(&pooled, "?environment=test"), path_of(&pooled, "/google?environment=test"));
    let answer = full.post(&test, google()).await;
    assert_eq!(answer.header("location"), format!("/api/v1{one}"));
    let made = answer.created();
    assert!(made["id"].as_str().is_some_and(|id| id.starts_with("conn_")), "{made}");
    let expected = json!({
        "id": made["id"], "provider": "google", "type": "google", "issuer": null,
        "client_id": "1234.apps.example", "scopes": ["openid", "email", "profile"], "display_name": null,
        "apple": null, "enabled": true, "created_at": app.now(), "updated_at": app.now(),
    });
    assert_eq!(made, expected);
    full.post(&test, acme()).await.created();
    assert_eq!(
        (names(&full, &test).await, full.get(&one).await.data()),
        (vec!["acme".into(), "google".into()], made)
    );
    assert_eq!(names(&full, &path_of(&pooled, "")).await, Vec::<String>::new(), "not of live");
    full.get(&path_of(&pooled, "/google")).await.refused(404, "connection_not_found");
    full.patch(&path_of(&pooled, "/google"), json!({})).await.refused(404, "connection_not_found");
    full.delete(&path_of(&pooled, "/google")).await.refused(404, "connection_not_found");

    let patch =
        json!({ "client_id": "5678", "scopes": ["openid"], "display_name": "Acme", "enabled": false });
    let answer = full.patch_if(&one, "\"1\"", patch.clone()).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    let changed = answer.data();
    for (member, value) in patch.as_object().expect("an object") {
        assert_eq!(&changed[member], value, "{member}");
    }
    assert_eq!(full.get(&one).await.data(), changed);
    full.patch_if(&one, "\"1\"", json!({ "enabled": true })).await.refused(412, "precondition_failed");
    full.patch(&one, patch).await.ok();
    assert_eq!(full.get(&one).await.header("etag"), "\"2\"", "nothing changed");
    let cleared = full.patch(&one, json!({ "display_name": null })).await.data();
    assert_eq!(cleared["display_name"], Value::Null);
    full.delete_if(&one, "\"2\"").await.refused(412, "precondition_failed");
    full.delete_if(&one, "\"3\"").await.with(204);
    full.delete(&one).await.refused(404, "connection_not_found");
    assert_eq!(names(&full, &test).await, ["acme"]);
}

async fn nothing_tells_what_the_secret_is(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    let (all, one) = (path_of(&pooled, ""), path_of(&pooled, "/google"));
    full.post(&all, google()).await.created();
    let sealed = async || database.dump().await["connections"].join("\n");
    let before = sealed().await;
    let patched = full.patch(&one, json!({ "client_secret": SECRET })).await.text;
    assert_ne!(sealed().await, before, "it was sealed again");
    let (shown, listed) = (full.get(&one).await.text, full.get(&all).await.text);
    let history = full.get(&format!("/audit?application={}", pooled.id)).await.ok();
    let told: Vec<_> = history["data"].as_array().expect("a list").iter().map(|one| &one["action"]).collect();
    assert_eq!(told[..2], [&json!("connection.updated"), &json!("connection.created")]);
    let after = &history["data"][0]["after"];
    assert_eq!((&after["provider"], &after["secret_replaced"]), (&json!("google"), &json!(true)));
    let dump = format!("{:?}", database.dump().await);
    for text in [patched, shown, listed, history.to_string(), dump] {
        assert!(!text.contains("hush"), "{text}");
    }
}

async fn each_provider_asks_for_what_it_is_known_by(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    let all = path_of(&pooled, "");
    let with = |mut body: Value, member: &str, value: Value| {
        body[member] = value;
        body
    };
    let without = |mut body: Value, member: &str| {
        body.as_object_mut().expect("an object").remove(member);
        body
    };
    let key = apple(SECRET)["apple"].take();
    for (body, fields) in [
        (with(google(), "provider", json!("Goo gle")), &["provider"][..]),
        (with(google(), "issuer", json!("https://accounts.google.com")), &["issuer"]),
        (with(google(), "apple", key), &["apple"]),
        (with(google(), "client_id", json!("a b")), &["client_id"]),
        (with(google(), "client_secret", json!("")), &["client_secret"]),
        (with(google(), "client_secret", json!("ä")), &["client_secret"]),
        (with(google(), "scopes", json!(["openid", "a b"])), &["scopes[1]"]),
        (with(google(), "scopes", json!(["email"])), &["scopes"]),
        (with(google(), "scopes", json!([])), &["scopes"]),
        (with(google(), "display_name", json!(" ")), &["display_name"]),
        (without(google(), "client_secret"), &["client_secret"]),
        (without(acme(), "issuer"), &["issuer"]),
        (with(acme(), "issuer", json!("http://id.acme.example")), &["issuer"]),
        (with(acme(), "issuer", json!("https://id.acme.example/?a")), &["issuer"]),
        (apple("hush"), &["apple.private_key"]),
        (with(apple("hush"), "client_secret", json!("a")), &["apple.private_key", "client_secret"]),
        (without(apple("hush"), "apple"), &["apple"]),
        (with(acme(), "client_id", json!("")), &["client_id"]),
    ] {
        full.post(&all, body).await.refused_for(422, "invalid_field", fields);
    }
    for body in [without(google(), "client_id"), without(google(), "provider"), with(google(), "a", json!(1))]
    {
        full.post(&all, body).await.refused(400, "invalid_request");
    }
    full.get(&path_of(&pooled, "?environment=staging")).await.refused_for(
        400,
        "invalid_request",
        &["environment"],
    );
    let key = SigningKey::generate(SigningAlgorithm::Es256, SigningKeyId::from_bytes([7; 16]));
    let text = STANDARD.encode(key.to_pkcs8());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    let made = full.post(&all, apple(&pem)).await.created();
    assert_eq!(made["apple"], json!({ "team_id": "A1B2C3D4E5", "key_id": "K1K2K3K4K5" }));
    let other = json!({ "apple": { "team_id": "Z1B2C3D4E5", "key_id": "K1K2K3K4K5", "private_key": pem } });
    let changed = full.patch(&path_of(&pooled, "/apple"), other).await.data();
    assert_eq!(changed["apple"]["team_id"], "Z1B2C3D4E5");
    let github = json!({ "provider": "github", "client_id": "a", "client_secret": "b", "scopes": [] });
    let made = full.post(&all, github).await.created();
    assert_eq!((&made["type"], &made["scopes"]), (&json!("github"), &json!([])));
    let made = full.post(&all, acme()).await.created();
    assert_eq!((&made["type"], &made["issuer"]), (&json!("oidc"), &json!("https://id.acme.example")));
    let patch = json!({ "apple": apple("hush")["apple"] });
    full.patch(&path_of(&pooled, "/acme"), patch).await.refused_for(422, "invalid_field", &["apple"]);
    let fixed = json!({ "issuer": "https://other.example" });
    full.patch(&path_of(&pooled, "/acme"), fixed).await.refused(400, "invalid_request");
}

async fn there_is_one_connection_with_a_provider_and_twenty_in_all(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    let all = path_of(&pooled, "");
    full.post(&all, google()).await.created();
    full.post(&all, google()).await.refused_for(409, "provider_taken", &["provider"]);
    for number in 1..20 {
        let body = json!({
            "provider": format!("own-{number}"), "issuer": "https://id.example", "client_id": "a",
            "client_secret": "b",
        });
        full.post(&all, body).await.created();
    }
    full.post(&all, acme()).await.refused(409, "too_many_connections");
    full.post(&path_of(&pooled, "?environment=test"), acme()).await.created();
    full.delete(&path_of(&pooled, "/own-7")).await.with(204);
    full.post(&all, acme()).await.created();
}

async fn only_an_application_with_users_of_its_own_is_connected(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = full.create("server", json!({})).await["id"].as_str().expect("an id").to_owned();
    let theirs = app.neighbour().await.application;
    let never = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD";
    for (id, status, code) in [
        (id.as_str(), 400, "not_applicable"),
        (&theirs, 404, "app_not_found"),
        (never, 404, "app_not_found"),
        ("garbage", 404, "app_not_found"),
    ] {
        let (all, one) =
            (format!("/applications/{id}/connections"), format!("/applications/{id}/connections/google"));
        full.get(&all).await.refused(status, code);
        full.post(&all, google()).await.refused(status, code);
        full.get(&one).await.refused(status, code);
        full.patch(&one, json!({})).await.refused(status, code);
        full.delete(&one).await.refused(status, code);
        let user = format!("/applications/{id}/users/usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD/identities");
        full.get(&user).await.refused(status, code);
        full.delete(&format!("{user}/google")).await.refused(status, code);
    }
}

async fn whoever_writes_the_application_writes_its_connections(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    let (all, one) = (path_of(&pooled, ""), path_of(&pooled, "/google"));
    full.post(&all, google()).await.created();
    for (role, writes) in
        [("owner", true), ("admin", true), ("member", false), ("operator", false), ("viewer", false)]
    {
        let somebody = app.runs(role, &app.tenant().to_string()).await;
        assert_eq!(names(&somebody, &all).await, ["google"], "{role}");
        somebody.get(&one).await.data();
        let changed = somebody.patch(&one, json!({ "display_name": role })).await;
        let made = somebody.post(&all, acme()).await;
        let deleted = somebody.delete(&path_of(&pooled, "/acme")).await;
        if writes {
            assert_eq!(changed.data()["display_name"], role);
            made.created();
            deleted.with(204);
        } else {
            changed.refused(403, "forbidden");
            made.refused(403, "forbidden");
            deleted.refused(403, "forbidden");
        }
    }
}

/// Somebody of the live environment.
async fn ada(full: &User<'_>, pooled: &Pooled) -> String {
    let path = format!("/applications/{}/users", pooled.id);
    let made = full.post(&path, json!({ "email": "ada@example.com" })).await.created();
    made["id"].as_str().expect("an id").to_owned()
}

async fn whoever_manages_users_takes_their_identities_away(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    for connection in [google(), acme()] {
        full.post(&path_of(&pooled, ""), connection).await.created();
    }
    let ada = ada(&full, &pooled).await;
    for provider in ["google", "acme"] {
        app.link_identity((&pooled.id, &ada), (provider, "1076915")).await;
    }
    let path = format!("/applications/{}/users/{ada}/identities", pooled.id);
    let linked_at = app.now();
    let identity = |provider: &str| {
        json!({
            "provider": provider, "subject": "1076915", "email": "ada@elsewhere.example",
            "email_verified": true, "name": "Ada", "created_at": linked_at, "last_used_at": linked_at,
        })
    };
    assert_eq!(full.get(&path).await.data(), json!([identity("acme"), identity("google")]));
    full.get(&format!("{path}?environment=test")).await.refused(404, "user_not_found");
    full.delete(&format!("{path}/google?environment=test")).await.refused(404, "user_not_found");
    for strange in ["facebook", "Google", "%00"] {
        full.delete(&format!("{path}/{strange}")).await.refused(404, "identity_not_found");
    }
    for (role, manages) in [("viewer", false), ("operator", false), ("member", true)] {
        let somebody = app.runs(role, &app.tenant().to_string()).await;
        assert_eq!(somebody.get(&path).await.data().as_array().map(Vec::len), Some(2), "{role}");
        let deleted = somebody.delete(&format!("{path}/google")).await;
        if manages {
            deleted.with(204);
        } else {
            deleted.refused(403, "forbidden");
        }
    }
    assert_eq!(full.get(&path).await.data(), json!([identity("acme")]));
    full.delete(&format!("{path}/google")).await.refused(404, "identity_not_found");
    let (action, before, _) = full.last_entry().await;
    assert_eq!(action, "user.identity_unlinked");
    assert_eq!(before, json!({ "user_id": ada, "provider": "google" }));
}

async fn who_people_were_goes_with_the_connection(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    let all = path_of(&pooled, "");
    full.post(&all, google()).await.created();
    let ada = ada(&full, &pooled).await;
    app.link_identity((&pooled.id, &ada), ("google", "1076915")).await;
    full.delete(&path_of(&pooled, "/google")).await.with(204);
    full.post(&all, google()).await.created();
    let path = format!("/applications/{}/users/{ada}/identities", pooled.id);
    assert_eq!(full.get(&path).await.data(), json!([]));
    app.link_identity((&pooled.id, &ada), ("google", "1076915")).await;
    full.delete(&format!("/applications/{}", pooled.id)).await.with(204);
    let dump = database.dump().await;
    assert_eq!((dump["connections"].len(), dump["identities"].len()), (0, 0));
}
