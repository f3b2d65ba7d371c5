//! When sessions were last seen, gathered in memory and told to the database
//! together: nobody who shows a token waits for a disk.

use std::collections::HashMap;

use appkeep_domain::{ApplicationId, Owner, SessionId, Timestamp, Within};
use appkeep_storage::{SessionKey, StorageError};
use parking_lot::Mutex;

use super::verify::Good;
use super::{Authority, Shared};
use crate::Error;

/// What this node saw since it last told.
#[derive(Debug)]
pub(super) struct Sightings {
    shards: Box<[Mutex<Shard>]>,
}

type Shard = HashMap<Seen, Timestamp>;
type Seen = (Owner, ApplicationId, SessionId);

impl Sightings {
    const SHARDS: usize = 16;
    /// Of all shards together some twenty megabytes, which is more sessions than
    /// a node sees before it tells of them.
    const MOST_OF_A_SHARD: usize = 16_384;
    /// How many one statement writes.
    const BATCH: usize = 1_000;

    /// Never waits, but for another that does the same at this instant. Without
    /// room, the session is seen the next time.
    fn record(&self, seen: Seen, at: Timestamp) {
        let mut shard = self.shard(seen).lock();
        let has_room = shard.len() < Self::MOST_OF_A_SHARD;
        match shard.get_mut(&seen) {
            Some(last) => *last = at.max(*last),
            None if has_room => {
                shard.insert(seen, at);
            }
            None => {}
        }
    }

    /// Takes out everything that is in memory.
    fn drain(&self) -> Vec<(Seen, Timestamp)> {
        self.shards.iter().flat_map(|shard| std::mem::take(&mut *shard.lock())).collect()
    }

    /// The end of an id is its random part.
    fn shard(&self, (_, _, session): Seen) -> &Mutex<Shard> {
        &self.shards[usize::from(session.as_bytes()[15]) % Self::SHARDS]
    }
}

impl Default for Sightings {
    fn default() -> Self {
        Self { shards: (0..Self::SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl Authority {
    /// Tells the database when the sessions of the tokens that were shown here
    /// were last seen.
    pub async fn tell_sightings(&self) -> Result<(), Error> {
        Ok(self.0.tell_sightings().await?)
    }
}

impl Shared {
    /// Notes that the token was shown, if it speaks for a person.
    pub(super) fn see(&self, Good { token, client }: &Good) {
        if let Some(person) = &token.person {
            self.sightings.record((client.owner, client.id(), person.ids.session), self.now());
        }
    }

    async fn tell_sightings(&self) -> Result<(), StorageError> {
        let seen = self.sightings.drain();
        let background = self.store.background();
        for (told, batch) in seen.chunks(Sightings::BATCH).enumerate() {
            let keyed: Vec<_> = batch.iter().map(|&(seen, at)| (session_key(seen), at)).collect();
            if let Err(error) = background.touch_sessions(Within::Platform, &keyed).await {
                let untold = &seen[told * Sightings::BATCH..];
                for &(seen, at) in untold {
                    self.sightings.record(seen, at);
                }
                return Err(error);
            }
        }
        Ok(())
    }
}

const fn session_key((owner, application, id): Seen) -> SessionKey {
    SessionKey { owner, application, id }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPLICATION: ApplicationId = ApplicationId::from_bytes([1; 16]);

    fn session(number: u128) -> Seen {
        (Owner::Global, APPLICATION, SessionId::from_bytes(number.to_be_bytes()))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn a_session_is_told_once_and_as_of_when_it_was_last_seen() {
        let sightings = Sightings::default();
        for second in [10, 40, 30] {
            sightings.record(session(1), at(second));
        }
        sightings.record(session(2), at(7));
        let mut drained = sightings.drain();
        drained.sort_by_key(|((_, _, session), _)| *session);
        assert_eq!(drained, [(session(1), at(40)), (session(2), at(7))]);
        assert!(sightings.drain().is_empty());
    }

    #[test]
    fn there_is_a_bound_and_what_is_there_has_its_place() {
        let sightings = Sightings::default();
        for number in 0..=Sightings::MOST_OF_A_SHARD as u128 {
            sightings.record(session(number << 8), at(1));
        }
        sightings.record(session(0), at(2));
        let drained = sightings.drain();
        assert_eq!(drained.len(), Sightings::MOST_OF_A_SHARD);
        assert!(drained.contains(&(session(0), at(2))));
    }
}
