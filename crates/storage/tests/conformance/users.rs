//! Users, alone and in lists.

use appkeep_domain::{
    CustomAttributes, Email, Membership, Metadata, Name, PartnerId, User, UserId, UserStatus, Username,
    Within,
};
use appkeep_storage::{Seek, StorageError, Store, UserFilter};
use appkeep_testkit::on_each_database;

use crate::given::{ENDING, OURS, THEIRS, assert_stale, assert_taken, at, directory, group, people, user};

on_each_database![
    a_user_reads_back_as_written,
    a_user_with_an_address_alone_reads_back_as_written,
    a_user_is_found_by_address_and_user_name_whatever_their_case,
    an_address_is_taken_once_in_a_directory,
    a_user_name_is_taken_once_in_a_directory,
    another_tenants_user_is_not_there,
    nobody_is_added_without_a_directory,
    an_update_is_guarded_by_its_version,
    signing_in_is_noted_and_is_no_change,
    a_deleted_user_is_gone_and_their_address_is_free,
    users_are_counted_as_they_come_and_go,
    many_who_come_at_once_are_all_counted,
    a_list_is_newest_first_and_stable_under_inserts,
    a_list_is_filtered,
];

const OUR: Within = Within::Tenant(OURS);

async fn insert(store: &Store, within: Within, user: &User) -> Result<(), StorageError> {
    let user = user.clone();
    store.write(async move |tx| tx.insert_user(within, &directory(OURS), &user).await).await
}

async fn update(store: &Store, within: Within, user: &User) -> Result<(), StorageError> {
    let user = user.clone();
    store.write(async move |tx| tx.update_user(within, &directory(OURS), &user).await).await
}

async fn delete(store: &Store, within: Within, id: UserId) -> Result<(), StorageError> {
    store.write(async move |tx| tx.delete_user(within, &directory(OURS), id, ENDING).await).await
}

async fn get(store: &Store, within: Within, id: UserId) -> Option<User> {
    store.read().await.expect("opens").user(within, &directory(OURS), id).await.expect("reads")
}

async fn by_email(store: &Store, email: &str) -> Option<User> {
    let email = Email::parse(email).expect("is an address");
    store.read().await.expect("opens").user_by_email(OUR, &directory(OURS), &email).await.expect("reads")
}

async fn count(store: &Store, within: Within) -> i64 {
    store.read().await.expect("opens").count_users(within, &directory(OURS)).await.expect("counts")
}

async fn list(store: &Store, filter: &UserFilter) -> Vec<u8> {
    let seek = Seek { after: None, limit: 50 };
    let mut tx = store.read().await.expect("opens");
    let page = tx.users(OUR, &directory(OURS), filter, seek).await.expect("lists");
    assert_eq!(page.next, None);
    page.users.iter().map(|user| user.id.as_bytes()[0]).collect()
}

async fn a_user_reads_back_as_written(store: Store) {
    let ada = user(1, "Ada@example.com");
    people(&store, vec![ada.clone()], Vec::new()).await;
    for within in [OUR, Within::Platform] {
        assert_eq!(get(&store, within, ada.id).await.as_ref(), Some(&ada));
    }
}

async fn a_user_with_an_address_alone_reads_back_as_written(store: Store) {
    let bare = |number, email| User {
        email_verified_at: None,
        username: None,
        phone: None,
        name: None,
        given_name: None,
        family_name: None,
        picture: None,
        locale: None,
        status: UserStatus::Pending,
        metadata: Metadata::default(),
        custom_attributes: CustomAttributes::default(),
        last_sign_in_at: None,
        ..user(number, email)
    };
    let (ada, bob) = (bare(1, "ada@example.com"), bare(2, "bob@example.com"));
    people(&store, vec![ada.clone(), bob], Vec::new()).await;
    assert_eq!(get(&store, OUR, ada.id).await, Some(ada));
    assert_eq!(count(&store, OUR).await, 2, "two may be without a user name");
}

async fn a_user_is_found_by_address_and_user_name_whatever_their_case(store: Store) {
    let ada = User { username: Username::parse("ÄDA").ok(), ..user(1, "ADA@Exämple.com") };
    people(&store, vec![ada.clone(), user(2, "bob@example.com")], Vec::new()).await;
    assert_eq!(by_email(&store, "ada@exÄmple.COM").await.as_ref(), Some(&ada));
    assert_eq!(by_email(&store, "nobody@example.com").await, None);
    let mut tx = store.read().await.expect("opens");
    for (name, found) in [("äda", Some(ada)), ("ada", None)] {
        let name = Username::parse(name).expect("is one");
        let user = tx.user_by_username(OUR, &directory(OURS), &name).await.expect("reads");
        assert_eq!(user, found, "{name}");
    }
}

