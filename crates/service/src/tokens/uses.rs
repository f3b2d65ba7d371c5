//! Which secrets were used, gathered in memory and told to the database
//! together: no request for a token waits for a disk.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use appkeep_domain::{ApplicationId, CredentialId, Lifetime, NodeId, Timestamp, Within};
use appkeep_storage::{ObservedUse, StorageError, Store, WriteTx};
use foldhash::fast::RandomState;
use parking_lot::Mutex;

use super::{Authority, Shared};
use crate::error::Error;

/// What this node saw since it last told.
#[derive(Debug)]
pub(super) struct Uses {
    shards: Box<[Mutex<Shard>]>,
    /// Whether there was no room for a use.
    has_lost: AtomicBool,
    /// One tells at a time.
    telling: tokio::sync::Mutex<Teller>,
}

type Shard = HashMap<(ApplicationId, CredentialId), Seen, RandomState>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    first: Timestamp,
    last: Timestamp,
    from: Option<IpAddr>,
    longest_gap: Lifetime,
}

/// As whom this node tells.
#[derive(Debug)]
struct Teller {
    node: NodeId,
    told_at: Option<Timestamp>,
}

impl Uses {
    const SHARDS: usize = 16;
    /// Of all shards together some ten megabytes.
    const MOST_OF_A_SHARD: usize = 8_192;
    /// How many one transaction writes.
    const BATCH: usize = 1_000;
    /// A request that has read the clock tells of its use no later than this.
    const UNDER_WAY: Lifetime = Lifetime::from_seconds(1);
    /// A node that has seen nothing still says so, now and then.
    const SAYS_NOTHING_AFTER: Lifetime = Lifetime::from_seconds(20);

    pub(super) fn new(node: NodeId) -> Self {
        Self {
            shards: (0..Self::SHARDS).map(|_| Mutex::default()).collect(),
            has_lost: AtomicBool::new(false),
            telling: tokio::sync::Mutex::new(Teller { node, told_at: None }),
        }
    }

    /// Never waits, but for another that does the same at this instant.
    pub(super) fn record(
        &self,
        application: ApplicationId,
        credential: CredentialId,
        now: Timestamp,
        from: Option<IpAddr>,
    ) {
        let mut shard = self.shard(credential).lock();
        let has_room = shard.len() < Self::MOST_OF_A_SHARD;
        match shard.get_mut(&(application, credential)) {
            Some(seen) => seen.add(&Seen::once(now, from)),
            None if has_room => {
                shard.insert((application, credential), Seen::once(now, from));
            }
            None => self.has_lost.store(true, Ordering::SeqCst),
        }
    }

    /// Takes out everything that is in memory.
    fn drain(&self) -> Vec<ObservedUse> {
        let taken = self.shards.iter().flat_map(|shard| std::mem::take(&mut *shard.lock()));
        taken.map(|((application, credential), seen)| seen.observed(application, credential)).collect()
    }

    /// Puts back what could not be told; there may be newer by now.
    fn put_back(&self, observed: &[ObservedUse]) {
        for one in observed {
            let mut shard = self.shard(one.credential).lock();
            let seen = Seen::told(one);
            shard
                .entry((one.application, one.credential))
                .and_modify(|newer| newer.add(&seen))
                .or_insert(seen);
        }
    }

    /// The end of an id is its random part.
    fn shard(&self, credential: CredentialId) -> &Mutex<Shard> {
        &self.shards[usize::from(credential.as_bytes()[15]) % Self::SHARDS]
    }
}

impl Seen {
    const fn once(now: Timestamp, from: Option<IpAddr>) -> Self {
        Self { first: now, last: now, from, longest_gap: Lifetime::from_seconds(0) }
    }

    const fn told(one: &ObservedUse) -> Self {
        Self {
            first: one.first_used_at,
            last: one.last_used_at,
            from: one.last_used_from,
            longest_gap: one.longest_gap,
        }
    }

    /// Takes in what else was seen. Requests finish in any order, so that what
    /// comes second may have been first.
    fn add(&mut self, other: &Self) {
        let between =
            Lifetime::between(self.last, other.first).max(Lifetime::between(other.last, self.first));
        self.longest_gap = self.longest_gap.max(other.longest_gap).max(between);
        if self.last <= other.last {
            self.from = other.from;
        }
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    const fn observed(self, application: ApplicationId, credential: CredentialId) -> ObservedUse {
        ObservedUse {
            application,
            credential,
            first_used_at: self.first,
            last_used_at: self.last,
            last_used_from: self.from,
            longest_gap: self.longest_gap,
        }
    }
}

impl Authority {
    /// Tells the database which secrets were used since the last time, and
    /// that this node has now told everything.
    pub async fn tell_uses(&self) -> Result<(), Error> {
        let mut teller = self.0.uses.telling.lock().await;
        Ok(self.0.tell_uses(&mut teller).await?)
    }

