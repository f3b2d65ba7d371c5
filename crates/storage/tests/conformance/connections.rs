//! With whom people sign in, who they are there, and who is awaited back.

use appkeep_domain::{
    AppleKey, AuthorizationUnderWay, Connection, ConnectionId, Directory, Email, Identity, Issuer, Name,
    ProviderClientId, ProviderIssuer, ProviderName, ProviderPlace, ProviderSubject, RedirectUri, UserId,
    Within,
};
use appkeep_oauth::ScopeSet;
use appkeep_storage::{SealedSecret, StorageError, Store};
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::given::{ENDING, OURS, THEIRS, assert_stale, assert_taken, at, directory};
use crate::signed_in::{ADA, BOB, OUR, hash, signed_in, write};

on_each_database![
    a_connection_reads_back_as_written,
    a_provider_is_connected_once,
    a_connection_changes_version_by_version,
    a_connection_goes_with_who_people_are_there,
    many_identities_go_some_at_a_time,
    somebody_is_one_person_by_a_connection,
    an_identity_tells_of_its_last_use,
    identities_go_with_their_user,
    another_tenants_are_not_there,
    whoever_is_under_way_comes_back_once_and_in_time,
    whoever_does_not_come_back_is_swept,
];

const THEIR: Within = Within::Tenant(THEIRS);

fn ours() -> Directory {
    directory(OURS)
}

fn provider(name: &str) -> ProviderName {
    ProviderName::parse(name).expect("is one")
}

fn connection(number: u8, name: &str, at_provider: ProviderPlace) -> Connection {
    Connection {
        id: ConnectionId::from_bytes([number; 16]),
        directory: ours().id,
        provider: provider(name),
        at: at_provider,
        client_id: ProviderClientId::parse("1234.apps.example").expect("is one"),
        scopes: ScopeSet::parse("openid email").expect("are scopes"),
        display_name: Name::parse("Sign in \"here\"").ok(),
        is_enabled: true,
        version: 1,
        created_at: at(1),
        updated_at: at(2),
    }
}

fn google() -> Connection {
    connection(1, "google", ProviderPlace::Google)
}

fn secret(number: u8) -> SealedSecret {
    SealedSecret { issuer: Issuer::Tenant(OURS), data_key_version: 3, sealed: vec![number; 40] }
}

fn subject(text: &str) -> ProviderSubject {
    ProviderSubject::parse(text).expect("is one")
}

/// Ada's at Google.
fn identity(text: &str) -> Identity {
    Identity {
        connection: google().id,
        directory: ours().id,
        user: ADA,
        provider: provider("google"),
        subject: subject(text),
        email: Email::parse("Ada@example.com").ok(),
        email_verified: true,
        name: Name::parse("Ada").ok(),
        created_at: at(3),
        last_used_at: at(4),
    }
}

/// Back at 60 at the latest.
fn under_way(number: u8) -> AuthorizationUnderWay {
    AuthorizationUnderWay {
        state: hash(number),
        directory: ours().id,
        connection: google().id,
        redirect_uri: RedirectUri::parse("com.example.app:/cb", true).expect("is one"),
        created_at: at(1),
        expires_at: at(60),
    }
}

async fn connect(store: &Store, within: Within, one: Connection) -> Result<(), StorageError> {
    write(store, async move |tx| tx.insert_connection(within, &ours(), (&one, &secret(7))).await).await
}

async fn link(store: &Store, within: Within, one: Identity) -> Result<(), StorageError> {
    write(store, async move |tx| tx.insert_identity(within, &ours(), &one).await).await
}

async fn connections(store: &Store, within: Within) -> Vec<Connection> {
    store.read().await.expect("opens").connections(within, &ours()).await.expect("reads")
}

async fn identities(store: &Store, within: Within, user: UserId) -> Vec<Identity> {
    store.read().await.expect("opens").identities_of(within, &ours(), user).await.expect("reads")
}

