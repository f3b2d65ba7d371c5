//! Sessions of public applications: begun with a key that anybody can read, and
//! authorized with one that nobody can.

use std::sync::Arc;

use appkeep_domain::access::{AccessKind, AccessSession, SessionGrant};
use appkeep_domain::{ApplicationId, Environment, Owner, Within};
use appkeep_keys::{NewSecret, PresentedSecret};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::json;

use super::session_draft::{self, SessionDraft, SessionFields};
use super::{describe_rule, permission_words};
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;
use crate::registry::record::{Stamp, Told, record_of};
use crate::tokens::KeyPrincipal;

/// A session that nobody has authorized yet, with its secrets, this one time.
#[derive(Debug)]
pub struct StartedSession {
    pub session: AccessSession,
    pub key: NewSecret,
    pub nonce: NewSecret,
}

/// Who authorizes which session, and for what.
struct Authorization {
    by: By,
    application: ApplicationId,
    within: Within,
    like: Like,
    nonce: PresentedSecret,
    stamp: Stamp,
}

/// What session and authorizer have in common.
#[derive(Clone, Copy)]
struct Like {
    owner: Owner,
    environment: Environment,
}

impl Registry {
    /// Begins a session in the name of a public application, which its public
    /// key asks for. `too_many_access_sessions` when it has very many; some more
    /// begun at the same instant are let through.
    pub async fn start_access_session(
        &self,
        principal: &KeyPrincipal,
        by: &By,
    ) -> Result<StartedSession, Error> {
        must_be(principal, AccessKind::Public, "a session is begun with a public key")?;
        principal.tenant()?;
        let (stamp, owner) = (self.stamp(), principal.owner());
        self.check_room(principal, stamp).await?;
        let environment = principal.environment();
        let [key, nonce] = [AccessSession::key_prefix(environment), AccessSession::NONCE_PREFIX]
            .map(|prefix| NewSecret::generate(prefix, &*self.shared.entropy));
        let session = AccessSession {
            id: self.make_id(),
            application: principal.application(),
            owner,
            environment,
            key: key.hash(),
            nonce: nonce.hash(),
            created_at: stamp.now,
            expires_at: stamp.now.plus(AccessSession::LIFETIME),
            grant: None,
        };
        let (by, begun) = (by.clone(), session.clone());
        let start = async move |tx: &mut WriteTx| start(tx, &by, (stamp, &begun)).await;
        self.store.write(start).await?;
        Ok(StartedSession { session, key, nonce })
    }

    /// Says what a session may do, once, which a private application does that
    /// is of the same tenant and environment. It may say more than public
    /// applications may hold, or than it holds itself: at each use the session
    /// does no more than it could. `not_found` when there is no such session,
    /// `nonce_used` when that was said before.
    pub async fn authorize_access_session(
        &self,
        principal: &KeyPrincipal,
        by: &By,
        fields: &SessionFields,
    ) -> Result<(), Error> {
        must_be(principal, AccessKind::Private, "a session is authorized with a private key")?;
        principal.tenant()?;
        let stamp = self.stamp();
        let wanted = Arc::new(session_draft::parse(fields, stamp.now)?);
        let authorization = Authorization {
            by: by.clone(),
            application: principal.application(),
            within: principal.owner().within(),
            like: Like { owner: principal.owner(), environment: principal.environment() },
            nonce: PresentedSecret::parse(&fields.nonce).ok_or_else(no_such_session)?,
            stamp,
        };
        self.store.write(async move |tx: &mut WriteTx| authorize(tx, &authorization, &wanted).await).await
    }

    /// Outside of the transaction, so that two who begin one do not wait for
    /// each other.
    async fn check_room(&self, principal: &KeyPrincipal, stamp: Stamp) -> Result<(), Error> {
        let (most, owner) = (AccessSession::MAX_LIVE, principal.owner());
        let mut tx = self.store.read().await?;
        let whose = (principal.application(), owner);
        if tx.live_access_sessions(owner.within(), whose, (stamp.now, most)).await? < most {
            return Ok(());
        }
        let message = format!("it has {most} sessions; wait until some end");
        Err(Error::new(ErrorCode::TooManyAccessSessions, message))
    }
}

/// Refuses a key of another kind, and that of a session.
fn must_be(principal: &KeyPrincipal, kind: AccessKind, message: &'static str) -> Result<(), Error> {
    if principal.kind() == kind && principal.key().is_some() {
        return Ok(());
    }
    Err(Error::new(ErrorCode::Forbidden, message))
}

async fn start(tx: &mut WriteTx, by: &By, (stamp, session): (Stamp, &AccessSession)) -> Result<(), Error> {
    let inserted = tx.insert_access_session(session.owner.within(), session).await;
    inserted.map_err(|error| match error {
        StorageError::Stale => Error::new(ErrorCode::InvalidToken, "the application is gone"),
        other => other.into(),
    })?;
    let after = json!({
        "session_id": session.id.to_string(),
        "environment": session.environment.as_str(),
        "expires_at": session.expires_at.to_string(),
    });
    let told = Told::of("session.created", session.application, Some(after));
    Ok(record_of(tx, by, session.owner, (stamp, told)).await?)
}

async fn authorize(tx: &mut WriteTx, asked: &Authorization, wanted: &SessionDraft) -> Result<(), Error> {
    let now = asked.stamp.now;
    let found = tx.access_session_to_authorize(asked.within, &asked.nonce.hash()).await?;
    let found = found.filter(|session| {
        (session.owner, session.environment) == (asked.like.owner, asked.like.environment)
            && session.is_live(now)
    });
    let session = found.ok_or_else(no_such_session)?;
    if session.grant.is_some() {
        return Err(Error::new(ErrorCode::NonceUsed, "the session was authorized before"));
    }
    let grant = SessionGrant {
        by: asked.application,
        at: now,
        permissions: wanted.permissions.clone(),
        rules: wanted.rules.clone(),
    };
    let expires_at = wanted.expires_at.unwrap_or(session.expires_at);
    let session = AccessSession { expires_at, ..session };
    tx.authorize_access_session(asked.within, &session, &grant).await?;
    let rules: Vec<_> = grant.rules.iter().map(describe_rule).collect();
    let after = json!({
        "session_id": session.id.to_string(),
        "permissions": permission_words(&grant.permissions),
        "rules": rules,
        "expires_at": session.expires_at.to_string(),
    });
    let told = Told::of("session.authorized", session.application, Some(after));
    Ok(record_of(tx, &asked.by, session.owner, (asked.stamp, told)).await?)
}

fn no_such_session() -> Error {
    Error::new(ErrorCode::NotFound, "there is no session with this nonce, or its time is over")
}
