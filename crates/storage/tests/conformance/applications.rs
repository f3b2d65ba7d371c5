//! Applications, alone and in lists.

use appkeep_domain::{
    AcsUrl, Application, ApplicationId, ApplicationKind, ApplicationState, AttributeSource,
    AttributeStatement, EntityId, Name, NameIdFormat, Owner, PartnerId, SamlFacet, Tag, Within,
};
use appkeep_storage::{ApplicationFilter, Seek, StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{OURS, THEIRS, application, at};

on_each_database![
    an_application_reads_back_as_written,
    a_saml_application_reads_back_as_written,
    another_tenants_application_is_not_there,
    a_slug_is_taken_once_in_a_tenant,
    an_id_is_never_used_again,
    an_update_is_guarded_by_its_version,
    tags_follow_an_update,
    a_list_is_newest_first_and_stable_under_inserts,
    a_list_is_filtered,
    what_has_expired_is_not_listed_and_waits_for_its_end,
    a_page_of_what_few_pass_takes_few_statements,
];

const FIRST: Seek = Seek { after: None, limit: 50 };

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
    let page = tx.applications(Within::Tenant(OURS), Owner::Tenant(OURS), filter, FIRST, at(3)).await;
    page.expect("lists").applications.iter().map(|application| application.id.as_bytes()[0]).collect()
}

async fn an_application_reads_back_as_written(store: Store) {
    let billing = application(1, "Billing");
    insert(&store, &billing).await.expect("inserts");
    for within in [Within::Tenant(OURS), Within::Platform] {
        assert_eq!(get(&store, within, billing.id).await.as_ref(), Some(&billing));
    }
}

async fn a_saml_application_reads_back_as_written(store: Store) {
    let facet = SamlFacet {
        entity_id: EntityId::parse("https://sp.example/metadata").expect("is one"),
        acs_urls: vec![AcsUrl::parse("https://sp.example/acs").expect("is one")],
        certificates: vec!["-----BEGIN CERTIFICATE-----\n…\n".to_owned()],
        name_id_format: NameIdFormat::Persistent,
        attribute_statements: vec![AttributeStatement {
            name: "mail".to_owned(),
            source: AttributeSource::Email,
        }],
    };
    let kind = ApplicationKind::Saml;
    let provider = Application { kind, oauth: None, saml: Some(facet.clone()), ..application(1, "Provider") };
    insert(&store, &provider).await.expect("inserts");
    assert_eq!(get(&store, Within::Platform, provider.id).await.as_ref(), Some(&provider));
    let bare = SamlFacet { certificates: vec![], attribute_statements: vec![], ..facet };
    let changed = Application { version: 2, saml: Some(bare), ..provider };
    update(&store, &changed).await.expect("updates");
    assert_eq!(get(&store, Within::Platform, changed.id).await, Some(changed));
}

async fn another_tenants_application_is_not_there(store: Store) {
    let billing = application(1, "Billing");
    insert(&store, &billing).await.expect("inserts");
    let theirs = Within::Tenant(THEIRS);
    assert_eq!(get(&store, theirs, billing.id).await, None);
    assert_eq!(get(&store, Within::Partner(PartnerId::from_bytes([9; 16])), billing.id).await, None);
    let mut tx = store.read().await.expect("opens");
    let page =
        tx.applications(theirs, Owner::Tenant(OURS), &ApplicationFilter::default(), FIRST, at(3)).await;
    assert_eq!(page.expect("lists").applications, Vec::new());
    assert_eq!(tx.live_credentials(theirs, billing.id, at(3)).await.expect("reads"), Vec::new());
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
            .applications(Within::Tenant(OURS), Owner::Tenant(OURS), &all, Seek { after, limit: 2 }, at(3))
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

async fn what_has_expired_is_not_listed_and_waits_for_its_end(store: Store) {
    for (number, deadline) in [(1, Some(3)), (2, Some(2)), (3, Some(4)), (4, None)] {
        let one = Application { expires_at: deadline.map(at), ..application(number, "Short-lived") };
        insert(&store, &one).await.expect("inserts");
    }
    assert_eq!(list(&store, &ApplicationFilter::default()).await, [4, 3], "refused from the deadline on");
    let mut tx = store.read().await.expect("opens");
    for (within, limit, found) in [
        (Within::Platform, 9, vec![2, 1]),
        (Within::Platform, 1, vec![2]),
        (Within::Tenant(OURS), 9, vec![2, 1]),
        (Within::Tenant(THEIRS), 9, vec![]),
    ] {
        let expired = tx.expired_applications(within, at(3), limit).await.expect("lists");
        let numbers: Vec<u8> = expired.iter().map(|application| application.id.as_bytes()[0]).collect();
        assert_eq!(numbers, found, "{within:?}");
    }
}

async fn a_page_of_what_few_pass_takes_few_statements(store: Store) {
    store
        .write(async move |tx| {
            for number in 1..=200 {
                let state = if number == 1 { ApplicationState::Disabled } else { ApplicationState::Enabled };
                let tags = vec![Tag::parse("b").expect("is a tag")];
                let one = Application { state, tags, ..application(number, "Many") };
                tx.insert_application(Within::Tenant(OURS), &one).await?;
            }
            Ok::<_, StorageError>(())
        })
        .await
        .expect("inserts");
    let state = Some(ApplicationState::Disabled);
    let filter = ApplicationFilter { state, tag: Tag::parse("b").ok(), ..ApplicationFilter::default() };
    let seek = Seek { after: None, limit: 1 };
    let before = store.stats().request_statements;
    let mut tx = store.read().await.expect("opens");
    let page = tx.applications(Within::Tenant(OURS), Owner::Tenant(OURS), &filter, seek, at(3)).await;
    assert_eq!(page.expect("lists").applications.len(), 1);
    let took = store.stats().request_statements - before;
    assert!(took <= 9, "each statement looks at twice as many: {took}");
}
