//! Signing keys as a node keeps them: made once, sealed, and the same for all.

#![expect(clippy::disallowed_methods, reason = "tests run callers side by side")]

#[path = "keyring/rotation.rs"]
mod rotation;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use appkeep_domain::{Clock as _, Issuer, Lifetime, Name, SigningAlgorithm, Slug, Tenant, TenantId, Within};
use appkeep_keys::{Jws, MasterKey, SystemEntropy, TokenType};
use appkeep_service::{Error, ErrorCode, IssuerKeys, Keyring, KeyringError};
use appkeep_storage::{Feed, Store, WriteTx};
use appkeep_testkit::{ManualClock, TestDatabase, on_each_database};

const MASTER_KEY: &[u8; 32] = b"the master key of all the tests.";
const ANOTHER_MASTER_KEY: &[u8; 32] = b"another master key, made at home";

on_each_database![
    keys_survive_a_restart,
    a_wrong_master_key_is_named,
    nodes_that_race_have_the_same_keys,
    another_node_is_told,
    issuers_have_keys_of_their_own,
    no_private_key_can_be_read_in_the_database,
];

async fn keys_survive_a_restart(database: TestDatabase) {
    let issuer = tenant(&database.store(), 1).await;
    let made = node(&database.store(), MASTER_KEY).ensure(issuer).await.expect("makes keys");
    let restarted = node(&database.store(), MASTER_KEY);
    let found = restarted.keys(issuer).await.expect("opens");
    let ensured = restarted.ensure(issuer).await.expect("nothing is missing");
    assert_eq!(ids(&made).len(), SigningAlgorithm::ALL.len());
    assert_eq!((ids(&found), ids(&ensured)), (ids(&made), ids(&made)));
    let now = ManualClock::fixed().now();
    for algorithm in SigningAlgorithm::ALL {
        let token = made.signer(algorithm, now).expect("is active").sign(TokenType::AccessToken, b"{}");
        let jws = Jws::parse(&token).expect("is a token");
        let key = found.signer(algorithm, now).and_then(|signer| found.key(signer.id(), now));
        key.expect("is there").verify_own(&jws).expect("is the same key");
    }
}

async fn a_wrong_master_key_is_named(store: Store) {
    node(&store, MASTER_KEY).ensure(Issuer::Platform).await.expect("makes keys");
    let stranger = node(&store, ANOTHER_MASTER_KEY);
    for refused in [stranger.keys(Issuer::Platform).await, stranger.ensure(Issuer::Platform).await] {
        let error = refused.expect_err("cannot open");
        assert!(matches!(error, KeyringError::WrongMasterKey(Issuer::Platform)), "{error:?}");
        assert!(error.to_string().contains("master key"), "{error}");
        assert_eq!(Error::from(error).code(), ErrorCode::Internal);
    }
}

