//! Service accounts: made, read, changed, given another secret, archived.

use std::sync::Arc;

use appkeep_domain::{
    Action, ApplicationId, Decision, Ending, Name, Owner, Revocation, RevokedSubject, Role, ServiceAccount,
    ServiceAccountId, ServiceSecret, Timestamp, may_give,
};
use appkeep_keys::NewSecret;
use appkeep_storage::{Seek, WriteTx};
use serde_json::{Value, json};

use super::Step;
use super::find::refused;
use crate::by::{By, require};
use crate::error::{Error, ErrorCode};
use crate::registry::Edit;
use crate::registry::Registry;
use crate::registry::draft::{edit, parse_description};
use crate::registry::faults::Faults;
use crate::registry::page::{self, List, Page, PageQuery, id_key};
use crate::registry::record::{Stamp, Told, record};

/// What stands before its secret.
const PREFIX: &str = "sa_secret_";

/// What is said of a service account; what is left out stays, or has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceAccountFields {
    pub name: Option<String>,
    pub description: Edit<String>,
    /// `admin` where a new one's is not said.
    pub role: Option<String>,
}

/// Which service accounts are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceAccountQuery {
    pub page: PageQuery,
    /// Those that are archived as well.
    pub archived: bool,
}

/// A service account with a new secret, which is shown this once.
#[derive(Debug)]
pub struct ServiceAccountSecret {
    pub account: ServiceAccount,
    pub secret: NewSecret,
}

/// What becomes of the tokens that an account got by the secret before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlierTokens {
    End,
    /// Until they expire.
    LiveOn,
}

/// What is done to one that is there.
enum Change {
    Update(ServiceAccountFields),
    Rotate(ServiceSecret, EarlierTokens),
    Archive,
}

impl Change {
    const fn ends_tokens(&self) -> bool {
        matches!(self, Self::Archive | Self::Rotate(_, EarlierTokens::End))
    }
}

/// A change, tried in a transaction.
type Wanted = (Step<ServiceAccountId>, Change);

impl Registry {
    /// Nobody makes one with a role that they could not give to somebody.
    pub async fn create_service_account(
        &self,
        by: &By,
        fields: ServiceAccountFields,
    ) -> Result<ServiceAccountSecret, Error> {
        require(&by.caller, Action::ManageOperators)?;
        let stamp = self.stamp();
        let (secret, kept) = self.service_secret(stamp.now);
        let account = self.draft_service_account(by, &fields, (kept, stamp.now))?;
        let (by, made) = (by.clone(), account.clone());
        self.store().write(async move |tx: &mut WriteTx| create(tx, (&by, stamp), &made).await).await?;
        tracing::info!(service_account.id = %account.id.client_id(), "made a service account");
        Ok(ServiceAccountSecret { account, secret })
    }

    /// The tenant's, newest first.
    pub async fn service_accounts(
        &self,
        by: &By,
        query: ServiceAccountQuery,
    ) -> Result<Page<ServiceAccount>, Error> {
        by.decide_of_tenant(Action::ReadOperators)?;
        let mut faults = Vec::new();
        let limit = query.page.limit(&mut faults);
        let after = query.page.after(List::ServiceAccounts, id_key, &mut faults);
        page::check(faults)?;
        let seek = Seek { after: after.map(ServiceAccountId::from_bytes), limit: limit as usize };
        let mut tx = self.store().read().await?;
        let found = tx.service_accounts(by.within(), (by.tenant, query.archived), seek).await?;
        let next_cursor = found.next.map(|id| List::ServiceAccounts.cursor(&id.as_bytes()));
        Ok(Page { items: found.accounts, next_cursor, limit })
    }

    /// Archived or not.
    pub async fn service_account(&self, by: &By, id: &str) -> Result<ServiceAccount, Error> {
        by.decide_of_tenant(Action::ReadOperators)?;
        let id = parse_id(id)?;
        let found = self.store().read().await?.service_account(by.within(), id).await?;
        found.ok_or_else(no_such_account)
    }

    /// What is not named stays. A change that changes nothing leaves no trace.
    pub async fn update_service_account(
        &self,
        by: &By,
        id: &str,
        fields: ServiceAccountFields,
    ) -> Result<ServiceAccount, Error> {
        self.change_service_account(by, id, Change::Update(fields)).await
    }

    /// The secret before is worth nothing from then on.
    pub async fn rotate_service_account_secret(
        &self,
        by: &By,
        id: &str,
        tokens: EarlierTokens,
    ) -> Result<ServiceAccountSecret, Error> {
        let (secret, kept) = self.service_secret(self.now());
        let account = self.change_service_account(by, id, Change::Rotate(kept, tokens)).await?;
        Ok(ServiceAccountSecret { account, secret })
    }

    /// It gets no token any more, and those that it has end. Doing it again
    /// changes nothing.
    pub async fn archive_service_account(&self, by: &By, id: &str) -> Result<(), Error> {
        self.change_service_account(by, id, Change::Archive).await.map(drop)
    }

    async fn change_service_account(
        &self,
        by: &By,
        id: &str,
        change: Change,
    ) -> Result<ServiceAccount, Error> {
        require(&by.caller, Action::ManageOperators)?;
        let wanted: Arc<Wanted> = Arc::new((self.tenancy_step(by, parse_id(id)?), change));
        self.store().write(async move |tx: &mut WriteTx| apply(tx, &wanted).await).await
    }

