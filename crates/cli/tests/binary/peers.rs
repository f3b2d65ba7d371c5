//! Other people's clients and a browser, against the binary.
//!
//! Each is a program of `tests/peers/` that gets one JSON object as its
//! argument and ends well when everything was as it should be.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use appkeep_domain::{Caller, Clock as _, Ids, Name, RequestId, Slug, Tenant, TenantId, Within};
use appkeep_keys::SystemEntropy;
use appkeep_service::{ApplicationFields, By, Mount, Registry, Surface};
use appkeep_storage::{Database, Store, WriteTx};
use appkeep_testkit::ManualClock;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Server, admin_token, bootstrap, folder, text};

const PASSWORD: &str = "correct horse battery";

/// OpenID Connect Core 1.0 §3.1, RFC 7636, RFC 8252 §7.3, RFC 9207, and
/// OpenID Connect RP-Initiated Logout 1.0, as openid-client understands them.
#[tokio::test]
async fn openid_client_signs_in_to_a_native_application() {
    let place = Place::new().await;
    // Registered without a port, as the application takes one when it runs.
    let registered = ["http://127.0.0.1/callback", "http://127.0.0.1/bye"];
    let mut client = place.client("native", registered).await;
    client["redirect_uri"] = json!("http://127.0.0.1:49152/callback");
    node("openid_client.mjs", &client);
}

/// The same at a tenant's address, of which it is told nothing but the issuer.
#[tokio::test]
async fn openid_client_signs_in_at_a_tenants_address() {
    let place = Place::at_tenant().await;
    let registered = ["http://127.0.0.1/callback", "http://127.0.0.1/bye"];
    let mut client = place.client("native", registered).await;
    assert!(text(&client["issuer"]).ends_with("/t/acme"), "{client}");
    client["redirect_uri"] = json!("http://127.0.0.1:49152/callback");
    node("openid_client.mjs", &client);
}

/// The same, as Authlib understands it in a Flask application with a secret.
#[tokio::test]
async fn authlib_signs_in_to_a_server_application() {
    let place = Place::new().await;
    let client = place.client("server", ["https://shop.example/callback", "https://shop.example/bye"]).await;
    python("authlib_flask.py", &client);
}

/// The same, as the Rust crate understands it in an application with a scheme
/// of its own (RFC 8252 §7.1) that wants its ID tokens signed with ES256.
#[tokio::test]
async fn openidconnect_signs_in_to_a_native_application() {
    let place = Place::new().await;
    let addresses = ["com.example.shop:/callback", "com.example.shop:/bye"];
    let client = place.client_with("native", addresses, json!({ "id_token_signing_alg": "ES256" })).await;
    run(&mut Command::new(here("target/debug/appkeep-peer-openidconnect")), &client);
}

/// Kontext's management API as its own crate understands it.
#[tokio::test]
async fn kontexts_client_lives_a_whole_life() {
    let place = Place::new().await;
    let account = place.made("/service-accounts", json!({ "name": "CI", "role": "admin" })).await;
    let given = json!({
        "base_url": format!("{}/kontext", place.issuer),
        "client_id": account["id"],
        "client_secret": account["client_secret"],
    });
    run(&mut Command::new(here("target/debug/appkeep-peer-kontext")), &given);
}

/// Every page, with script and without, in a browser that complains of nothing.
#[tokio::test]
async fn people_sign_in_with_chromium() {
    node("pages.mjs", &Place::new().await.manager());
}

/// Every page on small screens and large ones, in light and in dark, by axe-core's rules.
#[tokio::test]
async fn every_page_is_accessible_in_chromium() {
    node("accessibility.mjs", &Place::new().await.manager());
}

/// What operators do at the console, with scripts and without, and nothing of it
/// for whoever may not.
#[tokio::test]
async fn operators_work_at_the_console_in_chromium() {
    node("console.mjs", &Place::new().await.at_console());
}

/// The picture, the history that is followed, the menu, and the keyboard.
#[tokio::test]
async fn the_console_moves_as_it_should_in_chromium() {
    node("console_moving.mjs", &Place::new().await.at_console());
}

/// Every page of the console on small screens and large ones, in light and in dark.
#[tokio::test]
async fn every_page_of_the_console_is_accessible_in_chromium() {
    node("console_pages.mjs", &Place::new().await.at_console());
}

/// The same in an application that is a page, whose browser holds each answer against CORS.
#[tokio::test]
async fn oidc_client_ts_signs_in_to_a_page_in_chromium() {
    node("oidc_client_ts.mjs", &Place::new().await.manager());
}

/// A client of MCP learns from the gateway's refusal who gives out tokens, and
/// reaches a real server of tools through it (RFC 9728, MCP 2025-11-25).
#[tokio::test]
async fn an_mcp_client_signs_in_at_the_gateway_and_calls_a_tool() {
    node("gateway.mjs", &Place::new().await.manager());
}

/// The vendor's own clients, of which only the address is another.
#[tokio::test]
async fn basis_theorys_clients_live_a_whole_life() {
    let place = Place::new().await;
    let key = place.management_key().await;
    // The client for pages insists on https wherever else a server is.
    let base = place.server.url.replace("127.0.0.1", "localhost");
    let given = json!({ "base": format!("{base}/basistheory"), "key": key });
    node("basistheory.mjs", &given);
    python("basis_theory_client.py", &given);
    python("basis_theory_legacy.py", &given);
}

/// A server with somebody who may manage it.
struct Place {
    server: Server,
    token: String,
    issuer: String,
    /// The address and the password of whoever owns the platform.
    operator: Value,
    folder: TempDir,
}

