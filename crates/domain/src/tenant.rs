//! Who has applications: tenants, and the partners that bring them.

use crate::{Colour, Lifetime, Name, PartnerId, SigningAlgorithm, Slug, TenantId, Timestamp};

/// Somebody who brings tenants and looks after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    pub id: PartnerId,
    pub slug: Slug,
    pub name: Name,
    pub created_at: Timestamp,
}

/// One customer: what it owns, no other tenant sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    pub id: TenantId,
    /// Fixed when the tenant is made.
    pub partner: Option<PartnerId>,
    pub slug: Slug,
    pub name: Name,
    /// How long a replaced secret is still accepted.
    pub secret_rotation_overlap: Lifetime,
    pub access_token_signing_alg: SigningAlgorithm,
    /// On the pages that its people see. An https URL.
    pub logo_url: Option<String>,
    /// Of the same pages.
    pub colour: Option<Colour>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Counts the changes, so that two of them do not overwrite each other.
    pub version: i64,
}

/// An overlap that is longer than a replaced secret may live on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an overlap is at most {most} seconds, which is 7 days", most = Tenant::MAX_SECRET_ROTATION_OVERLAP.as_seconds())]
pub struct InvalidOverlap;

impl Tenant {
    pub const DEFAULT_SECRET_ROTATION_OVERLAP: Lifetime = Lifetime::from_hours(72);
    pub const MAX_SECRET_ROTATION_OVERLAP: Lifetime = Lifetime::from_days(7);
    pub const FIRST_VERSION: i64 = 1;

    /// Zero ends a replaced secret at once.
    pub const fn parse_secret_rotation_overlap(seconds: u32) -> Result<Lifetime, InvalidOverlap> {
        if seconds > Self::MAX_SECRET_ROTATION_OVERLAP.as_seconds() {
            return Err(InvalidOverlap);
        }
        Ok(Lifetime::from_seconds(seconds))
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
