//! Integrations, which applications reach them, and what people have with them.

use appkeep_domain::integration::{
    AuthMode, Capabilities, Category, CredentialSchema, FoundMetadata, Integration, IntegrationUrl,
    OauthClient, ProviderWord, Validation, ValidationStatus,
};
use appkeep_domain::{
    Actor, ActorKind, Application, IntegrationId, Issuer, Name, Owner, ProviderClientId, Slug, Tenant,
    TenantId, UserId, Within,
};
use appkeep_oauth::ScopeSet;
use appkeep_storage::{
    AttachedAddress, Errand, IntegrationFilter, LinkedAccount, SealedLink, SealedSecret, SecretEdit,
    SecretEdits, Seek, Store, WriteTx,
};
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::given::{OURS, THEIRS, application, assert_stale, assert_taken, at, directory, user};
use crate::signed_in::{ADA, BOB, OUR, billing, hash, signed_in, write};

on_each_database![
    an_integration_reads_back_as_written,
    a_name_is_taken_once_among_those_that_are_not_archived,
    a_stale_version_is_not_written_over,
    an_application_reaches_what_its_tenant_has,
    one_that_is_archived_or_anothers_api_has_no_address,
    what_people_have_is_of_one_generation,
    much_of_an_earlier_generation_goes_some_at_a_time,
    one_renews_at_a_time,
    an_errand_is_done_once,
];

pub(crate) const THEIR: Within = Within::Tenant(THEIRS);

fn url(raw: &str) -> IntegrationUrl {
    IntegrationUrl::parse(raw).expect("is a URL")
}

/// One of `OURS` that has everything that one can have.
pub(crate) fn integration(number: u8, name: &str) -> Integration {
    Integration {
        id: IntegrationId::from_bytes([number; 16]),
        tenant: OURS,
        name: Name::parse(name).expect("is a name"),
        url: url("https://a.example/mcp"),
        category: Category::InternalMcpCredentials,
        auth: AuthMode::Oauth,
        scopes: ScopeSet::parse("read write").expect("are scopes"),
        provider: ProviderWord::parse("github").ok(),
        issuer: Some(url("https://id.example")),
        credential_schema: CredentialSchema::of_object("{\"type\":\"object\"}".to_owned()).ok(),
        capabilities: Capabilities { tools: true, resources: false, prompts: true },
        has_server_token: true,
        client: Some(OauthClient {
            client_id: ProviderClientId::parse("abc").expect("is one"),
            has_secret: true,
            authorization_url: Some(url("https://id.example/authorize")),
            token_url: Some(url("https://id.example/token")),
            scopes: ScopeSet::parse("read").ok(),
        }),
        validation: Some(Validation {
            status: ValidationStatus::Valid,
            message: "it \"speaks\"".to_owned(),
            at: at(7),
            metadata: Some(FoundMetadata {
                issuer: url("https://id.example"),
                authorization_endpoint: url("https://id.example/authorize"),
                token_endpoint: url("https://id.example/token"),
                resource: Some(url("https://a.example/mcp")),
                scopes_supported: vec!["read".to_owned()],
                says_who_answers: true,
            }),
        }),
        generation: 1,
        version: 1,
        created_by: Actor { kind: ActorKind::Operator, id: "opr_1".to_owned() },
        created_at: at(1),
        updated_at: at(2),
        archived_at: None,
    }
}

fn secret(byte: u8) -> SealedSecret {
    SealedSecret { issuer: Issuer::Tenant(OURS), data_key_version: 3, sealed: vec![byte; 40] }
}

fn both() -> SecretEdits {
    SecretEdits { server_token: SecretEdit::Set(secret(1)), client_secret: SecretEdit::Set(secret(2)) }
}

/// The people and applications of `OURS`, and both tenants.
pub(crate) async fn given(store: &Store) {
    signed_in(store).await;
    write(store, async |tx| {
        for (id, slug) in [(OURS, "ours-i"), (THEIRS, "theirs-i")] {
            let slug = Slug::parse(slug).expect("is one");
            let tenant = Tenant::new(id, slug, Name::parse("Tenant").expect("is one"), at(0));
            tx.insert_tenant(Within::Platform, &tenant).await?;
        }
        Ok(())
    })
    .await
    .expect("are new");
}

pub(crate) async fn insert(store: &Store, one: Integration) {
    write(store, async move |tx| tx.insert_integration(OUR, &one, &both()).await).await.expect("is new");
}

