//! What is left to the applications of a tenant that is suspended or archived,
//! or whose partner is.

use appkeep_domain::{Caller, Name, Partner, PartnerId, Slug, Standing, Tenant, Within};
use appkeep_oauth::{ClientAuthentication, ErrorCode};
use appkeep_storage::{Store, WriteTx};
use appkeep_testkit::{TestDatabase, on_each_database};

use crate::node::{MANAGEMENT_API, Node, TENANT, machine, machine_with, scopes, write};
use crate::nodes::within_a_second;

on_each_database![
    a_suspended_tenant_gets_nothing_new_on_any_node,
    a_partner_that_is_suspended_takes_its_tenants_along,
    a_suspended_tenants_programs_look_on,
];

const REFUSED: Option<ErrorCode> = Some(ErrorCode::UnauthorizedClient);

async fn change(store: &Store, change: impl Fn(Tenant) -> Tenant + Send + Sync + 'static) {
    write(store, async move |tx: &mut WriteTx| {
        let tenant = tx.tenant(Within::Platform, TENANT).await?.expect("is there");
        tx.update_tenant(Within::Platform, &change(tenant)).await
    })
    .await;
}

async fn refusal(node: &Node, client: &ClientAuthentication) -> Option<ErrorCode> {
    node.token(client).await.err()
}

async fn a_suspended_tenant_gets_nothing_new_on_any_node(database: TestDatabase) {
    let one = Node::first(&database).await;
    let other = Node::another(database.store()).await;
    let client = one.register(&machine(1)).await;
    within_a_second("it is registered", async || other.token(&client).await.is_ok()).await;
    let token = other.token(&client).await.expect("gets one").access_token;
    change(&one.store, |tenant| Tenant { status: Standing::Suspended, ..tenant }).await;
    assert_eq!(refusal(&one, &client).await, REFUSED, "at once where it was done");
    within_a_second("it is suspended", async || refusal(&other, &client).await == REFUSED).await;
    assert!(other.is_active(&client, &token).await, "what is out lives on");
    change(&one.store, |tenant| Tenant { status: Standing::Active, ..tenant }).await;
    within_a_second("it is resumed", async || refusal(&other, &client).await.is_none()).await;
    let archived_at = Some(one.now());
    change(&one.store, move |tenant| Tenant { archived_at, ..tenant }).await;
    within_a_second("it is archived", async || refusal(&other, &client).await == REFUSED).await;
}

async fn a_partner_that_is_suspended_takes_its_tenants_along(database: TestDatabase) {
    let one = Node::first(&database).await;
    let other = Node::another(database.store()).await;
    let client = one.register(&machine(1)).await;
    let (slug, name) = (Slug::parse("reseller").expect("is one"), Name::parse("Reseller").expect("is one"));
    let partner = Partner::new(PartnerId::from_bytes([0x31; 16]), slug, name, one.now());
    let made = partner.clone();
    write(&one.store, async move |tx| tx.insert_partner(Within::Platform, &made).await).await;
    change(&one.store, |tenant| Tenant { partner: Some(PartnerId::from_bytes([0x31; 16])), ..tenant }).await;
    within_a_second("it is registered", async || other.token(&client).await.is_ok()).await;
    let suspended = Partner { status: Standing::Suspended, version: 2, ..partner.clone() };
    write(&one.store, async move |tx| tx.update_partner(Within::Platform, &suspended).await).await;
    within_a_second("it is suspended", async || refusal(&other, &client).await == REFUSED).await;
    let resumed = Partner { version: 3, ..partner };
    write(&one.store, async move |tx| tx.update_partner(Within::Platform, &resumed).await).await;
    within_a_second("it is resumed", async || refusal(&other, &client).await.is_none()).await;
}

async fn a_suspended_tenants_programs_look_on(database: TestDatabase) {
    let node = Node::first(&database).await;
    let program = machine_with(1, |oauth| {
        oauth.audience = Some(MANAGEMENT_API.to_owned());
        oauth.allowed_scopes = scopes("users:read users:write");
    });
    let client = node.register(&program).await;
    let token = node.token(&client).await.expect("gets one").access_token;
    let held = async || match node.caller(&token).await {
        Ok(Caller::Application { scopes, .. }) => Some(scopes.to_string()),
        _ => None,
    };
    assert_eq!(held().await.as_deref(), Some("users:read users:write"));
    change(&node.store, |tenant| Tenant { status: Standing::Suspended, ..tenant }).await;
    assert_eq!(held().await.as_deref(), Some("users:read"));
    let archived_at = Some(node.now());
    change(&node.store, move |tenant| Tenant { archived_at, ..tenant }).await;
    assert_eq!(held().await, None);
}
