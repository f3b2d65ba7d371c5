//! Who acts, or acted, as one of an application's people: told, and ended.

use std::collections::HashMap;

use appkeep_domain::{
    Action, ApplicationId, Caller, Decision, Directory, DirectoryId, Email, Ending, Impersonation,
    ImpersonationEnd, ImpersonationId, OperatorId, Owner, Resource, SeenFrom, Timestamp, UserId, Within, may,
};
use appkeep_storage::{ImpersonationPage, PeopleWith, ReadTx, Seek, StorageError, TenantLabel, WriteTx};
use serde_json::{Value, json};

use super::Step;
use super::find::{find_people_of, no_such_user, parse_user_id};
use crate::by::{By, require};
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::Registry;
use crate::registry::find::parse_id;
use crate::registry::page::{self, List, Page, PageQuery, id_key};
use crate::registry::record::{Told, record_of};

/// An impersonation, as somebody may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImpersonationView {
    pub impersonation: Impersonation,
    /// How it was over at this moment.
    pub end: Option<ImpersonationEnd>,
    /// Of the user, who may have another by now.
    pub user_email: Option<Email>,
    /// For those who may know who administers.
    pub operator: Option<ActingOperator>,
}

/// Who acted, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActingOperator {
    /// Nothing of one who is gone.
    pub email: Option<Email>,
    pub from: SeenFrom,
}

/// As whom somebody acts at this moment, as they are told themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActingAs {
    pub impersonation: Impersonation,
    pub user_email: Option<Email>,
    /// Whose the user is; nobody's, who is no tenant's.
    pub tenant: Option<TenantLabel>,
}

impl Registry {
    /// As whom the operator who asks acts at this moment: of several, what goes on
    /// for longest.
    pub async fn acting(&self, caller: &Caller) -> Result<Option<ActingAs>, Error> {
        let Caller::Operator { id: operator, .. } = caller else { return Ok(None) };
        let mut tx = self.store().read().await?;
        let found = tx.impersonation_by(Within::Platform, *operator, self.now()).await?;
        let Some(impersonation) = found else { return Ok(None) };
        let directory = tx.directory(Within::Platform, impersonation.directory).await?;
        let Some(directory) = directory else { return Ok(None) };
        let user = tx.user(Within::Platform, &directory, impersonation.user).await?;
        let labels = match directory.owner {
            Owner::Tenant(id) => tx.tenant_labels(Within::Platform, &[id]).await?,
            Owner::Global | Owner::Partner(_) => Vec::new(),
        };
        let tenant = labels.into_iter().next();
        Ok(Some(ActingAs { impersonation, user_email: user.map(|user| user.email), tenant }))
    }

    /// Those that go on at this moment, newest first.
    pub async fn impersonations(
        &self,
        by: &By,
        id: &str,
        query: PageQuery,
    ) -> Result<Page<ImpersonationView>, Error> {
        require(&by.caller, Action::ReadImpersonations)?;
        let (seek, limit) = seek(&query, List::Impersonations)?;
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store().read().await?;
        let found = find_people_of(&mut tx, by, Action::ReadImpersonations, (id, now)).await?;
        let with = PeopleWith { people: found.people, application: id };
        let page = tx.active_impersonations(found.people.within(), with, now, seek).await?;
        page_of(&mut tx, (by, &found.rights), (page, List::Impersonations, limit), now).await
    }

    /// Every one of a user of the application, newest first, over or not.
    pub async fn impersonations_of_user(
        &self,
        by: &By,
        (id, user): (&str, &str),
        query: PageQuery,
    ) -> Result<Page<ImpersonationView>, Error> {
        require(&by.caller, Action::ReadImpersonations)?;
        let (seek, limit) = seek(&query, List::ImpersonationHistory)?;
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store().read().await?;
        let found = find_people_of(&mut tx, by, Action::ReadImpersonations, (id, now)).await?;
        let user = parse_user_id(user)?;
        let (directory, user) = found.user(&mut tx, user).await?.ok_or_else(no_such_user)?;
        let whose = (&directory, user.id);
        let page = tx.impersonations_of_user(found.people.within(), whose, id, seek).await?;
        page_of(&mut tx, (by, &found.rights), (page, List::ImpersonationHistory, limit), now).await
    }

    /// What was issued in it is refused from now on, by every node. One that is
    /// over already stays as it is.
    pub async fn end_impersonation(&self, by: &By, id: &str, impersonation: &str) -> Result<(), Error> {
        require(&by.caller, Action::EndSessions)?;
        let step = self.step_of(by, (parse_id(id)?, impersonation.to_owned()));
        self.store().write(async move |tx: &mut WriteTx| end(tx, &step).await).await
    }
}

