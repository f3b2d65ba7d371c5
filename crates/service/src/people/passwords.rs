//! The passwords of users, as whoever manages them sets them.

use appkeep_domain::{
    Action, Directory, Ending, Failing, InvalidPassword, KeptPassword, LinkPurpose, PasswordPolicy, UserId,
};
use appkeep_storage::WriteTx;

use super::pool::{Place, Pool};
use super::{Step, describe};
use crate::by::By;
use crate::endings::finish_endings;
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::Registry;

impl Registry {
    /// The user signs in with this one from now on, and with none before it;
    /// whatever was issued to them is refused.
    pub async fn set_password(&self, by: &By, of: Pool, id: &str, password: String) -> Result<(), Error> {
        of.decide(by, Action::ManageUsers)?;
        self.check_password(by, (of, id), &password).await?;
        // Hashing takes long, and nothing is held open meanwhile.
        let hash = self.hash_password(password).await?;
        let step = self.step_of(by, (of, id.to_owned()));
        let kept = KeptPassword { hash, changed_at: step.stamp.now };
        self.store().write(async move |tx: &mut WriteTx| set(tx, &step, &kept).await).await?;
        finish_endings(self.store()).await.map(drop)
    }

    /// Leaves the user without one, so that no password lets them in, and
    /// refuses whatever was issued to them. Doing it again changes nothing.
    pub async fn remove_password(&self, by: &By, of: Pool, id: &str) -> Result<(), Error> {
        of.decide(by, Action::ManageUsers)?;
        let step = self.step_of(by, (of, id.to_owned()));
        self.store().write(async move |tx: &mut WriteTx| remove(tx, &step).await).await?;
        finish_endings(self.store()).await.map(drop)
    }

    /// Whether there is such a user, and it is good enough for their directory.
    async fn check_password(&self, by: &By, (of, id): (Pool, &str), password: &str) -> Result<(), Error> {
        let (mut tx, now) = (self.store().read().await?, self.now());
        let place = of.find(&mut tx, by, (Action::ManageUsers, now)).await?;
        let (directory, _) = place.user(&mut tx, id).await?;
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

async fn set(tx: &mut WriteTx, step: &Step<(Pool, String)>, kept: &KeptPassword) -> Result<(), Error> {
    let ((of, id), by) = (&step.id, &step.by);
    let place = of.find(tx, by, (Action::ManageUsers, step.stamp.now)).await?;
    let (directory, user) = place.user(tx, id).await?;
    tx.set_password(place.within(), &directory, user.id, kept).await?;
    tx.delete_lockout(place.within(), &directory, Failing::Account(user.id)).await?;
    sign_out(tx, step, (&place, &directory, user.id)).await?;
    tell(tx, step, (&place, user.id), "user.password_set").await
}

async fn remove(tx: &mut WriteTx, step: &Step<(Pool, String)>) -> Result<(), Error> {
    let ((of, id), by) = (&step.id, &step.by);
    let place = of.find(tx, by, (Action::ManageUsers, step.stamp.now)).await?;
    let (directory, user) = place.user(tx, id).await?;
    if tx.password(place.within(), &directory, user.id).await?.is_none() {
        return Ok(());
    }
    tx.delete_password(place.within(), &directory, user.id).await?;
    sign_out(tx, step, (&place, &directory, user.id)).await?;
    tell(tx, step, (&place, user.id), "user.password_removed").await
}

/// Whoever signed in with the one before may have been somebody else.
async fn sign_out(
    tx: &mut WriteTx,
    step: &Step<(Pool, String)>,
    (place, directory, id): (&Place, &Directory, UserId),
) -> Result<(), Error> {
    let ending = Ending::at(step.stamp.now);
    tx.end_sessions_of_user(place.within(), directory, id, ending).await?;
    // Nor does whoever gave the one before go on by giving a code.
    tx.delete_challenges_of(place.within(), directory, id).await?;
    // A link that somebody else has read would choose yet another password.
    tx.delete_links_of(place.within(), directory, id, LinkPurpose::ResetPassword).await?;
    Ok(())
}

async fn tell(
    tx: &mut WriteTx,
    step: &Step<(Pool, String)>,
    (place, id): (&Place, UserId),
    action: &str,
) -> Result<(), Error> {
    let after = Some(describe::user(id));
    Ok(place.record(tx, (&step.by, step.stamp), action, (None, after)).await?)
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
