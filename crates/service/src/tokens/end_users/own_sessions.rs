//! Somebody's own sessions with their application.

use appkeep_domain::{Directory, Ending, OwnAction, Session, SessionId, User};
use appkeep_storage::{Seek, StorageError, UserSessionFilter, WriteTx};
use serde_json::json;

use super::{EndUserRefused, EndUsers, Present};
use crate::error::{Error, ErrorCode};
use crate::tokens::acting::Acting;
use crate::tokens::browser::Browser;

/// A session that is neither ended nor expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    pub session: Session,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

impl EndUsers {
    /// Everything in which they are signed in, the newest first.
    pub async fn sessions(&self, bearer: &str) -> Result<Vec<OwnSession>, EndUserRefused> {
        /// Of each look.
        const BATCH: usize = 100;
        let present = self.present(bearer, OwnAction::Read).await?;
        let Present { directory, user, session: this, .. } = present;
        let (now, mut after, mut found) = (self.here.now(), None, Vec::new());
        let filter = UserSessionFilter { state: None, application: Some(self.application()) };
        let mut tx = self.here.store.read().await?;
        loop {
            let (whose, seek) = ((&directory, user.id), Seek { after, limit: BATCH });
            let page = tx.sessions_of_user(self.people.within, whose, &filter, now, seek).await?;
            let live = page.sessions.into_iter().filter(|session| session.is_live(now));
            found.extend(live.map(|session| OwnSession { is_this: session.id == this, session }));
            after = page.next;
            if after.is_none() {
                return Ok(found);
            }
        }
    }

    /// What was issued in it is refused from now on, by every node.
    pub async fn end_session(&self, bearer: &str, id: &str, browser: &Browser) -> Result<(), EndUserRefused> {
        let Present { directory, user, acting, .. } = self.present(bearer, OwnAction::SignOut).await?;
        let none = || Error::new(ErrorCode::SessionNotFound, "you have no such session");
        let id = SessionId::parse(id).map_err(|_| none())?;
        if self.end((&directory, &user), (id, acting), browser).await? { Ok(()) } else { Err(none().into()) }
    }

    /// The same for the one that asks.
    pub async fn logout(&self, bearer: &str, browser: &Browser) -> Result<(), EndUserRefused> {
        let present = self.present(bearer, OwnAction::SignOut).await?;
        let Present { directory, user, session, acting } = present;
        self.end((&directory, &user), (session, acting), browser).await.map(drop)
    }

    /// Whether there was such a session of theirs with this application.
    pub(super) async fn end(
        &self,
        (directory, user): (&Directory, &User),
        (id, acting): (SessionId, Option<Acting>),
        browser: &Browser,
    ) -> Result<bool, EndUserRefused> {
        let (people, now) = (self.people, self.here.now());
        let mut tx = self.here.store.read().await?;
        let found = tx.session_of_user(people.within, (directory, user.id), id).await?;
        drop(tx);
        let ours = |session: &Session| session.application == self.application() && session.is_live(now);
        let Some(session) = found.filter(ours) else { return Ok(false) };
        let after = json!({ "session_id": session.id.to_string(), "user_id": user.id.to_string() });
        let event = self.event("session.ended", user);
        let entry = self.here.entry_under(acting, (event, after), browser).await?;
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            tx.end_session(session.owner.within(), &session, Ending::at(now)).await?;
            tx.insert_audit_entry(people.within, &entry).await
        };
        match self.here.store.write(write).await {
            // It ended a moment ago.
            Ok(()) | Err(StorageError::Stale) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}
