//! Keys that a client publishes: fetched, kept, and asked for again.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use appkeep_domain::{Application, ClientKeys, Lifetime, SigningAlgorithm};
use appkeep_keys::{JwkSet, SigningKey};
use appkeep_oauth::{ClientAuthMethod, ErrorCode};
use appkeep_service::{FetchError, FetchRequest, FetchText, FetchedText};
use appkeep_testkit::{TestDatabase, on_each_database};
use parking_lot::Mutex;

use crate::assertions::{Assertion, key};
use crate::node::{Node, machine_with};

on_each_database![
    published_keys_are_fetched_once,
    a_new_key_is_found_but_no_stranger_makes_us_ask_often,
    keys_outlive_a_publisher_that_fails_by_an_hour,
    a_withdrawn_key_is_refused_when_the_set_is_old,
    another_address_is_asked_at_once,
    many_at_once_ask_once,
];

/// What clients publish, in place of the network.
#[derive(Debug, Default)]
pub(crate) struct Publisher {
    document: Mutex<Option<String>>,
    asked: AtomicUsize,
}

impl FetchText for Publisher {
    fn fetch(
        &self,
        request: FetchRequest,
    ) -> Pin<Box<dyn Future<Output = Result<FetchedText, FetchError>> + Send + '_>> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(5)).await;
            let published = self.document.lock().clone();
            let text =
                published.ok_or_else(|| FetchError::new(format!("{} does not answer", request.url)))?;
            Ok(FetchedText::new(200, text))
        })
    }
}

impl Publisher {
    fn publish(&self, keys: &[&SigningKey]) {
        let set: JwkSet = keys.iter().map(|key| key.public_jwk()).collect();
        *self.document.lock() = Some(set.to_json());
    }

    fn fail(&self) {
        *self.document.lock() = None;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn publishing(number: u8) -> Application {
    machine_with(number, |oauth| {
        oauth.auth_method = ClientAuthMethod::PrivateKeyJwt;
        oauth.client_keys = Some(ClientKeys::At("https://client.example/jwks".to_owned()));
    })
}

async fn proves_itself(node: &Node, key: &SigningKey) -> bool {
    match node.token(&Assertion::of(&publishing(1), node).signed(key)).await {
        Ok(_) => true,
        Err(code) => {
            assert_eq!(code, ErrorCode::InvalidClient);
            false
        }
    }
}

async fn published_keys_are_fetched_once(database: TestDatabase) {
    let node = Node::first(&database).await;
    node.insert(&publishing(1)).await;
    let key = key(1, SigningAlgorithm::Es256);
    node.publisher.publish(&[&key]);
    for _ in 0..5 {
        assert!(proves_itself(&node, &key).await);
    }
    assert_eq!(node.publisher.asked(), 1);
    node.clock.advance(Lifetime::from_minutes(10));
    assert!(proves_itself(&node, &key).await);
    assert_eq!(node.publisher.asked(), 2, "after ten minutes");
}

async fn a_new_key_is_found_but_no_stranger_makes_us_ask_often(database: TestDatabase) {
    let node = Node::first(&database).await;
    node.insert(&publishing(1)).await;
    let [old, new, stranger] = [1, 2, 3].map(|number| key(number, SigningAlgorithm::EdDsa));
    node.publisher.publish(&[&old]);
    assert!(proves_itself(&node, &old).await);
    for _ in 0..5 {
        assert!(!proves_itself(&node, &stranger).await);
    }
    assert_eq!(node.publisher.asked(), 1, "within half a minute");
    node.publisher.publish(&[&old, &new]);
    node.clock.advance_micros(30_000_000 - 1);
    assert!(!proves_itself(&node, &new).await);
    node.clock.advance_micros(1);
    assert!(proves_itself(&node, &new).await && proves_itself(&node, &old).await);
    assert_eq!(node.publisher.asked(), 2);
}

async fn keys_outlive_a_publisher_that_fails_by_an_hour(database: TestDatabase) {
    let node = Node::first(&database).await;
    node.insert(&publishing(1)).await;
    let key = key(1, SigningAlgorithm::Es256);
    assert!(!proves_itself(&node, &key).await, "nothing is published yet");
    node.clock.advance(Lifetime::from_seconds(30));
    node.publisher.publish(&[&key]);
    assert!(proves_itself(&node, &key).await);
    node.publisher.fail();
    let fetched_at = node.now();
    for (seconds, good) in [(600, true), (3_599, true), (3_600, false)] {
        node.clock.set(fetched_at.plus(Lifetime::from_seconds(seconds)));
        assert_eq!(proves_itself(&node, &key).await, good, "after {seconds}");
    }
    *node.publisher.document.lock() = Some("<html>".to_owned());
    node.clock.advance(Lifetime::from_seconds(30));
    assert!(!proves_itself(&node, &key).await);
    node.publisher.publish(&[&key]);
    node.clock.advance(Lifetime::from_seconds(30));
    assert!(proves_itself(&node, &key).await);
}

async fn a_withdrawn_key_is_refused_when_the_set_is_old(database: TestDatabase) {
    let node = Node::first(&database).await;
    node.insert(&publishing(1)).await;
    let key = key(1, SigningAlgorithm::Es256);
    node.publisher.publish(&[&key]);
    assert!(proves_itself(&node, &key).await);
    node.publisher.publish(&[]);
    node.clock.advance(Lifetime::from_minutes(10));
    assert!(!proves_itself(&node, &key).await);
}

async fn another_address_is_asked_at_once(database: TestDatabase) {
    let node = Node::first(&database).await;
    let mut application = publishing(1);
    node.insert(&application).await;
    let [old, new] = [1, 2].map(|number| key(number, SigningAlgorithm::EdDsa));
    node.publisher.publish(&[&old]);
    assert!(proves_itself(&node, &old).await);
    node.publisher.publish(&[&new]);
    let oauth = application.oauth.as_mut().expect("has one");
    oauth.client_keys = Some(ClientKeys::At("https://client.example/new".to_owned()));
    node.update(&mut application).await;
    assert!(proves_itself(&node, &new).await && !proves_itself(&node, &old).await);
    assert_eq!(node.publisher.asked(), 2);
}

async fn many_at_once_ask_once(database: TestDatabase) {
    let node = Arc::new(Node::first(&database).await);
    node.insert(&publishing(1)).await;
    let key = Arc::new(key(1, SigningAlgorithm::Es256));
    node.publisher.publish(&[&key]);
    let asking: Vec<_> = (0..20)
        .map(|_| {
            let (node, key) = (Arc::clone(&node), Arc::clone(&key));
            tokio::spawn(async move { proves_itself(&node, &key).await })
        })
        .collect();
    for one in asking {
        assert!(one.await.expect("runs"));
    }
    assert_eq!(node.publisher.asked(), 1);
}
