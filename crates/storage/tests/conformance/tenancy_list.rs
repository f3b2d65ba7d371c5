//! Lists of partners and tenants.

use appkeep_domain::{Partner, PartnerId, Standing, Tenant, TenantId, Timestamp, Within};
use appkeep_storage::{PartnerFilter, Seek, Store, TenantFilter};
use appkeep_testkit::on_each_database;

use crate::tenants::{another_partner, brought_by, insert, partner, tenant};

on_each_database![
    tenants_are_listed_newest_first_from_within_only,
    a_tenant_has_to_pass_every_filter,
    partners_are_listed_newest_first_from_within_only,
];

async fn tenants(
    store: &Store,
    within: Within,
    filter: &TenantFilter,
    seek: (Option<u8>, usize),
) -> (Vec<u8>, Option<u8>) {
    let after = seek.0.map(|number| TenantId::from_bytes([number; 16]));
    let seek = Seek { after, limit: seek.1 };
    let page = store.read().await.expect("reads").tenants(within, filter, seek).await.expect("lists");
    let number = |id: TenantId| id.as_bytes()[0];
    (page.tenants.iter().map(|tenant| number(tenant.id)).collect(), page.next.map(number))
}

async fn partners(store: &Store, within: Within, filter: &PartnerFilter, limit: usize) -> Vec<u8> {
    let seek = Seek { after: None, limit };
    let page = store.read().await.expect("reads").partners(within, filter, seek).await.expect("lists");
    page.partners.iter().map(|partner| partner.id.as_bytes()[0]).collect()
}

/// 1 and 3 are the partner's, 4 is too and archived; 2 and 5 are nobody's, and
/// 5 is suspended.
async fn fill(store: &Store) -> PartnerId {
    let id = brought_by(store).await;
    for number in 1..=5 {
        let filled = Tenant {
            partner: [1, 3, 4].contains(&number).then_some(id),
            archived_at: (number == 4).then(|| Timestamp::from_seconds(2)),
            status: if number == 5 { Standing::Suspended } else { Standing::Active },
            ..tenant(number)
        };
        insert(store, Within::Platform, &filled).await.expect("is new");
    }
    id
}

async fn tenants_are_listed_newest_first_from_within_only(store: Store) {
    let partner = fill(&store).await;
    let everything = TenantFilter::default();
    for (within, seek, expected) in [
        (Within::Platform, (None, 9), (vec![5, 3, 2, 1], None)),
        (Within::Platform, (None, 2), (vec![5, 3], Some(3))),
        (Within::Platform, (Some(3), 2), (vec![2, 1], None)),
        (Within::Partner(partner), (None, 9), (vec![3, 1], None)),
        (Within::Partner(partner), (None, 1), (vec![3], Some(3))),
        (Within::Partner(another_partner().id), (None, 9), (vec![], None)),
        (Within::Tenant(tenant(2).id), (None, 9), (vec![2], None)),
        (Within::Tenant(tenant(2).id), (Some(2), 9), (vec![], None)),
        (Within::Tenant(tenant(4).id), (None, 9), (vec![], None)),
    ] {
        assert_eq!(tenants(&store, within, &everything, seek).await, expected, "{within:?} {seek:?}");
    }
}

async fn a_tenant_has_to_pass_every_filter(store: Store) {
    let partner = fill(&store).await;
    let everything = TenantFilter::default();
    let of = |partner| TenantFilter { partner: Some(partner), ..TenantFilter::default() };
    let text = |text: &str| TenantFilter { text: Some(text.to_owned()), ..TenantFilter::default() };
    let (suspended, active) = (Some(Standing::Suspended), Some(Standing::Active));
    for (filter, expected) in [
        (of(partner), vec![3, 1]),
        (of(another_partner().id), vec![]),
        (TenantFilter { archived: true, ..everything.clone() }, vec![4]),
        (TenantFilter { status: suspended, ..everything.clone() }, vec![5]),
        (TenantFilter { status: active, ..of(partner) }, vec![3, 1]),
        (TenantFilter { status: suspended, ..of(partner) }, vec![]),
        (text("TENANT 3"), vec![3]),
        (text("enant-"), vec![5, 3, 2, 1]),
        (text("%"), vec![]),
    ] {
        let found = tenants(&store, Within::Platform, &filter, (None, 9)).await;
        assert_eq!(found, (expected, None), "{filter:?}");
    }
    let foreign = of(another_partner().id);
    for within in [Within::Partner(partner), Within::Tenant(tenant(1).id)] {
        assert_eq!(tenants(&store, within, &foreign, (None, 9)).await, (vec![], None), "{within:?}");
    }
}

async fn partners_are_listed_newest_first_from_within_only(store: Store) {
    let id = fill(&store).await;
    let archived_at = Some(Timestamp::from_seconds(2));
    for one in [
        Partner { status: Standing::Suspended, ..another_partner() },
        Partner {
            archived_at,
            ..Partner::new(id_of(102), slug("gone"), partner().name, partner().created_at)
        },
    ] {
        store.write(async move |tx| tx.insert_partner(Within::Platform, &one).await).await.expect("is new");
    }
    let everything = PartnerFilter::default();
    let text = |text: &str| PartnerFilter { text: Some(text.to_owned()), ..PartnerFilter::default() };
    for (within, filter, expected) in [
        (Within::Platform, everything.clone(), vec![101, 100]),
        (Within::Platform, PartnerFilter { archived: true, ..everything.clone() }, vec![102]),
        (
            Within::Platform,
            PartnerFilter { status: Some(Standing::Suspended), ..everything.clone() },
            vec![101],
        ),
        (Within::Platform, text("ANOTH"), vec![101]),
        (Within::Partner(id), everything.clone(), vec![100]),
        (Within::Partner(id), text("anoth"), vec![]),
        (Within::Tenant(tenant(1).id), everything.clone(), vec![100]),
        (Within::Tenant(tenant(2).id), everything.clone(), vec![]),
    ] {
        assert_eq!(partners(&store, within, &filter, 9).await, expected, "{within:?} {filter:?}");
    }
    assert_eq!(partners(&store, Within::Platform, &everything, 1).await, [101]);
}

fn id_of(number: u8) -> PartnerId {
    PartnerId::from_bytes([number; 16])
}

fn slug(text: &str) -> appkeep_domain::Slug {
    appkeep_domain::Slug::parse(text).expect("is a slug")
}