    fn service_secret(&self, now: Timestamp) -> (NewSecret, ServiceSecret) {
        let secret = NewSecret::generate(PREFIX, &*self.entropy());
        let last_four = secret.last_four().to_owned();
        let kept = ServiceSecret { hash: secret.hash(), last_four, created_at: now };
        (secret, kept)
    }

    fn draft_service_account(
        &self,
        by: &By,
        fields: &ServiceAccountFields,
        (secret, now): (ServiceSecret, Timestamp),
    ) -> Result<ServiceAccount, Error> {
        let mut faults = Faults::default();
        if fields.name.is_none() {
            faults.add("name", ErrorCode::InvalidRequest, "is required");
        }
        // Holds the place of a name; an account without is refused.
        let stand_in = Name::parse("service account").expect("is printable and short");
        let blank = ServiceAccount {
            id: self.make_id(),
            tenant: by.tenant,
            name: stand_in,
            description: None,
            role: Role::Admin,
            secret,
            created_by: by.actor(),
            created_at: now,
            updated_at: now,
            archived_at: None,
        };
        let account = put_over(blank, fields, &mut faults);
        faults.check()?;
        Ok(account)
    }
}

async fn create(tx: &mut WriteTx, (by, stamp): (&By, Stamp), account: &ServiceAccount) -> Result<(), Error> {
    must_give(by, account.role)?;
    let many = tx.service_account_count(by.within(), by.tenant, ServiceAccount::MOST).await?;
    if many >= ServiceAccount::MOST {
        let message =
            format!("the tenant has {} service accounts, and cannot have more", ServiceAccount::MOST);
        return Err(Error::new(ErrorCode::CapReached, message));
    }
    tx.insert_service_account(by.within(), account).await?;
    let action = "service_account.created";
    let told = Told { action, application: None, before: None, after: Some(describe(account)) };
    Ok(record(tx, by, stamp, told).await?)
}

async fn apply(tx: &mut WriteTx, (step, change): &Wanted) -> Result<ServiceAccount, Error> {
    let (by, now) = (&step.by, step.stamp.now);
    by.decide_of_tenant(Action::ManageOperators)?;
    let current = tx.service_account(by.within(), step.id).await?.ok_or_else(no_such_account)?;
    // Whoever could give it another secret could do what it does.
    must_give(by, current.role)?;
    if current.archived_at.is_some() {
        return match change {
            Change::Archive => Ok(current),
            Change::Update(_) | Change::Rotate(..) => Err(archived()),
        };
    }
    let (action, changed) = match change {
        Change::Update(fields) => {
            let mut faults = Faults::default();
            let changed = put_over(current.clone(), fields, &mut faults);
            faults.check()?;
            must_give(by, changed.role)?;
            ("service_account.updated", changed)
        }
        Change::Rotate(secret, _) => {
            ("service_account.secret_rotated", ServiceAccount { secret: secret.clone(), ..current.clone() })
        }
        Change::Archive => {
            ("service_account.archived", ServiceAccount { archived_at: Some(now), ..current.clone() })
        }
    };
    if changed == current {
        return Ok(current);
    }
    let changed = ServiceAccount { updated_at: now, ..changed };
    tx.update_service_account(by.within(), &changed).await?;
    if change.ends_tokens() {
        tx.insert_revocation(by.within(), &end_of_tokens(&changed, now)).await?;
    }
    let (before, after) = (Some(describe(&current)), Some(describe(&changed)));
    record(tx, by, step.stamp, Told { action, application: None, before, after }).await?;
    Ok(changed)
}

/// Of those that it was given until now.
const fn end_of_tokens(account: &ServiceAccount, now: Timestamp) -> Revocation {
    let subject = RevokedSubject::Application(ApplicationId::from_bytes(account.id.as_bytes()));
    let forget_at = Ending::at(now).forget_at;
    Revocation { owner: Owner::Tenant(account.tenant), subject, revoked_at: now, forget_at }
}

fn put_over(
    mut account: ServiceAccount,
    fields: &ServiceAccountFields,
    faults: &mut Faults,
) -> ServiceAccount {
    if let Some(name) = fields.name.as_deref().and_then(|raw| faults.take("name", Name::parse(raw))) {
        account.name = name;
    }
    let role = fields.role.as_deref().map(|raw| Role::parse(raw).map_err(|reason| format!("is {reason}")));
    if let Some(role) = role.and_then(|parsed| faults.take("role", parsed)) {
        account.role = role;
    }
    edit(&mut account.description, "description", &fields.description, faults, parse_description);
    account
}

fn must_give(by: &By, role: Role) -> Result<(), Error> {
    match may_give(&by.caller, role, &by.place()) {
        Decision::Allowed => Ok(()),
        Decision::Hidden => by.decide_of_tenant(Action::ManageOperators),
        Decision::Forbidden => Err(refused(&by.caller, Action::ManageOperators)),
    }
}

/// As the history tells of it.
fn describe(account: &ServiceAccount) -> Value {
    json!({
        "service_account": account.id.client_id(),
        "name": account.name.as_str(),
        "description": account.description,
        "role": account.role.as_str(),
        "secret_last_four": account.secret.last_four,
        "archived_at": account.archived_at.map(|at| at.to_string()),
    })
}

/// Any spelling of its id.
fn parse_id(raw: &str) -> Result<ServiceAccountId, Error> {
    ServiceAccountId::parse(raw).map_err(|_| no_such_account())
}

fn no_such_account() -> Error {
    Error::new(ErrorCode::ServiceAccountNotFound, "there is no such service account")
}

fn archived() -> Error {
    Error::new(ErrorCode::NotApplicable, "the service account is archived, for good")
}
