//! Impersonations: who acted as whom, and that it ends.

use appkeep_domain::{
    ApplicationId, Directory, EndReason, Ending, Impersonation, ImpersonationEnd, ImpersonationId,
    OperatorId, Owner, Reason, Timestamp, UserId, Within,
};

use crate::claims::{from_columns, read_from};
use crate::error::{Result, StorageError, one_row};
use crate::owners::{owner_key, reaches, read_owner};
use crate::pages::{Seek, one_more, page_of};
use crate::row::Row;
use crate::sessions::ends::read_id;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// Part of a list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImpersonationPage {
    pub impersonations: Vec<Impersonation>,
    /// Where the next page begins: after this one. `None` at the end.
    pub next: Option<ImpersonationId>,
}

/// An application, and whose people one is told of: a tenant learns nothing of
/// what happens to another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeopleWith {
    pub people: Owner,
    pub application: ApplicationId,
}

macro_rules! impersonations_where {
    ($condition:literal) => {
        concat!(
            "SELECT i.owner, i.owner_level, i.application_id, i.id, i.directory_id, i.user_id, i.session_id,
                i.operator_id, i.reason, i.address, i.user_agent, i.started_at, i.expires_at, i.ended_at,
                i.end_reason
            FROM impersonations i WHERE ",
            $condition
        )
    };
}

const ACTIVE: Sql = sql!(impersonations_where!(
    "i.application_id = $2 AND i.expires_at > $3 AND i.ended_at IS NULL AND i.id < $4
        AND EXISTS (SELECT 1 FROM directories d WHERE d.id = i.directory_id AND d.owner = $1)
    ORDER BY i.id DESC LIMIT $5"
));

const OF_USER: Sql = sql!(impersonations_where!(
    "i.directory_id = $1 AND i.user_id = $2 AND i.application_id = $3 AND i.id < $4
    ORDER BY i.id DESC LIMIT $5"
));

const BY_OPERATOR: Sql = sql!(impersonations_where!(
    "i.operator_id = $1 AND i.expires_at > $2 AND i.ended_at IS NULL ORDER BY i.expires_at DESC LIMIT 1"
));

const SESSIONS_BY: Sql = sql!(
    "SELECT session_id AS id FROM impersonations
    WHERE operator_id = $1 AND expires_at > $2 AND ended_at IS NULL"
);

impl ReadTx {
    /// One of the application, over or not, whose user is one of those people.
    pub async fn impersonation(
        &mut self,
        within: Within,
        with: PeopleWith,
        id: ImpersonationId,
    ) -> Result<Option<Impersonation>> {
        const ONE: Sql = sql!(impersonations_where!(
            "i.id = $3 AND i.application_id = $2
                AND EXISTS (SELECT 1 FROM directories d WHERE d.id = i.directory_id AND d.owner = $1)"
        ));
        if !reaches(within, with.people) {
            return Ok(None);
        }
        let values = [owner_key(with.people).into(), with.application.into(), id.into()];
        self.fetch_optional(ONE, &values, read).await
    }

    /// What the operator does at `now`: of several, what goes on for longest. For
    /// the platform's eyes.
    pub async fn impersonation_by(
        &mut self,
        within: Within,
        operator: OperatorId,
        now: Timestamp,
    ) -> Result<Option<Impersonation>> {
        if within != Within::Platform {
            return Ok(None);
        }
        self.fetch_optional(BY_OPERATOR, &[operator.into(), now.into()], read).await
    }

    /// Those that go on at `now`; nothing when the people are not within the
    /// boundary.
    pub async fn active_impersonations(
        &mut self,
        within: Within,
        with: PeopleWith,
        now: Timestamp,
        seek: Seek<ImpersonationId>,
    ) -> Result<ImpersonationPage> {
        if !reaches(within, with.people) {
            return Ok(ImpersonationPage::default());
        }
        let values = [
            owner_key(with.people).into(),
            with.application.into(),
            now.into(),
            seek.after.unwrap_or(LAST).into(),
            one_more(seek.limit).into(),
        ];
        Ok(page(self.fetch_all(ACTIVE, &values, read).await?, seek.limit))
    }

    /// All there were of a user with the application; nothing when the directory
    /// is not within the boundary.
    pub async fn impersonations_of_user(
        &mut self,
        within: Within,
        (directory, user): (&Directory, UserId),
        application: ApplicationId,
        seek: Seek<ImpersonationId>,
    ) -> Result<ImpersonationPage> {
        if !reaches(within, directory.owner) {
            return Ok(ImpersonationPage::default());
        }
        let values = [
            directory.id.into(),
            user.into(),
            application.into(),
            seek.after.unwrap_or(LAST).into(),
            one_more(seek.limit).into(),
        ];
        Ok(page(self.fetch_all(OF_USER, &values, read).await?, seek.limit))
    }
}

