//! Audit entries, written in the transaction of what they tell.

pub(crate) mod chain;
pub(crate) mod checkpoints;

use std::ops::ControlFlow;

use appkeep_domain::{Actor, ActorKind, ApplicationId, AuditEntry, AuditEntryId, Owner, Timestamp, Within};

use crate::error::{Result, one_row};
use crate::owners::{owner_key, owner_level, reaches, read_owner};
use crate::pages::Gathering;
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

/// Which entries of an owner's history to list; all that hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub application: Option<ApplicationId>,
    /// The actor's id, as it is written for its kind.
    pub actor: Option<String>,
    pub action: Option<String>,
    /// No earlier than this.
    pub from: Option<Timestamp>,
    /// Earlier than this.
    pub until: Option<Timestamp>,
    /// What it was done to, such as `user`: what the action begins with.
    pub noun: Option<String>,
    /// An id that the entry names, as it writes it.
    pub about: Option<String>,
    /// Whether it tells of a refusal.
    pub refusals: Option<bool>,
    /// Where it came from, where that is not sealed.
    pub address: Option<String>,
}

/// Part of a history, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    pub entries: Vec<AuditEntry>,
    /// Where the next page begins: after this one. `None` at the end. A page
    /// may be short and yet have a next, when enough was examined.
    pub next: Option<AuditEntryId>,
}

/// What is told of one application, in short.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditSummary {
    /// The newest first.
    pub recent: Vec<AuditEntry>,
    pub total: u64,
}

macro_rules! entry_columns {
    () => {
        "e.owner, e.owner_level, e.id, e.occurred_at, e.actor_kind, e.actor_id, e.action, e.application_id,
        e.before, e.after, e.request_id, e.address, e.personal"
    };
}
pub(crate) use entry_columns;

impl ReadTx {
    /// The owner's entries that pass the filter, after `after`, at most
    /// `limit`; none when the owner is not within the boundary.
    ///
    /// An entry's id names the millisecond it occurred in, so a span of time is
    /// a span of ids.
    #[expect(clippy::too_many_arguments, reason = "six things that have no name together")]
    pub async fn audit_entries(
        &mut self,
        within: Within,
        owner: Owner,
        filter: &AuditFilter,
        after: Option<AuditEntryId>,
        limit: usize,
    ) -> Result<AuditPage> {
        if !reaches(within, owner) {
            return Ok(AuditPage { entries: Vec::new(), next: None });
        }
        let mut gathering = Gathering::new(after, limit);
        loop {
            let batch = gathering.batch();
            let candidates = self.entries(owner, filter, gathering.after(), batch).await?;
            let exhausted = candidates.len() < batch;
            let passes = |entry: &AuditEntry| passes(entry, filter);
            if let ControlFlow::Break(next) = gathering.take(candidates, exhausted, |one| one.id, passes) {
                return Ok(AuditPage { entries: gathering.into_found(), next });
            }
        }
    }

    /// Every word that is an action of the owner's entries, in their order; none
    /// when the owner is not within the boundary.
    pub async fn audit_actions(&mut self, within: Within, owner: Owner) -> Result<Vec<String>> {
        if !reaches(within, owner) {
            return Ok(Vec::new());
        }
        self.fetch_all(ACTIONS, &[owner_key(owner).into()], |row| row.get("action")).await
    }

