//! What agents have at the gateway: found by its id, or by what an agent is that
//! begins no session; listed, counted and ended.

mod totals;

use std::ops::ControlFlow;

use appkeep_domain::{
    AgentCaller, AgentClient, AgentSession, AgentSessionId, Application, ApplicationId, Owner, SecretHash,
    SessionState, TenantId, Timestamp, UserId, Within,
};
use serde_json::{Value as Json, json};

pub use self::totals::AgentSessionTotal;
use crate::claims::{from_columns, read_from};
use crate::error::{Result, StorageError, one_row};
use crate::owners::reaches;
use crate::pages::{Gathering, Seek};
use crate::row::Row;
use crate::sessions::hex;
use crate::sessions::list::SessionCounts;
use crate::sql::{Sql, sql};
use crate::store::Store;
use crate::tx::{ReadTx, WriteTx};

/// Which agents' sessions to list; all that hold together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AgentSessionFilter {
    pub state: Option<SessionState>,
    /// Whether it is neither ended nor expired.
    pub live: Option<bool>,
    pub user: Option<UserId>,
}

/// Part of a list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentSessionPage {
    pub sessions: Vec<AgentSession>,
    /// Where the next page begins: after this one. `None` at the end. A page
    /// may be short and yet have a next, when enough was examined.
    pub next: Option<AgentSessionId>,
}

/// What was seen of a session since it was last told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentSighting {
    pub tenant: TenantId,
    pub application: ApplicationId,
    pub id: AgentSessionId,
    pub seen_at: Timestamp,
    /// When the token is over that was shown.
    pub expires_at: Timestamp,
    /// How many calls were passed on.
    pub calls: u32,
}

/// What `read` reads.
macro_rules! columns {
    () => {
        "application_id, id, tenant_id, directory_id, user_id, found_by, client_name, client_version, protocol,
        address, user_agent, calls, created_at, last_seen_at, expires_at, ended_at"
    };
}

macro_rules! sessions_where {
    ($condition:literal) => {
        concat!("SELECT ", columns!(), " FROM agent_sessions WHERE ", $condition)
    };
}

const BY_ID: Sql = sql!(sessions_where!("application_id = $1 AND id = $2 AND tenant_id = $3"));
const BY_ID_OF_TENANT: Sql = sql!(sessions_where!("tenant_id = $1 AND id = $2"));
const FOUND_BY: Sql = sql!(sessions_where!("application_id = $1 AND found_by = $2 AND ended_at IS NULL"));
const NEWEST: Sql = sql!(sessions_where!("application_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"));
const NEWEST_OF_TENANT: Sql = sql!(sessions_where!("tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"));
const COUNTS: Sql = sql!(
    "SELECT count(*) AS live, count(*) FILTER (WHERE s.last_seen_at > $3) AS active,
        (SELECT CAST(coalesce(sum(t.begun), 0) AS BIGINT) FROM agent_session_totals t
            WHERE t.application_id = $1) AS total
    FROM agent_sessions s WHERE s.application_id = $1 AND s.ended_at IS NULL AND s.expires_at > $2"
);
const LIVE_OF_USER: Sql = sql!(
    "SELECT count(*) AS many FROM (
        SELECT 1 FROM agent_sessions WHERE directory_id = $1 AND user_id = $2 AND application_id = $3
            AND ended_at IS NULL AND expires_at > $4 LIMIT $5) AS counted"
);
const USER: Sql = sql!("SELECT 1 AS one FROM users WHERE directory_id = $1 AND id = $2");
const END: Sql = sql!(
    "UPDATE agent_sessions SET ended_at = $3 WHERE application_id = $1 AND id = $2 AND ended_at IS NULL"
);
const END_ALL: Sql = sql!(
    "UPDATE agent_sessions SET ended_at = $2
    WHERE application_id = $1 AND ended_at IS NULL AND expires_at > $2"
);
const SWEEP: Sql = sql!(
    postgres: "DELETE FROM agent_sessions WHERE ctid = ANY(ARRAY(
                   SELECT ctid FROM agent_sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2))",
    sqlite: "DELETE FROM agent_sessions WHERE rowid IN (
                   SELECT rowid FROM agent_sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
);
const TOUCH: Sql = sql!(
    postgres: "UPDATE agent_sessions s SET last_seen_at = greatest(s.last_seen_at, t.seen),
            expires_at = greatest(s.expires_at, t.ends), calls = s.calls + t.calls
        FROM jsonb_to_recordset($1)
            AS t (session text, tenant text, application text, seen bigint, ends bigint, calls bigint)
        WHERE s.application_id = decode(t.application, 'hex') AND s.id = decode(t.session, 'hex')
            AND s.tenant_id = decode(t.tenant, 'hex')",
    sqlite: "UPDATE agent_sessions SET
            last_seen_at = max(agent_sessions.last_seen_at, t.value ->> 'seen'),
            expires_at = max(agent_sessions.expires_at, t.value ->> 'ends'),
            calls = agent_sessions.calls + (t.value ->> 'calls')
        FROM json_each($1) AS t
        WHERE agent_sessions.application_id = unhex(t.value ->> 'application')
            AND agent_sessions.id = unhex(t.value ->> 'session')
            AND agent_sessions.tenant_id = unhex(t.value ->> 'tenant')",
);

