//! An operator logs in without a browser, to one tenant of those that they see:
//! their workspace.

use appkeep_domain::{
    AuditEntry, AuthMethod, Caller, Grant, GrantId, Level, MANAGEMENT_SCOPES, OperatorId, Owner, Resource,
    RoleGrant, Session, SessionId, TenantId, Timestamp, Within, oversees,
};
use appkeep_oauth::{Refusal, ScopeSet};
use appkeep_storage::{Seek, StorageError, TenantFilter, WriteTx};
use serde_json::json;

use super::address::Reach;
use super::authenticate::{AuthenticatedClient, must_be_in_use};
use super::browser::Browser;
use super::history::PersonEvent;
use super::issue::{ForPerson, IssuedToken};
use super::people::People;
use super::proof::{Credentials, Proved, SignInRefused};
use super::{Authority, Inner};
use crate::{Error, ErrorCode};

/// Somebody who may administer from now on, and where.
#[derive(Debug)]
pub struct LoggedIn {
    pub token: IssuedToken,
    pub workspace: TenantId,
}

/// Made before the transaction, which may run twice.
struct Draft {
    session: Session,
    grant: Grant,
    entries: [AuditEntry; 2],
}

impl Authority {
    /// An access token of the application that operators sign in to, for whoever
    /// has this name and this password. It lives as long as its session, and
    /// nothing renews it.
    ///
    /// `workspace` is the id of a tenant. With none named it is the default
    /// tenant for whoever holds a role at the platform, and else the first of
    /// those that they see.
    pub async fn log_in(
        &self,
        credentials: Credentials,
        (workspace, device): (Option<&str>, &Browser),
    ) -> Result<LoggedIn, SignInRefused> {
        // Operators are at home at the public URL, and are counted there alone.
        let root = self.root().0;
        if root.settings().await?.must_be_firm().is_err() {
            return Err(SignInRefused::Suspended);
        }
        let proved = root.prove_password(People::OPERATORS, credentials, device).await?;
        let workspace = root.workspace_of(&proved, workspace).await?;
        let client = root.console().await?;
        root.begin_console(client, proved, (workspace, device)).await
    }
}

impl Inner {
    /// Where somebody works. What they do not see is not there.
    async fn workspace_of(&self, proved: &Proved, wanted: Option<&str>) -> Result<TenantId, Error> {
        let id = OperatorId::from_bytes(proved.user.id.as_bytes());
        let roles = self.operators.roles(id).await?;
        let found = match wanted {
            None => self.first_workspace(&roles).await?,
            Some(raw) => {
                let caller = Caller::Operator { id, roles, scopes: ScopeSet::new() };
                self.named_workspace(raw, &caller).await?
            }
        };
        found.ok_or_else(|| Error::new(ErrorCode::TenantNotFound, "there is no such workspace"))
    }

    async fn named_workspace(&self, raw: &str, caller: &Caller) -> Result<Option<TenantId>, Error> {
        let Ok(tenant) = TenantId::parse(raw) else { return Ok(None) };
        let Some(there) = self.of_tenant(tenant).await? else { return Ok(None) };
        let partner = there.settings().await?.tenant.partner;
        let sees = oversees(caller, &Resource::of_owner(Owner::Tenant(tenant), partner));
        Ok(sees.then_some(tenant))
    }

    async fn first_workspace(&self, roles: &[RoleGrant]) -> Result<Option<TenantId>, Error> {
        if roles.iter().any(|grant| grant.at == Level::Platform) {
            return Ok(Some(self.address.tenant));
        }
        let own = roles.iter().filter_map(|grant| match grant.at {
            Level::Tenant { id, .. } => Some(id),
            Level::Platform | Level::Partner(_) => None,
        });
        if let Some(oldest) = own.min() {
            return Ok(Some(oldest));
        }
        for grant in roles {
            let Level::Partner(partner) = grant.at else { continue };
            let (within, first) = (Within::Partner(partner), Seek { after: None, limit: 1 });
            let page = self.store.read().await?.tenants(within, &TenantFilter::default(), first).await?;
            if let Some(newest) = page.tenants.first() {
                return Ok(Some(newest.id));
            }
        }
        Ok(None)
    }

    /// The application that operators sign in to, if they may at the moment.
    async fn console(&self) -> Result<AuthenticatedClient, Error> {
        let (within, tenant) = (Within::Tenant(self.address.tenant), self.address.tenant);
        let known = self.store.read().await?.console_application(within, tenant).await?;
        let id = known.ok_or_else(|| nobody("there is no application for it"))?;
        let console = self.by_name(&id.to_string()).await.map_err(unusable)?;
        must_be_in_use(&console.client).map_err(unusable)?;
        Ok(console)
    }

