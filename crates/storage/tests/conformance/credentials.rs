//! What proves that an application is itself.

use appkeep_domain::{
    Actor, ActorKind, Credential, CredentialClass, CredentialId, CredentialOrigin, Name, SecretHash,
    Timestamp, Within,
};
use appkeep_storage::{ReadTx, StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{OURS, THEIRS, application, at};

on_each_database![
    a_credential_reads_back_as_written,
    a_rotation_leaves_earlier_deadlines_and_added_secrets,
    what_is_dead_is_not_read_and_is_swept,
    many_dead_ones_hide_no_live_one,
    they_are_listed_from_the_newest_on,
    one_is_revoked_once,
];

pub(crate) fn credential(number: u8, origin: CredentialOrigin, expires_at: Option<Timestamp>) -> Credential {
    Credential {
        id: CredentialId::from_bytes([number; 16]),
        class: CredentialClass::ClientSecret,
        origin,
        name: (number == 2).then(|| Name::parse("The second").expect("is a name")),
        prefix: "ias_".to_owned(),
        hash: SecretHash::from_bytes([number; 32]),
        last_four: "abcd".to_owned(),
        created_at: at(number.into()),
        created_by: (number == 2).then(|| Actor { kind: ActorKind::Operator, id: "opr_1".to_owned() }),
        expires_at,
        revoked_at: None,
    }
}

pub(crate) async fn insert_credentials(store: &Store, credentials: Vec<Credential>) {
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_application(Within::Tenant(OURS), &application(1, "Billing")).await?;
            for credential in &credentials {
                tx.insert_credential(Within::Tenant(OURS), application(1, "Billing").id, credential).await?;
            }
            Ok(())
        })
        .await;
    outcome.expect("inserts");
}

async fn a_credential_reads_back_as_written(store: Store) {
    let written = vec![
        credential(2, CredentialOrigin::Added, Some(at(50))),
        credential(1, CredentialOrigin::Rotation, None),
    ];
    insert_credentials(&store, written.clone()).await;
    let id = application(1, "Billing").id;
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.live_credentials(Within::Tenant(OURS), id, at(3)).await.expect("reads"), written);
    assert_eq!(tx.live_credentials(Within::Platform, id, at(3)).await.expect("reads"), written);
}

async fn a_rotation_leaves_earlier_deadlines_and_added_secrets(store: Store) {
    insert_credentials(
        &store,
        vec![
            credential(1, CredentialOrigin::Rotation, Some(at(10))),
            credential(2, CredentialOrigin::Rotation, Some(at(90))),
            credential(3, CredentialOrigin::Rotation, None),
            credential(4, CredentialOrigin::Added, None),
        ],
    )
    .await;
    let end = (CredentialClass::ClientSecret, Timestamp::from_micros(50));
    let id = application(1, "Billing").id;
    let ended: Result<u64, StorageError> =
        store.write(async move |tx| tx.end_rotated_credentials(Within::Tenant(OURS), id, end).await).await;
    assert_eq!(ended.expect("ends"), 2);
    let mut tx = store.read().await.expect("opens");
    let deadlines: Vec<_> = tx
        .live_credentials(Within::Tenant(OURS), id, at(3))
        .await
        .expect("reads")
        .into_iter()
        .map(|credential| credential.expires_at)
        .collect();
    assert_eq!(deadlines, [None, Some(at(50)), Some(at(50)), Some(at(10))]);
}

async fn live(store: &Store, now: i64) -> Vec<u8> {
    let id = application(1, "Billing").id;
    let mut tx = store.read().await.expect("opens");
    let live = tx.live_credentials(Within::Tenant(OURS), id, at(now)).await.expect("reads");
    live.iter().map(|credential| credential.id.as_bytes()[0]).collect()
}

async fn sweep(store: &Store, within: Within, before: i64, limit: u32) -> Result<u64, StorageError> {
    store.write(async move |tx| tx.delete_dead_credentials(within, at(before), limit).await).await
}

