//! The people of many tenants, and tenants themselves, by numbered parts.

use appkeep_domain::{
    GroupId, Membership, Owner, PartnerId, Standing, Tenant, TenantId, User, UserId, UserStatus, Whose,
    Within,
};
use appkeep_storage::{
    CountedDirectory, PartnerFilter, ReadTx, StorageError, Store, TenantFilter, UserFilter,
};
use appkeep_testkit::on_each_database;

use crate::given::{OURS, THEIRS, at, directory, group, user};
use crate::tenants::{another_partner, brought_by, insert, tenant};

on_each_database![
    the_people_of_each_tenant_are_counted,
    somebody_is_found_wherever_they_are,
    a_part_begins_after_so_many,
    a_search_ends_when_enough_was_examined,
    members_are_counted_and_passed_over,
    tenants_come_in_parts,
    partners_come_in_parts,
];

const EVERYBODY: Whose = Whose::All(None);

fn of(tenants: &[TenantId], tenants_of: &[PartnerId]) -> Whose {
    let owners = tenants.iter().map(|id| Owner::Tenant(*id)).collect();
    Whose::Of { owners, tenants_of: tenants_of.to_vec(), only: None }
}

/// `OURS` is the partner's, and has users 1 to 3, of whom 3 is suspended, and
/// groups 1 and 2; `THEIRS` has user 4. Tenant 9 is archived, and has user 5.
async fn given(store: &Store) -> PartnerId {
    let partner = brought_by(store).await;
    let archived = TenantId::from_bytes([9; 16]);
    let archived_at = Some(at(3));
    for made in [
        Tenant { partner: Some(partner), ..tenant(7) },
        tenant(8),
        Tenant { partner: Some(partner), archived_at, ..tenant(9) },
    ] {
        insert(store, Within::Platform, &made).await.expect("is new");
    }
    let filled: Result<(), StorageError> = store
        .write(async move |tx| {
            for of in [OURS, THEIRS, archived] {
                tx.insert_directory(Within::Tenant(of), &directory(of)).await?;
            }
            for (number, of) in [(1, OURS), (2, OURS), (3, OURS), (4, THEIRS), (5, archived)] {
                let status = if number == 3 { UserStatus::Suspended } else { UserStatus::Active };
                let home = directory(of);
                let user =
                    User { status, directory: home.id, ..user(number, &format!("{number}@example.com")) };
                tx.insert_user(Within::Tenant(of), &home, &user).await?;
            }
            for number in [1, 2] {
                let group = group(number, &format!("Group {number}"));
                tx.insert_group(Within::Tenant(OURS), &directory(OURS), &group).await?;
            }
            Ok(())
        })
        .await;
    filled.expect("fills");
    partner
}

fn totals(found: &[CountedDirectory]) -> Vec<(TenantId, u64)> {
    found.iter().map(|counted| (counted.tenant, counted.total)).collect()
}

async fn the_people_of_each_tenant_are_counted(store: Store) {
    let partner = given(&store).await;
    let mut tx = store.read().await.expect("opens");
    for (whose, status, expected) in [
        (EVERYBODY, None, vec![(OURS, 3), (THEIRS, 1)]),
        (EVERYBODY, Some(UserStatus::Suspended), vec![(OURS, 1), (THEIRS, 0)]),
        (of(&[THEIRS], &[]), None, vec![(THEIRS, 1)]),
        (of(&[], &[partner]), None, vec![(OURS, 3)]),
        (of(&[OURS], &[partner]), Some(UserStatus::Active), vec![(OURS, 2)]),
        (of(&[], &[another_partner().id]), None, vec![]),
        (of(&[TenantId::from_bytes([9; 16])], &[]), None, vec![]),
        (of(&[], &[]), None, vec![]),
    ] {
        let found = tx.users_of_tenants(Within::Platform, &whose, status).await.expect("counts");
        assert_eq!(totals(&found), expected, "{whose:?} {status:?}");
    }
    let groups = tx.groups_of_tenants(Within::Platform, &EVERYBODY).await.expect("counts");
    assert_eq!(totals(&groups), [(OURS, 2), (THEIRS, 0)]);
    let sessions = tx.sessions_of_tenants(Within::Platform, &EVERYBODY).await.expect("counts");
    assert_eq!(totals(&sessions), [(OURS, 0), (THEIRS, 0)]);
    for within in [Within::Partner(partner), Within::Tenant(OURS)] {
        assert!(tx.users_of_tenants(within, &EVERYBODY, None).await.expect("counts").is_empty());
        assert!(tx.groups_of_tenants(within, &EVERYBODY).await.expect("counts").is_empty());
        assert!(tx.sessions_of_tenants(within, &EVERYBODY).await.expect("counts").is_empty());
    }
}

