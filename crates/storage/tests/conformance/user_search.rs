//! Searches for a part of what is known of a user.

use appkeep_domain::{Email, Entropy as _, Membership, Name, User, UserId, UserStatus, Within, fold};
use appkeep_storage::{Seek, StorageError, Store, UserFilter};
use appkeep_testkit::{SeededEntropy, on_each_database};

use crate::given::{ENDING, OURS, THEIRS, at, directory, group, people, user};

on_each_database![
    a_search_finds_what_a_plain_filter_finds,
    a_search_follows_what_changes,
    another_tenants_users_are_not_found,
    a_search_among_many_takes_few_statements,
];

const OUR: Within = Within::Tenant(OURS);

async fn search(store: &Store, filter: &UserFilter, limit: usize) -> Vec<User> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let mut tx = store.read().await.expect("opens");
        let page = tx.users(OUR, &directory(OURS), filter, Seek { after, limit }).await.expect("lists");
        assert!(page.users.len() == limit || page.next.is_none(), "only the last page is short");
        found.extend(page.users);
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

fn text(text: &str) -> UserFilter {
    UserFilter { text: Some(text.to_owned()), ..UserFilter::default() }
}

/// Draws texts of few letters, so that parts of them are found often.
struct Draw(SeededEntropy);

impl Draw {
    fn below(&self, end: usize) -> usize {
        let mut byte = [0];
        self.0.fill(&mut byte);
        usize::from(byte[0]) % end
    }

    fn text(&self, longest: usize) -> String {
        const LETTERS: [char; 5] = ['a', 'B', 'b', 'Ä', '_'];
        (0..=self.below(longest)).map(|_| LETTERS[self.below(LETTERS.len())]).collect()
    }
}

async fn a_search_finds_what_a_plain_filter_finds(store: Store) {
    let draw = Draw(SeededEntropy::new(8));
    let all: Vec<User> = (1..=90)
        .map(|number| User {
            name: Name::parse(&draw.text(9)).ok(),
            given_name: None,
            family_name: None,
            status: [UserStatus::Active, UserStatus::Suspended][draw.below(2)],
            ..user(number, &format!("{}{number}@b.example", draw.text(6)))
        })
        .collect();
    let (payers, members) =
        (group(200, "Payers"), (1..=90).filter(|_| draw.below(3) == 0).collect::<Vec<u8>>());
    people(&store, all.clone(), vec![payers.clone()]).await;
    let adding = members.clone();
    let added: Result<(), StorageError> = store
        .write(async move |tx| {
            for number in &adding {
                let user = UserId::from_bytes([*number; 16]);
                let membership = Membership { group: group(200, "Payers").id, user, added_at: at(5) };
                tx.add_group_user(OUR, &directory(OURS), &membership).await?;
            }
            Ok(())
        })
        .await;
    added.expect("adds");
    for _ in 0..80 {
        let filter = UserFilter {
            status: (draw.below(3) == 0).then_some(UserStatus::Suspended),
            group: (draw.below(3) == 0).then_some(payers.id),
            ..text(&draw.text(4))
        };
        let part = fold(filter.text.as_deref().unwrap_or_default());
        let passes = |user: &&User| {
            user.search_text().lines().any(|line| line.contains(&part))
                && filter.status.is_none_or(|status| user.status == status)
                && (filter.group.is_none() || members.contains(&user.id.as_bytes()[0]))
        };
        let expected: Vec<&User> = all.iter().rev().filter(passes).collect();
        let found = search(&store, &filter, 7).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

async fn a_search_follows_what_changes(store: Store) {
    let ada = user(1, "ada@example.com");
    people(&store, vec![ada.clone(), user(2, "bob@example.com")], Vec::new()).await;
    let renamed =
        User { version: 2, email: Email::parse("augusta@example.com").expect("is one"), ..ada.clone() };
    let suspended = User { version: 3, status: UserStatus::Suspended, ..renamed.clone() };
    for (written, part, found) in [
        (renamed.clone(), "ada@", 0),
        (renamed, "augusta", 1),
        (suspended.clone(), "augusta", 1),
        (suspended, &ada.id.to_string()[4..], 1),
    ] {
        // Writing the same version twice is stale, and changes nothing.
        let _: Result<(), StorageError> =
            store.write(async move |tx| tx.update_user(OUR, &directory(OURS), &written).await).await;
        assert_eq!(search(&store, &text(part), 9).await.len(), found, "{part}");
    }
    let deleted: Result<(), StorageError> =
        store.write(async move |tx| tx.delete_user(OUR, &directory(OURS), ada.id, ENDING).await).await;
    deleted.expect("deletes");
    assert_eq!(search(&store, &text("augusta"), 9).await, Vec::new());
    assert_eq!(search(&store, &text("example"), 9).await.len(), 1);
}

async fn another_tenants_users_are_not_found(store: Store) {
    people(&store, vec![user(1, "ada@example.com")], Vec::new()).await;
    let theirs = directory(THEIRS);
    let eve = User { directory: theirs.id, ..user(2, "eve-ada@example.com") };
    let inserted: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_directory(Within::Platform, &theirs).await?;
            tx.insert_user(Within::Platform, &theirs, &eve).await
        })
        .await;
    inserted.expect("inserts");
    let found = search(&store, &text("ada@"), 9).await;
    assert_eq!(found.iter().map(|user| user.id.as_bytes()[0]).collect::<Vec<_>>(), [1]);
}

async fn a_search_among_many_takes_few_statements(store: Store) {
    let one = |number: u32| {
        let email =
            format!("{}@example.com", if number == 0 { "needle".to_owned() } else { number.to_string() });
        let mut bytes = [0; 16];
        bytes[8..12].copy_from_slice(&number.to_be_bytes());
        User { id: UserId::from_bytes(bytes), username: None, ..user(1, &email) }
    };
    people(&store, (0..2_000).map(one).collect(), Vec::new()).await;
    for (part, found) in [("needle", 1), ("needles", 0), ("example", 50)] {
        let before = store.stats().request_statements;
        let mut tx = store.read().await.expect("opens");
        let seek = Seek { after: None, limit: 50 };
        let page = tx.users(OUR, &directory(OURS), &text(part), seek).await.expect("lists");
        let took = store.stats().request_statements - before;
        assert_eq!((page.users.len(), page.next.is_some()), (found, found == 50), "{part}");
        assert!(took <= 3, "the newest, the index and what it names: {took} for {part}");
    }
}
