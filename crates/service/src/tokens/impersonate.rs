//! Somebody who administers begins to act as one of an application's people.

use appkeep_domain::{
    Action, ApplicationId, ApplicationKind, AuditEntry, Caller, DirectoryOf, Environment, GrantId,
    Impersonation, ImpersonationId, ImpersonationRefused, Intended, Known, Lifetime, OperatorId, Owner,
    Reason, RoleGrant, SeenFrom, Session, SessionId, Timestamp, User, UserAgent, UserId, Within,
    is_management,
};
use appkeep_oauth::{ErrorCode as OauthCode, Refusal, ScopeSet};
use appkeep_storage::{HeldRoles, ReadTx, WriteTx};

use super::access_token::{Claims, PersonClaims};
use super::acting::ActClaim;
use super::address::Reach;
use super::authenticate::AuthenticatedClient;
use super::clients::Client;
use super::grants::OFFLINE_ACCESS;
use super::issue::{IssuedToken, sign_access_token};
use super::people::ForWhom;
use super::tenants::Settings;
use super::{Authority, Inner, RequestOrigin, end_users};
use crate::by::{By, forbidden, require};
use crate::people::find::{WithPeople, find_with_people, no_such_user, parse_user_id};
use crate::people::impersonations::{ImpersonationView, Reader, describe};
use crate::registry::faults::Faults;
use crate::registry::find::parse_id;
use crate::tenancy::MOST_INVITED;
use crate::{Error, ErrorCode};

/// As whom somebody wants to act, and why.
#[derive(Debug, Clone)]
pub struct ImpersonationFields {
    pub user: String,
    pub reason: String,
    /// Half an hour when nothing is said.
    pub duration_s: Option<i64>,
    pub user_agent: Option<UserAgent>,
}

/// An impersonation that has just begun.
#[derive(Debug, Clone)]
pub struct StartedImpersonation {
    pub view: ImpersonationView,
    /// With what to act; there is no other way to get one.
    pub token: IssuedToken,
}

/// Everything that is made before the transaction, which may run twice.
struct Plan {
    by: By,
    operator: OperatorId,
    roles: Vec<RoleGrant>,
    application: ApplicationId,
    user: UserId,
    reason: Reason,
    lasts: Lifetime,
    from: SeenFrom,
    id: ImpersonationId,
    session: SessionId,
    assignment_required: bool,
    entry: AuditEntry,
    now: Timestamp,
}

impl Authority {
    /// The operator acts as the user, with the application, for a while: what is
    /// issued for it says so, cannot be renewed, and is refused once it is over.
    ///
    /// `not_applicable` where the user could get no token themselves, or are
    /// operators; `forbidden` for oneself, and whoever has as many rights.
    pub async fn impersonate(
        &self,
        by: &By,
        id: &str,
        fields: ImpersonationFields,
    ) -> Result<StartedImpersonation, Error> {
        require(&by.caller, Action::Impersonate)?;
        let (application, user, now) = (parse_id(id)?, parse_user_id(&fields.user)?, self.0.now());
        let mut tx = self.0.store.read().await?;
        let found = find_with_people(&mut tx, by, Action::Impersonate, (application, now)).await?;
        let (directory, _) = found.user(&mut tx, user).await?.ok_or_else(no_such_user)?;
        drop(tx);
        let here = self.0.issuer_of(by, found.people).await?;
        let settings = here.settings().await?;
        settings.must_be_firm().map_err(failed)?;
        let client = here.client_for_people((&found, directory.of), now).await?;
        let key = here.access_token_key(&client, &settings, now).await.map_err(failed)?;
        let plan = here.plan((by, &found), (user, fields), &client.client)?;
        let grant: GrantId = here.make_id();
        let begin = async move |tx: &mut WriteTx| begin(tx, &plan).await;
        let view = here.store.write(begin).await?;
        let scope = people_scope(&settings, &client.client);
        let claims = here.acted_claims((&client, &settings), (&view.impersonation, grant), (&scope, now))?;
        let token = sign_access_token(&key, &claims, scope).map_err(failed)?;
        Ok(StartedImpersonation { view, token })
    }
}