async fn a_connection_reads_back_as_written(store: Store) {
    signed_in(&store).await;
    let issuer = || ProviderIssuer::parse("https://id.example/t/acme").expect("is one");
    let key = AppleKey::parse("A1B2C3D4E5", "K1K2K3K4K5").expect("is one");
    let all = [
        connection(6, "acme", ProviderPlace::Oidc(issuer())),
        connection(2, "apple", ProviderPlace::Apple(key)),
        connection(3, "facebook", ProviderPlace::Facebook),
        Connection { display_name: None, ..connection(4, "github", ProviderPlace::Github(None)) },
        Connection { is_enabled: false, scopes: ScopeSet::new(), ..google() },
        connection(5, "microsoft", ProviderPlace::Microsoft(Some(issuer()))),
    ];
    for one in all.iter().rev() {
        connect(&store, OUR, one.clone()).await.expect("inserts");
    }
    for within in [OUR, Within::Platform] {
        assert_eq!(connections(&store, within).await, all);
    }
    let mut tx = store.read().await.expect("opens");
    let found = tx.connection(OUR, &ours(), &provider("acme")).await.expect("reads");
    assert_eq!(found.as_ref(), Some(&all[0]));
    let sealed = tx.connection_secret(OUR, &ours(), all[0].id).await.expect("reads");
    assert_eq!(sealed, Some(secret(7)));
    assert_eq!(tx.connection(OUR, &ours(), &provider("other")).await.expect("reads"), None);
}

async fn a_provider_is_connected_once(store: Store) {
    signed_in(&store).await;
    connect(&store, OUR, google()).await.expect("inserts");
    let again = Connection { id: ConnectionId::from_bytes([9; 16]), ..google() };
    assert_taken(connect(&store, OUR, again).await, "connections.directory_id, connections.provider");
    assert_taken(
        connect(&store, OUR, Connection { provider: provider("a"), ..google() }).await,
        "connections.id",
    );
    let elsewhere =
        Connection { directory: directory(THEIRS).id, ..connection(9, "b", ProviderPlace::Google) };
    assert_stale(connect(&store, OUR, elsewhere).await);
    assert_eq!(connections(&store, OUR).await, [google()]);
}

async fn a_connection_changes_version_by_version(store: Store) {
    signed_in(&store).await;
    connect(&store, OUR, google()).await.expect("inserts");
    let changed = Connection {
        client_id: ProviderClientId::parse("other").expect("is one"),
        scopes: ScopeSet::parse("openid").expect("are scopes"),
        display_name: None,
        is_enabled: false,
        version: 2,
        updated_at: at(9),
        ..google()
    };
    let update = async |within, one: Connection, new: Option<SealedSecret>| {
        let put = async move |tx: &mut appkeep_storage::WriteTx| {
            tx.update_connection(within, &ours(), (&one, new.as_ref())).await
        };
        write(&store, put).await
    };
    let sealed = async || {
        let mut tx = store.read().await.expect("opens");
        tx.connection_secret(OUR, &ours(), google().id).await.expect("reads").expect("is there")
    };
    assert_stale(update(THEIR, changed.clone(), None).await);
    update(OUR, changed.clone(), None).await.expect("updates");
    assert_eq!((connections(&store, OUR).await, sealed().await), (vec![changed.clone()], secret(7)));
    assert_stale(update(OUR, changed.clone(), Some(secret(8))).await);
    let newer = Connection { version: 3, ..changed };
    update(OUR, newer.clone(), Some(secret(8))).await.expect("updates");
    assert_eq!((connections(&store, OUR).await, sealed().await), (vec![newer], secret(8)));
}