    async fn begin_console(
        &self,
        client: AuthenticatedClient,
        proved: Proved,
        (workspace, device): (TenantId, &Browser),
    ) -> Result<LoggedIn, SignInRefused> {
        let signers = self.signers(&client).await.map_err(unusable)?;
        let draft = self.draft_console(&client, &proved, device).await?;
        let (grant, session_ends) = (draft.grant.clone(), draft.session.expires_at);
        let user = proved.user.clone();
        let write = async move |tx: &mut WriteTx| enter(tx, &proved, &draft).await;
        self.store.write(write).await?;
        let made_of = ForPerson {
            audience: grant.audience.clone(),
            scope: grant.scope.clone(),
            grant,
            user,
            nonce: None,
            refresh_token: None,
            session_ends,
        };
        let issued = self.issue_in_workspace((&client, &signers), made_of, Some(workspace)).await;
        Ok(LoggedIn { token: issued.map_err(unusable)?, workspace })
    }

    async fn draft_console(
        &self,
        client: &AuthenticatedClient,
        proved: &Proved,
        device: &Browser,
    ) -> Result<Draft, SignInRefused> {
        let session = self.draft_console_session(client, proved, device);
        let application = Some(session.application);
        let event = PersonEvent {
            people: People::OPERATORS,
            action: "session.started",
            user: session.user,
            application,
        };
        let started = json!({ "session": session.id.to_string() });
        let entries = [
            self.signed_in_entry(People::OPERATORS, (proved, application), device).await?,
            self.entry_of_person(event, started, device).await?,
        ];
        let reach = Reach { operators: true, ..client.client.reach() };
        let audience = self.address.audience_for_people(reach, &[]).map_err(unusable)?;
        let grant = self.draft_console_grant(client, &session, audience).await?;
        Ok(Draft { session, grant, entries })
    }

    fn draft_console_session(
        &self,
        client: &AuthenticatedClient,
        proved: &Proved,
        device: &Browser,
    ) -> Session {
        let (id, now): (SessionId, Timestamp) = (self.make_id(), self.now());
        Session {
            id,
            owner: client.client.owner,
            application: client.client.id(),
            directory: proved.directory.id,
            user: proved.user.id,
            sign_in: None,
            impersonation: None,
            from: device.seen_from(),
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(client.client.access_token_ttl),
            ended_at: None,
        }
    }

    /// It opens whatever the application opens.
    async fn draft_console_grant(
        &self,
        client: &AuthenticatedClient,
        session: &Session,
        audience: Vec<String>,
    ) -> Result<Grant, Error> {
        let id: GrantId = self.make_id();
        let known = self.settings().await?.known(&client.client.allowed_scopes);
        Ok(Grant {
            id,
            owner: session.owner,
            application: session.application,
            session: session.id,
            directory: session.directory,
            user: session.user,
            scope: known.filtered(|scope| MANAGEMENT_SCOPES.contains(&scope.as_str())),
            audience,
            client_spelling: client.spelling.clone(),
            authenticated_at: session.created_at,
            methods: vec![AuthMethod::Password],
            created_at: session.created_at,
            family: None,
            ended_at: None,
        })
    }
}

async fn enter(tx: &mut WriteTx, proved: &Proved, draft: &Draft) -> Result<(), SignInRefused> {
    let within = draft.session.owner.within();
    proved.enter(tx, People::OPERATORS, draft.session.created_at).await?;
    tx.insert_session(within, &draft.session).await.map_err(stale)?;
    tx.insert_grant(within, &draft.grant).await.map_err(stale)?;
    for entry in &draft.entries {
        tx.insert_audit_entry(People::OPERATORS.within, entry).await?;
    }
    Ok(())
}

/// The application or the account went away this very moment.
fn stale(error: StorageError) -> SignInRefused {
    match error {
        StorageError::Stale => SignInRefused::Suspended,
        other => other.into(),
    }
}

/// What operators sign in to is disabled, or away.
fn unusable(refusal: Refusal) -> Error {
    match refusal.code() {
        appkeep_oauth::ErrorCode::ServerError => {
            Error::new(ErrorCode::Internal, "something went wrong here").because(refusal.to_string())
        }
        appkeep_oauth::ErrorCode::TemporarilyUnavailable => {
            Error::new(ErrorCode::Unavailable, "this cannot be answered at the moment; try again shortly")
        }
        _ => nobody(refusal.to_string()),
    }
}

fn nobody(cause: impl Into<String>) -> Error {
    Error::new(ErrorCode::Forbidden, "nobody can log in at the moment").because(cause.into())
}
