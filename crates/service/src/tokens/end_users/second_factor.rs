//! A device that shows an end user codes, as their application asks for it.

use appkeep_domain::{Directory, OwnAction, User, UserId};

use super::session::counted_nowhere;
use super::{EndUserEntered, EndUserRefused, EndUsers, Present};
use crate::error::{Error, ErrorCode, Fault};
use crate::tokens::browser::Browser;
use crate::tokens::challenge::TypedCode;
use crate::tokens::proof::Known;
use crate::tokens::second_factors::{Holder, NewDevice, has_device};

/// Whether somebody is asked for codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceStatus {
    pub is_enabled: bool,
    /// How many codes are left that stand in for the device.
    pub backup_codes: u32,
}

/// Whose device it is: the user's that the application names, or that of whoever
/// is signed in with this access token, who has no other one's.
#[derive(Clone, Copy)]
pub struct DeviceOf<'a> {
    pub user: Option<&'a str>,
    pub bearer: Option<&'a str>,
}

impl EndUsers {
    /// A device for this user, who is asked for its codes once it was confirmed.
    /// An app calls the account by the application's name.
    pub async fn enrol_device(
        &self,
        of: DeviceOf<'_>,
        browser: &Browser,
    ) -> Result<NewDevice, EndUserRefused> {
        let (directory, user) = self.holder(of, OwnAction::ChangeFactors).await?;
        let mut tx = self.here.store.read().await?;
        let application = tx.application(self.people.within, self.application()).await?;
        drop(tx);
        let called = application.map(|application| application.name.to_string()).unwrap_or_default();
        let holder = Holder { people: self.people, directory: &directory, user: &user };
        Ok(self.here.enrol_device(holder, &called, browser).await?)
    }

    /// The device shows right codes: they are asked for from now on.
    pub async fn confirm_device(
        &self,
        (of, code): (DeviceOf<'_>, &str),
        browser: &Browser,
    ) -> Result<(), EndUserRefused> {
        let (directory, user) = self.holder(of, OwnAction::ChangeFactors).await?;
        let holder = Holder { people: self.people, directory: &directory, user: &user };
        Ok(self.here.confirm_device(holder, code, browser).await?)
    }

    /// Takes the device away from whoever shows a code of it. A wrong one counts
    /// as one at a sign-in does.
    pub async fn remove_device(
        &self,
        (of, code): (DeviceOf<'_>, &str),
        browser: &Browser,
    ) -> Result<(), EndUserRefused> {
        let (directory, user) = self.holder(of, OwnAction::ChangeFactors).await?;
        let (people, now) = (self.people, self.here.now());
        let mut tx = self.here.store.read().await?;
        if !has_device(&mut tx, people, (&directory, user.id)).await? {
            return Err(Error::new(ErrorCode::NotApplicable, "the user has no device in use").into());
        }
        let place = (people, directory.clone());
        let from = &counted_nowhere(browser);
        let known = Known::of_user(&mut tx, place, (user.clone(), from), now).await?;
        drop(tx);
        let right = self.here.prove_device(people, (&known, &user), (code, from)).await?;
        let holder = Holder { people, directory: &directory, user: &user };
        Ok(self.here.remove_device(holder, right, browser).await?)
    }

    pub async fn device_status(&self, of: DeviceOf<'_>) -> Result<DeviceStatus, EndUserRefused> {
        let (directory, user) = self.holder(of, OwnAction::Read).await?;
        let mut tx = self.here.store.read().await?;
        let is_enabled = has_device(&mut tx, self.people, (&directory, user.id)).await?;
        let left = tx.backup_codes(self.people.within, &directory, user.id).await?;
        let backup_codes = if is_enabled { left } else { 0 };
        Ok(DeviceStatus { is_enabled, backup_codes })
    }

    /// Whoever was asked for a code at [`Self::login`], and gives it.
    pub async fn login_by_code(
        &self,
        typed: TypedCode,
        browser: &Browser,
    ) -> Result<EndUserEntered, EndUserRefused> {
        self.must_be_proved()?;
        let asked = (typed, Some(self.application()));
        let proved = self.here.prove_code(self.people, asked, &counted_nowhere(browser)).await?;
        self.let_in(proved, browser).await
    }

    /// A user of these people, for themselves or for whoever speaks for the
    /// application.
    async fn holder(
        &self,
        DeviceOf { user, bearer }: DeviceOf<'_>,
        action: OwnAction,
    ) -> Result<(Directory, User), EndUserRefused> {
        let nobody = || Error::new(ErrorCode::UserNotFound, "there is no such user");
        let id = user.map(UserId::parse).transpose().map_err(|_| nobody())?;
        if let Some(bearer) = bearer {
            let Present { directory, user, .. } = self.present(bearer, action).await?;
            return if id.is_none_or(|id| id == user.id) {
                Ok((directory, user))
            } else {
                Err(nobody().into())
            };
        }
        self.must_be_proved()?;
        let missing = || Error::invalid(Fault::new("user_id", ErrorCode::InvalidRequest, "is required"));
        let id = id.ok_or_else(missing)?;
        let directory = self.directory().await?;
        let user = self.here.store.read().await?.user(self.people.within, &directory, id).await?;
        Ok((directory, user.ok_or_else(nobody)?))
    }
}
