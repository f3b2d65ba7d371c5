//! `/applications`, `/applications/:id`, its secret and its OAuth configuration.

use std::collections::BTreeSet;

use appkeep_domain::OperatorId;
use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{
    BASE, CALLBACK, UNKNOWN, act, confidential, get, made, members, patch, placed, post, public, read,
    refused, text,
};
use crate::harness::{ISSUER, TestApp, User};

on_each_database![
    an_application_is_made_with_its_oauth_configuration,
    name_and_oauth_with_its_type_and_redirect_uris_are_required,
    pkce_is_required_unless_somebody_says_otherwise,
    get_answers_with_every_documented_field,
    what_is_not_known_is_passed_over,
    only_the_fields_that_are_sent_are_changed,
    a_rotation_ends_the_secret_before_at_once,
    a_public_application_has_no_secret_to_rotate,
    the_oauth_configuration_is_merged_and_never_has_the_secret,
    no_answer_but_that_to_a_create_and_a_rotation_has_the_secret,
    what_another_api_made_is_shown_as_public_or_confidential,
    a_request_that_is_sent_again_makes_one_application,
];

const DOCUMENTED: [&str; 14] = [
    "activeSessionCount",
    "archivedAt",
    "canModify",
    "createdAt",
    "id",
    "idleSessionCount",
    "integrations",
    "liveSessionCount",
    "mcpUrlTemplate",
    "name",
    "oauth",
    "ownerUserId",
    "totalSessionCount",
    "updatedAt",
];

const OAUTH: [&str; 9] = [
    "allowedResources",
    "authorizationUrl",
    "clientId",
    "gatewayUrl",
    "pkceRequired",
    "redirectUris",
    "scopes",
    "tokenUrl",
    "type",
];

/// The body of the reference.
fn of_the_reference() -> Value {
    json!({
        "name": "My App",
        "oauth": {
            "type": "public",
            "redirectUris": ["http://localhost:3000/callback"],
            "pkceRequired": true,
            "scopes": [],
            "allowedResources": []
        }
    })
}

async fn an_application_is_made_with_its_oauth_configuration(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let created = post(&owner, "/applications", of_the_reference()).await.with(201);
    assert_eq!(members(&created), BTreeSet::from(["application", "oauth"]));
    let (application, oauth) = (&created["application"], &created["oauth"]);
    let id = text(&application["id"]);
    for (member, value) in [
        ("type", json!("public")),
        ("clientId", json!(format!("app_{id}"))),
        ("redirectUris", json!(["http://localhost:3000/callback"])),
        ("pkceRequired", json!(true)),
        ("scopes", json!([])),
        ("allowedResources", json!([])),
        ("authorizationUrl", json!(format!("{ISSUER}/oauth2/authorize"))),
        ("tokenUrl", json!(format!("{ISSUER}/oauth2/token"))),
        ("gatewayUrl", json!(format!("{ISSUER}/mcp"))),
    ] {
        assert_eq!(oauth[member], value, "{member}");
    }
    assert_eq!(members(oauth), BTreeSet::from(OAUTH), "a public one has no secret");
    assert_eq!(&read(&owner, &format!("/applications/{id}")).await, application);
    assert_eq!(owner.read(id).await["type"], "native");

    let created = made(&owner, "Agent", confidential()).await;
    let secret = text(&created["oauth"]["clientSecret"]);
    assert!(secret.starts_with("app_secret_"), "{secret}");
    assert!(created["application"]["oauth"].get("clientSecret").is_none());
    let id = text(&created["application"]["id"]);
    let answer = get(&owner, &format!("/applications/{id}")).await;
    assert!(!answer.text.contains(secret));
    assert_eq!(answer.ok()["application"], created["application"]);
    assert_eq!(owner.read(id).await["type"], "server");
    assert!(!format!("{:?}", database.dump().await).contains(secret));
}

