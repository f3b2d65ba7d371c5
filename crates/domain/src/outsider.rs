//! Somebody whom a provider vouches for, and whose account they are let in to.

use std::fmt;

use crate::{Email, Name, ProviderSubject, UserId};

/// Whoever comes back from a provider, as it tells of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Outsider {
    pub subject: ProviderSubject,
    pub email: Option<Email>,
    /// Whether the provider proved that the address is theirs, and does not only
    /// say so.
    pub email_verified: bool,
    pub name: Option<Name>,
}

/// The accounts that an outsider may have something to do with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Of which they are an identity already.
    pub linked: Option<UserId>,
    /// Of whoever asks for it with a token of theirs.
    pub asking: Option<Asking>,
    /// That has the address which the provider told.
    pub holder: Option<Holder>,
}

/// A user who wants to sign in with the provider from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking {
    pub user: UserId,
    /// Whether they do already, as somebody else there.
    pub is_connected: bool,
}

/// Whoever has an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    pub user: UserId,
    /// Whether it was shown that mail to it reaches them.
    pub is_verified: bool,
    /// Whether they have a password, a device that shows codes, or an identity
    /// that does not prove the address.
    pub is_guarded: bool,
    /// Whether they sign in with the provider as somebody else.
    pub is_connected: bool,
}

/// What becomes of an outsider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linking {
    /// They are this user.
    Known(UserId),
    /// They become an identity of this user.
    Link(UserId),
    /// They become a user.
    Register,
}

/// Why an outsider becomes nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkingRefused {
    /// They are somebody else already.
    IdentityTaken,
    /// Who asks is connected to another account of the same provider.
    AlreadyConnected,
    /// Somebody has the address, and has to say themselves that it is they.
    AccountExists,
    /// The provider told of no address, without which there is no user.
    NoAddress,
}

impl Outsider {
    /// Whose account they are let in to.
    ///
    /// Nobody gets into an account by the address alone unless the provider
    /// proved it, the account's holder showed that mail reaches them there, and
    /// nothing else guards the account. Otherwise whoever got hold of the address
    /// at a provider, or took it here before its owner came, would share the
    /// account with them.
    pub fn linking(&self, accounts: &Accounts) -> Result<Linking, LinkingRefused> {
        match (accounts.linked, accounts.asking) {
            (Some(linked), Some(asking)) if linked != asking.user => Err(LinkingRefused::IdentityTaken),
            (Some(linked), _) => Ok(Linking::Known(linked)),
            (None, Some(Asking { is_connected: true, .. })) => Err(LinkingRefused::AlreadyConnected),
            (None, Some(asking)) => Ok(Linking::Link(asking.user)),
            (None, None) => self.unknown(accounts.holder),
        }
    }

    fn unknown(&self, holder: Option<Holder>) -> Result<Linking, LinkingRefused> {
        if self.email.is_none() {
            return Err(LinkingRefused::NoAddress);
        }
        let Some(holder) = holder else { return Ok(Linking::Register) };
        if self.email_verified && holder.is_verified && !holder.is_guarded && !holder.is_connected {
            return Ok(Linking::Link(holder.user));
        }
        Err(LinkingRefused::AccountExists)
    }
}

/// Who somebody is elsewhere is not for logs.
impl fmt::Debug for Outsider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outsider").field("email_verified", &self.email_verified).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: UserId = UserId::from_bytes([1; 16]);
    const EVE: UserId = UserId::from_bytes([2; 16]);

    fn outsider(email: Option<&str>, email_verified: bool) -> Outsider {
        Outsider {
            subject: ProviderSubject::parse("1076915").expect("is one"),
            email: email.map(|email| Email::parse(email).expect("is an address")),
            email_verified,
            name: None,
        }
    }

    #[test]
    fn whoever_is_known_or_asks_is_let_in_whatever_the_address() {
        use LinkingRefused::{AlreadyConnected, IdentityTaken};
        let asking = |user, is_connected| Some(Asking { user, is_connected });
        for (linked, asking, becomes) in [
            (Some(ADA), None, Ok(Linking::Known(ADA))),
            (Some(ADA), asking(ADA, true), Ok(Linking::Known(ADA))),
            (Some(ADA), asking(EVE, false), Err(IdentityTaken)),
            (Some(ADA), asking(EVE, true), Err(IdentityTaken)),
            (None, asking(EVE, false), Ok(Linking::Link(EVE))),
            (None, asking(EVE, true), Err(AlreadyConnected)),
        ] {
            let holder = Holder { user: ADA, is_verified: true, is_guarded: true, is_connected: false };
            for holder in [None, Some(holder)] {
                for outsider in [outsider(None, false), outsider(Some("ada@example.com"), true)] {
                    let accounts = Accounts { linked, asking, holder };
                    assert_eq!(outsider.linking(&accounts), becomes, "{accounts:?}");
                }
            }
        }
    }

    #[test]
    fn an_address_alone_opens_what_nothing_else_guards() {
        let told = Some("ada@example.com");
        let nobody = Accounts::default();
        assert_eq!(outsider(None, false).linking(&nobody), Err(LinkingRefused::NoAddress));
        for proved in [true, false] {
            assert_eq!(outsider(told, proved).linking(&nobody), Ok(Linking::Register));
        }
        for bits in 0..16_u8 {
            let [proved, is_verified, is_guarded, is_connected] = [1, 2, 4, 8].map(|bit| bits & bit != 0);
            let holder = Some(Holder { user: ADA, is_verified, is_guarded, is_connected });
            let becomes = outsider(told, proved).linking(&Accounts { holder, ..nobody });
            let open = proved && is_verified && !is_guarded && !is_connected;
            let expected = if open { Ok(Linking::Link(ADA)) } else { Err(LinkingRefused::AccountExists) };
            assert_eq!(becomes, expected, "{proved} {holder:?}");
        }
    }

    #[test]
    fn who_somebody_is_elsewhere_is_not_shown() {
        let shown = format!("{:?}", outsider(Some("ada@example.com"), true));
        assert!(!shown.contains("ada") && !shown.contains("1076915"), "{shown}");
    }
}
