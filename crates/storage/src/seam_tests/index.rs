//! What the search index holds, which no search can tell.

use appkeep_domain::{
    Application, ApplicationId, ApplicationKind, ApplicationState, CustomAttributes, Directory, DirectoryId,
    DirectoryOf, Email, Ending, Metadata, Name, Owner, PasswordPolicy, Slug, Timestamp, User, UserId,
    UserPool, UserStatus, Within,
};
use appkeep_testkit::on_each_database;

use super::{Seam, found};
use crate::error::Result;
use crate::sql::{Sql, sql};

on_each_database![what_is_gone_leaves_nothing_in_the_index, who_is_gone_leaves_nothing_in_the_index,];

const INDEXED: Sql = sql!(
    postgres: "SELECT count(*) AS found FROM application_grams",
    sqlite: "SELECT count(*) AS found FROM application_grams_docsize",
);

const USERS_INDEXED: Sql = sql!(
    postgres: "SELECT count(*) AS found FROM user_grams",
    sqlite: "SELECT count(*) AS found FROM user_grams_docsize",
);

fn application(number: u8) -> Application {
    Application {
        id: ApplicationId::from_bytes([number; 16]),
        owner: Owner::Global,
        kind: ApplicationKind::M2m,
        user_pool: UserPool::Tenant,
        made_by: None,
        public_key: None,
        slug: Slug::parse(&format!("a-{number}")).expect("is a slug"),
        name: Name::parse("Billing").expect("is a name"),
        description: None,
        logo_url: None,
        tags: Vec::new(),
        state: ApplicationState::Enabled,
        archived_at: None,
        expires_at: None,
        oauth: None,
        saml: None,
        access: None,
        version: 1,
        created_at: Timestamp::from_seconds(1),
        updated_at: Timestamp::from_seconds(1),
    }
}

async fn what_is_gone_leaves_nothing_in_the_index(seam: Seam) {
    let renamed =
        Application { version: 2, name: Name::parse("Invoices").expect("is a name"), ..application(2) };
    let (within, changed, gone) = (Within::Platform, renamed.clone(), renamed);
    for (number, entries) in [(1, 1), (2, 2)] {
        let inserted = seam.write(async move |tx| tx.insert_application(within, &application(number)).await);
        inserted.await.expect("inserts");
        assert_eq!(indexed(&seam).await, entries);
    }
    seam.write(async move |tx| tx.update_application(within, &changed).await).await.expect("updates");
    assert_eq!(indexed(&seam).await, 2);
    let now = Timestamp::from_seconds(2);
    seam.write(async move |tx| tx.delete_application(within, &gone, now).await).await.expect("deletes");
    assert_eq!(indexed(&seam).await, 1);
    let undone: Result<()> = seam
        .write(async move |tx| {
            tx.insert_application(within, &application(3)).await?;
            super::fails()
        })
        .await;
    undone.expect_err("is undone");
    assert_eq!(indexed(&seam).await, 1);
}

async fn indexed(seam: &Seam) -> i64 {
    let mut tx = seam.store.read().await.expect("reads");
    tx.fetch_optional(INDEXED, &[], found).await.expect("counts").expect("one row")
}

fn directory() -> Directory {
    Directory {
        id: DirectoryId::from_bytes([1; 16]),
        owner: Owner::Global,
        of: DirectoryOf::Tenant,
        policy: PasswordPolicy::DEFAULT,
        version: 1,
        created_at: Timestamp::from_seconds(1),
        updated_at: Timestamp::from_seconds(1),
    }
}

fn user(number: u8) -> User {
    User {
        id: UserId::from_bytes([number; 16]),
        directory: directory().id,
        email: Email::parse(&format!("{number}@example.com")).expect("is an address"),
        email_verified_at: None,
        username: None,
        phone: None,
        name: None,
        given_name: None,
        family_name: None,
        picture: None,
        locale: None,
        status: UserStatus::Active,
        metadata: Metadata::default(),
        custom_attributes: CustomAttributes::default(),
        last_sign_in_at: None,
        version: 1,
        created_at: Timestamp::from_seconds(1),
        updated_at: Timestamp::from_seconds(1),
    }
}

async fn who_is_gone_leaves_nothing_in_the_index(seam: Seam) {
    let (within, ending) = (Within::Platform, Ending::at(Timestamp::from_seconds(3)));
    seam.write(async move |tx| tx.insert_directory(within, &directory()).await).await.expect("inserts");
    for (number, entries) in [(1, 1), (2, 2), (3, 3)] {
        let inserted = seam.write(async move |tx| tx.insert_user(within, &directory(), &user(number)).await);
        inserted.await.expect("inserts");
        assert_eq!(users_indexed(&seam).await, entries);
    }
    let email = Email::parse("augusta@example.com").expect("is an address");
    let renamed = User { version: 2, email, ..user(2) };
    seam.write(async move |tx| tx.update_user(within, &directory(), &renamed).await).await.expect("updates");
    assert_eq!(users_indexed(&seam).await, 3);
    let gone = user(2).id;
    seam.write(async move |tx| tx.delete_user(within, &directory(), gone, ending).await)
        .await
        .expect("deletes");
    assert_eq!(users_indexed(&seam).await, 2);
}

async fn users_indexed(seam: &Seam) -> i64 {
    let mut tx = seam.store.read().await.expect("reads");
    tx.fetch_optional(USERS_INDEXED, &[], found).await.expect("counts").expect("one row")
}
