//! `/applications` and `/applications/{application_id}`

use appkeep_domain::Role;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{BASE, act, delete, get, holding, made, patch, post, refused, text};
use crate::harness::{SISTER, TestApp, User};

on_each_database![
    what_is_created_is_as_it_was_asked_for_and_read_back,
    name_is_required_and_has_at_most_255_characters,
    slug_is_lowercase_numbers_and_hyphens_and_has_at_most_100_characters,
    slug_is_auto_generated_if_omitted,
    session_duration_minutes_is_from_1_to_43200_and_60_if_omitted,
    refresh_token_duration_days_is_from_1_to_365_and_30_if_omitted,
    allowed_origins_and_redirect_uris_are_checked,
    what_a_body_says_besides_is_passed_over,
    secret_keys_are_only_returned_on_creation_and_during_key_rotation,
    the_list_has_all_applications_with_end_users_count_for_each,
    supports_partial_updates,
    a_deleted_application_is_gone,
    the_legacy_secret_key_is_rotated,
    an_application_of_the_native_api_is_shown_as_it_is,
    what_is_made_or_taken_away_may_be_so_five_times_in_a_minute,
    what_is_sent_again_with_its_key_is_done_once,
];

const WARNING: &str = "Save all secret keys securely. They will not be shown again.";

async fn start(database: &TestDatabase) -> TestApp {
    TestApp::start_with_partners(database).await
}

fn path(application: &Value) -> String {
    format!("/applications/{}", text(&application["id"]))
}

async fn read(user: &User<'_>, application: &Value) -> Value {
    get(user, &path(application)).await.ok()["data"].take()
}

