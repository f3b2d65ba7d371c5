//! Signing in by a link that was mailed, without a password.

use appkeep_domain::{AuditEntry, AuthMethod, Directory, Grant, Link, LinkPurpose, Session, User};
use appkeep_storage::WriteTx;

use super::session::{begin, counted_nowhere};
use super::{EndUserEntered, EndUserRefused, EndUsers};
use crate::error::{Error, ErrorCode, Fault};
use crate::tokens::browser::Browser;
use crate::tokens::links::{LinkRefused, Taking, take};
use crate::tokens::people::People;
use crate::tokens::reset_requests::ResetRequest;
use crate::tokens::second_factors::has_device;

/// What the transaction writes once the link is taken.
struct Rows {
    session: (Session, Grant, [AuditEntry; 2]),
    activated: AuditEntry,
}

impl EndUsers {
    /// Lets in a wish for a link to sign in with. Whoever answers it says the
    /// same, and as fast, whether anybody has the address or not.
    ///
    /// It leads to the application, which knows what to do with it: to the first
    /// redirect URI where none is named.
    pub async fn send_magic_link(
        &self,
        (address, redirect_url): (&str, Option<&str>),
        browser: &Browser,
    ) -> Result<ResetRequest, EndUserRefused> {
        self.must_be_proved()?;
        let leads_to = match self.redirect_url(redirect_url).await? {
            Some(named) => Some(named),
            None => self.redirect_uris().await?.into_iter().next(),
        };
        let nowhere =
            || Fault::new("redirect_url", ErrorCode::InvalidField, "the application has no redirect URI");
        let leads_to = leads_to.ok_or_else(|| Error::invalid(nowhere()))?;
        let wish = self.wish(address, (LinkPurpose::SignIn, Some(leads_to)))?;
        Ok(self.here.admit_wish(wish, &counted_nowhere(browser))?)
    }

    /// Takes the link, and signs in whose it is, once they have given the code of
    /// their device if they have one. Mail has arrived, so that their address is
    /// verified with it.
    pub async fn follow_magic_link(
        &self,
        token: &str,
        browser: &Browser,
    ) -> Result<EndUserEntered, EndUserRefused> {
        self.must_be_proved()?;
        let (people, link) = self.link(token, LinkPurpose::SignIn).await?.ok_or(EndUserRefused::LinkGone)?;
        let directory = self.directory().await?;
        let user = self.here.store.read().await?.user(people.within, &directory, link.user).await?;
        let user = user.ok_or(EndUserRefused::LinkGone)?;
        let activated = self.here.entry_of_activation(people, user.id, browser).await?;
        let mut tx = self.here.store.read().await?;
        let has_device = has_device(&mut tx, people, (&directory, user.id)).await?;
        drop(tx);
        if has_device {
            return self.ask_after_link((people, directory), (user, link), activated).await;
        }
        let opening = self.opening((&directory, &user), vec![AuthMethod::OneTime], browser).await?;
        let rows = Rows { session: opening.rows(), activated };
        let write = async move |tx: &mut WriteTx| -> Result<User, LinkRefused> {
            follow(tx, (people, &directory), &link, &rows).await
        };
        let user = self.here.store.write(write).await?;
        Ok(EndUserEntered::SignedIn(Box::new(self.issue(opening, user).await?)))
    }

    /// The link is the first proof, and their device's code the second.
    async fn ask_after_link(
        &self,
        (people, directory): (People, Directory),
        (user, link): (User, Link),
        activated: AuditEntry,
    ) -> Result<EndUserEntered, EndUserRefused> {
        let (methods, application) = (vec![AuthMethod::OneTime], Some(self.application()));
        let (secret, challenge) = self.here.draft_challenge((&directory, &user), methods, application);
        let write = async move |tx: &mut WriteTx| -> Result<(), LinkRefused> {
            let taking = Taking { people, directory: &directory, link: &link, joining: None };
            let user = take(tx, taking, (challenge.created_at, &activated)).await?;
            tx.delete_links_of(people.within, &directory, user.id, LinkPurpose::SignIn).await?;
            Ok(tx.insert_challenge(people.within, &directory, &challenge).await?)
        };
        self.here.store.write(write).await?;
        Ok(EndUserEntered::CodeWanted(secret))
    }
}

async fn follow(
    tx: &mut WriteTx,
    (people, directory): (People, &Directory),
    link: &Link,
    Rows { session, activated }: &Rows,
) -> Result<User, LinkRefused> {
    let (session, grant, told) = session;
    let taking = Taking { people, directory, link, joining: None };
    let user = take(tx, taking, (session.created_at, activated)).await?;
    if has_device(tx, people, (directory, user.id)).await? {
        // It was confirmed this very moment: the next link asks for its code.
        return Err(LinkRefused::Gone);
    }
    tx.delete_links_of(people.within, directory, user.id, LinkPurpose::SignIn).await?;
    tx.record_sign_in(people.within, directory, user.id, session.created_at).await?;
    begin(tx, people.within, (session, grant, told)).await?;
    Ok(user)
}
