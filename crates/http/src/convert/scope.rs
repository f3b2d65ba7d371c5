//! The tenant's registry of scopes.

use appkeep_api_types as api;
use appkeep_service::ScopeEntry;

use super::moment;

pub(crate) fn scope(entry: ScopeEntry) -> api::Scope {
    api::Scope {
        scope: entry.scope.to_string(),
        description: entry.description,
        built_in: entry.built_in,
        created_at: entry.created_at.map(moment),
    }
}
