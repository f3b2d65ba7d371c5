//! What is said of a member that can be empty, for the service.

use appkeep_api_types::Edit;
use appkeep_service::{self as service, MemberEdits};
use serde_json::{Map, Value};

pub(crate) fn edit<T>(edit: Edit<T>) -> service::Edit<T> {
    edit_as(edit, |value| value)
}

/// The same, where the value is written otherwise.
pub(crate) fn edit_as<T, U>(edit: Edit<T>, write: impl FnOnce(T) -> U) -> service::Edit<U> {
    match edit {
        Edit::Keep => service::Edit::Keep,
        Edit::Clear => service::Edit::Clear,
        Edit::Set(value) => service::Edit::Set(write(value)),
    }
}

/// Members of an object, each as the JSON that it was sent as; `null` takes one
/// away.
pub(crate) fn printed(members: Map<String, Value>) -> MemberEdits {
    let print = |(name, value): (String, Value)| (name, (!value.is_null()).then(|| value.to_string()));
    members.into_iter().map(print).collect()
}
