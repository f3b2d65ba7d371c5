//! What is removed without anybody asking.

use appkeep_domain::{
    ApplicationId, AuthMethod, AuthorizationCode, Clock as _, Email, Failing, Grant, GrantId, Lifetime, Link,
    LinkPurpose, Lockout, Owner, PasswordPolicy, RefreshFamily, SecretHash, SeenFrom, Session, SignIn,
    SignInId, Timestamp, Within,
};
use appkeep_oauth::ScopeSet;
use appkeep_service::{ApplicationFields, Edit, Swept};
use appkeep_storage::{StorageError, Store};
use appkeep_testkit::{begin_session, directory_of, on_each_database};

use crate::harness::{Harness, named};

on_each_database![what_nobody_needs_any_more_is_removed, what_came_of_a_sign_in_is_removed_in_its_time];

async fn what_nobody_needs_any_more_is_removed(store: Store) {
    let harness = Harness::start(store).await;
    let deadline = harness.clock.now().plus(Lifetime::from_hours(1));
    let brief = ApplicationFields { expires_at: Edit::Set(deadline.to_string()), ..named("Brief") };
    harness.create("m2m", brief).await.expect("is made");
    let id = harness.m2m("Lasting").await;
    harness.registry.rotate_secret(&harness.admin(), &id, Some(0)).await.expect("rotates");
    harness.registry.revoke_tokens(&harness.admin(), &id).await.expect("revokes");
    let sweep = async || harness.registry.sweep().await.expect("sweeps");
    assert_eq!(sweep().await, Swept::default(), "everything is still of use");
    harness.clock.advance(Lifetime::from_hours(1));
    assert_eq!(sweep().await, Swept { applications: 1, ..Swept::default() });
    assert_eq!(harness.actions().await[0], "application.expired");
    harness.clock.advance(Lifetime::from_days(30));
    assert_eq!(sweep().await, Swept { credentials: 1, revocations: 1, ..Swept::default() });
    assert_eq!(harness.live(&id).await.len(), 1);
    assert_eq!(sweep().await, Swept::default());
}

const HASH: SecretHash = SecretHash::from_bytes([1; 32]);

fn code(session: &Session, now: Timestamp) -> AuthorizationCode {
    AuthorizationCode {
        hash: HASH,
        owner: session.owner,
        application: session.application,
        session: session.id,
        grant: GrantId::from_bytes([1; 16]),
        directory: session.directory,
        user: session.user,
        redirect_uri: None,
        challenge: None,
        scope: ScopeSet::new(),
        audience: Vec::new(),
        client_spelling: session.application.to_string(),
        nonce: None,
        authenticated_at: now,
        methods: vec![AuthMethod::Password],
        created_at: now,
        expires_at: now.plus(AuthorizationCode::LIFETIME),
        redeemed_at: None,
    }
}

/// With refresh tokens that live for two hours.
fn grant(session: &Session, now: Timestamp) -> Grant {
    let lifetimes = (Lifetime::from_hours(2), Lifetime::from_days(1));
    Grant {
        id: GrantId::from_bytes([1; 16]),
        owner: session.owner,
        application: session.application,
        session: session.id,
        directory: session.directory,
        user: session.user,
        scope: ScopeSet::new(),
        audience: Vec::new(),
        client_spelling: session.application.to_string(),
        authenticated_at: now,
        methods: vec![AuthMethod::Password],
        created_at: now,
        family: Some(RefreshFamily::begin((HASH, HASH), lifetimes, now)),
        ended_at: None,
    }
}

fn sign_in(session: &Session, now: Timestamp) -> SignIn {
    SignIn {
        id: SignInId::from_bytes([1; 16]),
        directory: session.directory,
        user: session.user,
        secret: HASH,
        authenticated_at: now,
        methods: vec![AuthMethod::Password],
        from: SeenFrom::default(),
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus(Lifetime::from_hours(3)),
        ended_at: None,
    }
}

fn link(session: &Session, now: Timestamp) -> Link {
    Link {
        hash: HASH,
        directory: session.directory,
        user: session.user,
        purpose: LinkPurpose::VerifyEmail,
        email: Email::parse("somebody@example.com").expect("is an address"),
        created_at: now,
        expires_at: now.plus(Lifetime::from_hours(1)),
    }
}

/// One of each: a session and a sign-in of three hours, and what came of them.
async fn sign_somebody_in(harness: &Harness) {
    let id = ApplicationId::parse(&harness.m2m("Lasting").await).expect("is an id");
    let (owner, now) = (Owner::Tenant(harness.tenant), harness.clock.now());
    let session = begin_session(&harness.store, (owner, id), now, now.plus(Lifetime::from_hours(3))).await;
    let written = harness.store.write(async move |tx| {
        let (all, directory) = (Within::Platform, directory_of(owner, now));
        tx.insert_sign_in(all, &directory, &sign_in(&session, now)).await?;
        tx.insert_code(all, &code(&session, now)).await?;
        tx.insert_grant(all, &grant(&session, now)).await?;
        tx.insert_link(all, &directory, &link(&session, now)).await?;
        let whose = (session.directory, Failing::Account(session.user));
        let lockout = Lockout::after_failure(whose, None, &PasswordPolicy::DEFAULT, now);
        tx.put_lockout(all, &directory, &lockout).await
    });
    let written: Result<(), StorageError> = written.await;
    written.expect("is kept");
}

async fn what_came_of_a_sign_in_is_removed_in_its_time(store: Store) {
    let harness = Harness::start(store).await;
    sign_somebody_in(&harness).await;
    let none = Swept::default();
    for (seconds, swept) in [
        (60 + 599, none),
        (1, Swept { codes: 1, ..none }),
        (3_600 - 660, Swept { links: 1, ..none }),
        (3_600, Swept { grants: 1, ..none }),
        (22 * 3_600, Swept { lockouts: 1, ..none }),
        (29 * 86_400 + 3 * 3_600 - 1, none),
        (1, Swept { sessions: 1, sign_ins: 1, ..none }),
        (86_400, none),
    ] {
        harness.clock.advance(Lifetime::from_seconds(seconds));
        assert_eq!(harness.registry.sweep().await.expect("sweeps"), swept, "{}", harness.clock.now());
    }
}