async fn a_connection_goes_with_who_people_are_there(store: Store) {
    signed_in(&store).await;
    connect(&store, OUR, google()).await.expect("inserts");
    connect(&store, OUR, connection(2, "facebook", ProviderPlace::Facebook)).await.expect("inserts");
    let kept = Identity {
        connection: ConnectionId::from_bytes([2; 16]),
        provider: provider("facebook"),
        ..identity("1")
    };
    for one in [identity("1"), Identity { user: BOB, ..identity("2") }, kept.clone()] {
        link(&store, OUR, one).await.expect("inserts");
    }
    let delete = async |within| {
        write(&store, async move |tx| tx.delete_connection(within, &ours(), google().id).await).await
    };
    assert_stale(delete(THEIR).await);
    delete(OUR).await.expect("deletes");
    assert_stale(delete(OUR).await);
    assert_eq!(identities(&store, OUR, ADA).await, [kept]);
    assert_eq!(identities(&store, OUR, BOB).await, []);
    // Another with the same provider knows nobody.
    let again = Connection { id: ConnectionId::from_bytes([9; 16]), ..google() };
    connect(&store, OUR, again.clone()).await.expect("inserts");
    assert_eq!(identities(&store, OUR, BOB).await, []);
    assert_stale(link(&store, OUR, identity("1")).await);
    let known = Identity { connection: again.id, ..identity("1") };
    link(&store, OUR, known.clone()).await.expect("inserts");
    assert_eq!(identities(&store, OUR, ADA).await[1], known);
}

async fn many_identities_go_some_at_a_time(database: TestDatabase) {
    let store = database.store();
    signed_in(&store).await;
    write(&store, async |tx| {
        tx.insert_connection(OUR, &ours(), (&google(), &secret(7))).await?;
        for number in 0..600_u32 {
            let id = UserId::from_bytes(u128::from(1_000 + number).to_be_bytes());
            let email = format!("{number}@example.com");
            let one = appkeep_domain::User { id, username: None, ..crate::given::user(0, &email) };
            tx.insert_user(OUR, &ours(), &one).await?;
            tx.insert_identity(OUR, &ours(), &Identity { user: id, ..identity(&number.to_string()) }).await?;
        }
        tx.delete_connection(OUR, &ours(), google().id).await
    })
    .await
    .expect("deletes");
    let left = async || {
        let dump = database.dump().await;
        (dump["identities"].len(), dump["remains"].len())
    };
    assert_eq!(left().await, (100, 1));
    let sweep = async |limit| {
        write(&store, async move |tx| tx.sweep_remains(Within::Platform, limit).await).await.expect("sweeps")
    };
    assert_eq!((sweep(60).await, sweep(60).await, sweep(60).await), (Some(60), Some(40), None));
    assert_eq!(left().await, (0, 0));
}

async fn somebody_is_one_person_by_a_connection(store: Store) {
    signed_in(&store).await;
    connect(&store, OUR, google()).await.expect("inserts");
    link(&store, OUR, identity("1")).await.expect("inserts");
    let another = "identities.connection_id, identities.user_id";
    assert_taken(link(&store, OUR, identity("2")).await, another);
    let bobs = Identity { user: BOB, email: None, name: None, email_verified: false, ..identity("1") };
    assert_taken(link(&store, OUR, bobs.clone()).await, "identities.connection_id, identities.subject");
    let bobs = Identity { subject: subject("A"), ..bobs };
    link(&store, OUR, bobs.clone()).await.expect("inserts");
    assert_stale(link(&store, OUR, Identity { user: UserId::from_bytes([9; 16]), ..identity("3") }).await);
    let mut tx = store.read().await.expect("opens");
    for (text, found) in [("1", Some(identity("1"))), ("A", Some(bobs)), ("a", None), ("2", None)] {
        let by = (google().id, &subject(text));
        assert_eq!(tx.identity(OUR, &ours(), by).await.expect("reads"), found, "{text}");
    }
}

async fn an_identity_tells_of_its_last_use(store: Store) {
    signed_in(&store).await;
    connect(&store, OUR, google()).await.expect("inserts");
    link(&store, OUR, identity("1")).await.expect("inserts");
    let used =
        Identity { email: None, email_verified: false, name: None, last_used_at: at(9), ..identity("1") };
    let touch = async |within, one: Identity| {
        write(&store, async move |tx| tx.touch_identity(within, &ours(), &one).await).await
    };
    assert_stale(touch(THEIR, used.clone()).await);
    assert_stale(touch(OUR, Identity { user: BOB, ..used.clone() }).await);
    touch(OUR, used.clone()).await.expect("updates");
    assert_eq!(identities(&store, OUR, ADA).await, [used]);
}