async fn what_is_dead_is_not_read_and_is_swept(store: Store) {
    let with = |number, deadline: Option<i64>| credential(number, CredentialOrigin::Added, deadline.map(at));
    insert_credentials(&store, vec![with(1, Some(5)), with(2, Some(6)), with(3, None)]).await;
    for (now, found) in [(4, vec![3, 2, 1]), (5, vec![3, 2]), (i64::MAX - 1, vec![3])] {
        assert_eq!(live(&store, now).await, found, "refused from the deadline on: {now}");
    }
    let refused = sweep(&store, Within::Tenant(OURS), 9, 9).await;
    assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
    for (before, limit, swept) in [(4, 9, 0), (5, 9, 1), (9, 0, 0), (9, 1, 1), (i64::MAX - 1, 9, 0)] {
        assert_eq!(sweep(&store, Within::Platform, before, limit).await.expect("sweeps"), swept, "{before}");
    }
    assert_eq!(live(&store, 1).await, [3]);
}

async fn many_dead_ones_hide_no_live_one(store: Store) {
    let deadline = |number| if number == 1 { None } else { Some(at(2)) };
    let many = (1..=100).map(|number| credential(number, CredentialOrigin::Rotation, deadline(number)));
    insert_credentials(&store, many.collect()).await;
    assert_eq!(live(&store, 3).await, [1]);
    assert_eq!(
        live(&store, 1).await.len(),
        ReadTx::MOST_LIVE as usize,
        "never more than are worth looking at"
    );
}

async fn they_are_listed_from_the_newest_on(store: Store) {
    let with = |number, deadline: Option<i64>| credential(number, CredentialOrigin::Added, deadline.map(at));
    insert_credentials(&store, vec![with(1, Some(5)), with(2, Some(6)), with(3, None), with(4, None)]).await;
    let application = application(1, "Billing");
    let mut tx = store.read().await.expect("opens");
    for (dead_after, after, limit, expected) in [
        (4, None, 9, vec![4, 3, 2, 1]),
        (5, None, 9, vec![4, 3, 2]),
        (4, None, 2, vec![4, 3]),
        (4, Some(3), 2, vec![2, 1]),
        (9, Some(3), 2, vec![]),
    ] {
        let after = after.map(|number| CredentialId::from_bytes([number; 16]));
        let page = (after, limit);
        let listed =
            tx.credentials(Within::Tenant(OURS), &application, at(dead_after), page).await.expect("reads");
        let ids: Vec<u8> = listed.iter().map(|one| one.credential.id.as_bytes()[0]).collect();
        assert_eq!(ids, expected, "{dead_after} {after:?} {limit}");
        assert!(listed.iter().all(|one| one.used.is_none()));
    }
    let theirs = tx.credentials(Within::Tenant(THEIRS), &application, at(4), (None, 9)).await.expect("reads");
    assert!(theirs.is_empty());
    let id = CredentialId::from_bytes([2; 16]);
    let found = tx.credential(Within::Tenant(OURS), &application, id).await.expect("reads");
    assert_eq!(found, Some(with(2, Some(6))));
    let hidden = tx.credential(Within::Tenant(THEIRS), &application, id).await.expect("reads");
    assert_eq!(hidden, None);
}

async fn one_is_revoked_once(store: Store) {
    let with = |number, deadline: Option<i64>| credential(number, CredentialOrigin::Added, deadline.map(at));
    insert_credentials(&store, vec![with(1, Some(5)), with(2, Some(50))]).await;
    let revoke = async |within, number, now| -> Result<(), StorageError> {
        let (application, id) = (application(1, "Billing"), CredentialId::from_bytes([number; 16]));
        store.write(async move |tx| tx.revoke_credential(within, &application, id, at(now)).await).await
    };
    for (within, number, now, revoked) in [
        (Within::Tenant(THEIRS), 2, 7, false),
        (Within::Tenant(OURS), 9, 7, false),
        (Within::Tenant(OURS), 1, 7, false),
        (Within::Tenant(OURS), 2, 7, true),
        (Within::Tenant(OURS), 2, 8, false),
    ] {
        let outcome = revoke(within, number, now).await;
        assert_eq!(outcome.is_ok(), revoked, "{number} at {now}: {outcome:?}");
        assert!(matches!(outcome, Ok(()) | Err(StorageError::Stale)), "{outcome:?}");
    }
    assert_eq!(live(&store, 4).await, [1]);
    let mut tx = store.read().await.expect("opens");
    let id = CredentialId::from_bytes([2; 16]);
    let found = tx.credential(Within::Platform, &application(1, "Billing"), id).await.expect("reads");
    let found = found.expect("is there");
    assert_eq!((found.revoked_at, found.expires_at), (Some(at(7)), Some(at(50))));
}