async fn read(store: &Store, within: Within, tenant: TenantId, number: u8) -> Option<Integration> {
    let id = IntegrationId::from_bytes([number; 16]);
    store.read().await.expect("opens").integration(within, tenant, id).await.expect("reads")
}

async fn an_integration_reads_back_as_written(store: Store) {
    given(&store).await;
    let whole = integration(1, "Git");
    insert(&store, whole.clone()).await;
    assert_eq!(read(&store, OUR, OURS, 1).await, Some(whole.clone()));
    for (within, tenant) in [(THEIR, OURS), (THEIR, THEIRS), (OUR, THEIRS)] {
        assert_eq!(read(&store, within, tenant, 1).await, None);
    }
    let mut tx = store.read().await.expect("opens");
    let read_both = tx.integration_with_secrets(OUR, OURS, whole.id).await.expect("reads");
    let (same, secrets) = read_both.expect("are there");
    assert_eq!(same, whole);
    assert_eq!((secrets.server_token, secrets.client_secret), (Some(secret(1)), Some(secret(2))));
    assert_eq!(tx.integration_with_secrets(THEIR, OURS, whole.id).await.expect("reads"), None);
    drop(tx);
    let bare = Integration {
        client: None,
        validation: None,
        has_server_token: false,
        credential_schema: None,
        provider: None,
        issuer: None,
        scopes: ScopeSet::new(),
        version: 2,
        ..whole
    };
    let cleared = SecretEdits { server_token: SecretEdit::Clear, client_secret: SecretEdit::Clear };
    let written = bare.clone();
    write(&store, async move |tx| tx.update_integration(OUR, &written, &cleared).await)
        .await
        .expect("writes");
    assert_eq!(read(&store, OUR, OURS, 1).await, Some(bare));
    let theirs = integration(2, "Other");
    assert_stale(write(&store, async move |tx| tx.insert_integration(THEIR, &theirs, &both()).await).await);
}

async fn a_name_is_taken_once_among_those_that_are_not_archived(store: Store) {
    given(&store).await;
    insert(&store, integration(1, "Git")).await;
    let again = integration(2, "GIT");
    let outcome = write(&store, async move |tx| tx.insert_integration(OUR, &again, &both()).await).await;
    assert_taken(outcome, "integrations.tenant_id, integrations.name_key");
    let gone = Integration { archived_at: Some(at(9)), version: 2, ..integration(1, "Git") };
    write(&store, async move |tx| tx.update_integration(OUR, &gone, &SecretEdits::default()).await)
        .await
        .expect("writes");
    insert(&store, integration(2, "GIT")).await;
    let name = Name::parse("git").expect("is a name");
    let mut tx = store.read().await.expect("opens");
    let live = tx.integration_by_name(OUR, OURS, &name).await.expect("reads").expect("is there");
    let archived = tx.archived_integration_by_name(OUR, OURS, &name).await.expect("reads").expect("is there");
    assert_eq!((live.id.as_bytes()[0], archived.id.as_bytes()[0]), (2, 1));
    for filter in [IntegrationFilter::default(), IntegrationFilter { archived: true, ..Default::default() }] {
        let expected = if filter.archived { 1 } else { 2 };
        let found = tx.integrations(OUR, OURS, filter, Seek { after: None, limit: 9 }).await.expect("reads");
        let ids: Vec<u8> = found.integrations.iter().map(|one| one.id.as_bytes()[0]).collect();
        assert_eq!((ids, found.next), (vec![expected], None));
    }
}

async fn a_stale_version_is_not_written_over(store: Store) {
    given(&store).await;
    insert(&store, integration(1, "Git")).await;
    for (within, version) in [(OUR, 1), (OUR, 3), (THEIR, 2)] {
        let changed = Integration { version, ..integration(1, "Other") };
        let secrets = SecretEdits::default();
        assert_stale(
            write(&store, async move |tx| tx.update_integration(within, &changed, &secrets).await).await,
        );
    }
    assert_eq!(read(&store, OUR, OURS, 1).await, Some(integration(1, "Git")));
}

