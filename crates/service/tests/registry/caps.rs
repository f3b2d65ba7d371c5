//! How many users and applications a partner's tenant has.

use std::sync::Arc;

use appkeep_domain::{Caller, Caps, Clock as _, Name, Partner, PartnerId, Slug, Tenant, Within};
use appkeep_service::{Edit, ErrorCode, Expected, PartnerUpdate, Pool, UserFields};
use appkeep_storage::{StorageError, Store, WriteTx};
use appkeep_testkit::on_each_database;

use crate::harness::{Harness, named};

on_each_database![
    a_tenant_has_no_more_applications_than_its_partners_cap,
    a_tenant_has_no_more_users_than_its_partners_cap,
    of_those_who_register_the_last_at_once_one_does,
    a_cap_that_is_raised_makes_room,
];

const PARTNER: PartnerId = PartnerId::from_bytes([0x31; 16]);

/// The default tenant is a partner's, with these caps.
async fn capped(store: Store, caps: Caps) -> Arc<Harness> {
    let harness = Harness::start(store).await;
    let (tenant, now) = (harness.tenant, harness.clock.now());
    let (slug, name) = (Slug::parse("reseller").expect("is one"), Name::parse("Reseller").expect("is one"));
    let partner = Partner { caps, ..Partner::new(PARTNER, slug, name, now) };
    let bring = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
        tx.insert_partner(Within::Platform, &partner).await?;
        let tenant = tx.tenant(Within::Platform, tenant).await?.expect("is there");
        tx.update_tenant(Within::Platform, &Tenant { partner: Some(PARTNER), ..tenant }).await
    };
    harness.store.write(bring).await.expect("is brought");
    Arc::new(harness)
}

async fn create(harness: &Harness, name: &str) -> Result<String, ErrorCode> {
    let created = harness.create("m2m", named(name)).await;
    created.map(|created| created.view.application.id.to_string()).map_err(|error| error.code())
}

async fn invite(harness: &Harness, email: &str) -> Result<String, ErrorCode> {
    let fields = UserFields { email: Some(email.to_owned()), ..UserFields::default() };
    let created = harness.registry.create_user(&harness.admin(), Pool::Tenant, fields).await;
    created.map(|view| view.user.id.to_string()).map_err(|error| error.code())
}

const FULL: Result<String, ErrorCode> = Err(ErrorCode::CapReached);

async fn a_tenant_has_no_more_applications_than_its_partners_cap(store: Store) {
    let harness = capped(store, Caps { max_applications_per_tenant: Some(2), ..Caps::default() }).await;
    let first = create(&harness, "First").await.expect("there is room");
    create(&harness, "Second").await.expect("there is room");
    let before = harness.history().await;
    assert_eq!(create(&harness, "Third").await, FULL);
    let refused = harness.create("m2m", named("Third")).await.expect_err("is refused");
    assert_eq!(refused.faults()[0].field, "max_applications_per_tenant");
    assert_eq!(harness.history().await, before);
    // Neither what is archived counts nor what is deleted.
    harness.registry.archive_application(&harness.admin(), &first).await.expect("is archived");
    let third = create(&harness, "Third").await.expect("there is room");
    let refused = harness.registry.restore_application(&harness.admin(), &first).await;
    assert_eq!(refused.expect_err("is one too many").code(), ErrorCode::CapReached);
    harness.registry.delete_application(&harness.admin(), &third, Expected::Any).await.expect("is deleted");
    harness.registry.restore_application(&harness.admin(), &first).await.expect("there is room again");
    // A neighbour has no partner.
    let neighbour = harness.neighbour().await;
    for name in ["One", "Two", "Three"] {
        harness.registry.create_application(&neighbour, "m2m", named(name)).await.expect("no cap");
    }
}

async fn a_tenant_has_no_more_users_than_its_partners_cap(store: Store) {
    let harness = capped(store, Caps { max_users_per_tenant: Some(1), ..Caps::default() }).await;
    let ada = invite(&harness, "ada@example.com").await.expect("there is room");
    assert_eq!(invite(&harness, "bob@example.com").await, FULL);
    // Nothing is told of a cap before the request itself is right.
    assert_eq!(invite(&harness, "ADA@example.com").await, Err(ErrorCode::EmailTaken));
    harness
        .registry
        .delete_user(&harness.admin(), Pool::Tenant, &ada, Expected::Any)
        .await
        .expect("is deleted");
    invite(&harness, "bob@example.com").await.expect("there is room again");
}

async fn of_those_who_register_the_last_at_once_one_does(store: Store) {
    let caps =
        Caps { max_users_per_tenant: Some(1), max_applications_per_tenant: Some(1), ..Caps::default() };
    let harness = capped(store, caps).await;
    let mut tasks = Vec::new();
    for number in 0..4 {
        let (one, other) = (Arc::clone(&harness), Arc::clone(&harness));
        tasks.push(tokio::spawn(async move { create(&one, &format!("App {number}")).await }));
        tasks.push(tokio::spawn(async move { invite(&other, &format!("{number}@example.com")).await }));
    }
    let mut made = 0;
    for task in tasks {
        match task.await.expect("runs") {
            Ok(_) => made += 1,
            Err(code) => assert_eq!(code, ErrorCode::CapReached),
        }
    }
    assert_eq!(made, 2, "an application and a user");
}

async fn a_cap_that_is_raised_makes_room(store: Store) {
    let harness = capped(store, Caps { max_applications_per_tenant: Some(0), ..Caps::default() }).await;
    assert_eq!(create(&harness, "First").await, FULL);
    let system = harness.by(Caller::System);
    let mut update = PartnerUpdate::default();
    update.fields.max_applications_per_tenant = Edit::Set(1);
    harness.registry.update_partner(&system, &PARTNER.to_string(), update).await.expect("is changed");
    create(&harness, "First").await.expect("there is room");
    assert_eq!(create(&harness, "Second").await, FULL);
}
