//! Who may use an application after all, against a plain model.

use std::collections::BTreeSet;

use appkeep_domain::{
    AccessPath, Application, ApplicationId, Assignment, Directory, DirectoryId, GroupId, Membership, Nesting,
    Owner, PartnerId, Subject, TenantId, User, UserId, Within,
};
use appkeep_storage::{EffectivePage, EffectivePlace, Nested, ReadTx, StorageError, Store};
use appkeep_testkit::on_each_database;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Handle;

use crate::given::{ENDING, OURS, THEIRS, application, at, directory, group, user};

on_each_database![
    effective_users_are_those_of_a_plain_model,
    another_tenants_effective_users_are_not_there,
    a_page_is_stable_while_others_come,
    a_list_goes_through_many_directories,
    ids_of_any_bytes_are_read_whole,
];

/// Numbers of users and groups: who is in which group, which group in which,
/// and what is assigned.
#[derive(Debug, Clone)]
struct Picture {
    members: BTreeSet<(u8, u8)>,
    nestings: Vec<(u8, u8)>,
    users: BTreeSet<u8>,
    groups: BTreeSet<u8>,
    limit: usize,
}

const USERS: u8 = 6;
const GROUPS: u8 = 7;

fn picture() -> impl Strategy<Value = Picture> {
    use proptest::collection::{btree_set, vec};
    (
        btree_set((0..GROUPS, 0..USERS), 0..14),
        vec((0..GROUPS, 0..GROUPS), 0..14),
        btree_set(0..USERS, 0..4),
        btree_set(0..GROUPS, 0..4),
        1..4_usize,
    )
        .prop_map(|(members, nestings, users, groups, limit)| Picture {
            members,
            nestings,
            users,
            groups,
            limit,
        })
}

/// Ids of one round, so that each has a directory and an application of its own.
#[derive(Debug, Clone, Copy)]
struct Round(u32);

impl Round {
    fn bytes(self, noun: u8, number: u8) -> [u8; 16] {
        let mut bytes = [0x10; 16];
        bytes[..4].copy_from_slice(&self.0.to_be_bytes());
        (bytes[4], bytes[5]) = (noun, number);
        bytes
    }

    fn directory(self) -> Directory {
        Directory { id: DirectoryId::from_bytes(self.bytes(1, 0)), owner: self.owner(), ..directory(OURS) }
    }

    fn owner(self) -> Owner {
        Owner::Tenant(TenantId::from_bytes(self.bytes(2, 0)))
    }

    fn within(self) -> Within {
        Within::Tenant(TenantId::from_bytes(self.bytes(2, 0)))
    }

    fn application(self) -> Application {
        let id = ApplicationId::from_bytes(self.bytes(3, 0));
        Application { id, owner: self.owner(), ..application(1, "Billing") }
    }

    fn user(self, number: u8) -> UserId {
        UserId::from_bytes(self.bytes(4, number))
    }

    fn group(self, number: u8) -> GroupId {
        GroupId::from_bytes(self.bytes(5, number))
    }
}

/// Writes the picture, and answers the nestings that were no cycle.
async fn write(store: &Store, round: Round, picture: Picture) -> Result<Vec<(u8, u8)>, StorageError> {
    store
        .write(async move |tx| {
            let (within, ours, billing) = (round.within(), round.directory(), round.application());
            tx.insert_application(within, &billing).await?;
            tx.insert_directory(within, &ours).await?;
            for number in 0..USERS {
                let one = user(number, &format!("{number}@example.com"));
                tx.insert_user(within, &ours, &User { id: round.user(number), directory: ours.id, ..one })
                    .await?;
            }
            for number in 0..GROUPS {
                let mut one = group(number, &format!("Group {number}"));
                (one.id, one.directory) = (round.group(number), ours.id);
                tx.insert_group(within, &ours, &one).await?;
            }
            for &(in_group, number) in &picture.members {
                let (group, user) = (round.group(in_group), round.user(number));
                tx.add_group_user(within, &ours, &Membership { group, user, added_at: at(1) }).await?;
            }
            let mut nested = Vec::new();
            for &(outer, inner) in &picture.nestings {
                let (parent, child) = (round.group(outer), round.group(inner));
                let outcome =
                    tx.add_group_group(within, &ours, &Nesting { parent, child, added_at: at(1) }).await?;
                if outcome == Nested::Added {
                    nested.push((outer, inner));
                }
            }
            let users = picture.users.iter().map(|number| Subject::User(round.user(*number)));
            let groups = picture.groups.iter().map(|number| Subject::Group(round.group(*number)));
            for subject in users.chain(groups) {
                let one =
                    Assignment { application: billing.id, directory: ours.id, subject, created_at: at(1) };
                tx.assign(within, (&billing, &ours), &one).await?;
            }
            Ok(nested)
        })
        .await
}

