//! Zyphr's words for ours.

use appkeep_service::Error;

/// What every application there is to us: one whose server keeps a secret.
pub(super) const KIND: &str = "server";

/// A secret that is replaced is refused at once.
pub(super) const NO_OVERLAP: i64 = 0;

/// What is said where secrets are shown.
pub(super) const SAVE_ALL: &str = "Save all secret keys securely. They will not be shown again.";
pub(super) const SAVE_ONE: &str = "Save the secret key securely. It will not be shown again.";

/// What the native API calls a field, and what Zyphr calls it.
const FIELDS: [(&str, &str); 3] = [
    ("access_token_ttl_s", "session_duration_minutes"),
    ("refresh_token_ttl_s", "refresh_token_duration_days"),
    ("refresh_token_max_age_s", "refresh_token_duration_days"),
];

/// What is wrong with an application, in Zyphr's words.
pub(super) fn of_application(error: Error) -> Error {
    error.with_fields_named(|ours| {
        FIELDS.iter().find(|(name, _)| *name == ours).map_or(ours, |(_, theirs)| theirs).to_owned()
    })
}

/// What is wrong with which users are meant.
pub(super) fn of_pool(error: Error) -> Error {
    error.with_fields_named(|ours| if ours == "environment" { "mode" } else { ours }.to_owned())
}
