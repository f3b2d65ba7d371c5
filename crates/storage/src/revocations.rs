//! Revocations: one row for each thing revoked, until it may be forgotten.

use appkeep_domain::{
    ApplicationId, GrantId, Revocation, RevokedSubject, SessionId, Timestamp, TokenId, UserId, Within,
};

use crate::changes::{Change, Topic};
use crate::error::{Result, StorageError, one_row};
use crate::owners::{bounding_owner, owner_key, owner_level, reaches, read_owner};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::store::Store;
use crate::tx::{ReadTx, WriteTx};

const SWEEP_BATCH: u32 = 1_000;

impl Store {
    /// Deletes what may be forgotten at `now`, some at a time, and says how many.
    pub async fn sweep_revocations(&self, now: Timestamp) -> Result<u64> {
        let mut swept = 0;
        loop {
            let batch: Result<u64> = self
                .write(async move |tx| {
                    tx.delete_forgotten_revocations(Within::Platform, now, SWEEP_BATCH).await
                })
                .await;
            swept += batch.as_ref().copied().unwrap_or_default();
            if batch? < u64::from(SWEEP_BATCH) {
                return Ok(swept);
            }
        }
    }
}

impl ReadTx {
    /// What is revoked under this id, whatever it is the id of, and not to be
    /// forgotten at `now`.
    pub async fn revocations_of(
        &mut self,
        within: Within,
        key: [u8; 16],
        now: Timestamp,
    ) -> Result<Vec<Revocation>> {
        const BY_SUBJECT: Sql = sql!(
            "SELECT subject, kind, owner, owner_level, revoked_at, forget_at FROM revocations
            WHERE subject = $1 AND forget_at > $2 AND (owner = $3 OR $3 IS NULL) ORDER BY kind"
        );
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_all(BY_SUBJECT, &[key.into(), now.into(), owner.into()], read).await
    }

    /// Everything revoked and not to be forgotten at `now`, in the order of
    /// subjects, after `after`, at most `limit`.
    pub async fn revocations(
        &mut self,
        within: Within,
        now: Timestamp,
        after: Option<RevokedSubject>,
        limit: u32,
    ) -> Result<Vec<Revocation>> {
        const LIST: Sql = sql!(
            "SELECT subject, kind, owner, owner_level, revoked_at, forget_at FROM revocations
            WHERE (subject, kind) > ($1, $2) AND forget_at > $3 AND (owner = $4 OR $4 IS NULL)
            ORDER BY subject, kind LIMIT $5"
        );
        // Every subject is greater than no bytes.
        let subject = after.map_or(Vec::new(), |after| after.as_bytes().to_vec());
        let kind = after.as_ref().map_or("", print_kind);
        let owner = bounding_owner(within).map(owner_key);
        let values = [subject.into(), kind.into(), now.into(), owner.into(), limit.into()];
        self.fetch_all(LIST, &values, read).await
    }
}

impl WriteTx {
    /// A later revocation of the same subject raises both times of the one
    /// before, and an earlier one changes nothing. `Stale` when the owner is
    /// not within the boundary, or is not whose the one before is.
    pub async fn insert_revocation(&mut self, within: Within, revocation: &Revocation) -> Result<()> {
        const UPSERT: Sql = sql!(
            "INSERT INTO revocations (subject, kind, owner, owner_level, revoked_at, forget_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (subject, kind) DO UPDATE SET
                revoked_at = CASE WHEN excluded.revoked_at > revocations.revoked_at
                    THEN excluded.revoked_at ELSE revocations.revoked_at END,
                forget_at = CASE WHEN excluded.forget_at > revocations.forget_at
                    THEN excluded.forget_at ELSE revocations.forget_at END
            WHERE revocations.owner = excluded.owner"
        );
        one_row(u64::from(reaches(within, revocation.owner)))?;
        let subject = revocation.subject.as_bytes();
        let values = [
            subject.into(),
            print_kind(&revocation.subject).into(),
            owner_key(revocation.owner).into(),
            owner_level(revocation.owner).into(),
            revocation.revoked_at.into(),
            revocation.forget_at.into(),
        ];
        one_row(self.execute(UPSERT, &values).await?)?;
        self.announce(Change { topic: Topic::Revocation, key: subject });
        Ok(())
    }

    /// Deletes at most `limit` that may be forgotten at `now`, and says how
    /// many. Nobody is told: a copy of one forgets it by itself.
    pub async fn delete_forgotten_revocations(
        &mut self,
        within: Within,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        const DELETE: Sql = sql!(
            "DELETE FROM revocations WHERE (subject, kind) IN (
                SELECT subject, kind FROM revocations WHERE forget_at <= $1 AND (owner = $2 OR $2 IS NULL)
                ORDER BY forget_at LIMIT $3)"
        );
        let owner = bounding_owner(within).map(owner_key);
        self.execute(DELETE, &[now.into(), owner.into(), limit.into()]).await
    }
}

const fn print_kind(subject: &RevokedSubject) -> &'static str {
    match subject {
        RevokedSubject::Application(_) => "application",
        RevokedSubject::Grant(_) => "grant",
        RevokedSubject::Session(_) => "session",
        RevokedSubject::Token(_) => "token",
        RevokedSubject::User(_) => "user",
    }
}

fn read(row: &Row<'_>) -> Result<Revocation> {
    let id: [u8; 16] = row.get("subject")?;
    let subject = match row.get::<String>("kind")?.as_str() {
        "application" => RevokedSubject::Application(ApplicationId::from_bytes(id)),
        "grant" => RevokedSubject::Grant(GrantId::from_bytes(id)),
        "session" => RevokedSubject::Session(SessionId::from_bytes(id)),
        "token" => RevokedSubject::Token(TokenId::from_bytes(id)),
        "user" => RevokedSubject::User(UserId::from_bytes(id)),
        _ => return Err(StorageError::corrupt("kind", "none of application, grant, session, token, user")),
    };
    Ok(Revocation {
        owner: read_owner(row)?,
        subject,
        revoked_at: row.get("revoked_at")?,
        forget_at: row.get("forget_at")?,
    })
}