    /// The same for the last time. Nobody waits for this node's word any more.
    pub async fn tell_last_uses(&self) -> Result<(), Error> {
        let mut teller = self.0.uses.telling.lock().await;
        self.0.tell_uses(&mut teller).await?;
        let node = teller.node;
        let leave = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            tx.delete_node(Within::Platform, node).await
        };
        Ok(self.0.store.background().write(leave).await?)
    }
}

impl Shared {
    async fn tell_uses(&self, teller: &mut Teller) -> Result<(), StorageError> {
        let now = self.now();
        let observed = self.uses.drain();
        let has_lost = self.uses.has_lost.swap(false, Ordering::SeqCst);
        let says_nothing = observed.is_empty() && !has_lost;
        if says_nothing && teller.told_at.is_some_and(|at| now < at.plus(Uses::SAYS_NOTHING_AFTER)) {
            return Ok(());
        }
        let told = async {
            self.tell_observed(observed).await?;
            self.mark(teller.node, now).await
        };
        if let Err(error) = told.await {
            self.uses.has_lost.fetch_or(has_lost, Ordering::SeqCst);
            return Err(error);
        }
        teller.told_at = Some(now);
        if has_lost {
            // To everybody else it is as if this node had ended with what it
            // lost, and another had started.
            tracing::warn!("more secrets were in use than can be told; when they were last used is unsure");
            *teller = Teller { node: self.make_node_id(), told_at: None };
            self.mark(teller.node, now).await?;
        }
        Ok(())
    }

    async fn tell_observed(&self, observed: Vec<ObservedUse>) -> Result<(), StorageError> {
        let background: Store = self.store.background();
        for (told, batch) in observed.chunks(Uses::BATCH).enumerate() {
            let uses = batch.to_vec();
            let add = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
                tx.add_credential_uses(Within::Platform, &uses).await
            };
            if let Err(error) = background.write(add).await {
                self.uses.put_back(&observed[told * Uses::BATCH..]);
                return Err(error);
            }
        }
        Ok(())
    }

    async fn mark(&self, node: NodeId, now: Timestamp) -> Result<(), StorageError> {
        let until = now.minus(Uses::UNDER_WAY);
        let mark = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            tx.mark_node(Within::Platform, node, until).await
        };
        self.store.background().write(mark).await
    }

    fn make_node_id(&self) -> NodeId {
        self.ids.make(&*self.clock, &*self.entropy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPLICATION: ApplicationId = ApplicationId::from_bytes([1; 16]);

    fn uses() -> Uses {
        Uses::new(NodeId::from_bytes([9; 16]))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn id(number: u128) -> CredentialId {
        CredentialId::from_bytes(number.to_be_bytes())
    }

    #[expect(clippy::unnecessary_wraps, reason = "as a request has it, which may come from no network")]
    fn address(last: u8) -> Option<IpAddr> {
        Some([192, 0, 2, last].into())
    }

    #[test]
    fn many_uses_are_one_and_are_taken_out_once() {
        let uses = uses();
        for (second, from) in [(10, 1), (40, 2), (30, 3), (45, 4)] {
            uses.record(APPLICATION, id(1), at(second), address(from));
        }
        uses.record(APPLICATION, id(2), at(7), None);
        let mut drained = uses.drain();
        drained.sort_by_key(|one| one.credential);
        let found: Vec<_> = drained
            .iter()
            .map(|one| {
                (one.first_used_at, one.last_used_at, one.last_used_from, one.longest_gap.as_seconds())
            })
            .collect();
        assert_eq!(found, [(at(10), at(45), address(4), 30), (at(7), at(7), None, 0)]);
        assert!(uses.drain().is_empty());
    }

    #[test]
    fn what_is_put_back_comes_before_what_is_newer() {
        let uses = uses();
        uses.record(APPLICATION, id(1), at(10), address(1));
        let drained = uses.drain();
        uses.record(APPLICATION, id(1), at(50), address(2));
        uses.put_back(&drained);
        let one = &uses.drain()[0];
        assert_eq!((one.first_used_at, one.last_used_at, one.last_used_from), (at(10), at(50), address(2)));
        assert_eq!(one.longest_gap, Lifetime::from_seconds(40));
    }

    #[test]
    fn there_is_a_bound_and_passing_it_is_noticed() {
        let uses = uses();
        for number in 0..Uses::MOST_OF_A_SHARD as u128 {
            uses.record(APPLICATION, id(number << 8), at(1), None);
        }
        assert!(!uses.has_lost.load(Ordering::SeqCst));
        uses.record(APPLICATION, id(0), at(2), None);
        assert!(!uses.has_lost.load(Ordering::SeqCst), "one that is there has its place");
        uses.record(APPLICATION, id(u128::MAX << 8), at(2), None);
        assert!(uses.has_lost.load(Ordering::SeqCst));
        assert_eq!(uses.drain().len(), Uses::MOST_OF_A_SHARD);
    }
}
