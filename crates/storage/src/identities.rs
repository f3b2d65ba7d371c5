//! Who people are with the providers that sign them in, and who is awaited back
//! from there.

use appkeep_domain::{
    AuthorizationUnderWay, ConnectionId, Directory, Email, Identity, Name, ProviderName, ProviderSubject,
    RedirectUri, SecretHash, Timestamp, UserId, Within,
};

use crate::error::{Result, one_row};
use crate::owners::{bounding_owner, owner_key, reaches};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

/// What `read` reads; an identity whose connection is gone is none.
macro_rules! identities_where {
    ($condition:literal) => {
        concat!(
            "SELECT i.connection_id, i.directory_id, i.user_id, c.provider, i.subject, i.email,
                i.email_verified, i.name, i.created_at, i.last_used_at
            FROM identities i JOIN connections c ON c.id = i.connection_id WHERE ",
            $condition
        )
    };
}

const OF_USER: Sql = sql!(identities_where!("i.directory_id = $1 AND i.user_id = $2 ORDER BY c.provider"));
const BY_SUBJECT: Sql =
    sql!(identities_where!("i.connection_id = $2 AND i.subject = $3 AND i.directory_id = $1"));
const DELETE_OF_USER: Sql = sql!("DELETE FROM identities WHERE directory_id = $1 AND user_id = $2");

impl ReadTx {
    /// Whoever is this to the provider; none when the directory is not within
    /// the boundary.
    pub async fn identity(
        &mut self,
        within: Within,
        directory: &Directory,
        (connection, subject): (ConnectionId, &ProviderSubject),
    ) -> Result<Option<Identity>> {
        if !reaches(within, directory.owner) {
            return Ok(None);
        }
        let values = [directory.id.into(), connection.into(), subject.as_str().into()];
        self.fetch_optional(BY_SUBJECT, &values, read).await
    }

    /// All that the user has, by their providers' names; none when the
    /// directory is not within the boundary.
    pub async fn identities_of(
        &mut self,
        within: Within,
        directory: &Directory,
        user: UserId,
    ) -> Result<Vec<Identity>> {
        if !reaches(within, directory.owner) {
            return Ok(Vec::new());
        }
        self.fetch_all(OF_USER, &[directory.id.into(), user.into()], read).await
    }

    /// Whoever brings the state with this hash, expired ones too until they are
    /// swept.
    pub async fn under_way(
        &mut self,
        within: Within,
        state: SecretHash,
    ) -> Result<Option<AuthorizationUnderWay>> {
        const ONE: Sql = sql!(
            "SELECT a.hash, a.directory_id, a.connection_id, a.redirect_uri, a.created_at, a.expires_at
            FROM authorizations_under_way a JOIN directories d ON d.id = a.directory_id
            WHERE a.hash = $1 AND (d.owner = $2 OR $2 IS NULL)"
        );
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_optional(ONE, &[state.into(), owner.into()], read_under_way).await
    }
}

