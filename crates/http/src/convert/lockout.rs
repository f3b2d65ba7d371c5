//! Addresses that are let alone.

use appkeep_api_types as api;
use appkeep_service::LockedAddress;

use super::moment;

pub(crate) fn lockout(locked: LockedAddress) -> api::Lockout {
    let LockedAddress { id, network, failures, last_failed_at, locked_until } = locked;
    api::Lockout {
        id: id.to_string(),
        address: network.to_string(),
        failures,
        last_failed_at: moment(last_failed_at),
        locked_until: locked_until.map(moment),
    }
}
