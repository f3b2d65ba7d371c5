//! Groups, and the users in them.

use appkeep_domain::{Group, GroupId, Member, Membership, Name, UserId, Within};
use appkeep_storage::{GroupPage, Seek, StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{ENDING, OURS, THEIRS, assert_stale, assert_taken, at, directory, group, people, user};

on_each_database![
    a_group_reads_back_as_written,
    a_group_is_found_by_its_name_whatever_its_case,
    a_name_is_taken_once_in_a_directory,
    another_tenants_group_is_not_there,
    an_update_is_guarded_by_its_version,
    groups_are_counted_and_listed,
    a_user_is_added_once_and_removed,
    members_are_listed_in_parts_while_others_come,
    a_user_has_groups,
    what_is_deleted_is_in_no_group,
];

const OUR: Within = Within::Tenant(OURS);

fn id(number: u8) -> GroupId {
    GroupId::from_bytes([number; 16])
}

fn user_id(number: u8) -> UserId {
    UserId::from_bytes([number; 16])
}

async fn insert(store: &Store, within: Within, group: &Group) -> Result<(), StorageError> {
    let group = group.clone();
    store.write(async move |tx| tx.insert_group(within, &directory(OURS), &group).await).await
}

async fn update(store: &Store, within: Within, group: &Group) -> Result<(), StorageError> {
    let group = group.clone();
    store.write(async move |tx| tx.update_group(within, &directory(OURS), &group).await).await
}

async fn delete(store: &Store, within: Within, id: GroupId) -> Result<(), StorageError> {
    store.write(async move |tx| tx.delete_group(within, &directory(OURS), id).await).await
}

async fn get(store: &Store, within: Within, id: GroupId) -> Option<Group> {
    store.read().await.expect("opens").group(within, &directory(OURS), id).await.expect("reads")
}

async fn add(store: &Store, within: Within, group: u8, user: u8) -> Result<bool, StorageError> {
    let membership = Membership { group: id(group), user: user_id(user), added_at: at(5) };
    store.write(async move |tx| tx.add_group_user(within, &directory(OURS), &membership).await).await
}

async fn remove(store: &Store, within: Within, group: u8, user: u8) -> Result<(), StorageError> {
    store
        .write(async move |tx| tx.remove_group_user(within, &directory(OURS), id(group), user_id(user)).await)
        .await
}

async fn members(store: &Store, within: Within, seek: Seek<UserId>) -> (Vec<u8>, Option<UserId>) {
    let mut tx = store.read().await.expect("opens");
    let page = tx.group_members(within, &directory(OURS), id(9), seek).await.expect("lists");
    (page.members.iter().map(|member| member.user.id.as_bytes()[0]).collect(), page.next)
}

fn all<K>() -> Seek<K> {
    Seek { after: None, limit: 50 }
}

fn numbers(page: &GroupPage) -> Vec<u8> {
    page.groups.iter().map(|group| group.id.as_bytes()[0]).collect()
}

async fn a_group_reads_back_as_written(store: Store) {
    let bare = Group { description: None, ..group(2, "Bare") };
    let payers = group(1, "Payers");
    people(&store, Vec::new(), vec![payers.clone(), bare.clone()]).await;
    for one in [payers, bare] {
        for within in [OUR, Within::Platform] {
            assert_eq!(get(&store, within, one.id).await.as_ref(), Some(&one));
        }
    }
}

async fn a_group_is_found_by_its_name_whatever_its_case(store: Store) {
    let payers = group(1, "Zähler");
    people(&store, Vec::new(), vec![payers.clone()]).await;
    let mut tx = store.read().await.expect("opens");
    for (name, found) in [("ZÄHLER", Some(payers)), ("Zahler", None)] {
        let name = Name::parse(name).expect("is a name");
        assert_eq!(tx.group_by_name(OUR, &directory(OURS), &name).await.expect("reads"), found, "{name}");
    }
}

async fn a_name_is_taken_once_in_a_directory(store: Store) {
    people(&store, Vec::new(), vec![group(1, "Payers"), group(2, "Others")]).await;
    let taken = "groups.directory_id, groups.name_key";
    assert_taken(insert(&store, OUR, &group(3, "PAYERS")).await, taken);
    assert_taken(update(&store, OUR, &Group { version: 2, ..group(2, "payers") }).await, taken);
    let theirs = directory(THEIRS);
    let same = Group { directory: theirs.id, ..group(1, "Payers") };
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_directory(Within::Platform, &theirs).await?;
            tx.insert_group(Within::Platform, &theirs, &same).await
        })
        .await;
    outcome.expect("is free in another");
}

