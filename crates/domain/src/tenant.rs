//! Who has applications: tenants, and the partners that bring them.

mod colour;

pub use self::colour::{Colour, InvalidColour};
use crate::access::VaultSettings;
use crate::registration::RegistrationSettings;
use crate::{
    Email, Footing, Lifetime, Name, PartnerId, SigningAlgorithm, Slug, Standing, TenantId, Timestamp,
};

/// Somebody who brings tenants and looks after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    pub id: PartnerId,
    /// Fixed when the partner is made.
    pub slug: Slug,
    pub name: Name,
    pub contact_email: Option<Email>,
    pub status: Standing,
    pub caps: Caps,
    pub archived_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Counts the changes, so that two of them do not overwrite each other.
    pub version: i64,
}

/// How much of each a partner, or a tenant of its, may have; as much as it
/// likes where there is no number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    /// Those that are archived do not count.
    pub max_tenants: Option<u32>,
    /// In a tenant's own directory.
    pub max_users_per_tenant: Option<u32>,
    /// Those that are archived do count.
    pub max_applications_per_tenant: Option<u32>,
}

/// One customer: what it owns, no other tenant sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    pub id: TenantId,
    /// A transfer changes it, and nothing else.
    pub partner: Option<PartnerId>,
    /// Part of its issuer's address, and so fixed when the tenant is made.
    pub slug: Slug,
    pub name: Name,
    pub contact_email: Option<Email>,
    pub status: Standing,
    pub archived_at: Option<Timestamp>,
    /// How long a replaced secret is still accepted.
    pub secret_rotation_overlap: Lifetime,
    pub access_token_signing_alg: SigningAlgorithm,
    /// On the pages that its people see. An https URL.
    pub logo_url: Option<String>,
    /// Of the same pages.
    pub colour: Option<Colour>,
    pub vault: VaultSettings,
    pub registration: RegistrationSettings,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Counts the changes, so that two of them do not overwrite each other.
    pub version: i64,
}

/// An overlap that is longer than a replaced secret may live on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an overlap is at most {most} seconds, which is 7 days", most = Tenant::MAX_SECRET_ROTATION_OVERLAP.as_seconds())]
pub struct InvalidOverlap;

impl Partner {
    pub const FIRST_VERSION: i64 = 1;

    /// One that was just made, active and without caps.
    pub const fn new(id: PartnerId, slug: Slug, name: Name, now: Timestamp) -> Self {
        Self {
            id,
            slug,
            name,
            contact_email: None,
            status: Standing::Active,
            caps: Caps { max_tenants: None, max_users_per_tenant: None, max_applications_per_tenant: None },
            archived_at: None,
            created_at: now,
            updated_at: now,
            version: Self::FIRST_VERSION,
        }
    }

    pub fn footing(&self) -> Footing {
        Footing::of(self.status, self.archived_at)
    }
}

impl Tenant {
    /// Of the tenant that every registry has: its issuer is the public URL, and
    /// operators sign in there.
    pub const DEFAULT_SLUG: &str = "default";
    pub const DEFAULT_SECRET_ROTATION_OVERLAP: Lifetime = Lifetime::from_hours(72);
    pub const MAX_SECRET_ROTATION_OVERLAP: Lifetime = Lifetime::from_days(7);
    pub const FIRST_VERSION: i64 = 1;

    /// One that was just made, active, the platform's own, and with the settings
    /// that nobody chose.
    pub const fn new(id: TenantId, slug: Slug, name: Name, now: Timestamp) -> Self {
        Self {
            id,
            partner: None,
            slug,
            name,
            contact_email: None,
            status: Standing::Active,
            archived_at: None,
            secret_rotation_overlap: Self::DEFAULT_SECRET_ROTATION_OVERLAP,
            access_token_signing_alg: SigningAlgorithm::Es256,
            logo_url: None,
            colour: None,
            vault: VaultSettings::DEFAULT,
            registration: RegistrationSettings::DEFAULT,
            created_at: now,
            updated_at: now,
            version: Self::FIRST_VERSION,
        }
    }

    /// Zero ends a replaced secret at once.
    pub const fn parse_secret_rotation_overlap(seconds: u32) -> Result<Lifetime, InvalidOverlap> {
        if seconds > Self::MAX_SECRET_ROTATION_OVERLAP.as_seconds() {
            return Err(InvalidOverlap);
        }
        Ok(Lifetime::from_seconds(seconds))
    }

    /// Its own; its partner's may be worse.
    pub fn footing(&self) -> Footing {
        Footing::of(self.status, self.archived_at)
    }

    pub fn is_default(&self) -> bool {
        self.slug.as_str() == Self::DEFAULT_SLUG
    }
}

/// Who issues tokens and has keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Issuer {
    /// The platform, for GLOBAL applications.
    Platform,
    Tenant(TenantId),
}

impl Issuer {
    const PLATFORM: [u8; 16] = [0; 16];

    /// The tenant's id; zero, which is nobody's id, for the platform.
    pub const fn as_bytes(self) -> [u8; 16] {
        match self {
            Self::Platform => Self::PLATFORM,
            Self::Tenant(id) => id.as_bytes(),
        }
    }

    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        if bytes == Self::PLATFORM { Self::Platform } else { Self::Tenant(TenantId::from_bytes(bytes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_is_at_most_seven_days() {
        for (seconds, outcome) in [
            (0, Ok(Lifetime::from_seconds(0))),
            (259_200, Ok(Tenant::DEFAULT_SECRET_ROTATION_OVERLAP)),
            (604_800, Ok(Lifetime::from_days(7))),
            (604_801, Err(InvalidOverlap)),
        ] {
            assert_eq!(Tenant::parse_secret_rotation_overlap(seconds), outcome, "{seconds}");
        }
    }

    #[test]
    fn an_issuer_is_read_from_its_bytes() {
        for issuer in [Issuer::Platform, Issuer::Tenant(TenantId::from_bytes([7; 16]))] {
            assert_eq!(Issuer::from_bytes(issuer.as_bytes()), issuer);
        }
    }
}