async fn name_and_oauth_with_its_type_and_redirect_uris_are_required(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let before = database.dump().await;
    for (body, said) in [
        (json!({ "name": "A" }), "oauth is required"),
        (json!({ "oauth": public() }), "name is required"),
        (json!({}), "name is required; oauth is required"),
        (json!({ "name": "A", "oauth": { "redirectUris": [] } }), "oauth.type is required"),
        (json!({ "name": "A", "oauth": { "type": "public" } }), "oauth.redirectUris is required"),
        (json!({ "name": "A", "oauth": [] }), "oauth must be an object"),
        (json!({ "name": 5, "oauth": public() }), "name must be a string"),
        (
            json!({ "name": "A", "oauth": { "type": "native", "redirectUris": [] } }),
            "oauth.type is neither public nor confidential",
        ),
    ] {
        assert_eq!(refused(post(&owner, "/applications", body).await, 400), said);
    }
    for (oauth, field) in [
        (json!({ "type": "public", "redirectUris": [CALLBACK, "nowhere"] }), "oauth.redirectUris[1] "),
        (json!({ "type": "public", "redirectUris": [], "scopes": ["no:body"] }), "oauth.scopes[0] "),
        (
            json!({ "type": "public", "redirectUris": [], "allowedResources": [""] }),
            "oauth.allowedResources[0] ",
        ),
        (json!({ "type": "public", "redirectUris": [], "pkceRequired": false }), "oauth.pkceRequired "),
    ] {
        let said = refused(post(&owner, "/applications", json!({ "name": "A", "oauth": oauth })).await, 400);
        assert!(said.starts_with(field), "{said}");
    }
    assert_eq!(database.dump().await, before);
}

async fn pkce_is_required_unless_somebody_says_otherwise(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    for (oauth, required) in [
        (confidential(), true),
        (public(), true),
        (json!({ "type": "confidential", "redirectUris": [CALLBACK], "pkceRequired": false }), false),
    ] {
        let created = made(&owner, "App", oauth).await;
        assert_eq!(created["oauth"]["pkceRequired"], required);
        assert_eq!(owner.read(text(&created["application"]["id"])).await["require_pkce"], required);
    }
}

async fn get_answers_with_every_documented_field(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (id, path) = placed(&owner, "My App", public()).await;
    app.begin_agent(&id, 3_600).await;
    app.clock.advance_micros(600_000_000);
    app.begin_agent(&id, 3_600).await;
    app.begin_agent(&id, 60).await;
    app.clock.advance_micros(100_000_000);
    let answer = get(&owner, &path).await.ok();
    assert_eq!(members(&answer), BTreeSet::from(["application"]));
    let application = &answer["application"];
    assert_eq!(members(application), BTreeSet::from(DOCUMENTED));
    let native = owner.read(&id).await;
    for (member, value) in [
        ("id", json!(id)),
        ("name", json!("My App")),
        ("createdAt", native["created_at"].clone()),
        ("updatedAt", native["updated_at"].clone()),
        ("archivedAt", Value::Null),
        ("canModify", json!(true)),
        ("activeSessionCount", json!(1)),
        ("idleSessionCount", json!(1)),
        ("liveSessionCount", json!(2)),
        ("totalSessionCount", json!(3)),
        ("mcpUrlTemplate", json!(format!("{ISSUER}/mcp"))),
        ("integrations", json!([])),
    ] {
        assert_eq!(application[member], value, "{member}");
    }
    assert_eq!(members(&application["oauth"]), BTreeSet::from(OAUTH));
    let operator = owner.get("/operators").await.data()[0]["id"].take();
    assert_eq!(native["created_by"], json!({ "kind": "operator", "id": operator }));
    let operator = OperatorId::parse(text(&operator)).expect("an id").to_uuid();
    assert_eq!(application["ownerUserId"], operator, "the user who created it");
    let mine = made(&app.full().await, "Machine's", public()).await;
    assert_ne!(mine["application"]["ownerUserId"], application["ownerUserId"]);
    let native = app.owner().await.get(&format!("/applications/{id}")).await.data();
    assert!(native["id"].as_str().is_some_and(|id| id.starts_with("app_")));
    for spelling in [text(&native["id"]), &format!("app_{id}"), &id.to_uppercase()] {
        assert_eq!(&read(&owner, &format!("/applications/{spelling}/")).await, application, "{spelling}");
    }
    refused(get(&owner, &format!("/applications/{UNKNOWN}")).await, 404);
}

