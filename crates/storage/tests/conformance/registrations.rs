//! Applications that registered themselves, and the tokens that let them.

use appkeep_domain::registration::{Registration, RegistrationToken, SaidOfClient};
use appkeep_domain::{Actor, ActorKind, ApplicationId, Name, RegistrationTokenId, SecretHash, Within};
use appkeep_storage::{Seek, Store, WriteTx};
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::given::{OURS, THEIRS, application, assert_stale, assert_taken, at};
use crate::signed_in::write;

on_each_database![
    a_registration_reads_back_as_it_was_written,
    one_that_got_a_token_is_no_longer_unused,
    the_longest_unused_come_first,
    a_registration_goes_with_its_application,
    a_token_reads_back_and_counts_whom_it_lets_in,
    tokens_are_listed_newest_first_and_in_parts,
    expired_tokens_are_deleted_some_at_a_time,
];

const OUR: Within = Within::Tenant(OURS);
const THEIR: Within = Within::Tenant(THEIRS);

fn registration(number: u8) -> Registration {
    Registration {
        application: ApplicationId::from_bytes([number; 16]),
        tenant: OURS,
        access_token: SecretHash::from_bytes([number; 32]),
        let_in_by: Some(RegistrationTokenId::from_bytes([9; 16])),
        said: SaidOfClient {
            client_uri: Some("https://shop.example".to_owned()),
            contacts: vec!["Ada \"Countess\"".to_owned()],
            software_version: Some("2.1".to_owned()),
            redirect_uris: Some(vec!["https://shop.example/cb".to_owned()]),
            redirects_are_decided: true,
            ..SaidOfClient::default()
        },
        created_at: at(1),
        unused_until: Some(at(10 + i64::from(number))),
    }
}

fn token(number: u8) -> RegistrationToken {
    RegistrationToken {
        id: RegistrationTokenId::from_bytes([number; 16]),
        tenant: OURS,
        name: Name::parse("Developers").ok(),
        hash: SecretHash::from_bytes([number; 32]),
        last_four: "1nPa".to_owned(),
        uses: 0,
        max_uses: 2,
        created_by: Actor { kind: ActorKind::Operator, id: "opr_1".to_owned() },
        created_at: at(1),
        expires_at: at(10 + i64::from(number)),
    }
}

async fn a_registration_reads_back_as_it_was_written(store: Store) {
    let one = Registration { let_in_by: None, said: SaidOfClient::default(), ..registration(2) };
    for wanted in [registration(1), one] {
        let kept = wanted.clone();
        write(&store, async move |tx| tx.insert_registration(OUR, &kept).await).await.expect("is new");
        let mut tx = store.read().await.expect("opens");
        for (within, expected) in [(OUR, Some(&wanted)), (Within::Platform, Some(&wanted)), (THEIR, None)] {
            let found = tx.registration(within, wanted.application).await.expect("reads");
            assert_eq!(found.as_ref(), expected, "{within:?}");
        }
    }
    let again = write(&store, async |tx| tx.insert_registration(OUR, &registration(1)).await).await;
    assert_taken(again, "registrations.application_id");
    assert_stale(write(&store, async |tx| tx.insert_registration(THEIR, &registration(3)).await).await);
    let said =
        SaidOfClient { tos_uri: Some("https://shop.example/tos".to_owned()), ..SaidOfClient::default() };
    let changed = Registration { said, ..registration(1) };
    let kept = changed.clone();
    write(&store, async move |tx| tx.update_registration(OUR, &kept).await).await.expect("is there");
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.registration(OUR, changed.application).await.expect("reads"), Some(changed));
    drop(tx);
    assert_stale(write(&store, async |tx| tx.update_registration(THEIR, &registration(1)).await).await);
    assert_stale(write(&store, async |tx| tx.update_registration(OUR, &registration(3)).await).await);
}

async fn unused(store: &Store, within: Within) -> u32 {
    let mut tx = store.read().await.expect("opens");
    tx.unused_registration_count(within, OURS, 2).await.expect("counts")
}

async fn one_that_got_a_token_is_no_longer_unused(store: Store) {
    for number in 1..=3 {
        write(&store, async move |tx| tx.insert_registration(OUR, &registration(number)).await)
            .await
            .expect("is new");
    }
    assert_eq!((unused(&store, OUR).await, unused(&store, THEIR).await), (2, 0), "counted up to a bound");
    let keep = async |within: Within, number: u8| {
        let id = ApplicationId::from_bytes([number; 16]);
        write(&store, async move |tx| tx.keep_registration(within, id).await).await.expect("keeps")
    };
    assert!(!keep(THEIR, 1).await && !keep(OUR, 9).await);
    assert!(keep(OUR, 1).await && keep(OUR, 2).await);
    assert!(!keep(OUR, 1).await, "it was kept before");
    assert_eq!(unused(&store, OUR).await, 1);
}

