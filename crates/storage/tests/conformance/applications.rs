//! Applications, their credentials and their audit entries.

use appkeep_domain::{
    Actor, ActorKind, Application, ApplicationId, ApplicationKind, ApplicationState, AuditEntry,
    AuditEntryId, Credential, CredentialId, CredentialOrigin, Name, OauthFacet, Origin, Owner, PartnerId,
    RedirectUri, SecretHash, SigningAlgorithm, Slug, Tag, TenantId, Timestamp, Within,
};
use appkeep_oauth::ScopeSet;
use appkeep_storage::{ApplicationFilter, ReadTx, Seek, StorageError, Store};
use appkeep_testkit::on_each_database;

on_each_database![
    an_application_reads_back_as_written,
    another_tenants_application_is_not_there,
    a_slug_is_taken_once_in_a_tenant,
    an_id_is_never_used_again,
    an_update_is_guarded_by_its_version,
    tags_follow_an_update,
    a_list_is_newest_first_and_stable_under_inserts,
    a_list_is_filtered,
    a_search_is_literal_and_ignores_case,
    a_search_examines_a_bounded_number_of_rows,
    a_credential_reads_back_as_written,
    a_rotation_leaves_earlier_deadlines_and_added_secrets,
    an_audit_entry_reads_back_as_written,
];

const OURS: TenantId = TenantId::from_bytes([7; 16]);
const FIRST: Seek = Seek { after: None, limit: 50 };
const THEIRS: TenantId = TenantId::from_bytes([8; 16]);