async fn an_application_reaches_what_its_tenant_has(store: Store) {
    given(&store).await;
    insert(&store, integration(1, "Git")).await;
    insert(&store, Integration { archived_at: Some(at(9)), ..integration(2, "Gone") }).await;
    let attach = async |within: Within, number: u8| {
        let what = (IntegrationId::from_bytes([number; 16]), at(5));
        write(&store, async move |tx| tx.attach_integration(within, &billing(), what).await).await
    };
    assert!(attach(OUR, 1).await.expect("attaches"));
    assert!(!attach(OUR, 1).await.expect("is attached"));
    for (within, number) in [(OUR, 2), (OUR, 3), (THEIR, 1)] {
        assert_stale(attach(within, number).await);
    }
    let mut tx = store.read().await.expect("opens");
    let attached = tx.attached_integrations(OUR, &billing()).await.expect("reads");
    assert_eq!(attached.iter().map(|one| one.attached_at).collect::<Vec<_>>(), [at(5)]);
    assert_eq!(tx.attached_integrations(THEIR, &billing()).await.expect("reads"), []);
    let git = AttachedAddress {
        integration: integration(1, "Git").id,
        url: Some(integration(1, "Git").url.as_str().to_owned()),
    };
    assert_eq!(tx.attached_addresses(OUR, &billing()).await.expect("reads"), [git]);
    assert_eq!(tx.attached_addresses(THEIR, &billing()).await.expect("reads"), []);
    let seek = Seek { after: None, limit: 9 };
    let git = integration(1, "Git").id;
    let (applications, next) = tx.applications_attached(OUR, (OURS, git), seek).await.expect("reads");
    assert_eq!((applications, next), (vec![billing().id], None));
    drop(tx);
    let detached = write(&store, async move |tx| tx.detach_integration(OUR, &billing(), git).await).await;
    assert!(detached.expect("detaches"));
    let again = write(&store, async move |tx| tx.detach_integration(OUR, &billing(), git).await).await;
    assert!(!again.expect("was detached"));
}

async fn one_that_is_archived_or_anothers_api_has_no_address(store: Store) {
    given(&store).await;
    for number in [1, 2, 3] {
        let url = url(&format!("https://{number}.example/mcp"));
        insert(&store, Integration { url, ..integration(number, &number.to_string()) }).await;
        let what = (IntegrationId::from_bytes([number; 16]), at(5));
        let attach = async move |tx: &mut WriteTx| tx.attach_integration(OUR, &billing(), what).await;
        write(&store, attach).await.expect("attaches");
    }
    let url = url("https://2.example/mcp");
    let gone = Integration { archived_at: Some(at(9)), version: 2, url, ..integration(2, "2") };
    write(&store, async move |tx| tx.update_integration(OUR, &gone, &SecretEdits::default()).await)
        .await
        .expect("writes");
    // The same name for an API of one's own is no harm, and for the platform's it is.
    for (number, owner, api) in
        [(8, Owner::Tenant(OURS), "https://1.example/mcp"), (9, Owner::Global, "https://3.example/mcp")]
    {
        let mut other = Application { owner, expires_at: None, ..application(number, "Other") };
        if let Some(oauth) = &mut other.oauth {
            oauth.audience = Some(api.to_owned());
        }
        write(&store, async move |tx| tx.insert_application(Within::Platform, &other).await)
            .await
            .expect("is new");
    }
    let mut tx = store.read().await.expect("opens");
    let found = tx.attached_addresses(OUR, &billing()).await.expect("reads");
    let urls: Vec<_> = found.iter().map(|one| one.url.as_deref()).collect();
    assert_eq!(urls, [Some("https://1.example/mcp"), None, None]);
}

pub(crate) fn account(user: UserId, generation: i64) -> LinkedAccount {
    LinkedAccount {
        integration: integration(1, "Git").id,
        tenant: OURS,
        generation,
        directory: directory(OURS).id,
        user,
        is_refreshable: true,
        expires_at: Some(at(50)),
        refused_at: None,
        refreshing_until: None,
        version: 1,
        connected_by: Some(billing().id),
        connected_at: at(5),
        updated_at: at(5),
    }
}

fn link(byte: u8) -> SealedLink {
    SealedLink { data_key_version: 3, sealed: vec![byte; 40] }
}

pub(crate) async fn put(store: &Store, account: LinkedAccount) -> Result<(), appkeep_storage::StorageError> {
    write(store, async move |tx| tx.put_linked_account(OUR, &account, &link(1)).await).await
}