/// Every chain of groups from this one inwards.
fn chains(nested: &[(u8, u8)], from: u8) -> Vec<Vec<u8>> {
    let inner =
        nested.iter().filter(|(outer, _)| *outer == from).flat_map(|(_, inner)| chains(nested, *inner));
    let longer = inner.map(|chain| [vec![from], chain].concat());
    std::iter::once(vec![from]).chain(longer).collect()
}

/// The ways of one user, found by trying all chains.
fn plainly(round: Round, picture: &Picture, nested: &[(u8, u8)], number: u8) -> Vec<AccessPath> {
    let leads = |chain: &Vec<u8>| chain.last().is_some_and(|last| picture.members.contains(&(*last, number)));
    let shortest = |assigned: &u8| {
        let ways = chains(nested, *assigned).into_iter().filter(leads);
        ways.min_by_key(|chain| (chain.len(), chain.clone()))
    };
    let mut ways: Vec<Vec<u8>> = picture.groups.iter().filter_map(shortest).collect();
    ways.sort_by_key(|chain| (chain.len(), chain[0]));
    let via = |chain: &Vec<u8>| AccessPath::Via(chain.iter().map(|one| round.group(*one)).collect());
    let direct = picture.users.contains(&number).then_some(AccessPath::Direct);
    direct.into_iter().chain(ways.iter().map(via)).collect()
}

async fn listed(
    tx: &mut ReadTx,
    (within, application): (Within, ApplicationId),
    limit: usize,
) -> Vec<(UserId, Vec<AccessPath>)> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = tx.effective_users(within, application, after, limit).await.expect("lists");
        assert!(page.users.len() <= limit);
        found.extend(page.users.into_iter().map(|one| (one.user.id, one.paths)));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

async fn check(store: &Store, round: Round, picture: Picture) -> Result<(), TestCaseError> {
    let nested = write(store, round, picture.clone()).await.expect("writes");
    let mut tx = store.read().await.expect("opens");
    let (within, billing) = (round.within(), round.application().id);
    let of = |number| (round.user(number), plainly(round, &picture, &nested, number));
    let expected: Vec<(UserId, Vec<AccessPath>)> =
        (0..USERS).map(of).filter(|(_, paths)| !paths.is_empty()).collect();
    for limit in [picture.limit, 50] {
        prop_assert_eq!(&listed(&mut tx, (within, billing), limit).await, &expected, "{} a page", limit);
    }
    let ids: Vec<UserId> = expected.iter().map(|(user, _)| *user).collect();
    let ours = round.directory();
    let all = tx.all_effective_users(within, billing, &[&ours]).await.expect("reads");
    prop_assert_eq!(all.into_values().next().unwrap_or_default(), ids.clone());
    let counted = tx.count_effective_users(within, billing, &[&ours]).await.expect("counts");
    prop_assert_eq!(counted.is_empty(), ids.is_empty());
    let groups = |number: &u8| picture.members.iter().filter(|(_, user)| user == number).count();
    let in_one_at_most = picture.users.is_empty() && (0..USERS).all(|number| groups(&number) < 2);
    for count in counted {
        prop_assert_eq!((count.directory, count.most), (ours.id, count.people.unwrap_or(u64::from(USERS))));
        prop_assert!(count.people.is_some() || !in_one_at_most, "nobody has two ways: {:?}", count);
        prop_assert_eq!(count.people.unwrap_or(ids.len() as u64), ids.len() as u64);
    }
    for number in 0..USERS {
        let may = tx.is_assigned(within, &round.directory(), billing, round.user(number)).await;
        let expected = expected.iter().any(|(user, _)| *user == round.user(number));
        prop_assert_eq!(may.expect("reads"), expected, "user {}", number);
    }
    Ok(())
}