async fn somebody_is_found_wherever_they_are(store: Store) {
    let partner = given(&store).await;
    let mut tx = store.read().await.expect("opens");
    for (number, within, expected) in [
        (1, Within::Platform, Some((OURS, Some(partner)))),
        (4, Within::Platform, Some((THEIRS, None))),
        (5, Within::Platform, None),
        (6, Within::Platform, None),
        (1, Within::Tenant(OURS), None),
    ] {
        let id = UserId::from_bytes([number; 16]);
        let found = tx.whereabouts_of_user(within, id).await.expect("looks");
        assert_eq!(found.map(|found| (found.tenant.id, found.partner)), expected, "{number}");
    }
    let found = tx.whereabouts_of_group(Within::Platform, GroupId::from_bytes([2; 16])).await.expect("looks");
    let found = found.expect("is there").tenant;
    assert_eq!((found.id, found.slug.as_str(), found.name.as_str()), (OURS, "tenant-7", "Tenant 7"));
    let gone = tx.whereabouts_of_group(Within::Platform, GroupId::from_bytes([3; 16])).await.expect("looks");
    assert_eq!(gone, None);
}

async fn a_part_begins_after_so_many(store: Store) {
    given(&store).await;
    let (mut tx, ours) = (store.read().await.expect("opens"), directory(OURS));
    let active = Some(UserStatus::Active);
    for (status, skipped, expected) in
        [(None, 0, None), (None, 1, Some(3)), (None, 3, Some(1)), (None, 4, None), (active, 1, Some(2))]
    {
        let found = tx.user_before(&ours, status, skipped).await.expect("looks");
        assert_eq!(found.map(|id| id.as_bytes()[0]), expected, "{skipped}");
    }
    for (skipped, expected) in [(0, None), (1, Some(2)), (2, Some(1)), (3, None)] {
        let found = tx.group_before(&ours, skipped).await.expect("looks");
        assert_eq!(found.map(|id| id.as_bytes()[0]), expected, "{skipped}");
    }
}

async fn a_search_ends_when_enough_was_examined(store: Store) {
    given(&store).await;
    let (mut tx, ours) = (store.read().await.expect("opens"), directory(OURS));
    // "ad" is shorter than what the index knows.
    for (text, budget, expected, left) in [
        ("EXAMPLE", 100, vec![3, 2, 1], 87),
        ("2@exa", 100, vec![2], 89),
        ("nobody", 100, vec![], 90),
        ("ad", 100, vec![3, 2, 1], 87),
        ("ad", 2, vec![3, 2], 0),
        ("example", 1, vec![3], 0),
    ] {
        let filter = UserFilter { text: Some(text.to_owned()), ..UserFilter::default() };
        let mut rest = budget;
        let found = tx.examine_users(Within::Tenant(OURS), &ours, &filter, &mut rest).await.expect("looks");
        let found: Vec<u8> = found.iter().map(|user| user.id.as_bytes()[0]).collect();
        assert_eq!((found, rest), (expected, left), "{text} {budget}");
    }
    for (text, budget, expected) in [("GROUP", 100, vec![2, 1]), ("p 1", 100, vec![1]), ("group", 1, vec![2])]
    {
        let mut rest = budget;
        let found = tx.examine_groups(Within::Tenant(OURS), &ours, text, &mut rest).await.expect("looks");
        let found: Vec<u8> = found.iter().map(|group| group.id.as_bytes()[0]).collect();
        assert_eq!(found, expected, "{text}");
    }
    let (elsewhere, filter) = (Within::Tenant(THEIRS), UserFilter::default());
    assert!(tx.examine_users(elsewhere, &ours, &filter, &mut 9).await.expect("looks").is_empty());
    assert!(tx.examine_groups(elsewhere, &ours, "g", &mut 9).await.expect("looks").is_empty());
}

async fn members_are_counted_and_passed_over(store: Store) {
    given(&store).await;
    let (within, group) = (Within::Tenant(OURS), GroupId::from_bytes([1; 16]));
    for number in 1..=3 {
        let membership = Membership { group, user: UserId::from_bytes([number; 16]), added_at: at(5) };
        let added =
            store.write(async move |tx| tx.add_group_user(within, &directory(OURS), &membership).await).await;
        assert!(added.expect("adds"));
    }
    let (mut tx, ours) = (store.read().await.expect("opens"), directory(OURS));
    assert_eq!(tx.count_group_members(within, &ours, group).await.expect("counts"), 3);
    for (skipped, expected) in [(0, None), (1, Some(3)), (3, Some(1)), (4, None)] {
        let found = tx.group_member_before(within, &ours, group, skipped).await.expect("looks");
        assert_eq!(found.map(|id| id.as_bytes()[0]), expected, "{skipped}");
    }
    let elsewhere = Within::Tenant(THEIRS);
    assert_eq!(tx.count_group_members(elsewhere, &ours, group).await.expect("counts"), 0);
    assert_eq!(tx.group_member_before(elsewhere, &ours, group, 1).await.expect("looks"), None);
}

