//! What of an application is for those to say who run the place where it is:
//! whoever makes one there may be anybody who works there.

use appkeep_domain::{Application, PartnerId, Resource, administers};

use super::faults::Faults;
use crate::by::By;
use crate::error::ErrorCode;

/// Refuses that an application asks nobody, or gets tokens for an API, because
/// somebody says so who does not run the place. What others said before stays.
pub(super) fn check_trust(
    by: &By,
    (before, after, partner): (Option<&Application>, &Application, Option<PartnerId>),
    faults: &mut Faults,
) {
    let Some(oauth) = &after.oauth else { return };
    if administers(&by.caller, &Resource::of_owner(after.owner, partner)) {
        return;
    }
    let before = before.and_then(|application| application.oauth.as_ref());
    let mut refuse =
        |field: String| faults.add(field, ErrorCode::Forbidden, "is for owners and admins to say");
    if oauth.first_party && !before.is_some_and(|before| before.first_party) {
        refuse("first_party".to_owned());
    }
    if oauth.audience.is_some() && before.is_none_or(|before| before.audience != oauth.audience) {
        refuse("audience".to_owned());
    }
    for (place, resource) in oauth.allowed_resources.iter().enumerate() {
        if !before.is_some_and(|before| before.allowed_resources.contains(resource)) {
            refuse(format!("allowed_resources[{place}]"));
        }
    }
}
