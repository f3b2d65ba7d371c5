//! What the API that an application is registered for is called: a name that
//! means one owner's, wherever it can be met.
//!
//! Whoever could name another's would be given tokens that open it. Applications
//! of one owner may share an API, as an app and a website do.

use appkeep_domain::{Application, PartnerId, Slug, Timestamp, Within};
use appkeep_storage::ReadTx;

use super::Registry;
use super::faults::Faults;
use super::fields::{ApplicationFields, Edit};
use crate::error::{Error, ErrorCode};
use crate::tokens::{GATEWAY_PATH, OTHER_GATEWAY_PATH, TENANTS};

const FIELD: &str = "audience";
const ALLOWED: &str = "allowed_resources";

impl Registry {
    /// Finds fault with an address of this server: that is how its own APIs are
    /// called, at each issuer.
    pub(super) fn check_not_ours(&self, fields: &ApplicationFields, faults: &mut Faults) {
        if let (Edit::Set(named), Some(url)) = (&fields.audience, &self.public_url)
            && is_at(named, url)
        {
            faults.add(FIELD, ErrorCode::InvalidField, "is an address of this server");
        }
        for (place, named) in fields.allowed_resources.iter().flatten().enumerate() {
            let ours =
                self.public_url.as_ref().is_some_and(|url| is_at(named, url) && !is_gateway(named, url));
            if ours {
                let message = "is an address of this server, and not that of a gateway";
                faults.add(format!("{ALLOWED}[{place}]"), ErrorCode::InvalidField, message);
            }
        }
    }
}

/// Finds fault with what an application of another owner is registered for:
/// nobody is given tokens for it by writing down its name. What was allowed
/// before stays.
async fn check_allowed(
    tx: &mut ReadTx,
    (before, after, partner): (Option<&Application>, &Application, Option<PartnerId>),
    now: Timestamp,
    faults: &mut Faults,
) -> Result<(), Error> {
    let kept =
        before.and_then(|before| before.oauth.as_ref()).map_or(&[][..], |oauth| &oauth.allowed_resources);
    let allowed = after.oauth.as_ref().map_or(&[][..], |oauth| &oauth.allowed_resources);
    for (place, resource) in allowed.iter().enumerate().filter(|(_, resource)| !kept.contains(resource)) {
        let whose = (after.owner, partner);
        let holder = tx.audience_holder(Within::Platform, whose, resource.as_str(), now).await?;
        if holder.is_some() {
            let message = "an application of another owner is registered for it";
            faults.add(format!("{ALLOWED}[{place}]"), ErrorCode::AudienceTaken, message);
        }
    }
    Ok(())
}

/// Finds fault with what an application above or below the owner is registered
/// for, without saying whose that is. What was named before stays.
pub(super) async fn check_free(
    tx: &mut ReadTx,
    (before, after, partner): (Option<&Application>, &Application, Option<PartnerId>),
    now: Timestamp,
    faults: &mut Faults,
) -> Result<(), Error> {
    check_allowed(tx, (before, after, partner), now, faults).await?;
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
pub(crate) fn is_at(named: &str, url: &str) -> bool {
    let Some((start, rest)) = named.split_at_checked(url.len()) else { return false };
    start.eq_ignore_ascii_case(url) && (rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// Whether it is where the gateway of an issuer is.
fn is_gateway(named: &str, url: &str) -> bool {
    let rest = named.strip_prefix(url);
    match rest.and_then(|rest| rest.strip_suffix(GATEWAY_PATH)) {
        _ if rest == Some(OTHER_GATEWAY_PATH) => true,
        Some("") => true,
        Some(rest) => rest.strip_prefix(TENANTS).is_some_and(|slug| Slug::parse(slug).is_ok()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_issuer_has_one_gateway() {
        for (named, gateway) in [
            ("https://id.example/mcp", true),
            ("https://id.example/t/acme/mcp", true),
            ("https://id.example/kontext/mcp", true),
            ("https://id.example/t/acme/kontext/mcp", false),
            ("https://id.example/t//mcp", false),
            ("https://id.example/t/a/b/mcp", false),
            ("https://id.example/api/v1/mcp", false),
            ("https://id.example/mcp/", false),
            ("HTTPS://id.example/mcp", false),
            ("https://id.example", false),
        ] {
            assert_eq!(is_gateway(named, "https://id.example"), gateway, "{named}");
        }
    }

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
