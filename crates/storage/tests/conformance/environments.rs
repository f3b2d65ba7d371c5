use appkeep_domain::{
    Application, ApplicationEnvironment, Credential, CredentialClass, CredentialOrigin, Environment,
    EnvironmentId, KeyLevel, PublicKey, Timestamp, UserPool, Within,
};
use appkeep_storage::{KeyOf, StorageError, Store};
use appkeep_testkit::{SeededEntropy, TestDatabase, on_each_database};

use crate::credentials::credential;
use crate::given::{THEIRS, application, assert_stale, assert_taken, at};
use crate::signed_in::{OUR, write};

on_each_database![
    an_environment_reads_back_as_written,
    a_public_key_names_one_environment,
    a_mode_and_a_public_key_are_taken_once,
    a_secret_is_replaced_by_one_of_its_class,
    nothing_is_left_of_a_deleted_application,
];

const THEIR: Within = Within::Tenant(THEIRS);

fn key(seed: u64, environment: Option<Environment>) -> PublicKey {
    PublicKey::make(environment, &SeededEntropy::new(seed))
}

fn pooled() -> Application {
    let public_key = Some(key(1, None));
    Application { user_pool: UserPool::Application, public_key, ..application(1, "Billing") }
}

fn environment(mode: Environment) -> ApplicationEnvironment {
    let number = if mode == Environment::Live { 2 } else { 3 };
    ApplicationEnvironment {
        id: EnvironmentId::from_bytes([number; 16]),
        application: pooled().id,
        mode,
        public_key: key(number.into(), Some(mode)),
        created_at: at(2),
        updated_at: at(3),
    }
}

/// With both environments.
async fn register(store: &Store) -> (Application, [ApplicationEnvironment; 2]) {
    let (billing, both) = (pooled(), [Environment::Live, Environment::Test].map(environment));
    let (inserted, environments) = (billing.clone(), both.clone());
    write(store, async move |tx| {
        tx.insert_application(OUR, &inserted).await?;
        for environment in environments.iter().rev() {
            tx.insert_environment(OUR, &inserted, environment).await?;
        }
        Ok(())
    })
    .await
    .expect("inserts");
    (billing, both)
}

async fn an_environment_reads_back_as_written(store: Store) {
    let (billing, both) = register(&store).await;
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.application(OUR, billing.id).await.expect("reads"), Some(billing.clone()));
    assert_eq!(tx.environments(OUR, &billing).await.expect("reads"), both);
    assert_eq!(tx.environments(THEIR, &billing).await.expect("reads"), []);
    drop(tx);
    let touch = |within, mode| {
        let billing = billing.clone();
        write(&store, async move |tx| tx.touch_environment(within, (&billing, mode), at(9)).await)
    };
    assert_stale(touch(THEIR, Environment::Test).await);
    touch(OUR, Environment::Test).await.expect("is there");
    let mut tx = store.read().await.expect("opens");
    let updated: Vec<Timestamp> =
        tx.environments(OUR, &billing).await.expect("reads").iter().map(|one| one.updated_at).collect();
    assert_eq!(updated, [at(3), at(9)]);
}

async fn a_public_key_names_one_environment(store: Store) {
    let (billing, [live, test]) = register(&store).await;
    let whole = billing.public_key.clone().expect("has one");
    let mut tx = store.read().await.expect("opens");
    for (key, environment, level) in [
        (&whole, Environment::Live, KeyLevel::Application),
        (&live.public_key, Environment::Live, KeyLevel::Environment),
        (&test.public_key, Environment::Test, KeyLevel::Environment),
    ] {
        let expected = Some(KeyOf { application: billing.id, environment, level });
        for within in [OUR, Within::Platform] {
            assert_eq!(tx.application_by_public_key(within, key).await.expect("reads"), expected, "{key}");
        }
        assert_eq!(tx.application_by_public_key(THEIR, key).await.expect("reads"), None, "{key}");
    }
    for nobodys in [None, Some(Environment::Live), Some(Environment::Test)] {
        let key = key(4, nobodys);
        assert_eq!(tx.application_by_public_key(Within::Platform, &key).await.expect("reads"), None);
    }
}

