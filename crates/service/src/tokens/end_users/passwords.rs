//! What a password has to be, and a new one for whoever forgot theirs.

use appkeep_domain::{KeptPassword, Link, LinkPurpose, OwnAction, PasswordPolicy};
use appkeep_storage::WriteTx;
use serde_json::json;
use zeroize::Zeroizing;

use super::register::check_password;
use super::session::counted_nowhere;
use super::{EndUserRefused, EndUsers, Present};
use crate::endings::finish_endings;
use crate::registry::faults::Faults;
use crate::tokens::browser::Browser;
use crate::tokens::links::replace_password;
use crate::tokens::people::People;
use crate::tokens::proof::{Credentials, SignInRefused};
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

    /// Another password for whoever is signed in and knows the present one. They
    /// sign in with it from now on, everywhere: no session of before goes on.
    pub async fn change_password(
        &self,
        bearer: &str,
        (current, new): (Zeroizing<String>, Zeroizing<String>),
        browser: &Browser,
    ) -> Result<(), EndUserRefused> {
        let present = self.present(bearer, OwnAction::ChangePassword).await?;
        let Present { directory, user, .. } = present;
        let mut faults = Faults::default();
        check_password("new_password", directory.policy, (&new, &mut faults));
        faults.check()?;
        let credentials = Credentials { identifier: user.email.as_str().to_owned(), password: current };
        let proved = self.here.prove_password(self.people, credentials, &counted_nowhere(browser)).await?;
        let hash = self.here.passwords.hash(new).await?;
        let kept = KeptPassword { hash, changed_at: self.here.now() };
        let event = self.event("user.password_changed", &user);
        let entry = self.here.entry_of_person(event, json!({}), browser).await?;
        let people = self.people;
        let write = async move |tx: &mut WriteTx| -> Result<(), SignInRefused> {
            proved.confirm(tx, people, kept.changed_at).await?;
            replace_password(tx, (people, &directory), (user.id, &kept)).await?;
            Ok(tx.insert_audit_entry(people.within, &entry).await?)
        };
        self.here.store.write(write).await?;
        Ok(finish_endings(&self.here.store).await.map(drop)?)
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
