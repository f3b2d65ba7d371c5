//! Partners, and what they cap.

use appkeep_domain::{Caps, Email, Name, Partner, PartnerId, Standing, Tenant, TenantId, Timestamp, Within};
use appkeep_storage::{StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::assert_stale;
use crate::tenants::{another_partner, brought_by, insert, partner, tenant};

on_each_database![
    a_partner_is_read_as_it_was_written,
    a_partner_changes_by_its_version,
    a_partner_is_seen_by_itself_and_its_tenants,
    caps_hold_for_a_partners_tenants,
    a_partners_tenants_are_counted,
    of_those_who_fill_a_partner_at_once_none_is_too_many,
];

const CAPS: Caps =
    Caps { max_tenants: Some(2), max_users_per_tenant: Some(u32::MAX), max_applications_per_tenant: Some(0) };

async fn read(store: &Store, within: Within, id: PartnerId) -> Option<Partner> {
    store.read().await.expect("reads").partner(within, id).await.expect("reads")
}

async fn update(store: &Store, within: Within, partner: &Partner) -> Result<(), StorageError> {
    let partner = partner.clone();
    store.write(async move |tx| tx.update_partner(within, &partner).await).await
}

async fn a_partner_is_read_as_it_was_written(store: Store) {
    let whole = Partner {
        contact_email: Email::parse("ops@reseller.example").ok(),
        status: Standing::Suspended,
        caps: CAPS,
        archived_at: Some(Timestamp::from_seconds(3)),
        ..partner()
    };
    let made = whole.clone();
    store.write(async move |tx| tx.insert_partner(Within::Platform, &made).await).await.expect("is new");
    assert_eq!(read(&store, Within::Platform, whole.id).await, Some(whole));
    assert_eq!(read(&store, Within::Platform, another_partner().id).await, None);
}

async fn a_partner_changes_by_its_version(store: Store) {
    brought_by(&store).await;
    let changed = Partner {
        name: Name::parse("Renamed").expect("a name"),
        contact_email: Email::parse("ops@reseller.example").ok(),
        status: Standing::Suspended,
        caps: CAPS,
        archived_at: Some(Timestamp::from_seconds(3)),
        updated_at: Timestamp::from_seconds(2),
        version: 2,
        ..partner()
    };
    for within in [Within::Partner(partner().id), Within::Tenant(TenantId::from_bytes([1; 16]))] {
        assert_stale(update(&store, within, &changed).await);
    }
    update(&store, Within::Platform, &changed).await.expect("is the version read");
    assert_stale(update(&store, Within::Platform, &changed).await);
    assert_eq!(read(&store, Within::Platform, changed.id).await, Some(changed));
}

async fn a_partner_is_seen_by_itself_and_its_tenants(store: Store) {
    let id = brought_by(&store).await;
    store
        .write(async |tx| tx.insert_partner(Within::Platform, &another_partner()).await)
        .await
        .expect("is new");
    let brought = Tenant { partner: Some(id), ..tenant(1) };
    insert(&store, Within::Platform, &brought).await.expect("is new");
    insert(&store, Within::Platform, &tenant(2)).await.expect("is new");
    for (within, sees) in [
        (Within::Platform, [true, true]),
        (Within::Partner(id), [true, false]),
        (Within::Partner(another_partner().id), [false, true]),
        (Within::Tenant(brought.id), [true, false]),
        (Within::Tenant(tenant(2).id), [false, false]),
    ] {
        let seen = [
            read(&store, within, id).await.is_some(),
            read(&store, within, another_partner().id).await.is_some(),
        ];
        assert_eq!(seen, sees, "{within:?}");
    }
}

async fn caps_hold_for_a_partners_tenants(store: Store) {
    let id = brought_by(&store).await;
    let brought = Tenant { partner: Some(id), ..tenant(1) };
    insert(&store, Within::Platform, &brought).await.expect("is new");
    insert(&store, Within::Platform, &tenant(2)).await.expect("is new");
    update(&store, Within::Platform, &Partner { caps: CAPS, version: 2, ..partner() }).await.expect("caps");
    for (within, tenant, caps) in [
        (Within::Platform, brought.id, CAPS),
        (Within::Partner(id), brought.id, CAPS),
        (Within::Tenant(brought.id), brought.id, CAPS),
        (Within::Partner(another_partner().id), brought.id, Caps::default()),
        (Within::Tenant(tenant(2).id), brought.id, Caps::default()),
        (Within::Platform, tenant(2).id, Caps::default()),
    ] {
        let found = store.read().await.expect("reads").caps_of_tenant(within, tenant).await.expect("reads");
        assert_eq!(found, caps, "{within:?} {tenant}");
    }
}

async fn a_partners_tenants_are_counted(store: Store) {
    let id = brought_by(&store).await;
    for number in 1..=3 {
        let archived_at = (number == 3).then(|| Timestamp::from_seconds(2));
        let brought = Tenant { partner: Some(id), archived_at, ..tenant(number) };
        insert(&store, Within::Platform, &brought).await.expect("is new");
    }
    insert(&store, Within::Platform, &tenant(4)).await.expect("is new");
    for (within, counted) in [
        (Within::Platform, 2),
        (Within::Partner(id), 2),
        (Within::Partner(another_partner().id), 0),
        (Within::Tenant(tenant(1).id), 0),
    ] {
        let found = store.read().await.expect("reads").count_tenants(within, id).await.expect("counts");
        assert_eq!(found, counted, "{within:?}");
    }
}

/// Write skew: each counts, and adds one of its own.
async fn of_those_who_fill_a_partner_at_once_none_is_too_many(store: Store) {
    let id = brought_by(&store).await;
    let fill = |number: u8| {
        let (store, brought) = (store.clone(), Tenant { partner: Some(id), ..tenant(number) });
        async move {
            let fill = async move |tx: &mut appkeep_storage::WriteTx| {
                if tx.count_tenants(Within::Platform, id).await? >= 1 {
                    return Err(StorageError::Stale);
                }
                tx.insert_tenant(Within::Platform, &brought).await
            };
            store.write(fill).await
        }
    };
    let (one, two, three) = tokio::join!(fill(1), fill(2), fill(3));
    let made = [one, two, three].into_iter().flatten().count();
    assert_eq!(made, 1);
}
