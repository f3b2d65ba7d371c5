//! A form that a browser sent.

use std::convert::Infallible;
use std::sync::Arc;

use appkeep_domain::Timestamp;
use appkeep_service::{Edit, Error, ErrorCode, Expected, Fault};
use axum::extract::FromRequestParts;
use http::request::Parts;
use url::form_urlencoded;

/// Its members, in the order sent. Whether it came from a page of ours was looked
/// at before any handler sees it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Posted(Arc<[(String, String)]>);

impl Posted {
    /// More than any form of ours has, with a page of rows picked.
    const MOST: usize = 2_000;

    pub(crate) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().take(Self::MOST).collect())
    }

    /// The first of this name; nothing when it is not there.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same, empty when it is not there. Browsers send lines with CR LF.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// What was typed, without the space around it, its lines ended as we end them.
    pub(crate) fn typed(&self, name: &str) -> String {
        self.text(name).trim().replace("\r\n", "\n")
    }

    /// Nothing where nothing was typed.
    pub(crate) fn filled(&self, name: &str) -> Option<String> {
        Some(self.typed(name)).filter(|typed| !typed.is_empty())
    }

    /// What is to stand in a field that can be empty: an empty input clears it, and
    /// one that the form did not have keeps it.
    pub(crate) fn edit(&self, name: &str) -> Edit<String> {
        match self.get(name).map(str::trim) {
            None => Edit::Keep,
            Some("") => Edit::Clear,
            Some(typed) => Edit::Set(typed.replace("\r\n", "\n")),
        }
    }

    /// A moment as RFC 3339 has it, or what was typed in its place.
    pub(crate) fn moment(&self, name: &str) -> Option<String> {
        self.filled(name).map(|typed| in_utc(&typed))
    }

    /// Every value of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every value of this name, owned.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.all(name).map(str::to_owned).collect()
    }

    /// The lines that were typed, those that say something.
    pub(crate) fn lines(&self, name: &str) -> Vec<String> {
        let lines = self.text(name).lines().map(str::trim);
        lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// Those that a form has a field for; nothing where it has none.
    pub(crate) fn lines_if_any(&self, name: &str) -> Option<Vec<String>> {
        self.get(name).map(|_| self.lines(name))
    }

    /// Whether a box is ticked; browsers leave out those that are not.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value == "true")
    }

    /// A whole number; nothing where nothing was typed.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Error> {
        let Some(typed) = self.filled(name) else { return Ok(None) };
        let fault = || Fault::new(name, ErrorCode::InvalidField, "must be a whole number");
        typed.parse().map(Some).map_err(|_| Error::invalid(fault()))
    }
}

/// A moment as inputs of browsers show it, in UTC.
pub(crate) fn typed_moment(at: Timestamp) -> String {
    at.to_string().chars().take("2027-01-01T00:00:00".len()).collect()
}

/// A moment as inputs of browsers send it, in UTC, as RFC 3339 has it; anything
/// else as it is.
pub(crate) fn in_utc(typed: &str) -> String {
    let is_plain =
        typed.len() >= 16 && typed.bytes().all(|byte| byte.is_ascii_digit() || b"-:T.".contains(&byte));
    match (is_plain, typed.matches(':').count()) {
        (true, 1) => format!("{typed}:00Z"),
        (true, 2) if typed.matches('-').count() == 2 => format!("{typed}Z"),
        _ => typed.to_owned(),
    }
}

impl Posted {
    /// What a form carries that says which version it was made of.
    pub(crate) const VERSION: &'static str = "version";

    /// That version, so that nobody undoes what they have not seen.
    pub(crate) fn expected(&self) -> Result<Expected, Error> {
        Ok(self.number(Self::VERSION)?.map_or(Expected::Any, |version| Expected::OneOf(vec![version])))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Posted {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

/// The parameters of a link. What is not known means nothing.
#[derive(Debug, Clone)]
pub(crate) struct Asked(Posted);

impl Asked {
    /// Nothing where nothing is asked for.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.0.filled(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.0.typed(name)
    }

    /// A whole number; nothing where nothing is asked for.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Error> {
        self.0.number(name)
    }

    /// The same link with this parameter, or without it; other cursors than the one
    /// that is set go.
    pub(crate) fn with(&self, path: &str, (name, value): (&str, Option<&str>)) -> String {
        let mut link = form_urlencoded::Serializer::new(String::new());
        let stays = |known: &str| known != name && !matches!(known, "said" | "after");
        for (known, value) in self.0.0.iter().filter(|(known, value)| stays(known) && !value.is_empty()) {
            link.append_pair(known, value);
        }
        if let Some(value) = value {
            link.append_pair(name, value);
        }
        let query = link.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Posted::parse(parts.uri.query().unwrap_or_default().as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_as_browsers_send_them() {
        let posted =
            Posted::parse(b"name=+Billing+&uris=a%0D%0A%0D%0A+b&on=true&id=1&id=2&empty=&n=7&x=seven");
        assert_eq!(posted.filled("name").as_deref(), Some("Billing"));
        assert_eq!(posted.lines("uris"), ["a", "b"]);
        assert!(posted.is_on("on") && !posted.is_on("off"));
        assert_eq!(posted.list("id"), ["1", "2"]);
        assert_eq!(posted.edit("empty"), Edit::Clear);
        assert_eq!(posted.edit("gone"), Edit::Keep);
        assert_eq!(posted.edit("name"), Edit::Set("Billing".to_owned()));
        assert_eq!(posted.number("n").expect("is one"), Some(7));
        assert_eq!(posted.number("empty").expect("is none"), None);
        assert_eq!(posted.number("x").expect_err("is none").faults()[0].field, "x");
        assert_eq!(posted.expected().expect("is none"), Expected::Any);
        assert_eq!(Posted::parse(b"version=3").expected().expect("is one"), Expected::OneOf(vec![3]));
    }

    #[test]
    fn a_moment_without_a_zone_is_in_utc() {
        for (typed, read) in [
            ("2026-11-22T21:00", "2026-11-22T21:00:00Z"),
            ("2026-11-22T21:00:30", "2026-11-22T21:00:30Z"),
            ("2026-11-22T21:00:30Z", "2026-11-22T21:00:30Z"),
            ("2026-11-22T21:00:30-01:00", "2026-11-22T21:00:30-01:00"),
            ("tomorrow", "tomorrow"),
        ] {
            assert_eq!(in_utc(typed), read, "{typed}");
        }
    }

    #[test]
    fn a_link_keeps_what_was_asked_for() {
        let asked = Asked(Posted::parse(b"q=a%26b&after=1&state=&said=saved"));
        assert_eq!(asked.with("/x", ("after", Some("2"))), "/x?q=a%26b&after=2");
        assert_eq!(asked.with("/x", ("after", None)), "/x?q=a%26b");
        assert_eq!(asked.with("/x", ("tag", Some("b"))), "/x?q=a%26b&tag=b", "from the beginning");
        assert_eq!(Asked(Posted::default()).with("/x", ("after", None)), "/x");
    }
}