impl Inner {
    /// Where those people sign in.
    async fn issuer_of(&self, by: &By, people: Owner) -> Result<Self, Error> {
        let here = match people {
            Owner::Tenant(tenant) => self.of_tenant(tenant).await?,
            Owner::Partner(_) => self.of_tenant(by.tenant).await?,
            Owner::Global => Some(Authority(self.clone()).root().0),
        };
        here.ok_or_else(|| not_applicable("the tenant of these people is archived"))
    }

    /// The application, as what gets tokens for people here.
    async fn client_for_people(
        &self,
        (found, of): (&WithPeople, DirectoryOf),
        now: Timestamp,
    ) -> Result<AuthenticatedClient, Error> {
        let has_people = found.application.kind != ApplicationKind::M2m;
        let client = self.client(found.application.id, now).await?.filter(|_| has_people);
        let message = "the application gets no tokens for these people";
        let client = client.ok_or_else(|| not_applicable(message))?;
        let environment = match of {
            DirectoryOf::Tenant => Environment::Live,
            DirectoryOf::Application { environment, .. } => environment,
        };
        Ok(AuthenticatedClient { spelling: client.id().to_string(), client, environment })
    }

    fn plan(
        &self,
        (by, found): (&By, &WithPeople),
        (user, fields): (UserId, ImpersonationFields),
        client: &Client,
    ) -> Result<Plan, Error> {
        let Caller::Operator { id: operator, roles, .. } = &by.caller else {
            return Err(forbidden(&by.caller, Action::Impersonate));
        };
        let mut faults = Faults::default();
        let reason = faults.take("reason", Reason::parse(fields.reason.trim()));
        let lasts = fields.duration_s.map_or(Ok(Impersonation::USUAL), Impersonation::duration);
        let lasts = faults.take("duration_s", lasts).unwrap_or(Impersonation::USUAL);
        faults.check()?;
        let reason = reason.ok_or_else(|| Error::new(ErrorCode::InvalidField, "reason: is required"))?;
        let origin = RequestOrigin { request_id: by.request_id, address: by.address };
        let told = (by.actor(), found.people);
        let application = found.application.id;
        let empty = (serde_json::Value::Null, &origin);
        let entry = self.entry_by(told, "impersonation.started", Some(application), empty);
        Ok(Plan {
            by: by.clone(),
            operator: *operator,
            roles: roles.clone(),
            application,
            user,
            reason,
            lasts,
            from: SeenFrom { address: by.address, user_agent: fields.user_agent },
            id: self.make_id(),
            session: self.make_id(),
            assignment_required: client.assignment_required,
            now: entry.occurred_at,
            entry,
        })
    }

    /// They are over with the impersonation, whatever the application's tokens
    /// live for otherwise.
    fn acted_claims(
        &self,
        (client, settings): (&AuthenticatedClient, &Settings),
        (impersonation, grant): (&Impersonation, GrantId),
        (scope, now): (&ScopeSet, Timestamp),
    ) -> Result<Claims, Error> {
        let reach = Reach { operators: false, ..client.client.reach() };
        let audience = self.address.audience_for_people(reach, &[]).map_err(failed)?;
        let people = self.people_of_client(&client.client, client.environment);
        let claims = self.claims((client, settings), audience, scope, now);
        Ok(Claims {
            sub: impersonation.user.to_string(),
            exp: claims.exp.min(impersonation.expires_at.as_seconds()),
            act: Some(ActClaim::new(impersonation.operator.to_string())),
            person: Some(PersonClaims::acted(impersonation, (grant, people))),
            ..claims
        })
    }
}

/// Whatever the application may have of its people, but nothing that goes on
/// without them. What it has of its own does not depend on what it may ask of
/// others'.
fn people_scope(settings: &Settings, client: &Client) -> ScopeSet {
    if client.for_whom == ForWhom::Own {
        return end_users::scopes();
    }
    let known = settings.known(&client.allowed_scopes);
    known.filtered(|scope| !is_management(scope.as_str()) && scope.as_str() != OFFLINE_ACCESS)
}

