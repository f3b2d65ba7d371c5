//! What is said on the page that a form leads to. The link says which sentence,
//! and nobody else's words.

use crate::kit::{Badge, Notice};

/// That something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Saved,
    Made,
    Added,
    Removed,
    Deleted,
    Disabled,
    Enabled,
    Archived,
    Restored,
    Revoked,
    Ended,
    Sent,
    Unlocked,
    Transferred,
    Validated,
    Found,
    Suspended,
    Resumed,
}

impl Said {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Saved, "saved", "Saved."),
        (Self::Made, "made", "Made."),
        (Self::Added, "added", "Added."),
        (Self::Removed, "removed", "Removed."),
        (Self::Deleted, "deleted", "Deleted."),
        (
            Self::Disabled,
            "disabled",
            "Disabled: it gets nothing new, and what it has lives on until it expires.",
        ),
        (Self::Enabled, "enabled", "Enabled."),
        (Self::Archived, "archived", "Archived."),
        (Self::Restored, "restored", "Restored."),
        (Self::Revoked, "revoked", "Revoked."),
        (Self::Ended, "ended", "Ended."),
        (Self::Sent, "sent", "Sent."),
        (Self::Unlocked, "unlocked", "Unlocked."),
        (Self::Transferred, "transferred", "Transferred."),
        (Self::Validated, "validated", "It was asked; what came of that is below."),
        (Self::Found, "found", "The same data is there already: this is its token."),
        (Self::Suspended, "suspended", "Suspended."),
        (Self::Resumed, "resumed", "Active again."),
    ];

    pub(crate) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(said, ..)| *said == self).map_or("saved", |(_, word, _)| word)
    }

    /// Of a link's parameter; other words say nothing.
    pub(crate) fn notice(word: &str) -> Option<Notice> {
        let (.., sentence) = Self::ALL.iter().find(|(_, known, _)| *known == word)?;
        Some(Notice::new(Badge::Good, *sentence))
    }
}
