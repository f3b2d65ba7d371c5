//! The version that a change was based on.

use appkeep_service::{Error, ErrorCode, Expected, Fault};
use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::IF_MATCH;
use http::request::Parts;

use crate::problem::Problem;

/// What `If-Match` says (RFC 9110 §13.1.1). Without it, any version will do.
#[derive(Debug, Clone)]
pub(crate) struct IfMatch(pub(crate) Expected);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read(&parts.headers).map(Self).ok_or_else(malformed)
    }
}

/// `None` when it does not keep to the grammar.
fn read(headers: &HeaderMap) -> Option<Expected> {
    let mut versions = Vec::new();
    let mut is_any = true;
    for value in headers.get_all(IF_MATCH) {
        let value = value.to_str().ok()?.trim();
        if value == "*" {
            continue;
        }
        is_any = false;
        for tag in tags(value)? {
            versions.extend(version(tag));
        }
    }
    Some(if is_any { Expected::Any } else { Expected::OneOf(versions) })
}

/// The opaque parts of a list of entity tags. A weak one is left out: it never
/// matches where the comparison is strong.
fn tags(list: &str) -> Option<Vec<&str>> {
    let mut tags = Vec::new();
    let mut rest = list;
    loop {
        let (is_weak, tag) = rest.strip_prefix("W/").map_or((false, rest), |tag| (true, tag));
        let (opaque, after) = tag.strip_prefix('"')?.split_once('"')?;
        tags.extend((!is_weak).then_some(opaque));
        match after.trim_start().strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None if after.trim().is_empty() => return Some(tags),
            None => return None,
        }
    }
}

/// Nothing when the tag is none that we gave out: it matches no version.
fn version(tag: &str) -> Option<i64> {
    tag.parse().ok().filter(|version: &i64| version.to_string() == tag)
}

fn malformed() -> Problem {
    let message = "is not a list of entity tags, such as \"3\"";
    Error::invalid(Fault::new("If-Match", ErrorCode::InvalidRequest, message)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_entity_tags() {
        for (sent, expected) in [
            (vec![], Some(Expected::Any)),
            (vec!["*"], Some(Expected::Any)),
            (vec!["\"3\""], Some(Expected::OneOf(vec![3]))),
            (vec!["\"3\" , \"5\""], Some(Expected::OneOf(vec![3, 5]))),
            (vec!["\"3\"", "\"5\""], Some(Expected::OneOf(vec![3, 5]))),
            (vec!["W/\"3\""], Some(Expected::OneOf(vec![]))),
            (vec!["\"03\", \"+3\""], Some(Expected::OneOf(vec![]))),
            (vec!["\"a,b\", \"3\""], Some(Expected::OneOf(vec![3]))),
            (vec![""], None),
            (vec!["3"], None),
            (vec!["\"3"], None),
            (vec!["\"3\" \"5\""], None),
            (vec!["\"3\","], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in &sent {
                headers.append(IF_MATCH, value.parse().expect("a header value"));
            }
            assert_eq!(read(&headers), expected, "{sent:?}");
        }
    }
}
