//! What people are written.

use std::fmt;

use appkeep_domain::{Email, Lifetime};

use crate::{Error, ErrorCode};

/// A mail that somebody is to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub to: Email,
    /// Who writes: the name of the tenant.
    pub tenant: String,
    pub letter: Letter,
}

/// What it says.
#[derive(Clone, PartialEq, Eq)]
pub enum Letter {
    /// Where a new password is chosen, and for how long that can be done.
    ResetPassword { link: String, lifetime: Lifetime },
    /// Where somebody who is to run something accepts it, and for how long that
    /// can be done.
    Invitation { link: String, lifetime: Lifetime },
    /// Where an address is confirmed, and for how long that can be done.
    VerifyAddress { link: String, lifetime: Lifetime },
    /// Where somebody signs in without a password, and for how long that can be
    /// done.
    SignIn { link: String, lifetime: Lifetime },
}

/// A link does what its reader may do, so it is not shown.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ResetPassword { .. } => "ResetPassword",
            Self::Invitation { .. } => "Invitation",
            Self::VerifyAddress { .. } => "VerifyAddress",
            Self::SignIn { .. } => "SignIn",
        })
    }
}

/// Takes mails to send.
///
/// Whoever implements it answers at once and sends later: how long an answer
/// takes must not tell whether there was anybody to write to. It tries again
/// when it has to, and logs what it gives up, without what the mail says.
pub trait SendMail: Send + Sync + fmt::Debug {
    fn send(&self, mail: Mail) -> Result<(), MailNotTaken>;

    /// Whether there is a way at all: whoever is to be told that there is none
    /// is told before anything is done.
    fn check(&self) -> Result<(), MailNotTaken> {
        Ok(())
    }
}

/// Why a mail is not even tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailNotTaken {
    #[error("too many mails wait to be sent")]
    Full,
    #[error("this server is about to end")]
    Stopped,
    #[error("no way to send mail is configured")]
    NotConfigured,
}

/// Stands where no mail can be sent.
#[derive(Debug, Clone, Copy)]
pub struct NoMail;

impl SendMail for NoMail {
    fn send(&self, _: Mail) -> Result<(), MailNotTaken> {
        self.check()
    }

    fn check(&self) -> Result<(), MailNotTaken> {
        Err(MailNotTaken::NotConfigured)
    }
}

impl From<MailNotTaken> for Error {
    fn from(reason: MailNotTaken) -> Self {
        let message = "no mail can be sent at the moment; try again later";
        Self::new(ErrorCode::Unavailable, message).because(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_not_shown() {
        let (link, lifetime) = ("https://id.example.com/hush".to_owned(), Lifetime::from_hours(1));
        for letter in [
            Letter::ResetPassword { link: link.clone(), lifetime },
            Letter::Invitation { link: link.clone(), lifetime },
            Letter::VerifyAddress { link: link.clone(), lifetime },
            Letter::SignIn { link: link.clone(), lifetime },
        ] {
            assert!(!format!("{letter:?}").contains("hush"));
        }
    }
}
