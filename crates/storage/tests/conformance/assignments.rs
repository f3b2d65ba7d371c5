//! Who is assigned to an application.

use appkeep_domain::{
    Application, ApplicationId, Assignment, Directory, DirectoryId, DirectoryOf, Environment, GroupId,
    Membership, Name, Nesting, Owner, Partner, PartnerId, Slug, Subject, Tenant, TenantId, User, UserId,
    Within,
};
use appkeep_storage::{AssignmentPage, Seek, StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{ENDING, OURS, THEIRS, application, assert_stale, at, directory, group, people, user};

on_each_database![
    an_assignment_reads_back_as_written_and_is_taken_back,
    assignments_are_listed_in_parts,
    people_are_assigned_to_what_is_for_them,
    another_tenants_assignments_are_not_there,
    a_user_may_directly_or_by_a_group,
    assignments_go_with_what_they_are_about,
    directories_of_an_application_are_listed,
    assignees_and_what_they_are_assigned_to_are_told,
];

const OUR: Within = Within::Tenant(OURS);
const PARTNER: PartnerId = PartnerId::from_bytes([9; 16]);

const fn person(number: u8) -> Subject {
    Subject::User(UserId::from_bytes([number; 16]))
}

const fn those(number: u8) -> Subject {
    Subject::Group(GroupId::from_bytes([number; 16]))
}

fn assignment(application: &Application, directory: &Directory, subject: Subject) -> Assignment {
    Assignment { application: application.id, directory: directory.id, subject, created_at: at(5) }
}

/// Billing, three users from 1 on and three groups from 11 on.
async fn given(store: &Store) -> (Application, Directory) {
    let users = (1..=3).map(|number| user(number, &format!("{number}@example.com"))).collect();
    let groups = (11..=13).map(|number| group(number, &format!("Group {number}"))).collect();
    let ours = people(store, users, groups).await;
    let billing = application(1, "Billing");
    insert(store, &billing).await;
    (billing, ours)
}

async fn insert(store: &Store, application: &Application) {
    let application = application.clone();
    let outcome: Result<(), StorageError> =
        store.write(async move |tx| tx.insert_application(Within::Platform, &application).await).await;
    outcome.expect("inserts");
}

async fn assign(
    store: &Store,
    within: Within,
    (application, directory): (&Application, &Directory),
    subject: Subject,
) -> Result<bool, StorageError> {
    let one = assignment(application, directory, subject);
    let (application, directory) = (application.clone(), directory.clone());
    store.write(async move |tx| tx.assign(within, (&application, &directory), &one).await).await
}

async fn unassign(store: &Store, within: Within, subject: Subject) -> Result<(), StorageError> {
    let billing = application(1, "Billing").id;
    store.write(async move |tx| tx.unassign(within, &directory(OURS), billing, subject).await).await
}

async fn list(store: &Store, within: Within, seek: Seek<Subject>) -> AssignmentPage {
    let billing = application(1, "Billing").id;
    let mut tx = store.read().await.expect("opens");
    tx.assignments(within, &directory(OURS), billing, seek).await.expect("lists")
}

async fn subjects(store: &Store) -> Vec<Subject> {
    let page = list(store, OUR, Seek { after: None, limit: 50 }).await;
    page.assignments.iter().map(|assignment| assignment.subject).collect()
}

async fn may(store: &Store, within: Within, application: ApplicationId, number: u8) -> bool {
    let mut tx = store.read().await.expect("opens");
    let user = UserId::from_bytes([number; 16]);
    tx.is_assigned(within, &directory(OURS), application, user).await.expect("reads")
}

async fn an_assignment_reads_back_as_written_and_is_taken_back(store: Store) {
    let (billing, ours) = given(&store).await;
    for subject in [person(1), those(11)] {
        assert!(assign(&store, OUR, (&billing, &ours), subject).await.expect("assigns"));
        assert!(!assign(&store, OUR, (&billing, &ours), subject).await.expect("is already"));
    }
    let page = list(&store, OUR, Seek { after: None, limit: 2 }).await;
    let [group, user] = [those(11), person(1)].map(|subject| assignment(&billing, &ours, subject));
    assert_eq!(page, AssignmentPage { assignments: vec![group, user], next: None });
    // A user's id names no group.
    assert_stale(assign(&store, OUR, (&billing, &ours), those(1)).await);
    assert_stale(unassign(&store, OUR, those(1)).await);
    unassign(&store, OUR, person(1)).await.expect("takes back");
    assert_stale(unassign(&store, OUR, person(1)).await);
    assert_eq!(subjects(&store).await, [those(11)]);
}

async fn assignments_are_listed_in_parts(store: Store) {
    let (billing, ours) = given(&store).await;
    for subject in [person(3), those(12), person(1)] {
        assign(&store, OUR, (&billing, &ours), subject).await.expect("assigns");
    }
    let first = list(&store, OUR, Seek { after: None, limit: 2 }).await;
    for late in [those(11), person(2)] {
        assign(&store, OUR, (&billing, &ours), late).await.expect("assigns");
    }
    let second = list(&store, OUR, Seek { after: first.next, limit: 2 }).await;
    let of = |page: &AssignmentPage| page.assignments.iter().map(|one| one.subject).collect::<Vec<_>>();
    assert_eq!((of(&first), of(&second)), (vec![those(12), person(1)], vec![person(2), person(3)]));
    assert_eq!(second.next, None);
}

/// The partner with `OURS` under it.
async fn partner(store: &Store) {
    let partner = Partner::new(
        PARTNER,
        Slug::parse("reseller").expect("is a slug"),
        Name::parse("Reseller").expect("is a name"),
        at(1),
    );
    let tenant = Tenant {
        partner: Some(PARTNER),
        ..Tenant::new(
            OURS,
            Slug::parse("ours").expect("is a slug"),
            Name::parse("Ours").expect("is a name"),
            at(1),
        )
    };
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_partner(Within::Platform, &partner).await?;
            tx.insert_tenant(Within::Platform, &tenant).await
        })
        .await;
    outcome.expect("inserts");
}

