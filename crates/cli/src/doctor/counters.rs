//! Totals that are kept beside what they count.

use appkeep_domain::Within;
use appkeep_storage::{AuditTotal, StorageError, Store, WriteTx};

use super::Finding;

const COUNTERS: &str = "counters";
const BATCH: u32 = 200;

/// Of applications, and of how many whose total was wrong.
#[derive(Debug, Default)]
struct Counted {
    applications: usize,
    wrong: usize,
}

pub(super) async fn examine(store: &Store, recount: bool) -> Finding {
    match look(store, recount).await {
        Ok(Counted { applications, wrong: 0 }) => {
            Finding::ok(COUNTERS, format!("the totals of all {applications} applications are right"))
        }
        Ok(Counted { applications, wrong }) if recount => {
            let message = format!("the totals of {wrong} of {applications} applications were counted anew");
            Finding::ok(COUNTERS, message)
        }
        Ok(Counted { applications, wrong }) => {
            let message =
                format!("{wrong} of {applications} applications have a wrong number of audit entries");
            Finding::error(COUNTERS, message, "run `appkeep doctor --recount`")
        }
        Err(error) => Finding::unread(COUNTERS, error),
    }
}

async fn look(store: &Store, recount: bool) -> Result<Counted, StorageError> {
    let (mut counted, mut last) = (Counted::default(), None);
    loop {
        let page = store.read().await?.audit_totals(Within::Platform, last, BATCH).await?;
        if page.is_empty() {
            return Ok(counted);
        }
        counted.applications += page.len();
        last = page.last().copied();
        for one in page.into_iter().filter(|one| one.kept != one.counted) {
            counted.wrong += 1;
            if recount {
                mend(store, one).await?;
            }
        }
    }
}

/// In a transaction of its own, beside whatever else writes.
async fn mend(store: &Store, wrong: AuditTotal) -> Result<(), StorageError> {
    let count = async move |tx: &mut WriteTx| {
        tx.recount_audit_total(Within::Platform, wrong.owner, wrong.application).await
    };
    match store.write(count).await {
        // It was deleted in the meantime.
        Err(StorageError::Stale) => Ok(()),
        outcome => outcome,
    }
}
