//! What a password has to be, and a new one for whoever forgot theirs.

use appkeep_domain::{Link, LinkPurpose, PasswordPolicy};
use zeroize::Zeroizing;

use super::session::counted_nowhere;
use super::{EndUserRefused, EndUsers};
use crate::tokens::browser::Browser;
use crate::tokens::people::People;
use crate::tokens::reset_requests::ResetRequest;

impl EndUsers {
    /// What the application asks of passwords, which anybody may know.
    pub async fn password_policy(&self) -> Result<PasswordPolicy, EndUserRefused> {
        Ok(self.directory().await?.policy)
    }

    /// Lets in a wish for a link to a new password. Whoever answers it says the
    /// same, and as fast, whether anybody has the address or not.
    pub async fn forgot_password(
        &self,
        (address, redirect_url): (&str, Option<&str>),
        browser: &Browser,
    ) -> Result<ResetRequest, EndUserRefused> {
        self.must_be_proved()?;
        let leads_to = self.redirect_url(redirect_url).await?;
        let wish = self.wish(address, (LinkPurpose::ResetPassword, leads_to))?;
        Ok(self.here.admit_wish(wish, &counted_nowhere(browser))?)
    }

    /// Whose password the token would change; nothing when it is not good.
    pub async fn reset_token(&self, token: &str) -> Result<Option<String>, EndUserRefused> {
        self.must_be_proved()?;
        let found = self.link(token, LinkPurpose::ResetPassword).await?;
        Ok(found.map(|(_, link)| link.email.as_str().to_owned()))
    }

    /// From now on they sign in with this password and no other; whoever was
    /// signed in as them is not any more.
    pub async fn reset_password(
        &self,
        token: &str,
        password: Zeroizing<String>,
        browser: &Browser,
    ) -> Result<(), EndUserRefused> {
        self.must_be_proved()?;
        let found = self.link(token, LinkPurpose::ResetPassword).await?;
        let found = found.ok_or(EndUserRefused::LinkGone)?;
        Ok(self.here.reset_password(found, password, browser).await?)
    }

    /// A link to somebody of these people, if it is good for this now.
    pub(super) async fn link(
        &self,
        token: &str,
        purpose: LinkPurpose,
    ) -> Result<Option<(People, Link)>, EndUserRefused> {
        let found = self.here.good_link(token, purpose).await?;
        Ok(found.filter(|(people, _)| *people == self.people))
    }
}
