//! When sessions and sign-ins were last seen, gathered in memory and told to the
//! database together: nobody who shows a token or a cookie waits for a disk.

use std::collections::HashMap;
use std::hash::Hash;

use appkeep_domain::{ApplicationId, Owner, SessionId, SignIn, SignInId, Timestamp, Within};
use appkeep_storage::{SessionKey, StorageError};
use parking_lot::Mutex;

use super::verify::Good;
use super::{Authority, Shared};
use crate::Error;

/// What this node saw since it last told.
#[derive(Debug, Default)]
pub(super) struct Sightings {
    sessions: Seen<SeenSession>,
    sign_ins: Seen<SignInId>,
}

type SeenSession = (Owner, ApplicationId, SessionId);

/// When each of them was last seen.
#[derive(Debug)]
struct Seen<K> {
    shards: Box<[Mutex<HashMap<K, Timestamp>>]>,
}

const SHARDS: usize = 16;

/// What is seen.
trait Seeable: Copy + Eq + Hash {
    /// The end of an id is its random part.
    fn last_byte(&self) -> u8;
}

impl Seeable for SeenSession {
    fn last_byte(&self) -> u8 {
        self.2.as_bytes()[15]
    }
}

impl Seeable for SignInId {
    fn last_byte(&self) -> u8 {
        self.as_bytes()[15]
    }
}

impl<K: Seeable> Seen<K> {
    /// Of all shards together some twenty megabytes, which is more sessions than
    /// a node sees before it tells of them.
    const MOST_OF_A_SHARD: usize = 16_384;
    /// How many one statement writes.
    const BATCH: usize = 1_000;

    /// Never waits, but for another that does the same at this instant. Without
    /// room, it is seen the next time.
    fn record(&self, seen: K, at: Timestamp) {
        let mut shard = self.shards[usize::from(seen.last_byte()) % SHARDS].lock();
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
    fn drain(&self) -> Vec<(K, Timestamp)> {
        self.shards.iter().flat_map(|shard| std::mem::take(&mut *shard.lock())).collect()
    }

    /// Takes out what is in memory, and tells of it in parts; what could not be
    /// told is there again.
    async fn tell<F>(&self, tell: impl Fn(&[(K, Timestamp)]) -> F) -> Result<(), StorageError>
    where
        F: Future<Output = Result<(), StorageError>>,
    {
        let seen = self.drain();
        for (told, batch) in seen.chunks(Self::BATCH).enumerate() {
            if let Err(error) = tell(batch).await {
                for &(seen, at) in &seen[told * Self::BATCH..] {
                    self.record(seen, at);
                }
                return Err(error);
            }
        }
        Ok(())
    }
}

impl<K> Default for Seen<K> {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl Authority {
    /// Tells the database when the sessions of the tokens, and the sign-ins of
    /// the cookies, that were shown here were last seen.
    pub async fn tell_sightings(&self) -> Result<(), Error> {
        self.0.tell_sightings().await?;
        Ok(self.0.tell_agents().await?)
    }
}

impl Shared {
    /// Notes that the token was shown, if it speaks for a person.
    pub(super) fn see(&self, Good { token, client }: &Good) {
        if let Some(person) = &token.person {
            self.sightings.sessions.record((client.owner, client.id(), person.ids.session), self.now());
        }
    }

    /// Notes that somebody's browser was here.
    pub(super) fn see_sign_in(&self, sign_in: &SignIn) {
        self.sightings.sign_ins.record(sign_in.id, self.now());
    }

    async fn tell_sightings(&self) -> Result<(), StorageError> {
        let background = self.store.background();
        let sessions = self.sightings.sessions.tell(|batch| {
            let background = background.clone();
            let keyed: Vec<_> = batch.iter().map(|&(seen, at)| (session_key(seen), at)).collect();
            async move { background.touch_sessions(Within::Platform, &keyed).await }
        });
        sessions.await?;
        let sign_ins = self.sightings.sign_ins.tell(|batch| {
            let (background, batch) = (background.clone(), batch.to_vec());
            async move { background.touch_sign_ins(Within::Platform, &batch).await }
        });
        sign_ins.await
    }
}

const fn session_key((owner, application, id): SeenSession) -> SessionKey {
    SessionKey { owner, application, id }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPLICATION: ApplicationId = ApplicationId::from_bytes([1; 16]);

    fn session(number: u128) -> SeenSession {
        (Owner::Global, APPLICATION, SessionId::from_bytes(number.to_be_bytes()))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn a_session_is_told_once_and_as_of_when_it_was_last_seen() {
        let sightings = Seen::default();
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
        let sightings = Seen::default();
        for number in 0..=Seen::<SeenSession>::MOST_OF_A_SHARD as u128 {
            sightings.record(session(number << 8), at(1));
        }
        sightings.record(session(0), at(2));
        let drained = sightings.drain();
        assert_eq!(drained.len(), Seen::<SeenSession>::MOST_OF_A_SHARD);
        assert!(drained.contains(&(session(0), at(2))));
    }
}
