//! Whether mail reaches somebody at the address that they gave.

use std::sync::Arc;

use appkeep_domain::{LinkPurpose, OwnAction};
use serde_json::json;

use super::{EndUserRefused, EndUsers, Present};
use crate::mail::SendMail;
use crate::tokens::browser::Browser;
use crate::tokens::links::{Told, action};

/// For as long nobody is written to again at the least.
const PAUSE_S: u32 = 60;

impl EndUsers {
    /// Has a link mailed to their address, with which they show that mail
    /// arrives. Whoever asks for more and more of them waits longer and longer.
    pub async fn send_verification(
        &self,
        (bearer, redirect_url): (&str, Option<&str>),
        mail: Arc<dyn SendMail>,
        browser: &Browser,
    ) -> Result<(), EndUserRefused> {
        let Present { directory, user, .. } = self.present(bearer, OwnAction::ChangeEmail).await?;
        if user.email_verified_at.is_some() {
            return Err(EndUserRefused::AlreadyVerified);
        }
        let leads_to = self.redirect_url(redirect_url).await?;
        let purpose = LinkPurpose::VerifyEmail;
        if !self.here.reset_requests.may_write_to((user.id, purpose), self.here.now()) {
            return Err(EndUserRefused::TooOften { retry_after_s: PAUSE_S });
        }
        let event = self.event(action(purpose), &user);
        let after = json!({ "user_id": user.id.to_string() });
        let entry = self.here.entry_of_person(event, after, browser).await?;
        let told = Told { mail, entry, attempt: None, leads_to };
        Ok(self.here.send_link(self.people, (&directory, &user), purpose, told).await?)
    }

    /// Mail has arrived: whoever has the token needs no secret beside.
    pub async fn confirm_address(&self, token: &str, browser: &Browser) -> Result<(), EndUserRefused> {
        let found = self.link(token, LinkPurpose::VerifyEmail).await?;
        Ok(self.here.verify_address(found.ok_or(EndUserRefused::LinkGone)?, browser).await?)
    }
}
