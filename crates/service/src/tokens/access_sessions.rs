//! Sessions of public applications, remembered once they are authorized.

use std::sync::Arc;

use appkeep_domain::access::{AccessPolicy, AccessSession, SessionGrant};
use appkeep_domain::{AccessSessionId, ApplicationId, Environment, SecretHash, Timestamp, Within};
use appkeep_storage::{Freshness, StorageError, Store};

use super::patience::soon;
use crate::Error;

/// A session that was authorized. Nothing of this ever changes; whether it has
/// ended, its two applications say.
#[derive(Debug)]
pub(super) struct KnownSession {
    pub(super) id: AccessSessionId,
    /// In whose name it is.
    pub(super) application: ApplicationId,
    pub(super) environment: Environment,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
    /// Whose rights bound it.
    pub(super) by: ApplicationId,
    pub(super) authorized_at: Timestamp,
    pub(super) granted: Arc<AccessPolicy>,
}

/// What a session's key leads to.
#[derive(Debug, Clone)]
pub(super) enum FoundSession {
    Authorized(Arc<KnownSession>),
    /// Nobody has said what it may do.
    Begun,
    Unknown,
}

pub(super) struct AccessSessions {
    store: Store,
    freshness: Arc<Freshness>,
    /// By the hashes of keys.
    known: quick_cache::sync::Cache<SecretHash, Arc<KnownSession>>,
    /// What was presented, and is no key.
    unknown: quick_cache::sync::Cache<SecretHash, ()>,
}

impl AccessSessions {
    /// A kilobyte each with few rules, and some ten with as many as can be.
    const MOST: usize = 8_192;
    /// A hundred bytes each.
    const MOST_UNKNOWN: usize = 32_768;

    pub(super) fn new(store: &Store, freshness: &Arc<Freshness>) -> Self {
        Self {
            store: store.clone(),
            freshness: Arc::clone(freshness),
            known: quick_cache::sync::Cache::new(Self::MOST),
            unknown: quick_cache::sync::Cache::new(Self::MOST_UNKNOWN),
        }
    }

    /// One that is not authorized yet is asked for each time, so that every
    /// node knows at once when it is. A key is shown to somebody only when its
    /// session has been committed, so that what is not there never will be.
    pub(super) async fn find(&self, key: &SecretHash) -> Result<FoundSession, Error> {
        if let Some(known) = self.known.get(key) {
            return Ok(FoundSession::Authorized(known));
        }
        if self.unknown.get(key).is_some() {
            return Ok(FoundSession::Unknown);
        }
        let Some(session) = soon(&self.freshness, self.read(key)).await? else {
            self.unknown.insert(*key, ());
            return Ok(FoundSession::Unknown);
        };
        let Some(grant) = &session.grant else { return Ok(FoundSession::Begun) };
        let known = Arc::new(know(&session, grant));
        self.known.insert(*key, Arc::clone(&known));
        Ok(FoundSession::Authorized(known))
    }

    async fn read(&self, key: &SecretHash) -> Result<Option<AccessSession>, StorageError> {
        self.store.read().await?.access_session(Within::Platform, key).await
    }
}

fn know(session: &AccessSession, grant: &SessionGrant) -> KnownSession {
    KnownSession {
        id: session.id,
        application: session.application,
        environment: session.environment,
        created_at: session.created_at,
        expires_at: session.expires_at,
        by: grant.by,
        authorized_at: grant.at,
        granted: Arc::new(AccessPolicy::new(&grant.permissions, &grant.rules)),
    }
}