async fn nodes_that_race_have_the_same_keys(database: TestDatabase) {
    let issuer = tenant(&database.store(), 1).await;
    // Their clocks differ, as clocks do.
    let ahead = ManualClock::fixed();
    ahead.advance(Lifetime::from_seconds(2));
    let nodes =
        [ManualClock::fixed(), ahead].map(|clock| Arc::new(node_at(clock, &database.store(), MASTER_KEY)));
    let racing: Vec<_> = (0..10)
        .map(|number| {
            let node = Arc::clone(&nodes[number % 2]);
            tokio::spawn(async move { node.ensure(issuer).await })
        })
        .collect();
    let mut seen = BTreeSet::new();
    for racer in racing {
        seen.insert(ids(&racer.await.expect("runs").expect("has keys")));
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    let mut tx = database.store().read().await.expect("reads");
    let kept = tx.signing_keys(Within::Platform, issuer).await.expect("reads");
    let algorithms: BTreeSet<_> = kept.iter().map(|key| key.algorithm).collect();
    assert_eq!((kept.len(), algorithms), (3, SigningAlgorithm::ALL.into()));
    assert_eq!(tx.data_keys(Within::Platform, issuer).await.expect("reads").len(), 1);
}

async fn another_node_is_told(database: TestDatabase) {
    let (maker, other_store) = (node(&database.store(), MASTER_KEY), database.store());
    let other = node(&other_store, MASTER_KEY);
    let _feed = Feed::start(&other_store);
    assert!(ids(&other.keys(Issuer::Platform).await.expect("reads")).is_empty());
    let made = ids(&maker.ensure(Issuer::Platform).await.expect("makes keys"));
    let told = async {
        while ids(&other.keys(Issuer::Platform).await.expect("reads")) != made {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), told).await.expect("is told of the keys");
}

async fn issuers_have_keys_of_their_own(store: Store) {
    let node = node(&store, MASTER_KEY);
    let mut seen = BTreeSet::new();
    for issuer in [Issuer::Platform, tenant(&store, 1).await, tenant(&store, 2).await] {
        seen.extend(ids(&node.ensure(issuer).await.expect("makes keys")));
    }
    assert_eq!(seen.len(), 9, "{seen:?}");
}

/// Whatever sixteen bytes of a private key's PKCS #8 form one looks for.
async fn no_private_key_can_be_read_in_the_database(database: TestDatabase) {
    let store = database.store();
    let keys = node(&store, MASTER_KEY).ensure(Issuer::Platform).await.expect("makes keys");
    let kept = everything_kept(&database, &store).await;
    let now = ManualClock::fixed().now();
    let windows: BTreeSet<_> = kept.windows(16).collect();
    for algorithm in SigningAlgorithm::ALL {
        let pkcs8 = keys.signer(algorithm, now).expect("is active").to_pkcs8();
        let found = pkcs8.windows(16).any(|window| windows.contains(window));
        assert!(!found, "{algorithm:?}");
    }
}

/// What stands in the tables, and on SQLite the very files.
async fn everything_kept(database: &TestDatabase, store: &Store) -> Vec<u8> {
    let mut tx = store.read().await.expect("reads");
    let mut kept = Vec::new();
    for key in tx.signing_keys(Within::Platform, Issuer::Platform).await.expect("reads") {
        kept.extend([key.sealed_private, key.public_jwk.into_bytes()].concat());
    }
    for key in tx.data_keys(Within::Platform, Issuer::Platform).await.expect("reads") {
        kept.extend(key.wrapped);
    }
    assert!(!kept.is_empty());
    if !database.is_postgres() {
        for file in [database.address(), format!("{}-wal", database.address())] {
            kept.extend(std::fs::read(file).expect("the database is a file"));
        }
    }
    kept
}

fn node(store: &Store, master_key: &[u8; 32]) -> Keyring {
    node_at(ManualClock::fixed(), store, master_key)
}

fn node_at(clock: ManualClock, store: &Store, master_key: &[u8; 32]) -> Keyring {
    let master = MasterKey::parse(master_key).expect("32 bytes");
    Keyring::new(store.clone(), master, Arc::new(clock), Arc::new(SystemEntropy::new()))
}

/// The `kid` of everything published.
fn ids(keys: &IssuerKeys) -> Vec<String> {
    let jwks = keys.jwks(ManualClock::fixed().now());
    jwks.keys().iter().filter_map(|key| key.key_id().map(str::to_owned)).collect()
}

async fn tenant(store: &Store, number: u8) -> Issuer {
    let now = ManualClock::fixed().now();
    let tenant = Tenant::new(
        TenantId::from_bytes([number; 16]),
        Slug::parse(&format!("tenant-{number}")).expect("a slug"),
        Name::parse("Tenant").expect("a name"),
        now,
    );
    let issuer = Issuer::Tenant(tenant.id);
    let inserted =
        store.write(async move |tx: &mut WriteTx| tx.insert_tenant(Within::Platform, &tenant).await).await;
    inserted.expect("is new");
    issuer
}
