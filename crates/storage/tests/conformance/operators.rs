//! Operators and their roles.

use appkeep_domain::{
    Email, Level, Lifetime, Name, Operator, OperatorId, Partner, PartnerId, Role, RoleGrant,
    SigningAlgorithm, Slug, Tenant, Within,
};
use appkeep_storage::{StorageError, Store};
use appkeep_testkit::on_each_database;

use crate::given::{OURS, THEIRS, at};

on_each_database![
    an_operator_reads_back_as_written,
    an_address_is_one_whatever_its_case,
    a_password_is_changed,
    only_the_platform_sees_operators,
    a_role_says_whose_tenant_it_is_held_in,
];

fn operator(number: u8, email: &str) -> Operator {
    Operator {
        id: OperatorId::from_bytes([number; 16]),
        email: Email::parse(email).expect("is an address"),
        password_hash: "$argon2id$…".to_owned(),
        roles: vec![
            RoleGrant { role: Role::Owner, at: Level::Platform },
            RoleGrant { role: Role::Admin, at: Level::Partner(PartnerId::from_bytes([9; 16])) },
            RoleGrant { role: Role::Member, at: Level::Tenant { id: OURS, partner: None } },
            RoleGrant { role: Role::Viewer, at: Level::Tenant { id: THEIRS, partner: None } },
        ],
        created_at: at(1),
        updated_at: at(2),
    }
}

async fn insert(store: &Store, within: Within, operator: &Operator) -> Result<(), StorageError> {
    let operator = operator.clone();
    store.write(async move |tx| tx.insert_operator(within, &operator).await).await
}

async fn by_email(store: &Store, within: Within, email: &str) -> Option<Operator> {
    let email = Email::parse(email).expect("is an address");
    store.read().await.expect("opens").operator_by_email(within, &email).await.expect("reads")
}

async fn list(store: &Store, within: Within, limit: u32) -> Vec<Operator> {
    store.read().await.expect("opens").operators(within, limit).await.expect("lists")
}

async fn an_operator_reads_back_as_written(store: Store) {
    let (ada, bob) = (operator(1, "Ada@example.com"), Operator { roles: vec![], ..operator(2, "bob@b") });
    for one in [&bob, &ada] {
        insert(&store, Within::Platform, one).await.expect("inserts");
    }
    assert_eq!(by_email(&store, Within::Platform, "Ada@example.com").await.as_ref(), Some(&ada));
    assert_eq!(by_email(&store, Within::Platform, "nobody@example.com").await, None);
    assert_eq!(list(&store, Within::Platform, 1).await, std::slice::from_ref(&ada));
    assert_eq!(list(&store, Within::Platform, 9).await, [ada, bob]);
}

async fn an_address_is_one_whatever_its_case(store: Store) {
    let ada = operator(1, "ADA@Exämple.com");
    insert(&store, Within::Platform, &ada).await.expect("inserts");
    assert_eq!(by_email(&store, Within::Platform, "ada@exÄmple.COM").await, Some(ada));
    match insert(&store, Within::Platform, &operator(2, "ada@exämple.com")).await {
        Err(StorageError::Taken(columns)) => assert_eq!(columns, "operators.email_folded"),
        other => panic!("{other:?}"),
    }
}

async fn change_password(store: &Store, within: Within, number: u8) -> Result<(), StorageError> {
    let id = OperatorId::from_bytes([number; 16]);
    store.write(async move |tx| tx.update_operator_password(within, id, "$new", at(7)).await).await
}

async fn a_password_is_changed(store: Store) {
    let ada = operator(1, "ada@example.com");
    insert(&store, Within::Platform, &ada).await.expect("inserts");
    change_password(&store, Within::Platform, 1).await.expect("changes");
    let changed = Operator { password_hash: "$new".to_owned(), updated_at: at(7), ..ada };
    assert_eq!(by_email(&store, Within::Platform, "ada@example.com").await, Some(changed));
    let nobody = change_password(&store, Within::Platform, 2).await;
    assert!(matches!(nobody, Err(StorageError::Stale)), "{nobody:?}");
}

async fn only_the_platform_sees_operators(store: Store) {
    insert(&store, Within::Platform, &operator(1, "ada@example.com")).await.expect("inserts");
    for within in [Within::Partner(PartnerId::from_bytes([9; 16])), Within::Tenant(OURS)] {
        assert_eq!(by_email(&store, within, "ada@example.com").await, None);
        assert_eq!(list(&store, within, 9).await, []);
        let inserted = insert(&store, within, &operator(2, "bob@example.com")).await;
        for refused in [inserted, change_password(&store, within, 1).await] {
            assert!(matches!(refused, Err(StorageError::Stale)), "{refused:?}");
        }
    }
}

async fn a_role_says_whose_tenant_it_is_held_in(store: Store) {
    let partner = Partner {
        id: PartnerId::from_bytes([9; 16]),
        slug: Slug::parse("reseller").expect("is a slug"),
        name: Name::parse("Reseller").expect("is a name"),
        created_at: at(1),
    };
    let tenant = Tenant {
        id: OURS,
        partner: Some(partner.id),
        slug: Slug::parse("ours").expect("is a slug"),
        name: Name::parse("Ours").expect("is a name"),
        secret_rotation_overlap: Lifetime::from_hours(72),
        access_token_signing_alg: SigningAlgorithm::Es256,
        logo_url: None,
        colour: None,
        created_at: at(1),
        updated_at: at(1),
        version: 1,
    };
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_partner(Within::Platform, &partner).await?;
            tx.insert_tenant(Within::Platform, &tenant).await
        })
        .await;
    outcome.expect("inserts");
    insert(&store, Within::Platform, &operator(1, "ada@example.com")).await.expect("inserts");
    let ada = by_email(&store, Within::Platform, "ada@example.com").await.expect("is there");
    let held = Level::Tenant { id: OURS, partner: Some(PartnerId::from_bytes([9; 16])) };
    assert_eq!(ada.roles[2], RoleGrant { role: Role::Member, at: held });
}
