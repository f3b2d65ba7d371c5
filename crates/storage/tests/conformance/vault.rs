//! Tokens of the vault: kept, found by seeks, and gone in time.

use appkeep_domain::access::Container;
use appkeep_domain::{Actor, ActorKind, Environment, TenantId, Within};
use appkeep_storage::{
    StorageError, Store, VaultBy, VaultCursor, VaultOf, VaultSeek, VaultTag, VaultToken, WriteTx,
};
use appkeep_testkit::on_each_database;

use crate::given::{OURS, THEIRS, assert_stale, assert_taken, at};

on_each_database![
    a_token_reads_back_as_written,
    an_id_is_taken_once_in_an_environment,
    a_token_changes_version_by_version,
    a_deleted_token_leaves_nothing,
    tokens_are_listed_by_container_and_age,
    what_is_over_is_not_there_and_is_swept,
    another_tenants_are_not_there,
];

const OUR: Within = Within::Tenant(OURS);
const LIVE: VaultOf = VaultOf { tenant: OURS, environment: Environment::Live };

async fn given(store: &Store) {
    let insert = async |tx: &mut WriteTx| -> Result<(), StorageError> {
        for (tenant, slug) in [(OURS, "ours-vault"), (THEIRS, "theirs-vault")] {
            tx.insert_tenant(Within::Platform, &tenant_of(tenant, slug)).await?;
        }
        Ok(())
    };
    store.write(insert).await.expect("are new");
}

fn tenant_of(id: TenantId, slug: &str) -> appkeep_domain::Tenant {
    let slug = appkeep_domain::Slug::parse(slug).expect("is one");
    appkeep_domain::Tenant::new(id, slug, appkeep_domain::Name::parse("Vault").expect("is one"), at(0))
}

fn container(raw: &str) -> Container {
    Container::parse(raw).expect(raw)
}

fn token(id: &str, within: &str, seconds: i64) -> VaultToken {
    VaultToken {
        of: LIVE,
        id: id.to_owned(),
        token_type: "card".to_owned(),
        container: container(within),
        fingerprint: Some("2NEpo7TZRRrLZSi2U".to_owned()),
        data_key_version: 3,
        sealed: vec![7; 40],
        created_by: Actor { kind: ActorKind::Application, id: "app_1".to_owned() },
        created_at: at(seconds),
        modified: None,
        expires_at: None,
        version: VaultToken::FIRST_VERSION,
    }
}

async fn insert(store: &Store, token: &VaultToken, tags: &[VaultTag]) -> Result<(), StorageError> {
    let (token, tags) = (token.clone(), tags.to_vec());
    store.write(async move |tx: &mut WriteTx| tx.insert_vault_token(OUR, &token, &tags).await).await
}

async fn one(store: &Store, within: Within, of: VaultOf, id: &str) -> Option<VaultToken> {
    let mut tx = store.read().await.expect("reads");
    tx.vault_token(within, (of, id), at(100)).await.expect("reads")
}

async fn ids(store: &Store, by: VaultBy, within: &str, below: Option<VaultCursor>) -> Vec<String> {
    let floor = container(within);
    let below = below.unwrap_or_else(|| VaultCursor::above(&floor));
    let seek = VaultSeek { by, floor, below, limit: 10 };
    let mut tx = store.read().await.expect("reads");
    let tokens = tx.vault_tokens(OUR, LIVE, &seek, at(100)).await.expect("reads");
    let places = tx.vault_places(OUR, LIVE, &seek, at(100)).await.expect("reads");
    assert_eq!(places, tokens.iter().map(VaultCursor::of).collect::<Vec<_>>());
    tokens.into_iter().map(|token| token.id).collect()
}

async fn a_token_reads_back_as_written(store: Store) {
    given(&store).await;
    let plain = token("plain", "/a/", 1);
    let filled = VaultToken {
        of: VaultOf { environment: Environment::Test, ..LIVE },
        fingerprint: None,
        modified: Some((Actor { kind: ActorKind::Operator, id: "usr_1".to_owned() }, at(5))),
        expires_at: Some(at(200)),
        ..token("Zoë \"1\"", "/a/b/", 2)
    };
    for token in [&plain, &filled] {
        insert(&store, token, &[[1; 32]]).await.expect("is new");
        assert_eq!(one(&store, OUR, token.of, &token.id).await.as_ref(), Some(token));
    }
    assert_eq!(one(&store, OUR, filled.of, "plain").await, None);
    let mut tx = store.read().await.expect("reads");
    let same = tx.same_vault_token(OUR, LIVE, ("card", "2NEpo7TZRRrLZSi2U"), at(100)).await.expect("reads");
    assert_eq!(same, Some(plain));
    let other = tx.same_vault_token(OUR, LIVE, ("bank", "2NEpo7TZRRrLZSi2U"), at(100)).await.expect("reads");
    assert_eq!(other, None);
}

async fn an_id_is_taken_once_in_an_environment(store: Store) {
    given(&store).await;
    let first = token("one", "/a/", 1);
    insert(&store, &first, &[]).await.expect("is new");
    let again = insert(&store, &token("one", "/b/", 2), &[]).await;
    assert_taken(again, "vault_tokens.tenant_id, vault_tokens.live, vault_tokens.id");
    let test = VaultToken { of: VaultOf { environment: Environment::Test, ..LIVE }, ..first };
    insert(&store, &test, &[]).await.expect("is new there");
}

