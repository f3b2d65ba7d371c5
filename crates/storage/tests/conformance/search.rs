//! Searches for a part of an application's text.

use appkeep_domain::{
    Application, ApplicationId, ApplicationState, Entropy, Name, Owner, Ownership, Partner, PartnerId, Slug,
    Tag, Tenant, Whose, Within, fold,
};
use appkeep_storage::{ApplicationFilter, ApplicationPage, ReadTx, Seek, StorageError, Store};
use appkeep_testkit::{SeededEntropy, TestDatabase, inspect, on_each_database};

use crate::given::{OURS, THEIRS, application, at};
use crate::tenants::{partner, tenant};

on_each_database![
    a_search_is_literal_and_ignores_case,
    a_search_sees_what_was_written_and_nothing_else,
    a_search_finds_what_a_plain_filter_finds,
    a_search_among_many_walks_only_where_it_must_and_not_too_far,
    what_is_old_is_found_among_all_owners_and_counted,
    a_long_text_is_searched_for,
];

/// More than one call examines.
const MANY: usize = ReadTx::MAX_EXAMINED + 1;

fn text(text: &str) -> ApplicationFilter {
    ApplicationFilter { text: Some(text.to_owned()), ..ApplicationFilter::default() }
}

async fn page(store: &Store, filter: &ApplicationFilter, seek: Seek) -> ApplicationPage {
    let mut tx = store.read().await.expect("opens");
    let page = tx.applications(Within::Tenant(OURS), Owner::Tenant(OURS), filter, seek, at(3)).await;
    page.expect("lists")
}

async fn search(store: &Store, part: &str) -> Vec<u8> {
    let found = page(store, &text(part), Seek { after: None, limit: 50 }).await;
    found.applications.iter().map(|application| application.id.as_bytes()[0]).collect()
}

async fn insert(store: &Store, applications: Vec<Application>) {
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            for application in &applications {
                tx.insert_application(Within::Platform, application).await?;
            }
            Ok(())
        })
        .await;
    outcome.expect("inserts");
}

/// `OURS`, as a tenant of this partner.
const PARTNER: PartnerId = PartnerId::from_bytes([61; 16]);

async fn insert_our_partner(store: &Store) {
    let outcome: Result<(), StorageError> = store
        .write(async |tx| {
            tx.insert_partner(Within::Platform, &Partner { id: PARTNER, ..partner() }).await?;
            let ours = Tenant { partner: Some(PARTNER), ..tenant(OURS.as_bytes()[0]) };
            tx.insert_tenant(Within::Platform, &ours).await
        })
        .await;
    outcome.expect("inserts");
}

/// As many as one call examines and one more, each newer than the one before.
async fn insert_many(store: &Store, name: impl Fn(usize) -> &'static str) {
    let one = |number: usize| {
        let mut bytes = [0; 16];
        bytes[8..].copy_from_slice(&number.to_be_bytes());
        Application {
            id: ApplicationId::from_bytes(bytes),
            slug: Slug::parse(&format!("a-{number}")).expect("is a slug"),
            tags: Vec::new(),
            ..application(1, name(number))
        }
    };
    insert(store, (0..MANY).map(one).collect()).await;
}

async fn a_search_is_literal_and_ignores_case(store: Store) {
    insert(&store, vec![application(1, "Ärger 100%"), application(2, "Billing_api")]).await;
    let id = application(2, "Billing_api").id.to_string();
    for (part, found) in [
        ("äRG", vec![1]),
        ("%", vec![1]),
        ("00%", vec![1]),
        ("g_a", vec![2]),
        ("_", vec![2, 1]),
        ("pays \"", vec![2, 1]),
        (&id[3..], vec![2]),
        ("no such", vec![]),
        ("ing ing", vec![]),
        ("api\npays", vec![]),
        ("", vec![2, 1]),
    ] {
        assert_eq!(search(&store, part).await, found, "{part}");
    }
}