async fn a_mode_and_a_public_key_are_taken_once(store: Store) {
    let (billing, [live, _]) = register(&store).await;
    let insert = |of: Application, one: ApplicationEnvironment| {
        write(&store, async move |tx| tx.insert_environment(OUR, &of, &one).await)
    };
    let again = ApplicationEnvironment { public_key: key(5, Some(Environment::Live)), ..live.clone() };
    assert_taken(insert(billing.clone(), again).await, "environments.application_id, environments.mode");
    let other = Application { public_key: None, ..application(2, "Other") };
    let inserted = other.clone();
    write(&store, async move |tx| tx.insert_application(OUR, &inserted).await).await.expect("inserts");
    let same_key = ApplicationEnvironment { application: other.id, ..live };
    assert_taken(insert(other, same_key).await, "environments.public_key");
    let same_key = Application { public_key: billing.public_key, ..application(3, "Third") };
    let outcome = write(&store, async move |tx| tx.insert_application(OUR, &same_key).await).await;
    assert_taken(outcome, "applications.public_key");
    let gone = application(4, "Gone");
    let of_gone = ApplicationEnvironment { application: gone.id, ..environment(Environment::Test) };
    assert_stale(insert(gone, of_gone).await);
}

async fn a_secret_is_replaced_by_one_of_its_class(store: Store) {
    let (billing, _) = register(&store).await;
    let id = billing.id;
    write(&store, async move |tx| {
        for (number, class) in (1..).zip(CredentialClass::ALL) {
            let secret = credential(number, CredentialOrigin::Rotation, None);
            tx.insert_credential(OUR, id, &Credential { class, ..secret }).await?;
        }
        Ok::<_, StorageError>(())
    })
    .await
    .expect("inserts");
    let deadlines = async || {
        let mut tx = store.read().await.expect("opens");
        let live = tx.live_credentials(OUR, id, at(3)).await.expect("reads");
        live.into_iter().rev().map(|one| (one.class, one.expires_at)).collect::<Vec<_>>()
    };
    let [client, live, test, key, test_key] = CredentialClass::ALL;
    let keys = [(key, None), (test_key, None)];
    for (class, expected) in [
        (test, vec![(client, None), (live, None), (test, Some(at(50)))]),
        (client, vec![(client, Some(at(50))), (live, None), (test, Some(at(50)))]),
    ] {
        let end = write(&store, async move |tx| tx.end_rotated_credentials(OUR, id, (class, at(50))).await);
        assert_eq!(end.await.expect("ends"), 1);
        assert_eq!(deadlines().await, [expected, keys.to_vec()].concat());
    }
    let revoke = write(&store, async move |tx| tx.revoke_client_secrets(OUR, id, at(4)).await);
    assert_eq!(revoke.await.expect("revokes"), 1);
    let left = [(live, None), (test, Some(at(50)))];
    assert_eq!(deadlines().await, [left, keys].concat());
    let revoke = write(&store, async move |tx| tx.revoke_api_keys(OUR, &billing, at(4)).await);
    assert_eq!(revoke.await.expect("revokes"), 2);
    assert_eq!(deadlines().await, left);
}

async fn nothing_is_left_of_a_deleted_application(database: TestDatabase) {
    let store = database.store();
    let (billing, [live, _]) = register(&store).await;
    let deleted = billing.clone();
    write(&store, async move |tx| tx.delete_application(OUR, &deleted, at(5)).await).await.expect("deletes");
    let mut tx = store.read().await.expect("opens");
    let whole = billing.public_key.expect("has one");
    for key in [whole, live.public_key] {
        assert_eq!(tx.application_by_public_key(Within::Platform, &key).await.expect("reads"), None);
    }
    assert_eq!(database.dump().await["environments"].len(), 0);
}
