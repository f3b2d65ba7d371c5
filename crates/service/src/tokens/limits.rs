//! How often clients and addresses may ask.
//!
//! Failures and successes have budgets apart, and nobody locks a client out:
//! one that proves who it is does not wait for failures under its name, such as
//! those of a deployment that still has the secret before.

use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

use appkeep_domain::{ApplicationId, Network, Timestamp};
use appkeep_oauth::{ErrorCode, Refusal};

use super::{Authority, RequestOrigin};
use crate::budget::{Budget, Rate};

/// How often clients and addresses may ask the endpoints where clients prove
/// who they are. `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientLimits {
    /// For a client that has proved who it is; for a public client, which proves
    /// nothing, at one address.
    pub requests_per_client: Option<Rate>,
    /// For all such clients at one address.
    pub requests_per_address: Option<Rate>,
    /// For a client at one address that does not prove who it is.
    pub failures_per_client: Option<Rate>,
    /// For all such clients at one address.
    pub failures_per_address: Option<Rate>,
    /// For sessions of the vault that anybody starts with a public key.
    pub session_starts_per_address: Option<Rate>,
}

/// Too much went wrong, or was asked for, from one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOften {
    pub retry_after_s: u32,
}

/// Keeps count, on this node.
pub(super) struct Limits {
    requests_per_client: Option<Budget<(ApplicationId, Option<Network>)>>,
    requests_per_address: Option<Budget<Network>>,
    failures_per_client: Option<Budget<(Option<ApplicationId>, Network)>>,
    failures_per_address: Option<Budget<Network>>,
    session_starts_per_address: Option<Budget<Network>>,
    registrations: Budget<Network>,
    replacements: Budget<ApplicationId>,
    replacements_per_address: Budget<Network>,
}

/// How many applications an address may register where anybody may.
const REGISTRATIONS: Rate = Rate { times: 20, per: Duration::from_hours(1) };
/// How often one that registered itself may say something else, since all of it
/// stands in the history.
const REPLACEMENTS: Rate = Rate { times: 20, per: Duration::from_hours(1) };
/// The same of all of them at one address.
const REPLACEMENTS_PER_ADDRESS: Rate = Rate { times: 100, per: Duration::from_hours(1) };

impl Authority {
    /// Refuses a form of our pages from where too much has failed, as an attempt
    /// to sign in is.
    pub fn admit_form(&self, origin: &RequestOrigin) -> Result<(), TooOften> {
        self.0.limits.admit_address(origin.address, self.0.now())
    }

    /// Counts a session of the vault that is to be started from there. Public
    /// keys are in pages for anybody to read, and an application has so many
    /// sessions only.
    pub fn take_session_start(&self, address: Option<IpAddr>) -> Result<(), TooOften> {
        self.0.limits.take_session_start(address, self.0.now())
    }
}

impl Limits {
    pub(super) fn new(limits: ClientLimits) -> Self {
        Self {
            requests_per_client: limits.requests_per_client.map(Budget::new),
            requests_per_address: limits.requests_per_address.map(Budget::new),
            failures_per_client: limits.failures_per_client.map(Budget::new),
            failures_per_address: limits.failures_per_address.map(Budget::new),
            session_starts_per_address: limits.session_starts_per_address.map(Budget::new),
            registrations: Budget::new(REGISTRATIONS),
            replacements: Budget::new(REPLACEMENTS),
            replacements_per_address: Budget::new(REPLACEMENTS_PER_ADDRESS),
        }
    }

    /// Refuses one more failure of whoever has failed too often.
    pub(super) fn admit(
        &self,
        client: Option<&str>,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(place) = address.map(Network::of) else { return Ok(()) };
        look(self.failures_per_address.as_ref(), &place, now)?;
        if let Some(budget) = self.failures_per_client.as_ref().filter(|budget| budget.is_used()) {
            budget.look(&(named(client), place), now).map_err(too_often)?;
        }
        Ok(())
    }

