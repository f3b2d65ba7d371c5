//! `/api/v1/service-accounts`, and what their tokens open

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{Answer, ISSUER, TestApp, claims, within_a_second};

on_each_database![
    an_account_is_made_read_changed_and_archived,
    a_secret_is_shown_once_and_good_until_it_is_rotated,
    a_token_is_for_the_management_api_and_nothing_else,
    a_role_decides_what_an_account_does,
    nobody_makes_an_account_with_more_than_they_hold,
    what_it_does_is_told_under_its_own_name,
    tokens_end_with_the_account_and_with_its_secret,
    an_account_takes_back_a_token_of_its_own,
    an_account_is_its_tenants_and_nobody_elses,
    an_accounts_token_touches_no_disk_and_obeys_other_nodes,
    accounts_are_listed_newest_first,
];

const PATH: &str = "/service-accounts";

fn text(value: &Value) -> &str {
    value.as_str().expect("is text")
}

async fn token(app: &TestApp, account: &Value, more: &str) -> Answer {
    app.token(text(&account["id"]), text(&account["client_secret"]), more).await
}

async fn bearer(app: &TestApp, account: &Value) -> String {
    text(&token(app, account, "").await.ok()["access_token"]).to_owned()
}

async fn an_account_is_made_read_changed_and_archived(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let answer = owner.post(PATH, json!({ "name": "Deployments", "description": "From CI" })).await;
    let location = answer.header("location").to_owned();
    let mut made = answer.created();
    let id = text(&made["id"]).to_owned();
    assert_eq!(location, format!("/api/v1{PATH}/{id}"));
    assert!(id.starts_with("sa_") && id.len() == 39, "{id}");
    let secret = made.as_object_mut().and_then(|made| made.remove("client_secret")).expect("a secret");
    assert!(text(&secret).starts_with("sa_secret_"), "{secret}");
    assert!(text(&secret).ends_with(text(&made["secret_last_four"])));
    for (member, value) in [
        ("name", json!("Deployments")),
        ("description", json!("From CI")),
        ("role", json!("admin")),
        ("created_at", json!(app.now())),
        ("archived_at", json!(null)),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    let path = format!("{PATH}/{id}");
    assert_eq!(owner.get(&path).await.data(), made);
    assert_eq!(owner.get(PATH).await.ok()["data"], json!([made]));
    let changed =
        owner.patch(&path, json!({ "name": "CI", "description": null, "role": "viewer" })).await.data();
    assert_eq!((&changed["name"], &changed["role"]), (&json!("CI"), &json!("viewer")));
    assert_eq!(owner.get(&path).await.data(), changed);
    let (action, before, after) = owner.last_entry().await;
    assert_eq!((action.as_str(), &before["role"]), ("service_account.updated", &json!("admin")));
    assert_eq!((&after["service_account"], &after["role"]), (&json!(id), &json!("viewer")));
    let before = database.dump().await;
    owner.patch(&path, json!({ "name": "CI" })).await.ok();
    for (body, code, field) in [
        (json!({ "name": "" }), "invalid_field", "name"),
        (json!({ "role": "king" }), "invalid_field", "role"),
        (json!({ "description": "x".repeat(2_001) }), "invalid_field", "description"),
    ] {
        owner.patch(&path, body.clone()).await.refused_for(422, code, &[field]);
        let mut new = json!({ "name": "New" });
        new.as_object_mut().expect("an object").extend(body.as_object().expect("an object").clone());
        owner.post(PATH, new).await.refused_for(422, code, &[field]);
    }
    for missing in ["sa_01010101-0101-0101-0101-010101010101", "garbage"] {
        owner.get(&format!("{PATH}/{missing}")).await.refused(404, "service_account_not_found");
    }
    assert_eq!(database.dump().await, before);
    for _ in 0..2 {
        assert_eq!(owner.delete(&path).await.status, 204);
    }
    assert_eq!(owner.get(&path).await.data()["archived_at"], json!(app.now()));
    assert_eq!(owner.get(PATH).await.ok()["data"], json!([]));
    assert_eq!(owner.get(&format!("{PATH}?archived=true")).await.ok()["data"][0]["id"], json!(id));
    owner.patch(&path, json!({ "name": "Back" })).await.refused(400, "not_applicable");
    owner.act(&format!("{path}/rotate-secret")).await.refused(400, "not_applicable");
}

async fn a_secret_is_shown_once_and_good_until_it_is_rotated(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let made = owner.post(PATH, json!({ "name": "CI" })).await.created();
    let path = format!("{PATH}/{}", text(&made["id"]));
    token(&app, &made, "").await.ok();
    let rotated = owner.act(&format!("{path}/rotate-secret")).await.data();
    assert_eq!(rotated["id"], made["id"]);
    assert_ne!(rotated["client_secret"], made["client_secret"]);
    token(&app, &made, "").await.refused_by_oauth(401, "invalid_client");
    token(&app, &rotated, "").await.ok();
    assert!(owner.get(&path).await.data().get("client_secret").is_none());
    assert!(!format!("{:?}", database.dump().await).contains(text(&rotated["client_secret"])));
    // In the body as well as in the header (RFC 6749 §2.3.1).
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        text(&rotated["id"]),
        text(&rotated["client_secret"])
    );
    app.nobody().form("/oauth2/token", &body).await.ok();
    let other = owner.post(PATH, json!({ "name": "Other" })).await.created();
    let crossed = json!({ "id": rotated["id"], "client_secret": other["client_secret"] });
    token(&app, &crossed, "").await.refused_by_oauth(401, "invalid_client");
    let nobody = format!("grant_type=client_credentials&client_id={}", text(&rotated["id"]));
    app.nobody().form("/oauth2/token", &nobody).await.refused_by_oauth(401, "invalid_client");
}

