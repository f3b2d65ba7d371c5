//! Links that whoever manages users has mailed.

use std::sync::Arc;

use appkeep_domain::{Action, LinkPurpose, UserId, UserStatus};

use super::history::PersonEvent;
use super::links::{Told, action};
use super::people::People;
use super::{Authority, RequestOrigin};
use crate::by::By;
use crate::mail::SendMail;
use crate::{Error, ErrorCode};

impl Authority {
    /// Has a link mailed to the user's own address, with which they choose a
    /// password, or show that mail arrives. `not_applicable` for somebody who
    /// is suspended.
    pub async fn mail_link(
        &self,
        by: &By,
        (id, purpose): (&str, LinkPurpose),
        mail: Arc<dyn SendMail>,
    ) -> Result<(), Error> {
        by.decide_of_tenant(Action::ManageUsers)?;
        let nobody = || Error::new(ErrorCode::UserNotFound, "there is no such user");
        let id = UserId::parse(id).map_err(|_| nobody())?;
        let people = People::of_tenant(by.tenant);
        let mut tx = self.0.store.read().await?;
        let directory = tx.tenant_directory(people.within, people.owner).await?.ok_or_else(nobody)?;
        let user = tx.user(people.within, &directory, id).await?.ok_or_else(nobody)?;
        drop(tx);
        if user.status == UserStatus::Suspended {
            return Err(Error::new(ErrorCode::NotApplicable, "the user is suspended"));
        }
        let origin = RequestOrigin { request_id: by.request_id, address: by.address };
        let event = PersonEvent { people, action: action(purpose), user: user.id, application: None };
        let after = serde_json::json!({ "user": user.id.to_string() });
        let entry = self.0.entry_about_person((by.actor(), event), after, &origin);
        let told = Told { mail, entry, attempt: by.attempt };
        self.0.send_link(people, (&directory, &user), purpose, told).await
    }
}
