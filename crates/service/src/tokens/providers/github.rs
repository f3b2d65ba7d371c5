//! GitHub, which speaks OAuth and tells of people by its own API.

use appkeep_domain::{Outsider, ProviderIssuer, Timestamp};
use serde::Deserialize;
use url::Url;

use super::redeem::{ClientProof, Exchange};
use super::{Errand, ProviderRefused, Providers, Registered, outsider};

const WEB: &str = "https://github.com";
const API: &str = "https://api.github.com";
/// Of which an enterprise has a host of its own, and the API another beside it.
const HOSTED_ENTERPRISES: &str = ".ghe.com";

/// Where it is: everybody's, or an enterprise's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Github {
    web: String,
    api: String,
}

#[derive(Deserialize)]
struct Account {
    /// Never given to another, as a `login` is.
    id: u64,
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    email: String,
    primary: bool,
    verified: bool,
}

impl Github {
    pub(super) fn at(host: Option<&ProviderIssuer>) -> Self {
        let Some(host) = host else { return Self { web: WEB.to_owned(), api: API.to_owned() } };
        let web = host.as_str().trim_end_matches('/').to_owned();
        let name = Url::parse(&web).ok().and_then(|url| url.host_str().map(str::to_owned));
        let api = match name.filter(|name| name.ends_with(HOSTED_ENTERPRISES)) {
            Some(name) => format!("https://api.{name}"),
            None => format!("{web}/api/v3"),
        };
        Self { web, api }
    }

    pub(super) fn authorization_endpoint(&self) -> String {
        format!("{}/login/oauth/authorize", self.web)
    }
}

impl Providers {
    /// The primary address, which counts as proved when GitHub wrote to it.
    pub(super) async fn by_github(
        &self,
        registered: &Registered,
        github: &Github,
        (errand, code): (&Errand, &str),
        now: Timestamp,
    ) -> Result<Outsider, ProviderRefused> {
        let endpoint = format!("{}/login/oauth/access_token", github.web);
        let exchange = Exchange { endpoint: &endpoint, proof: ClientProof::Form, with_verifier: true };
        let redeemed = self.redeem(registered, exchange, (errand, code), now).await?;
        let token = redeemed.access_token()?;
        let account: Account = self.read(format!("{}/user", github.api), token).await?;
        let addresses: Vec<Address> = self.read(format!("{}/user/emails", github.api), token).await?;
        let primary = addresses.iter().find(|address| address.primary);
        let email = primary.map(|address| address.email.as_str());
        let is_proved = primary.is_some_and(|address| address.verified);
        outsider(&account.id.to_string(), (email, is_proved), account.name.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enterprise_has_its_own() {
        for (host, web, api) in [
            (None, "https://github.com", "https://api.github.com"),
            (
                Some("https://git.acme.example/"),
                "https://git.acme.example",
                "https://git.acme.example/api/v3",
            ),
            (Some("https://acme.ghe.com"), "https://acme.ghe.com", "https://api.acme.ghe.com"),
        ] {
            let issuer = host.map(|host| ProviderIssuer::parse(host).expect("is one"));
            let expected = Github { web: web.to_owned(), api: api.to_owned() };
            assert_eq!(Github::at(issuer.as_ref()), expected, "{host:?}");
        }
    }
}