async fn people_are_assigned_to_what_is_for_them(store: Store) {
    let (billing, ours) = given(&store).await;
    partner(&store).await;
    let owned = |number, owner| Application { owner, ..application(number, "Other") };
    let other_partner = PartnerId::from_bytes([10; 16]);
    for (other, expected) in [
        (owned(2, Owner::Global), true),
        (owned(3, Owner::Partner(PARTNER)), true),
        (owned(4, Owner::Partner(other_partner)), false),
        (owned(5, Owner::Tenant(THEIRS)), false),
    ] {
        insert(&store, &other).await;
        let outcome = assign(&store, OUR, (&other, &ours), person(1)).await;
        assert_eq!(outcome.is_ok(), expected, "{:?}: {outcome:?}", other.owner);
    }
    assert_stale(assign(&store, OUR, (&application(6, "Gone"), &ours), person(1)).await);
    assert_stale(assign(&store, OUR, (&billing, &directory(THEIRS)), person(1)).await);
    let of = DirectoryOf::Application { application: billing.id, environment: Environment::Live };
    let own = Directory { id: DirectoryId::from_bytes([70; 16]), of, ..directory(OURS) };
    let eve = User { directory: own.id, ..user(9, "eve@example.com") };
    let (inserted, other) = (own.clone(), application(7, "Seven"));
    insert(&store, &other).await;
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_directory(OUR, &inserted).await?;
            tx.insert_user(OUR, &inserted, &eve).await
        })
        .await;
    outcome.expect("inserts");
    assert!(assign(&store, OUR, (&billing, &own), person(9)).await.expect("is its own"));
    assert_stale(assign(&store, OUR, (&other, &own), person(9)).await);
}

async fn another_tenants_assignments_are_not_there(store: Store) {
    let (billing, ours) = given(&store).await;
    assign(&store, OUR, (&billing, &ours), person(1)).await.expect("assigns");
    for within in [Within::Tenant(THEIRS), Within::Partner(PARTNER)] {
        let page = list(&store, within, Seek { after: None, limit: 9 }).await;
        assert_eq!(page, AssignmentPage::default());
        assert!(!may(&store, within, billing.id, 1).await);
        let mut tx = store.read().await.expect("opens");
        let first = DirectoryId::from_bytes([0; 16]);
        assert_eq!(tx.assigned_directories(within, billing.id, first, 9).await.expect("lists"), []);
        drop(tx);
        assert_stale(assign(&store, within, (&billing, &ours), person(2)).await);
        assert_stale(unassign(&store, within, person(1)).await);
    }
    assert!(may(&store, OUR, billing.id, 1).await);
}

async fn a_user_may_directly_or_by_a_group(store: Store) {
    let (billing, ours) = given(&store).await;
    let other = application(2, "Other").id;
    let of_groups: Result<(), StorageError> = store
        .write(async |tx| {
            let [outer, middle, inner] = [11, 12, 13].map(|number| GroupId::from_bytes([number; 16]));
            for (parent, child) in [(outer, middle), (middle, inner)] {
                tx.add_group_group(OUR, &directory(OURS), &Nesting { parent, child, added_at: at(5) })
                    .await?;
            }
            let user = UserId::from_bytes([2; 16]);
            let membership = Membership { group: inner, user, added_at: at(5) };
            tx.add_group_user(OUR, &directory(OURS), &membership).await.map(drop)
        })
        .await;
    of_groups.expect("adds");
    assign(&store, OUR, (&billing, &ours), person(1)).await.expect("assigns");
    for (number, expected) in [(1, true), (2, false), (3, false)] {
        assert_eq!(may(&store, OUR, billing.id, number).await, expected, "{number} directly");
        assert!(!may(&store, OUR, other, number).await);
    }
    for outer in [11, 12, 13] {
        assign(&store, OUR, (&billing, &ours), those(outer)).await.expect("assigns");
        for (number, expected) in [(1, true), (2, true), (3, false)] {
            assert_eq!(may(&store, OUR, billing.id, number).await, expected, "{number} by {outer}");
        }
        unassign(&store, OUR, those(outer)).await.expect("takes back");
    }
    assert!(!may(&store, OUR, billing.id, 2).await);
}

