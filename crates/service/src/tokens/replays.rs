//! Assertions that were used, so that none is used twice.

use std::collections::{BTreeSet, HashMap, HashSet};

use appkeep_domain::{ApplicationId, Timestamp};
use appkeep_keys::sha256;
use appkeep_oauth::{ErrorCode, Refusal};
use parking_lot::Mutex;

use super::refuse::unauthenticated;

/// What this node has seen; each is forgotten when it expires.
#[derive(Debug, Default)]
pub(super) struct Replays(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    used: HashSet<(ApplicationId, Digest)>,
    by_deadline: BTreeSet<(Timestamp, ApplicationId, Digest)>,
    counts: HashMap<ApplicationId, usize>,
}

/// Of a `jti`, which may be long.
type Digest = [u8; 16];

impl Replays {
    /// Of one client, so that none can fill the memory of all: three hundred a
    /// second that live for five minutes, some 10 MB.
    const MOST_OF_ONE: usize = 100_000;
    /// Of all clients, some 100 MB.
    const MOST: usize = 1_000_000;

    /// Lets an assertion in that has not been used.
    pub(super) fn admit(
        &self,
        client: ApplicationId,
        jti: &str,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let [digest, _] = halves(sha256(jti.as_bytes()));
        let mut seen = self.0.lock();
        seen.forget_expired(now);
        if seen.used.contains(&(client, digest)) {
            return Err(unauthenticated(format!("{client} used an assertion twice")));
        }
        let is_full = seen.used.len() >= Self::MOST;
        let count = seen.counts.entry(client).or_default();
        if *count >= Self::MOST_OF_ONE || is_full {
            let description = "too many assertions of this client are still valid; let them expire sooner";
            return Err(Refusal::new(ErrorCode::TemporarilyUnavailable, description));
        }
        *count += 1;
        seen.used.insert((client, digest));
        seen.by_deadline.insert((expires_at, client, digest));
        Ok(())
    }
}

fn halves(digest: [u8; 32]) -> [Digest; 2] {
    let mut halves = [[0; 16]; 2];
    for (half, bytes) in halves.iter_mut().zip(digest.chunks_exact(16)) {
        half.copy_from_slice(bytes);
    }
    halves
}

impl Seen {
    fn forget_expired(&mut self, now: Timestamp) {
        while let Some(&(deadline, client, digest)) = self.by_deadline.first() {
            if now < deadline {
                break;
            }
            self.by_deadline.pop_first();
            self.used.remove(&(client, digest));
            if let Some(count) = self.counts.get_mut(&client) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&client);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ApplicationId = ApplicationId::from_bytes([1; 16]);
    const OTHER: ApplicationId = ApplicationId::from_bytes([2; 16]);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn admit(replays: &Replays, client: ApplicationId, jti: &str, now: i64) -> Result<(), ErrorCode> {
        replays.admit(client, jti, at(10), at(now)).map_err(|refusal| refusal.code())
    }

    #[test]
    fn an_assertion_is_used_once_by_its_client() {
        let replays = Replays::default();
        assert_eq!(admit(&replays, ONE, "a", 0), Ok(()));
        assert_eq!(admit(&replays, ONE, "a", 9), Err(ErrorCode::InvalidClient));
        assert_eq!(admit(&replays, OTHER, "a", 9), Ok(()));
        assert_eq!(admit(&replays, ONE, "b", 9), Ok(()));
    }

    #[test]
    fn one_client_cannot_fill_the_memory_and_all_is_forgotten_in_time() {
        let replays = Replays::default();
        for number in 0..Replays::MOST_OF_ONE {
            assert_eq!(admit(&replays, ONE, &number.to_string(), 0), Ok(()));
        }
        assert_eq!(admit(&replays, ONE, "more", 9), Err(ErrorCode::TemporarilyUnavailable));
        assert_eq!(admit(&replays, OTHER, "a", 9), Ok(()));
        assert_eq!(replays.admit(ONE, "more", at(20), at(10)), Ok(()));
        let seen = replays.0.lock();
        assert_eq!((seen.used.len(), seen.by_deadline.len(), seen.counts.len()), (1, 1, 1));
    }
}
