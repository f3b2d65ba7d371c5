//! Reading a JSON object, and saying what is wrong with each of its members.

mod duplicates;

use appkeep_api_types::Object;
use appkeep_service::{Error, ErrorCode, Fault};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};

use super::json::Body;
use crate::problem::Problem;

pub(crate) fn parse<T: Body>(bytes: &[u8]) -> Result<T, Problem> {
    let duplicates = duplicates::find(bytes).map_err(|error| malformed(&error))?;
    match serde_json::from_slice::<Object<T>>(bytes) {
        Ok(Object(body)) if duplicates.is_empty() => Ok(body),
        _ => Err(refuse::<T>(bytes, duplicates)),
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::unreadable(format!("the body is not JSON: {error}"))
}

fn refuse<T: Body>(bytes: &[u8], duplicates: Vec<String>) -> Problem {
    let members = match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(members)) => members,
        Ok(_) => return Problem::unreadable("the body must be a JSON object"),
        Err(error) => return malformed(&error),
    };
    let mut faults: Vec<_> =
        duplicates.into_iter().map(|path| fault(path, "is there more than once")).collect();
    faults.extend(member_faults::<T>(members.clone()));
    let missing: Vec<Fault> = missing::<T>(&members, &faults).collect();
    faults.extend(missing);
    match Error::from_faults(faults) {
        Err(error) => error.into(),
        Ok(()) => Problem::invalid_request("the body does not have the right form"),
    }
}

/// `null` is as good as nothing, unless more was said of it.
fn missing<T: Body>(members: &Map<String, Value>, faults: &[Fault]) -> impl Iterator<Item = Fault> {
    let is_missing = |name: &&&str| members.get(**name).is_none_or(Value::is_null);
    let is_told = |name: &&&str| faults.iter().any(|fault| fault.field == **name);
    let names = T::REQUIRED.iter().filter(is_missing).filter(move |name| !is_told(name));
    names.map(|name| fault(*name, "is required"))
}

/// Takes away each member that is at fault, until none is.
fn member_faults<T: DeserializeOwned>(mut members: Map<String, Value>) -> Vec<Fault> {
    let mut faults = Vec::new();
    loop {
        let attempt = serde_path_to_error::deserialize::<_, T>(Value::Object(members.clone()));
        let Err(error) = attempt else { return faults };
        let Some((member, found)) = locate(&error, &members) else { return faults };
        members.remove(&member);
        faults.push(found);
    }
}

/// Which member an error is about, and what to say of it. `None` when it is
/// about the whole, because a member is missing.
fn locate(
    error: &serde_path_to_error::Error<serde_json::Error>,
    members: &Map<String, Value>,
) -> Option<(String, Fault)> {
    let message = sentence(error.inner());
    let unknown = quoted(&message, "unknown field `");
    let Some(member) = first_member(error.path()).filter(|member| members.contains_key(*member)) else {
        let member = unknown.filter(|name| members.contains_key(*name))?.to_owned();
        return Some((member.clone(), fault(member, "is not known")));
    };
    let path = error.path().to_string();
    let found = match (unknown, quoted(&message, "missing field `")) {
        (Some(name), _) if last_member(error.path()) == Some(name) => fault(path, "is not known"),
        (Some(name), _) => fault(format!("{path}.{name}"), "is not known"),
        (None, Some(name)) => fault(format!("{path}.{name}"), "is required"),
        (None, None) => fault(path, expectation(&message)),
    };
    Some((member.to_owned(), found))
}

fn first_member(path: &Path) -> Option<&str> {
    path.iter().next().and_then(member_name)
}

fn last_member(path: &Path) -> Option<&str> {
    path.iter().next_back().and_then(member_name)
}

fn member_name(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Map { key } => Some(key),
        Segment::Seq { .. } | Segment::Enum { .. } | Segment::Unknown => None,
    }
}

fn quoted<'a>(message: &'a str, before: &str) -> Option<&'a str> {
    message.strip_prefix(before)?.split('`').next()
}

/// Without the line and column, which the path says better.
fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(sentence, _)| sentence).to_owned()
}

