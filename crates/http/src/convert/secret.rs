//! New secrets and ended tokens.

use appkeep_api_types as api;
use appkeep_domain::Timestamp;
use appkeep_service::Rotated;

use super::moment;

pub(crate) fn rotated(rotated: &Rotated) -> api::RotatedSecret {
    api::RotatedSecret {
        client_secret: rotated.client_secret.expose().to_owned(),
        previous_expires_at: moment(rotated.previous_expires_at),
    }
}

pub(crate) fn revoked(issued_before: Timestamp) -> api::RevokedTokens {
    api::RevokedTokens { issued_before: moment(issued_before) }
}
