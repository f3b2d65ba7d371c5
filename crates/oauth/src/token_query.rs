//! What a client asks about a token: introspection and revocation.

use std::fmt;

use crate::{Form, Refusal};

/// A request to introspect (RFC 7662 §2.1) or revoke (RFC 7009 §2.1) a token.
///
/// `Debug` does not show the token.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenQuery {
    /// As sent; it need not be a token of ours.
    pub token: String,
    /// Where to look first. A hint we do not know is as good as none.
    pub token_type_hint: Option<TokenTypeHint>,
}

/// What the client believes its token to be (RFC 7009 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenTypeHint {
    AccessToken,
    RefreshToken,
}

impl TokenQuery {
    pub fn parse(form: &Form) -> Result<Self, Refusal> {
        let token_type_hint = form.get("token_type_hint").and_then(TokenTypeHint::parse);
        Ok(Self { token: form.require("token")?.to_owned(), token_type_hint })
    }
}

impl fmt::Debug for TokenQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenQuery").field("token_type_hint", &self.token_type_hint).finish_non_exhaustive()
    }
}

impl TokenTypeHint {
    pub const ALL: [Self; 2] = [Self::AccessToken, Self::RefreshToken];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
        }
    }

    fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<TokenQuery, &'static str> {
        let form = Form::parse(body.as_bytes()).expect("a form");
        TokenQuery::parse(&form).map_err(|refusal| refusal.code().as_str())
    }

    #[test]
    fn a_token_is_required_and_a_hint_is_not() {
        for (body, hint) in [
            ("token=abc", None),
            ("token=abc&token_type_hint=access_token", Some(TokenTypeHint::AccessToken)),
            ("token=abc&token_type_hint=refresh_token", Some(TokenTypeHint::RefreshToken)),
            ("token=abc&token_type_hint=saml2", None),
        ] {
            assert_eq!(
                parse(body),
                Ok(TokenQuery { token: "abc".to_owned(), token_type_hint: hint }),
                "{body}"
            );
        }
        for body in ["", "token=", "token_type_hint=access_token"] {
            assert_eq!(parse(body), Err("invalid_request"), "{body}");
        }
    }

    #[test]
    fn debug_does_not_show_the_token() {
        let query = parse("token=hunter2").expect("parses");
        assert!(!format!("{query:?}").contains("hunter2"));
    }
}