impl WriteTx {
    /// `Stale` when its session is over or is not the user's with the
    /// application, or the application is not within the boundary.
    pub async fn insert_impersonation(
        &mut self,
        within: Within,
        impersonation: &Impersonation,
    ) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO impersonations (owner, owner_level, application_id, id, directory_id, user_id,
                session_id, operator_id, reason, started_at, expires_at, address, user_agent)
            SELECT s.owner, s.owner_level, s.application_id, $6, s.directory_id, s.user_id, s.id, $7, $8, $9,
                $10, $11, $12
            FROM sessions s
            WHERE s.id = $3 AND s.owner = $1 AND s.application_id = $2 AND s.directory_id = $4
                AND s.user_id = $5 AND s.impersonation_id = $6 AND s.ended_at IS NULL AND s.expires_at > $9"
        );
        one_row(u64::from(reaches(within, impersonation.owner)))?;
        let mut values = vec![
            owner_key(impersonation.owner).into(),
            impersonation.application.into(),
            impersonation.session.into(),
            impersonation.directory.into(),
            impersonation.user.into(),
            impersonation.id.into(),
            impersonation.operator.into(),
            impersonation.reason.as_str().into(),
            impersonation.started_at.into(),
            impersonation.expires_at.into(),
        ];
        values.extend(from_columns(&impersonation.from));
        one_row(self.execute(INSERT, &values).await?)
    }

    /// Somebody ends it: its session ends with it, and what was issued in that is
    /// refused. `Stale` when it is over already, is not there, or the application
    /// is not within the boundary.
    pub async fn end_impersonation(
        &mut self,
        within: Within,
        impersonation: &Impersonation,
        ending: Ending,
    ) -> Result<()> {
        const END: Sql = sql!(
            "UPDATE impersonations SET ended_at = $3, end_reason = 'ended'
            WHERE id = $2 AND owner = $1 AND ended_at IS NULL AND expires_at > $3"
        );
        one_row(u64::from(reaches(within, impersonation.owner)))?;
        let values = [owner_key(impersonation.owner).into(), impersonation.id.into(), ending.at.into()];
        one_row(self.execute(END, &values).await?)?;
        self.end_those(&[impersonation.session.as_bytes()], ending).await
    }

    /// Ends those that go on by an operator who may do so no more, and says how
    /// many they were. `Stale` within anything but the platform.
    pub async fn end_impersonations_by(
        &mut self,
        within: Within,
        operator: OperatorId,
        ending: Ending,
    ) -> Result<u64> {
        one_row(u64::from(within == Within::Platform))?;
        let sessions = self.fetch_all(SESSIONS_BY, &[operator.into(), ending.at.into()], read_id).await?;
        self.end_those(&sessions, ending).await?;
        Ok(sessions.len() as u64)
    }
}

/// Greater than every id that is made.
const LAST: ImpersonationId = ImpersonationId::from_bytes([0xff; 16]);

fn page(found: Vec<Impersonation>, limit: usize) -> ImpersonationPage {
    let (impersonations, next) = page_of(found, limit, |one| one.id);
    ImpersonationPage { impersonations, next }
}

fn read(row: &Row<'_>) -> Result<Impersonation> {
    let reason = row.parse_optional("end_reason", EndReason::parse)?;
    let ended = match (row.get::<Option<Timestamp>>("ended_at")?, reason) {
        (Some(at), Some(reason)) => Some(ImpersonationEnd { at, reason }),
        (None, None) => None,
        _ => return Err(StorageError::corrupt("end_reason", "goes with `ended_at`")),
    };
    Ok(Impersonation {
        id: row.get("id")?,
        owner: read_owner(row)?,
        application: row.get("application_id")?,
        directory: row.get("directory_id")?,
        user: row.get("user_id")?,
        session: row.get("session_id")?,
        operator: row.get("operator_id")?,
        reason: row.parse("reason", Reason::parse)?,
        from: read_from(row)?,
        started_at: row.get("started_at")?,
        expires_at: row.get("expires_at")?,
        ended,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn impersonations_are_sought() {
        for sql in [OF_USER, BY_OPERATOR, SESSIONS_BY] {
            assert_seeks(sql).await;
        }
        assert_no_scan_of(ACTIVE, &["i", "d"]).await;
    }
}