fn application(number: u8, name: &str) -> Application {
    let name = Name::parse(name).expect("is a name");
    let kind = ApplicationKind::Server;
    Application {
        id: ApplicationId::from_bytes([number; 16]),
        owner: Owner::Tenant(OURS),
        kind,
        slug: Slug::suggest(&name, Some(&number.to_string())),
        name,
        description: Some("Pays \"bills\"".to_owned()),
        logo_url: Some("https://billing.example/logo.png".to_owned()),
        tags: vec![Tag::parse("production").expect("is a tag"), Tag::parse("b").expect("is a tag")],
        state: ApplicationState::Enabled,
        archived_at: None,
        expires_at: Some(at(9)),
        oauth: Some(OauthFacet {
            redirect_uris: vec![RedirectUri::parse("https://billing.example/cb", false).expect("is one")],
            allowed_origins: vec![Origin::parse("https://billing.example").expect("is one")],
            allowed_scopes: ScopeSet::parse("openid bills:read").expect("are scopes"),
            audience: Some("https://api.billing.example".to_owned()),
            access_token_ttl: OauthFacet::DEFAULT_ACCESS_TOKEN_TTL,
            refresh_token_ttl: OauthFacet::default_refresh_token_ttl(kind),
            grant_types: kind.grant_types().to_vec(),
            auth_method: kind.auth_methods()[0],
            client_keys: None,
            require_pkce: true,
            access_token_signing_alg: Some(SigningAlgorithm::EdDsa),
        }),
        version: 1,
        created_at: at(1),
        updated_at: at(2),
    }
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

async fn insert(store: &Store, application: &Application) -> Result<(), StorageError> {
    let application = application.clone();
    store.write(async move |tx| tx.insert_application(Within::Tenant(OURS), &application).await).await
}

async fn update(store: &Store, application: &Application) -> Result<(), StorageError> {
    let application = application.clone();
    store.write(async move |tx| tx.update_application(Within::Tenant(OURS), &application).await).await
}

async fn get(store: &Store, within: Within, id: ApplicationId) -> Option<Application> {
    store.read().await.expect("opens").application(within, id).await.expect("reads")
}

async fn list(store: &Store, filter: &ApplicationFilter) -> Vec<u8> {
    let mut tx = store.read().await.expect("opens");
    let page = tx.applications(Within::Tenant(OURS), Owner::Tenant(OURS), filter, FIRST).await;
    page.expect("lists").applications.iter().map(|application| application.id.as_bytes()[0]).collect()
}

async fn an_application_reads_back_as_written(store: Store) {
    let billing = application(1, "Billing");
    insert(&store, &billing).await.expect("inserts");
    for within in [Within::Tenant(OURS), Within::Platform] {
        assert_eq!(get(&store, within, billing.id).await.as_ref(), Some(&billing));
    }
}

async fn another_tenants_application_is_not_there(store: Store) {
    let billing = application(1, "Billing");
    insert(&store, &billing).await.expect("inserts");
    let theirs = Within::Tenant(THEIRS);
    assert_eq!(get(&store, theirs, billing.id).await, None);
    assert_eq!(get(&store, Within::Partner(PartnerId::from_bytes([9; 16])), billing.id).await, None);
    let mut tx = store.read().await.expect("opens");
    let page = tx.applications(theirs, Owner::Tenant(OURS), &ApplicationFilter::default(), FIRST).await;
    assert_eq!(page.expect("lists").applications, Vec::new());
    assert_eq!(tx.credentials(theirs, billing.id).await.expect("reads"), Vec::new());
    let changed = Application { version: 2, ..billing.clone() };
    let outcome = store.write(async move |tx| tx.update_application(theirs, &changed).await).await;
    assert!(matches!(outcome, Err(StorageError::Stale)), "{outcome:?}");
    let outcome = store.write(async move |tx| tx.delete_application(theirs, &billing, at(3)).await).await;
    assert!(matches!(outcome, Err(StorageError::Stale)), "{outcome:?}");
}

async fn a_slug_is_taken_once_in_a_tenant(store: Store) {
    let first = application(1, "Billing");
    let second = Application { slug: first.slug.clone(), ..application(2, "Other") };
    insert(&store, &first).await.expect("inserts");
    match insert(&store, &second).await {
        Err(StorageError::Taken(columns)) => assert_eq!(columns, "applications.owner, applications.slug"),
        other => panic!("{other:?}"),
    }
    let elsewhere = Application { owner: Owner::Tenant(THEIRS), ..second };
    let outcome: Result<(), StorageError> =
        store.write(async move |tx| tx.insert_application(Within::Platform, &elsewhere).await).await;
    outcome.expect("another tenant has slugs of its own");
}

async fn an_id_is_never_used_again(store: Store) {
    let billing = application(1, "Billing");
    insert(&store, &billing).await.expect("inserts");
    let gone = billing.clone();
    let outcome: Result<(), StorageError> =
        store.write(async move |tx| tx.delete_application(Within::Tenant(OURS), &gone, at(3)).await).await;
    outcome.expect("deletes");
    assert_eq!(get(&store, Within::Platform, billing.id).await, None);
    let tagged = ApplicationFilter { tag: Some(billing.tags[0].clone()), ..ApplicationFilter::default() };
    assert_eq!(list(&store, &tagged).await, Vec::<u8>::new());
    match insert(&store, &billing).await {
        Err(StorageError::Taken(columns)) => assert_eq!(columns, "application_ids.id"),
        other => panic!("{other:?}"),
    }
}

async fn an_update_is_guarded_by_its_version(store: Store) {
    let billing = application(1, "Billing");
    insert(&store, &billing).await.expect("inserts");
    let renamed =
        Application { version: 2, name: Name::parse("Invoices").expect("is a name"), ..billing.clone() };
    update(&store, &renamed).await.expect("is the next version");
    assert_eq!(get(&store, Within::Platform, billing.id).await, Some(renamed.clone()));
    let outcome = update(&store, &Application { description: None, ..renamed.clone() }).await;
    assert!(matches!(outcome, Err(StorageError::Stale)), "{outcome:?}");
    assert_eq!(get(&store, Within::Platform, billing.id).await, Some(renamed));
}

async fn tags_follow_an_update(store: Store) {
    let billing = application(1, "Billing");
    insert(&store, &billing).await.expect("inserts");
    let tag = |word: &str| ApplicationFilter { tag: Tag::parse(word).ok(), ..ApplicationFilter::default() };
    assert_eq!(list(&store, &tag("production")).await, [1]);
    let moved = Application { version: 2, tags: vec![Tag::parse("staging").expect("is a tag")], ..billing };
    update(&store, &moved).await.expect("updates");
    assert_eq!(list(&store, &tag("production")).await, Vec::<u8>::new());
    assert_eq!(list(&store, &tag("staging")).await, [1]);
}

async fn a_list_is_newest_first_and_stable_under_inserts(store: Store) {
    for number in [2, 4, 6, 8] {
        insert(&store, &application(number, "Billing")).await.expect("inserts");
    }
    let all = ApplicationFilter::default();
    let mut seen = Vec::new();
    let mut after = None;
    for inserted in [9, 5] {
        let mut tx = store.read().await.expect("opens");
        let page = tx
            .applications(Within::Tenant(OURS), Owner::Tenant(OURS), &all, Seek { after, limit: 2 })
            .await
            .expect("lists");
        seen.extend(page.applications.iter().map(|application| application.id.as_bytes()[0]));
        after = page.next;
        drop(tx);
        insert(&store, &application(inserted, "Late")).await.expect("inserts");
    }
    assert_eq!((seen, after), (vec![8, 6, 4, 2], None));
}

async fn a_list_is_filtered(store: Store) {
    let disabled = Application { state: ApplicationState::Disabled, ..application(2, "Two") };
    let machine = Application { kind: ApplicationKind::M2m, ..application(3, "Three") };
    let archived = Application { archived_at: Some(at(5)), ..application(4, "Four") };
    for one in [&application(1, "One"), &disabled, &machine, &archived] {
        insert(&store, one).await.expect("inserts");
    }
    let all = ApplicationFilter::default;
    for (filter, found) in [
        (all(), vec![3, 2, 1]),
        (ApplicationFilter { state: Some(ApplicationState::Disabled), ..all() }, vec![2]),
        (ApplicationFilter { kind: Some(ApplicationKind::M2m), ..all() }, vec![3]),
        (ApplicationFilter { archived: true, ..all() }, vec![4]),
        (ApplicationFilter { tag: Tag::parse("b").ok(), ..all() }, vec![3, 2, 1]),
        (
            ApplicationFilter {
                kind: Some(ApplicationKind::Server),
                state: Some(ApplicationState::Enabled),
                tag: Tag::parse("b").ok(),
                ..all()
            },
            vec![1],
        ),
    ] {
        assert_eq!(list(&store, &filter).await, found, "{filter:?}");
    }
}

async fn a_search_is_literal_and_ignores_case(store: Store) {
    insert(&store, &application(1, "Ärger 100%")).await.expect("inserts");
    insert(&store, &application(2, "Billing_api")).await.expect("inserts");
    let id = application(2, "Billing_api").id.to_string();
    for (text, found) in [
        ("äRG", vec![1]),
        ("%", vec![1]),
        ("g_a", vec![2]),
        ("_", vec![2, 1]),
        ("pays \"", vec![2, 1]),
        (&id[3..], vec![2]),
        ("no such", vec![]),
        ("api\npays", vec![]),
    ] {
        let filter = ApplicationFilter { text: Some(text.to_owned()), ..ApplicationFilter::default() };
        assert_eq!(list(&store, &filter).await, found, "{text}");
    }
}

async fn a_search_examines_a_bounded_number_of_rows(store: Store) {
    store
        .write(async move |tx| {
            for number in 0..=ReadTx::MAX_EXAMINED {
                let mut bytes = [0; 16];
                bytes[8..].copy_from_slice(&number.to_be_bytes());
                let name = if number == 0 { "Needle" } else { "Hay" };
                let one = Application {
                    id: ApplicationId::from_bytes(bytes),
                    slug: Slug::parse(&format!("a-{number}")).expect("is a slug"),
                    tags: Vec::new(),
                    ..application(1, name)
                };
                tx.insert_application(Within::Tenant(OURS), &one).await?;
            }
            Ok::<_, StorageError>(())
        })
        .await
        .expect("inserts");
    let filter = ApplicationFilter { text: Some("needle".to_owned()), ..ApplicationFilter::default() };
    let (within, owner) = (Within::Tenant(OURS), Owner::Tenant(OURS));
    let mut tx = store.read().await.expect("opens");
    let short = tx.applications(within, owner, &filter, FIRST).await.expect("lists");
    assert_eq!((short.applications.len(), short.next.is_some()), (0, true), "a short page with a cursor");
    let rest =
        tx.applications(within, owner, &filter, Seek { after: short.next, limit: 50 }).await.expect("lists");
    assert_eq!((rest.applications.len(), rest.next), (1, None));
}

fn credential(number: u8, origin: CredentialOrigin, expires_at: Option<Timestamp>) -> Credential {
    Credential {
        id: CredentialId::from_bytes([number; 16]),
        origin,
        prefix: "ias_".to_owned(),
        hash: SecretHash::from_bytes([number; 32]),
        last_four: "abcd".to_owned(),
        created_at: at(number.into()),
        expires_at,
        revoked_at: None,
    }
}

async fn insert_credentials(store: &Store, credentials: Vec<Credential>) {
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
    assert_eq!(tx.credentials(Within::Tenant(OURS), id).await.expect("reads"), written);
    assert_eq!(tx.credentials(Within::Platform, id).await.expect("reads"), written);
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
    let id = application(1, "Billing").id;
    let ended: Result<u64, StorageError> =
        store.write(async move |tx| tx.end_rotated_credentials(Within::Tenant(OURS), id, at(50)).await).await;
    assert_eq!(ended.expect("ends"), 2);
    let mut tx = store.read().await.expect("opens");
    let deadlines: Vec<_> = tx
        .credentials(Within::Tenant(OURS), id)
        .await
        .expect("reads")
        .into_iter()
        .map(|credential| credential.expires_at)
        .collect();
    assert_eq!(deadlines, [None, Some(at(50)), Some(at(50)), Some(at(10))]);
}

async fn an_audit_entry_reads_back_as_written(store: Store) {
    let id = application(1, "Billing").id;
    let entry = AuditEntry {
        id: AuditEntryId::from_bytes([1; 16]),
        owner: Owner::Tenant(OURS),
        occurred_at: at(5),
        actor: Actor { kind: ActorKind::Application, id: "app_x".to_owned() },
        action: "application.created".to_owned(),
        application: Some(id),
        before: None,
        after: Some("{\"name\":\"Billing\"}".to_owned()),
        request_id: "req_x".to_owned(),
        address: Some("192.0.2.1".to_owned()),
    };
    let (written, elsewhere) = (entry.clone(), entry.clone());
    let outcome: Result<(), StorageError> =
        store.write(async move |tx| tx.insert_audit_entry(Within::Tenant(OURS), &written).await).await;
    outcome.expect("inserts");
    let refused: Result<(), StorageError> =
        store.write(async move |tx| tx.insert_audit_entry(Within::Tenant(THEIRS), &elsewhere).await).await;
    assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
    let mut tx = store.read().await.expect("opens");
    for (within, found) in [(Within::Tenant(OURS), vec![entry]), (Within::Tenant(THEIRS), vec![])] {
        let entries = tx.audit_entries_of(within, Owner::Tenant(OURS), id, 5).await.expect("reads");
        assert_eq!(entries, found);
    }
}
