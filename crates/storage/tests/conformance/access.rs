//! Rules of applications, and their API keys.

use appkeep_domain::access::{
    AccessFacet, AccessKind, AccessRule, Container, Permission, RuleScope, Transform,
};
use appkeep_domain::{
    Application, Credential, CredentialClass, CredentialOrigin, Environment, SecretHash, Within,
};
use appkeep_storage::StorageError;
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::credentials::credential;
use crate::given::{THEIRS, application, assert_stale, at};
use crate::signed_in::{OUR, write};

on_each_database![access_reads_back_as_written_and_goes_with_its_application, a_key_is_found_by_its_hash];

const THEIR: Within = Within::Tenant(THEIRS);

fn rule(priority: u32, container: &str) -> AccessRule {
    AccessRule {
        description: "Support".to_owned(),
        priority,
        scope: RuleScope::Container(Container::parse(container).expect("is one")),
        transform: Transform::Mask,
        permissions: vec![Permission::TokenRead],
    }
}

async fn access_reads_back_as_written_and_goes_with_its_application(database: TestDatabase) {
    let store = database.store();
    let permissions = vec![Permission::TokenUse, Permission::TokenCreate];
    let access = AccessFacet { kind: AccessKind::Private, permissions };
    let billing = Application { access: Some(access), ..application(1, "Billing") };
    let inserted = billing.clone();
    write(&store, async move |tx| tx.insert_application(OUR, &inserted).await).await.expect("inserts");
    let found = store.read().await.expect("opens").application(OUR, billing.id).await.expect("reads");
    assert_eq!(found.as_ref(), Some(&billing));
    for rules in
        [vec![rule(2, "/pci/"), rule(1, "/")], vec![rule(1, "/pii/")], Vec::new(), vec![rule(3, "/")]]
    {
        let (of, given) = (billing.clone(), rules.clone());
        let replace = write(&store, async move |tx| tx.replace_access_rules(OUR, &of, &given).await);
        replace.await.expect("replaces");
        let mut tx = store.read().await.expect("opens");
        assert_eq!(tx.access_rules(OUR, &billing).await.expect("reads"), rules);
        assert_eq!(tx.access_rules(THEIR, &billing).await.expect("reads"), []);
    }
    let of = billing.clone();
    assert_stale(write(&store, async move |tx| tx.replace_access_rules(THEIR, &of, &[]).await).await);
    let of = billing.clone();
    assert_stale(write(&store, async move |tx| tx.revoke_api_keys(THEIR, &of, at(4)).await).await.map(drop));
    let none = Application { access: None, version: billing.version + 1, ..billing };
    let changed = none.clone();
    write(&store, async move |tx| tx.update_application(OUR, &changed).await).await.expect("updates");
    let found = store.read().await.expect("opens").application(OUR, none.id).await.expect("reads");
    assert_eq!(found.as_ref(), Some(&none));
    write(&store, async move |tx| tx.delete_application(OUR, &none, at(5)).await).await.expect("deletes");
    assert_eq!(database.dump().await["access_rules"].len(), 0);
}

async fn a_key_is_found_by_its_hash(database: TestDatabase) {
    let store = database.store();
    let key = Credential {
        class: CredentialClass::ApiKey(Environment::Test),
        ..credential(1, CredentialOrigin::Added, None)
    };
    let inserted = key.clone();
    write(&store, async move |tx| {
        let billing = application(1, "Billing");
        tx.insert_application(OUR, &billing).await?;
        tx.insert_credential(OUR, billing.id, &inserted).await?;
        tx.insert_credential(OUR, billing.id, &credential(2, CredentialOrigin::Added, None)).await?;
        Ok::<_, StorageError>(())
    })
    .await
    .expect("inserts");
    let hash = |number| SecretHash::from_bytes([number; 32]);
    let mut tx = store.read().await.expect("opens");
    let found = tx.api_key(Within::Platform, &hash(1)).await.expect("reads");
    assert_eq!(found, Some((application(1, "Billing").id, key)));
    for (within, number) in [(OUR, 1), (Within::Platform, 2), (Within::Platform, 3)] {
        assert_eq!(tx.api_key(within, &hash(number)).await.expect("reads"), None, "{within:?} {number}");
    }
}
