//! Consents: what people allowed applications.

use appkeep_domain::{ApplicationId, Consent, Directory, Ending, UserId, Within};

use crate::claims::parse_scope;
use crate::error::{Result, one_row};
use crate::owners::reaches;
use crate::pages::{Seek, one_more, page_of};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// Part of a list, those for the newest applications first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsentPage {
    pub consents: Vec<Consent>,
    /// Where the next page begins: after this one. `None` at the end.
    pub next: Option<ApplicationId>,
}

const LIST: Sql = sql!(
    "SELECT directory_id, user_id, application_id, scope, granted_at, updated_at FROM consents
    WHERE user_id = $2 AND application_id < $3 AND directory_id = $1 ORDER BY application_id DESC LIMIT $4"
);

impl ReadTx {
    /// None when the user allowed the application nothing, or the directory is
    /// not within the boundary.
    pub async fn consent(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
        application: ApplicationId,
    ) -> Result<Option<Consent>> {
        const ONE: Sql = sql!(
            "SELECT directory_id, user_id, application_id, scope, granted_at, updated_at FROM consents
            WHERE directory_id = $1 AND user_id = $2 AND application_id = $3"
        );
        if !reaches(within, directory.owner) {
            return Ok(None);
        }
        self.fetch_optional(ONE, &[directory.id.into(), user.into(), application.into()], read).await
    }

    /// All that the user allowed; nothing when the directory is not within the
    /// boundary.
    pub async fn consents(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
        seek: Seek<ApplicationId>,
    ) -> Result<ConsentPage> {
        if !reaches(within, directory.owner) {
            return Ok(ConsentPage::default());
        }
        let after = seek.after.unwrap_or(LAST);
        let values = [directory.id.into(), user.into(), after.into(), one_more(seek.limit).into()];
        let found = self.fetch_all(LIST, &values, read).await?;
        let (consents, next) = page_of(found, seek.limit, |consent| consent.application);
        Ok(ConsentPage { consents, next })
    }
}

impl WriteTx {
    /// In place of what was allowed before; when that was first given, stays.
    /// `Stale` when the user or the application is not there, or the directory
    /// is not within the boundary.
    pub async fn put_consent(
        &mut self,
        within: Within,
        directory: &Directory,
        consent: &Consent,
    ) -> Result<()> {
        const PUT: Sql = sql!(
            "INSERT INTO consents (directory_id, user_id, application_id, scope, granted_at, updated_at)
            SELECT u.directory_id, u.id, i.id, $4, $5, $6 FROM users u, application_ids i
            WHERE u.directory_id = $1 AND u.id = $2 AND i.id = $3 AND i.deleted_at IS NULL
            ON CONFLICT (user_id, application_id)
                DO UPDATE SET scope = excluded.scope, updated_at = excluded.updated_at"
        );
        one_row(u64::from(reaches(within, directory.owner) && consent.directory == directory.id))?;
        let values = [
            directory.id.into(),
            consent.user.into(),
            consent.application.into(),
            consent.scope.to_string().into(),
            consent.granted_at.into(),
            consent.updated_at.into(),
        ];
        one_row(self.execute(PUT, &values).await?)
    }

    /// Takes back what the user allowed the application, and ends what they have
    /// with it. `Stale` when they allowed nothing, or the directory is not
    /// within the boundary.
    pub async fn delete_consent(
        &mut self,
        within: Within,
        directory: &Directory,
        (user, application): (UserId, ApplicationId),
        ending: Ending,
    ) -> Result<()> {
        const DELETE: Sql =
            sql!("DELETE FROM consents WHERE directory_id = $1 AND user_id = $2 AND application_id = $3");
        one_row(u64::from(reaches(within, directory.owner)))?;
        one_row(self.execute(DELETE, &[directory.id.into(), user.into(), application.into()]).await?)?;
        self.end_sessions_with(directory, (user, application), ending).await
    }
}

/// Greater than every id that is made.
const LAST: ApplicationId = ApplicationId::from_bytes([0xff; 16]);

fn read(row: &Row<'_>) -> Result<Consent> {
    Ok(Consent {
        directory: row.get("directory_id")?,
        user: row.get("user_id")?,
        application: row.get("application_id")?,
        scope: row.parse("scope", parse_scope)?,
        granted_at: row.get("granted_at")?,
        updated_at: row.get("updated_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn the_list_seeks() {
        assert_seeks(LIST).await;
    }
}
