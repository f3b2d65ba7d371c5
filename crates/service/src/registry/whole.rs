//! An application with all that there is beside its configuration: for a surface
//! that shows both at once.

use appkeep_domain::{Action, Application, Timestamp};
use appkeep_storage::{Attached, Owned, ReadTx, SessionCounts};

use super::Registry;
use super::find::{find, parse_id};
use super::list::ApplicationQuery;
use super::oauth_config::OauthEndpoints;
use super::page::Page;
use super::view::Can;
use crate::by::By;
use crate::error::Error;

/// An application, what people have with it, and what it reaches.
#[derive(Debug, Clone)]
pub struct WholeApplication {
    pub application: Application,
    pub can: Can,
    pub sessions: SessionCounts,
    /// Where it is a client, as far as that is one place.
    pub endpoints: Option<OauthEndpoints>,
    /// Those that are not archived, by their ids.
    pub integrations: Vec<Attached>,
}

impl Registry {
    /// Archived or not.
    pub async fn whole_application(&self, by: &By, id: &str) -> Result<WholeApplication, Error> {
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store.read().await?;
        let found = find(&mut tx, by, Action::ReadApplication, (id, now)).await?;
        self.complete(&mut tx, by, (found, now)).await
    }

    /// The same of those that are OAuth clients, newest first: a part can be
    /// shorter than was asked for, and have a next.
    pub async fn whole_applications(
        &self,
        by: &By,
        query: ApplicationQuery,
    ) -> Result<Page<WholeApplication>, Error> {
        let Page { items, next_cursor, limit } = self.applications(by, query).await?;
        let now = self.now();
        let mut tx = self.store.read().await?;
        let mut whole = Vec::with_capacity(items.len());
        for application in items.into_iter().filter(|application| application.oauth.is_some()) {
            let found = match find(&mut tx, by, Action::ReadApplication, (application.id, now)).await {
                Ok(found) => found,
                // Deleted since the list was read, or nobody's to look at from here.
                Err(error) if error.is_not_there() => continue,
                Err(error) => return Err(error),
            };
            whole.push(self.complete(&mut tx, by, (found, now)).await?);
        }
        Ok(Page { items: whole, next_cursor, limit })
    }

    async fn complete(
        &self,
        tx: &mut ReadTx,
        by: &By,
        (found, now): (Owned, Timestamp),
    ) -> Result<WholeApplication, Error> {
        let within = found.application.owner.within();
        let sessions = tx.session_counts(within, &found.application, now).await?;
        let integrations = tx.attached_integrations(within, &found.application).await?;
        let endpoints = self.endpoints_of(tx, by, found.application.owner).await?;
        let can = Can::of(by, &found, Some(sessions));
        Ok(WholeApplication { application: found.application, can, sessions, endpoints, integrations })
    }
}