impl WriteTx {
    /// A second one of the user by the connection is
    /// `Taken("identities.connection_id, identities.user_id")`, a subject that
    /// somebody is `Taken("identities.connection_id, identities.subject")`;
    /// `Stale` when the user or the connection is not there, or the directory
    /// not within the boundary.
    pub async fn insert_identity(
        &mut self,
        within: Within,
        directory: &Directory,
        identity: &Identity,
    ) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO identities (connection_id, directory_id, user_id, subject, email, email_verified,
                name, created_at, last_used_at)
            SELECT c.id, u.directory_id, u.id, $4, $5, $6, $7, $8, $9
            FROM users u JOIN connections c ON c.directory_id = u.directory_id
            WHERE u.directory_id = $1 AND u.id = $2 AND c.id = $3"
        );
        one_row(u64::from(reaches(within, directory.owner) && identity.directory == directory.id))?;
        let values = [
            identity.directory.into(),
            identity.user.into(),
            identity.connection.into(),
            identity.subject.as_str().into(),
            identity.email.as_ref().map(Email::as_str).into(),
            identity.email_verified.into(),
            identity.name.as_ref().map(Name::as_str).into(),
            identity.created_at.into(),
            identity.last_used_at.into(),
        ];
        one_row(self.execute(INSERT, &values).await?)
    }

    /// Notes that it was used, and what the provider said of the person then;
    /// `Stale` when it is not there, or the directory not within the boundary.
    pub async fn touch_identity(
        &mut self,
        within: Within,
        directory: &Directory,
        identity: &Identity,
    ) -> Result<()> {
        const TOUCH: Sql = sql!(
            "UPDATE identities SET email = $4, email_verified = $5, name = $6, last_used_at = $7
            WHERE connection_id = $3 AND user_id = $2 AND directory_id = $1"
        );
        one_row(u64::from(reaches(within, directory.owner)))?;
        let values = [
            directory.id.into(),
            identity.user.into(),
            identity.connection.into(),
            identity.email.as_ref().map(Email::as_str).into(),
            identity.email_verified.into(),
            identity.name.as_ref().map(Name::as_str).into(),
            identity.last_used_at.into(),
        ];
        one_row(self.execute(TOUCH, &values).await?)
    }

    /// Whether the user had one with the provider. `Stale` when the directory
    /// is not within the boundary.
    pub async fn delete_identity(
        &mut self,
        within: Within,
        directory: &Directory,
        (user, provider): (UserId, &ProviderName),
    ) -> Result<bool> {
        const DELETE: Sql = sql!(
            "DELETE FROM identities WHERE user_id = $2 AND connection_id =
                (SELECT id FROM connections WHERE directory_id = $1 AND provider = $3)"
        );
        one_row(u64::from(reaches(within, directory.owner)))?;
        let values = [directory.id.into(), user.into(), provider.as_str().into()];
        Ok(self.execute(DELETE, &values).await? == 1)
    }

    pub(crate) async fn delete_identities_of(&mut self, directory: &Directory, user: UserId) -> Result<()> {
        self.execute(DELETE_OF_USER, &[directory.id.into(), user.into()]).await.map(drop)
    }

    /// `Stale` when the connection is not there, or the directory not within the
    /// boundary.
    pub async fn insert_under_way(
        &mut self,
        within: Within,
        directory: &Directory,
        under_way: &AuthorizationUnderWay,
    ) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO authorizations_under_way (hash, directory_id, connection_id, redirect_uri, created_at,
                expires_at)
            SELECT $3, c.directory_id, c.id, $4, $5, $6
            FROM connections c WHERE c.id = $2 AND c.directory_id = $1"
        );
        one_row(u64::from(reaches(within, directory.owner) && under_way.directory == directory.id))?;
        let values = [
            under_way.directory.into(),
            under_way.connection.into(),
            under_way.state.into(),
            under_way.redirect_uri.as_str().into(),
            under_way.created_at.into(),
            under_way.expires_at.into(),
        ];
        one_row(self.execute(INSERT, &values).await?)
    }

    /// Whoever brings the state, which is good for no second time when this
    /// commits; none when it has expired at `now`, is not there, or is not
    /// within the boundary.
    pub async fn take_under_way(
        &mut self,
        within: Within,
        state: SecretHash,
        now: Timestamp,
    ) -> Result<Option<AuthorizationUnderWay>> {
        const TAKE: Sql = sql!("DELETE FROM authorizations_under_way WHERE hash = $1 AND expires_at > $2");
        let Some(under_way) = self.under_way(within, state).await? else { return Ok(None) };
        let taken = self.execute(TAKE, &[state.into(), now.into()]).await?;
        Ok((taken == 1).then_some(under_way))
    }

    /// Deletes at most `limit` who have not come back until `now`, and says how
    /// many. `Stale` within anything but the platform.
    pub async fn delete_expired_under_way(
        &mut self,
        within: Within,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        one_row(u64::from(within == Within::Platform))?;
        self.execute(SWEEP, &[now.into(), limit.into()]).await
    }
}

const SWEEP: Sql = sql!(
    postgres: "DELETE FROM authorizations_under_way WHERE hash = ANY(ARRAY(
                   SELECT hash FROM authorizations_under_way WHERE expires_at <= $1
                   ORDER BY expires_at LIMIT $2))",
    sqlite: "DELETE FROM authorizations_under_way WHERE hash IN (
                   SELECT hash FROM authorizations_under_way WHERE expires_at <= $1
                   ORDER BY expires_at LIMIT $2)",
);

fn read(row: &Row<'_>) -> Result<Identity> {
    Ok(Identity {
        connection: row.get("connection_id")?,
        directory: row.get("directory_id")?,
        user: row.get("user_id")?,
        provider: row.parse("provider", ProviderName::parse)?,
        subject: row.parse("subject", ProviderSubject::parse)?,
        email: row.parse_optional("email", Email::parse)?,
        email_verified: row.get("email_verified")?,
        name: row.parse_optional("name", Name::parse)?,
        created_at: row.get("created_at")?,
        last_used_at: row.get("last_used_at")?,
    })
}

fn read_under_way(row: &Row<'_>) -> Result<AuthorizationUnderWay> {
    Ok(AuthorizationUnderWay {
        state: row.get("hash")?,
        directory: row.get("directory_id")?,
        connection: row.get("connection_id")?,
        // It was one of a native application's when it was written.
        redirect_uri: row.parse("redirect_uri", |raw| RedirectUri::parse(raw, true))?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn identities_are_sought() {
        for sql in [DELETE_OF_USER, SWEEP] {
            assert_seeks(sql).await;
        }
        for sql in [OF_USER, BY_SUBJECT] {
            assert_no_scan_of(sql, &["i", "c"]).await;
        }
    }
}
