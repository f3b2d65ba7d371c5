//! A person's browser, and who is signed in with it.

use std::fmt;

use appkeep_domain::{Directory, SeenFrom, SignIn, Timestamp, User, UserAgent, Within};
use appkeep_keys::PresentedSecret;
use appkeep_storage::{ReadTx, StorageError};

use super::RequestOrigin;
use super::people::People;
use crate::Error;

/// A browser, as its request shows it.
#[derive(Debug, Clone)]
pub struct Browser {
    pub origin: RequestOrigin,
    pub user_agent: Option<UserAgent>,
    /// What its cookie holds, when that could be one of ours.
    pub sign_in: Option<PresentedSecret>,
}

impl Browser {
    pub(super) fn seen_from(&self) -> SeenFrom {
        SeenFrom { address: self.origin.address, user_agent: self.user_agent.clone() }
    }
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) sign_in: SignIn,
    pub(super) user: User,
    pub(super) directory: Directory,
}

/// Of whom somebody is signed in with the browser, or was.
pub(super) async fn people_here(tx: &mut ReadTx, browser: &Browser) -> Result<Option<People>, StorageError> {
    let Some(secret) = browser.sign_in else { return Ok(None) };
    let Some(sign_in) = tx.sign_in_by_secret(Within::Platform, secret.hash()).await? else { return Ok(None) };
    let directory = tx.directory(Within::Platform, sign_in.directory).await?;
    Ok(directory.as_ref().map(People::of_directory))
}

/// Who is signed in with the browser, of those who may use an application;
/// nobody when they no longer may sign in.
pub(super) async fn read_person(
    tx: &mut ReadTx,
    people: People,
    browser: &Browser,
    now: Timestamp,
) -> Result<Option<Person>, Error> {
    let Some(secret) = browser.sign_in else { return Ok(None) };
    let Some(sign_in) = tx.sign_in_by_secret(people.within, secret.hash()).await? else { return Ok(None) };
    let Some(directory) = people.directory(tx).await? else { return Ok(None) };
    if !sign_in.is_live(now) || sign_in.directory != directory.id {
        return Ok(None);
    }
    let user = tx.user(people.within, &directory, sign_in.user).await?;
    Ok(user.filter(User::may_sign_in).map(|user| Person { sign_in, user, directory }))
}

/// A person's data is not for logs.
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("user", &self.user.id).finish_non_exhaustive()
    }
}
