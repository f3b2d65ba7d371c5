//! What is particular to each provider: the one table of it.

use appkeep_domain::{AppleKey, ProviderPlace};
use appkeep_oauth::ScopeSet;

use super::github::Github;

const GOOGLE: &str = "https://accounts.google.com";
/// As Google's tokens may spell it too.
const GOOGLE_WITHOUT_SCHEME: &str = "accounts.google.com";
pub(super) const APPLE: &str = "https://appleid.apple.com";
const MICROSOFT: &str = "https://login.microsoftonline.com/common/v2.0";
/// What the document for all of Microsoft's tenants calls the issuer, which is
/// another one for each of them.
const MICROSOFT_TEMPLATE: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";
const TENANT: &str = "{tenantid}";

/// How a provider is spoken to.
#[derive(Debug)]
pub(super) enum Preset<'a> {
    OpenId(OpenId<'a>),
    Github(Github),
    Facebook,
}

/// Somebody who speaks OpenID Connect, and in which dialect.
#[derive(Debug)]
pub(super) struct OpenId<'a> {
    /// Where Discovery (§4) is, and who vouches.
    pub(super) issuer: &'a str,
    pub(super) dialect: OpenIdDialect<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum OpenIdDialect<'a> {
    Standard,
    Google,
    /// The application signs who it is with a key that Apple gave it.
    Apple(&'a AppleKey),
    /// Of one tenant.
    Microsoft,
    /// Of whatever tenant somebody is in.
    MicrosoftOfAll,
}

impl<'a> Preset<'a> {
    pub(super) fn of(at: &'a ProviderPlace) -> Self {
        let openid = |issuer, dialect| Self::OpenId(OpenId { issuer, dialect });
        match at {
            ProviderPlace::Google => openid(GOOGLE, OpenIdDialect::Google),
            ProviderPlace::Apple(key) => openid(APPLE, OpenIdDialect::Apple(key)),
            ProviderPlace::Microsoft(None) => openid(MICROSOFT, OpenIdDialect::MicrosoftOfAll),
            ProviderPlace::Microsoft(Some(issuer)) => openid(issuer.as_str(), OpenIdDialect::Microsoft),
            ProviderPlace::Oidc(issuer) => openid(issuer.as_str(), OpenIdDialect::Standard),
            ProviderPlace::Github(host) => Self::Github(Github::at(host.as_ref())),
            ProviderPlace::Facebook => Self::Facebook,
        }
    }

    /// Apple does not; there the nonce alone ties a code to whoever asked.
    pub(super) const fn understands_pkce(&self) -> bool {
        !matches!(self, Self::OpenId(OpenId { dialect: OpenIdDialect::Apple(_), .. }))
    }
}

impl OpenId<'_> {
    /// Apple tells of a name or an address by a form only.
    pub(super) fn response_mode(&self, scopes: &ScopeSet) -> Option<&'static str> {
        let is_told = |scope: &str| scopes.iter().any(|asked| asked.as_str() == scope);
        let OpenIdDialect::Apple(_) = self.dialect else { return None };
        (is_told("name") || is_told("email")).then_some("form_post")
    }

    /// Whether a document that calls its issuer this speaks for the provider
    /// (OpenID Connect Discovery 1.0 §4.3).
    pub(super) fn is_described_as(&self, issuer: &str) -> bool {
        match self.dialect {
            OpenIdDialect::MicrosoftOfAll => issuer == MICROSOFT_TEMPLATE,
            _ => issuer == self.issuer,
        }
    }

    /// Whether a token of this issuer is the provider's (OpenID Connect Core
    /// 1.0 §3.1.3.7); `tenant` is what Microsoft says of the person.
    pub(super) fn is_issued_by(&self, issuer: &str, tenant: Option<&str>) -> bool {
        match self.dialect {
            OpenIdDialect::MicrosoftOfAll => {
                let is_uuid = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
                let tenant = tenant.filter(|tenant| !tenant.is_empty() && tenant.bytes().all(is_uuid));
                tenant.is_some_and(|tenant| issuer == MICROSOFT_TEMPLATE.replace(TENANT, tenant))
            }
            OpenIdDialect::Google => issuer == self.issuer || issuer == GOOGLE_WITHOUT_SCHEME,
            OpenIdDialect::Apple(_) | OpenIdDialect::Microsoft | OpenIdDialect::Standard => {
                issuer == self.issuer
            }
        }
    }

    /// By what somebody is known: a subject is one of its issuer (§2), which
    /// may be any of Microsoft's tenants.
    pub(super) fn subject(&self, subject: &str, tenant: Option<&str>) -> String {
        match (self.dialect, tenant) {
            (OpenIdDialect::MicrosoftOfAll, Some(tenant)) => format!("{tenant}:{subject}"),
            _ => subject.to_owned(),
        }
    }

    /// Whether `email_verified` says that the address is proved. With Microsoft
    /// whoever runs a tenant writes there what they like, and only
    /// `xms_edov` says that the domain is theirs.
    pub(super) const fn proves_by_email_verified(&self) -> bool {
        !matches!(self.dialect, OpenIdDialect::Microsoft | OpenIdDialect::MicrosoftOfAll)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_its_providers_issuer() {
        let microsoft = OpenId { issuer: MICROSOFT, dialect: OpenIdDialect::MicrosoftOfAll };
        let tenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
        let issuer = format!("https://login.microsoftonline.com/{tenant}/v2.0");
        for (issuer, tid, is_theirs) in [
            (issuer.as_str(), Some(tenant), true),
            (&issuer, None, false),
            (&issuer, Some("11111111-6c67-4c5b-b112-36a304b66dad"), false),
            (MICROSOFT_TEMPLATE, Some(TENANT), false),
            (MICROSOFT, Some("common"), false),
            ("https://login.microsoftonline.com//v2.0", Some(""), false),
        ] {
            assert_eq!(microsoft.is_issued_by(issuer, tid), is_theirs, "{issuer} {tid:?}");
        }
        assert!(microsoft.is_described_as(MICROSOFT_TEMPLATE) && !microsoft.is_described_as(MICROSOFT));
        assert_eq!(microsoft.subject("ada", Some(tenant)), format!("{tenant}:ada"));
        let google = OpenId { issuer: GOOGLE, dialect: OpenIdDialect::Google };
        for (issuer, is_theirs) in [(GOOGLE, true), ("accounts.google.com", true), (APPLE, false)] {
            assert_eq!(google.is_issued_by(issuer, None), is_theirs, "{issuer}");
        }
        assert!(google.is_described_as(GOOGLE) && !google.is_described_as("accounts.google.com"));
    }
}