async fn tenants(tx: &mut ReadTx, whose: &Whose, filter: &TenantFilter, range: (u64, u64)) -> (Vec<u8>, u64) {
    let part = tx.tenants_part(Within::Platform, whose, filter, range).await.expect("lists");
    (part.items.iter().map(|tenant| tenant.id.as_bytes()[0]).collect(), part.total)
}

async fn tenants_come_in_parts(store: Store) {
    let partner = given(&store).await;
    let suspended = Tenant { status: Standing::Suspended, partner: Some(partner), ..tenant(6) };
    insert(&store, Within::Platform, &suspended).await.expect("is new");
    let mut tx = store.read().await.expect("opens");
    let all = TenantFilter::default();
    let status = TenantFilter { status: Some(Standing::Suspended), ..TenantFilter::default() };
    for (whose, filter, range, expected) in [
        (EVERYBODY, &all, (0, 9), (vec![8, 7, 6], 3)),
        (EVERYBODY, &all, (1, 1), (vec![7], 3)),
        (EVERYBODY, &all, (9, 9), (vec![], 3)),
        (EVERYBODY, &status, (0, 9), (vec![6], 1)),
        (of(&[], &[partner]), &all, (0, 1), (vec![7], 2)),
        (of(&[OURS], &[partner]), &all, (0, 9), (vec![7, 6], 2)),
        (of(&[], &[partner]), &status, (0, 9), (vec![6], 1)),
        (of(&[THEIRS], &[]), &all, (0, 9), (vec![8], 1)),
        (of(&[], &[]), &all, (0, 9), (vec![], 0)),
    ] {
        assert_eq!(tenants(&mut tx, &whose, filter, range).await, expected, "{whose:?} {filter:?} {range:?}");
    }
    let archived = TenantFilter { archived: true, ..TenantFilter::default() };
    assert_eq!(tenants(&mut tx, &EVERYBODY, &archived, (0, 9)).await, (vec![9], 1));
    let none = tx.tenants_part(Within::Tenant(OURS), &EVERYBODY, &all, (0, 9)).await.expect("lists");
    assert_eq!((none.items.len(), none.total), (0, 0));
    for (whose, text, expected) in [
        (EVERYBODY, "TENANT", vec![8, 7, 6]),
        (EVERYBODY, "tenant-8", vec![8]),
        (of(&[], &[partner]), "t 8", vec![]),
    ] {
        let filter = TenantFilter { text: Some(text.to_owned()), ..TenantFilter::default() };
        let found = tx.find_tenants(Within::Platform, &whose, &filter).await.expect("looks");
        let ids: Vec<u8> = found.items.iter().map(|tenant| tenant.id.as_bytes()[0]).collect();
        assert_eq!((ids, found.is_all), (expected, true), "{whose:?} {text}");
        let none = tx.find_tenants(Within::Tenant(OURS), &whose, &filter).await.expect("looks");
        assert!(none.items.is_empty());
    }
}

async fn partners_come_in_parts(store: Store) {
    given(&store).await;
    let inserted =
        store.write(async |tx| tx.insert_partner(Within::Platform, &another_partner()).await).await;
    inserted.expect("is new");
    let mut tx = store.read().await.expect("opens");
    let (all, archived) =
        (PartnerFilter::default(), PartnerFilter { archived: true, ..PartnerFilter::default() });
    let status = PartnerFilter { status: Some(Standing::Suspended), ..PartnerFilter::default() };
    for (filter, range, expected) in [
        (&all, (0, 9), (vec![101, 100], 2)),
        (&all, (1, 9), (vec![100], 2)),
        (&status, (0, 9), (vec![], 0)),
        (&archived, (0, 9), (vec![], 0)),
    ] {
        let part = tx.partners_part(Within::Platform, filter, range).await.expect("lists");
        let ids: Vec<u8> = part.items.iter().map(|partner| partner.id.as_bytes()[0]).collect();
        assert_eq!((ids, part.total), expected, "{filter:?} {range:?}");
    }
    let none = tx.partners_part(Within::Tenant(OURS), &all, (0, 9)).await.expect("lists");
    assert_eq!((none.items.len(), none.total), (0, 0));
    let text = PartnerFilter { text: Some("ANOTHER".to_owned()), ..PartnerFilter::default() };
    for (within, expected) in [(Within::Platform, vec![101]), (Within::Tenant(OURS), vec![])] {
        let found = tx.find_partners(within, &text).await.expect("looks");
        let ids: Vec<u8> = found.items.iter().map(|partner| partner.id.as_bytes()[0]).collect();
        assert_eq!((ids, found.is_all), (expected, true), "{within:?}");
    }
}