async fn an_address_is_taken_once_in_a_directory(store: Store) {
    people(&store, vec![user(1, "Ada@example.com"), user(2, "bob@example.com")], Vec::new()).await;
    let taken = "users.directory_id, users.email_key";
    assert_taken(insert(&store, OUR, &user(3, "aDA@Example.com")).await, taken);
    assert_taken(update(&store, OUR, &User { version: 2, ..user(2, "ADA@example.com") }).await, taken);
    let theirs = directory(THEIRS);
    let ada = User { directory: theirs.id, ..user(1, "Ada@example.com") };
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_directory(Within::Tenant(THEIRS), &theirs).await?;
            tx.insert_user(Within::Tenant(THEIRS), &theirs, &ada).await
        })
        .await;
    outcome.expect("is free in another");
}

async fn a_user_name_is_taken_once_in_a_directory(store: Store) {
    people(&store, vec![user(1, "ada@example.com")], Vec::new()).await;
    let named = |name: &str| User { username: Username::parse(name).ok(), ..user(2, "bob@example.com") };
    let again = insert(&store, OUR, &named("person-1")).await;
    assert_taken(again, "users.directory_id, users.username_key");
    insert(&store, OUR, &named("person-2")).await.expect("is free");
}

async fn another_tenants_user_is_not_there(store: Store) {
    let ada = user(1, "ada@example.com");
    people(&store, vec![ada.clone()], Vec::new()).await;
    for within in [Within::Tenant(THEIRS), Within::Partner(PartnerId::from_bytes([9; 16]))] {
        assert_eq!(get(&store, within, ada.id).await, None);
        assert_eq!(count(&store, within).await, 0);
        let mut tx = store.read().await.expect("opens");
        let seek = Seek { after: None, limit: 9 };
        let all = UserFilter::default();
        let page = tx.users(within, &directory(OURS), &all, seek).await.expect("lists");
        assert_eq!(page.users, Vec::new());
        let email = tx.user_by_email(within, &directory(OURS), &ada.email).await.expect("reads");
        let name = ada.username.clone().expect("has one");
        let name = tx.user_by_username(within, &directory(OURS), &name).await.expect("reads");
        assert_eq!((email, name), (None, None));
        drop(tx);
        assert_stale(insert(&store, within, &user(2, "bob@example.com")).await);
        assert_stale(update(&store, within, &User { version: 2, ..ada.clone() }).await);
        assert_stale(delete(&store, within, ada.id).await);
        let signs_in = async move |tx: &mut appkeep_storage::WriteTx| -> Result<(), StorageError> {
            tx.record_sign_in(within, &directory(OURS), UserId::from_bytes([1; 16]), at(9)).await
        };
        assert_stale(store.write(signs_in).await);
    }
    // Nor in a directory that is not theirs.
    let elsewhere = User { directory: directory(THEIRS).id, ..user(3, "eve@example.com") };
    assert_stale(insert(&store, OUR, &elsewhere).await);
    assert_eq!(get(&store, OUR, ada.id).await, Some(ada));
}

async fn nobody_is_added_without_a_directory(store: Store) {
    assert_stale(insert(&store, OUR, &user(1, "ada@example.com")).await);
}

async fn an_update_is_guarded_by_its_version(store: Store) {
    let ada = user(1, "ada@example.com");
    people(&store, vec![ada.clone()], Vec::new()).await;
    let changed = User {
        version: 2,
        status: UserStatus::Suspended,
        email: Email::parse("countess@example.com").expect("is an address"),
        name: Name::parse("Augusta").ok(),
        username: None,
        metadata: Metadata::default(),
        updated_at: at(8),
        ..ada
    };
    update(&store, OUR, &changed).await.expect("is the next version");
    assert_eq!(get(&store, OUR, changed.id).await.as_ref(), Some(&changed));
    assert_stale(update(&store, OUR, &User { locale: None, ..changed.clone() }).await);
    assert_stale(update(&store, OUR, &User { version: 2, ..user(9, "nine@example.com") }).await);
    assert_eq!(get(&store, OUR, changed.id).await, Some(changed));
}

async fn signing_in_is_noted_and_is_no_change(store: Store) {
    let ada = user(1, "ada@example.com");
    people(&store, vec![ada.clone()], Vec::new()).await;
    for (number, expected) in [(1, true), (2, false)] {
        let outcome: Result<(), StorageError> = store
            .write(async move |tx| {
                tx.record_sign_in(OUR, &directory(OURS), UserId::from_bytes([number; 16]), at(9)).await
            })
            .await;
        assert_eq!(outcome.is_ok(), expected, "{outcome:?}");
    }
    let signed_in = User { last_sign_in_at: Some(at(9)), ..ada };
    assert_eq!(get(&store, OUR, signed_in.id).await.as_ref(), Some(&signed_in));
    update(&store, OUR, &User { version: 2, last_sign_in_at: None, ..signed_in.clone() })
        .await
        .expect("updates");
    let kept = get(&store, OUR, signed_in.id).await.expect("is there").last_sign_in_at;
    assert_eq!(kept, Some(at(9)), "an update that has not seen it leaves it");
}