    /// How much is told of an application, and its newest `recent` entries, as
    /// of one moment; nothing when it is not there or its owner is not within
    /// the boundary.
    pub async fn audit_summary(
        &mut self,
        within: Within,
        owner: Owner,
        application: ApplicationId,
        recent: u32,
    ) -> Result<AuditSummary> {
        const SUMMARY: Sql = sql!(concat!(
            "SELECT (SELECT CAST(coalesce(sum(t.total), 0) AS BIGINT) FROM audit_totals t
                WHERE t.application_id = $2) AS audit_total, ",
            entry_columns!(),
            " FROM applications a JOIN audit_entries e ON e.owner = a.owner AND e.application_id = a.id
            WHERE a.owner = $1 AND a.id = $2 ORDER BY e.id DESC LIMIT $3"
        ));
        if !reaches(within, owner) {
            return Ok(AuditSummary::default());
        }
        // The total comes with an entry, so one is asked for even if none is wanted.
        let values = [owner_key(owner).into(), application.into(), recent.max(1).into()];
        let rows =
            self.fetch_all(SUMMARY, &values, |row| Ok((row.get("audit_total")?, read_entry(row)?))).await?;
        let total = rows.first().map_or(0, |(total, _): &(i64, _)| total.unsigned_abs());
        let recent = rows.into_iter().map(|(_, entry)| entry).take(recent as usize).collect();
        Ok(AuditSummary { recent, total })
    }

    /// The next rows by the narrowest index that the filter offers.
    async fn entries(
        &mut self,
        owner: Owner,
        filter: &AuditFilter,
        after: Option<AuditEntryId>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let (least, before) = bounds(filter, after);
        let (sql, word): (Sql, Option<Value<'_>>) = match filter {
            AuditFilter { application: Some(id), .. } => (BY_APPLICATION, Some((*id).into())),
            AuditFilter { actor: Some(id), .. } => (BY_ACTOR, Some(id.into())),
            AuditFilter { action: Some(word), .. } => (BY_ACTION, Some(word.into())),
            _ => (NEWEST, None),
        };
        let mut values: Vec<Value<'_>> =
            vec![owner_key(owner).into(), before.into(), limit.into(), least.into()];
        values.extend(word);
        self.fetch_all(sql, &values, read_entry).await
    }
}

/// Steps from one word to the next, over however many entries have it.
const ACTIONS: Sql = sql!(
    "WITH RECURSIVE found (action) AS (
        SELECT (SELECT e.action FROM audit_entries e WHERE e.owner = $1 ORDER BY e.action LIMIT 1)
        UNION ALL
        SELECT (SELECT e.action FROM audit_entries e WHERE e.owner = $1 AND e.action > found.action
                ORDER BY e.action LIMIT 1)
        FROM found WHERE found.action IS NOT NULL)
    SELECT action FROM found WHERE action IS NOT NULL"
);

const NEWEST: Sql = sql!(concat!(
    "SELECT ",
    entry_columns!(),
    " FROM audit_entries e WHERE e.owner = $1 AND e.id < $2 AND e.id >= $4 ORDER BY e.id DESC LIMIT $3"
));

const BY_APPLICATION: Sql = sql!(concat!(
    "SELECT ",
    entry_columns!(),
    " FROM audit_entries e WHERE e.owner = $1 AND e.application_id = $5 AND e.id < $2 AND e.id >= $4
    ORDER BY e.id DESC LIMIT $3"
));

const BY_ACTOR: Sql = sql!(concat!(
    "SELECT ",
    entry_columns!(),
    " FROM audit_entries e WHERE e.owner = $1 AND e.actor_id = $5 AND e.id < $2 AND e.id >= $4
    ORDER BY e.id DESC LIMIT $3"
));

const BY_ACTION: Sql = sql!(concat!(
    "SELECT ",
    entry_columns!(),
    " FROM audit_entries e WHERE e.owner = $1 AND e.action = $5 AND e.id < $2 AND e.id >= $4
    ORDER BY e.id DESC LIMIT $3"
));

impl WriteTx {
    /// Counts the entry for the application that it names, if that is there,
    /// and queues it to be sealed; `Stale` when the owner is not within the boundary.
    pub async fn insert_audit_entry(&mut self, within: Within, entry: &AuditEntry) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO audit_entries (owner, owner_level, id, occurred_at, actor_kind, actor_id, action,
                application_id, before, after, request_id, address, personal)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        );
        one_row(u64::from(reaches(within, entry.owner)))?;
        let owner = owner_key(entry.owner);
        let values = [
            owner.into(),
            owner_level(entry.owner).into(),
            entry.id.into(),
            entry.occurred_at.into(),
            entry.actor.kind.as_str().into(),
            entry.actor.id.as_str().into(),
            entry.action.as_str().into(),
            entry.application.into(),
            entry.before.as_deref().into(),
            entry.after.as_deref().into(),
            entry.request_id.as_str().into(),
            entry.address.as_deref().into(),
            entry.personal.as_deref().into(),
        ];
        self.execute(INSERT, &values).await?;
        if let Some(application) = entry.application {
            self.count_audit_entry(entry.owner, application, entry.id).await?;
        }
        Ok(())
    }
}

