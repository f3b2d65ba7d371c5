//! What a client gives to get another token (RFC 8693 §2.1).

use std::fmt;

use crate::resource::targets;
use crate::{ErrorCode, Form, Refusal, ScopeSet, scope};

/// The type of the tokens that are given out (RFC 8693 §3).
pub const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A well-formed exchange. `Debug` shows no token.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenExchange {
    pub subject: Subject,
    /// An access token of whoever is to act for the subject.
    pub actor_token: Option<String>,
    /// Nothing for all that there is.
    pub scope: Option<ScopeSet>,
    /// The values of `audience` and `resource` in the order sent, each once.
    pub targets: Vec<String>,
}

/// For whom the new token is to speak.
#[derive(Clone, PartialEq, Eq)]
pub enum Subject {
    /// Of whom this access token speaks.
    AccessToken(String),
    /// One of the people of the client, by the client's own name for them.
    User(String),
    /// The client itself; as it named itself, if it did.
    Client(Option<String>),
}

impl TokenExchange {
    /// The longest token or name, in bytes.
    pub const MAX_TOKEN: usize = 16_384;
    const USER_TYPE: &str = "urn:kontext:user-id";
    const CLIENT_TYPE: &str = "urn:kontext:confidential-client";

    pub(crate) fn parse(form: &Form) -> Result<Self, Refusal> {
        if form.get("requested_token_type").is_some_and(|wanted| wanted != ACCESS_TOKEN_TYPE) {
            return Err(malformed("only access tokens are given out"));
        }
        let subject = match form.require("subject_token_type")? {
            ACCESS_TOKEN_TYPE => Subject::AccessToken(token(form.require("subject_token")?)?),
            Self::USER_TYPE => Subject::User(token(form.require("subject_token")?)?),
            Self::CLIENT_TYPE => Subject::Client(form.get("subject_token").map(token).transpose()?),
            _ => return Err(malformed("subject tokens of this type are not taken")),
        };
        let actor_token = match (form.get("actor_token"), form.get("actor_token_type")) {
            (None, None) => None,
            (Some(raw), Some(ACCESS_TOKEN_TYPE)) => Some(token(raw)?),
            (Some(_), Some(_)) => return Err(malformed("actor tokens of this type are not taken")),
            // RFC 8693 §2.1: the one never without the other.
            _ => return Err(malformed("`actor_token` and `actor_token_type` go together")),
        };
        Ok(Self { subject, actor_token, scope: scope::requested(form)?, targets: targets(form)? })
    }
}

fn token(raw: &str) -> Result<String, Refusal> {
    if raw.len() > TokenExchange::MAX_TOKEN {
        return Err(malformed("the token is longer than any that is given out"));
    }
    Ok(raw.to_owned())
}

fn malformed(description: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, description)
}

impl fmt::Debug for TokenExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenExchange")
            .field("has_actor", &self.actor_token.is_some())
            .field("scope", &self.scope)
            .field("targets", &self.targets)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<TokenExchange, &'static str> {
        let form = Form::parse(body.as_bytes()).map_err(|refusal| refusal.code().as_str())?;
        TokenExchange::parse(&form).map_err(|refusal| refusal.code().as_str())
    }

    const ACCESS: &str = "subject_token_type=urn:ietf:params:oauth:token-type:access_token";

    #[test]
    fn reads_an_exchange() {
        let body = format!(
            "{ACCESS}&subject_token=a&actor_token=b&scope=x+y&audience=c&resource=urn:d\
             &actor_token_type=urn:ietf:params:oauth:token-type:access_token\
             &requested_token_type=urn:ietf:params:oauth:token-type:access_token"
        );
        let exchange = TokenExchange {
            subject: Subject::AccessToken("a".to_owned()),
            actor_token: Some("b".to_owned()),
            scope: Some(ScopeSet::parse("x y").expect("are scopes")),
            targets: vec!["c".to_owned(), "urn:d".to_owned()],
        };
        assert_eq!(parse(&body), Ok(exchange));
        for (body, subject) in [
            ("subject_token_type=urn:kontext:user-id&subject_token=ada", Subject::User("ada".to_owned())),
            ("subject_token_type=urn:kontext:confidential-client", Subject::Client(None)),
        ] {
            assert!(parse(body).is_ok_and(|exchange| exchange.subject == subject), "{body}");
        }
    }

    #[test]
    fn refuses_what_rfc_8693_refuses() {
        let long = "x".repeat(TokenExchange::MAX_TOKEN + 1);
        for (body, code) in [
            ("", "invalid_request"),
            ("subject_token=a", "invalid_request"),
            (ACCESS, "invalid_request"),
            ("subject_token=a&subject_token_type=urn:x", "invalid_request"),
            (&format!("{ACCESS}&subject_token={long}"), "invalid_request"),
            (&format!("{ACCESS}&subject_token=a&actor_token=b"), "invalid_request"),
            (&format!("{ACCESS}&subject_token=a&actor_token_type=urn:x"), "invalid_request"),
            (&format!("{ACCESS}&subject_token=a&actor_token=b&actor_token_type=urn:x"), "invalid_request"),
            (&format!("{ACCESS}&subject_token=a&requested_token_type=urn:x"), "invalid_request"),
            (&format!("{ACCESS}&subject_token=a&resource=/x"), "invalid_target"),
            (&format!("{ACCESS}&subject_token=a&scope=a++b"), "invalid_scope"),
        ] {
            assert_eq!(parse(body), Err(code), "{body}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let exchange = parse(&format!("{ACCESS}&subject_token=hunter2")).expect("parses");
        assert!(!format!("{exchange:?}").contains("hunter2"));
    }
}
