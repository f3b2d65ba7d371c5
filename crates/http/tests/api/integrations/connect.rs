//! `/api/v1/account/integrations/{integration_id}/connection`, and what an
//! application reaches in somebody's name.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use appkeep_domain::{Application, ApplicationId, DirectoryOf, IntegrationId, Owner, UserId, Within};
use appkeep_keys::sha256;
use appkeep_service::Unreachable;
use appkeep_testkit::{TestDatabase, on_each_database};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{id_of, made, path_of};
use crate::harness::{
    Answer, Browser, Elsewhere, ISSUER, Page, REDIRECT_URI, RelyingParty, Sent, TestApp, User,
};

on_each_database![
    a_token_is_brought_read_and_dropped,
    what_somebody_has_is_of_no_use_after_a_detach_until_it_is_attached_again,
    another_url_mode_or_client_ends_what_people_have,
    who_goes_leaves_nothing,
    somebody_connects_by_oauth_and_it_is_renewed_once,
    a_state_is_good_once_and_for_whoever_departed,
    what_cannot_be_connected_is_refused,
    who_never_reached_an_integration_drops_nothing_there,
    an_application_that_is_not_in_use_connects_nobody,
];

/// An application that people sign in to, and an integration that it reaches.
pub(super) struct Place<'a> {
    pub(super) full: User<'a>,
    pub(super) party: RelyingParty<'a>,
    pub(super) integration: Value,
    /// Where the address of the issuer begins.
    pub(super) mount: String,
}

async fn place(app: &TestApp, integration: Value) -> Place<'_> {
    place_of(app.full().await, "", integration).await
}

/// The same of a tenant that is at another address.
pub(super) async fn place_of<'a>(full: User<'a>, mount: &str, integration: Value) -> Place<'a> {
    let party = RelyingParty::register(&full, json!({})).await;
    let integration = made(&full, integration).await;
    let place = Place { full, party, integration, mount: mount.to_owned() };
    place.full.act(&place.attachment()).await.with(204);
    place
}

impl<'a> Place<'a> {
    fn attachment(&self) -> String {
        format!("/applications/{}/integrations/{}", self.party.client_id, id_of(&self.integration))
    }

    pub(super) fn connection(&self) -> String {
        format!("/account/integrations/{}/connection", id_of(&self.integration))
    }

    /// Somebody new, by their access token; and their id.
    pub(super) async fn person(&self, email: &str) -> (User<'a>, String) {
        let id = self.full.person(email).await;
        (self.again(email).await, id)
    }

    /// The same person, by another access token.
    pub(super) async fn again(&self, email: &str) -> User<'a> {
        let app = self.full.app();
        let tokens = self.party.sign_in(&app.browser(), email).await;
        app.bearing(&tokens.access).at(&self.mount)
    }

    /// What is shown in the person's name: the header, or why there is none.
    async fn shown(&self, user: &str) -> Result<String, Unreachable> {
        let app = self.full.app();
        let mut tx = app.store().read().await.expect("opens");
        let id = ApplicationId::parse(&self.party.client_id).expect("an id");
        let owned = tx.owned_application(Within::Platform, id).await.expect("reads").expect("is there");
        let application: Application = owned.application;
        let directory = tx.directory_of(application.owner.within(), application.owner, DirectoryOf::Tenant);
        let directory = directory.await.expect("reads").expect("is there").id;
        drop(tx);
        assert!(matches!(application.owner, Owner::Tenant(_)));
        let integration = IntegrationId::parse(&id_of(&self.integration)).expect("an id");
        let user = UserId::parse(user).expect("an id");
        let reached = app.integrations().reach(&application, Some((directory, user)), integration).await;
        let reached = reached.expect("is decided")?;
        Ok(reached.authorization.map(|shown| shown.to_string()).unwrap_or_default())
    }
}

pub(super) async fn put(user: &User<'_>, path: &str, body: Value) -> Answer {
    user.json(Method::PUT, &format!("/api/v1{path}"), body).await
}

pub(super) async fn status(user: &User<'_>, path: &str) -> Value {
    user.get(path).await.data()["status"].take()
}

fn brought() -> Value {
    json!({ "name": "Git", "url": "https://a.example/mcp", "auth_mode": "user_token" })
}

