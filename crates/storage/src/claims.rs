//! What codes, grants and sign-ins keep as texts: scopes, audiences, and by
//! what and from where a person signed in.

use std::net::IpAddr;

use appkeep_domain::{AuthMethod, SeenFrom, UserAgent};
use appkeep_oauth::ScopeSet;

use crate::error::{BoxError, Result};
use crate::row::Row;
use crate::value::Value;

/// None is the empty text, which is no list that a client could write.
pub(crate) fn parse_scope(text: &str) -> Result<ScopeSet, BoxError> {
    if text.is_empty() { Ok(ScopeSet::new()) } else { Ok(ScopeSet::parse(text)?) }
}

pub(crate) fn print_audience(audience: &[String]) -> String {
    serde_json::to_string(audience).expect("a list of strings is JSON")
}

pub(crate) fn parse_audience(text: &str) -> Result<Vec<String>, BoxError> {
    Ok(serde_json::from_str(text)?)
}

/// With a space between two; nothing of somebody whom another vouches for.
pub(crate) fn print_methods(methods: &[AuthMethod]) -> String {
    let words: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
    words.join(" ")
}

pub(crate) fn parse_methods(text: &str) -> Result<Vec<AuthMethod>, BoxError> {
    text.split(' ')
        .filter(|word| !word.is_empty())
        .map(|word| AuthMethod::parse(word).map_err(Into::into))
        .collect()
}

/// The columns `address` and `user_agent`.
pub(crate) fn from_columns(from: &SeenFrom) -> [Value<'_>; 2] {
    let address = from.address.map(|address| address.to_string());
    [address.into(), from.user_agent.as_ref().map(UserAgent::as_str).into()]
}

pub(crate) fn read_from(row: &Row<'_>) -> Result<SeenFrom> {
    let agent = |raw: &str| UserAgent::of_header(raw).ok_or("nothing that can be shown");
    Ok(SeenFrom {
        address: row.parse_optional("address", str::parse::<IpAddr>)?,
        user_agent: row.parse_optional("user_agent", agent)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_read_back() {
        for scope in [ScopeSet::new(), ScopeSet::parse("openid bills:read").expect("are scopes")] {
            assert_eq!(parse_scope(&scope.to_string()).expect("is read"), scope);
        }
        for audience in [vec![], vec!["https://a.example".to_owned(), "b\"c".to_owned()]] {
            assert_eq!(parse_audience(&print_audience(&audience)).expect("is read"), audience);
        }
        assert_eq!(parse_methods(&print_methods(&AuthMethod::ALL)).expect("is read"), AuthMethod::ALL);
        assert_eq!(parse_methods("").expect("somebody else vouches"), []);
    }
}
