//! Tenants and partners.

use std::sync::Arc;

use appkeep_domain::{
    Application, Colour, Email, Lifetime, Name, Owner, Partner, PartnerId, SigningAlgorithm, Slug, Standing,
    Tenant, TenantId, Timestamp, Within,
};
use appkeep_storage::{ApplicationFilter, Change, Seek, StorageError, Store, Topic, WriteTx};
use appkeep_testkit::on_each_database;
use parking_lot::Mutex;

use crate::given::{application, at};

on_each_database![
    a_tenant_is_read_as_it_was_written,
    a_tenant_is_seen_from_within_only,
    what_a_tenant_owns_is_reached_within_the_tenant,
    a_tenant_is_made_from_above_only,
    a_slug_is_taken_once,
    a_tenant_changes_by_its_version,
    a_tenant_changes_from_within_only,
    a_change_is_announced,
];

async fn a_tenant_is_read_as_it_was_written(store: Store) {
    let (logo_url, colour) = (Some("https://acme.example/".to_owned()), Colour::parse("#00ff7f").ok());
    let contact_email = Email::parse("ops@acme.example").ok();
    let (partner, archived_at) = (Some(brought_by(&store).await), Some(Timestamp::from_seconds(3)));
    let status = Standing::Suspended;
    let tenant = Tenant { partner, logo_url, colour, contact_email, archived_at, status, ..tenant(1) };
    insert(&store, Within::Platform, &tenant).await.expect("is new");
    let mut tx = store.read().await.expect("reads");
    assert_eq!(tx.tenant(Within::Platform, tenant.id).await.expect("reads").as_ref(), Some(&tenant));
    let found = tx.tenant_by_slug(Within::Platform, &tenant.slug).await.expect("reads");
    assert_eq!(found, Some(tenant));
    assert_eq!(tx.tenant(Within::Platform, id(9)).await.expect("reads"), None);
}

async fn a_tenant_is_seen_from_within_only(store: Store) {
    let partner = brought_by(&store).await;
    let (brought, alone) = (Tenant { partner: Some(partner), ..tenant(1) }, tenant(2));
    insert(&store, Within::Platform, &brought).await.expect("is new");
    insert(&store, Within::Platform, &alone).await.expect("is new");
    let mut tx = store.read().await.expect("reads");
    for (within, sees_brought, sees_alone) in [
        (Within::Platform, true, true),
        (Within::Partner(partner), true, false),
        (Within::Partner(PartnerId::from_bytes([9; 16])), false, false),
        (Within::Tenant(brought.id), true, false),
        (Within::Tenant(alone.id), false, true),
    ] {
        for (tenant, sees) in [(&brought, sees_brought), (&alone, sees_alone)] {
            let by_id = tx.tenant(within, tenant.id).await.expect("reads");
            let by_slug = tx.tenant_by_slug(within, &tenant.slug).await.expect("reads");
            assert_eq!((by_id.is_some(), by_slug.is_some()), (sees, sees), "{within:?} {tenant:?}");
        }
    }
}

async fn what_a_tenant_owns_is_reached_within_the_tenant(store: Store) {
    let partner = brought_by(&store).await;
    let brought = Tenant { partner: Some(partner), ..tenant(1) };
    insert(&store, Within::Platform, &brought).await.expect("is new");
    let [tenants, partners] = [Owner::Tenant(brought.id), Owner::Partner(partner)];
    for (number, owner) in [(1, tenants), (2, partners)] {
        let one = Application { owner, ..application(number, "Billing") };
        let outcome: Result<(), StorageError> =
            store.write(async move |tx| tx.insert_application(Within::Platform, &one).await).await;
        outcome.expect("inserts");
    }
    let mut tx = store.read().await.expect("reads");
    for (within, sees_tenants, sees_partners) in [
        (Within::Platform, true, true),
        (Within::Partner(partner), false, true),
        (Within::Tenant(brought.id), true, false),
    ] {
        for (number, owner, sees) in [(1, tenants, sees_tenants), (2, partners, sees_partners)] {
            let found = tx.application(within, application(number, "Billing").id).await.expect("reads");
            let seek = Seek { after: None, limit: 9 };
            let listed = tx.applications(within, owner, &ApplicationFilter::default(), seek, at(3)).await;
            let listed = listed.expect("lists").applications;
            assert_eq!((found.is_some(), listed.len()), (sees, usize::from(sees)), "{within:?} {owner:?}");
        }
    }
}

async fn a_tenant_is_made_from_above_only(store: Store) {
    let partner = brought_by(&store).await;
    let foreign = tenant(1);
    for within in [Within::Partner(partner), Within::Tenant(foreign.id)] {
        let refused = insert(&store, within, &foreign).await;
        assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
    }
    let own = Tenant { partner: Some(partner), ..tenant(2) };
    insert(&store, Within::Partner(partner), &own).await.expect("is the partner's own");
    for within in [Within::Partner(partner), Within::Tenant(own.id)] {
        let refused = store.write(async move |tx| tx.insert_partner(within, &another_partner()).await).await;
        assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
    }
}