/// Greater than every id that is made.
const LAST: AgentSessionId = AgentSessionId::from_bytes([0xff; 16]);

impl ReadTx {
    /// What is over too, until it is swept; none when the application is not
    /// within the boundary, or no tenant's.
    pub async fn agent_session(
        &mut self,
        within: Within,
        application: &Application,
        id: AgentSessionId,
    ) -> Result<Option<AgentSession>> {
        let Some(tenant) = tenant_of(within, application) else { return Ok(None) };
        self.fetch_optional(BY_ID, &[application.id.into(), id.into(), tenant.into()], read).await
    }

    /// The same with whatever application of the tenant.
    pub async fn agent_session_of_tenant(
        &mut self,
        within: Within,
        tenant: TenantId,
        id: AgentSessionId,
    ) -> Result<Option<AgentSession>> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(None);
        }
        self.fetch_optional(BY_ID_OF_TENANT, &[tenant.into(), id.into()], read).await
    }

    /// The one of an agent that begins none, if it was not ended.
    pub async fn agent_session_found_by(
        &mut self,
        within: Within,
        application: &Application,
        agent: &SecretHash,
    ) -> Result<Option<AgentSession>> {
        if tenant_of(within, application).is_none() {
            return Ok(None);
        }
        self.fetch_optional(FOUND_BY, &[application.id.into(), (*agent).into()], read).await
    }

    /// Those of the application that pass the filter at `now`.
    #[expect(clippy::too_many_arguments, reason = "six things that have no name together")]
    pub async fn agent_sessions(
        &mut self,
        within: Within,
        application: &Application,
        filter: &AgentSessionFilter,
        now: Timestamp,
        seek: Seek<AgentSessionId>,
    ) -> Result<AgentSessionPage> {
        if tenant_of(within, application).is_none() {
            return Ok(AgentSessionPage::default());
        }
        self.gather_agent_sessions((NEWEST, application.id.as_bytes()), (filter, now), seek).await
    }

    /// The same of all applications of the tenant.
    #[expect(clippy::too_many_arguments, reason = "six things that have no name together")]
    pub async fn agent_sessions_of_tenant(
        &mut self,
        within: Within,
        tenant: TenantId,
        filter: &AgentSessionFilter,
        now: Timestamp,
        seek: Seek<AgentSessionId>,
    ) -> Result<AgentSessionPage> {
        if !reaches(within, Owner::Tenant(tenant)) {
            return Ok(AgentSessionPage::default());
        }
        self.gather_agent_sessions((NEWEST_OF_TENANT, tenant.as_bytes()), (filter, now), seek).await
    }

    /// How many there are at `now`, as of one moment; none when the application
    /// is not within the boundary.
    pub async fn agent_session_counts(
        &mut self,
        within: Within,
        application: &Application,
        now: Timestamp,
    ) -> Result<SessionCounts> {
        if !reaches(within, application.owner) {
            return Ok(SessionCounts::default());
        }
        let seen_after = now.minus(AgentSession::IDLE_AFTER);
        let values = [application.id.into(), now.into(), seen_after.into()];
        Ok(self.fetch_optional(COUNTS, &values, read_counts).await?.unwrap_or_default())
    }

    /// How many of the application's speak for this person at `now`, counted up to
    /// `most`; none when the application is not within the boundary.
    pub async fn live_agent_sessions_of(
        &mut self,
        within: Within,
        application: &Application,
        caller: AgentCaller,
        (now, most): (Timestamp, u32),
    ) -> Result<u32> {
        if tenant_of(within, application).is_none() {
            return Ok(0);
        }
        let values =
            [caller.directory.into(), caller.user.into(), application.id.into(), now.into(), most.into()];
        let many = self.fetch_optional(LIVE_OF_USER, &values, |row| row.get::<i64>("many")).await?;
        Ok(many.and_then(|many| u32::try_from(many).ok()).unwrap_or_default())
    }

    async fn gather_agent_sessions(
        &mut self,
        (sql, of): (Sql, [u8; 16]),
        (filter, now): (&AgentSessionFilter, Timestamp),
        seek: Seek<AgentSessionId>,
    ) -> Result<AgentSessionPage> {
        let passes = |session: &AgentSession| {
            let state = session.state(now);
            filter.state.is_none_or(|wanted| state == wanted)
                && filter.live.is_none_or(|live| state.is_live() == live)
                && filter.user.is_none_or(|user| session.caller.is_some_and(|caller| caller.user == user))
        };
        let mut gathering = Gathering::new(seek.after, seek.limit);
        loop {
            let batch = gathering.batch();
            let (after, limit) =
                (gathering.after().unwrap_or(LAST), i64::try_from(batch).unwrap_or(i64::MAX));
            let candidates = self.fetch_all(sql, &[of.into(), after.into(), limit.into()], read).await?;
            let exhausted = candidates.len() < batch;
            if let ControlFlow::Break(next) = gathering.take(candidates, exhausted, |one| one.id, passes) {
                return Ok(AgentSessionPage { sessions: gathering.into_found(), next });
            }
        }
    }
}

