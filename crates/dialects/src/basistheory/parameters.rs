//! What stands behind a `?`. What is not known is passed over, what is empty
//! counts as not said, and a list is its name again and again.

use std::collections::BTreeMap;
use std::convert::Infallible;

use appkeep_http::{AppState, Problem};
use appkeep_service::{Error, ErrorCode, Fault, NumberedQuery, PageQuery};
use axum::extract::FromRequestParts;
use http::request::Parts;

/// All parameters, in the order in which they were sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl FromRequestParts<AppState> for Parameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        Ok(Self::read(parts.uri.query().unwrap_or_default()))
    }
}

impl Parameters {
    /// Of a list that names no size.
    const DEFAULT_SIZE: i64 = 20;

    fn read(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        let is_said = |(name, value): &(String, String)| !value.is_empty() || metadata_name(name).is_some();
        Self(pairs.filter(is_said).collect())
    }

    /// Each that was said under this name.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
    }

    /// What was said last.
    pub(super) fn one(&self, name: &str) -> Option<String> {
        self.all(name).pop()
    }

    /// Which part of a numbered list is wanted.
    pub(super) fn part(&self) -> Result<NumberedQuery, Problem> {
        let mut faults = Vec::new();
        let page = self.number("page", &mut faults);
        let size = self.number("size", &mut faults).unwrap_or(Self::DEFAULT_SIZE);
        if self.one("start").is_some() {
            faults.push(fault("start", "is none that this list gave out"));
        }
        Error::from_faults(faults)?;
        Ok(NumberedQuery { page, per_page: Some(size) })
    }

    /// Which part of a list with cursors is wanted.
    pub(super) fn cursor_part(&self) -> Result<PageQuery, Problem> {
        let mut faults = Vec::new();
        let limit = Some(self.number("size", &mut faults).unwrap_or(Self::DEFAULT_SIZE));
        Error::from_faults(faults)?;
        Ok(PageQuery { cursor: self.one("start"), limit })
    }

    /// What is said of metadata, in each of the ways in which clients do:
    /// `metadata.name=value`, `metadata[name]=value` and `metadata={"name":"value"}`.
    /// What cannot be read is refused, since a list of everything is no answer
    /// to it.
    pub(super) fn metadata(&self) -> Result<Vec<(String, String)>, Fault> {
        let unread = || fault("metadata", "is not one name and its value, both of them texts");
        let mut said = Vec::new();
        for (name, value) in &self.0 {
            if let Some(key) = metadata_name(name) {
                if key.is_empty() {
                    return Err(unread());
                }
                said.push((key.to_owned(), value.clone()));
            } else if name == "metadata" {
                let members: BTreeMap<String, String> = serde_json::from_str(value).map_err(|_| unread())?;
                said.extend(members);
            }
        }
        Ok(said)
    }

    fn number(&self, name: &str, faults: &mut Vec<Fault>) -> Option<i64> {
        let parsed = self.one(name)?.parse();
        parsed.map_err(|_| faults.push(fault(name, "must be a whole number"))).ok()
    }
}

/// Which metadata a parameter is about, if it is about some; an empty name where
/// it does not say.
fn metadata_name(name: &str) -> Option<&str> {
    let bracketed = || Some(name.strip_prefix("metadata[")?.strip_suffix(']').unwrap_or_default());
    name.strip_prefix("metadata.").or_else(bracketed)
}

fn fault(name: &str, message: &str) -> Fault {
    Fault::new(name, ErrorCode::InvalidRequest, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_its_name_again_and_again() {
        let parameters = Parameters::read("id=a&id=b%20c&type=&x=1&id=");
        assert_eq!(parameters.all("id"), ["a", "b c"]);
        assert_eq!((parameters.one("id").as_deref(), parameters.one("type")), (Some("b c"), None));
    }

    #[test]
    fn metadata_is_read_in_each_of_its_spellings() {
        let said = vec![("user".to_owned(), "7".to_owned())];
        for query in ["metadata.user=7", "metadata%5Buser%5D=7", "metadata=%7B%22user%22%3A%227%22%7D"] {
            assert_eq!(Parameters::read(query).metadata(), Ok(said.clone()), "{query}");
        }
        let empty = vec![("user".to_owned(), String::new())];
        assert_eq!(Parameters::read("metadata.user=").metadata(), Ok(empty));
        assert_eq!(Parameters::read("meta.user=7&metadata=&metadata=%7B%7D").metadata(), Ok(Vec::new()));
        for query in ["metadata=7", "metadata=%7B%22a%22%3A1%7D", "metadata.=7", "metadata%5Buser=7"] {
            let fault = Parameters::read(query).metadata().expect_err(query);
            assert_eq!(fault.field, "metadata", "{query}");
        }
    }

    #[test]
    fn a_part_has_a_size() {
        let read = |query: &str| Parameters::read(query).part();
        let part = read("").expect("nothing is said");
        assert_eq!((part.page, part.per_page), (None, Some(20)));
        let part = read("page=2&size=5&start=").expect("is well");
        assert_eq!((part.page, part.per_page), (Some(2), Some(5)));
        let faults = read("page=x&size=1.5&start=AgAAAA").expect_err("is not");
        let names: Vec<_> = faults.faults().iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(names, ["page", "size", "start"]);
    }
}
