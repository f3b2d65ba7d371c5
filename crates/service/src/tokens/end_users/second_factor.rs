//! A device that shows an end user codes, as their application asks for it.

use appkeep_domain::{Directory, User, UserId};

use super::session::counted_nowhere;
use super::{EndUserEntered, EndUserRefused, EndUsers};
use crate::error::{Error, ErrorCode};
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

impl EndUsers {
    /// A device for this user, who is asked for its codes once it was confirmed.
    /// An app calls the account by the application's name.
    pub async fn enrol_device(&self, user: &str, browser: &Browser) -> Result<NewDevice, EndUserRefused> {
        let (directory, user) = self.holder(user).await?;
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
        (user, code): (&str, &str),
        browser: &Browser,
    ) -> Result<(), EndUserRefused> {
        let (directory, user) = self.holder(user).await?;
        let holder = Holder { people: self.people, directory: &directory, user: &user };
        Ok(self.here.confirm_device(holder, code, browser).await?)
    }

    /// Takes the device away from whoever shows a code of it. A wrong one counts
    /// as one at a sign-in does.
    pub async fn remove_device(
        &self,
        (user, code): (&str, &str),
        browser: &Browser,
    ) -> Result<(), EndUserRefused> {
        let (directory, user) = self.holder(user).await?;
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

    pub async fn device_status(&self, user: &str) -> Result<DeviceStatus, EndUserRefused> {
        let (directory, user) = self.holder(user).await?;
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

    /// A user of these people, for whoever speaks for the application.
    async fn holder(&self, id: &str) -> Result<(Directory, User), EndUserRefused> {
        self.must_be_proved()?;
        let nobody = || Error::new(ErrorCode::UserNotFound, "there is no such user");
        let id = UserId::parse(id).map_err(|_| nobody())?;
        let directory = self.directory().await?;
        let user = self.here.store.read().await?.user(self.people.within, &directory, id).await?;
        Ok((directory, user.ok_or_else(nobody)?))
    }
}