    /// Counts a client that has not proved who it is.
    pub(super) fn failed(&self, client: Option<&str>, address: Option<IpAddr>, now: Timestamp) {
        let Some(place) = address.map(Network::of) else { return };
        if let Some(budget) = &self.failures_per_client {
            // What is too often is refused at the next request.
            let _ = budget.take(&(named(client), place), now);
        }
        if let Some(budget) = &self.failures_per_address {
            let _ = budget.take(&place, now);
        }
    }

    /// Refuses what a person sends from where too much has failed.
    pub(super) fn admit_address(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), TooOften> {
        let Some(place) = address.map(Network::of) else { return Ok(()) };
        let looked = look(self.failures_per_address.as_ref(), &place, now);
        looked.map_err(|refusal| TooOften { retry_after_s: refusal.retry_after().unwrap_or(1) })
    }

    /// Counts a person's failure.
    pub(super) fn failed_at(&self, address: Option<IpAddr>, now: Timestamp) {
        if let (Some(budget), Some(address)) = (&self.failures_per_address, address) {
            // What is too often is refused at the next attempt.
            let _ = budget.take(&Network::of(address), now);
        }
    }

    fn take_session_start(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), TooOften> {
        let (Some(budget), Some(address)) = (&self.session_starts_per_address, address) else {
            return Ok(());
        };
        let taken = budget.take(&Network::of(address), now);
        taken.map_err(|wait| TooOften { retry_after_s: whole_seconds(wait) })
    }

    /// Counts somebody who registers an application without being let in.
    pub(super) fn take_registration(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), Refusal> {
        let Some(place) = address.map(Network::of) else { return Ok(()) };
        self.registrations.take(&place, now).map_err(too_often)
    }

    /// Counts a registered client that says something else of itself.
    pub(super) fn take_replacement(
        &self,
        client: ApplicationId,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if let Some(place) = address.map(Network::of) {
            self.replacements_per_address.look(&place, now).map_err(too_often)?;
        }
        self.replacements.take(&client, now).map_err(too_often)?;
        if let Some(place) = address.map(Network::of) {
            self.replacements_per_address.take(&place, now).map_err(too_often)?;
        }
        Ok(())
    }

    /// Counts a client that has; refuses it when it asks too often. Anybody can
    /// ask in the name of a public client, and uses up what is theirs alone.
    pub(super) fn take(
        &self,
        (client, is_public): (ApplicationId, bool),
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let place = address.map(Network::of);
        if let Some(budget) = &self.requests_per_client {
            budget.take(&(client, place.filter(|_| is_public)), now).map_err(too_often)?;
        }
        if let (Some(budget), Some(place)) = (&self.requests_per_address, place) {
            budget.take(&place, now).map_err(too_often)?;
        }
        Ok(())
    }
}

/// All spellings of an id are one client, and all that are none are one too.
fn named(client: Option<&str>) -> Option<ApplicationId> {
    client.and_then(|spelling| ApplicationId::parse(spelling).ok())
}

fn look<K: Hash + Eq + Clone>(budget: Option<&Budget<K>>, key: &K, now: Timestamp) -> Result<(), Refusal> {
    budget.filter(|budget| budget.is_used()).map_or(Ok(()), |budget| budget.look(key, now).map_err(too_often))
}

fn too_often(wait: Duration) -> Refusal {
    let description = "this is asked too often; try again later";
    Refusal::new(ErrorCode::TemporarilyUnavailable, description).after(whole_seconds(wait))
}

fn whole_seconds(wait: Duration) -> u32 {
    let seconds = wait.as_micros().div_ceil(1_000_000);
    u32::try_from(seconds).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_for_all_spellings() {
        let id = ApplicationId::from_bytes([7; 16]);
        assert_eq!(named(Some(&id.to_string())), named(Some(&id.to_uuid())));
        assert_eq!((named(Some("x")), named(None)), (None, None));
    }

    #[test]
    fn whoever_waits_is_told_whole_seconds() {
        for (millis, seconds) in [(1, 1), (1_000, 1), (1_001, 2)] {
            let refusal = too_often(Duration::from_millis(millis));
            assert_eq!(refusal.retry_after(), Some(seconds));
        }
    }
}
