//! What a provider says of itself (OpenID Connect Discovery 1.0 §3).

use std::sync::Arc;

use appkeep_domain::{RedirectUri, Timestamp};
use serde::Deserialize;

use super::Providers;
use super::preset::OpenId;
use crate::tokens::fetch::FetchError;

const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// As far as we need it.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    #[serde(default)]
    pub(super) userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Metadata {
    /// Where a browser is sent is looked at here; what we ask ourselves, where
    /// it is asked.
    pub(super) fn read(text: &str) -> Result<Self, FetchError> {
        let metadata: Self = serde_json::from_str(text).map_err(FetchError::new)?;
        RedirectUri::parse(&metadata.authorization_endpoint, false)
            .map_err(|reason| FetchError::new(format!("the authorization endpoint: {reason}")))?;
        Ok(metadata)
    }

    /// Whether a client sends its secret in the form; by HTTP Basic where
    /// nothing is said (§3), and wherever it may.
    pub(super) fn wants_secret_in_form(&self) -> bool {
        let Some(methods) = &self.token_endpoint_auth_methods_supported else { return false };
        let takes = |name: &str| methods.iter().any(|method| method == name);
        takes("client_secret_post") && !takes("client_secret_basic")
    }
}

impl Providers {
    /// A document that calls its issuer otherwise is somebody else's (§4.3).
    pub(super) async fn metadata(
        &self,
        openid: &OpenId<'_>,
        now: Timestamp,
    ) -> Result<Arc<Metadata>, FetchError> {
        let issuer = openid.issuer.to_owned();
        let url = [issuer.strip_suffix('/').unwrap_or(&issuer), WELL_KNOWN].concat();
        let metadata = self.metadata.fitting((&issuer, &url), |_| true, now).await?;
        if openid.is_described_as(&metadata.issuer) {
            return Ok(metadata);
        }
        Err(FetchError::new(format!("{url} is of another issuer")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(member: &str, value: &serde_json::Value) -> Result<Metadata, FetchError> {
        let mut document = json!({
            "issuer": "https://a.example", "authorization_endpoint": "https://a.example/authorize?p=1",
            "token_endpoint": "https://a.example/token", "jwks_uri": "https://a.example/jwks",
        });
        document[member] = value.clone();
        Metadata::read(&document.to_string())
    }

    #[test]
    fn a_browser_is_sent_to_a_safe_address_only() {
        for (endpoint, is_safe) in [
            (json!("https://a.example/authorize"), true),
            (json!("http://127.0.0.1:4000/authorize"), true),
            (json!("http://a.example/authorize"), false),
            (json!("javascript:alert(1)"), false),
            (json!("https://a@b.example/"), false),
            (json!(null), false),
        ] {
            assert_eq!(read("authorization_endpoint", &endpoint).is_ok(), is_safe, "{endpoint}");
        }
    }

    #[test]
    fn a_secret_goes_where_the_provider_wants_it() {
        for (methods, in_form) in [
            (json!(null), false),
            (json!(["client_secret_basic", "client_secret_post"]), false),
            (json!(["client_secret_post", "private_key_jwt"]), true),
            (json!(["private_key_jwt"]), false),
        ] {
            let metadata = read("token_endpoint_auth_methods_supported", &methods).expect("is read");
            assert_eq!(metadata.wants_secret_in_form(), in_form, "{methods}");
        }
    }
}