async fn begin(tx: &mut WriteTx, plan: &Plan) -> Result<ImpersonationView, Error> {
    let (by, now) = (&plan.by, plan.now);
    let found = find_with_people(tx, by, Action::Impersonate, (plan.application, now)).await?;
    let within = found.people.within();
    let (directory, user) = found.user(tx, plan.user).await?.ok_or_else(no_such_user)?;
    check(tx, plan, (&found, &user)).await?;
    if plan.assignment_required && !tx.is_assigned(within, &directory, plan.application, user.id).await? {
        return Err(not_applicable("the user is not assigned to the application"));
    }
    let impersonation = plan.impersonation(&found, &user);
    let session = plan.session(&impersonation);
    tx.insert_session(session.owner.within(), &session).await?;
    tx.insert_impersonation(impersonation.owner.within(), &impersonation).await?;
    if let Some(attempt) = &by.attempt {
        tx.carry_out_request(attempt.owner.within(), attempt, now).await?;
    }
    let entry = AuditEntry { after: Some(describe(&impersonation).to_string()), ..plan.entry.clone() };
    tx.insert_audit_entry(within, &entry).await?;
    Ok(Reader::new(by, &found.rights).view(tx, impersonation, now).await?)
}

async fn check(tx: &mut ReadTx, plan: &Plan, (found, user): (&WithPeople, &User)) -> Result<(), Error> {
    let named = operators_named(tx, user).await?;
    let roles: Vec<(OperatorId, Vec<RoleGrant>)> = named.into_iter().map(roles_of).collect();
    let same_address: Vec<Known<'_>> = roles.iter().map(|(id, roles)| Known { id: *id, roles }).collect();
    let intended = Intended {
        by: Known { id: plan.operator, roles: &plan.roles },
        application: &found.application,
        resource: &found.rights,
        user,
        same_address: &same_address,
    };
    intended.check(plan.now).map_err(refused)
}

/// Whoever runs something, or is invited to, by the user's address.
async fn operators_named(tx: &mut ReadTx, user: &User) -> Result<Vec<HeldRoles>, Error> {
    let Some(operators) = tx.tenant_directory(Within::Platform, Owner::Global).await? else {
        return Ok(Vec::new());
    };
    Ok(tx.operators_named(Within::Platform, &operators, &user.email, MOST_INVITED).await?)
}

fn roles_of(held: HeldRoles) -> (OperatorId, Vec<RoleGrant>) {
    let roles = held.roles.into_iter().map(|role| role.grant).collect();
    (OperatorId::from_bytes(held.user.id.as_bytes()), roles)
}

impl Plan {
    fn impersonation(&self, found: &WithPeople, user: &User) -> Impersonation {
        Impersonation {
            id: self.id,
            owner: found.application.owner,
            application: self.application,
            directory: user.directory,
            user: user.id,
            session: self.session,
            operator: self.operator,
            reason: self.reason.clone(),
            from: self.from.clone(),
            started_at: self.now,
            expires_at: self.now.plus(self.lasts),
            ended: None,
        }
    }

    /// Not where the user was, nor under a sign-in of theirs.
    fn session(&self, impersonation: &Impersonation) -> Session {
        Session {
            id: self.session,
            owner: impersonation.owner,
            application: impersonation.application,
            directory: impersonation.directory,
            user: impersonation.user,
            sign_in: None,
            impersonation: Some(impersonation.id),
            from: SeenFrom::default(),
            created_at: self.now,
            last_seen_at: self.now,
            expires_at: impersonation.expires_at,
            ended_at: None,
        }
    }
}

fn refused(reason: ImpersonationRefused) -> Error {
    let code = match reason {
        ImpersonationRefused::Oneself | ImpersonationRefused::EqualRights => ErrorCode::Forbidden,
        ImpersonationRefused::OfOperators
        | ImpersonationRefused::NotInUse
        | ImpersonationRefused::NoSignIn => ErrorCode::NotApplicable,
    };
    Error::new(code, reason.to_string())
}

fn not_applicable(message: &'static str) -> Error {
    Error::new(ErrorCode::NotApplicable, message)
}

/// In the words of the registry what the issuer refuses in those of OAuth.
fn failed(refusal: Refusal) -> Error {
    let code = match refusal.code() {
        OauthCode::TemporarilyUnavailable => ErrorCode::Unavailable,
        OauthCode::UnauthorizedClient => ErrorCode::NotApplicable,
        _ => ErrorCode::Internal,
    };
    let message = refusal.description().to_owned();
    Error::new(code, message).because(refusal)
}
