//! What is said of a member that can be empty, for the service.

use appkeep_api_types::Edit;
use appkeep_service as service;

pub(super) fn edit<T>(edit: Edit<T>) -> service::Edit<T> {
    edit_as(edit, |value| value)
}

/// The same, where the value is written otherwise.
pub(super) fn edit_as<T, U>(edit: Edit<T>, write: impl FnOnce(T) -> U) -> service::Edit<U> {
    match edit {
        Edit::Keep => service::Edit::Keep,
        Edit::Clear => service::Edit::Clear,
        Edit::Set(value) => service::Edit::Set(write(value)),
    }
}
