//! People who sign in to applications.

pub(crate) mod text;

use std::fmt;

use crate::{
    CustomAttributes, Directory, DirectoryId, Email, Locale, Metadata, Name, Phone, Timestamp, UserId,
    Username, fold,
};

/// Somebody in a directory. An operator administers; a user signs in.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Also the `sub` of tokens. Never given to another.
    pub id: UserId,
    pub directory: DirectoryId,
    pub email: Email,
    /// When it was shown that mail to that address reaches this person.
    pub email_verified_at: Option<Timestamp>,
    pub username: Option<Username>,
    pub phone: Option<Phone>,
    pub name: Option<Name>,
    pub given_name: Option<Name>,
    pub family_name: Option<Name>,
    /// A URL.
    pub picture: Option<String>,
    pub locale: Option<Locale>,
    pub status: UserStatus,
    pub metadata: Metadata,
    pub custom_attributes: CustomAttributes,
    pub last_sign_in_at: Option<Timestamp>,
    /// Counts its changes, from 1: what an update was based on. Signing in is none.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A person's data is not for logs.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Whether somebody may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserStatus {
    Active,
    /// May not sign in, and what was issued to them is refused.
    Suspended,
    /// Was invited, and has yet to answer.
    Pending,
}

/// A word that names no status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("none of active, suspended, pending")]
pub struct UnknownStatus;

impl UserStatus {
    pub const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Pending];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Pending => "pending",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == raw).ok_or(UnknownStatus)
    }
}

impl User {
    /// Whether this person may sign in and use what was issued to them.
    pub fn may_sign_in(&self) -> bool {
        self.status == UserStatus::Active
    }

    /// Whether the address is this user's in the directory. Whom a tenant
    /// registers has the address that it says. Operators are invited by many who
    /// may not know of each other: among them it is whose mail has arrived, and
    /// until then as many are invited by it as like.
    pub fn has_address(&self, directory: &Directory) -> bool {
        !directory.is_of_operators() || self.status == UserStatus::Active || self.email_verified_at.is_some()
    }

    /// What a search looks in: address, user name, names, phone and id, folded,
    /// a line each.
    pub fn search_text(&self) -> String {
        let names = [&self.name, &self.given_name, &self.family_name];
        let mut lines = vec![self.email.as_str()];
        lines.extend(self.username.as_ref().map(Username::as_str));
        lines.extend(names.into_iter().flatten().map(Name::as_str));
        lines.extend(self.phone.as_ref().map(Phone::as_str));
        fold(&format!("{}\n{}", lines.join("\n"), self.id))
    }

    /// Whether a search for this text, which is folded, finds them.
    pub fn is_found_by(&self, folded: &str) -> bool {
        self.search_text().lines().any(|line| line.contains(folded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> User {
        User {
            id: UserId::from_bytes([1; 16]),
            directory: DirectoryId::from_bytes([2; 16]),
            email: Email::parse("Ada@Example.com").expect("is an address"),
            email_verified_at: None,
            username: Some(Username::parse("Countess").expect("is a user name")),
            phone: Some(Phone::parse("+4930123456").expect("is a number")),
            name: Some(Name::parse("Ada Lovelace").expect("is a name")),
            given_name: None,
            family_name: None,
            picture: None,
            locale: None,
            status: UserStatus::Active,
            metadata: Metadata::default(),
            custom_attributes: CustomAttributes::default(),
            last_sign_in_at: None,
            version: 1,
            created_at: Timestamp::from_seconds(1),
            updated_at: Timestamp::from_seconds(1),
        }
    }

    #[test]
    fn only_the_active_sign_in() {
        for status in UserStatus::ALL {
            assert_eq!(UserStatus::parse(status.as_str()), Ok(status));
            assert_eq!(User { status, ..ada() }.may_sign_in(), status == UserStatus::Active, "{status:?}");
        }
        assert_eq!(UserStatus::parse("deleted"), Err(UnknownStatus));
    }

    #[test]
    fn a_search_looks_in_folded_text() {
        let text = ada().search_text();
        assert!(text.starts_with("ada@example.com\ncountess\nada lovelace\n+4930123456\nusr_"), "{text}");
        assert_eq!(text, fold(&text));
        for (searched, found) in [("ada love", true), ("+4930", true), ("Ada", false), ("com\ncount", false)]
        {
            assert_eq!(ada().is_found_by(searched), found, "{searched}");
        }
    }

    #[test]
    fn a_persons_data_is_not_shown() {
        let shown = format!("{:?}", ada());
        assert!(!shown.contains("Ada") && !shown.contains("Countess"), "{shown}");
    }
}