impl WriteTx {
    /// `Stale` when its application, or the person for whom the agent speaks, is
    /// not there, or not within the boundary. What finds it, where another has
    /// that, is `Taken("agent_sessions.application_id, agent_sessions.found_by")`.
    pub async fn insert_agent_session(&mut self, within: Within, session: &AgentSession) -> Result<()> {
        const INSERT: Sql = sql!(
            "INSERT INTO agent_sessions (application_id, id, tenant_id, directory_id, user_id, found_by,
                client_name, client_version, protocol, calls, created_at, last_seen_at, expires_at, ended_at,
                address, user_agent)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
        );
        let application = self.application(within, session.application).await?;
        application
            .filter(|found| found.owner == Owner::Tenant(session.tenant))
            .ok_or(StorageError::Stale)?;
        if let Some(caller) = &session.caller {
            let values = [caller.directory.into(), caller.user.into()];
            let one = self.fetch_optional(USER, &values, |row| row.get::<i64>("one")).await?;
            one.ok_or(StorageError::Stale)?;
        }
        let mut values = vec![
            session.application.into(),
            session.id.into(),
            session.tenant.into(),
            session.caller.map(|caller| caller.directory).into(),
            session.caller.map(|caller| caller.user).into(),
            session.found_by.into(),
            session.client.as_ref().map(|client| client.name.as_str()).into(),
            session.client.as_ref().and_then(|client| client.version.as_deref()).into(),
            session.protocol.as_str().into(),
            i64::try_from(session.calls).unwrap_or(i64::MAX).into(),
            session.created_at.into(),
            session.last_seen_at.into(),
            session.expires_at.into(),
            session.ended_at.into(),
        ];
        values.extend(from_columns(&session.from));
        one_row(self.execute(INSERT, &values).await?)?;
        self.count_agent_session(session).await
    }

    /// `Stale` when it has ended already, is not there, or is not within the
    /// boundary.
    pub async fn end_agent_session(
        &mut self,
        within: Within,
        session: &AgentSession,
        now: Timestamp,
    ) -> Result<()> {
        one_row(u64::from(reaches(within, Owner::Tenant(session.tenant))))?;
        one_row(self.execute(END, &[session.application.into(), session.id.into(), now.into()]).await?)
    }

    /// Ends those of the application that are neither ended nor expired, and says
    /// how many. `Stale` when it is not within the boundary.
    pub async fn end_agent_sessions(
        &mut self,
        within: Within,
        application: &Application,
        now: Timestamp,
    ) -> Result<u64> {
        one_row(u64::from(reaches(within, application.owner)))?;
        self.execute(END_ALL, &[application.id.into(), now.into()]).await
    }

    /// Deletes at most `limit` whose last token was over at `before`, and says how
    /// many. `Stale` within anything but the platform.
    pub async fn delete_dead_agent_sessions(
        &mut self,
        within: Within,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        one_row(u64::from(within == Within::Platform))?;
        self.execute(SWEEP, &[before.into(), limit.into()]).await
    }

    /// Which part it is counted in, its id says.
    async fn count_agent_session(&mut self, session: &AgentSession) -> Result<()> {
        const PARTS: u8 = 16;
        const COUNT: Sql = sql!(
            "INSERT INTO agent_session_totals (application_id, part, begun) VALUES ($1, $2, 1)
            ON CONFLICT (application_id, part) DO UPDATE SET begun = agent_session_totals.begun + 1"
        );
        let part = i64::from(session.id.as_bytes()[15] % PARTS);
        self.execute(COUNT, &[session.application.into(), part.into()]).await.map(drop)
    }
}

