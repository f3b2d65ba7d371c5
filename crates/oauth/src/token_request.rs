//! What a client asks of the token endpoint.

use std::fmt;

use crate::resource::targets;
use crate::{CodeVerifier, ErrorCode, Form, GrantType, Refusal, ScopeSet, TokenExchange, scope};

/// A well-formed token request, by its grant. Who asks is read apart, by
/// [`ClientAuthentication`](crate::ClientAuthentication).
///
/// `Debug` shows no code, no verifier and no refresh token.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenRequest {
    /// RFC 6749 §4.1.3
    AuthorizationCode {
        /// As sent; it need not be a code of ours.
        code: String,
        /// Must be there, and the same, if the authorization request had one.
        redirect_uri: Option<String>,
        /// Must be there if the authorization request had a challenge, and only
        /// then (RFC 7636 §4.6, RFC 9700 §4.8.2).
        code_verifier: Option<CodeVerifier>,
        /// Some of those that the person agreed to (RFC 8707 §2.2).
        targets: Vec<String>,
    },
    /// RFC 6749 §6
    RefreshToken {
        /// As sent; it need not be a token of ours.
        refresh_token: String,
        /// Nothing for what the refresh token has.
        scope: Option<ScopeSet>,
        targets: Vec<String>,
    },
    /// RFC 6749 §4.4
    ClientCredentials {
        /// Nothing when the client leaves the choice to us.
        scope: Option<ScopeSet>,
        /// The values of `audience` and `resource` in the order sent, each once.
        targets: Vec<String>,
    },
    /// RFC 8693 §2.1
    TokenExchange(TokenExchange),
}

impl TokenRequest {
    /// The longest code, refresh token and redirect URI, in bytes. Ours are
    /// shorter, so a longer one is as good as unknown: `invalid_grant`.
    pub const MAX_GRANT: usize = 2_048;

    pub fn parse(form: &Form) -> Result<Self, Refusal> {
        match GrantType::parse(form.require("grant_type")?) {
            Ok(GrantType::AuthorizationCode) => Ok(Self::AuthorizationCode {
                code: grant(form.require("code")?)?,
                redirect_uri: form.get("redirect_uri").map(grant).transpose()?,
                code_verifier: code_verifier(form)?,
                targets: targets(form)?,
            }),
            Ok(GrantType::RefreshToken) => Ok(Self::RefreshToken {
                refresh_token: grant(form.require("refresh_token")?)?,
                scope: scope::requested(form)?,
                targets: targets(form)?,
            }),
            Ok(GrantType::ClientCredentials) => {
                Ok(Self::ClientCredentials { scope: scope::requested(form)?, targets: targets(form)? })
            }
            Ok(GrantType::TokenExchange) => TokenExchange::parse(form).map(Self::TokenExchange),
            Err(_) => {
                Err(Refusal::new(ErrorCode::UnsupportedGrantType, "this grant type is not offered here"))
            }
        }
    }

    pub const fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode { .. } => GrantType::AuthorizationCode,
            Self::RefreshToken { .. } => GrantType::RefreshToken,
            Self::ClientCredentials { .. } => GrantType::ClientCredentials,
            Self::TokenExchange(_) => GrantType::TokenExchange,
        }
    }

    fn scope(&self) -> Option<&ScopeSet> {
        match self {
            Self::AuthorizationCode { .. } => None,
            Self::RefreshToken { scope, .. }
            | Self::ClientCredentials { scope, .. }
            | Self::TokenExchange(TokenExchange { scope, .. }) => scope.as_ref(),
        }
    }

    fn targets(&self) -> &[String] {
        match self {
            Self::AuthorizationCode { targets, .. }
            | Self::RefreshToken { targets, .. }
            | Self::ClientCredentials { targets, .. }
            | Self::TokenExchange(TokenExchange { targets, .. }) => targets,
        }
    }
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(self.grant_type().as_str())
            .field("scope", &self.scope())
            .field("targets", &self.targets())
            .finish_non_exhaustive()
    }
}