/// The least id that may be listed, and the one that all are less than.
fn bounds(filter: &AuditFilter, after: Option<AuditEntryId>) -> (AuditEntryId, AuditEntryId) {
    let least = filter.from.map_or(AuditEntryId::from_bytes([0; 16]), |from| first_of(from.as_millis()));
    let end = filter.until.map_or(AuditEntryId::from_bytes([0xff; 16]), |until| {
        // The millisecond that `until` falls into may hold entries before it.
        first_of(until.as_micros().saturating_add(999).div_euclid(1_000))
    });
    (least, after.map_or(end, |after| after.min(end)))
}

/// The least id of a millisecond (RFC 9562 §5.7).
fn first_of(millis: i64) -> AuditEntryId {
    const LAST: i64 = (1 << 48) - 1;
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&millis.clamp(0, LAST).to_be_bytes()[2..]);
    AuditEntryId::from_bytes(bytes)
}

/// What the index did not decide.
fn passes(entry: &AuditEntry, filter: &AuditFilter) -> bool {
    filter.application.is_none_or(|id| entry.application == Some(id))
        && filter.actor.as_deref().is_none_or(|id| entry.actor.id == id)
        && filter.action.as_deref().is_none_or(|action| entry.action == action)
        && filter.from.is_none_or(|from| entry.occurred_at >= from)
        && filter.until.is_none_or(|until| entry.occurred_at < until)
        && filter.noun.as_deref().is_none_or(|noun| entry.noun() == noun)
        && filter.about.as_deref().is_none_or(|id| entry.names(id))
        && filter.refusals.is_none_or(|wanted| entry.is_refusal() == wanted)
        && filter.address.as_deref().is_none_or(|address| entry.address.as_deref() == Some(address))
}

pub(crate) fn read_entry(row: &Row<'_>) -> Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.get("id")?,
        owner: read_owner(row)?,
        occurred_at: row.get("occurred_at")?,
        actor: Actor { kind: row.parse("actor_kind", ActorKind::parse)?, id: row.get("actor_id")? },
        action: row.get("action")?,
        application: row.get("application_id")?,
        before: row.get("before")?,
        after: row.get("after")?,
        request_id: row.get("request_id")?,
        address: row.get("address")?,
        personal: row.get("personal")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn every_list_seeks() {
        for list in [NEWEST, BY_APPLICATION, BY_ACTOR, BY_ACTION] {
            assert_seeks(list).await;
        }
        assert_no_scan_of(ACTIONS, &["e", "audit_entries"]).await;
    }

    #[test]
    fn a_span_of_time_is_a_span_of_ids() {
        let between = |from: i64, until: i64| {
            let [from, until] = [from, until].map(|micros| Some(Timestamp::from_micros(micros)));
            let (least, before) = bounds(&AuditFilter { from, until, ..AuditFilter::default() }, None);
            (least.made_at().as_millis(), before.made_at().as_millis())
        };
        for (from, until, millis) in [
            (5_000, 6_000, (5, 6)),
            (5_001, 6_001, (5, 7)),
            (5_999, 5_999, (5, 6)),
            (-1, 0, (0, 0)),
            (i64::MIN, i64::MAX, (0, (1 << 48) - 1)),
        ] {
            assert_eq!(between(from, until), millis, "{from} {until}");
        }
    }

    #[test]
    fn a_page_goes_on_within_the_span() {
        let filter = AuditFilter { until: Some(Timestamp::from_micros(6_000)), ..AuditFilter::default() };
        for (after, before) in [(first_of(3), first_of(3)), (first_of(9), first_of(6))] {
            assert_eq!(bounds(&filter, Some(after)).1, before);
        }
    }
}
