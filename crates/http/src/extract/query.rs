//! The parameters of a URL.

use std::collections::HashSet;
use std::error::Error as StdError;

use appkeep_service::{Error, ErrorCode, Fault};
use axum::extract::FromRequestParts;
use axum::extract::Query as Parameters;
use http::Uri;
use http::request::Parts;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::problem::Problem;

/// Parameters of type `T`. What is wrong is told for each of them at once.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match read::<T>(&parts.uri) {
            Ok(parameters) => Ok(Self(parameters)),
            Err(_) => Err(refuse::<T>(parts.uri.query().unwrap_or_default())),
        }
    }
}

fn read<T: DeserializeOwned>(uri: &Uri) -> Result<T, String> {
    let read = Parameters::<T>::try_from_uri(uri);
    read.map(|Parameters(parameters)| parameters).map_err(|rejection| innermost(&rejection))
}

/// Reads each parameter by itself, so that one fault does not hide the next.
fn refuse<T: DeserializeOwned>(query: &str) -> Problem {
    match Error::from_faults(faults::<T>(query)) {
        Err(error) => error.into(),
        Ok(()) => Problem::invalid_request("the parameters do not have the right form"),
    }
}

fn faults<T: DeserializeOwned>(query: &str) -> Vec<Fault> {
    let (mut seen, mut faults) = (HashSet::new(), Vec::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let repeated = (!seen.insert(name.clone())).then_some("is there more than once");
        if let Some(said) = misread::<T>(&name, &value).or(repeated) {
            faults.push(Fault::new(name, ErrorCode::InvalidRequest, said));
        }
    }
    faults
}

/// What is to be said of one parameter, if something is.
fn misread<T: DeserializeOwned>(name: &str, value: &str) -> Option<&'static str> {
    let alone = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    let uri = format!("/?{alone}").parse().ok()?;
    let message = read::<T>(&uri).err()?;
    match message {
        _ if message.contains("unknown field") => Some("is not known"),
        // That the others are not there is no fault of this one.
        _ if message.contains("missing field") => None,
        _ => Some(expectation(&message)),
    }
}

/// What should have stood there, in the words of the API.
fn expectation(message: &str) -> &'static str {
    let says = |part: &str| message.contains(part);
    if says("true") && says("false") {
        "must be true or false"
    } else if says("number too large") || says("number too small") {
        "is out of range"
    } else if says("invalid digit") || says("empty string") {
        "must be a whole number"
    } else {
        "does not have the right form"
    }
}

fn innermost(error: &dyn StdError) -> String {
    match error.source() {
        Some(cause) => innermost(cause),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Filters {
        q: Option<String>,
        limit: Option<i64>,
        archived: Option<bool>,
    }

    #[test]
    fn a_fault_is_said_in_the_words_of_the_api() {
        let (whole, twice) = ("must be a whole number", "is there more than once");
        for (query, expected) in [
            ("limit=many", vec![("limit", whole)]),
            ("limit=", vec![("limit", whole)]),
            ("limit=1.5", vec![("limit", whole)]),
            ("limit=9223372036854775808", vec![("limit", "is out of range")]),
            ("limit=-9223372036854775809", vec![("limit", "is out of range")]),
            ("archived=yes", vec![("archived", "must be true or false")]),
            ("archived=", vec![("archived", "must be true or false")]),
            ("x=1&%6Cimit=a", vec![("x", "is not known"), ("limit", whole)]),
            ("missing+field=1", vec![("missing field", "is not known")]),
            ("limit=1&limit=2", vec![("limit", twice)]),
            ("q=a&limit=1&q=a&q=b", vec![("q", twice), ("q", twice)]),
            ("limit=a&limit=b", vec![("limit", whole), ("limit", whole)]),
            ("lim%69t=1&limit=1&archived=0", vec![("limit", twice), ("archived", "must be true or false")]),
        ] {
            assert!(read::<Filters>(&format!("/?{query}").parse().expect("a URI")).is_err(), "{query}");
            let found = faults::<Filters>(query);
            let found: Vec<_> = found.iter().map(|fault| (&*fault.field, &*fault.message)).collect();
            assert_eq!(found, expected, "{query}");
        }
        assert!(read::<Filters>(&"/?limit=-1&q=a%26b&archived=true".parse().expect("a URI")).is_ok());
    }
}