async fn what_is_not_known_is_passed_over(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let mut oauth = public();
    oauth["colour"] = json!("green");
    let body = json!({ "name": "App", "oauth": oauth, "description": "of theirs" });
    let created = post(&owner, "/applications", body).await.with(201);
    let path = format!("/applications/{}", text(&created["application"]["id"]));
    let changed = patch(&owner, &path, json!({ "colour": "green" })).await.ok();
    assert_eq!(changed["application"], created["application"]);
    get(&owner, "/applications?colour=green").await.ok();
}

async fn only_the_fields_that_are_sent_are_changed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (_, path) = placed(&owner, "My App", public()).await;
    let before = read(&owner, &path).await;
    app.clock.advance_micros(1_000_000);
    let changed = patch(&owner, &path, json!({ "name": "Renamed App" })).await.ok();
    assert_eq!(members(&changed), BTreeSet::from(["application"]));
    let mut expected = before.clone();
    expected["name"] = json!("Renamed App");
    expected["updatedAt"] = json!(app.now());
    assert_eq!(changed["application"], expected);
    assert_eq!(read(&owner, &path).await, expected);
    assert_eq!(patch(&owner, &path, json!({})).await.ok()["application"], expected);
    for body in [json!({ "name": "" }), json!({ "name": 5 }), json!({ "name": "x".repeat(256) })] {
        let said = refused(patch(&owner, &path, body).await, 400);
        assert!(said.starts_with("name "), "{said}");
    }
    refused(patch(&owner, &format!("/applications/{UNKNOWN}"), json!({ "name": "B" })).await, 404);
    assert_eq!(read(&owner, &path).await, expected);
}

async fn is_good(app: &TestApp, id: &Value, secret: &Value) -> bool {
    let client = app.client(text(id), text(secret));
    client.form("/kontext/oauth2/token", "grant_type=client_credentials").await.status == 200
}

async fn a_rotation_ends_the_secret_before_at_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let created = made(&owner, "Agent", confidential()).await;
    let path = format!("/applications/{}", text(&created["application"]["id"]));
    let client = &created["oauth"]["clientId"];
    assert!(is_good(&app, client, &created["oauth"]["clientSecret"]).await);
    let rotated = act(&owner, &format!("{path}/rotate-secret")).await.ok();
    let secret = &rotated["oauth"]["clientSecret"];
    assert!(text(secret).starts_with("app_secret_"));
    assert_eq!(rotated["application"], created["application"]);
    assert!(!is_good(&app, client, &created["oauth"]["clientSecret"]).await);
    assert!(is_good(&app, client, secret).await);
    assert!(!get(&owner, &path).await.text.contains(text(secret)));
    // Whoever may not see what is answered replaces nothing.
    let writer = app.with("applications:write").await;
    refused(act(&writer, &format!("{path}/rotate-secret")).await, 403);
    assert!(is_good(&app, client, secret).await);
    refused(act(&owner, &format!("/applications/{UNKNOWN}/rotate-secret")).await, 404);
}

async fn a_public_application_has_no_secret_to_rotate(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let (_, path) = placed(&owner, "My App", public()).await;
    let before = database.dump().await;
    refused(act(&owner, &format!("{path}/rotate-secret")).await, 400);
    assert_eq!(database.dump().await, before);
}