async fn what_people_have_is_of_one_generation(store: Store) {
    given(&store).await;
    insert(&store, integration(1, "Git")).await;
    put(&store, account(ADA, 1)).await.expect("is kept");
    put(&store, account(BOB, 1)).await.expect("is kept");
    assert_stale(put(&store, account(ADA, 2)).await);
    assert_stale(put(&store, account(UserId::from_bytes([99; 16]), 1)).await);
    let mut tx = store.read().await.expect("opens");
    let now = integration(1, "Git");
    let found = tx.linked_account(OUR, &now, ADA).await.expect("reads");
    assert_eq!(found, Some((account(ADA, 1), link(1))));
    assert_eq!(tx.linked_account(THEIR, &now, ADA).await.expect("reads"), None);
    let later = Integration { generation: 2, ..now.clone() };
    assert_eq!(tx.linked_account(OUR, &later, ADA).await.expect("reads"), None);
    let page = tx.linked_accounts(OUR, &now, Seek { after: None, limit: 1 }).await.expect("reads");
    assert_eq!((page.accounts, page.next), (vec![account(ADA, 1)], Some(ADA)));
    let page = tx.linked_accounts(OUR, &now, Seek { after: Some(ADA), limit: 1 }).await.expect("reads");
    assert_eq!((page.accounts, page.next), (vec![account(BOB, 1)], None));
    drop(tx);
    let whose = now.clone();
    let gone = write(&store, async move |tx| tx.delete_linked_account(OUR, &whose, BOB).await).await;
    assert!(gone.expect("is deleted"));
    put(&store, account(ADA, 1)).await.expect("is replaced");
    let mut tx = store.read().await.expect("opens");
    let (again, _) = tx.linked_account(OUR, &now, ADA).await.expect("reads").expect("is there");
    assert_eq!(again, LinkedAccount { version: 2, ..account(ADA, 1) });
}

async fn much_of_an_earlier_generation_goes_some_at_a_time(database: TestDatabase) {
    const MANY: u16 = 600;
    let store = database.store();
    given(&store).await;
    insert(&store, integration(1, "Git")).await;
    let id = |number: u16| {
        let mut bytes = [9; 16];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        UserId::from_bytes(bytes)
    };
    write(&store, async move |tx| {
        for number in 0..MANY {
            let one = appkeep_domain::User {
                id: id(number),
                username: None,
                ..user(0, &format!("{number}@example.com"))
            };
            tx.insert_user(OUR, &directory(OURS), &one).await?;
            tx.put_linked_account(OUR, &account(one.id, 1), &link(1)).await?;
        }
        let later = Integration { generation: 2, version: 2, ..integration(1, "Git") };
        tx.update_integration(OUR, &later, &SecretEdits::default()).await?;
        tx.delete_earlier_links(OUR, &later).await
    })
    .await
    .expect("writes");
    assert_eq!(database.dump().await["linked_accounts"].len(), usize::from(MANY) - 500);
    put(&store, account(ADA, 2)).await.expect("is kept");
    put(&store, account(id(MANY - 1), 2)).await.expect("takes the place of the one before");
    while write(&store, async |tx| tx.sweep_remains(Within::Platform, 40).await)
        .await
        .expect("sweeps")
        .is_some()
    {}
    let dump = database.dump().await;
    assert_eq!((dump["linked_accounts"].len(), dump["remains"].len()), (2, 0), "those of now stay");
}

async fn one_renews_at_a_time(store: Store) {
    given(&store).await;
    insert(&store, integration(1, "Git")).await;
    put(&store, account(ADA, 1)).await.expect("is kept");
    let begin = async |version: i64, now: i64| {
        let account = LinkedAccount { version, ..account(ADA, 1) };
        let times = (at(now), at(now + 30));
        write(&store, async move |tx| tx.begin_refresh(OUR, &account, times).await).await.expect("asks")
    };
    assert!(begin(1, 100).await);
    assert!(!begin(1, 129).await, "somebody else does");
    assert!(begin(1, 130).await, "who took too long");
    let renewed = LinkedAccount { version: 2, expires_at: None, ..account(ADA, 1) };
    let written = renewed.clone();
    write(&store, async move |tx| tx.update_linked_account(OUR, &written, &link(2)).await)
        .await
        .expect("writes");
    assert!(!begin(1, 999).await, "it is another one by now");
    let mut tx = store.read().await.expect("opens");
    let found = tx.linked_account(OUR, &integration(1, "Git"), ADA).await.expect("reads");
    assert_eq!(found, Some((renewed, link(2))));
    drop(tx);
    let late = LinkedAccount { version: 2, ..account(ADA, 1) };
    assert_stale(write(&store, async move |tx| tx.update_linked_account(OUR, &late, &link(3)).await).await);
    // What was dropped and connected anew begins with the same version.
    let git = integration(1, "Git");
    assert!(
        write(&store, async move |tx| tx.delete_linked_account(OUR, &git, ADA).await).await.expect("drops")
    );
    let anew = LinkedAccount { connected_at: at(77), ..account(ADA, 1) };
    put(&store, anew).await.expect("is kept");
    assert!(!begin(1, 2_000).await, "it is another one by now");
    let late = LinkedAccount { version: 2, ..account(ADA, 1) };
    assert_stale(write(&store, async move |tx| tx.update_linked_account(OUR, &late, &link(3)).await).await);
}