fn seek(query: &PageQuery, list: List) -> Result<(Seek<ImpersonationId>, u32), Error> {
    let mut faults: Vec<Fault> = Vec::new();
    let limit = query.limit(&mut faults);
    let after = query.after(list, id_key, &mut faults).map(ImpersonationId::from_bytes);
    page::check(faults)?;
    Ok((Seek { after, limit: limit as usize }, limit))
}

async fn page_of(
    tx: &mut ReadTx,
    (by, rights): (&By, &Resource),
    (page, list, limit): (ImpersonationPage, List, u32),
    now: Timestamp,
) -> Result<Page<ImpersonationView>, Error> {
    let ImpersonationPage { impersonations, next } = page;
    let mut reader = Reader::new(by, rights);
    let mut items = Vec::with_capacity(impersonations.len());
    for impersonation in impersonations {
        items.push(reader.view(tx, impersonation, now).await?);
    }
    Ok(Page { items, next_cursor: next.map(|id| list.cursor(&id.as_bytes())), limit })
}

/// Finds out who is meant, each of them once.
pub(crate) struct Reader {
    people: Owner,
    knows_operators: bool,
    directories: HashMap<DirectoryId, Option<Directory>>,
    emails: HashMap<UserId, Option<Email>>,
}

impl Reader {
    pub(crate) fn new(by: &By, rights: &Resource) -> Self {
        let knows_operators = may(&by.caller, Action::ReadOperators, rights) == Decision::Allowed;
        Self { people: rights.owner, knows_operators, directories: HashMap::new(), emails: HashMap::new() }
    }

    pub(crate) async fn view(
        &mut self,
        tx: &mut ReadTx,
        impersonation: Impersonation,
        now: Timestamp,
    ) -> Result<ImpersonationView, StorageError> {
        let user_email = self.email_of(tx, &impersonation).await?;
        let operator = if self.knows_operators {
            let email = self.email_of_operator(tx, impersonation.operator).await?;
            Some(ActingOperator { email, from: impersonation.from.clone() })
        } else {
            None
        };
        Ok(ImpersonationView { end: impersonation.end(now), user_email, operator, impersonation })
    }

    async fn email_of(
        &mut self,
        tx: &mut ReadTx,
        impersonation: &Impersonation,
    ) -> Result<Option<Email>, StorageError> {
        let (within, id) = (self.people.within(), impersonation.directory);
        let directory = if let Some(known) = self.directories.get(&id) {
            known.clone()
        } else {
            let found = tx.directory(within, id).await?;
            self.directories.insert(id, found.clone());
            found
        };
        self.email_in(tx, (within, directory), impersonation.user).await
    }

    async fn email_of_operator(
        &mut self,
        tx: &mut ReadTx,
        operator: OperatorId,
    ) -> Result<Option<Email>, StorageError> {
        let directory = tx.tenant_directory(Within::Platform, Owner::Global).await?;
        self.email_in(tx, (Within::Platform, directory), UserId::from_bytes(operator.as_bytes())).await
    }

    async fn email_in(
        &mut self,
        tx: &mut ReadTx,
        (within, directory): (Within, Option<Directory>),
        user: UserId,
    ) -> Result<Option<Email>, StorageError> {
        if let Some(known) = self.emails.get(&user) {
            return Ok(known.clone());
        }
        let Some(directory) = directory else { return Ok(None) };
        let email = tx.user(within, &directory, user).await?.map(|user| user.email);
        self.emails.insert(user, email.clone());
        Ok(email)
    }
}

async fn end(tx: &mut WriteTx, step: &Step<(ApplicationId, String)>) -> Result<(), Error> {
    let (by, now, application) = (&step.by, step.stamp.now, step.id.0);
    let found = find_people_of(tx, by, Action::EndSessions, (application, now)).await?;
    let id = ImpersonationId::parse(&step.id.1).map_err(|_| no_such_impersonation())?;
    let with = PeopleWith { people: found.people, application };
    let impersonation = tx.impersonation(found.people.within(), with, id).await?;
    let impersonation = impersonation.ok_or_else(no_such_impersonation)?;
    if !impersonation.is_active(now) {
        return Ok(());
    }
    tx.end_impersonation(impersonation.owner.within(), &impersonation, Ending::at(now)).await?;
    let told = Told::of("impersonation.ended", application, Some(describe(&impersonation)));
    Ok(record_of(tx, by, found.people, (step.stamp, told)).await?)
}

/// Both people, and nothing of either but who they are: why it happened is kept
/// with the impersonation, where it can be erased.
pub(crate) fn describe(impersonation: &Impersonation) -> Value {
    json!({
        "impersonation_id": impersonation.id.to_string(),
        "operator_id": impersonation.operator.to_string(),
        "user_id": impersonation.user.to_string(),
        "session_id": impersonation.session.to_string(),
        "expires_at": impersonation.expires_at.to_string(),
    })
}

fn no_such_impersonation() -> Error {
    Error::new(ErrorCode::ImpersonationNotFound, "nobody acts, or acted, as a user of it by this id")
}