async fn a_token_is_brought_read_and_dropped(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let place = place(&app, brought()).await;
    let (ada, ada_id) = place.person("ada@example.com").await;
    let path = place.connection();
    let none = json!({ "connected": false, "status": "none", "connected_at": null, "expires_at": null });
    assert_eq!(ada.get(&path).await.data(), none);
    assert_eq!(place.shown(&ada_id).await, Err(Unreachable::IntegrationRequired));
    let answer = put(&ada, &path, json!({ "token": "hush-ada-1" })).await;
    assert!(!answer.text.contains("hush"), "{}", answer.text);
    let connected =
        json!({ "connected": true, "status": "connected", "connected_at": app.now(), "expires_at": null });
    assert_eq!((answer.data(), ada.get(&path).await.data()), (connected.clone(), connected));
    assert_eq!(place.shown(&ada_id).await.as_deref(), Ok("Bearer hush-ada-1"));
    let told = json!({ "integration_id": place.integration["id"] });
    assert_eq!(place.full.entries("integration.connected").await, [(Value::Null, told)]);
    let (bob, bob_id) = place.person("bob@example.com").await;
    assert_eq!(bob.get(&path).await.data(), none, "each has their own");
    let until = app.after(60);
    put(&bob, &path, json!({ "token": "hush-bob", "expires_at": until })).await.ok();
    put(&ada, &path, json!({ "token": "hush-ada-2" })).await.ok();
    assert_eq!(place.shown(&ada_id).await.as_deref(), Ok("Bearer hush-ada-2"));
    let list = format!("{}/connections", path_of(&place.integration));
    let listed = place.full.each(&list, 1).await;
    let who: BTreeMap<&str, &str> = listed
        .iter()
        .map(|one| (one["user_id"].as_str().expect("an id"), one["status"].as_str().expect("a word")))
        .collect();
    assert_eq!(who, BTreeMap::from([(&*ada_id, "connected"), (&*bob_id, "connected")]));
    assert!(!json!(listed).to_string().contains("hush"));
    app.clock.advance_micros(61_000_000);
    assert_eq!(status(&bob, &path).await, "expired");
    assert_eq!(place.shown(&bob_id).await, Err(Unreachable::ReauthorizationRequired));
    assert!(!format!("{:?}", database.dump().await).contains("hush-"), "it stands readable in the database");
    for _ in 0..2 {
        ada.delete(&path).await.with(204);
        assert_eq!(status(&ada, &path).await, "none");
    }
    assert_eq!(place.full.entries("integration.disconnected").await.len(), 1);
}

async fn what_somebody_has_is_of_no_use_after_a_detach_until_it_is_attached_again(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let place = place(&app, brought()).await;
    let (ada, ada_id) = place.person("ada@example.com").await;
    let path = place.connection();
    put(&ada, &path, json!({ "token": "hush" })).await.ok();
    place.full.delete(&place.attachment()).await.with(204);
    ada.get(&path).await.refused(404, "integration_not_found");
    put(&ada, &path, json!({ "token": "other" })).await.refused(404, "integration_not_found");
    assert_eq!(place.shown(&ada_id).await, Err(Unreachable::NotAttached));
    place.full.act(&place.attachment()).await.with(204);
    assert_eq!(status(&ada, &path).await, "connected");
    assert_eq!(place.shown(&ada_id).await.as_deref(), Ok("Bearer hush"));
    place.full.delete(&place.attachment()).await.with(204);
    ada.delete(&path).await.with(204);
    place.full.act(&place.attachment()).await.with(204);
    assert_eq!(status(&ada, &path).await, "none", "one may drop it all the same");
}

async fn another_url_mode_or_client_ends_what_people_have(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let place = place(&app, brought()).await;
    let (ada, ada_id) = place.person("ada@example.com").await;
    let (path, integration) = (place.connection(), path_of(&place.integration));
    for change in [
        json!({ "url": "https://b.example/mcp" }),
        json!({ "auth_mode": "none" }),
        json!({ "name": "Other", "scopes": ["x"] }),
    ] {
        place.full.patch(&integration, json!({ "auth_mode": "user_token" })).await.ok();
        put(&ada, &path, json!({ "token": "hush" })).await.ok();
        place.full.patch(&integration, change.clone()).await.ok();
        let stays = change.get("name").is_some();
        assert_eq!(status(&ada, &path).await, if stays { "connected" } else { "none" }, "{change}");
        assert_eq!(database.dump().await["linked_accounts"].len(), usize::from(stays), "{change}");
    }
    place.full.delete(&integration).await.with(204);
    assert_eq!(database.dump().await["linked_accounts"].len(), 0);
    assert_eq!(place.shown(&ada_id).await, Err(Unreachable::Archived));
    ada.get(&path).await.refused(404, "integration_not_found");
    let again = json!({ "name": "other", "url": "https://b.example", "auth_mode": "user_token", "confirm_unarchive": true });
    made(&place.full, again).await;
    assert_eq!(status(&ada, &path).await, "none", "it comes back without them");
}

