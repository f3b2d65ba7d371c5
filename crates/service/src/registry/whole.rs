//! An application with all that there is beside its configuration: for a surface
//! that shows both at once.

use appkeep_domain::{Action, Application, oversees};
use appkeep_storage::{Attached, ReadTx, SessionCounts};

use super::Registry;
use super::find::{find, resource};
use super::list::ApplicationQuery;
use super::oauth_config::OauthEndpoints;
use super::page::Page;
use super::view::{ApplicationView, Can};
use crate::by::By;
use crate::error::{Error, ErrorCode};

/// An application, what people have with it, and what it reaches.
#[derive(Debug, Clone)]
pub struct WholeApplication {
    pub application: Application,
    pub can: Can,
    /// Of its agents at the gateway; nothing for those who only see the
    /// application.
    pub agents: Option<SessionCounts>,
    /// Where it is a client, as far as that is one place.
    pub endpoints: Option<OauthEndpoints>,
    /// Those that are not archived, by their ids.
    pub integrations: Vec<Attached>,
}

impl Registry {
    /// What the caller was shown of an application, and the rest of it.
    pub async fn whole_application(&self, by: &By, view: ApplicationView) -> Result<WholeApplication, Error> {
        let ApplicationView { application, can, sessions, .. } = view;
        let mut tx = self.store.read().await?;
        self.complete(&mut tx, by, (application, can, sessions)).await
    }

    /// Those that are OAuth clients, newest first: a part can be shorter than was
    /// asked for, and have a next.
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
                // Deleted since the list was read, or not for this surface.
                Err(error) if error.code() == ErrorCode::AppNotFound => continue,
                Err(error) => return Err(error),
            };
            let sessions = if oversees(&by.caller, &resource(&found)) {
                Some(tx.session_counts(found.application.owner.within(), &found.application, now).await?)
            } else {
                None
            };
            let can = Can::of(by, &found, sessions);
            whole.push(self.complete(&mut tx, by, (found.application, can, sessions)).await?);
        }
        Ok(Page { items: whole, next_cursor, limit })
    }

    async fn complete(
        &self,
        tx: &mut ReadTx,
        by: &By,
        (application, can, sessions): (Application, Can, Option<SessionCounts>),
    ) -> Result<WholeApplication, Error> {
        let integrations = tx.attached_integrations(application.owner.within(), &application).await?;
        let endpoints = self.endpoints_of(tx, by, application.owner).await?;
        let agents = match sessions {
            Some(_) => {
                let (within, now) = (application.owner.within(), self.now());
                Some(tx.agent_session_counts(within, &application, now).await?)
            }
            None => None,
        };
        Ok(WholeApplication { application, can, agents, endpoints, integrations })
    }
}
