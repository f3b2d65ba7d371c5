//! A second server in this process, at an address of its own: with it people of
//! an application of the first sign in.

use std::collections::BTreeMap;

use appkeep_http::{ConnectionLimits, serve};
use appkeep_testkit::TestDatabase;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use url::{Position, Url};

use super::{PASSWORD, REDIRECT_URI, TestApp};

/// An OpenID provider that answers over a real listener.
pub(crate) struct Provider {
    pub(crate) app: TestApp,
    pub(crate) issuer: String,
    _database: TestDatabase,
    _stop: oneshot::Sender<()>,
    _running: JoinSet<()>,
}

impl Provider {
    pub(crate) async fn start() -> Self {
        // A second installation of the provider is refused and needs no answer.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("bound"));
        let database = TestDatabase::sqlite().await;
        let app = TestApp::start_at(&database, &issuer).await;
        let (stop, stopped) = oneshot::channel();
        let stopped = async { stopped.await.unwrap_or_default() };
        let mut running = JoinSet::new();
        running.spawn(serve(listener, app.router.clone(), (ConnectionLimits::DEFAULT, None), stopped));
        Self { app, issuer, _database: database, _stop: stop, _running: running }
    }

    /// The client id and the secret of whoever lets people sign in with it, and
    /// comes back to [`REDIRECT_URI`].
    pub(crate) async fn register(&self) -> (String, String) {
        let body = json!({
            "redirect_uris": [REDIRECT_URI], "first_party": true,
            "allowed_scopes": ["openid", "profile", "email"],
        });
        let created = self.app.full().await.create("server", body).await;
        let text = |member: &str| created[member].as_str().expect("text").to_owned();
        (text("client_id"), text("client_secret"))
    }

    /// Somebody who has an account with it; whether their address is verified
    /// there is another matter.
    pub(crate) async fn person(&self, email: &str, is_verified: bool) {
        let full = self.app.full().await;
        let id = full.person(email).await;
        full.patch(&format!("/users/{id}"), json!({ "email_verified": is_verified })).await.ok();
    }

    /// What somebody's browser is sent back with who signs in there.
    pub(crate) async fn sign_in(&self, address: &str, email: &str) -> BTreeMap<String, String> {
        let browser = self.app.browser();
        let address = Url::parse(address).expect("an address");
        assert_eq!(address.origin().ascii_serialization(), self.issuer);
        let mut page = browser.get(&address[Position::BeforePath..]).await;
        while page.location().is_none() {
            page = match page.form_action().as_str() {
                "/sign-in" => browser.type_password(&page, email, PASSWORD).await,
                other => panic!("{other} is no page of a sign-in: {}", page.html),
            };
        }
        let back = page.location().expect("is sent back");
        assert_eq!(&back[..Position::AfterPath], REDIRECT_URI);
        back.query_pairs().into_owned().collect()
    }
}
