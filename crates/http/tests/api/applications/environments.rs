//! `/api/v1/applications/{application_id}/environments`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{TestApp, User};

on_each_database![
    an_application_with_users_of_its_own_has_live_and_test,
    an_application_that_serves_its_tenant_has_none,
    whose_users_it_serves_is_fixed,
    who_signs_nobody_in_has_no_users,
    rotating_one_environment_touches_nothing_else,
    a_replaced_secret_lives_on_as_long_as_is_said,
    each_class_has_ten_secrets_of_its_own,
    an_environment_that_is_none_is_refused,
    rotating_needs_the_scope_applications_write,
];

/// An application with users of its own, and its secrets.
pub(crate) struct Pooled {
    pub(crate) id: String,
    pub(crate) public_key: String,
    pub(crate) client_secret: String,
    /// Live and test: the public key and the secret of each.
    pub(crate) live: (String, String),
    pub(crate) test: (String, String),
}

impl Pooled {
    pub(crate) async fn register(full: &User<'_>) -> Self {
        Self::of(&full.create("server", json!({ "user_pool": "application" })).await)
    }

    fn of(created: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let pair = |place: usize| {
            let environment = &created["environments"][place];
            (text(&environment["public_key"]), text(&environment["secret_key"]))
        };
        Self {
            id: text(&created["id"]),
            public_key: text(&created["public_key"]),
            client_secret: text(&created["client_secret"]),
            live: pair(0),
            test: pair(1),
        }
    }

    fn rotate_path(&self, mode: &str) -> String {
        format!("/applications/{}/environments/{mode}/rotate-keys", self.id)
    }
}

async fn accepts(app: &TestApp, client: &str, secret: &str) -> bool {
    let answer = app.token(client, secret, "").await;
    let accepted = answer.status == 200;
    if !accepted {
        answer.refused_by_oauth(401, "invalid_client");
    }
    accepted
}

async fn an_application_with_users_of_its_own_has_live_and_test(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let created = full.create("server", json!({ "user_pool": "application" })).await;
    let pooled = Pooled::of(&created);
    assert!(pooled.public_key.starts_with("za_pub_") && pooled.client_secret.starts_with("ias_"));
    for (mode, (public_key, secret_key)) in [("live", &pooled.live), ("test", &pooled.test)] {
        assert!(public_key.starts_with(&format!("za_pub_{mode}_")), "{public_key}");
        assert!(secret_key.starts_with(&format!("za_sec_{mode}_")), "{mode}");
    }
    let mut shown = created["environments"].clone();
    for environment in shown.as_array_mut().expect("a list") {
        let environment = environment.as_object_mut().expect("an object");
        assert!(environment.remove("secret_key").is_some());
        let members: Vec<_> = environment.keys().map(String::as_str).collect();
        assert_eq!(members, ["created_at", "id", "mode", "public_key", "updated_at"]);
        assert!(environment["id"].as_str().is_some_and(|id| id.starts_with("env_")));
        assert_eq!(environment["created_at"], app.now());
    }
    let path = format!("/applications/{}", pooled.id);
    let application = full.get(&path).await.data();
    assert_eq!((&application["user_pool"], &application["environments"]), (&json!("application"), &shown));
    assert_eq!(application["public_key"], pooled.public_key);
    assert_eq!(full.get(&format!("{path}/environments")).await.data(), shown);
    let listed = full.get("/applications").await.ok().to_string();
    for secret in [&pooled.client_secret, &pooled.live.1, &pooled.test.1] {
        assert!(!listed.contains(secret.as_str()) && !application.to_string().contains(secret.as_str()));
    }
    let history = full.get("/audit?action=application.created").await.ok();
    assert_eq!(history["data"][0]["after"]["user_pool"], "application");
    // A public client is named as well, and has environment secrets only.
    let spa = full.create("spa", json!({ "user_pool": "application" })).await;
    assert!(spa.get("client_secret").is_none() && spa["environments"][1]["secret_key"].is_string());
}

async fn an_application_that_serves_its_tenant_has_none(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for body in [json!({}), json!({ "user_pool": "tenant" })] {
        let created = full.create("server", body).await;
        let shown = [&created["user_pool"], &created["public_key"], &created["environments"]];
        assert_eq!(shown, [&json!("tenant"), &Value::Null, &json!([])]);
        let path = format!("/applications/{}", created["id"].as_str().expect("an id"));
        assert_eq!(full.get(&format!("{path}/environments")).await.data(), json!([]));
        for mode in ["live", "test"] {
            let rotate = full.act(&format!("{path}/environments/{mode}/rotate-keys")).await;
            rotate.refused(400, "not_applicable");
        }
    }
}

async fn whose_users_it_serves_is_fixed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for (stands, other) in [("application", "tenant"), ("tenant", "application")] {
        let created = full.create("server", json!({ "user_pool": stands })).await;
        let path = format!("/applications/{}", created["id"].as_str().expect("an id"));
        full.patch(&path, json!({ "user_pool": stands })).await.ok();
        for refused in [other, "garbage"] {
            let answer = full.patch(&path, json!({ "user_pool": refused })).await;
            answer.refused_for(422, "immutable_field", &["user_pool"]);
        }
        assert_eq!(full.get(&path).await.data()["user_pool"], stands);
    }
}