async fn a_token_changes_version_by_version(store: Store) {
    given(&store).await;
    let first = token("one", "/a/", 1);
    insert(&store, &first, &[[1; 32], [2; 32]]).await.expect("is new");
    let second = VaultToken { container: container("/z/"), sealed: vec![8; 10], version: 2, ..first.clone() };
    let update = async |token: VaultToken, within: Within| {
        let write =
            async move |tx: &mut WriteTx| tx.update_vault_token(within, &token, &[[2; 32], [3; 32]]).await;
        store.write(write).await
    };
    assert_stale(update(second.clone(), Within::Tenant(THEIRS)).await);
    update(second.clone(), OUR).await.expect("is changed");
    assert_eq!(one(&store, OUR, LIVE, "one").await, Some(second.clone()));
    assert_stale(update(second, OUR).await);
    for (tag, found) in [([1; 32], 0), ([2; 32], 1), ([3; 32], 1)] {
        assert_eq!(ids(&store, VaultBy::Tag(tag), "/z/", None).await.len(), found);
        assert_eq!(ids(&store, VaultBy::Tag(tag), "/a/", None).await.len(), 0);
    }
}

async fn a_deleted_token_leaves_nothing(store: Store) {
    given(&store).await;
    let first = token("one", "/a/", 1);
    insert(&store, &first, &[[1; 32]]).await.expect("is new");
    let delete = async |token: VaultToken, within: Within| {
        store.write(async move |tx: &mut WriteTx| tx.delete_vault_token(within, &token).await).await
    };
    assert_stale(delete(first.clone(), Within::Tenant(THEIRS)).await);
    assert_stale(delete(VaultToken { version: 2, ..first.clone() }, OUR).await);
    delete(first.clone(), OUR).await.expect("is there");
    assert_stale(delete(first, OUR).await);
    assert_eq!(one(&store, OUR, LIVE, "one").await, None);
    assert!(ids(&store, VaultBy::Tag([1; 32]), "/", None).await.is_empty());
}

async fn tokens_are_listed_by_container_and_age(store: Store) {
    given(&store).await;
    for (id, within, seconds) in [
        ("a1", "/a/", 1),
        ("a2", "/a/", 2),
        ("a2b", "/a/", 2),
        ("ab", "/a/b/", 1),
        ("a-", "/a-/", 9),
        ("a9", "/a9/", 9),
    ] {
        insert(&store, &token(id, within, seconds), &[[1; 32]]).await.expect("is new");
    }
    let all = ["a9", "ab", "a2b", "a2", "a1", "a-"];
    for by in [
        VaultBy::Nothing,
        VaultBy::Type("card".to_owned()),
        VaultBy::Fingerprint("2NEpo7TZRRrLZSi2U".to_owned()),
        VaultBy::Tag([1; 32]),
    ] {
        assert_eq!(ids(&store, by.clone(), "/", None).await, all, "{by:?}");
        assert_eq!(ids(&store, by.clone(), "/a/", None).await, all[1..5], "{by:?}");
        let below = VaultCursor::of(&token("a2", "/a/", 2));
        assert_eq!(ids(&store, by.clone(), "/", Some(below)).await, all[4..], "{by:?}");
    }
    for by in [VaultBy::Type("bank".to_owned()), VaultBy::Fingerprint("2".to_owned()), VaultBy::Tag([2; 32])]
    {
        assert!(ids(&store, by, "/", None).await.is_empty());
    }
}

async fn what_is_over_is_not_there_and_is_swept(store: Store) {
    given(&store).await;
    let over = VaultToken { expires_at: Some(at(100)), ..token("over", "/a/", 1) };
    let later = VaultToken { expires_at: Some(at(101)), ..token("later", "/a/", 1) };
    for token in [&over, &later] {
        insert(&store, token, &[[1; 32]]).await.expect("is new");
    }
    assert_eq!(one(&store, OUR, LIVE, "over").await, None);
    assert_eq!(ids(&store, VaultBy::Nothing, "/", None).await, ["later"]);
    assert_eq!(ids(&store, VaultBy::Tag([1; 32]), "/", None).await, ["later"]);
    let mut tx = store.read().await.expect("reads");
    assert_eq!(
        tx.expired_vault_tokens(Within::Platform, at(100), 10).await.expect("reads"),
        std::slice::from_ref(&over)
    );
    assert_eq!(tx.expired_vault_tokens(Within::Platform, at(101), 1).await.expect("reads"), [over]);
    assert!(tx.expired_vault_tokens(OUR, at(101), 10).await.expect("reads").is_empty());
}

async fn another_tenants_are_not_there(store: Store) {
    given(&store).await;
    let ours = token("one", "/a/", 1);
    insert(&store, &ours, &[[1; 32]]).await.expect("is new");
    let their = Within::Tenant(THEIRS);
    assert_eq!(one(&store, their, LIVE, "one").await, None);
    assert_eq!(one(&store, their, VaultOf { tenant: THEIRS, ..LIVE }, "one").await, None);
    let seek = VaultSeek {
        by: VaultBy::Nothing,
        floor: Container::root(),
        below: VaultCursor::above(&Container::root()),
        limit: 10,
    };
    let mut tx = store.read().await.expect("reads");
    assert!(tx.vault_tokens(their, LIVE, &seek, at(1)).await.expect("reads").is_empty());
    assert!(tx.vault_places(their, LIVE, &seek, at(1)).await.expect("reads").is_empty());
    let same = tx.same_vault_token(their, LIVE, ("card", "2NEpo7TZRRrLZSi2U"), at(1)).await;
    assert_eq!(same.expect("reads"), None);
    drop(tx);
    let write = async move |tx: &mut WriteTx| tx.insert_vault_token(their, &ours, &[]).await;
    assert_stale(store.write(write).await);
    let nobodys = VaultOf { tenant: TenantId::from_bytes([9; 16]), ..LIVE };
    let theirs = VaultToken { of: nobodys, ..token("two", "/a/", 1) };
    let write = async move |tx: &mut WriteTx| tx.insert_vault_token(Within::Platform, &theirs, &[]).await;
    assert_stale(store.write(write).await);
}
