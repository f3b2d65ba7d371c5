//! The passwords of users.

use appkeep_domain::{KeptPassword, PasswordHash, UserId, Within};
use appkeep_storage::{StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{ENDING, OURS, THEIRS, assert_stale, at, directory, people, user};

on_each_database![
    a_password_reads_back_as_written_and_is_replaced,
    a_hash_is_replaced_only_by_another_of_the_same_password,
    another_tenants_password_is_not_there,
    a_password_goes_with_its_user,
];

const OUR: Within = Within::Tenant(OURS);
const ADA: UserId = UserId::from_bytes([1; 16]);

fn kept(hash: &str, changed_at: i64) -> KeptPassword {
    KeptPassword { hash: PasswordHash::from_phc(hash), changed_at: at(changed_at) }
}

async fn set(
    store: &Store,
    within: Within,
    user: UserId,
    password: KeptPassword,
) -> Result<(), StorageError> {
    store.write(async move |tx| tx.set_password(within, &directory(OURS), user, &password).await).await
}

async fn get(store: &Store, within: Within) -> Option<KeptPassword> {
    store.read().await.expect("opens").password(within, &directory(OURS), ADA).await.expect("reads")
}

async fn rehash(store: &Store, within: Within, old: &str, new: &str) -> Result<(), StorageError> {
    let (old, new) = (PasswordHash::from_phc(old), PasswordHash::from_phc(new));
    store.write(async move |tx| tx.rehash_password(within, &directory(OURS), ADA, (&old, &new)).await).await
}

async fn delete(store: &Store, within: Within) -> Result<(), StorageError> {
    store.write(async move |tx| tx.delete_password(within, &directory(OURS), ADA).await).await
}

async fn a_password_reads_back_as_written_and_is_replaced(store: Store) {
    people(&store, vec![user(1, "ada@example.com"), user(2, "bob@example.com")], Vec::new()).await;
    assert_eq!(get(&store, OUR).await, None);
    for (hash, changed_at) in [("$argon2id$one", 5), ("$argon2id$two", 6)] {
        set(&store, OUR, ADA, kept(hash, changed_at)).await.expect("sets");
        assert_eq!(get(&store, OUR).await, Some(kept(hash, changed_at)));
    }
    set(&store, OUR, UserId::from_bytes([2; 16]), kept("$argon2id$bob", 7)).await.expect("sets");
    assert_eq!(get(&store, OUR).await, Some(kept("$argon2id$two", 6)));
    delete(&store, OUR).await.expect("deletes");
    assert_eq!(get(&store, OUR).await, None);
    assert_stale(delete(&store, OUR).await);
}

async fn a_hash_is_replaced_only_by_another_of_the_same_password(store: Store) {
    people(&store, vec![user(1, "ada@example.com")], Vec::new()).await;
    set(&store, OUR, ADA, kept("$old", 5)).await.expect("sets");
    rehash(&store, OUR, "$old", "$dearer").await.expect("is the same password");
    assert_eq!(get(&store, OUR).await, Some(kept("$dearer", 5)), "nobody chose another");
    assert_stale(rehash(&store, OUR, "$old", "$late").await);
    assert_eq!(get(&store, OUR).await, Some(kept("$dearer", 5)));
}

async fn another_tenants_password_is_not_there(store: Store) {
    people(&store, vec![user(1, "ada@example.com")], Vec::new()).await;
    set(&store, OUR, ADA, kept("$ours", 5)).await.expect("sets");
    let theirs = Within::Tenant(THEIRS);
    assert_eq!(get(&store, theirs).await, None);
    assert_stale(set(&store, theirs, ADA, kept("$theirs", 6)).await);
    assert_stale(rehash(&store, theirs, "$ours", "$theirs").await);
    assert_stale(delete(&store, theirs).await);
    assert_eq!(get(&store, OUR).await, Some(kept("$ours", 5)));
}

async fn a_password_goes_with_its_user(store: Store) {
    people(&store, vec![user(1, "ada@example.com")], Vec::new()).await;
    set(&store, OUR, ADA, kept("$argon2id$", 5)).await.expect("sets");
    let deleted: Result<(), StorageError> =
        store.write(async move |tx| tx.delete_user(OUR, &directory(OURS), ADA, ENDING).await).await;
    deleted.expect("deletes");
    assert_eq!(get(&store, OUR).await, None);
    assert_stale(set(&store, OUR, ADA, kept("$argon2id$", 6)).await);
}