async fn who_signs_nobody_in_has_no_users(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let post = async |kind: &str, pool: Value, more: Value| {
        let mut body = json!({ "name": "Refused", "type": kind, "user_pool": pool });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        full.post("/applications", body).await
    };
    post("m2m", json!("application"), json!({})).await.refused_for(422, "invalid_field", &["user_pool"]);
    post("server", json!("own"), json!({})).await.refused_for(422, "invalid_field", &["user_pool"]);
    post("server", json!(5), json!({})).await.refused_for(400, "invalid_request", &["user_pool"]);
    for kind in ["spa", "native", "server"] {
        post(kind, json!("application"), json!({ "name": kind })).await.created();
    }
    post("server", json!("application"), json!({ "assignment_required": true })).await.refused_for(
        422,
        "invalid_field",
        &["assignment_required"],
    );
    let owner = app.owner().await;
    let global =
        json!({ "name": "All", "type": "server", "user_pool": "application", "ownership": "global" });
    owner.post("/applications", global).await.refused_for(422, "invalid_field", &["user_pool"]);
}

async fn rotating_one_environment_touches_nothing_else(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    app.clock.advance_micros(1_000_000);
    let answer = full.post(&pooled.rotate_path("live"), json!({ "overlap_s": 0 })).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let rotated = answer.data();
    let secret = rotated["secret_key"].as_str().expect("text").to_owned();
    assert!(secret.starts_with("za_sec_live_") && secret != pooled.live.1);
    assert_eq!((&rotated["public_key"], &rotated["mode"]), (&json!(pooled.live.0), &json!("live")));
    assert_eq!(
        (&rotated["previous_expires_at"], &rotated["updated_at"]),
        (&json!(app.now()), &json!(app.now()))
    );
    assert!(!accepts(&app, &pooled.live.0, &pooled.live.1).await, "an overlap of none");
    for (client, secret) in
        [(&pooled.live.0, &secret), (&pooled.test.0, &pooled.test.1), (&pooled.id, &pooled.client_secret)]
    {
        assert!(accepts(&app, client, secret).await, "{client}");
    }
    let environments = full.get(&format!("/applications/{}/environments", pooled.id)).await.data();
    assert_eq!(environments[0]["updated_at"], app.now());
    assert_ne!(environments[1]["updated_at"], app.now());
    let told = &full.get("/audit?action=application.secret_rotated").await.ok()["data"][0]["after"];
    assert_eq!(
        (&told["environment"], &told["last_four"]),
        (&json!("live"), &json!(secret[secret.len() - 4..]))
    );
    // Nor does rotating the client secret.
    full.post(&format!("/applications/{}/rotate-secret", pooled.id), json!({ "overlap_s": 0 })).await.ok();
    assert!(!accepts(&app, &pooled.id, &pooled.client_secret).await);
    assert!(accepts(&app, &pooled.live.0, &secret).await);
    let listed = full.get(&format!("/applications/{}/credentials", pooled.id)).await.ok();
    let classes: Vec<_> =
        listed["data"].as_array().expect("a list").iter().map(|one| &one["environment"]).collect();
    assert_eq!(classes, [&Value::Null, &json!("live"), &json!("test"), &json!("live"), &Value::Null]);
    assert_eq!(listed["data"][1]["class"], "environment_secret");
    assert_eq!(listed["data"][0]["class"], "client_secret");
}

async fn a_replaced_secret_lives_on_as_long_as_is_said(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    let rotated = full.post(&pooled.rotate_path("test"), json!({ "overlap_s": 60 })).await.data();
    assert_eq!(rotated["previous_expires_at"], app.after(60));
    app.clock.advance_micros(59_999_999);
    assert!(accepts(&app, &pooled.test.0, &pooled.test.1).await);
    app.clock.advance_micros(1);
    assert!(!accepts(&app, &pooled.test.0, &pooled.test.1).await);
    // The tenant's, where nothing is said.
    let rotated = app.full().await.act(&pooled.rotate_path("live")).await.data();
    assert_eq!(rotated["previous_expires_at"], app.after(259_200));
    for refused in [json!(-1), json!(604_801)] {
        let answer = full.post(&pooled.rotate_path("live"), json!({ "overlap_s": refused })).await;
        answer.refused_for(422, "invalid_field", &["overlap_s"]);
    }
}

async fn each_class_has_ten_secrets_of_its_own(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    for _ in 0..9 {
        full.post(&pooled.rotate_path("live"), json!({ "overlap_s": 60 })).await.data();
    }
    full.post(&pooled.rotate_path("live"), json!({ "overlap_s": 60 })).await.refused(409, "too_many_secrets");
    full.post(&pooled.rotate_path("test"), json!({ "overlap_s": 60 })).await.data();
    full.post(&format!("/applications/{}/credentials", pooled.id), json!({})).await.created();
    full.post(&pooled.rotate_path("live"), json!({ "overlap_s": 0 })).await.data();
}

async fn an_environment_that_is_none_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let pooled = Pooled::register(&full).await;
    for mode in ["staging", "LIVE", "0"] {
        full.act(&pooled.rotate_path(mode)).await.refused_for(422, "invalid_field", &["mode"]);
    }
    for id in ["app_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "garbage", &app.neighbour().await.application] {
        for path in ["environments", "environments/live/rotate-keys", "environments/staging/rotate-keys"] {
            let path = format!("/applications/{id}/{path}");
            let answer = if path.ends_with("keys") { full.act(&path).await } else { full.get(&path).await };
            answer.refused(404, "app_not_found");
        }
    }
}

async fn rotating_needs_the_scope_applications_write(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let pooled = Pooled::register(&app.full().await).await;
    app.reader().await.act(&pooled.rotate_path("live")).await.refused(403, "insufficient_scope");
    app.with("users:read")
        .await
        .get(&format!("/applications/{}/environments", pooled.id))
        .await
        .refused(403, "insufficient_scope");
    assert!(accepts(&app, &pooled.live.0, &pooled.live.1).await);
}
