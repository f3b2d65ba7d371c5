//! Who was refused, for the history, without letting a flood write it full.
//!
//! Whoever refuses puts a word into a bounded queue and goes on; what finds no
//! room is counted. Once a second what was gathered becomes a few entries,
//! each with a count.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use appkeep_domain::{
    Actor, ActorKind, ApplicationId, AuditEntry, Caller, OperatorId, Owner, RequestId, ServiceAccountId,
    Timestamp, Within,
};
use appkeep_storage::{StorageError, WriteTx};
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::registry::Registry;

/// Takes what was refused. Cheap to clone; every clone is the same one.
#[derive(Debug, Clone)]
pub struct Refusals(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    queue: Sender<RefusedRequest>,
    /// Until somebody gathers.
    waiting: Mutex<Option<Receiver<RefusedRequest>>>,
    told: AtomicU64,
    dropped: AtomicU64,
}

/// A request that was refused because of who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRequest {
    /// Whose history tells of it.
    pub owner: Owner,
    /// `token.refused` or `request.refused`.
    pub action: &'static str,
    pub by: RefusedBy,
    /// The code that was answered.
    pub code: &'static str,
    /// The route as it is declared, so that nothing of the request is in it.
    pub route: String,
    pub address: Option<IpAddr>,
    pub request_id: RequestId,
    pub at: Timestamp,
}

/// Who was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusedBy {
    /// It proved to be this one.
    Application(ApplicationId),
    Operator(OperatorId),
    ServiceAccount(ServiceAccountId),
    /// It said to be this one, and did not prove it, or may not do this.
    Claimed(ApplicationId),
    Nobody,
}

impl RefusedBy {
    pub const fn of(caller: &Caller) -> Self {
        match caller {
            Caller::Application { id, .. } => Self::Application(*id),
            Caller::Operator { id, .. } => Self::Operator(*id),
            Caller::ServiceAccount { id, .. } => Self::ServiceAccount(*id),
            Caller::System => Self::Nobody,
        }
    }
}

impl Refusals {
    /// How many wait at the most: about a megabyte.
    const MOST_WAITING: usize = 4_096;

    pub(crate) fn new() -> Self {
        let (queue, waiting) = channel(Self::MOST_WAITING);
        let waiting = Mutex::new(Some(waiting));
        Self(Arc::new(Shared { queue, waiting, told: AtomicU64::new(0), dropped: AtomicU64::new(0) }))
    }

    /// Waits for nothing.
    pub fn tell(&self, refused: RefusedRequest) {
        self.0.told.fetch_add(1, Ordering::Relaxed);
        if self.0.queue.try_send(refused).is_err() {
            self.drop_some(1);
        }
    }

    /// How many there were.
    pub fn told(&self) -> u64 {
        self.0.told.load(Ordering::Relaxed)
    }

    /// How many of them the history does not tell of.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    fn drop_some(&self, count: u64) {
        self.0.dropped.fetch_add(count, Ordering::Relaxed);
    }
}

/// Writes into the history what is refused, for as long as it runs.
pub async fn write_refusals(registry: Registry) {
    const EVERY: Duration = Duration::from_secs(1);
    let refusals = registry.refusals().clone();
    // Of two that gather the second has nothing to do.
    let Some(mut queue) = refusals.0.waiting.lock().take() else { return };
    while let Some(first) = queue.recv().await {
        let mut gathered = Gathered::default();
        gathered.add(first);
        let gathering = async {
            while let Some(next) = queue.recv().await {
                gathered.add(next);
            }
        };
        // The time being over is what ends it.
        let _ = tokio::time::timeout(EVERY, gathering).await;
        let count = gathered.count;
        if let Err(error) = registry.record_refusals(gathered).await {
            refusals.drop_some(count);
            let cause = &error as &dyn std::error::Error;
            tracing::warn!(error = cause, count, "{count} refusals could not be written into the history");
        }
    }
}

/// What one second brought.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    kinds: HashMap<Kind, Sum>,
    count: u64,
}

/// Refusals that become one entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Kind {
    One {
        owner: Owner,
        action: &'static str,
        by: RefusedBy,
        code: &'static str,
        route: String,
        /// Of somebody who is known by nothing else.
        address: Option<IpAddr>,
    },
    /// What is more than can be told apart.
    Others { owner: Owner },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Sum {
    count: u64,
    first_at: Timestamp,
    last_at: Timestamp,
    request_id: RequestId,
    /// Where they came from, if all came from one place.
    address: Option<IpAddr>,
}

impl Gathered {
    /// How many entries a second brings at the most, and one a history for the
    /// others.
    const MOST_KINDS: usize = 32;

    fn add(&mut self, refused: RefusedRequest) {
        self.count += 1;
        let sum = Sum {
            count: 1,
            first_at: refused.at,
            last_at: refused.at,
            request_id: refused.request_id,
            address: refused.address,
        };
        let owner = refused.owner;
        let mut kind = Kind::of(refused);
        if self.kinds.len() >= Self::MOST_KINDS && !self.kinds.contains_key(&kind) {
            kind = Kind::Others { owner };
        }
        self.kinds.entry(kind).and_modify(|known| known.add(&sum)).or_insert(sum);
    }
}

impl Kind {
    fn of(refused: RefusedRequest) -> Self {
        let RefusedRequest { owner, action, by, code, route, address, .. } = refused;
        let address = address.filter(|_| by == RefusedBy::Nobody);
        Self::One { owner, action, by, code, route, address }
    }