async fn effective_users_are_those_of_a_plain_model(store: Store) {
    let rounds = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let outcome = tokio::task::block_in_place(|| {
        runner
            .run(&picture(), |picture| {
                rounds.set(rounds.get() + 1);
                Handle::current().block_on(check(&store, Round(rounds.get()), picture))
            })
            .map_err(Box::new)
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

fn plain(members: &[(u8, u8)], users: &[u8], groups: &[u8]) -> Picture {
    Picture {
        members: members.iter().copied().collect(),
        nestings: Vec::new(),
        users: users.iter().copied().collect(),
        groups: groups.iter().copied().collect(),
        limit: 1,
    }
}

async fn another_tenants_effective_users_are_not_there(store: Store) {
    let round = Round(1);
    write(&store, round, plain(&[(0, 1)], &[0], &[0])).await.expect("writes");
    let mut tx = store.read().await.expect("opens");
    for within in [Within::Tenant(THEIRS), Within::Partner(PartnerId::from_bytes([9; 16]))] {
        let page = tx.effective_users(within, round.application().id, None, 9).await.expect("lists");
        assert_eq!(page, EffectivePage::default());
        let (theirs, billing) = (round.directory(), round.application().id);
        let all = tx.all_effective_users(within, billing, &[&theirs]).await.expect("reads");
        let counted = tx.count_effective_users(within, billing, &[&theirs]).await.expect("counts");
        assert!(all.is_empty() && counted.is_empty(), "{all:?} {counted:?}");
    }
    let page = tx.effective_users(Within::Platform, round.application().id, None, 9).await.expect("lists");
    let [first, second] = page.users.as_slice() else { panic!("{page:?}") };
    assert_eq!(first.user.email.as_str(), "0@example.com");
    assert_eq!(first.paths, [AccessPath::Direct]);
    assert_eq!(second.paths, [AccessPath::Via(vec![round.group(0)])]);
}

async fn a_page_is_stable_while_others_come(store: Store) {
    let round = Round(1);
    let numbers =
        |page: &EffectivePage| page.users.iter().map(|one| one.user.id.as_bytes()[5]).collect::<Vec<_>>();
    write(&store, round, plain(&[(0, 1), (0, 4), (1, 5)], &[3], &[0])).await.expect("writes");
    let mut tx = store.read().await.expect("opens");
    let (within, billing) = (round.within(), round.application().id);
    let first = tx.effective_users(within, billing, None, 2).await.expect("lists");
    drop(tx);
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            for number in [0, 5] {
                let (group, user) = (round.group(0), round.user(number));
                let membership = Membership { group, user, added_at: at(1) };
                tx.add_group_user(round.within(), &round.directory(), &membership).await?;
            }
            // Where the first page stopped is gone.
            tx.delete_user(round.within(), &round.directory(), round.user(3), ENDING).await
        })
        .await;
    outcome.expect("adds");
    let mut tx = store.read().await.expect("opens");
    let second = tx.effective_users(within, billing, first.next, 2).await.expect("lists");
    assert_eq!((numbers(&first), numbers(&second), second.next), (vec![1, 3], vec![4, 5], None));
}

async fn a_list_goes_through_many_directories(store: Store) {
    let everywhere = Application { owner: Owner::Global, ..application(1, "Everywhere") };
    let given = everywhere.clone();
    let count = ReadTx::MAX_DIRECTORIES + 3;
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_application(Within::Platform, &given).await?;
            for number in 1..=count {
                let (round, within) = (Round(number), Within::Platform);
                let (theirs, user_id) = (round.directory(), round.user(1));
                tx.insert_directory(within, &theirs).await?;
                let one = User { id: user_id, directory: theirs.id, ..user(1, "ada@example.com") };
                tx.insert_user(within, &theirs, &one).await?;
                let payers =
                    appkeep_domain::Group { id: round.group(1), directory: theirs.id, ..group(1, "Payers") };
                tx.insert_group(within, &theirs, &payers).await?;
                // Of every other one a group is assigned that nobody is in.
                let subject =
                    if number % 2 == 0 { Subject::User(user_id) } else { Subject::Group(payers.id) };
                let one =
                    Assignment { application: given.id, directory: theirs.id, subject, created_at: at(1) };
                tx.assign(within, (&given, &theirs), &one).await?;
            }
            Ok(())
        })
        .await;
    outcome.expect("writes");
    let mut tx = store.read().await.expect("opens");
    let expected: Vec<UserId> =
        (1..=count).filter(|number| number % 2 == 0).map(|number| Round(number).user(1)).collect();
    for limit in [1, 2, 50] {
        let found = listed(&mut tx, (Within::Platform, everywhere.id), limit).await;
        assert_eq!(found.iter().map(|(user, _)| *user).collect::<Vec<_>>(), expected, "{limit} a page");
    }
    let directories: Vec<Directory> = (1..=count).map(|number| Round(number).directory()).collect();
    let directories: Vec<&Directory> = directories.iter().collect();
    let within = Within::Platform;
    let all = tx.all_effective_users(within, everywhere.id, &directories).await.expect("reads");
    assert_eq!(all.into_values().flatten().collect::<Vec<_>>(), expected);
    let counted = tx.count_effective_users(within, everywhere.id, &directories).await.expect("counts");
    assert!(counted.iter().all(|count| count.people == Some(1)), "nobody can come by two ways: {counted:?}");
    assert_eq!(counted.len(), expected.len());
    let page = tx.effective_users(Within::Platform, everywhere.id, None, 50).await.expect("lists");
    let reached = Round(ReadTx::MAX_DIRECTORIES).directory().id;
    assert_eq!(page.next.map(|EffectivePlace { directory, .. }| directory), Some(reached), "a short page");
}