async fn who_goes_leaves_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let place = place(&app, brought()).await;
    let (ada, ada_id) = place.person("ada@example.com").await;
    put(&ada, &place.connection(), json!({ "token": "hush" })).await.ok();
    place.full.delete(&format!("/users/{ada_id}")).await.with(204);
    assert_eq!(database.dump().await["linked_accounts"].len(), 0);
}

/// An authorization server that gives out tokens of 1 hour, numbered, as long
/// as it is willing; and how many it gave for a refresh token.
pub(super) struct Server {
    pub(super) there: Elsewhere,
    renewed: Arc<AtomicUsize>,
    willing: Arc<AtomicBool>,
}

pub(super) async fn server() -> Server {
    let (renewed, willing) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(true)));
    let (counted, is_willing) = (Arc::clone(&renewed), Arc::clone(&willing));
    let there = Elsewhere::start(move |_, asked| {
        let form: BTreeMap<_, _> = form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
        let number = match form["grant_type"].as_str() {
            "refresh_token" => counted.fetch_add(1, Ordering::SeqCst) + 1,
            _ => 0,
        };
        if !is_willing.load(Ordering::SeqCst) || form.get("code").is_some_and(|code| code != "good") {
            return Sent::json(400, json!({ "error": "invalid_grant" }).to_string());
        }
        let given = json!({
            "access_token": format!("hush-access-{number}"), "token_type": "Bearer", "expires_in": 3_600,
            "refresh_token": "hush-refresh",
        });
        Sent::json(200, given.to_string())
    })
    .await;
    Server { there, renewed, willing }
}

/// An integration whose tokens that server gives out.
pub(super) async fn by_oauth<'a>(app: &'a TestApp, server: &Server) -> Place<'a> {
    by_oauth_of(app.full().await, "", server).await
}

/// The same of a tenant that is at another address.
pub(super) async fn by_oauth_of<'a>(full: User<'a>, mount: &str, server: &Server) -> Place<'a> {
    let integration = json!({
        "name": "Git", "url": "https://a.example/mcp", "auth_mode": "oauth", "scopes": ["repo", "user"],
    });
    let place = place_of(full, mount, integration).await;
    let client = by_oauth_client(server);
    put(&place.full, &format!("{}/oauth", path_of(&place.integration)), client).await.ok();
    place
}

/// As what we are registered with that server.
pub(super) fn by_oauth_client(server: &Server) -> Value {
    json!({
        "client_id": "Iv1.abc", "client_secret": "hush-client",
        "authorization_url": format!("{}/authorize?p=1", server.there.url),
        "token_url": format!("{}/token", server.there.url),
    })
}

impl Server {
    /// From now on it gives out nothing.
    pub(super) fn is_unwilling(&self) {
        self.willing.store(false, Ordering::SeqCst);
    }
}

/// Where the browser is sent first, below the public URL, and the state.
pub(super) async fn departs(user: &User<'_>, path: &str) -> (String, String) {
    let body = json!({ "return_to": REDIRECT_URI });
    let departure = user.post(&format!("{path}/departure"), body).await.data();
    let url = departure["connect_url"].as_str().expect("a URL");
    let state = departure["state"].as_str().expect("text").to_owned();
    (url.strip_prefix(ISSUER).expect("is ours").to_owned(), state)
}

/// What somebody is led on with who follows the link, and says that they are meant
/// where they are asked.
pub(super) async fn sets_out(browser: &Browser<'_>, connect: &str) -> BTreeMap<String, String> {
    let page = browser.get(connect).await;
    if page.status == 200 { led_on(&browser.submit(&page, &[]).await) } else { led_on(&page) }
}

/// What it is led on with.
pub(super) fn led_on(page: &Page) -> BTreeMap<String, String> {
    assert_eq!(page.status, 303, "{}", page.html);
    page.location().expect("is sent on").query_pairs().into_owned().collect()
}

/// Where it comes back, with the state and this.
pub(super) fn back(query: &BTreeMap<String, String>, with: &str) -> String {
    let path = query["redirect_uri"].strip_prefix(ISSUER).expect("is ours");
    format!("{path}?state={}&{with}", query["state"])
}

