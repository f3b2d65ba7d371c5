//! The audit trail: whether it is sealed and signed, and as long as it says.

use std::time::Duration;

use appkeep_domain::{Clock as _, Lifetime, Owner, Timestamp, Within};
use appkeep_storage::{AuditChainEnd, StorageError, Store};

use super::Finding;
use crate::clock::SystemClock;

const AUDIT_TRAIL: &str = "audit_trail";
/// Entries are sealed within a second, and chains signed within a minute.
const SEALED_AFTER: Lifetime = Lifetime::from_minutes(1);
const SIGNED_AFTER: Lifetime = Lifetime::from_minutes(5);
const AGAIN: Duration = Duration::from_secs(2);

const CHAINS: u32 = 100;
/// How many links are counted by one statement.
const LINKS: u64 = 200_000;

const PROOF: &str = "keep the database as it is, run `appkeep audit export`, which says where it breaks, \
                     and compare with an earlier export";

/// All that is wrong with it, or that nothing is.
pub(super) async fn examine(store: &Store, is_served: bool) -> Vec<Finding> {
    match look(store, is_served, SystemClock.now()).await {
        Ok((links, found)) if found.is_empty() => {
            vec![Finding::ok(AUDIT_TRAIL, format!("it is sealed and signed, {links} entries long"))]
        }
        Ok((_, found)) => found,
        Err(error) => vec![Finding::unread(AUDIT_TRAIL, error)],
    }
}

async fn look(store: &Store, is_served: bool, now: Timestamp) -> Result<(u64, Vec<Finding>), StorageError> {
    let mut late = late(store, is_served, now).await?;
    if late.is_some() && is_served {
        // A server that was just started, or a history that was quiet for long,
        // is a moment late and no more.
        tokio::time::sleep(AGAIN).await;
        late = self::late(store, is_served, now).await?;
    }
    let mut found: Vec<Finding> = late.into_iter().collect();
    let mut links = 0;
    for end in chain_ends(store).await? {
        let counted = count_links(store, &end).await?;
        links += counted;
        found.extend(broken(&end, counted));
    }
    Ok((links, found))
}

async fn late(store: &Store, is_served: bool, now: Timestamp) -> Result<Option<Finding>, StorageError> {
    let mut tx = store.read().await?;
    let oldest = tx.unsealed_audit_entries(Within::Platform, 1).await?;
    if let Some(found) = waiting(oldest.first().map(|entry| entry.occurred_at), is_served, now) {
        return Ok(Some(found));
    }
    let unsigned = tx.unsigned_audit_chains(Within::Platform, now.minus(SIGNED_AFTER), 1).await?;
    Ok((is_served && !unsigned.is_empty()).then(|| {
        let message = "the end of a history has not been signed for five minutes";
        Finding::error(AUDIT_TRAIL, message, "look in the servers' logs for why")
    }))
}

/// Without a server nobody seals, and the next one makes up for it.
fn waiting(oldest: Option<Timestamp>, is_served: bool, now: Timestamp) -> Option<Finding> {
    let since = oldest.filter(|&since| since < now.minus(SEALED_AFTER))?;
    let message = format!("entries wait to be sealed since {}", Timestamp::from_seconds(since.as_seconds()));
    Some(if is_served {
        let remedy = "look in the servers' logs for `the audit trail is not sealed`";
        Finding::error(AUDIT_TRAIL, format!("{message}, though a server runs"), remedy)
    } else {
        Finding::warning(AUDIT_TRAIL, message, "start a server, which seals them")
    })
}

fn broken(end: &AuditChainEnd, counted: u64) -> Option<Finding> {
    (!end.is_last || counted != end.count).then(|| {
        let (owner, count) = (owner(end.owner), end.count);
        let message = if counted == count {
            format!("the history of {owner} does not end as its last entry says; somebody changed it")
        } else {
            format!("the history of {owner} should have {count} sealed entries and has {counted}")
        };
        Finding::error(AUDIT_TRAIL, message, PROOF)
    })
}

async fn chain_ends(store: &Store) -> Result<Vec<AuditChainEnd>, StorageError> {
    let mut all: Vec<AuditChainEnd> = Vec::new();
    loop {
        let after = all.last().map(|end| end.owner);
        let page = store.read().await?.audit_chain_ends(Within::Platform, after, CHAINS).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// Up to where the chain said that it ends: it may have grown since.
async fn count_links(store: &Store, end: &AuditChainEnd) -> Result<u64, StorageError> {
    let (mut counted, mut from) = (0, 0);
    let mut tx = store.read().await?;
    while from < end.count {
        let to = end.count.min(from + LINKS);
        counted += tx.count_audit_links(Within::Platform, end.owner, (from, to)).await?;
        from = to;
    }
    Ok(counted)
}

fn owner(owner: Owner) -> String {
    match owner {
        Owner::Global => "the platform".to_owned(),
        Owner::Partner(id) => format!("partner {id}"),
        Owner::Tenant(id) => format!("tenant {id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn entries_that_wait_too_long_are_told_of() {
        let now = Timestamp::from_seconds(1_000_000);
        for (seconds_ago, is_served, level) in [
            (None, true, None),
            (Some(60), true, None),
            (Some(61), true, Some(Level::Error)),
            (Some(61), false, Some(Level::Warning)),
        ] {
            let oldest = seconds_ago.map(|seconds| now.minus(Lifetime::from_seconds(seconds)));
            let found = waiting(oldest, is_served, now);
            assert_eq!(found.map(|found| found.level), level, "{seconds_ago:?}");
        }
    }

    #[test]
    fn a_chain_is_as_long_as_it_says() {
        let end = |count, is_last| AuditChainEnd { owner: Owner::Global, count, is_last };
        assert_eq!(broken(&end(3, true), 3), None);
        for (end, counted, told) in [
            (end(3, true), 2, "should have 3 sealed entries and has 2"),
            (end(3, false), 3, "does not end as its last entry says"),
        ] {
            let found = broken(&end, counted).expect("is broken");
            assert!(found.level == Level::Error && found.message.contains(told), "{found:?}");
        }
    }
}