async fn a_token_is_for_the_management_api_and_nothing_else(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let made = owner.post(PATH, json!({ "name": "CI" })).await.created();
    let ours = format!("{ISSUER}/api/v1");
    let answer = token(&app, &made, "").await.ok();
    assert_eq!((&answer["scope"], &answer["expires_in"]), (&json!("management:all"), &json!(3_600)));
    assert!(answer.get("refresh_token").is_none());
    let told = claims(text(&answer["access_token"]));
    assert_eq!((&told["aud"], &told["sub"], &told["client_id"]), (&json!(ours), &made["id"], &made["id"]));
    for (more, scope) in [
        ("&scope=management:all", "management:all"),
        (&format!("&audience={ours}&scope=applications:read"), "applications:read"),
    ] {
        assert_eq!(token(&app, &made, more).await.ok()["scope"], scope, "{more}");
    }
    for (more, code) in [
        ("&resource=https://bills.example", "invalid_target"),
        ("&resource=mcp-gateway", "invalid_target"),
        ("&scope=openid", "invalid_scope"),
        ("&scope=mcp:invoke", "invalid_scope"),
    ] {
        token(&app, &made, more).await.refused_by_oauth(400, code);
    }
    let (id, secret) = (text(&made["id"]), text(&made["client_secret"]));
    let refresh = "grant_type=refresh_token&refresh_token=x";
    app.client(id, secret).form("/oauth2/token", refresh).await.refused_by_oauth(400, "unauthorized_client");
    let access = text(&answer["access_token"]);
    assert_eq!(app.bearing(access).get("/applications").await.status, 200);
    // It is no client anywhere else, and no token is looked at for it.
    let asked = format!("token={access}");
    app.client(id, secret).form("/oauth2/introspect", &asked).await.refused_by_oauth(401, "invalid_client");
    let userinfo = app.bearing(access).request(http::Method::GET, "/oauth2/userinfo");
    assert_eq!(app.bearing(access).send(userinfo, "").await.status, 401);
}