async fn the_longest_unused_come_first(store: Store) {
    for number in [3, 1, 2] {
        write(&store, async move |tx| tx.insert_registration(OUR, &registration(number)).await)
            .await
            .expect("is new");
    }
    let due = async |within: Within, moment: i64, limit: u32| {
        let mut tx = store.read().await.expect("opens");
        let found = tx.unused_registrations(within, at(moment), limit).await.expect("lists");
        found.iter().map(|id| id.as_bytes()[0]).collect::<Vec<_>>()
    };
    assert_eq!(due(Within::Platform, 10, 9).await, Vec::<u8>::new());
    assert_eq!(due(Within::Platform, 12, 9).await, [1, 2]);
    assert_eq!(due(Within::Platform, 99, 2).await, [1, 2]);
    assert_eq!(due(OUR, 99, 9).await, Vec::<u8>::new(), "the platform sweeps");
    let id = ApplicationId::from_bytes([1; 16]);
    assert_stale(write(&store, async move |tx| tx.forget_registration(OUR, id).await).await);
    write(&store, async move |tx| tx.forget_registration(Within::Platform, id).await).await.expect("forgets");
    assert_eq!(due(Within::Platform, 99, 9).await, [2, 3]);
}

async fn a_registration_goes_with_its_application(database: TestDatabase) {
    let store = database.store();
    write(&store, async |tx| {
        tx.insert_application(OUR, &application(1, "Shop")).await?;
        tx.insert_registration(OUR, &registration(1)).await?;
        tx.insert_registration(OUR, &registration(2)).await?;
        tx.delete_application(OUR, &application(1, "Shop"), at(5)).await
    })
    .await
    .expect("deletes");
    assert_eq!(database.dump().await["registrations"].len(), 1);
}

async fn a_token_reads_back_and_counts_whom_it_lets_in(store: Store) {
    write(&store, async |tx| tx.insert_registration_token(OUR, &token(1)).await).await.expect("is new");
    assert_stale(write(&store, async |tx| tx.insert_registration_token(THEIR, &token(2)).await).await);
    let same = RegistrationToken { id: RegistrationTokenId::from_bytes([2; 16]), ..token(1) };
    let again = write(&store, async move |tx| tx.insert_registration_token(OUR, &same).await).await;
    assert_taken(again, "registration_tokens.hash");
    let enter = async |moment: i64| {
        write(&store, async move |tx| tx.use_registration_token(OUR, &token(1), at(moment)).await).await
    };
    assert_stale(enter(11).await);
    let used = RegistrationToken { uses: 1, ..token(1) };
    enter(2).await.expect("lets in one");
    let mut tx = store.read().await.expect("opens");
    let found = tx.registration_token(OUR, OURS, used.id).await.expect("reads");
    assert_eq!(found.as_ref(), Some(&used));
    for (within, expected) in [(OUR, Some(&used)), (Within::Platform, Some(&used)), (THEIR, None)] {
        let found = tx.registration_token_by_hash(within, used.hash).await.expect("reads");
        assert_eq!(found.as_ref(), expected, "{within:?}");
    }
    assert_eq!(tx.registration_token(THEIR, OURS, used.id).await.expect("reads"), None);
    drop(tx);
    enter(2).await.expect("lets in another");
    assert_stale(enter(2).await);
    assert_stale(write(&store, async |tx| tx.delete_registration_token(THEIR, &token(1)).await).await);
    write(&store, async |tx| tx.delete_registration_token(OUR, &token(1)).await).await.expect("is there");
    assert_stale(write(&store, async |tx| tx.delete_registration_token(OUR, &token(1)).await).await);
}

async fn tokens_are_listed_newest_first_and_in_parts(store: Store) {
    for number in [2, 1, 3] {
        write(&store, async move |tx| tx.insert_registration_token(OUR, &token(number)).await)
            .await
            .expect("is new");
    }
    let mut tx = store.read().await.expect("opens");
    for (within, after, expected, next) in [
        (OUR, None, &[3, 2][..], Some(2)),
        (OUR, Some(2), &[1], None),
        (Within::Platform, None, &[3, 2], Some(2)),
        (THEIR, None, &[], None),
    ] {
        let after = after.map(|number: u8| RegistrationTokenId::from_bytes([number; 16]));
        let page = tx.registration_tokens(within, OURS, Seek { after, limit: 2 }).await.expect("lists");
        let numbers: Vec<u8> = page.tokens.iter().map(|token| token.id.as_bytes()[0]).collect();
        assert_eq!(
            (numbers.as_slice(), page.next.map(|id| id.as_bytes()[0])),
            (expected, next),
            "{within:?}"
        );
    }
    assert_eq!(tx.registration_token_count(OUR, OURS, 2).await.expect("counts"), 2);
    assert_eq!(tx.registration_token_count(OUR, OURS, 9).await.expect("counts"), 3);
    assert_eq!(tx.registration_token_count(THEIR, OURS, 9).await.expect("counts"), 0);
}

async fn expired_tokens_are_deleted_some_at_a_time(store: Store) {
    for number in 1..=3 {
        write(&store, async move |tx| tx.insert_registration_token(OUR, &token(number)).await)
            .await
            .expect("is new");
    }
    let sweep = async |within: Within, moment: i64, limit: u32| {
        let body = async move |tx: &mut WriteTx| {
            tx.delete_expired_registration_tokens(within, at(moment), limit).await
        };
        write(&store, body).await
    };
    assert_stale(sweep(OUR, 99, 9).await);
    assert_eq!(sweep(Within::Platform, 12, 1).await.expect("deletes"), 1);
    assert_eq!(sweep(Within::Platform, 12, 9).await.expect("deletes"), 1);
    assert_eq!(sweep(Within::Platform, 12, 9).await.expect("deletes"), 0);
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.registration_token_count(OUR, OURS, 9).await.expect("counts"), 1);
}