async fn assignments_go_with_what_they_are_about(store: Store) {
    let (billing, ours) = given(&store).await;
    for subject in [person(1), person(2), those(11), those(12)] {
        assign(&store, OUR, (&billing, &ours), subject).await.expect("assigns");
    }
    let outcome: Result<(), StorageError> = store
        .write(async |tx| {
            tx.delete_user(OUR, &directory(OURS), UserId::from_bytes([1; 16]), ENDING).await?;
            tx.delete_group(OUR, &directory(OURS), GroupId::from_bytes([11; 16])).await
        })
        .await;
    outcome.expect("deletes");
    assert_eq!(subjects(&store).await, [those(12), person(2)]);
    let outcome: Result<(), StorageError> =
        store.write(async move |tx| tx.delete_application(OUR, &billing, at(9)).await).await;
    outcome.expect("deletes");
    assert_eq!(subjects(&store).await, []);
}

async fn directories_of_an_application_are_listed(store: Store) {
    let (billing, _) = given(&store).await;
    let everywhere = Application { owner: Owner::Global, ..application(2, "Everywhere") };
    insert(&store, &everywhere).await;
    // Every other one has somebody who is assigned; `OURS` is 7.
    for number in 20..26 {
        let tenant = TenantId::from_bytes([number; 16]);
        let (theirs, everywhere) = (directory(tenant), everywhere.clone());
        let outcome: Result<(), StorageError> = store
            .write(async move |tx| {
                tx.insert_directory(Within::Platform, &theirs).await?;
                for user_number in [number, number + 100] {
                    let email = format!("{user_number}@example.com");
                    let one = User { directory: theirs.id, ..user(user_number, &email) };
                    tx.insert_user(Within::Platform, &theirs, &one).await?;
                    let assigned = assignment(&everywhere, &theirs, Subject::User(one.id));
                    if number % 2 == 0 {
                        tx.assign(Within::Platform, (&everywhere, &theirs), &assigned).await?;
                    }
                }
                Ok(())
            })
            .await;
        outcome.expect("inserts");
    }
    let mut tx = store.read().await.expect("opens");
    let own = Within::Tenant(TenantId::from_bytes([22; 16]));
    for (within, from, limit, found) in [
        (Within::Platform, 0, 9, vec![20, 22, 24]),
        (Within::Platform, 22, 9, vec![22, 24]),
        (Within::Platform, 21, 1, vec![22]),
        (Within::Platform, 25, 9, vec![]),
        (own, 0, 9, vec![22]),
        (own, 23, 9, vec![]),
        (OUR, 0, 9, vec![]),
    ] {
        let from = DirectoryId::from_bytes([from; 16]);
        let listed = tx.assigned_directories(within, everywhere.id, from, limit).await.expect("lists");
        let numbers: Vec<u8> = listed.iter().map(|directory| directory.id.as_bytes()[0]).collect();
        assert_eq!(numbers, found, "{within:?} from {from}");
    }
    let first = DirectoryId::from_bytes([0; 16]);
    assert_eq!(tx.assigned_directories(Within::Platform, billing.id, first, 9).await.expect("lists"), []);
}

async fn assignees_and_what_they_are_assigned_to_are_told(store: Store) {
    let (billing, ours) = given(&store).await;
    let reporting = application(2, "Reporting");
    insert(&store, &reporting).await;
    for (application, subject) in
        [(&billing, person(2)), (&billing, person(1)), (&billing, those(11)), (&reporting, person(2))]
    {
        assert!(assign(&store, OUR, (application, &ours), subject).await.expect("assigns"));
    }
    let mut tx = store.read().await.expect("opens");
    let found = tx.assignees(OUR, &ours, billing.id, 9).await.expect("lists");
    let users: Vec<u8> = found.users.iter().map(|(user, _)| user.id.as_bytes()[0]).collect();
    let groups: Vec<u8> = found.groups.iter().map(|(group, _)| group.id.as_bytes()[0]).collect();
    assert_eq!((users, groups, found.has_more), (vec![1, 2], vec![11], false));
    assert_eq!(found.users[0].1, at(5));
    let some = tx.assignees(OUR, &ours, billing.id, 1).await.expect("lists");
    assert_eq!((some.users.len(), some.groups.len(), some.has_more), (1, 1, true));
    for (subject, limit, expected) in
        [(person(2), 9, vec![2, 1]), (person(2), 1, vec![2]), (those(11), 9, vec![1]), (person(3), 9, vec![])]
    {
        let found = tx.applications_of_subject(OUR, &ours, subject, limit).await.expect("lists");
        let found: Vec<u8> = found.iter().map(|(owned, _)| owned.application.id.as_bytes()[0]).collect();
        assert_eq!(found, expected, "{subject:?}");
    }
    let elsewhere = Within::Tenant(THEIRS);
    assert!(tx.assignees(elsewhere, &ours, billing.id, 9).await.expect("lists").users.is_empty());
    assert!(tx.applications_of_subject(elsewhere, &ours, person(2), 9).await.expect("lists").is_empty());
}