async fn a_search_sees_what_was_written_and_nothing_else(store: Store) {
    let billing = application(1, "Billing");
    let theirs = Application { owner: Owner::Tenant(THEIRS), ..application(2, "Billing too") };
    insert(&store, vec![billing.clone(), theirs]).await;
    assert_eq!(search(&store, "billing").await, [1], "another tenant's is not there");
    let undone: Result<(), StorageError> = store
        .write(async |tx| {
            tx.insert_application(Within::Tenant(OURS), &application(3, "Never billing")).await?;
            Err(StorageError::Stale)
        })
        .await;
    undone.expect_err("is undone");
    assert_eq!(search(&store, "billing").await, [1]);
    let name = Name::parse("Invoices").expect("is a name");
    let renamed = Application { version: 2, name, ..billing };
    let disabled = Application { version: 3, state: ApplicationState::Disabled, ..renamed.clone() };
    for (written, part, found) in [
        (renamed.clone(), "billing", vec![]),
        (renamed, "invoice", vec![1]),
        (disabled.clone(), "invoice", vec![1]),
    ] {
        // Writing the same version twice is stale, and changes nothing.
        let _: Result<(), StorageError> =
            store.write(async move |tx| tx.update_application(Within::Tenant(OURS), &written).await).await;
        assert_eq!(search(&store, part).await, found, "{part}");
    }
    let deleted: Result<(), StorageError> = store
        .write(async move |tx| tx.delete_application(Within::Tenant(OURS), &disabled, at(3)).await)
        .await;
    deleted.expect("deletes");
    assert_eq!(search(&store, "invoice").await, Vec::<u8>::new());
}

/// SQLite's, whose transactions share commits.
#[tokio::test]
async fn transactions_that_share_a_commit_leave_the_index_as_the_last_one_has_it() {
    let database = TestDatabase::sqlite().await;
    let store = database.store();
    let [renamed, deleted] = [application(1, "Billing"), application(2, "Bills")];
    let deleted_later = deleted.clone();
    let name = Name::parse("Invoices").expect("is a name");
    let update = Application { version: 2, name, ..renamed.clone() };
    let first = store.write(async |tx| {
        // For so long the others wait, and then they are one batch.
        std::thread::sleep(std::time::Duration::from_millis(30));
        tx.insert_application(Within::Platform, &application(4, "First")).await
    });
    let undone = store.write(async |tx| {
        tx.insert_application(Within::Platform, &application(3, "Undone")).await?;
        Err::<(), _>(StorageError::Stale)
    });
    let outcomes = tokio::join!(
        first,
        store.write(async move |tx| tx.insert_application(Within::Platform, &renamed).await),
        store.write(async move |tx| tx.insert_application(Within::Platform, &deleted).await),
        undone,
        store.write(async move |tx| tx.update_application(Within::Platform, &update).await),
        store.write(async move |tx| tx.delete_application(Within::Platform, &deleted_later, at(3)).await),
    );
    assert!(
        matches!(outcomes, (Ok(()), Ok(()), Ok(()), Err(StorageError::Stale), Ok(()), Ok(()))),
        "{outcomes:?}"
    );
    assert_eq!(search(&store, "voice").await, [1]);
    let entered =
        "SELECT count(*) FROM application_grams_docsize WHERE id IN (SELECT number FROM applications)";
    let others =
        "SELECT count(*) FROM application_grams_docsize WHERE id NOT IN (SELECT number FROM applications)";
    assert_eq!(inspect::number(&database.address(), entered).await, 2);
    assert_eq!(inspect::number(&database.address(), others).await, 0);
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
        const LETTERS: [char; 7] = ['a', 'B', 'b', 'Ä', 'ä', '_', '\n'];
        (0..=self.below(longest)).map(|_| LETTERS[self.below(LETTERS.len())]).collect()
    }

    fn application(&self, number: u8) -> Application {
        let state = [ApplicationState::Enabled, ApplicationState::Disabled][self.below(2)];
        let tags = if self.below(2) == 0 { vec![Tag::parse("b").expect("is a tag")] } else { Vec::new() };
        let name = format!("x{}", self.text(6).replace('\n', " ").trim_end());
        Application {
            state,
            tags,
            description: Some(self.text(12)),
            archived_at: (self.below(4) == 0).then_some(at(1)),
            expires_at: (self.below(4) == 0).then_some(at(2)),
            ..application(number, &name)
        }
    }

    fn filter(&self) -> ApplicationFilter {
        ApplicationFilter {
            state: (self.below(3) == 0).then_some(ApplicationState::Disabled),
            tag: (self.below(3) == 0).then(|| Tag::parse("b").expect("is a tag")),
            archived: self.below(4) == 0,
            ..text(&self.text(5))
        }
    }
}

fn plainly(application: &Application, filter: &ApplicationFilter) -> bool {
    let part = fold(filter.text.as_deref().unwrap_or_default());
    application.search_text().lines().any(|line| line.contains(&part))
        && application.is_there(at(3))
        && application.archived_at.is_some() == filter.archived
        && filter.state.is_none_or(|state| application.state == state)
        && filter.tag.as_ref().is_none_or(|tag| application.tags.contains(tag))
}