async fn a_slug_is_taken_once(store: Store) {
    brought_by(&store).await;
    insert(&store, Within::Platform, &tenant(1)).await.expect("is new");
    let clash = Tenant { slug: tenant(1).slug, ..tenant(2) };
    let refused = insert(&store, Within::Platform, &clash).await;
    assert!(matches!(&refused, Err(StorageError::Taken(name)) if name == "tenants.slug"), "{refused:?}");
    let partner = Partner { slug: partner().slug, ..another_partner() };
    let refused = store.write(async move |tx| tx.insert_partner(Within::Platform, &partner).await).await;
    assert!(matches!(&refused, Err(StorageError::Taken(name)) if name == "partners.slug"), "{refused:?}");
}

async fn a_tenant_changes_by_its_version(store: Store) {
    let first = tenant(1);
    insert(&store, Within::Platform, &first).await.expect("is new");
    let changed = Tenant {
        slug: Slug::parse("renamed").expect("a slug"),
        name: Name::parse("Renamed").expect("a name"),
        secret_rotation_overlap: Lifetime::from_seconds(0),
        access_token_signing_alg: SigningAlgorithm::EdDsa,
        logo_url: Some("https://acme.example/logo.svg".to_owned()),
        colour: Colour::parse("#1a73e8").ok(),
        partner: Some(brought_by(&store).await),
        contact_email: Email::parse("ops@acme.example").ok(),
        status: Standing::Suspended,
        archived_at: Some(Timestamp::from_seconds(3)),
        updated_at: Timestamp::from_seconds(2),
        ..first.clone()
    };
    update(&store, Within::Platform, &changed).await.expect("is the version read");
    let refused = update(&store, Within::Platform, &first).await;
    assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
    let found = store.read().await.expect("reads").tenant(Within::Platform, first.id).await.expect("reads");
    assert_eq!(found, Some(Tenant { version: 2, ..changed }));
}

async fn a_tenant_changes_from_within_only(store: Store) {
    let (first, second) = (tenant(1), tenant(2));
    insert(&store, Within::Platform, &first).await.expect("is new");
    insert(&store, Within::Platform, &second).await.expect("is new");
    for within in [Within::Tenant(second.id), Within::Partner(partner().id)] {
        let refused = update(&store, within, &first).await;
        assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
    }
    update(&store, Within::Tenant(first.id), &first).await.expect("is within");
}

async fn a_change_is_announced(store: Store) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    store.on_change(Arc::new(move |changes: &[Change]| heard.lock().extend_from_slice(changes)));
    insert(&store, Within::Platform, &tenant(1)).await.expect("is new");
    update(&store, Within::Platform, &tenant(1)).await.expect("is the version read");
    let change = Change { topic: Topic::Tenant, key: [1; 16] };
    assert_eq!(*told.lock(), [change, change]);
}

pub(crate) async fn insert(store: &Store, within: Within, tenant: &Tenant) -> Result<(), StorageError> {
    let tenant = tenant.clone();
    store.write(async move |tx: &mut WriteTx| tx.insert_tenant(within, &tenant).await).await
}

async fn update(store: &Store, within: Within, tenant: &Tenant) -> Result<(), StorageError> {
    let tenant = tenant.clone();
    store.write(async move |tx: &mut WriteTx| tx.update_tenant(within, &tenant).await).await
}

/// A tenant whose id is this byte, sixteen times.
pub(crate) fn tenant(number: u8) -> Tenant {
    Tenant::new(
        id(number),
        Slug::parse(&format!("tenant-{number}")).expect("a slug"),
        Name::parse(&format!("Tenant {number}")).expect("a name"),
        Timestamp::from_seconds(1),
    )
}

fn id(number: u8) -> TenantId {
    TenantId::from_bytes([number; 16])
}

pub(crate) fn partner() -> Partner {
    Partner::new(
        PartnerId::from_bytes([100; 16]),
        Slug::parse("partner").expect("a slug"),
        Name::parse("Partner").expect("a name"),
        Timestamp::from_seconds(1),
    )
}

pub(crate) fn another_partner() -> Partner {
    Partner {
        id: PartnerId::from_bytes([101; 16]),
        slug: Slug::parse("another").expect("a slug"),
        ..partner()
    }
}

pub(crate) async fn brought_by(store: &Store) -> PartnerId {
    let inserted = store.write(async |tx| tx.insert_partner(Within::Platform, &partner()).await).await;
    inserted.expect("is new");
    partner().id
}