/// Departs and goes all the way to the application, with this in the hand; the
/// state.
pub(super) async fn travels(user: &User<'_>, path: &str, with: &str) -> String {
    let (browser, (connect, state)) = (user.app().browser(), departs(user, path).await);
    let query = sets_out(&browser, &connect).await;
    let brought = led_on(&browser.get(&back(&query, with)).await);
    assert_eq!(brought["state"], state);
    state
}

pub(super) async fn arrives(user: &User<'_>, path: &str, state: &str) -> Answer {
    user.post(&format!("{path}/arrival"), json!({ "state": state, "code": "good" })).await
}

async fn somebody_connects_by_oauth_and_it_is_renewed_once(database: TestDatabase) {
    let (app, server) = (TestApp::start(&database).await, server().await);
    let place = by_oauth(&app, &server).await;
    let (ada, ada_id) = place.person("ada@example.com").await;
    let path = place.connection();
    let (browser, (connect, state)) = (app.browser(), departs(&ada, &path).await);
    let id = id_of(&place.integration);
    assert_eq!(connect, format!("/integrations/{id}/connect?state={state}"));
    let query = sets_out(&browser, &connect).await;
    for (parameter, value) in [
        ("state", &*state),
        ("p", "1"),
        ("response_type", "code"),
        ("client_id", "Iv1.abc"),
        ("redirect_uri", &format!("{ISSUER}/integrations/{id}/callback")),
        ("scope", "repo user"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(query[parameter], value, "{parameter}");
    }
    let back = browser.get(&back(&query, "code=good&iss=x")).await;
    assert_eq!((back.status.as_u16(), back.headers["cache-control"].as_bytes()), (303, &b"no-store"[..]));
    assert_eq!(back.headers["location"], format!("{REDIRECT_URI}?state={state}&code=good"));
    assert_eq!(server.there.asked().len(), 0, "only whoever departed trades it");
    let connected = arrives(&ada, &path, &state).await.data();
    assert_eq!(
        (&connected["status"], &connected["expires_at"]),
        (&json!("connected"), &json!(app.after(3_600)))
    );
    let asked = server.there.asked().remove(0);
    let form: BTreeMap<_, _> = form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
    assert_eq!(URL_SAFE_NO_PAD.encode(sha256(form["code_verifier"].as_bytes())), query["code_challenge"]);
    assert_eq!(form["redirect_uri"], query["redirect_uri"]);
    assert!(asked.authorization.starts_with("Basic "), "{}", asked.authorization);
    assert_eq!(place.shown(&ada_id).await.as_deref(), Ok("Bearer hush-access-0"));
    assert!(!format!("{:?}", database.dump().await).contains("hush-"), "it stands readable in the database");
    app.clock.advance_micros(3_601_000_000);
    let ada = place.again("ada@example.com").await;
    assert_eq!(status(&ada, &path).await, "connected", "it can be renewed");
    for shown in join_all((0..10).map(|_| place.shown(&ada_id))).await {
        assert_eq!(shown.as_deref(), Ok("Bearer hush-access-1"));
    }
    assert_eq!(server.renewed.load(Ordering::SeqCst), 1);
    app.clock.advance_micros(3_601_000_000);
    server.willing.store(false, Ordering::SeqCst);
    for _ in 0..2 {
        assert_eq!(place.shown(&ada_id).await, Err(Unreachable::ReauthorizationRequired));
    }
    let ada = place.again("ada@example.com").await;
    assert_eq!((status(&ada, &path).await, server.renewed.load(Ordering::SeqCst)), (json!("expired"), 2));
}

async fn a_state_is_good_once_and_for_whoever_departed(database: TestDatabase) {
    let (app, server) = (TestApp::start(&database).await, server().await);
    let place = by_oauth(&app, &server).await;
    let (ada, _) = place.person("ada@example.com").await;
    let (eve, _) = place.person("eve@example.com").await;
    let path = place.connection();
    let refused = async |user: &User<'_>, state: &str| {
        arrives(user, &path, state).await.refused_for(422, "invalid_field", &["state"]);
    };
    let of_eve = travels(&eve, &path, "code=good").await;
    refused(&ada, &of_eve).await;
    refused(&eve, &of_eve).await;
    let used = travels(&ada, &path, "code=good").await;
    arrives(&ada, &path, &used).await.ok();
    refused(&ada, &used).await;
    let late = travels(&ada, &path, "code=good").await;
    app.clock.advance_micros(600_000_000);
    refused(&ada, &late).await;
    for garbage in ["", "garbage", "ins_garbage"] {
        refused(&ada, garbage).await;
    }
    let stale = travels(&ada, &path, "code=good").await;
    place.full.patch(&path_of(&place.integration), json!({ "url": "https://b.example" })).await.ok();
    refused(&ada, &stale).await;
    assert_eq!(status(&ada, &path).await, "none");
    assert_eq!(status(&eve, &path).await, "none");
}