async fn the_oauth_configuration_is_merged_and_never_has_the_secret(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let created = made(&owner, "Agent", confidential()).await;
    let path = format!("/applications/{}/oauth", text(&created["application"]["id"]));
    let before = get(&owner, &path).await.ok()["oauth"].take();
    assert_eq!(members(&before), BTreeSet::from(OAUTH));
    assert_eq!(before, created["application"]["oauth"]);
    let body = json!({ "redirectUris": ["https://myapp.com/callback"] });
    let mut expected = before.clone();
    expected["redirectUris"] = body["redirectUris"].clone();
    assert_eq!(patch(&owner, &path, body).await.ok(), json!({ "oauth": expected }));
    let body = json!({
        "type": "confidential", "pkceRequired": false, "scopes": ["mcp:invoke"],
        "allowedResources": ["mcp-gateway"],
    });
    for member in ["pkceRequired", "scopes", "allowedResources"] {
        expected[member] = body[member].clone();
    }
    assert_eq!(patch(&owner, &path, body).await.ok()["oauth"], expected);
    assert_eq!(get(&owner, &path).await.ok()["oauth"], expected);
    assert_eq!(patch(&owner, &path, json!({})).await.ok()["oauth"], expected);
    for (body, field) in [
        (json!({ "type": "public" }), "type "),
        (json!({ "redirectUris": ["https://*.example"] }), "redirectUris[0] "),
        (json!({ "scopes": ["no:body"] }), "scopes[0] "),
        (json!({ "pkceRequired": "yes" }), "pkceRequired "),
    ] {
        let said = refused(patch(&owner, &path, body).await, 400);
        assert!(said.starts_with(field), "{said}");
    }
    assert_eq!(get(&owner, &path).await.ok()["oauth"], expected);
    refused(get(&owner, &format!("/applications/{UNKNOWN}/oauth")).await, 404);
    refused(patch(&owner, &format!("/applications/{UNKNOWN}/oauth"), json!({})).await, 404);
}

async fn no_answer_but_that_to_a_create_and_a_rotation_has_the_secret(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let created = made(&owner, "Agent", confidential()).await;
    let first = text(&created["oauth"]["clientSecret"]);
    let path = format!("/applications/{}", text(&created["application"]["id"]));
    let rotated = act(&owner, &format!("{path}/rotate-secret")).await.ok();
    let second = text(&rotated["oauth"]["clientSecret"]);
    assert_ne!(first, second);
    for answer in [
        patch(&owner, &path, json!({ "name": "Renamed App" })).await,
        patch(&owner, &format!("{path}/oauth"), json!({ "redirectUris": [CALLBACK] })).await,
        get(&owner, &path).await,
        get(&owner, &format!("{path}/oauth")).await,
        get(&owner, "/applications").await,
        get(&owner, "/applications?all=true").await,
    ] {
        for unwanted in ["clientSecret", first, second] {
            assert!(!answer.text.contains(unwanted), "{}", answer.text);
        }
        answer.ok();
    }
}

async fn what_another_api_made_is_shown_as_public_or_confidential(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    for (kind, word) in
        [("spa", "public"), ("native", "public"), ("server", "confidential"), ("m2m", "confidential")]
    {
        let id = native_id(&owner, kind, json!({})).await;
        let application = read(&owner, &format!("/applications/{id}")).await;
        assert_eq!(application["oauth"]["type"], word, "{kind}");
    }
    let saml =
        json!({ "saml": { "entity_id": "https://sp.example", "acs_urls": ["https://sp.example/acs"] } });
    let id = native_id(&owner, "saml", saml).await;
    let path = format!("/applications/{id}");
    assert_eq!(read(&owner, &path).await["oauth"], Value::Null);
    refused(get(&owner, &format!("{path}/oauth")).await, 400);
    refused(patch(&owner, &format!("{path}/oauth"), json!({})).await, 400);
    let listed = get(&owner, "/applications?limit=200").await.ok();
    assert!(!super::ids(&listed["items"]).contains(&text(&read(&owner, &path).await["id"]).to_owned()));
}

async fn native_id(user: &User<'_>, kind: &str, body: Value) -> String {
    text(&user.create(kind, body).await["id"]).to_owned()
}

async fn a_request_that_is_sent_again_makes_one_application(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        let request = owner.request(Method::POST, &format!("{BASE}/applications"));
        let request = request.header("idempotency-key", "once").header("content-type", "application/json");
        answers.push(owner.send(request, of_the_reference().to_string()).await.with(201));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(get(&owner, "/applications").await.ok()["items"].as_array().map(Vec::len), Some(1));
}
