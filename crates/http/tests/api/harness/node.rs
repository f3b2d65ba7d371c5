//! A second server on a database, and what is asked of either.

use std::time::{Duration, Instant};

use appkeep_testkit::TestDatabase;
use serde_json::Value;

use super::{Description, ISSUER, Operator, TestApp, healthy, router, routes, state};

impl TestApp {
    /// One more server on the same database, with the same clock.
    pub(crate) async fn another_node(&self, database: &TestDatabase) -> Self {
        let store = database.store();
        let (state, feed) = state(&store, &self.clock, healthy()).await;
        let (registry, authority) = (state.registry.clone(), state.authority.clone());
        let routes = routes(&state);
        Self {
            clock: self.clock.clone(),
            description: Description::read(),
            router: router(routes, state.clone()),
            state,
            store,
            registry,
            authority,
            tenant: self.tenant,
            management: self.management.clone(),
            operator: self.operator.clone(),
            _feed: feed,
        }
    }

    /// The client id of what operators sign in to, and the first of them.
    pub(crate) async fn console(&self) -> (String, Operator) {
        let client_id = self.registry.ensure_console(ISSUER).await.expect("is made");
        (client_id, self.operator.clone())
    }

    /// Whether introspection says that a token is good (RFC 7662 §2.2).
    pub(crate) async fn is_active(&self, token: &str) -> bool {
        self.introspect(token).await["active"] == true
    }

    /// What introspection says of a token.
    pub(crate) async fn introspect(&self, token: &str) -> Value {
        let (id, secret) = self.management();
        self.client(id, secret).form("/oauth2/introspect", &format!("token={token}")).await.ok()
    }

    /// How often the history tells of an action.
    pub(crate) async fn times(&self, action: &str) -> usize {
        let entries = self.full().await.get(&format!("/audit?action={action}")).await.ok();
        entries["data"].as_array().expect("a list").len()
    }
}

/// Asks until it holds, for as long as one node may be behind another.
pub(crate) async fn within_a_second(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = now();
    while !holds().await {
        assert!(begun.elapsed() < Duration::from_secs(1), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the promise is about real time")]
fn now() -> Instant {
    Instant::now()
}