/// What should have stood there, in the words of JSON. What did stand there is
/// not repeated: it may be a secret in the wrong place.
fn expectation(message: &str) -> &'static str {
    let is_whole_number = |name: &str| {
        name.strip_prefix(['i', 'u']).is_some_and(|bits| bits == "size" || bits.parse::<u8>().is_ok())
    };
    match message.rsplit_once("expected ").map(|(_, expected)| expected) {
        Some(number) if is_whole_number(number) => {
            let is_integer = message.starts_with("invalid value: integer");
            if is_integer { "is out of range" } else { "must be a whole number" }
        }
        Some("a string") => "must be a string",
        Some("a boolean") => "must be true or false",
        Some("a sequence") => "must be a list",
        Some("a map" | "an object") => "must be an object",
        _ => "does not have the right form",
    }
}

fn fault(field: impl Into<String>, message: &str) -> Fault {
    Fault::new(field, ErrorCode::InvalidRequest, message)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use appkeep_api_types::Edit;
    use axum::response::IntoResponse as _;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Form {
        #[serde(default)]
        text: String,
        #[serde(default)]
        whole: i64,
        #[serde(default)]
        small: u8,
        #[serde(default)]
        switch: bool,
        #[serde(default)]
        list: Vec<String>,
        #[serde(default)]
        free: Edit<Map<String, Value>>,
        #[serde(default)]
        inner: Option<Object<Inner>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Inner {
        number: u32,
    }

    impl Body for Form {
        const REQUIRED: &'static [&'static str] = &["text"];
    }

    /// Each field at fault, and what is said of it.
    fn faults(json: &str) -> BTreeMap<String, String> {
        let problem = parse::<Form>(json.as_bytes()).expect_err(json);
        let response = problem.into_response();
        let problem = response.extensions().get::<Problem>().expect("is carried along");
        let told = problem.faults().iter();
        told.map(|fault| (fault.field.clone(), fault.message.clone())).collect()
    }

    #[test]
    fn a_fault_is_said_in_the_words_of_json() {
        let (whole, range) = ("must be a whole number", "is out of range");
        for (member, path, message) in [
            (r#""whole":"5""#, "whole", whole),
            (r#""whole":5.5"#, "whole", whole),
            (r#""whole":1e3"#, "whole", whole),
            (r#""whole":null"#, "whole", whole),
            (r#""whole":[]"#, "whole", whole),
            (r#""whole":18446744073709551615"#, "whole", range),
            (r#""small":-1"#, "small", range),
            (r#""small":256"#, "small", range),
            (r#""switch":"yes""#, "switch", "must be true or false"),
            (r#""switch":1"#, "switch", "must be true or false"),
            (r#""list":"a""#, "list", "must be a list"),
            (r#""list":{}"#, "list", "must be a list"),
            (r#""list":["a",5]"#, "list[1]", "must be a string"),
            (r#""free":[]"#, "free", "must be an object"),
            (r#""inner":[]"#, "inner", "must be an object"),
            (r#""inner":"x""#, "inner", "must be an object"),
            (r#""inner":{}"#, "inner.number", "is required"),
            (r#""inner":{"number":1,"x":1}"#, "inner.x", "is not known"),
            (r#""inner":{"number":"1"}"#, "inner.number", whole),
            (r#""x":1"#, "x", "is not known"),
            (r#""whole":1,"whole":1"#, "whole", "is there more than once"),
            (r#""inner":{"number":1,"number":2}"#, "inner.number", "is there more than once"),
            (r#""free":{"keys":[{"kty":"a","kty":"b"}]}"#, "free.keys[0].kty", "is there more than once"),
        ] {
            let found = faults(&format!("{{\"text\":\"a\",{member}}}"));
            assert_eq!(found, BTreeMap::from([(path.to_owned(), message.to_owned())]), "{member}");
        }
    }

    #[test]
    fn every_fault_is_told_at_once_and_no_value_repeated() {
        let found = faults(r#"{"whole":"ias_x","whole":true,"switch":"ias_x","ias":1}"#);
        let fields: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(fields, ["ias", "switch", "text", "whole"]);
        assert!(!format!("{:?}", found.values()).contains("ias_x"), "{found:?}");
    }

    #[test]
    fn what_is_no_object_has_no_fields() {
        for body in ["", "{", "[]", "5", "{} {}", "{} x", "{\"text\":\"a\"} {\"text\":\"a\"}"] {
            assert_eq!(faults(body), BTreeMap::new(), "{body}");
        }
        assert!(parse::<Form>(br#"{"text":"a","free":{"a":{"a":1}},"inner":{"number":1}}"#).is_ok());
    }
}
