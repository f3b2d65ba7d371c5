//! Reading a JSON object, and saying what is wrong with each of its members.

use appkeep_api_types::Object;
use appkeep_service::{Error, ErrorCode, Fault};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};

use super::json::Body;
use crate::problem::Problem;

pub(crate) fn parse<T: Body>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize::<_, Object<T>>(&mut deserializer);
    match (parsed, deserializer.end()) {
        (Ok(Object(body)), Ok(())) => Ok(body),
        (Ok(_), Err(error)) => Err(malformed(&error)),
        (Err(error), _) => Err(refuse::<T>(bytes, &error)),
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::invalid_request(format!("the body is not JSON: {error}"))
}

fn refuse<T: Body>(bytes: &[u8], first: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let members = match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(members)) => members,
        Ok(_) => return Problem::invalid_request("the body must be a JSON object"),
        Err(error) => return malformed(&error),
    };
    let mut faults = member_faults::<T>(members.clone());
    faults.extend(missing::<T>(&members));
    // A member that stands there twice has no fault once it is read as a map.
    match Error::from_faults(faults) {
        Err(error) => error.into(),
        Ok(()) => Problem::invalid_request(sentence(first.inner())),
    }
}

fn missing<T: Body>(members: &Map<String, Value>) -> impl Iterator<Item = Fault> {
    T::REQUIRED.iter().filter(|name| !members.contains_key(**name)).map(|name| fault(*name, "is required"))
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
        (None, None) => fault(path, message.as_str()),
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

fn fault(field: impl Into<String>, message: &str) -> Fault {
    Fault::new(field, ErrorCode::InvalidRequest, message)
}
