//! Somebody who signs in, and what they have with an application.

use appkeep_domain::{
    ApplicationId, CustomAttributes, Directory, DirectoryId, DirectoryOf, Email, Metadata, Owner,
    PasswordPolicy, SeenFrom, Session, SessionId, Timestamp, User, UserId, UserStatus, Within,
};
use appkeep_storage::{StorageError, Store};

/// The directory that an owner's applications share.
pub fn directory_of(owner: Owner, now: Timestamp) -> Directory {
    Directory {
        id: DirectoryId::from_bytes([6; 16]),
        owner,
        of: DirectoryOf::Tenant,
        policy: PasswordPolicy::DEFAULT,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// Somebody in it, of whom an address and a number are all that is known.
///
/// # Panics
///
/// When the address is none.
pub fn user_of(directory: &Directory, number: u8, email: &str) -> User {
    User {
        id: UserId::from_bytes([number; 16]),
        directory: directory.id,
        email: Email::parse(email).expect("tests give an address"),
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
        created_at: directory.created_at,
        updated_at: directory.updated_at,
    }
}

/// Begins a session of somebody with an application, who is there for it if
/// they were not before.
///
/// # Panics
///
/// When the application is not there.
pub async fn begin_session(
    store: &Store,
    (owner, application): (Owner, ApplicationId),
    now: Timestamp,
    expires_at: Timestamp,
) -> Session {
    let begun = store.write(async move |tx| {
        let shared = directory_of(owner, now);
        let directory = tx.tenant_directory_or_insert(Within::Platform, &shared).await?;
        let somebody = user_of(&directory, 6, "somebody@example.com");
        if tx.user(Within::Platform, &directory, somebody.id).await?.is_none() {
            tx.insert_user(Within::Platform, &directory, &somebody).await?;
        }
        let session = Session {
            id: SessionId::from_bytes([5; 16]),
            owner,
            application,
            directory: directory.id,
            user: somebody.id,
            sign_in: None,
            impersonation: None,
            from: SeenFrom::default(),
            created_at: now,
            last_seen_at: now,
            expires_at,
            ended_at: None,
        };
        tx.insert_session(Within::Platform, &session).await?;
        Ok(session)
    });
    let begun: Result<Session, StorageError> = begun.await;
    begun.expect("the application is there")
}
