//! How many users each group has, and how many may use an application without a
//! look at who they are.

use std::collections::{BTreeMap, BTreeSet};

use appkeep_domain::{Assignment, Entropy as _, GroupId, Membership, Subject, UserId, Within};
use appkeep_storage::{StorageError, Store, WriteTx};
use appkeep_testkit::{SeededEntropy, TestDatabase, on_each_database};

use crate::given::{ENDING, OURS, at, directory, group, people, user};
use crate::signed_in::{OUR, billing, write};

on_each_database![
    they_are_those_of_a_plain_model_whatever_comes_and_goes,
    who_moves_to_another_group_is_in_one_again,
    a_wrong_headcount_shows_and_is_counted_anew,
    what_was_there_before_is_counted,
];

const USERS: u8 = 6;
const GROUPS: u8 = 4;

/// Who is in which group.
type Model = BTreeMap<u8, BTreeSet<u8>>;

/// Users and groups from 1 on; every group is assigned to the application.
async fn given(store: &Store) {
    let users = (1..=USERS).map(|number| user(number, &format!("{number}@example.com"))).collect();
    let groups = (1..=GROUPS).map(|number| group(number, &format!("Group {number}"))).collect();
    people(store, users, groups).await;
    let outcome = write(store, async |tx| {
        tx.insert_application(OUR, &billing()).await?;
        for number in 1..=GROUPS {
            assign(tx, Subject::Group(GroupId::from_bytes([number; 16]))).await?;
        }
        Ok(())
    });
    outcome.await.expect("inserts");
}

async fn assign(tx: &mut WriteTx, subject: Subject) -> Result<(), StorageError> {
    let (application, ours) = (billing(), directory(OURS));
    let assignment =
        Assignment { application: application.id, directory: ours.id, subject, created_at: at(3) };
    tx.assign(OUR, (&application, &ours), &assignment).await.map(drop)
}

/// What can happen to those in a group.
#[derive(Debug, Clone, Copy)]
enum Event {
    Comes(u8, u8),
    Leaves(u8, u8),
    /// A user is deleted, and another made in their place.
    UserGoes(u8),
    GroupGoes(u8),
}

impl Event {
    fn of([kind, group, user]: [u8; 3]) -> Self {
        let (group, user) = (1 + group % GROUPS, 1 + user % USERS);
        match kind % 12 {
            0..7 => Self::Comes(group, user),
            7..10 => Self::Leaves(group, user),
            10 => Self::UserGoes(user),
            _ => Self::GroupGoes(group),
        }
    }

    fn happens_to(self, model: &mut Model) {
        match self {
            Self::Comes(group, user) => drop(model.entry(group).or_default().insert(user)),
            Self::Leaves(group, user) => drop(model.entry(group).or_default().remove(&user)),
            Self::UserGoes(user) => {
                for users in model.values_mut() {
                    users.remove(&user);
                }
            }
            Self::GroupGoes(group) => drop(model.remove(&group)),
        }
    }

    async fn is_written(self, tx: &mut WriteTx) -> Result<(), StorageError> {
        let ours = directory(OURS);
        let id = |number| (GroupId::from_bytes([number; 16]), UserId::from_bytes([number; 16]));
        match self {
            Self::Comes(group, user) => {
                let membership = Membership { group: id(group).0, user: id(user).1, added_at: at(5) };
                tx.add_group_user(OUR, &ours, &membership).await.map(drop)
            }
            Self::Leaves(group, user) => {
                match tx.remove_group_user(OUR, &ours, id(group).0, id(user).1).await {
                    // They were not in it.
                    Err(StorageError::Stale) => Ok(()),
                    outcome => outcome,
                }
            }
            Self::UserGoes(number) => {
                tx.delete_user(OUR, &ours, id(number).1, ENDING).await?;
                tx.insert_user(OUR, &ours, &user(number, &format!("{number}@example.com"))).await
            }
            Self::GroupGoes(number) => {
                tx.delete_group(OUR, &ours, id(number).0).await?;
                tx.insert_group(OUR, &ours, &group(number, &format!("Group {number}"))).await?;
                assign(tx, Subject::Group(id(number).0)).await
            }
        }
    }
}

async fn happen(store: &Store, events: &[Event]) {
    for &event in events {
        write(store, async move |tx| event.is_written(tx).await).await.expect("writes");
    }
}

/// How many may use the application, where that is known without a look.
async fn counted(store: &Store) -> Option<u64> {
    let mut tx = store.read().await.expect("opens");
    let ours = directory(OURS);
    let counted = tx.count_effective_users(OUR, billing().id, &[&ours]).await.expect("counts");
    counted.first().map_or(Some(0), |count| count.people)
}

async fn sizes(store: &Store) -> Vec<u64> {
    let (mut tx, ours) = (store.read().await.expect("opens"), directory(OURS));
    let mut sizes = Vec::new();
    for number in 1..=GROUPS {
        let group = GroupId::from_bytes([number; 16]);
        sizes.push(tx.count_group_members(OUR, &ours, group).await.expect("counts"));
    }
    sizes
}

async fn miscounted(store: &Store) -> u64 {
    let mut tx = store.read().await.expect("opens");
    let totals = tx.directory_totals(Within::Platform, None, 9).await.expect("lists");
    totals.iter().map(|totals| totals.miscounted_groups).sum()
}

