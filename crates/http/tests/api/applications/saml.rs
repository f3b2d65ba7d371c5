//! Applications of `type` `saml`, at the same endpoints.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

const CERTIFICATE: &str = include_str!("../../../../keys/tests/data/p-256.pem");

on_each_database![
    saml_applications_carry_additional_fields,
    the_endpoints_are_the_same,
    the_additional_fields_are_validated,
];

fn saml() -> Value {
    json!({
        "entity_id": "https://sp.example/metadata",
        "acs_urls": ["https://sp.example/acs", "http://localhost:8080/acs"],
        "certificates": [CERTIFICATE],
        "name_id_format": "emailAddress",
        "attribute_statements": [
            { "name": "mail", "source": "user.email" },
            { "name": "groups", "source": "user.groups" },
        ],
    })
}

async fn saml_applications_carry_additional_fields(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let created = writer.create("saml", json!({ "saml": saml() })).await;
    assert_eq!(writer.read(created["id"].as_str().expect("an id")).await, created);
    let mut expected = saml();
    expected["certificates"] = created["saml"]["certificates"].clone();
    assert_eq!(created["saml"], expected);
    let certificate = created["saml"]["certificates"][0].as_str().expect("text");
    assert_eq!(
        certificate.split_whitespace().collect::<String>(),
        CERTIFICATE.split_whitespace().collect::<String>()
    );
    for member in [
        "redirect_uris",
        "allowed_origins",
        "allowed_scopes",
        "access_token_ttl_s",
        "refresh_token_ttl_s",
        "grant_types",
        "token_endpoint_auth_method",
        "require_pkce",
    ] {
        assert_eq!(created.get(member), Some(&Value::Null), "{member}");
    }
}

async fn the_endpoints_are_the_same(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let id = writer.create("saml", json!({ "saml": saml() })).await["id"].as_str().expect("an id").to_owned();
    let path = format!("/applications/{id}");
    let change = json!({ "saml": { "name_id_format": "persistent", "certificates": [] } });
    let changed = writer.patch(&path, change).await.data();
    let mut expected = saml();
    expected["name_id_format"] = "persistent".into();
    expected["certificates"] = json!([]);
    assert_eq!((&changed["saml"], &writer.read(&id).await["saml"]), (&expected, &expected));
    assert_eq!(writer.act(&format!("{path}/disable")).await.data()["state"], "disabled");
    assert_eq!(writer.delete(&path).await.status, 204);
    writer.get(&path).await.refused(404, "app_not_found");
}

async fn the_additional_fields_are_validated(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let with = |member: &str, value: Value| {
        let mut fields = saml();
        fields[member] = value;
        json!({ "name": "a", "type": "saml", "saml": fields })
    };
    for (body, field) in [
        (with("entity_id", json!("not a uri")), "saml.entity_id"),
        (with("acs_urls", json!([])), "saml.acs_urls"),
        (with("acs_urls", json!(["http://sp.example/acs"])), "saml.acs_urls[0]"),
        (with("certificates", json!(["-----BEGIN CERTIFICATE-----"])), "saml.certificates[0]"),
        (with("certificates", json!([CERTIFICATE, "AAAA"])), "saml.certificates[1]"),
        (with("name_id_format", json!("nickname")), "saml.name_id_format"),
        (
            with("attribute_statements", json!([{ "name": "a", "source": "user.shoe_size" }])),
            "saml.attribute_statements[0].source",
        ),
        (json!({ "name": "a", "type": "saml", "saml": saml(), "audience": "a" }), "audience"),
    ] {
        writer.post("/applications", body).await.refused_for(422, "invalid_field", &[field]);
    }
    let bare = json!({ "name": "a", "type": "saml", "saml": {} });
    let refused = writer.post("/applications", bare).await;
    refused.refused_for(400, "invalid_request", &["saml.acs_urls", "saml.entity_id"]);
    let missing = json!({ "name": "a", "type": "saml" });
    writer.post("/applications", missing).await.refused_for(400, "invalid_request", &["saml"]);
}
