//! The tenant's directory.

use appkeep_api_types as api;
use appkeep_domain::Directory;
use appkeep_service::{DirectoryUpdate, Expected};

use super::moment;

pub(crate) fn directory(directory: &Directory) -> api::Directory {
    api::Directory {
        id: directory.id.to_string(),
        min_password_length: directory.policy.min_length(),
        free_failures: directory.policy.free_failures(),
        longest_delay_s: directory.policy.longest_delay().as_seconds(),
        created_at: moment(directory.created_at),
        updated_at: moment(directory.updated_at),
    }
}

pub(crate) fn directory_update(patch: api::DirectoryPatch, expected: Expected) -> DirectoryUpdate {
    DirectoryUpdate {
        min_password_length: patch.min_password_length,
        free_failures: patch.free_failures,
        longest_delay_s: patch.longest_delay_s,
        expected,
    }
}
