//! What the API that an application is registered for is called: a name that
//! means one owner's, wherever it can be met.
//!
//! Whoever could name another's would be given tokens that open it. Applications
//! of one owner may share an API, as an app and a website do.

use appkeep_domain::{Application, PartnerId, Timestamp, Within};
use appkeep_storage::ReadTx;

use super::Registry;
use super::faults::Faults;
use super::fields::{ApplicationFields, Edit};
use crate::error::{Error, ErrorCode};

const FIELD: &str = "audience";

impl Registry {
    /// Finds fault with an address of this server: that is how its own APIs are
    /// called, at each issuer.
    pub(super) fn check_not_ours(&self, fields: &ApplicationFields, faults: &mut Faults) {
        if let (Edit::Set(named), Some(url)) = (&fields.audience, &self.public_url)
            && is_at(named, url)
        {
            faults.add(FIELD, ErrorCode::InvalidField, "is an address of this server");
        }
    }
}

/// Finds fault with what an application above or below the owner is registered
/// for, without saying whose that is. What was named before stays.
pub(super) async fn check_free(
    tx: &mut ReadTx,
    (before, after, partner): (Option<&Application>, &Application, Option<PartnerId>),
    now: Timestamp,
    faults: &mut Faults,
) -> Result<(), Error> {
    let stood = before.and_then(named);
    let Some(audience) = named(after).filter(|audience| stood != Some(*audience)) else { return Ok(()) };
    let holder = tx.audience_holder(Within::Platform, (after.owner, partner), audience, now).await?;
    if holder.is_some() {
        faults.add(FIELD, ErrorCode::AudienceTaken, "an application of another owner is registered for it");
    }
    Ok(())
}

fn named(application: &Application) -> Option<&str> {
    application.oauth.as_ref()?.audience.as_deref()
}

/// Whether it is the URL or below it, however it is written.
fn is_at(named: &str, url: &str) -> bool {
    let Some((start, rest)) = named.split_at_checked(url.len()) else { return false };
    start.eq_ignore_ascii_case(url) && (rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_the_public_url_is_ours() {
        for (named, ours) in [
            ("https://id.example", true),
            ("https://id.example/", true),
            ("https://id.example/api/v1", true),
            ("https://id.example/t/acme", true),
            ("HTTPS://ID.example/t/nobody/api/v1", true),
            ("https://id.example?a", true),
            ("https://id.example.evil", false),
            ("https://id.exampl", false),
            ("https://api.example", false),
            ("id.example", false),
            ("https://id.exampé", false),
        ] {
            assert_eq!(is_at(named, "https://id.example"), ours, "{named}");
        }
    }
}
