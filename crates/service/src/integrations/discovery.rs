//! Who gives out tokens for an integration: what it says itself (RFC 9728), and
//! what they say of themselves (RFC 8414, OpenID Connect Discovery 1.0).

use appkeep_domain::integration::{FoundMetadata, Integration, IntegrationUrl};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::validate::secure;
use crate::tokens::{FetchRequest, FetchText};

/// Most scopes of a server's that are kept, and the longest of them.
const MAX_SCOPES: usize = 200;
const MAX_SCOPE: usize = 255;

/// RFC 9728 §2
#[derive(Deserialize)]
struct ResourceMetadata {
    resource: String,
    #[serde(default)]
    authorization_servers: Vec<String>,
}

/// RFC 8414 §2
#[derive(Deserialize)]
struct ServerMetadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    #[serde(default)]
    scopes_supported: Vec<String>,
    /// RFC 9207 §3
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What is known of them; nothing where nobody says so, or whoever does
/// contradicts themselves.
pub(super) async fn metadata(
    fetch: &dyn FetchText,
    integration: &Integration,
    challenges: &[String],
) -> Option<FoundMetadata> {
    let protected = resource_metadata(fetch, integration, challenges).await;
    let resource = protected.as_ref().and_then(|found| secure(&found.resource));
    let named = protected.and_then(|found| found.authorization_servers.into_iter().next());
    let named = named.as_deref().and_then(secure);
    // Where nobody is named it may be the server itself, as it was before RFC 9728.
    let issuer = integration.issuer.clone().or(named).or_else(|| origin(&integration.url))?;
    let found = server_metadata(fetch, &issuer).await?;
    let says_who_answers = found.authorization_response_iss_parameter_supported;
    let scopes = found.scopes_supported.into_iter().filter(|scope| scope.len() <= MAX_SCOPE);
    Some(FoundMetadata {
        authorization_endpoint: secure(&found.authorization_endpoint)?,
        token_endpoint: secure(&found.token_endpoint)?,
        resource,
        scopes_supported: scopes.take(MAX_SCOPES).collect(),
        says_who_answers,
        issuer,
    })
}

/// RFC 9728 §3 and §5.1. What is said of another host's resource is said of
/// none (§3.3).
async fn resource_metadata(
    fetch: &dyn FetchText,
    integration: &Integration,
    challenges: &[String],
) -> Option<ResourceMetadata> {
    let named = challenges.iter().find_map(|challenge| parameter(challenge, "resource_metadata"));
    let places =
        named.map_or_else(|| well_known(&integration.url, "oauth-protected-resource"), |url| vec![url]);
    for place in places {
        let Some(found) = document::<ResourceMetadata>(fetch, &place).await else { continue };
        let is_ours =
            IntegrationUrl::parse(&found.resource).is_ok_and(|url| url.is_of_same_origin(&integration.url));
        if is_ours {
            return Some(found);
        }
    }
    None
}

/// A document that calls its issuer otherwise is somebody else's (RFC 8414
/// §3.3).
async fn server_metadata(fetch: &dyn FetchText, issuer: &IntegrationUrl) -> Option<ServerMetadata> {
    let mut places = well_known(issuer, "oauth-authorization-server");
    places.truncate(1);
    places.extend(well_known(issuer, "openid-configuration").into_iter().take(1));
    places.push(format!("{}/.well-known/openid-configuration", trimmed(issuer.as_str())));
    places.dedup();
    for place in places {
        let Some(found) = document::<ServerMetadata>(fetch, &place).await else { continue };
        if trimmed(&found.issuer) == trimmed(issuer.as_str()) {
            return Some(found);
        }
    }
    None
}

async fn document<T: DeserializeOwned>(fetch: &dyn FetchText, url: &str) -> Option<T> {
    let text = fetch.fetch(FetchRequest::get(url)).await.ok()?.ok().ok()?;
    serde_json::from_str(&text).ok()
}

/// Between host and path, and then without the path (RFC 8414 §3).
fn well_known(url: &IntegrationUrl, name: &str) -> Vec<String> {
    let Some(origin) = origin(url) else { return Vec::new() };
    let path = Url::parse(url.as_str()).map(|url| url.path().trim_end_matches('/').to_owned());
    let root = format!("{origin}/.well-known/{name}");
    match path {
        Ok(path) if !path.is_empty() => vec![format!("{root}{path}"), root],
        _ => vec![root],
    }
}

/// Without a slash at its end.
fn origin(url: &IntegrationUrl) -> Option<IntegrationUrl> {
    let origin = Url::parse(url.as_str()).ok()?.origin().ascii_serialization();
    secure(&origin)
}

fn trimmed(url: &str) -> &str {
    url.strip_suffix('/').unwrap_or(url)
}

/// A quoted parameter of a challenge (RFC 9110 §11.2).
fn parameter(challenge: &str, name: &str) -> Option<String> {
    let scheme = challenge.split_ascii_whitespace().next()?;
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return None;
    }
    let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_of_a_challenge_is_read() {
        let named = "Bearer realm=\"x\", resource_metadata=\"https://a.example/meta\", scope=\"y\"";
        for (challenge, found) in [
            (named, Some("https://a.example/meta")),
            ("bearer resource_metadata=\"https://a.example/\"", Some("https://a.example/")),
            ("Basic resource_metadata=\"https://a.example/\"", None),
            ("Bearer", None),
            ("", None),
        ] {
            assert_eq!(parameter(challenge, "resource_metadata").as_deref(), found, "{challenge}");
        }
    }

    #[test]
    fn a_well_known_place_stands_before_the_path() {
        for (url, places) in [
            (
                "https://a.example/mcp/",
                vec!["https://a.example/.well-known/x/mcp", "https://a.example/.well-known/x"],
            ),
            ("https://a.example", vec!["https://a.example/.well-known/x"]),
            ("https://a.example:8443/?q=1", vec!["https://a.example:8443/.well-known/x"]),
        ] {
            let url = IntegrationUrl::parse(url).expect("is a URL");
            assert_eq!(well_known(&url, "x"), places, "{url}");
        }
    }
}