async fn an_errand_is_done_once(store: Store) {
    given(&store).await;
    insert(&store, integration(1, "Git")).await;
    let errand = |number: u8| Errand {
        state: hash(number),
        tenant: OURS,
        integration: integration(1, "Git").id,
        generation: 1,
        directory: directory(OURS).id,
        user: ADA,
        application: billing().id,
        return_to: Some("https://billing.example/cb".to_owned()),
        browser: None,
        brought: None,
        created_at: at(5),
        expires_at: at(50),
    };
    for number in [1, 2] {
        let one = errand(number);
        write(&store, async move |tx| tx.insert_errand(OUR, &one).await).await.expect("is new");
    }
    let strange = Errand { tenant: THEIRS, ..errand(3) };
    assert_stale(write(&store, async move |tx| tx.insert_errand(THEIR, &strange).await).await);
    let take = async |within: Within, number: u8, now: i64| {
        write(&store, async move |tx| tx.take_errand(within, hash(number), at(now)).await)
            .await
            .expect("asks")
    };
    assert_eq!(take(OUR, 1, 6).await, None, "a state does not say where to look");
    let set_out = async |within: Within, browser: u8, now: i64| {
        let one = errand(1);
        write(&store, async move |tx| tx.set_out(within, &one, (hash(browser), at(now))).await).await
    };
    let back = async |browser: Option<u8>, now: i64| {
        let one = Errand { browser: browser.map(hash), ..errand(1) };
        write(&store, async move |tx| tx.bring_back(OUR, &one, (hash(20), at(now))).await)
            .await
            .expect("asks")
    };
    assert_stale(set_out(THEIR, 10, 6).await);
    assert!(!back(None, 6).await, "nobody set out");
    assert!(!set_out(OUR, 10, 50).await.expect("asks"), "it is over");
    for (browser, is_it) in [(10, true), (10, true), (11, false)] {
        assert_eq!(set_out(OUR, browser, 6).await.expect("asks"), is_it, "{browser}");
    }
    for (browser, now, is_it) in [(11, 6, false), (10, 50, false), (10, 6, true), (10, 6, false)] {
        assert_eq!(back(Some(browser), now).await, is_it, "{browser} {now}");
    }
    assert!(!set_out(OUR, 10, 6).await.expect("asks"), "it came back");
    let mut tx = store.read().await.expect("opens");
    for (within, now, most, many) in [(OUR, 6, 9, 2), (OUR, 6, 1, 1), (OUR, 50, 9, 0), (THEIR, 6, 9, 0)] {
        let whose = (OURS, directory(OURS).id, ADA);
        let of_user = tx.open_errands_of_user(within, whose, (at(now), most)).await.expect("counts");
        let of_tenant = tx.open_errands_of_tenant(within, OURS, (at(now), most)).await.expect("counts");
        assert_eq!((of_user, of_tenant), (many, many), "{within:?} {now} {most}");
    }
    drop(tx);
    let done = Errand { browser: Some(hash(10)), brought: Some(hash(20)), ..errand(1) };
    assert_eq!(take(Within::Platform, 1, 6).await, Some(done));
    assert_eq!(take(Within::Platform, 1, 6).await, None);
    assert_eq!(take(Within::Platform, 2, 50).await, None, "it is over");
    let swept = write(&store, async |tx| tx.delete_expired_errands(Within::Platform, at(50), 9).await).await;
    assert_eq!(swept.expect("sweeps"), 1);
    assert_stale(write(&store, async |tx| tx.delete_expired_errands(OUR, at(50), 9).await).await);
}