async fn another_tenants_group_is_not_there(store: Store) {
    let theirs = Within::Tenant(THEIRS);
    let payers = group(9, "Payers");
    people(&store, vec![user(1, "ada@example.com"), user(2, "bob@example.com")], vec![payers.clone()]).await;
    add(&store, OUR, 9, 1).await.expect("adds");
    assert_eq!(get(&store, theirs, payers.id).await, None);
    assert_eq!(members(&store, theirs, all()).await, (vec![], None));
    let mut tx = store.read().await.expect("opens");
    let ours = directory(OURS);
    assert_eq!(tx.group_by_name(theirs, &ours, &payers.name).await.expect("reads"), None);
    assert_eq!(tx.groups(theirs, &ours, None, all()).await.expect("lists"), GroupPage::default());
    assert_eq!(
        tx.groups_of_user(theirs, &ours, user_id(1), all()).await.expect("lists"),
        GroupPage::default()
    );
    assert_eq!(tx.child_groups(theirs, &ours, id(9), all()).await.expect("lists"), GroupPage::default());
    assert_eq!(tx.parent_groups(theirs, &ours, id(9), all()).await.expect("lists"), GroupPage::default());
    assert_eq!(tx.count_groups(theirs, &ours).await.expect("counts"), 0);
    drop(tx);
    assert_stale(insert(&store, theirs, &group(3, "Three")).await);
    assert_stale(update(&store, theirs, &Group { version: 2, ..payers.clone() }).await);
    assert_stale(delete(&store, theirs, payers.id).await);
    assert_stale(add(&store, theirs, 9, 2).await);
    assert_stale(remove(&store, theirs, 9, 1).await);
    assert_eq!(members(&store, OUR, all()).await, (vec![1], None));
}

async fn an_update_is_guarded_by_its_version(store: Store) {
    people(&store, Vec::new(), vec![group(1, "Payers")]).await;
    let renamed = Group { version: 2, description: None, updated_at: at(8), ..group(1, "payerS") };
    update(&store, OUR, &renamed).await.expect("is the next version");
    assert_eq!(get(&store, OUR, id(1)).await.as_ref(), Some(&renamed));
    assert_stale(update(&store, OUR, &renamed).await);
    assert_stale(update(&store, OUR, &Group { version: 2, ..group(3, "Three") }).await);
}

async fn groups_are_counted_and_listed(store: Store) {
    let named = [(1, "Payers"), (2, "Readers"), (3, "PAYERS too"), (4, "Writers")];
    let described = |number, name| Group { description: None, ..group(number, name) };
    people(&store, Vec::new(), named.map(|(number, name)| described(number, name)).to_vec()).await;
    let ours = directory(OURS);
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.count_groups(OUR, &ours).await.expect("counts"), 4);
    for (text, found) in [(None, vec![4, 3, 2, 1]), (Some("payers"), vec![3, 1]), (Some("%"), vec![])] {
        assert_eq!(numbers(&tx.groups(OUR, &ours, text, all()).await.expect("lists")), found, "{text:?}");
    }
    let first = tx.groups(OUR, &ours, None, Seek { after: None, limit: 3 }).await.expect("lists");
    drop(tx);
    insert(&store, OUR, &group(5, "Late")).await.expect("inserts");
    delete(&store, OUR, id(2)).await.expect("deletes");
    let mut tx = store.read().await.expect("opens");
    let rest = tx.groups(OUR, &ours, None, Seek { after: first.next, limit: 3 }).await.expect("lists");
    assert_eq!((numbers(&first), numbers(&rest), rest.next), (vec![4, 3, 2], vec![1], None));
    assert_eq!(tx.count_groups(OUR, &ours).await.expect("counts"), 4);
}