impl Store {
    /// Notes what was seen of sessions, all in one statement; those that are not
    /// there, or not within the boundary, are passed over. Each is named once. On
    /// PostgreSQL no serializable transaction: it is in nobody's way.
    pub async fn touch_agent_sessions(&self, within: Within, seen: &[AgentSighting]) -> Result<()> {
        let reached = seen.iter().filter(|one| reaches(within, Owner::Tenant(one.tenant)));
        let seen: Json = reached.map(print_sighting).collect();
        self.execute_alone(TOUCH, vec![seen.to_string().into()]).await.map(drop)
    }
}

fn print_sighting(seen: &AgentSighting) -> Json {
    json!({
        "session": hex(seen.id.as_bytes()),
        "tenant": hex(seen.tenant.as_bytes()),
        "application": hex(seen.application.as_bytes()),
        "seen": seen.seen_at.as_micros(),
        "ends": seen.expires_at.as_micros(),
        "calls": seen.calls,
    })
}

/// Only what a tenant owns has agents at the gateway.
fn tenant_of(within: Within, application: &Application) -> Option<TenantId> {
    match application.owner {
        Owner::Tenant(tenant) if reaches(within, application.owner) => Some(tenant),
        _ => None,
    }
}

fn read(row: &Row<'_>) -> Result<AgentSession> {
    let (directory, user) = (row.get("directory_id")?, row.get("user_id")?);
    let caller = match (directory, user) {
        (Some(directory), Some(user)) => Some(AgentCaller { directory, user }),
        _ => None,
    };
    let (name, version): (Option<String>, _) = (row.get("client_name")?, row.get("client_version")?);
    let calls: i64 = row.get("calls")?;
    Ok(AgentSession {
        id: row.get("id")?,
        tenant: row.get("tenant_id")?,
        application: row.get("application_id")?,
        caller,
        found_by: row.get("found_by")?,
        client: name.map(|name| AgentClient { name, version }),
        protocol: row.get("protocol")?,
        from: read_from(row)?,
        calls: calls.unsigned_abs(),
        created_at: row.get("created_at")?,
        last_seen_at: row.get("last_seen_at")?,
        expires_at: row.get("expires_at")?,
        ended_at: row.get("ended_at")?,
    })
}

fn read_counts(row: &Row<'_>) -> Result<SessionCounts> {
    let count = |column: &'static str| row.get::<i64>(column).map(i64::unsigned_abs);
    let (live, active) = (count("live")?, count("active")?);
    Ok(SessionCounts { live, active, idle: live.saturating_sub(active), total: count("total")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::{assert_no_scan_of, assert_seeks};

    #[tokio::test]
    async fn agents_sessions_are_sought() {
        for sql in [BY_ID, BY_ID_OF_TENANT, FOUND_BY, NEWEST, NEWEST_OF_TENANT, END, END_ALL, SWEEP] {
            assert_seeks(sql).await;
        }
        for sql in [COUNTS, LIVE_OF_USER, TOUCH] {
            assert_no_scan_of(sql, &["agent_sessions", "agent_session_totals", "s"]).await;
        }
    }
}
