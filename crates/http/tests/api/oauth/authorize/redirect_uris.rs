//! Nobody is sent where no application wants them (RFC 6749 §4.1.2.1, RFC 9700
//! §4.1, §4.11).

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::json;

use super::assert_told;
use crate::harness::{REDIRECT_URI, RelyingParty, TestApp};

on_each_database![
    an_address_that_is_not_registered_is_never_used,
    an_application_that_is_not_there_is_never_answered,
    an_application_on_this_machine_chooses_its_port,
    what_the_person_is_shown_goes_back_to_the_same_address,
];

async fn an_address_that_is_not_registered_is_never_used(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let shop = RelyingParty::register(&app.full().await, json!({})).await;
    for uri in [
        "https://evil.example/",
        "https://shop.example.evil.example/callback",
        "https://evil.example/?https://shop.example/callback",
        "https://evil.example#https://shop.example/callback",
        "https://shop.example@evil.example/callback",
        "https://evil.example@shop.example/callback",
        "https://:@shop.example/callback",
        "https://shop.example\\@evil.example/callback",
        "https://evil.example\\@shop.example/callback",
        "https:\\\\shop.example\\callback",
        "https:/shop.example/callback",
        "https:///shop.example/callback",
        "//shop.example/callback",
        "/callback",
        "https://shop.example",
        "https://shop.example/",
        "https://shop.example/callback/",
        "https://shop.example/callback/evil",
        "https://shop.example/callback?",
        "https://shop.example/callback?next=https://evil.example",
        "https://shop.example/callback#",
        "https://shop.example/callback#evil",
        "https://shop.example/callback;evil",
        "https://shop.example/evil/../callback",
        "https://shop.example/./callback",
        "https://shop.example//callback",
        "https://shop.example/callback/..",
        "https://shop.example/%63allback",
        "https://shop.example/callback%2f",
        "https://shop.example/callback%00",
        "https://shop.example%2fcallback",
        "https://shop.example/Callback",
        "https://SHOP.example/callback",
        "HTTPS://shop.example/callback",
        "https://shop.example./callback",
        "https://www.shop.example/callback",
        "https://shop.example:443/callback",
        "https://shop.example:8443/callback",
        "http://shop.example/callback",
        "https://ѕhop.example/callback",
        "https://shop.example/callback\r\nset-cookie: evil=1",
        "https://shop.example/callback\0",
        "https://shop.example/callback ",
        " https://shop.example/callback",
        "https://shop.example/*",
        "javascript:alert(1)",
        "data:text/html,evil",
        "urn:ietf:wg:oauth:2.0:oob",
        "null",
    ] {
        // Neither with a page to come nor with an error.
        for prompt in ["login", "none", "evil"] {
            let path = shop.authorize_path(&[("redirect_uri", uri), ("prompt", prompt)]);
            assert_told(&app.browser().get(&path).await, uri);
        }
    }
    // OIDC Core §3.1.2.1 wants it named.
    assert_told(&app.browser().get(&shop.authorize_path(&[("redirect_uri", "")])).await, "none");
}

async fn an_application_that_is_not_there_is_never_answered(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let deleted = RelyingParty::register(&full, json!({ "name": "Gone" })).await;
    full.delete(&format!("/applications/{}", deleted.client_id)).await.with(204);
    let theirs = app.neighbour().await.application;
    let facet = json!({ "entity_id": "https://sp.example", "acs_urls": ["https://sp.example/acs"] });
    let saml = full.create("saml", json!({ "name": "SAML", "saml": facet })).await;
    let (saml, unknown) = (saml["id"].as_str().expect("an id"), "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD");
    for id in [unknown, "evil", "", "app_", &deleted.client_id, &theirs, saml] {
        for prompt in ["login", "none"] {
            let path = shop.authorize_path(&[("client_id", id), ("prompt", prompt)]);
            assert_told(&app.browser().get(&path).await, id);
        }
    }
    let path = shop.authorize_path(&[]);
    assert_eq!(app.browser().get(&path).await.heading(), "Sign in");
    // An application whose time is over is not there.
    let expiring = json!({ "expires_at": app.after(60) });
    full.patch(&format!("/applications/{}", shop.client_id), expiring).await.ok();
    app.clock.advance_micros(60_000_000);
    assert_told(&app.browser().get(&path).await, "expired");
}

/// RFC 8252 §7.3
async fn an_application_on_this_machine_chooses_its_port(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let uris = ["http://127.0.0.1/callback", "http://[::1]/callback", "com.example.shop:/callback"];
    let body = json!({ "type": "native", "redirect_uris": uris });
    let shop = RelyingParty::register(&app.full().await, body).await;
    for uri in [
        "http://127.0.0.1/callback",
        "http://127.0.0.1:51234/callback",
        "http://[::1]:51234/callback",
        "com.example.shop:/callback",
    ] {
        let path = shop.authorize_path(&[("redirect_uri", uri), ("prompt", "none")]);
        let location = app.browser().get(&path).await.location().expect("is sent back");
        assert!(location.as_str().starts_with(&format!("{uri}?error=login_required&")), "{location}");
    }
    for uri in [
        "http://localhost:51234/callback",
        "http://127.0.0.1:51234/callback/evil",
        "http://127.0.0.1:51234@evil.example/callback",
        "http://127.0.0.1.evil.example:51234/callback",
        "http://evil.example/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:1:2/callback",
        "http://127.0.0.1:port/callback",
        "http://127.1:51234/callback",
        "http://2130706433/callback",
        "http://[::ffff:127.0.0.1]:51234/callback",
        "https://127.0.0.1:51234/callback",
        "com.example.shop.evil:/callback",
        "com.example.shop://callback",
        "COM.example.shop:/callback",
    ] {
        let path = shop.authorize_path(&[("redirect_uri", uri), ("prompt", "none")]);
        assert_told(&app.browser().get(&path).await, uri);
    }
}

/// A form holds the request, and is of no use for another.
async fn what_the_person_is_shown_goes_back_to_the_same_address(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.person("ada@example.com").await;
    let shop = RelyingParty::register(&full, json!({})).await;
    let browser = app.browser();
    let page = browser.get(&shop.authorize_path(&[])).await;
    for evil in ["https://evil.example/callback", ""] {
        let mut fields = page.hidden_fields();
        let parameters = fields.iter_mut().find(|(name, _)| name == "parameters").expect("is there");
        let escaped = "https%3A%2F%2Fshop.example%2Fcallback";
        assert!(parameters.1.contains(escaped) || parameters.1.contains(REDIRECT_URI), "{}", parameters.1);
        parameters.1 = parameters.1.replace(escaped, evil).replace(REDIRECT_URI, evil);
        let typed = [("identifier", "ada@example.com"), ("password", crate::harness::PASSWORD)];
        fields.extend(typed.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let answer = browser.post("/sign-in", &fields).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (403, None));
        assert_eq!(browser.cookie("appkeep_session"), None);
    }
}