async fn identities_go_with_their_user(store: Store) {
    signed_in(&store).await;
    connect(&store, OUR, google()).await.expect("inserts");
    for one in [identity("1"), Identity { user: BOB, ..identity("2") }] {
        link(&store, OUR, one).await.expect("inserts");
    }
    let unlink = async |within, user, name: &'static str| {
        let delete = async move |tx: &mut appkeep_storage::WriteTx| {
            tx.delete_identity(within, &ours(), (user, &provider(name))).await
        };
        write(&store, delete).await
    };
    assert_stale(unlink(THEIR, BOB, "google").await);
    for (name, had) in [("facebook", false), ("google", true), ("google", false)] {
        assert_eq!(unlink(OUR, BOB, name).await.expect("runs"), had, "{name}");
    }
    assert_eq!(identities(&store, OUR, ADA).await, [identity("1")]);
    write(&store, async |tx| tx.delete_user(OUR, &ours(), ADA, ENDING).await).await.expect("deletes");
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.identity(OUR, &ours(), (google().id, &subject("1"))).await.expect("reads"), None);
}

async fn another_tenants_are_not_there(store: Store) {
    signed_in(&store).await;
    assert_stale(connect(&store, THEIR, google()).await);
    connect(&store, OUR, google()).await.expect("inserts");
    assert_stale(link(&store, THEIR, identity("1")).await);
    link(&store, OUR, identity("1")).await.expect("inserts");
    assert_eq!((connections(&store, THEIR).await, identities(&store, THEIR, ADA).await), (vec![], vec![]));
    let mut tx = store.read().await.expect("opens");
    assert_eq!(tx.connection(THEIR, &ours(), &provider("google")).await.expect("reads"), None);
    assert_eq!(tx.connection_secret(THEIR, &ours(), google().id).await.expect("reads"), None);
    assert_eq!(tx.identity(THEIR, &ours(), (google().id, &subject("1"))).await.expect("reads"), None);
}

async fn send_off(store: &Store, within: Within, one: AuthorizationUnderWay) -> Result<(), StorageError> {
    write(store, async move |tx| tx.insert_under_way(within, &ours(), &one).await).await
}

async fn take(store: &Store, within: Within, number: u8, now: i64) -> Option<AuthorizationUnderWay> {
    let taken = write(store, async move |tx| tx.take_under_way(within, hash(number), at(now)).await).await;
    taken.expect("runs")
}

async fn whoever_is_under_way_comes_back_once_and_in_time(store: Store) {
    signed_in(&store).await;
    assert_stale(send_off(&store, OUR, under_way(1)).await);
    connect(&store, OUR, google()).await.expect("inserts");
    assert_stale(send_off(&store, THEIR, under_way(1)).await);
    send_off(&store, OUR, under_way(1)).await.expect("inserts");
    assert_taken(send_off(&store, OUR, under_way(1)).await, "authorizations_under_way.hash");
    assert_eq!((take(&store, OUR, 1, 60).await, take(&store, THEIR, 1, 5).await), (None, None));
    let taken = tokio::join!(take(&store, OUR, 1, 59), take(&store, OUR, 1, 59), take(&store, OUR, 1, 59));
    let taken: Vec<_> = [taken.0, taken.1, taken.2].into_iter().flatten().collect();
    assert_eq!(taken, [under_way(1)]);
}

async fn whoever_does_not_come_back_is_swept(store: Store) {
    signed_in(&store).await;
    connect(&store, OUR, google()).await.expect("inserts");
    for (number, expires_at) in [(1, 20), (2, 30), (3, 40)] {
        let one = AuthorizationUnderWay { expires_at: at(expires_at), ..under_way(number) };
        send_off(&store, OUR, one).await.expect("inserts");
    }
    let sweep = async |within, now: i64, limit| {
        write(&store, async move |tx| tx.delete_expired_under_way(within, at(now), limit).await).await
    };
    assert_stale(sweep(OUR, 30, 9).await);
    for (now, limit, swept) in [(19, 9, 0), (30, 1, 1), (30, 9, 1), (39, 9, 0)] {
        assert_eq!(sweep(Within::Platform, now, limit).await.expect("sweeps"), swept, "{now}");
    }
    assert!(take(&store, OUR, 3, 39).await.is_some());
}