async fn a_search_finds_what_a_plain_filter_finds(store: Store) {
    let draw = Draw(SeededEntropy::new(6));
    let all: Vec<Application> = (1..=120).map(|number| draw.application(number)).collect();
    insert(&store, all.clone()).await;
    for _ in 0..150 {
        let filter = draw.filter();
        let expected: Vec<&Application> = all.iter().rev().filter(|one| plainly(one, &filter)).collect();
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let part = page(&store, &filter, Seek { after, limit: 7 }).await;
            assert!(part.applications.len() == 7 || part.next.is_none(), "only the last page is short");
            found.extend(part.applications);
            after = part.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

async fn a_search_among_many_walks_only_where_it_must_and_not_too_far(store: Store) {
    insert_many(&store, |number| if number == 0 { "Needle üq" } else { "Needlf eedle" }).await;
    let ask = async |part: &str, after| {
        let before = store.stats().request_statements;
        let page = page(&store, &text(part), Seek { after, limit: 50 }).await;
        (page.applications.len(), page.next, store.stats().request_statements - before)
    };
    for (part, found) in [("le üq", 1), ("needle üqq", 0), ("eedle", 50), ("le", 50)] {
        let (listed, next, took) = ask(part, None).await;
        assert_eq!((listed, next.is_some()), (found, found == 50), "{part}");
        assert!(took <= 3, "the newest, the index and what it names: {took} for {part}");
    }
    for part in ["needle", "üq"] {
        let (listed, next, _) = ask(part, None).await;
        assert_eq!((listed, next.is_some()), (0, true), "a short page with a cursor: {part}");
        let (listed, next, _) = ask(part, next).await;
        assert_eq!((listed, next), (1, None), "{part}");
    }
}

async fn what_is_old_is_found_among_all_owners_and_counted(store: Store) {
    insert_our_partner(&store).await;
    insert_many(&store, |number| if number == 0 { "Needle üq" } else { "Needlf eedle" }).await;
    let others = |number: u8, name| Application { owner: Owner::Tenant(THEIRS), ..application(number, name) };
    insert(&store, vec![others(250, "Needle üq"), others(251, "Hay")]).await;
    let partners = Whose::Of { owners: vec![Owner::Partner(PARTNER)], tenants_of: vec![PARTNER], only: None };
    let mut tx = store.read().await.expect("opens");
    for (whose, part, found, is_all) in [
        (Whose::All(None), "needle üq", 2, true),
        (Whose::All(Some(Ownership::Tenant)), "needle üq", 2, true),
        (Whose::All(Some(Ownership::Global)), "needle üq", 0, true),
        (partners.clone(), "needle üq", 1, true),
        (partners.clone(), "hay", 0, true),
        (Whose::from(Owner::Tenant(OURS)), "needle üq", 1, true),
        // Too short for the index, and too many for it.
        (Whose::All(None), "üq", 1, false),
        (partners, "eedl", ReadTx::MAX_EXAMINED, false),
    ] {
        let (filter, seek) = (text(part), Seek { after: None, limit: 50 });
        let all = tx.find_applications(Within::Platform, &whose, &filter, at(3)).await.expect("finds");
        assert_eq!((all.applications.len(), all.is_all), (found, is_all), "{whose:?} {part}");
        if is_all {
            let page = tx.applications(Within::Platform, whose.clone(), &filter, seek, at(3)).await;
            let page = page.expect("lists");
            assert_eq!((page.applications, page.next), (all.applications, None), "{whose:?} {part}");
        }
    }
}

async fn a_long_text_is_searched_for(store: Store) {
    let draw = Draw(SeededEntropy::new(7));
    let description: String = (0..900).map(|_| draw.text(9).replace('\n', "c")).collect();
    let long = Application { description: Some(description.clone()), ..application(2, "Long") };
    insert(&store, vec![application(1, "Short"), long]).await;
    assert_eq!(search(&store, &description).await, [2]);
    assert_eq!(search(&store, &description[1..]).await, [2]);
    assert_eq!(search(&store, &format!("{description}c")).await, Vec::<u8>::new());
}

#[tokio::test]
async fn a_vacuum_leaves_the_index_in_step_on_sqlite() {
    let database = TestDatabase::sqlite().await;
    let store = database.store();
    let [first, second] = [application(1, "First"), application(2, "Second")];
    insert(&store, vec![first.clone(), second]).await;
    let deleted: Result<(), StorageError> =
        store.write(async move |tx| tx.delete_application(Within::Tenant(OURS), &first, at(3)).await).await;
    deleted.expect("deletes");
    let connection = rusqlite::Connection::open(database.address()).expect("opens");
    connection.execute_batch("VACUUM").expect("vacuums");
    insert(&store, (3..=60).map(|number| application(number, "Hay")).collect()).await;
    assert_eq!(search(&store, "second").await, [2]);
}