    const fn owner(&self) -> Owner {
        match self {
            Self::One { owner, .. } | Self::Others { owner } => *owner,
        }
    }
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.first_at = self.first_at.min(other.first_at);
        self.last_at = self.last_at.max(other.last_at);
        self.address = self.address.filter(|_| self.address == other.address);
    }
}

impl Registry {
    /// One transaction, whatever was gathered.
    async fn record_refusals(&self, gathered: Gathered) -> Result<(), StorageError> {
        let entries: Vec<AuditEntry> =
            gathered.kinds.iter().map(|(kind, sum)| self.refusal_entry(kind, sum)).collect();
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            for entry in &entries {
                tx.insert_audit_entry(Within::Platform, entry).await?;
            }
            Ok(())
        };
        self.store().background().write(write).await
    }

    /// It concerns no application: whoever claims to be one is not it, and
    /// would otherwise fill its history.
    fn refusal_entry(&self, kind: &Kind, sum: &Sum) -> AuditEntry {
        let id = self.make_id::<_>();
        let (action, actor, mut told) = describe(kind, sum);
        told["count"] = sum.count.into();
        told["first_at"] = sum.first_at.to_string().into();
        told["last_at"] = sum.last_at.to_string().into();
        AuditEntry {
            id,
            owner: kind.owner(),
            occurred_at: id.made_at(),
            actor,
            action: action.to_owned(),
            application: None,
            before: None,
            after: Some(told.to_string()),
            request_id: sum.request_id.to_string(),
            address: sum.address.map(|address| address.to_string()),
            personal: None,
        }
    }
}

fn describe(kind: &Kind, sum: &Sum) -> (&'static str, Actor, serde_json::Value) {
    let anonymous = || {
        let id = sum.address.map_or_else(|| "unknown".to_owned(), |address| address.to_string());
        Actor { kind: ActorKind::Anonymous, id }
    };
    match kind {
        Kind::One { action, by, code, route, .. } => {
            let told = json!({ "error": code, "route": route });
            match by {
                RefusedBy::Application(id) => {
                    (action, Actor { kind: ActorKind::Application, id: id.to_string() }, told)
                }
                RefusedBy::Operator(id) => {
                    (action, Actor { kind: ActorKind::Operator, id: id.to_string() }, told)
                }
                RefusedBy::ServiceAccount(id) => {
                    (action, Actor { kind: ActorKind::ServiceAccount, id: id.client_id() }, told)
                }
                RefusedBy::Claimed(id) => {
                    let told = json!({ "error": code, "route": route, "client_id": id.to_string() });
                    (action, anonymous(), told)
                }
                RefusedBy::Nobody => (action, anonymous(), told),
            }
        }
        Kind::Others { .. } => ("request.refused", anonymous(), json!({ "others": true })),
    }
}

#[cfg(test)]
mod tests {
    use appkeep_domain::TenantId;

    use super::*;

    fn refused(number: u8, address: &str) -> RefusedRequest {
        RefusedRequest {
            owner: Owner::Tenant(TenantId::from_bytes([1; 16])),
            action: "token.refused",
            by: RefusedBy::Claimed(ApplicationId::from_bytes([number; 16])),
            code: "invalid_client",
            route: "/oauth2/token".to_owned(),
            address: Some(address.parse().expect("an address")),
            request_id: RequestId::from_bytes([number; 16]),
            at: Timestamp::from_seconds(number.into()),
        }
    }

    #[test]
    fn refusals_of_one_kind_are_one_with_a_count() {
        let mut gathered = Gathered::default();
        let one = refused(1, "192.0.2.1");
        gathered.add(one.clone());
        gathered.add(RefusedRequest { at: Timestamp::from_seconds(9), ..one.clone() });
        let sum = gathered.kinds[&Kind::of(one.clone())].clone();
        let span = (sum.first_at.as_seconds(), sum.last_at.as_seconds());
        assert_eq!((sum.count, span, sum.address), (2, (1, 9), one.address));
        gathered.add(RefusedRequest { address: None, ..one.clone() });
        assert_eq!(gathered.kinds[&Kind::of(one)].address, None, "they came from several places");
        for other in [refused(2, "192.0.2.1"), RefusedRequest { code: "x", ..refused(1, "192.0.2.1") }] {
            gathered.add(other);
        }
        assert_eq!((gathered.kinds.len(), gathered.count), (3, 5));
    }

    #[test]
    fn who_is_known_by_nothing_is_told_apart_by_the_address() {
        let mut gathered = Gathered::default();
        for address in ["192.0.2.1", "192.0.2.2", "192.0.2.1"] {
            gathered.add(RefusedRequest { by: RefusedBy::Nobody, ..refused(1, address) });
        }
        assert_eq!(gathered.kinds.len(), 2);
    }

    #[test]
    fn a_flood_of_many_kinds_is_counted_and_not_told_apart() {
        let mut gathered = Gathered::default();
        for number in 0..=255 {
            gathered.add(refused(number, "192.0.2.1"));
        }
        let others = &gathered.kinds[&Kind::Others { owner: Owner::Tenant(TenantId::from_bytes([1; 16])) }];
        assert_eq!(gathered.kinds.len(), Gathered::MOST_KINDS + 1);
        assert_eq!(others.count, 256 - Gathered::MOST_KINDS as u64);
    }

    #[test]
    fn what_finds_no_room_is_counted() {
        let refusals = Refusals::new();
        for _ in 0..Refusals::MOST_WAITING + 3 {
            refusals.tell(refused(1, "192.0.2.1"));
        }
        assert_eq!((refusals.told(), refusals.dropped()), (Refusals::MOST_WAITING as u64 + 3, 3));
    }
}
