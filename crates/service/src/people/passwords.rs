//! The passwords of users, as whoever manages them sets them.

use appkeep_domain::{
    Action, Directory, Ending, Failing, InvalidPassword, KeptPassword, LinkPurpose, PasswordPolicy, UserId,
};
use appkeep_storage::WriteTx;

use super::find::{find_user, parse_user_id};
use super::{Step, describe};
use crate::by::By;
use crate::endings::finish_endings;
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::Registry;
use crate::registry::record::{Told, record};

impl Registry {
    /// The user signs in with this one from now on, and with none before it;
    /// whatever was issued to them is refused.
    pub async fn set_password(&self, by: &By, id: &str, password: String) -> Result<(), Error> {
        by.decide_of_tenant(Action::ManageUsers)?;
        let id = parse_user_id(id)?;
        self.check_password(by, id, &password).await?;
        // Hashing takes long, and nothing is held open meanwhile.
        let hash = self.hash_password(password).await?;
        let step = self.step_of(by, id);
        let kept = KeptPassword { hash, changed_at: step.stamp.now };
        self.store().write(async move |tx: &mut WriteTx| set(tx, &step, &kept).await).await?;
        finish_endings(self.store()).await.map(drop)
    }

    /// Leaves the user without one, so that no password lets them in, and
    /// refuses whatever was issued to them. Doing it again changes nothing.
    pub async fn remove_password(&self, by: &By, id: &str) -> Result<(), Error> {
        by.decide_of_tenant(Action::ManageUsers)?;
        let step = self.step_of(by, parse_user_id(id)?);
        self.store().write(async move |tx: &mut WriteTx| remove(tx, &step).await).await?;
        finish_endings(self.store()).await.map(drop)
    }

    /// Whether there is such a user, and it is good enough for their directory.
    async fn check_password(&self, by: &By, id: UserId, password: &str) -> Result<(), Error> {
        let (directory, _) = find_user(&mut self.store().read().await?, by, id).await?;
        check(directory.policy, password)
    }
}

fn check(policy: PasswordPolicy, password: &str) -> Result<(), Error> {
    policy.check(password).map_err(|reason| {
        let code = match reason {
            InvalidPassword::TooShort(_) => ErrorCode::PasswordTooWeak,
            InvalidPassword::TooLong(_) => ErrorCode::InvalidField,
        };
        Error::invalid(Fault::new("password", code, reason))
    })
}

async fn set(tx: &mut WriteTx, step: &Step<UserId>, kept: &KeptPassword) -> Result<(), Error> {
    let (directory, user) = find_user(tx, &step.by, step.id).await?;
    tx.set_password(step.by.within(), &directory, user.id, kept).await?;
    tx.delete_lockout(step.by.within(), &directory, Failing::Account(user.id)).await?;
    sign_out(tx, step, &directory).await?;
    tell(tx, step, "user.password_set").await
}

async fn remove(tx: &mut WriteTx, step: &Step<UserId>) -> Result<(), Error> {
    let (directory, user) = find_user(tx, &step.by, step.id).await?;
    if tx.password(step.by.within(), &directory, user.id).await?.is_none() {
        return Ok(());
    }
    tx.delete_password(step.by.within(), &directory, user.id).await?;
    sign_out(tx, step, &directory).await?;
    tell(tx, step, "user.password_removed").await
}

/// Whoever signed in with the one before may have been somebody else.
async fn sign_out(tx: &mut WriteTx, step: &Step<UserId>, directory: &Directory) -> Result<(), Error> {
    let ending = Ending::at(step.stamp.now);
    tx.end_sessions_of_user(step.by.within(), directory, step.id, ending).await?;
    // Nor does whoever gave the one before go on by giving a code.
    tx.delete_challenges_of(step.by.within(), directory, step.id).await?;
    // A link that somebody else has read would choose yet another password.
    tx.delete_links_of(step.by.within(), directory, step.id, LinkPurpose::ResetPassword).await?;
    Ok(())
}

async fn tell(tx: &mut WriteTx, step: &Step<UserId>, action: &str) -> Result<(), Error> {
    let after = Some(describe::user(step.id));
    record(tx, &step.by, step.stamp, Told { action, application: None, before: None, after }).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_is_not_good_enough_is_told_apart_from_one_that_is_none() {
        for (password, expected) in [
            ("a".repeat(12), None),
            ("a".repeat(11), Some(ErrorCode::PasswordTooWeak)),
            ("a".repeat(1_025), Some(ErrorCode::InvalidField)),
        ] {
            let outcome = check(PasswordPolicy::DEFAULT, &password);
            assert_eq!(outcome.err().map(|error| error.code()), expected, "{}", password.len());
        }
    }
}