async fn a_role_decides_what_an_account_does(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let made = owner.post(PATH, json!({ "name": "CI" })).await.created();
    let access = bearer(&app, &made).await;
    let account = app.bearing(&access);
    let application = account.create("m2m", json!({})).await;
    let path = format!("/applications/{}", text(&application["id"]));
    account.patch(&path, json!({ "name": "Renamed" })).await.ok();
    // It speaks for one tenant, and not for the platform.
    account.post("/tenants", json!({ "slug": "acme", "name": "Acme" })).await.refused(403, "forbidden");
    let global = json!({ "name": "All", "type": "m2m", "ownership": "global" });
    assert_ne!(account.post("/applications", global).await.status, 201);
    // Nobody is asked why.
    let server = account.create("server", json!({})).await;
    let impersonations = format!("/applications/{}/impersonations", text(&server["id"]));
    let body = json!({ "user_id": "usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "reason": "to see", "duration_s": 60 });
    assert_eq!(account.post(&impersonations, body).await.status, 403);
    // From the next request on.
    owner.patch(&format!("{PATH}/{}", text(&made["id"])), json!({ "role": "viewer" })).await.ok();
    account.get(&path).await.ok();
    account.patch(&path, json!({ "name": "Again" })).await.refused(403, "forbidden");
    let narrow = token(&app, &made, "&scope=scopes:read").await.ok();
    let narrow = app.bearing(text(&narrow["access_token"]));
    narrow.get(&path).await.refused(403, "insufficient_scope");
    narrow.get("/scopes").await.ok();
}

async fn nobody_makes_an_account_with_more_than_they_hold(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let tenant = app.owner().await.tenant("acme", None).await;
    let admin = app.runs("admin", &tenant).await.at("/t/acme");
    let owns = app.runs("owner", &tenant).await.at("/t/acme");
    let before = database.dump().await;
    admin.post(PATH, json!({ "name": "King", "role": "owner" })).await.refused(403, "forbidden");
    assert_eq!(database.dump().await, before);
    let made = admin.post(PATH, json!({ "name": "CI" })).await.created();
    let king = owns.post(PATH, json!({ "name": "King", "role": "owner" })).await.created();
    let (made, king) = (format!("{PATH}/{}", text(&made["id"])), format!("{PATH}/{}", text(&king["id"])));
    let before = database.dump().await;
    admin.patch(&made, json!({ "role": "owner" })).await.refused(403, "forbidden");
    // Whoever gave it another secret could do what it does.
    admin.act(&format!("{king}/rotate-secret")).await.refused(403, "forbidden");
    admin.patch(&king, json!({ "role": "viewer" })).await.refused(403, "forbidden");
    admin.delete(&king).await.refused(403, "forbidden");
    assert_eq!(database.dump().await, before);
    for role in ["operator", "member", "viewer"] {
        let somebody = app.runs(role, &tenant).await.at("/t/acme");
        for answer in [
            somebody.get(PATH).await,
            somebody.get(&made).await,
            somebody.post(PATH, json!({ "name": "Mine", "role": "viewer" })).await,
            somebody.act(&format!("{made}/rotate-secret")).await,
        ] {
            answer.refused(403, "forbidden");
        }
    }
    // An application gives no role unless it holds every scope.
    let machine = app.with("operators:read operators:write").await;
    machine.post(PATH, json!({ "name": "Mine" })).await.refused(403, "forbidden");
    // Nor does an account by a token of less, which would become one of everything.
    let account = app.owner().await.post(PATH, json!({ "name": "Less" })).await.created();
    let less = token(&app, &account, "&scope=operators:write").await.ok();
    let less = app.bearing(text(&less["access_token"]));
    less.post(PATH, json!({ "name": "More" })).await.refused(403, "forbidden");
    let rotate = format!("{PATH}/{}/rotate-secret", text(&account["id"]));
    less.act(&rotate).await.refused(403, "forbidden");
}

async fn what_it_does_is_told_under_its_own_name(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let made = owner.post(PATH, json!({ "name": "CI" })).await.created();
    let account = app.bearing(&bearer(&app, &made).await).token().to_owned();
    let account = app.bearing(&account);
    account.create("m2m", json!({})).await;
    let entry = owner.get("/audit?limit=1").await.ok()["data"][0].clone();
    assert_eq!(entry["action"], "application.created");
    assert_eq!(entry["actor"], json!({ "kind": "service_account", "id": made["id"] }));
    let inner = account.post(PATH, json!({ "name": "Inner", "role": "viewer" })).await.created();
    assert_eq!(inner["created_by"], json!({ "kind": "service_account", "id": made["id"] }));
}

async fn tokens_end_with_the_account_and_with_its_secret(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let made = owner.post(PATH, json!({ "name": "CI" })).await.created();
    let other = owner.post(PATH, json!({ "name": "Other" })).await.created();
    let (access, others) = (bearer(&app, &made).await, bearer(&app, &other).await);
    let path = format!("{PATH}/{}", text(&made["id"]));
    owner.patch(&path, json!({ "name": "CD" })).await.ok();
    app.bearing(&access).get("/applications").await.ok();
    let node = app.another_node(&database).await;
    node.bearing(&access).get("/applications").await.ok();
    let rotated = owner.act(&format!("{path}/rotate-secret")).await.data();
    app.bearing(&access).get("/applications").await.refused(401, "invalid_token");
    within_a_second("the other node refuses the token", async || {
        node.bearing(&access).get("/applications").await.status == 401
    })
    .await;
    // What is issued in the moment of a rotation ends with what was before.
    app.clock.advance_micros(1_000_000);
    let access = bearer(&app, &rotated).await;
    app.bearing(&access).get("/applications").await.ok();
    assert_eq!(owner.delete(&path).await.status, 204);
    token(&app, &rotated, "").await.refused_by_oauth(401, "invalid_client");
    app.bearing(&access).get("/applications").await.refused(401, "invalid_token");
    app.bearing(&others).get("/applications").await.ok();
}

async fn an_account_takes_back_a_token_of_its_own(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let made = owner.post(PATH, json!({ "name": "CI" })).await.created();
    let other = owner.post(PATH, json!({ "name": "Other" })).await.created();
    let (first, second) = (bearer(&app, &made).await, bearer(&app, &made).await);
    let revoke = async |account: &Value, token: &str| {
        let client = app.client(text(&account["id"]), text(&account["client_secret"]));
        client.form("/oauth2/revoke", &format!("token={token}")).await
    };
    let introspect = async |form: &str| {
        let (id, secret) = app.management();
        app.client(id, secret).form("/oauth2/introspect", form).await.ok()
    };
    let told = introspect(&format!("token={first}")).await;
    assert_eq!(
        (&told["active"], &told["sub"], &told["client_id"], &told["app_scope"]),
        (&json!(true), &made["id"], &made["id"], &json!("TENANT"))
    );
    let curious = owner.create("m2m", json!({ "audience": "https://curious.example" })).await;
    let curious = app.client(text(&curious["client_id"]), text(&curious["client_secret"]));
    let told = curious.form("/oauth2/introspect", &format!("token={first}")).await.ok();
    assert_eq!(told, json!({ "active": false }), "it is none of its business");
    revoke(&other, &first).await.refused_by_oauth(400, "unauthorized_client");
    let (id, secret) = app.management();
    let form = format!("token={first}");
    app.client(id, secret).form("/oauth2/revoke", &form).await.ok();
    app.bearing(&first).get("/applications").await.ok();
    let wrong = json!({ "id": made["id"], "client_secret": other["client_secret"] });
    revoke(&wrong, &first).await.refused_by_oauth(401, "invalid_client");
    for token in [&*first, &first, "garbage"] {
        assert_eq!(revoke(&made, token).await.status, 200);
    }
    app.bearing(&first).get("/applications").await.refused(401, "invalid_token");
    app.bearing(&second).get("/applications").await.ok();
    assert_eq!(introspect(&format!("token={first}")).await, json!({ "active": false }));
    let entries = owner.get("/audit?action=token.revoked").await.ok()["data"].take();
    assert_eq!(entries.as_array().map(Vec::len), Some(1), "told once");
    assert_eq!(entries[0]["actor"], json!({ "kind": "service_account", "id": made["id"] }));
    assert_eq!(entries[0]["after"], json!({ "jti": claims(&first)["jti"] }));
}

async fn an_account_is_its_tenants_and_nobody_elses(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let tenant = owner.tenant("acme", None).await;
    let made = owner.post(PATH, json!({ "name": "Default's" })).await.created();
    let runs = app.runs("owner", &tenant).await.at("/t/acme");
    assert_eq!(runs.get(PATH).await.ok()["data"], json!([]));
    let path = format!("{PATH}/{}", text(&made["id"]));
    let before = database.dump().await;
    runs.get(&path).await.refused(404, "service_account_not_found");
    runs.patch(&path, json!({ "name": "Ours" })).await.refused(404, "service_account_not_found");
    runs.delete(&path).await.refused(404, "service_account_not_found");
    runs.act(&format!("{path}/rotate-secret")).await.refused(404, "service_account_not_found");
    assert_eq!(database.dump().await, before);
    // It is a client at its tenant's address, and speaks to its tenant at each.
    let theirs = runs.post(PATH, json!({ "name": "Acme's" })).await.created();
    token(&app, &theirs, "").await.refused_by_oauth(401, "invalid_client");
    let (id, secret) = (text(&theirs["id"]), text(&theirs["client_secret"]));
    let answer =
        app.client(id, secret).at("/t/acme").form("/oauth2/token", "grant_type=client_credentials").await;
    let access = text(&answer.ok()["access_token"]).to_owned();
    for mount in ["", "/t/acme"] {
        let account = app.bearing(&access).at(mount);
        assert_eq!(account.get(PATH).await.ok()["data"][0]["id"], theirs["id"], "{mount}");
        account.get(&path).await.refused(404, "service_account_not_found");
    }
}

async fn an_accounts_token_touches_no_disk_and_obeys_other_nodes(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let made = owner.post(PATH, json!({ "name": "CI" })).await.created();
    token(&app, &made, "").await.ok();
    // The feed tells once more of what was written here.
    within_a_second("a token is given out from memory", async || {
        let before = app.statements();
        for _ in 0..3 {
            token(&app, &made, "").await.ok();
        }
        app.statements() == before
    })
    .await;
    let node = app.another_node(&database).await;
    let there = async || node.token(text(&made["id"]), text(&made["client_secret"]), "").await.status;
    assert_eq!(there().await, 200);
    owner.act(&format!("{PATH}/{}/rotate-secret", text(&made["id"]))).await.ok();
    within_a_second("the other node refuses the secret", async || there().await == 401).await;
}

async fn accounts_are_listed_newest_first(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let mut expected = Vec::new();
    for number in 0..5 {
        let made = owner.post(PATH, json!({ "name": format!("Account {number}") })).await.created();
        expected.insert(0, made["id"].clone());
    }
    let listed: Vec<Value> = owner.each(PATH, 2).await.iter().map(|one| one["id"].clone()).collect();
    assert_eq!(listed, expected);
    owner.get(&format!("{PATH}?cursor=nonsense")).await.refused(400, "invalid_request");
    owner.get(&format!("{PATH}?limit=0")).await.refused(400, "invalid_request");
}