async fn a_deleted_user_is_gone_and_their_address_is_free(store: Store) {
    let ada = user(1, "ada@example.com");
    people(&store, vec![ada.clone()], Vec::new()).await;
    delete(&store, OUR, ada.id).await.expect("deletes");
    assert_stale(delete(&store, OUR, ada.id).await);
    assert_eq!(get(&store, OUR, ada.id).await, None);
    assert_eq!(by_email(&store, "ada@example.com").await, None);
    insert(&store, OUR, &User { username: ada.username, ..user(2, "ada@example.com") })
        .await
        .expect("is free");
}

async fn users_are_counted_as_they_come_and_go(store: Store) {
    assert_eq!(count(&store, OUR).await, 0);
    people(&store, vec![user(1, "1@example.com"), user(2, "2@example.com")], vec![group(3, "Three")]).await;
    insert(&store, OUR, &user(17, "17@example.com")).await.expect("inserts");
    assert_eq!(count(&store, OUR).await, 3, "groups are counted apart");
    delete(&store, OUR, UserId::from_bytes([2; 16])).await.expect("deletes");
    insert(&store, OUR, &user(1, "other@example.com")).await.expect_err("is there already");
    assert_eq!(count(&store, OUR).await, 2);
}

async fn many_who_come_at_once_are_all_counted(store: Store) {
    people(&store, Vec::new(), Vec::new()).await;
    let mut coming = tokio::task::JoinSet::new();
    for number in 1..=40 {
        let store = store.clone();
        coming.spawn(async move { insert(&store, OUR, &user(number, &format!("{number}@b.example"))).await });
    }
    for outcome in coming.join_all().await {
        outcome.expect("inserts");
    }
    assert_eq!(count(&store, OUR).await, 40);
}

async fn a_list_is_newest_first_and_stable_under_inserts(store: Store) {
    let given = [2, 4, 6, 8].map(|number| user(number, &format!("{number}@example.com")));
    people(&store, given.to_vec(), Vec::new()).await;
    let (mut found, mut after) = (Vec::new(), None);
    for inserted in [9, 5] {
        let mut tx = store.read().await.expect("opens");
        let seek = Seek { after, limit: 2 };
        let page = tx.users(OUR, &directory(OURS), &UserFilter::default(), seek).await.expect("lists");
        found.extend(page.users.iter().map(|user| user.id.as_bytes()[0]));
        after = page.next;
        drop(tx);
        insert(&store, OUR, &user(inserted, &format!("{inserted}@example.com"))).await.expect("inserts");
    }
    assert_eq!((found, after), (vec![8, 6, 4, 2], None));
}

async fn a_list_is_filtered(store: Store) {
    let named = |number: u8, name: &str| User {
        name: Name::parse(name).ok(),
        ..user(number, &format!("{number}@b.c"))
    };
    let suspended = User { status: UserStatus::Suspended, ..named(2, "Bob") };
    let given = vec![named(1, "Ada"), suspended, named(3, "Adam"), named(4, "Eve")];
    let payers = group(9, "Payers");
    people(&store, given, vec![payers.clone()]).await;
    let group = Some(payers.id);
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            for number in [1, 2, 4] {
                let user = UserId::from_bytes([number; 16]);
                let membership = Membership { group: payers.id, user, added_at: at(5) };
                tx.add_group_user(OUR, &directory(OURS), &membership).await?;
            }
            Ok(())
        })
        .await;
    outcome.expect("adds");
    let (suspended, text) = (Some(UserStatus::Suspended), |text: &str| Some(text.to_owned()));
    let all = UserFilter::default;
    for (filter, found) in [
        (all(), vec![4, 3, 2, 1]),
        (UserFilter { status: suspended, ..all() }, vec![2]),
        (UserFilter { status: Some(UserStatus::Pending), ..all() }, vec![]),
        (UserFilter { group, ..all() }, vec![4, 2, 1]),
        (UserFilter { group, status: suspended, ..all() }, vec![2]),
        (UserFilter { text: text("ADAM"), ..all() }, vec![3]),
        (UserFilter { text: text("person-"), group, ..all() }, vec![4, 2, 1]),
        (UserFilter { text: text("adam"), ..all() }, vec![3]),
        (UserFilter { text: text("adam"), group, ..all() }, vec![]),
        (UserFilter { text: text("eve"), group, status: Some(UserStatus::Active) }, vec![4]),
    ] {
        assert_eq!(list(&store, &filter).await, found, "{filter:?}");
    }
}