async fn what_is_created_is_as_it_was_asked_for_and_read_back(database: TestDatabase) {
    let app = start(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let asked = json!({
        "name": "My SaaS App", "slug": "my-saas-app", "session_duration_minutes": 60,
        "refresh_token_duration_days": 30, "allowed_origins": ["https://myapp.com"],
        "redirect_uris": ["https://myapp.com/auth/callback"],
    });
    let answer = post(&admin, "/applications", asked.clone()).await;
    assert_eq!(answer.body["meta"]["warning"], WARNING);
    let mut made = answer.created();
    for (field, value) in asked.as_object().expect("an object") {
        assert_eq!(&made[field], value, "{field}");
    }
    assert_eq!(
        (&made["status"], &made["workspace_id"]),
        (&json!("active"), &json!(app.tenant().to_string()))
    );
    assert_eq!((&made["created_at"], &made["updated_at"]), (&json!(app.now()), &json!(app.now())));
    let members: Vec<_> = made.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(
        members,
        [
            "allowed_origins",
            "created_at",
            "environments",
            "id",
            "name",
            "public_key",
            "redirect_uris",
            "refresh_token_duration_days",
            "secret_key",
            "session_duration_minutes",
            "slug",
            "status",
            "updated_at",
            "workspace_id",
        ]
    );
    for (mode, place) in [("live", 0), ("test", 1)] {
        let environment = &made["environments"][place];
        assert_eq!(environment["mode"], mode);
        assert!(text(&environment["public_key"]).starts_with(&format!("za_pub_{mode}_")), "{environment}");
        assert!(text(&environment["secret_key"]).starts_with(&format!("za_sec_{mode}_")), "{environment}");
        assert!(text(&environment["id"]).starts_with("env_"), "{environment}");
    }
    made.as_object_mut().expect("an object").remove("secret_key");
    for place in [0, 1] {
        made["environments"][place].as_object_mut().expect("an object").remove("secret_key");
    }
    made["end_users_count"] = 0.into();
    assert_eq!(read(&admin, &made).await, made);
    let natively = admin.read(text(&made["id"])).await;
    assert_eq!((&natively["type"], &natively["user_pool"]), (&json!("server"), &json!("application")));
    assert_eq!(natively["environments"].as_array().map(Vec::len), Some(2));
}

/// How a body is refused for one field.
async fn fault(user: &User<'_>, mut body: Value, field: &str) -> String {
    if body["name"].is_null() {
        body["name"] = "Fine".into();
    }
    let details = refused(post(user, "/applications", body).await, 422, "validation_error");
    assert_eq!(details.as_object().expect("an object").len(), 1, "{details}");
    text(&details.as_object().and_then(|all| all.values().next()).unwrap_or(&Value::Null)["message"])
        .to_owned()
        + if details[field].is_object() { "" } else { " (of another field)" }
}

async fn name_is_required_and_has_at_most_255_characters(database: TestDatabase) {
    let app = start(&database).await;
    let admin = holding(&app, Role::Admin).await;
    for body in [json!({}), json!({ "name": null })] {
        let details = refused(post(&admin, "/applications", body).await, 422, "validation_error");
        assert_eq!(details["name"]["message"], "is required");
    }
    for name in [json!(""), json!("a".repeat(256)), json!(7)] {
        let said = fault(&admin, json!({ "name": name }), "name").await;
        assert!(!said.ends_with("field)"), "{said}");
    }
    let longest = "\u{e9}".repeat(255);
    assert_eq!(made(&admin, &longest).await["name"], longest);
}

async fn slug_is_lowercase_numbers_and_hyphens_and_has_at_most_100_characters(database: TestDatabase) {
    let app = start(&database).await;
    let admin = holding(&app, Role::Admin).await;
    for slug in ["My-App", "my_app", "my app", "-app", "", &"a".repeat(101)] {
        let said = fault(&admin, json!({ "slug": slug }), "slug").await;
        assert!(!said.ends_with("field)"), "{said}");
    }
    let longest = "a1-b".repeat(25);
    let body = json!({ "name": "Long", "slug": longest });
    assert_eq!(post(&admin, "/applications", body.clone()).await.created()["slug"], longest);
    let details = refused(post(&admin, "/applications", body).await, 409, "slug_taken");
    assert!(details["slug"].is_object(), "{details}");
}

async fn slug_is_auto_generated_if_omitted(database: TestDatabase) {
    let app = start(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let first = made(&admin, "My SaaS App").await;
    let second = made(&admin, "My SaaS App").await;
    assert_eq!(first["slug"], "my-saas-app");
    assert!(text(&second["slug"]).starts_with("my-saas-app-"), "{second}");
}

/// Each number that is refused, and each that is taken and read back.
async fn bounds(admin: &User<'_>, field: &str, (refused, taken): (&[Value], &[i64]), otherwise: i64) {
    for value in refused {
        let said = fault(admin, json!({ field: value }), field).await;
        assert!(!said.ends_with("field)"), "{value}: {said}");
    }
    for value in taken {
        let body = json!({ "name": "Fine", field: value });
        let made = post(admin, "/applications", body).await.created();
        assert_eq!((&made[field], &read(admin, &made).await[field]), (&json!(value), &json!(value)));
    }
    let made = made(admin, "Fine").await;
    assert_eq!((&made[field], &read(admin, &made).await[field]), (&json!(otherwise), &json!(otherwise)));
}

async fn session_duration_minutes_is_from_1_to_43200_and_60_if_omitted(database: TestDatabase) {
    let app = start(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let refused = [json!(0), json!(-1), json!(43_201), json!("60"), json!(1.5), json!(i64::MAX)];
    bounds(&admin, "session_duration_minutes", (&refused, &[1, 43_200]), 60).await;
}

async fn refresh_token_duration_days_is_from_1_to_365_and_30_if_omitted(database: TestDatabase) {
    let app = start(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let refused = [json!(0), json!(366), json!(true)];
    bounds(&admin, "refresh_token_duration_days", (&refused, &[1, 365]), 30).await;
}

async fn allowed_origins_and_redirect_uris_are_checked(database: TestDatabase) {
    let app = start(&database).await;
    let admin = holding(&app, Role::Admin).await;
    for (field, bad) in [
        ("allowed_origins", json!(["https://myapp.com/path"])),
        ("allowed_origins", json!(["*"])),
        ("redirect_uris", json!(["https://*.myapp.com/callback"])),
        ("redirect_uris", json!(["https://myapp.com/#fragment"])),
        ("redirect_uris", json!("https://myapp.com")),
    ] {
        let body = json!({ "name": "Fine", field: bad });
        let details = refused(post(&admin, "/applications", body).await, 422, "validation_error");
        let named: Vec<_> = details.as_object().expect("an object").keys().collect();
        assert!(named.len() == 1 && named[0].starts_with(field), "{details}");
    }
}

async fn what_a_body_says_besides_is_passed_over(database: TestDatabase) {
    let app = start(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let body = json!({ "name": "Fine", "id": "app_mine", "plan": { "tier": 1 } });
    let made = post(&admin, "/applications", body).await.created();
    patch(&admin, &path(&made), json!({ "status": "disabled", "workspace_id": "x" })).await.ok();
    assert_eq!(read(&admin, &made).await["status"], "active");
}

async fn secret_keys_are_only_returned_on_creation_and_during_key_rotation(database: TestDatabase) {
    let app = start(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let made = made(&admin, "Fine").await;
    let secrets = [&made["secret_key"], &made["environments"][0]["secret_key"]].map(text);
    for path in [path(&made), "/applications".to_owned(), format!("{}/environments", path(&made))] {
        let answer = get(&admin, &path).await;
        assert!(answer.text.contains("za_pub_live_"), "{}", answer.text);
        assert!(!answer.text.contains("secret_key") && !secrets.iter().any(|one| answer.text.contains(one)));
        assert!(answer.body["meta"]["warning"].is_null());
    }
    let changed = patch(&admin, &path(&made), json!({ "name": "Other" })).await;
    assert!(!changed.text.contains("secret_key"), "{}", changed.text);
}

async fn the_list_has_all_applications_with_end_users_count_for_each(database: TestDatabase) {
    let app = start(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let [first, second] = [made(&admin, "First").await, made(&admin, "Second").await];
    for (mode, email) in
        [("live", "ada@example.com"), ("live", "bob@example.com"), ("test", "eve@example.com")]
    {
        let path = format!("/applications/{}/users?environment={mode}", text(&first["id"]));
        admin.post(&path, json!({ "email": email })).await.created();
    }
    let listed = get(&admin, "/applications").await.ok();
    let all = listed["data"].as_array().expect("a list");
    assert_eq!(listed["meta"]["total"], all.len());
    let count =
        |id: &Value| all.iter().find(|one| one["id"] == *id).map(|one| one["end_users_count"].clone());
    assert_eq!((count(&first["id"]), count(&second["id"])), (Some(json!(2)), Some(json!(0))));
    assert_eq!(read(&admin, &first).await["end_users_count"], 2);
    for (query, expected) in [
        ("limit=1", vec![&all[0]]),
        ("limit=1&offset=1", vec![&all[1]]),
        ("offset=2", all[2..].iter().collect()),
        ("offset=99", vec![]),
    ] {
        let part = get(&admin, &format!("/applications?{query}")).await.ok();
        assert_eq!((&part["data"], &part["meta"]["total"]), (&json!(expected), &listed["meta"]["total"]));
    }
    for query in ["limit=0", "limit=many", "offset=-1"] {
        refused(get(&admin, &format!("/applications?{query}")).await, 422, "validation_error");
    }
    delete(&admin, &path(&second)).await.with(204);
    let listed = get(&admin, "/applications").await.ok();
    assert!(!listed["data"].to_string().contains(text(&second["id"])));
}

async fn supports_partial_updates(database: TestDatabase) {
    let app = start(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let mut expected = read(&admin, &made(&admin, "Fine").await).await;
    app.clock.advance_micros(1_000_000);
    for (field, value) in [
        ("name", json!("Updated App Name")),
        ("session_duration_minutes", json!(120)),
        ("refresh_token_duration_days", json!(365)),
        ("allowed_origins", json!(["https://myapp.com", "https://staging.myapp.com"])),
        ("redirect_uris", json!(["https://myapp.com/back"])),
        ("slug", json!("other")),
    ] {
        let changed = patch(&admin, &path(&expected), json!({ field: value })).await.ok()["data"].take();
        expected[field] = value.clone();
        expected["updated_at"] = app.now().into();
        assert_eq!(changed[field], value);
        assert_eq!(read(&admin, &expected).await, expected, "{field}");
    }
    for (field, value) in [("name", json!("")), ("session_duration_minutes", json!(0)), ("slug", json!("A"))]
    {
        let answer = patch(&admin, &path(&expected), json!({ field: value })).await;
        assert!(refused(answer, 422, "validation_error")[field].is_object(), "{field}");
    }
    assert_eq!(read(&admin, &expected).await, expected);
    refused(patch(&admin, "/applications/app_abc123", json!({})).await, 404, "application_not_found");
}

async fn a_deleted_application_is_gone(database: TestDatabase) {
    let app = start(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let made = made(&admin, "Fine").await;
    let users = format!("/applications/{}/users", text(&made["id"]));
    admin.post(&users, json!({ "email": "ada@example.com" })).await.created();
    app.open_session(text(&made["id"]), 600).await;
    delete(&admin, &path(&made)).await.with(204);
    refused(get(&admin, &path(&made)).await, 404, "application_not_found");
    refused(get(&admin, &format!("{}/users", path(&made))).await, 404, "application_not_found");
    refused(delete(&admin, &path(&made)).await, 404, "application_not_found");
    admin.get(&users).await.refused(404, "app_not_found");
}

async fn the_legacy_secret_key_is_rotated(database: TestDatabase) {
    let app = start(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let made = made(&admin, "Fine").await;
    let answer = act(&admin, &format!("{}/rotate-keys", path(&made))).await;
    assert!(text(&answer.body["meta"]["warning"]).contains("not be shown again"));
    let rotated = answer.ok()["data"].take();
    assert_eq!(rotated["public_key"], made["public_key"]);
    assert!(text(&rotated["secret_key"]).starts_with("za_sec_"), "{rotated}");
    assert_ne!(rotated["secret_key"], made["secret_key"]);
    let id = text(&made["id"]);
    for (secret, status) in [(&made["secret_key"], 401), (&rotated["secret_key"], 200)] {
        let answer = app.client(id, text(secret)).form("/oauth2/introspect", "token=x").await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
}

async fn an_application_of_the_native_api_is_shown_as_it_is(database: TestDatabase) {
    let app = start(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let native = admin.create("m2m", json!({ "name": "Machine" })).await;
    let shown = read(&admin, &native).await;
    assert_eq!((&shown["environments"], &shown["public_key"]), (&json!([]), &Value::Null));
    assert_eq!(shown["end_users_count"], 0);
    admin.act(&format!("{}/disable", path(&native))).await.ok();
    assert_eq!(read(&admin, &native).await["status"], "disabled");
    let users = get(&admin, &format!("{}/users", path(&native))).await;
    assert_eq!(users.status, 400, "{}", users.body);
    admin.act(&format!("{}/archive", path(&native))).await.ok();
    refused(get(&admin, &path(&native)).await, 404, "application_not_found");
    let elsewhere = app.owned_application((appkeep_domain::Owner::Tenant(SISTER), None), "Theirs").await;
    refused(get(&admin, &format!("/applications/{}", elsewhere.id)).await, 404, "application_not_found");
}

async fn what_is_made_or_taken_away_may_be_so_five_times_in_a_minute(database: TestDatabase) {
    let app = TestApp::with_zyphr_rates(&database).await;
    let owner = app.owner().await;
    let made = made(&owner, "First").await;
    act(&owner, &format!("{}/rotate-keys", path(&made))).await.ok();
    act(&owner, &format!("{}/environments/live/rotate-keys", path(&made))).await.ok();
    let second = super::made(&owner, "Second").await;
    delete(&owner, &path(&second)).await.with(204);
    let answer = post(&owner, "/applications", json!({ "name": "Third" })).await;
    assert_eq!((answer.header("x-ratelimit-limit"), answer.header("retry-after")), ("5", "12"));
    assert_eq!(refused(answer, 429, "rate_limit_exceeded"), json!({ "retry_after": 12 }));
    refused(delete(&owner, &path(&made)).await, 429, "rate_limit_exceeded");
    assert_eq!(get(&owner, "/applications").await.header("x-ratelimit-limit"), "200");
    let changed = patch(&owner, &path(&made), json!({ "name": "Other" })).await;
    assert_eq!(changed.header("x-ratelimit-limit"), "100");
    app.clock.advance_micros(12_000_000);
    delete(&owner, &path(&made)).await.with(204);
}

async fn what_is_sent_again_with_its_key_is_done_once(database: TestDatabase) {
    let app = start(&database).await;
    let admin = holding(&app, Role::Admin).await;
    let send = async |name: &str| {
        let request = admin.request(Method::POST, &format!("{BASE}/applications"));
        let request = request.header("content-type", "application/json").header("idempotency-key", "k-1");
        admin.send(request, json!({ "name": name }).to_string()).await
    };
    let (first, again) = (send("Once").await, send("Once").await);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(first.created(), again.created());
    let details = refused(send("Other").await, 422, "validation_error");
    assert_eq!(details["Idempotency-Key"]["code"], "idempotency_key_reused");
    refused(
        {
            let request = admin.request(Method::POST, &format!("{BASE}/applications"));
            let request = request.header("content-type", "application/json").header("idempotency-key", "a b");
            admin.send(request, json!({ "name": "Other" }).to_string()).await
        },
        422,
        "validation_error",
    );
}