/// What is kept is what the model has, and says who are in several groups when
/// somebody is and at no other time.
async fn assert_is(store: &Store, model: &Model, what: &str) {
    let of = |number| model.get(&number).map_or(0, |users| users.len() as u64);
    let expected: Vec<u64> = (1..=GROUPS).map(of).collect();
    let people = model.values().flatten().collect::<BTreeSet<_>>().len() as u64;
    let is_known = people == expected.iter().sum::<u64>();
    assert_eq!(sizes(store).await, expected, "{what}");
    assert_eq!(counted(store).await, is_known.then_some(people), "{what}");
    assert_eq!(miscounted(store).await, 0, "{what}");
}

async fn they_are_those_of_a_plain_model_whatever_comes_and_goes(store: Store) {
    given(&store).await;
    let (entropy, mut model) = (SeededEntropy::new(27), Model::new());
    for number in 0..150 {
        let mut chance = [0; 3];
        entropy.fill(&mut chance);
        let event = Event::of(chance);
        event.happens_to(&mut model);
        happen(&store, &[event]).await;
        assert_is(&store, &model, &format!("{number}: {event:?}")).await;
    }
}

async fn who_moves_to_another_group_is_in_one_again(store: Store) {
    given(&store).await;
    happen(&store, &[Event::Comes(1, 1), Event::Comes(1, 2), Event::Comes(2, 3)]).await;
    assert_eq!(counted(&store).await, Some(3));
    happen(&store, &[Event::Comes(2, 1)]).await;
    assert_eq!(counted(&store).await, None, "somebody is in two");
    happen(&store, &[Event::Leaves(1, 1)]).await;
    assert_eq!(counted(&store).await, Some(3));
    happen(&store, &[Event::Comes(3, 1), Event::GroupGoes(2)]).await;
    assert_eq!((counted(&store).await, sizes(&store).await), (Some(2), vec![1, 0, 1, 0]));
    let someone = Subject::User(UserId::from_bytes([4; 16]));
    write(&store, async move |tx| assign(tx, someone).await).await.expect("assigns");
    assert_eq!(counted(&store).await, None, "somebody is assigned, who may be in a group as well");
    happen(&store, &[Event::UserGoes(1), Event::GroupGoes(1)]).await;
    assert_eq!(counted(&store).await, Some(1), "nobody comes by a group any more");
}

async fn a_wrong_headcount_shows_and_is_counted_anew(database: TestDatabase) {
    let store = database.store();
    given(&store).await;
    let events = [Event::Comes(1, 1), Event::Comes(2, 1), Event::Comes(2, 2), Event::Comes(3, 3)];
    happen(&store, &events).await;
    let all = [(1, [1].as_slice()), (2, &[1, 2]), (3, &[3])];
    let model: Model =
        all.into_iter().map(|(group, users)| (group, users.iter().copied().collect())).collect();
    for (wrong, groups) in [
        ("UPDATE headcounts SET members = members + 5", 3),
        ("UPDATE headcounts SET elsewhere = 0", 1),
        ("DELETE FROM headcounts", 3),
    ] {
        database.run(wrong).await;
        assert_eq!(miscounted(&store).await, groups, "{wrong}");
        let recount = write(&store, async |tx| tx.recount_directory(OUR, &directory(OURS)).await);
        recount.await.expect("counts");
        assert_is(&store, &model, wrong).await;
    }
    happen(&store, &[Event::Leaves(2, 1)]).await;
    assert_eq!((counted(&store).await, sizes(&store).await), (Some(3), vec![1, 1, 1, 0]), "it goes on");
}

/// A database of the release before has the members and counts none of them.
async fn what_was_there_before_is_counted(database: TestDatabase) {
    let store = database.store();
    given(&store).await;
    let mut events = vec![Event::Comes(3, 1), Event::Comes(1, 1), Event::Comes(2, 2), Event::Comes(2, 3)];
    happen(&store, &events).await;
    let triggers = if database.is_postgres() {
        "DROP TRIGGER members_are_counted ON members;
        DROP FUNCTION count_members;
        DROP FUNCTION count_member;"
    } else {
        "DROP TRIGGER members_that_come_are_counted;
        DROP TRIGGER members_that_change_are_counted;
        DROP TRIGGER members_that_go_are_counted;"
    };
    let rest = "DROP TABLE headcounts;
        DROP INDEX \"members.directory_id, members.user_id\";
        ALTER TABLE members DROP COLUMN elsewhere;
        DELETE FROM schema_migrations WHERE number = 27";
    drop(store);
    database.run(&format!("{triggers}{rest}")).await;
    let store = database.store();
    assert_eq!(store.migrate().await.expect("migrates"), 1);
    events.extend([Event::Leaves(3, 1), Event::Comes(4, 4)]);
    let mut model = Model::new();
    for (number, event) in events.into_iter().enumerate() {
        event.happens_to(&mut model);
        if number == 3 {
            assert_is(&store, &model, "what was there").await;
        }
        if number > 3 {
            happen(&store, &[event]).await;
            assert_is(&store, &model, "what comes after it").await;
        }
    }
}
