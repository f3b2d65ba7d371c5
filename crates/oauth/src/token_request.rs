//! What a client asks of the token endpoint.

use crate::resource::is_resource;
use crate::{ErrorCode, Form, GrantType, Refusal, ScopeSet};

/// A well-formed token request, by its grant. Who asks is read apart, by
/// [`ClientAuthentication`](crate::ClientAuthentication).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenRequest {
    /// RFC 6749 §4.4
    ClientCredentials {
        /// Nothing when the client leaves the choice to us.
        scope: Option<ScopeSet>,
        /// The values of `audience` and `resource` in the order sent, each once.
        targets: Vec<String>,
    },
}

impl TokenRequest {
    pub fn parse(form: &Form) -> Result<Self, Refusal> {
        match GrantType::parse(form.require("grant_type")?) {
            Ok(GrantType::ClientCredentials) => {
                Ok(Self::ClientCredentials { scope: scope(form)?, targets: targets(form)? })
            }
            Ok(GrantType::AuthorizationCode | GrantType::RefreshToken) | Err(_) => {
                Err(Refusal::new(ErrorCode::UnsupportedGrantType, "this grant type is not offered here"))
            }
        }
    }

    pub const fn grant_type(&self) -> GrantType {
        match self {
            Self::ClientCredentials { .. } => GrantType::ClientCredentials,
        }
    }
}

fn scope(form: &Form) -> Result<Option<ScopeSet>, Refusal> {
    let parsed = form.get("scope").map(ScopeSet::parse).transpose();
    parsed.map_err(|reason| Refusal::new(ErrorCode::InvalidScope, reason.to_string()))
}

fn targets(form: &Form) -> Result<Vec<String>, Refusal> {
    let mut targets: Vec<String> = Vec::new();
    for (name, value) in form.iter().filter(|(name, _)| matches!(*name, "audience" | "resource")) {
        if name == "resource" && !is_resource(value) {
            let description = "`resource` must be an absolute URI without a fragment, or a name";
            return Err(Refusal::new(ErrorCode::InvalidTarget, description));
        }
        if !targets.iter().any(|known| known == value) {
            targets.push(value.to_owned());
        }
    }
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
    fn refuses_what_the_rfcs_refuse() {
        for (body, code) in [
            ("scope=read", "invalid_request"),
            ("grant_type=", "invalid_request"),
            ("grant_type=a&grant_type=b", "invalid_request"),
            ("grant_type=password", "unsupported_grant_type"),
            ("grant_type=authorization_code&code=x", "unsupported_grant_type"),
            ("grant_type=refresh_token&refresh_token=x", "unsupported_grant_type"),
            ("grant_type=client_credentials&scope=a++b", "invalid_scope"),
            ("grant_type=client_credentials&scope=%22", "invalid_scope"),
            ("grant_type=client_credentials&scope=a&scope=b", "invalid_request"),
            ("grant_type=client_credentials&resource=/x", "invalid_target"),
            ("grant_type=client_credentials&resource=https://a.example/%23top", "invalid_target"),
        ] {
            assert_eq!(parse(body), Err(code), "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_request_makes_it_panic(scope in any::<String>(), resource in any::<String>()) {
            let body = form_urlencoded::Serializer::new(String::new())
                .append_pair("grant_type", "client_credentials")
                .append_pair("scope", &scope)
                .append_pair("resource", &resource)
                .finish();
            let _ = parse(&body);
        }
    }
}
