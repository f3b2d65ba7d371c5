//! The scopes that an application can be allowed: built in, or registered by
//! the tenant for its own APIs.

use appkeep_domain::{
    Action, InvalidText, Owner, RegisteredScope, ScopeId, Timestamp, built_in_scopes, is_built_in,
};
use appkeep_oauth::Scope;
use appkeep_storage::{ReadTx, StorageError, WriteTx};
use serde_json::json;

use super::Registry;
use super::faults::Faults;
use super::page::{self, List, Page, PageQuery};
use super::record::{Told, record};
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};

const MAX_DESCRIPTION: usize = 500;

/// Which part of the scopes is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeQuery {
    pub page: PageQuery,
}

/// A scope that can be allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeEntry {
    pub scope: Scope,
    pub description: Option<String>,
    /// Always there, and not to be removed.
    pub built_in: bool,
    /// Of a registered one.
    pub created_at: Option<Timestamp>,
}

impl From<RegisteredScope> for ScopeEntry {
    fn from(registered: RegisteredScope) -> Self {
        Self {
            scope: registered.scope,
            description: registered.description,
            built_in: false,
            created_at: Some(registered.created_at),
        }
    }
}

impl Registry {
    /// The built-in ones and the tenant's own, in the order of their bytes.
    pub async fn scopes(&self, by: &By, query: ScopeQuery) -> Result<Page<ScopeEntry>, Error> {
        by.decide_of_tenant(Action::ReadScopes)?;
        let mut faults = Vec::new();
        let limit = query.page.limit(&mut faults);
        let after = query.page.after(List::Scopes, parse_key, &mut faults);
        page::check(faults)?;
        let mut tx = self.store.read().await?;
        // One more than wanted says whether there is a next page.
        let own = tx.scopes(by.within(), by.tenant, after.as_ref(), limit + 1).await?;
        let mut items: Vec<ScopeEntry> = own.into_iter().map(ScopeEntry::from).collect();
        items.extend(built_in().filter(|entry| after.as_ref().is_none_or(|after| *after < entry.scope)));
        items.sort_by(|one, other| one.scope.cmp(&other.scope));
        let has_next = items.len() > limit as usize;
        items.truncate(limit as usize);
        let last = items.last().filter(|_| has_next);
        let next_cursor = last.map(|entry| List::Scopes.cursor(entry.scope.as_str().as_bytes()));
        Ok(Page { items, next_cursor, limit })
    }

    pub async fn create_scope(
        &self,
        by: &By,
        scope: &str,
        description: Option<&str>,
    ) -> Result<ScopeEntry, Error> {
        by.decide_of_tenant(Action::ChangeScopes)?;
        let registered = self.draft_scope(by, scope, description)?;
        let (by, stamp, kept) = (by.clone(), self.stamp(), registered.clone());
        let write = async move |tx: &mut WriteTx| {
            check_room(tx, &by).await?;
            tx.insert_scope(by.within(), &kept).await.map_err(scope_taken)?;
            let after = json!({ "scope": kept.scope.as_str(), "description": kept.description });
            let told = Told { action: "scope.created", application: None, before: None, after: Some(after) };
            record(tx, &by, stamp, told).await.map_err(Error::from)
        };
        self.store.write(write).await?;
        Ok(registered.into())
    }

    /// From now on nobody is granted it, whoever was allowed it.
    pub async fn delete_scope(&self, by: &By, scope: &str) -> Result<(), Error> {
        by.decide_of_tenant(Action::ChangeScopes)?;
        let scope = Scope::parse(scope).map_err(|_| no_such_scope())?;
        let (by, stamp) = (by.clone(), self.stamp());
        let write = async move |tx: &mut WriteTx| {
            let found = tx.scope(by.within(), by.tenant, &scope).await?.ok_or_else(no_such_scope)?;
            tx.delete_scope(by.within(), by.tenant, &scope).await?;
            let before = json!({ "scope": found.scope.as_str(), "description": found.description });
            let told = Told { action: "scope.deleted", application: None, before: Some(before), after: None };
            record(tx, &by, stamp, told).await.map_err(Error::from)
        };
        self.store.write(write).await
    }

    fn draft_scope(&self, by: &By, raw: &str, description: Option<&str>) -> Result<RegisteredScope, Error> {
        let mut faults = Faults::default();
        let scope = faults.take("scope", Scope::parse(raw));
        let description = description.and_then(|raw| faults.take("description", parse_description(raw)));
        if is_built_in(raw) {
            faults.add("scope", ErrorCode::ScopeTaken, "is built in");
        }
        faults.check()?;
        let id: ScopeId = self.make_id();
        let scope = scope.ok_or_else(no_such_scope)?;
        Ok(RegisteredScope { id, tenant: by.tenant, scope, description, created_at: self.now() })
    }
}

async fn check_room(tx: &mut WriteTx, by: &By) -> Result<(), Error> {
    let registered = tx.scopes(by.within(), by.tenant, None, RegisteredScope::MOST).await?;
    if registered.len() < RegisteredScope::MOST as usize {
        return Ok(());
    }
    let message = format!("the tenant has registered {} scopes, and cannot have more", RegisteredScope::MOST);
    Err(Error::new(ErrorCode::TooManyScopes, message))
}

/// Whether an application of this owner can be allowed it. Only tenants register
/// scopes, and for themselves.
pub(super) async fn is_known(tx: &mut ReadTx, owner: Owner, scope: &Scope) -> Result<bool, StorageError> {
    if is_built_in(scope.as_str()) {
        return Ok(true);
    }
    let Owner::Tenant(id) = owner else { return Ok(false) };
    Ok(tx.scope(owner.within(), id, scope).await?.is_some())
}

fn built_in() -> impl Iterator<Item = ScopeEntry> {
    let known = built_in_scopes().filter_map(|scope| Scope::parse(scope).ok());
    known.map(|scope| ScopeEntry { scope, description: None, built_in: true, created_at: None })
}

fn parse_key(key: Vec<u8>) -> Option<Scope> {
    Scope::parse(&String::from_utf8(key).ok()?).ok()
}

fn parse_description(raw: &str) -> Result<String, InvalidText> {
    if raw.chars().count() > MAX_DESCRIPTION {
        return Err(InvalidText::TooLong(MAX_DESCRIPTION));
    }
    if raw.chars().any(char::is_control) {
        return Err(InvalidText::Control);
    }
    Ok(raw.to_owned())
}

fn no_such_scope() -> Error {
    Error::new(ErrorCode::ScopeNotFound, "the tenant has registered no such scope")
}

fn scope_taken(error: StorageError) -> Error {
    match &error {
        StorageError::Taken(name) if name == "scopes.tenant_id, scopes.scope" => {
            let fault = Fault::new("scope", ErrorCode::ScopeTaken, "is registered already");
            Error::invalid(fault).because(error)
        }
        _ => error.into(),
    }
}
