//! Who is registered for an API.

use appkeep_domain::{Application, ApplicationId, Owner, Partner, PartnerId, Tenant, TenantId, Within};
use appkeep_storage::{AudienceClash, Store};
use appkeep_testkit::on_each_database;

use crate::given::{application, at};
use crate::signed_in::write;
use crate::tenants::{partner, tenant};

on_each_database![
    a_holder_is_found_above_and_below,
    a_clash_is_found_before_it_is_one,
    long_names_are_told_apart
];

const PARTNER: PartnerId = PartnerId::from_bytes([31; 16]);
const BILLS: &str = "https://api.billing.example";

fn named(number: u8, owner: Owner, audience: &str) -> Application {
    let mut named = application(number, "Billing");
    named.owner = owner;
    named.oauth.as_mut().expect("has one").audience = Some(audience.to_owned());
    named
}

const fn of(number: u8) -> TenantId {
    TenantId::from_bytes([number; 16])
}

/// Tenants 1 and 2, of which the first is the partner's, and an application of
/// each owner.
async fn given(store: &Store, audience: &'static str) {
    write(store, async move |tx| {
        tx.insert_partner(Within::Platform, &Partner { id: PARTNER, ..partner() }).await?;
        tx.insert_tenant(Within::Platform, &Tenant { partner: Some(PARTNER), ..tenant(1) }).await?;
        tx.insert_tenant(Within::Platform, &tenant(2)).await?;
        for (number, owner) in [(11, Owner::Tenant(of(1))), (12, Owner::Tenant(of(2)))] {
            tx.insert_application(Within::Platform, &named(number, owner, audience)).await?;
        }
        Ok(())
    })
    .await
    .expect("inserts");
}

async fn a_holder_is_found_above_and_below(store: Store) {
    given(&store, BILLS).await;
    let id = |number| Some(ApplicationId::from_bytes([number; 16]));
    let mut tx = store.read().await.expect("opens");
    let other = PartnerId::from_bytes([32; 16]);
    for (owner, partner, holders) in [
        (Owner::Global, None, vec![id(11), id(12)]),
        (Owner::Partner(PARTNER), None, vec![id(11)]),
        (Owner::Partner(other), None, vec![None]),
        (Owner::Tenant(of(1)), Some(PARTNER), vec![None]),
        (Owner::Tenant(of(3)), Some(PARTNER), vec![None]),
    ] {
        let found = tx.audience_holder(Within::Platform, (owner, partner), BILLS, at(8)).await;
        assert!(holders.contains(&found.expect("reads")), "{owner:?}");
        let later = tx.audience_holder(Within::Platform, (owner, partner), BILLS, at(9)).await;
        assert_eq!(later.expect("reads"), None, "they expire at 9");
        let below = tx.audience_holder(Within::Partner(PARTNER), (owner, partner), BILLS, at(8)).await;
        assert_eq!(below.expect("reads"), None);
    }
    for (number, owner) in [(13, Owner::Global), (14, Owner::Partner(PARTNER))] {
        write(&store, async move |tx| {
            tx.insert_application(Within::Platform, &named(number, owner, BILLS)).await
        })
        .await
        .expect("inserts");
        let whose = (Owner::Tenant(of(3)), Some(PARTNER));
        let found = tx.audience_holder(Within::Platform, whose, BILLS, at(8)).await.expect("reads");
        assert_eq!(found, id(number));
        write(&store, async move |tx| {
            let gone = named(number, owner, BILLS);
            let renamed = Application { version: 2, ..named(number, owner, "other") };
            tx.update_application(Within::Platform, &renamed).await?;
            assert_eq!(tx.audience_holder(Within::Platform, whose, BILLS, at(8)).await?, None);
            tx.delete_application(Within::Platform, &gone, at(8)).await
        })
        .await
        .expect("goes");
        assert_eq!(tx.audience_holder(Within::Platform, whose, "other", at(8)).await.expect("reads"), None);
    }
}

async fn a_clash_is_found_before_it_is_one(store: Store) {
    given(&store, BILLS).await;
    let mut tx = store.read().await.expect("opens");
    let clash = async |tx: &mut appkeep_storage::ReadTx, within, now| {
        tx.audience_clash(within, (of(2), PARTNER), at(now)).await.expect("reads")
    };
    assert_eq!(clash(&mut tx, Within::Platform, 8).await, None);
    let partners = named(13, Owner::Partner(PARTNER), BILLS);
    write(&store, async move |tx| tx.insert_application(Within::Platform, &partners).await)
        .await
        .expect("inserts");
    let [of_tenant, of_partner] = [12, 13].map(|number| ApplicationId::from_bytes([number; 16]));
    assert_eq!(clash(&mut tx, Within::Platform, 8).await, Some(AudienceClash { of_tenant, of_partner }));
    assert_eq!(clash(&mut tx, Within::Platform, 9).await, None, "they expire at 9");
    assert_eq!(clash(&mut tx, Within::Tenant(of(2)), 8).await, None);
}

async fn long_names_are_told_apart(store: Store) {
    let long: &'static str = Box::leak("é".repeat(1_024).into_boxed_str());
    given(&store, long).await;
    let mut tx = store.read().await.expect("opens");
    let mut holds = async |audience: &str| {
        let found = tx.audience_holder(Within::Platform, (Owner::Global, None), audience, at(8)).await;
        found.expect("reads").is_some()
    };
    assert!(holds(long).await);
    assert!(!holds(&"é".repeat(1_023)).await && !holds(&"é".repeat(255)).await);
}