/// They come in one piece, which is a text to one of the databases.
async fn ids_of_any_bytes_are_read_whole(store: Store) {
    let round = Round(1);
    write(&store, round, plain(&[], &[], &[0])).await.expect("writes");
    let mut last = [0; 16];
    last[15] = 1;
    let mixed = *b"a\0b'\xc3\x28\xf0\x9f\0\0\xed\xa0\x80\xfe\xff,";
    let ids = [last, mixed, [0x80; 16], [0xff; 16]].map(UserId::from_bytes);
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            let (within, ours, billing) = (round.within(), round.directory(), round.application());
            for (number, id) in (10..).zip(ids) {
                let one = user(number, &format!("{number}@example.com"));
                tx.insert_user(within, &ours, &User { id, directory: ours.id, ..one }).await?;
                let membership = Membership { group: round.group(0), user: id, added_at: at(1) };
                tx.add_group_user(within, &ours, &membership).await?;
            }
            // Two of them by two ways.
            for id in [ids[1], ids[3]] {
                let (application, subject) = (billing.id, Subject::User(id));
                let one = Assignment { application, directory: ours.id, subject, created_at: at(1) };
                tx.assign(within, (&billing, &ours), &one).await?;
            }
            Ok(())
        })
        .await;
    outcome.expect("writes");
    let mut tx = store.read().await.expect("opens");
    let (ours, billing) = (round.directory(), round.application().id);
    let all = tx.all_effective_users(round.within(), billing, &[&ours]).await.expect("reads");
    assert_eq!(all.into_iter().collect::<Vec<_>>(), [(ours.id, ids.to_vec())]);
}
