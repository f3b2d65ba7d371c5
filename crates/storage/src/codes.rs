//! Authorization codes: hashes, and what they may be exchanged for.

use appkeep_domain::{AuthorizationCode, SecretHash, Timestamp, Within};

use crate::claims::{parse_audience, parse_methods, parse_scope, print_audience, print_methods};
use crate::error::{Result, one_row};
use crate::owners::{bounding_owner, owner_key, reaches, read_owner};
use crate::row::Row;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

impl ReadTx {
    /// The code with this hash, redeemed and expired ones too until they are
    /// swept.
    pub async fn code(&mut self, within: Within, hash: SecretHash) -> Result<Option<AuthorizationCode>> {
        const ONE: Sql = sql!(
            "SELECT hash, owner, owner_level, application_id, session_id, grant_id, directory_id, user_id,
                redirect_uri, challenge, scope, audience, client_spelling, nonce, authenticated_at, methods,
                created_at, expires_at, redeemed_at
            FROM codes WHERE hash = $1 AND (owner = $2 OR $2 IS NULL)"
        );
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_optional(ONE, &[hash.into(), owner.into()], read).await
    }
}

impl WriteTx {
    /// `Stale` when its session has ended, has expired at `created_at` or is not
    /// there, or is not within the boundary.
    pub async fn insert_code(&mut self, within: Within, code: &AuthorizationCode) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO codes (owner, owner_level, application_id, session_id, directory_id, user_id, hash,
                grant_id, redirect_uri, challenge, scope, audience, client_spelling, nonce, authenticated_at,
                methods, created_at, expires_at, redeemed_at)
            SELECT s.owner, s.owner_level, s.application_id, s.id, s.directory_id, s.user_id, $6, $7, $8, $9,
                $10, $11, $12, $13, $14, $15, $16, $17, $18
            FROM sessions s
            WHERE s.id = $3 AND s.owner = $1 AND s.application_id = $2 AND s.directory_id = $4
                AND s.user_id = $5 AND s.ended_at IS NULL AND s.expires_at > $16"
        );
        one_row(u64::from(reaches(within, code.owner)))?;
        let values = [
            owner_key(code.owner).into(),
            code.application.into(),
            code.session.into(),
            code.directory.into(),
            code.user.into(),
            code.hash.into(),
            code.grant.into(),
            code.redirect_uri.as_deref().into(),
            code.challenge.into(),
            code.scope.to_string().into(),
            print_audience(&code.audience).into(),
            code.client_spelling.as_str().into(),
            code.nonce.as_deref().into(),
            code.authenticated_at.into(),
            print_methods(&code.methods).into(),
            code.created_at.into(),
            code.expires_at.into(),
            code.redeemed_at.into(),
        ];
        one_row(self.execute(INSERT, &values).await?)
    }

    /// Once; from then on it is known until `known_until`. `Stale` when it was
    /// redeemed already, has expired at `now`, is not there, or is not within
    /// the boundary.
    pub async fn redeem_code(
        &mut self,
        within: Within,
        hash: SecretHash,
        (now, known_until): (Timestamp, Timestamp),
    ) -> Result<()> {
        const REDEEM: Sql = sql!(
            "UPDATE codes SET redeemed_at = $2, expires_at = $4
            WHERE hash = $1 AND redeemed_at IS NULL AND expires_at > $2 AND (owner = $3 OR $3 IS NULL)"
        );
        let owner = bounding_owner(within).map(owner_key);
        one_row(self.execute(REDEEM, &[hash.into(), now.into(), owner.into(), known_until.into()]).await?)
    }

    /// Deletes at most `limit` that had expired at `before`, or are known no
    /// longer, and says how many. `Stale` within anything but the platform.
    pub async fn delete_expired_codes(
        &mut self,
        within: Within,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        one_row(u64::from(within == Within::Platform))?;
        self.execute(SWEEP, &[before.into(), limit.into()]).await
    }
}

const SWEEP: Sql = sql!(
    postgres: "DELETE FROM codes WHERE hash = ANY(ARRAY(
                   SELECT hash FROM codes WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2))",
    sqlite: "DELETE FROM codes WHERE hash IN (
                   SELECT hash FROM codes WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
);

fn read(row: &Row<'_>) -> Result<AuthorizationCode> {
    Ok(AuthorizationCode {
        hash: row.get("hash")?,
        owner: read_owner(row)?,
        application: row.get("application_id")?,
        session: row.get("session_id")?,
        grant: row.get("grant_id")?,
        directory: row.get("directory_id")?,
        user: row.get("user_id")?,
        redirect_uri: row.get("redirect_uri")?,
        challenge: row.get("challenge")?,
        scope: row.parse("scope", parse_scope)?,
        audience: row.parse("audience", parse_audience)?,
        client_spelling: row.get("client_spelling")?,
        nonce: row.get("nonce")?,
        authenticated_at: row.get("authenticated_at")?,
        methods: row.parse("methods", parse_methods)?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        redeemed_at: row.get("redeemed_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn the_sweep_seeks() {
        assert_seeks(SWEEP).await;
    }
}
