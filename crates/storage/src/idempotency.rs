//! Requests that are to be done once, and what was answered.
//!
//! Nobody is told of these changes: no node keeps a copy.

use appkeep_domain::{Owner, Timestamp, Within};

use crate::error::{Result, StorageError, one_row};
use crate::owners::{owner_key, owner_level, reaches};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};
use crate::value::Value;

/// One run of a request that is to be done once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Of whose tenant the caller speaks.
    pub owner: Owner,
    /// Names the request: who asks, what, and with which key.
    pub fingerprint: [u8; 32],
    /// Names the run: of several, the latest alone may change anything.
    pub id: [u8; 16],
}

/// A request that somebody may repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRequest {
    /// A digest of the body.
    pub body: [u8; 32],
    /// Until when another waits for the run under way.
    pub lease_until: Timestamp,
    /// When the run made its first change, if it has made one.
    pub carried_out_at: Option<Timestamp>,
    pub answer: Option<SealedAnswer>,
}

/// What was answered, sealed under the owner's data key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedAnswer {
    pub sealed: Vec<u8>,
    pub data_key_version: u32,
}

impl ReadTx {
    /// What is known of the request at `now`; nothing when its owner is not
    /// within the boundary.
    pub async fn kept_request(
        &mut self,
        within: Within,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<Option<KeptRequest>> {
        const FIND: Sql = sql!(
            "SELECT body, lease_until, carried_out_at, answer, data_key_version FROM idempotency_keys
            WHERE owner = $1 AND fingerprint = $2 AND expires_at > $3"
        );
        if !reaches(within, attempt.owner) {
            return Ok(None);
        }
        let values = [owner_key(attempt.owner).into(), attempt.fingerprint.into(), now.into()];
        self.fetch_optional(FIND, &values, read).await
    }
}

impl WriteTx {
    /// Puts the attempt in the place of whatever is known of the request: ask
    /// for that first, in the same transaction. It is forgotten at `expires_at`.
    pub async fn reserve_request(
        &mut self,
        within: Within,
        attempt: &Attempt,
        body: [u8; 32],
        (lease_until, expires_at): (Timestamp, Timestamp),
    ) -> Result<()> {
        const RESERVE: Sql = sql!(
            "INSERT INTO idempotency_keys
                (owner, owner_level, fingerprint, body, attempt, lease_until, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (owner, fingerprint) DO UPDATE SET
                body = excluded.body, attempt = excluded.attempt, lease_until = excluded.lease_until,
                carried_out_at = NULL, answer = NULL, data_key_version = NULL,
                expires_at = excluded.expires_at"
        );
        one_row(u64::from(reaches(within, attempt.owner)))?;
        let values = [
            owner_key(attempt.owner).into(),
            owner_level(attempt.owner).into(),
            attempt.fingerprint.into(),
            body.into(),
            attempt.id.into(),
            lease_until.into(),
            expires_at.into(),
        ];
        one_row(self.execute(RESERVE, &values).await?)
    }

    /// Notes that this transaction changes something for the attempt, so that
    /// no other attempt ever does. `Superseded` when another has its place.
    pub async fn carry_out_request(
        &mut self,
        within: Within,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<()> {
        const CARRY_OUT: Sql = sql!(
            "UPDATE idempotency_keys SET carried_out_at = coalesce(carried_out_at, $4)
            WHERE owner = $1 AND fingerprint = $2 AND attempt = $3 AND answer IS NULL"
        );
        one_row(u64::from(reaches(within, attempt.owner)))?;
        let [owner, fingerprint, id] = key(attempt);
        let touched = self.execute(CARRY_OUT, &[owner, fingerprint, id, now.into()]).await?;
        one_row(touched).map_err(|_| StorageError::Superseded)
    }

    /// Keeps what was answered. Says whether the attempt still has its place.
    pub async fn keep_answer(
        &mut self,
        within: Within,
        attempt: &Attempt,
        answer: &SealedAnswer,
    ) -> Result<bool> {
        const KEEP: Sql = sql!(
            "UPDATE idempotency_keys SET answer = $4, data_key_version = $5
            WHERE owner = $1 AND fingerprint = $2 AND attempt = $3"
        );
        one_row(u64::from(reaches(within, attempt.owner)))?;
        let [owner, fingerprint, id] = key(attempt);
        let values =
            [owner, fingerprint, id, answer.sealed.as_slice().into(), answer.data_key_version.into()];
        Ok(self.execute(KEEP, &values).await? > 0)
    }

    /// Forgets the attempt, unless it changed something or another has its place.
    pub async fn release_request(&mut self, within: Within, attempt: &Attempt) -> Result<()> {
        const RELEASE: Sql = sql!(
            "DELETE FROM idempotency_keys
            WHERE owner = $1 AND fingerprint = $2 AND attempt = $3
                AND carried_out_at IS NULL AND answer IS NULL"
        );
        one_row(u64::from(reaches(within, attempt.owner)))?;
        self.execute(RELEASE, &key(attempt)).await?;
        Ok(())
    }

    /// Deletes at most `limit` that have expired at `now`, and says how many.
    pub async fn delete_expired_requests(
        &mut self,
        within: Within,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        const DELETE: Sql = sql!(
            "DELETE FROM idempotency_keys WHERE (owner, fingerprint) IN (
                SELECT owner, fingerprint FROM idempotency_keys WHERE expires_at <= $1
                ORDER BY expires_at LIMIT $2)"
        );
        if within != Within::Platform {
            return Ok(0);
        }
        self.execute(DELETE, &[now.into(), limit.into()]).await
    }
}

fn key(attempt: &Attempt) -> [Value<'static>; 3] {
    [owner_key(attempt.owner).into(), attempt.fingerprint.into(), attempt.id.into()]
}

fn read(row: &Row<'_>) -> Result<KeptRequest> {
    let sealed: Option<Vec<u8>> = row.get("answer")?;
    let version: Option<u32> = row.get("data_key_version")?;
    Ok(KeptRequest {
        body: row.get("body")?,
        lease_until: row.get("lease_until")?,
        carried_out_at: row.get("carried_out_at")?,
        answer: sealed
            .zip(version)
            .map(|(sealed, data_key_version)| SealedAnswer { sealed, data_key_version }),
    })
}
