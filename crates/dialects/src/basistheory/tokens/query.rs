//! Which tokens are wanted: by parameters, or by a search of one term.

use appkeep_http::{Body, Problem};
use appkeep_service::{Error, ErrorCode, Fault, NumberedQuery, PageQuery, TokenQuery};
use serde::Deserialize;

use crate::basistheory::parameters::Parameters;

/// Longest search, in characters.
const LONGEST: usize = 200;
const DEFAULT_SIZE: i64 = 20;

/// Each parameter but `id` is there once at the most.
pub(super) fn listed(parameters: &Parameters) -> Result<TokenQuery, Problem> {
    let mut faults = Vec::new();
    let mut only = |name: &str| {
        let mut all = parameters.all(name);
        if all.len() > 1 {
            faults.push(Fault::new(name, ErrorCode::InvalidRequest, "is there more than once"));
        }
        all.pop()
    };
    let (token_type, container, fingerprint) = (only("type"), only("container"), only("fingerprint"));
    let ids = Some(parameters.all("id")).filter(|ids| !ids.is_empty());
    let mut metadata = parameters.metadata().unwrap_or_else(|fault| {
        faults.push(fault);
        Vec::new()
    });
    if metadata.len() > 1 {
        faults.push(Fault::new("metadata", ErrorCode::InvalidRequest, "is there more than once"));
    }
    Error::from_faults(faults)?;
    Ok(TokenQuery { ids, token_type, container, fingerprint, metadata: metadata.pop(), data: None })
}

/// A search whose parts follow each other.
#[derive(Deserialize)]
pub(super) struct Search {
    query: Option<String>,
    start: Option<String>,
    size: Option<i64>,
}

/// A search whose parts have numbers.
#[derive(Deserialize)]
pub(super) struct NumberedSearch {
    query: Option<String>,
    page: Option<i64>,
    size: Option<i64>,
}

impl Body for Search {
    const REQUIRED: &'static [&'static str] = &[];
}

impl Body for NumberedSearch {
    const REQUIRED: &'static [&'static str] = &[];
}

impl Search {
    pub(super) fn read(self) -> Result<(TokenQuery, PageQuery), Error> {
        let cursor = self.start.filter(|start| !start.is_empty());
        let page = PageQuery { cursor, limit: Some(self.size.unwrap_or(DEFAULT_SIZE)) };
        Ok((searched(self.query)?, page))
    }
}

impl NumberedSearch {
    pub(super) fn read(self) -> Result<(TokenQuery, NumberedQuery), Error> {
        let numbers = NumberedQuery { page: self.page, per_page: Some(self.size.unwrap_or(DEFAULT_SIZE)) };
        Ok((searched(self.query)?, numbers))
    }
}

/// One term, and a container beside it.
fn searched(said: Option<String>) -> Result<TokenQuery, Error> {
    let Some(said) = said.filter(|said| !said.trim().is_empty()) else { return Ok(TokenQuery::default()) };
    parse(&said).ok_or_else(|| {
        let message = "is not one term of `container`, `type`, `fingerprint`, `metadata.…` or `data`, and \
                       perhaps ` AND container:\"…\"`, in at most 200 characters";
        Error::invalid(Fault::new("query", ErrorCode::InvalidRequest, message))
    })
}

fn parse(said: &str) -> Option<TokenQuery> {
    if said.chars().count() > LONGEST {
        return None;
    }
    let (first, rest) = term(said.trim())?;
    let mut wanted = TokenQuery::default();
    put(&mut wanted, first)?;
    if rest.is_empty() {
        return Some(wanted);
    }
    let (second, rest) = term(rest.strip_prefix("AND ")?.trim_start())?;
    let is_beside = second.0 == "container" && wanted.container.is_none() && rest.is_empty();
    is_beside.then(|| put(&mut wanted, second))??;
    Some(wanted)
}

/// `name:value`, where the value may be in quotes, and what is behind it.
fn term(said: &str) -> Option<((&str, &str), &str)> {
    let (name, value) = said.split_once(':')?;
    let (value, rest) = match value.strip_prefix('"') {
        Some(quoted) => {
            quoted.split_once('"').filter(|(_, rest)| rest.is_empty() || rest.starts_with(' '))?
        }
        None => value.split_once(' ').unwrap_or((value, "")),
    };
    (!value.is_empty()).then_some(((name, value), rest.trim_start()))
}

fn put(wanted: &mut TokenQuery, (name, value): (&str, &str)) -> Option<()> {
    let value = value.to_owned();
    match name {
        "container" => wanted.container = Some(value),
        "type" => wanted.token_type = Some(value),
        "fingerprint" => wanted.fingerprint = Some(value),
        "data" => wanted.data = Some(value),
        _ => {
            let key = name.strip_prefix("metadata.").filter(|key| !key.is_empty())?;
            wanted.metadata = Some((key.to_owned(), value));
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_has_one_term_and_perhaps_a_container() {
        let text = |value: &str| Some(value.to_owned());
        for (said, expected) in [
            ("type:card", Some(TokenQuery { token_type: text("card"), ..TokenQuery::default() })),
            ("data:\"4242 1\"", Some(TokenQuery { data: text("4242 1"), ..TokenQuery::default() })),
            (
                "metadata.user:7 AND container:\"/pci/\"",
                Some(TokenQuery {
                    metadata: Some(("user".to_owned(), "7".to_owned())),
                    container: text("/pci/"),
                    ..TokenQuery::default()
                }),
            ),
            ("container:\"/a/\" AND container:\"/b/\"", None),
            ("type:card AND data:1", None),
            ("type:card OR type:bank", None),
            ("type:", None),
            ("card", None),
            ("metadata.:x", None),
            ("secret:x", None),
            ("data:\"open", None),
        ] {
            assert_eq!(parse(said), expected, "{said}");
        }
        assert_eq!(parse(&format!("data:{}", "x".repeat(196))), None);
    }
}
