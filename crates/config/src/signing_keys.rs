//! When signing keys take turns.

use crate::config::Mode;
use crate::faults::Faults;
use crate::settings::Settings;
use crate::span::Span;

/// When signing keys take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SigningKeys {
    /// How long a key signs; nothing when only an operator replaces keys.
    pub rotation: Option<Span>,
    /// How long a new key is published before it signs.
    pub publication_delay: Span,
}

impl SigningKeys {
    pub const ROTATION: Span = Span::from_seconds(90 * 86_400);
    pub const PUBLICATION_DELAY: Span = Span::from_seconds(600);
    /// For how long others may keep the published keys.
    const PUBLISHED_FOR: Span = Span::from_seconds(300);

    pub(crate) fn resolve(mode: Mode, settings: &Settings, faults: &mut Faults) -> Self {
        let rotation = settings.signing_key_rotation.as_ref();
        let delay = settings.signing_key_publication_delay.as_ref();
        let resolved = Self {
            rotation: faults.parse_unless("signing_key_rotation", rotation, "never", Some(Self::ROTATION)),
            publication_delay: faults.parse("signing_key_publication_delay", delay, Self::PUBLICATION_DELAY),
        };
        if mode == Mode::Production && resolved.publication_delay < Self::PUBLISHED_FOR {
            let message = "must be `5m` or more: for so long others keep the keys that were published before";
            faults.add("signing_key_publication_delay", message);
        }
        resolved
    }
}
