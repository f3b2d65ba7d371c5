//! What lies at which level.

use super::{Level, Resource};
use crate::Owner;

/// What is above a level is seen from it, and what is below.
pub(crate) fn sees(level: Level, resource: &Resource) -> bool {
    covers(level, resource)
        || match (level, resource.owner) {
            (_, Owner::Global) => true,
            (Level::Tenant { partner, .. }, Owner::Partner(owner)) => partner == Some(owner),
            _ => false,
        }
}

/// What is at a level or below it is governed from there: seeing a GLOBAL or
/// PARTNER application from below never means changing it. What operators sign
/// in to is governed by those of the platform, because they do too.
pub(super) fn governs(level: Level, resource: &Resource) -> bool {
    covers(level, resource) && (level == Level::Platform || !resource.for_operators)
}

fn covers(level: Level, resource: &Resource) -> bool {
    match (level, resource.owner) {
        (Level::Platform, _) => true,
        (Level::Partner(id), Owner::Partner(owner)) => id == owner,
        (Level::Partner(id), Owner::Tenant(_)) => resource.partner == Some(id),
        (Level::Tenant { id, .. }, Owner::Tenant(owner)) => id == owner,
        _ => false,
    }
}