impl Place {
    async fn new() -> Self {
        let folder = folder();
        let server = Server::start(folder.path());
        assert!(server.becomes_ready().await);
        let made = bootstrap(folder.path(), &[]);
        let token = admin_token(&server, &made).await;
        let issuer = text(&made["base_url"]).to_owned();
        let operator = made["operator"].clone();
        Self { server, token, issuer, operator, folder }
    }

    /// The same, and one tenant more, whose address is asked.
    async fn at_tenant() -> Self {
        let mut place = Self::new().await;
        let store = Store::open(Database::sqlite(place.folder.path().join("appkeep-data/appkeep.db")));
        let (id, secret) = make_tenant(store.expect("opens")).await;
        place.server.url.push_str("/t/acme");
        place.issuer.push_str("/t/acme");
        let (status, answer) = place.server.token((&id, &secret)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        text(&answer["access_token"]).clone_into(&mut place.token);
        place
    }

    /// For a peer that makes its applications and people itself.
    fn manager(&self) -> Value {
        json!({ "issuer": self.issuer, "token": self.token })
    }

    /// For a peer that does the same in a browser, and reads what is mailed.
    fn at_console(&self) -> Value {
        let mail = self.folder.path().join("appkeep-data/mail");
        json!({ "issuer": self.issuer, "token": self.token, "operator": self.operator, "mail": mail })
    }

    /// That opens everything there is for management keys.
    async fn management_key(&self) -> String {
        let permissions = [
            "application:create",
            "application:read",
            "application:update",
            "application:delete",
            "tenant:read",
            "tenant:update",
            "log:read",
        ];
        let application = self.made("/applications", json!({ "name": "Keys", "type": "m2m" })).await;
        let path = format!("/applications/{}", text(&application["id"]));
        let access = json!({ "kind": "management", "permissions": permissions });
        let (status, answer) =
            self.server.call(&self.token, Method::PUT, &format!("{path}/access"), Some(access)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        text(&self.made(&format!("{path}/keys"), json!({})).await["key"]).to_owned()
    }

    /// An application of that type and a person, as a peer wants to be told of them.
    async fn client(&self, kind: &str, addresses: [&str; 2]) -> Value {
        self.client_with(kind, addresses, json!({})).await
    }

    async fn client_with(&self, kind: &str, [callback, bye]: [&str; 2], more: Value) -> Value {
        let mut application = json!({
            "name": "Shop",
            "type": kind,
            "redirect_uris": [callback],
            "post_logout_redirect_uris": [bye],
            "allowed_scopes": ["openid", "profile", "email", "offline_access"],
        });
        for (name, value) in more.as_object().expect("members") {
            application[name] = value.clone();
        }
        let application = self.made("/applications", application).await;
        json!({
            "issuer": self.issuer,
            "client_id": application["client_id"],
            "client_secret": application["client_secret"],
            "redirect_uri": callback,
            "post_logout_redirect_uri": bye,
            "person": self.person().await,
        })
    }

    async fn person(&self) -> Value {
        let ada = json!({ "email": "ada@example.com", "name": "Ada Lovelace" });
        let user = self.made("/users", ada.clone()).await;
        let path = format!("/users/{}/password", text(&user["id"]));
        let password = json!({ "password": PASSWORD });
        let (status, answer) = self.server.call(&self.token, Method::PUT, &path, Some(password)).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
        json!({ "email": ada["email"], "name": ada["name"], "password": PASSWORD })
    }

    async fn made(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.server.call(&self.token, Method::POST, path, Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["data"].clone()
    }
}

/// A tenant, and the id and the secret of an application that may do everything
/// in it.
async fn make_tenant(store: Store) -> (String, String) {
    let entropy = SystemEntropy::new();
    let id: TenantId = Ids::new().make(&ManualClock::fixed(), &entropy);
    let name = Name::parse("Acme").expect("is a name");
    let tenant = Tenant::new(id, Slug::parse("acme").expect("is a slug"), name, ManualClock::fixed().now());
    let insert = async move |tx: &mut WriteTx| tx.insert_tenant(Within::Platform, &tenant).await;
    store.write(insert).await.expect("is new");
    let by = By {
        caller: Caller::System,
        tenant: id,
        partner: None,
        mount: Mount::Root,
        request_id: RequestId::from_bytes([6; 16]),
        address: None,
        surface: Surface::Native,
        attempt: None,
        key: None,
    };
    let scopes = ["applications:read", "applications:write", "users:read", "users:write"];
    let fields = ApplicationFields {
        name: Some("Management".to_owned()),
        allowed_scopes: Some(scopes.map(str::to_owned).to_vec()),
        ..ApplicationFields::default()
    };
    let registry = Registry::new(store, Arc::new(ManualClock::fixed()), Arc::new(entropy));
    let created = registry.create_application(&by, "m2m", fields).await.expect("is made");
    let secret = created.client_secret.expect("has one").expose().to_owned();
    (created.view.application.id.to_string(), secret)
}

fn node(program: &str, given: &Value) {
    // Without its packages it would complain of an import, and not say what to do.
    here("tests/peers/node/node_modules/package-lock.json");
    run(Command::new("node").arg(here("tests/peers/node").join(program)), given);
}

fn python(program: &str, given: &Value) {
    let python = here("target/peers-venv/bin/python");
    run(Command::new(python).arg(here("tests/peers/python").join(program)), given);
}

fn run(command: &mut Command, given: &Value) {
    let output = command.arg(given.to_string()).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}; `cargo xtask ci` installs it"));
    let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{printed}\n{said}");
}

/// A file of the repository, or of what was installed into it.
fn here(path: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    assert!(path.exists(), "{} is not here; `cargo xtask ci` installs it", path.display());
    path
}
