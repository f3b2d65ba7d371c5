//! What two callers want at once: guards and caps hold on both databases, and
//! PostgreSQL runs again whoever was in the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use appkeep_testkit::{Given, TestDatabase, on_each_database};
use tokio::sync::Barrier;

use super::{COUNT_NOTES, Seam, found, insert_note};
use crate::StorageError;
use crate::error::one_row;
use crate::sql::{Sql, sql};

on_each_database![of_twenty_guarded_updates_one_wins, a_cap_holds_against_all_who_insert_at_once];

const USE_NOTE: Sql = sql!("UPDATE notes SET used_at = $2 WHERE id = $1 AND used_at IS NULL");

async fn of_twenty_guarded_updates_one_wins(seam: Seam) {
    let seam = Arc::new(seam.with_notes().await);
    seam.write(async |tx| insert_note(tx, 1).await).await.expect("inserts");
    let callers: Vec<_> = (0..20_i64)
        .map(|at| {
            let seam = Arc::clone(&seam);
            tokio::spawn(async move {
                seam.write(async move |tx| {
                    one_row(tx.execute(USE_NOTE, &[[1_u8; 16].into(), at.into()]).await?)
                })
                .await
            })
        })
        .collect();
    let mut won = 0;
    for caller in callers {
        match caller.await.expect("runs") {
            Ok(()) => won += 1,
            Err(StorageError::Stale) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(won, 1);
}

/// Write skew: each looks at all and adds one of its own.
async fn a_cap_holds_against_all_who_insert_at_once(seam: Seam) {
    const CAP: i64 = 5;
    let seam = Arc::new(seam.with_notes().await);
    let callers: Vec<_> = (0..20)
        .map(|number| {
            let seam = Arc::clone(&seam);
            tokio::spawn(async move {
                seam.write(async move |tx| {
                    if tx.fetch_optional(COUNT_NOTES, &[], found).await? >= Some(CAP) {
                        return Err(StorageError::Stale);
                    }
                    insert_note(tx, number).await
                })
                .await
            })
        })
        .collect();
    let mut inserted = 0;
    for caller in callers {
        match caller.await.expect("runs") {
            Ok(_) => inserted += 1,
            Err(StorageError::Stale) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((inserted, seam.notes().await), (CAP, CAP));
}

/// An error of a layer above, which forgets what the database said.
#[derive(Debug)]
struct Forgetful;

impl From<StorageError> for Forgetful {
    fn from(_: StorageError) -> Self {
        Self
    }
}

#[tokio::test]
async fn whoever_was_in_the_way_runs_again_on_postgres() {
    let seam = Arc::new(Seam::given(&TestDatabase::postgres().await).with_notes().await);
    let (calls, meeting) = (Arc::new(AtomicUsize::new(0)), Arc::new(Barrier::new(2)));
    let callers: Vec<_> = (1..=2)
        .map(|number| {
            let (seam, calls, meeting) = (Arc::clone(&seam), Arc::clone(&calls), Arc::clone(&meeting));
            tokio::spawn(async move {
                seam.store
                    .write(async move |tx| {
                        tx.fetch_optional(COUNT_NOTES, &[], found).await?;
                        // Both have read before either writes, the first time.
                        if calls.fetch_add(1, Ordering::SeqCst) < 2 {
                            meeting.wait().await;
                        }
                        insert_note(tx, number).await?;
                        tx.fetch_optional(COUNT_NOTES, &[], found).await.map_err(Forgetful::from)
                    })
                    .await
            })
        })
        .collect();
    let mut seen = Vec::new();
    for caller in callers {
        seen.push(caller.await.expect("runs").expect("commits"));
    }
    seen.sort_unstable();
    assert_eq!(seen, [Some(1), Some(2)], "as if one had come after the other");
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    assert_eq!(seam.store.stats().retries, 1);
    assert!(seam.database.is_postgres());
}
