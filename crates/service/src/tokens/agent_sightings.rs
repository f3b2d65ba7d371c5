//! When agents were last at the gateway, and how often they called something:
//! gathered in memory and told to the database together.

use std::collections::HashMap;

use appkeep_domain::{AgentSession, AgentSessionId, Timestamp, Within};
use appkeep_storage::{AgentSighting, StorageError};
use parking_lot::Mutex;

use super::{Authority, Shared};

/// What this node saw since it last told.
#[derive(Debug, Default)]
pub(super) struct AgentSightings(Mutex<HashMap<AgentSessionId, AgentSighting>>);

impl AgentSightings {
    /// Some ten megabytes: more than a node sees before it tells of them.
    const MOST: usize = 65_536;
    /// How many one statement writes.
    const BATCH: usize = 1_000;

    /// Without room, it is seen the next time.
    fn record(&self, seen: AgentSighting) {
        let mut known = self.0.lock();
        let has_room = known.len() < Self::MOST;
        match known.get_mut(&seen.id) {
            Some(last) => {
                last.seen_at = last.seen_at.max(seen.seen_at);
                last.expires_at = last.expires_at.max(seen.expires_at);
                last.calls = last.calls.saturating_add(seen.calls);
            }
            None if has_room => {
                known.insert(seen.id, seen);
            }
            None => {}
        }
    }

    fn drain(&self) -> Vec<AgentSighting> {
        std::mem::take(&mut *self.0.lock()).into_values().collect()
    }
}

impl Authority {
    /// Notes that an agent showed a token that is good until then, and how many
    /// calls were passed on for it. Nobody waits for a disk.
    pub(crate) fn see_agent(&self, session: &AgentSession, expires_at: Timestamp, calls: u32) {
        let AgentSession { tenant, application, id, .. } = *session;
        let seen_at = self.0.now();
        self.0.agents.record(AgentSighting { tenant, application, id, seen_at, expires_at, calls });
    }
}

impl Shared {
    /// What could not be told is there again.
    pub(super) async fn tell_agents(&self) -> Result<(), StorageError> {
        let background = self.store.background();
        let seen = self.agents.drain();
        for (told, batch) in seen.chunks(AgentSightings::BATCH).enumerate() {
            if let Err(error) = background.touch_agent_sessions(Within::Platform, batch).await {
                for one in &seen[told * AgentSightings::BATCH..] {
                    self.agents.record(*one);
                }
                return Err(error);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use appkeep_domain::{ApplicationId, TenantId};

    use super::*;

    #[test]
    fn calls_add_up_and_times_go_forwards() {
        let at = Timestamp::from_seconds;
        let one = |seen, ends, calls| AgentSighting {
            tenant: TenantId::from_bytes([1; 16]),
            application: ApplicationId::from_bytes([2; 16]),
            id: AgentSessionId::from_bytes([3; 16]),
            seen_at: at(seen),
            expires_at: at(ends),
            calls,
        };
        let sightings = AgentSightings::default();
        for seen in [one(10, 100, 1), one(30, 50, 0), one(20, 200, 2)] {
            sightings.record(seen);
        }
        assert_eq!(sightings.drain(), [one(30, 200, 3)]);
        assert!(sightings.drain().is_empty());
    }
}
