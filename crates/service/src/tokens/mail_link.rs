//! Links that whoever manages users has mailed.

use std::sync::Arc;

use appkeep_domain::{Action, Directory, LinkPurpose, User, UserId, UserStatus};

use super::history::PersonEvent;
use super::links::{Told, action};
use super::people::People;
use super::{Authority, Inner, RequestOrigin};
use crate::by::By;
use crate::mail::SendMail;
use crate::tenancy::find_operator_to_change;
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
        // The link leads to where the user signs in, wherever this was asked.
        let here = self.0.of_tenant(by.tenant).await?.ok_or_else(nobody)?;
        let people = People::of_tenant(by.tenant);
        let mut tx = self.0.store.read().await?;
        let directory = people.directory(&mut tx).await?.ok_or_else(nobody)?;
        let user = tx.user(people.within, &directory, id).await?.ok_or_else(nobody)?;
        drop(tx);
        if user.status == UserStatus::Suspended {
            return Err(Error::new(ErrorCode::NotApplicable, "the user is suspended"));
        }
        here.mail_link_to(people, (&directory, &user), purpose, (by, mail)).await
    }

    /// The same for an operator, to a new password, as far as the caller may
    /// change them altogether.
    pub async fn mail_operator_link(&self, by: &By, id: &str, mail: Arc<dyn SendMail>) -> Result<(), Error> {
        let mut tx = self.0.store.read().await?;
        let found = find_operator_to_change(&mut tx, by, id).await?;
        drop(tx);
        if found.user.status == UserStatus::Suspended {
            return Err(Error::new(ErrorCode::NotApplicable, "the operator is suspended"));
        }
        let person = (&found.directory, &found.user);
        let here = self.root().0;
        here.mail_link_to(People::OPERATORS, person, LinkPurpose::ResetPassword, (by, mail)).await
    }
}

impl Inner {
    async fn mail_link_to(
        &self,
        people: People,
        (directory, user): (&Directory, &User),
        purpose: LinkPurpose,
        (by, mail): (&By, Arc<dyn SendMail>),
    ) -> Result<(), Error> {
        let origin = RequestOrigin { request_id: by.request_id, address: by.address };
        let event = PersonEvent { people, action: action(purpose), user: user.id, application: None };
        let after = serde_json::json!({ "user": user.id.to_string() });
        let entry = self.entry_about_person((by.actor(), event), after, &origin);
        let told = Told { mail, entry, attempt: by.attempt, leads_to: None };
        self.send_link(people, (directory, user), purpose, told).await
    }
}