async fn a_user_is_added_once_and_removed(store: Store) {
    people(&store, vec![user(1, "ada@example.com")], vec![group(9, "Payers")]).await;
    assert!(add(&store, OUR, 9, 1).await.expect("adds"));
    assert!(!add(&store, OUR, 9, 1).await.expect("is there already"));
    let mut tx = store.read().await.expect("opens");
    let page = tx.group_members(OUR, &directory(OURS), id(9), all()).await.expect("lists");
    assert_eq!(page.members, [Member { user: user(1, "ada@example.com"), added_at: at(5) }]);
    drop(tx);
    for (within, group, user, expected) in
        [(OUR, 9, 1, true), (OUR, 9, 2, false), (OUR, 8, 1, false), (Within::Tenant(THEIRS), 9, 1, false)]
    {
        let mut tx = store.read().await.expect("opens");
        let is_in_it = tx.is_group_user(within, &directory(OURS), id(group), user_id(user)).await;
        assert_eq!(is_in_it.expect("reads"), expected, "{user} in {group}");
    }
    assert_stale(add(&store, OUR, 9, 2).await);
    assert_stale(add(&store, OUR, 8, 1).await);
    remove(&store, OUR, 9, 1).await.expect("removes");
    assert_stale(remove(&store, OUR, 9, 1).await);
    assert_eq!(members(&store, OUR, all()).await, (vec![], None));
}

async fn members_are_listed_in_parts_while_others_come(store: Store) {
    let given = (1..=7).map(|number| user(number, &format!("{number}@example.com"))).collect();
    people(&store, given, vec![group(9, "Payers")]).await;
    for number in [1, 3, 4, 6] {
        add(&store, OUR, 9, number).await.expect("adds");
    }
    let (first, after) = members(&store, OUR, Seek { after: None, limit: 2 }).await;
    for late in [7, 5] {
        add(&store, OUR, 9, late).await.expect("adds");
    }
    remove(&store, OUR, 9, 4).await.expect("removes");
    let (second, after) = members(&store, OUR, Seek { after, limit: 2 }).await;
    assert_eq!(
        (first, second, after),
        (vec![6, 4], vec![3, 1], None),
        "where it stood is gone, and no matter"
    );
}

async fn a_user_has_groups(store: Store) {
    let groups = (1..=4).map(|number| group(number, &format!("Group {number}"))).collect();
    people(&store, vec![user(1, "ada@example.com"), user(2, "bob@example.com")], groups).await;
    for (group, user) in [(1, 1), (2, 1), (4, 1), (3, 2)] {
        add(&store, OUR, group, user).await.expect("adds");
    }
    let mut tx = store.read().await.expect("opens");
    let ours = directory(OURS);
    let seek = |after| Seek { after, limit: 2 };
    let first = tx.groups_of_user(OUR, &ours, user_id(1), seek(None)).await.expect("lists");
    let second = tx.groups_of_user(OUR, &ours, user_id(1), seek(first.next)).await.expect("lists");
    assert_eq!((numbers(&first), numbers(&second), second.next), (vec![4, 2], vec![1], None));
}

async fn what_is_deleted_is_in_no_group(store: Store) {
    people(
        &store,
        vec![user(1, "ada@example.com"), user(2, "bob@example.com")],
        vec![group(8, "Eight"), group(9, "Nine")],
    )
    .await;
    for (group, user) in [(8, 1), (9, 1), (9, 2)] {
        add(&store, OUR, group, user).await.expect("adds");
    }
    let deleted: Result<(), StorageError> =
        store.write(async move |tx| tx.delete_user(OUR, &directory(OURS), user_id(1), ENDING).await).await;
    deleted.expect("deletes");
    assert_eq!(members(&store, OUR, all()).await, (vec![2], None));
    let again: Result<(), StorageError> = store
        .write(async |tx| tx.insert_user(OUR, &directory(OURS), &user(1, "ada@example.com")).await)
        .await;
    again.expect("inserts");
    assert_eq!(members(&store, OUR, all()).await, (vec![2], None), "nothing of the one before is left");
    delete(&store, OUR, id(9)).await.expect("deletes");
    assert_stale(delete(&store, OUR, id(9)).await);
    assert_eq!(get(&store, OUR, id(9)).await, None);
    let mut tx = store.read().await.expect("opens");
    let left = tx.groups_of_user(OUR, &directory(OURS), user_id(2), all()).await.expect("lists");
    assert_eq!(left, GroupPage::default());
    assert!(tx.user(OUR, &directory(OURS), user_id(2)).await.expect("reads").is_some(), "people stay");
    drop(tx);
    insert(&store, OUR, &group(9, "Nine")).await.expect("the name is free");
    assert_eq!(members(&store, OUR, all()).await, (vec![], None), "and nobody is in it");
}