/// What was given out earlier, and is sent back.
fn grant(raw: &str) -> Result<String, Refusal> {
    if raw.len() > TokenRequest::MAX_GRANT {
        return Err(Refusal::new(ErrorCode::InvalidGrant, "the grant is longer than any that is given out"));
    }
    Ok(raw.to_owned())
}

/// RFC 7636 §4.6: what cannot be a verifier verifies nothing.
fn code_verifier(form: &Form) -> Result<Option<CodeVerifier>, Refusal> {
    let parsed = form.get("code_verifier").map(CodeVerifier::parse).transpose();
    parsed.map_err(|reason| Refusal::new(ErrorCode::InvalidGrant, reason.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // RFC 7636 Appendix B
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn parse(body: &str) -> Result<TokenRequest, &'static str> {
        let form = Form::parse(body.as_bytes()).map_err(|refusal| refusal.code().as_str())?;
        TokenRequest::parse(&form).map_err(|refusal| refusal.code().as_str())
    }

    #[test]
    fn reads_client_credentials() {
        for (body, scope, targets) in [
            ("grant_type=client_credentials", None, &[][..]),
            ("grant_type=client_credentials&scope=", None, &[]),
            ("grant_type=client_credentials&scope=b+a+b", Some("b a"), &[]),
            (
                "resource=https://a.example&grant_type=client_credentials&audience=x&resource=mcp-gateway&audience=x",
                None,
                &["https://a.example", "x", "mcp-gateway"],
            ),
        ] {
            let expected = TokenRequest::ClientCredentials {
                scope: scope.map(|scope| ScopeSet::parse(scope).expect("a list of scopes")),
                targets: targets.iter().copied().map(str::to_owned).collect(),
            };
            assert_eq!(parse(body), Ok(expected), "{body}");
        }
    }

    #[test]
    fn reads_a_code() {
        for (more, redirect_uri, verifier, targets) in [
            ("", None, None, &[][..]),
            ("&redirect_uri=&code_verifier=&scope=%22", None, None, &[]),
            ("&redirect_uri=https://a.example/cb?x=y", Some("https://a.example/cb?x=y"), None, &[]),
            (
                &*format!("&code_verifier={VERIFIER}&resource=urn:x&client_id=app_1"),
                None,
                Some(VERIFIER),
                &["urn:x"],
            ),
        ] {
            let expected = TokenRequest::AuthorizationCode {
                code: "a b".to_owned(),
                redirect_uri: redirect_uri.map(str::to_owned),
                code_verifier: verifier.map(|raw| CodeVerifier::parse(raw).expect("a verifier")),
                targets: targets.iter().copied().map(str::to_owned).collect(),
            };
            let body = format!("grant_type=authorization_code&code=a+b{more}");
            assert_eq!(parse(&body), Ok(expected), "{body}");
        }
    }

    #[test]
    fn reads_a_refresh_token() {
        for (more, scope, targets) in [
            ("", None, &[][..]),
            ("&scope=b+a&audience=x", Some("b a"), &["x"]),
            ("&redirect_uri=x&code=y", None, &[]),
        ] {
            let expected = TokenRequest::RefreshToken {
                refresh_token: "abc".to_owned(),
                scope: scope.map(|scope| ScopeSet::parse(scope).expect("a list of scopes")),
                targets: targets.iter().copied().map(str::to_owned).collect(),
            };
            let body = format!("grant_type=refresh_token&refresh_token=abc{more}");
            assert_eq!(parse(&body), Ok(expected), "{body}");
        }
    }

    #[test]
    fn debug_shows_no_grant() {
        let code = format!("grant_type=authorization_code&code=hunter2&code_verifier={VERIFIER}");
        for body in [&*code, "grant_type=refresh_token&refresh_token=hunter2&scope=a"] {
            let shown = format!("{:?}", parse(body).expect("parses"));
            assert!(!shown.contains("hunter2") && !shown.contains(VERIFIER), "{shown}");
        }
    }

    #[test]
    fn a_grant_is_named_as_in_the_request() {
        let bodies = [
            "grant_type=authorization_code&code=x",
            "grant_type=refresh_token&refresh_token=x",
            "grant_type=client_credentials",
            "grant_type=urn:ietf:params:oauth:grant-type:token-exchange\
             &subject_token_type=urn:kontext:confidential-client",
        ];
        assert_eq!(bodies.map(|body| parse(body).expect("parses").grant_type()), GrantType::ALL);
    }

    #[test]
    fn refuses_what_the_rfcs_refuse() {
        let long = "x".repeat(TokenRequest::MAX_GRANT + 1);
        for (section, body, code) in [
            ("RFC 6749 §4.4.2", "scope=read", "invalid_request"),
            ("RFC 6749 §3.2", "grant_type=", "invalid_request"),
            ("RFC 6749 §3.2", "grant_type=a&grant_type=b", "invalid_request"),
            ("RFC 6749 §5.2", "grant_type=password", "unsupported_grant_type"),
            ("RFC 6749 §4.1.3", "grant_type=authorization_code", "invalid_request"),
            ("RFC 6749 §3.2", "grant_type=authorization_code&code=", "invalid_request"),
            ("RFC 6749 §3.2", "grant_type=authorization_code&code=a&code=b", "invalid_request"),
            (
                "RFC 6749 §3.2",
                "grant_type=authorization_code&code=a&redirect_uri=b&redirect_uri=b",
                "invalid_request",
            ),
            ("RFC 6749 §5.2", &format!("grant_type=authorization_code&code={long}"), "invalid_grant"),
            (
                "RFC 6749 §5.2",
                &format!("grant_type=authorization_code&code=x&redirect_uri={long}"),
                "invalid_grant",
            ),
            ("RFC 7636 §4.1", "grant_type=authorization_code&code=x&code_verifier=short", "invalid_grant"),
            (
                "RFC 7636 §4.1",
                &format!("grant_type=authorization_code&code=x&code_verifier={VERIFIER}%2B"),
                "invalid_grant",
            ),
            ("RFC 8707 §2.2", "grant_type=authorization_code&code=x&resource=/x", "invalid_target"),
            ("RFC 6749 §6", "grant_type=refresh_token", "invalid_request"),
            ("RFC 6749 §6", "grant_type=refresh_token&code=x", "invalid_request"),
            ("RFC 6749 §3.2", "grant_type=refresh_token&refresh_token=a&refresh_token=a", "invalid_request"),
            ("RFC 6749 §5.2", &format!("grant_type=refresh_token&refresh_token={long}"), "invalid_grant"),
            ("RFC 6749 §3.3", "grant_type=refresh_token&refresh_token=x&scope=a++b", "invalid_scope"),
            ("RFC 8707 §2", "grant_type=refresh_token&refresh_token=x&resource=a%23b", "invalid_target"),
            ("RFC 6749 §3.3", "grant_type=client_credentials&scope=a++b", "invalid_scope"),
            ("RFC 6749 §3.3", "grant_type=client_credentials&scope=%22", "invalid_scope"),
            ("RFC 6749 §3.2", "grant_type=client_credentials&scope=a&scope=b", "invalid_request"),
            ("RFC 8707 §2", "grant_type=client_credentials&resource=/x", "invalid_target"),
            (
                "RFC 8707 §2",
                "grant_type=client_credentials&resource=https://a.example/%23top",
                "invalid_target",
            ),
            ("RFC 8707 §2", &format!("grant_type=client_credentials&audience={long}"), "invalid_target"),
        ] {
            assert_eq!(parse(body), Err(code), "{section}: {body}");
        }
    }

    proptest! {
        #[test]
        fn no_request_makes_it_panic(
            grant_type in "authorization_code|refresh_token|client_credentials",
            values in any::<[String; 5]>(),
        ) {
            let names = ["code", "redirect_uri", "code_verifier", "scope", "resource"];
            let body = form_urlencoded::Serializer::new(String::new())
                .append_pair("grant_type", &grant_type)
                .append_pair("refresh_token", &values[0])
                .extend_pairs(names.iter().zip(&values))
                .finish();
            let _ = parse(&body);
        }
    }
}