async fn what_cannot_be_connected_is_refused(database: TestDatabase) {
    let (app, server) = (TestApp::start(&database).await, server().await);
    let place = by_oauth(&app, &server).await;
    let (ada, _) = place.person("ada@example.com").await;
    let path = place.connection();
    let departure = format!("{path}/departure");
    let elsewhere = json!({ "return_to": "https://evil.example/" });
    ada.post(&departure, elsewhere).await.refused_for(422, "invalid_field", &["return_to"]);
    put(&ada, &path, json!({ "token": "a" })).await.refused(400, "not_applicable");
    let arrival = format!("{path}/arrival");
    for (with, member, value) in [("code=bad", "code", "bad"), ("error=no&iss=x", "error", "no")] {
        let state = travels(&ada, &path, with).await;
        let (body, field) = (json!({ "state": state, member: value }), member);
        ada.post(&arrival, body).await.refused_for(422, "invalid_field", &[field]);
    }
    for body in [json!({ "state": "x" }), json!({ "state": "x", "code": "a", "error": "b" })] {
        ada.post(&arrival, body).await.refused_for(400, "invalid_request", &["code"]);
    }
    // Of nobody, and without `openid`, nothing is told.
    place.full.get(&path).await.refused(401, "invalid_token");
    let narrow = place.party.walk(&app.browser(), "ada@example.com", &[("scope", "email")]).await;
    let narrow = place.party.trade(&narrow.sent("code").expect("a code")).await.ok();
    let narrow = app.bearing(narrow["access_token"].as_str().expect("a token"));
    narrow.get(&path).await.refused(403, "insufficient_scope");
    let open = made(&place.full, json!({ "name": "Open", "url": "https://a.example" })).await;
    let unreached = format!("/account/integrations/{}/connection", id_of(&open));
    ada.get(&unreached).await.refused(404, "integration_not_found");
    let reader = app.with("integrations:read integrations:write").await;
    let list = format!("{}/connections", path_of(&place.integration));
    reader.get(&list).await.refused(403, "insufficient_scope");
}

async fn who_never_reached_an_integration_drops_nothing_there(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let place = place(&app, brought()).await;
    let (ada, ada_id) = place.person("ada@example.com").await;
    let path = place.connection();
    put(&ada, &path, json!({ "token": "hush" })).await.ok();
    let other = RelyingParty::register(&place.full, json!({ "name": "Other" })).await;
    let by_other = other.sign_in(&app.browser(), "ada@example.com").await;
    let by_other = app.bearing(&by_other.access);
    by_other.delete(&path).await.refused(404, "integration_not_found");
    assert_eq!(place.shown(&ada_id).await.as_deref(), Ok("Bearer hush"));
    // Once it reaches it, it may; and what it did not bring it leaves when it does not.
    let attachment = format!("/applications/{}/integrations/{}", other.client_id, id_of(&place.integration));
    place.full.act(&attachment).await.with(204);
    by_other.delete(&path).await.with(204);
    put(&ada, &path, json!({ "token": "hush" })).await.ok();
    place.full.delete(&attachment).await.with(204);
    by_other.delete(&path).await.refused(404, "integration_not_found");
    place.full.delete(&place.attachment()).await.with(204);
    ada.delete(&path).await.with(204);
    ada.delete(&path).await.refused(404, "integration_not_found");
    assert_eq!(database.dump().await["linked_accounts"].len(), 0);
}

async fn an_application_that_is_not_in_use_connects_nobody(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let place = place(&app, brought()).await;
    let (ada, _) = place.person("ada@example.com").await;
    let (path, application) = (place.connection(), format!("/applications/{}", place.party.client_id));
    place.full.act(&format!("{application}/disable")).await.ok();
    put(&ada, &path, json!({ "token": "hush" })).await.refused(403, "forbidden");
    let departure = json!({ "return_to": REDIRECT_URI });
    ada.post(&format!("{path}/departure"), departure).await.refused(403, "forbidden");
    assert_eq!(database.dump().await["linked_accounts"].len(), 0);
    place.full.act(&format!("{application}/enable")).await.ok();
    put(&ada, &path, json!({ "token": "hush" })).await.ok();
    assert_eq!(status(&ada, &path).await, "connected");
}
