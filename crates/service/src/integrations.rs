//! What a tenant lets its applications reach: made, read, changed, archived.
//!
//! Nothing here connects to anything, nor looks up where a name leads, but
//! `validate` and what goes on for somebody who connects.

mod attach;
mod client;
mod discovery;
mod draft;
mod errands;
mod exchange;
mod given;
mod graph;
mod links;
mod own_pages;
mod reached;
mod validate;
mod words;

use std::fmt;

use appkeep_domain::integration::Integration;
use appkeep_domain::{Action, IntegrationId, Issuer, Timestamp};
use appkeep_keys::Aad;
use appkeep_storage::{
    IntegrationFilter, ReadTx, SealedSecret, SecretEdit, SecretEdits, Seek, StorageError, Store, WriteTx,
};
use zeroize::Zeroizing;

pub use appkeep_domain::integration::Unreachable;

pub use self::attach::AttachedIntegration;
pub use self::client::{IntegrationClient, IntegrationClientFields};
pub use self::draft::{CapabilityFields, IntegrationFields};
use self::draft::{Drafted, Secret};
pub use self::errands::{CameBack, Comeback, Confirmation, IntegrationDeparture, SettingOut, Traveller};
pub use self::given::{GivenOut, TheirToken};
pub use self::graph::AccessGraphQuery;
pub use self::links::{IntegrationLink, LinkStatus, OwnToken, PersonAsks};
pub use self::own_pages::Offer;
pub use self::reached::Reachable;
pub(crate) use self::validate::Validations;
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::Expected;
use crate::registry::list::searched;
use crate::registry::page::{self, List, Page, PageQuery, id_key, parameter};
use crate::registry::record::{Stamp, Told, record};
use crate::{Authority, Keyring, Registry};

/// The use cases. Cheap to clone; every clone is the same one.
#[derive(Clone)]
pub struct Integrations {
    registry: Registry,
    authority: Authority,
}

/// An integration to make.
#[derive(Debug, Default)]
pub struct NewIntegration {
    pub fields: IntegrationFields,
    /// Brings back an archived one that is called so, as what is said here.
    pub confirm_unarchive: bool,
}

/// What is to become of an integration; what is not named stays.
#[derive(Debug, Default)]
pub struct IntegrationUpdate {
    pub expected: Expected,
    pub fields: IntegrationFields,
}

/// Which integrations are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntegrationQuery {
    pub page: PageQuery,
    pub category: Option<String>,
    pub auth_mode: Option<String>,
    pub archived: bool,
    /// Part of the name, case aside.
    pub text: Option<String>,
}

/// One change to something that has an id, tried in a transaction.
struct Step<T> {
    by: By,
    stamp: Stamp,
    what: T,
}

impl Integrations {
    /// Speaks to others as whoever is at the public URL, which the authority is
    /// that of.
    pub const fn new(registry: Registry, authority: Authority) -> Self {
        Self { registry, authority }
    }

    /// The tenant's, newest first.
    pub async fn list(&self, by: &By, query: IntegrationQuery) -> Result<Page<Integration>, Error> {
        by.decide_of_tenant(Action::ReadIntegrations)?;
        let mut faults = Vec::new();
        // An empty search box finds everything.
        let text = query.text.as_deref().filter(|text| !text.is_empty());
        let filter = IntegrationFilter {
            category: parameter("category", query.category.as_deref(), words::category, &mut faults),
            auth: parameter("auth_mode", query.auth_mode.as_deref(), words::auth_mode, &mut faults),
            archived: query.archived,
            text: text.and_then(|text| searched(text, &mut faults)),
        };
        let limit = query.page.limit(&mut faults);
        let after = query.page.after(List::Integrations, id_key, &mut faults).map(IntegrationId::from_bytes);
        page::check(faults)?;
        let mut tx = self.store().read().await?;
        let seek = Seek { after, limit: limit as usize };
        let found = tx.integrations(by.within(), by.tenant, filter, seek).await?;
        let next_cursor = found.next.map(|id| List::Integrations.cursor(&id.as_bytes()));
        Ok(Page { items: found.integrations, next_cursor, limit })
    }

    /// One that is archived too.
    pub async fn get(&self, by: &By, id: &str) -> Result<Integration, Error> {
        by.decide_of_tenant(Action::ReadIntegrations)?;
        let id = parse_id(id)?;
        find(&mut self.store().read().await?, by, id).await
    }

    /// Nothing is connected to. A name that an archived one has is refused
    /// unless it is to come back.
    pub async fn create(&self, by: &By, new: NewIntegration) -> Result<Integration, Error> {
        by.decide_of_tenant(Action::ManageIntegrations)?;
        let now = self.now();
        let Drafted { integration, server_token } =
            draft::new((self.registry.make_id(), by.tenant, by.actor()), &new.fields, now)?;
        let mut tx = self.store().read().await?;
        if tx.integration_by_name(by.within(), by.tenant, &integration.name).await?.is_some() {
            return Err(name_taken());
        }
        let archived = tx.archived_integration_by_name(by.within(), by.tenant, &integration.name).await?;
        drop(tx);
        if archived.is_some() && !new.confirm_unarchive {
            let message = "an archived integration is called so; say `confirm_unarchive` to bring it back";
            return Err(Error::invalid(Fault::new("name", ErrorCode::IntegrationArchived, message)));
        }
        let made = match &archived {
            None => integration,
            Some(before) => brought_back(before, integration, now),
        };
        let server_token = self.seal_edit(&made, SERVER_TOKEN, server_token).await?;
        // Of one that comes back nothing secret is left.
        let secrets = SecretEdits { server_token, client_secret: SecretEdit::Clear };
        let step = self.step(by, (archived, made, secrets));
        self.store().write(async move |tx: &mut WriteTx| create(tx, &step).await).await
    }

    /// A change that changes nothing leaves no trace. Another URL, way of
    /// authentication or issuer ends what people had with it.
    pub async fn update(&self, by: &By, id: &str, update: IntegrationUpdate) -> Result<Integration, Error> {
        by.decide_of_tenant(Action::ManageIntegrations)?;
        let id = parse_id(id)?;
        let before = find_live(&mut self.store().read().await?, by, id).await?;
        update.expected.check(before.version)?;
        let Drafted { integration, server_token } = draft::apply(before.clone(), &update.fields)?;
        if before == integration && matches!(server_token, Secret::Keep) {
            return Ok(before);
        }
        let lost_client = before.client.is_some() && integration.client.is_none();
        let client_secret = if lost_client { SecretEdit::Clear } else { SecretEdit::Keep };
        let server_token = self.seal_edit(&integration, SERVER_TOKEN, server_token).await?;
        let secrets = SecretEdits { server_token, client_secret };
        self.write("integration.updated", by, (before, integration, secrets)).await
    }

    /// No application reaches it from now on, and what people had with it is
    /// gone. Archiving what is archived is fine.
    pub async fn archive(&self, by: &By, id: &str, expected: Expected) -> Result<(), Error> {
        by.decide_of_tenant(Action::ManageIntegrations)?;
        let id = parse_id(id)?;
        let before = find(&mut self.store().read().await?, by, id).await?;
        expected.check(before.version)?;
        if before.is_archived() {
            return Ok(());
        }
        let after = Integration {
            archived_at: Some(self.now()),
            generation: before.generation + 1,
            has_server_token: false,
            client: before.client.clone().map(|client| client::without_secret(&client)),
            ..before.clone()
        };
        let secrets = SecretEdits { server_token: SecretEdit::Clear, client_secret: SecretEdit::Clear };
        self.write("integration.archived", by, (before, after, secrets)).await.map(drop)
    }

    /// Writes what became of an integration; `before` is what it was read as,
    /// or the change is stale.
    async fn write(
        &self,
        action: &'static str,
        by: &By,
        (before, after, secrets): (Integration, Integration, SecretEdits),
    ) -> Result<Integration, Error> {
        let step = self.step(by, (action, before, after, secrets));
        self.store().write(async move |tx: &mut WriteTx| apply(tx, &step).await).await
    }

    async fn seal_edit(
        &self,
        integration: &Integration,
        field: &'static str,
        secret: Secret,
    ) -> Result<SecretEdit, Error> {
        Ok(match secret {
            Secret::Keep => SecretEdit::Keep,
            Secret::Clear => SecretEdit::Clear,
            Secret::Set(secret) => {
                let issuer = Issuer::Tenant(integration.tenant);
                let place = place_of(integration, field);
                let (data_key_version, sealed) =
                    self.keyring().seal(issuer, &place, secret.as_bytes()).await?;
                SecretEdit::Set(SealedSecret { issuer, data_key_version, sealed })
            }
        })
    }

    async fn open_text(&self, place: &Aad, sealed: &SealedSecret) -> Result<Zeroizing<String>, Error> {
        let SealedSecret { issuer, data_key_version, sealed } = sealed;
        let opened = self.keyring().open(*issuer, place, (*data_key_version, sealed)).await?;
        let damaged = |_| Error::new(ErrorCode::Internal, "something went wrong here");
        Ok(Zeroizing::new(std::str::from_utf8(&opened).map_err(damaged)?.to_owned()))
    }

    fn step<T>(&self, by: &By, what: T) -> Step<T> {
        Step { by: by.clone(), stamp: self.registry.stamp(), what }
    }

    const fn store(&self) -> &Store {
        self.registry.store()
    }

    fn keyring(&self) -> &Keyring {
        self.authority.keyring()
    }

    fn now(&self) -> Timestamp {
        self.registry.now()
    }
}

impl fmt::Debug for Integrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Integrations").finish_non_exhaustive()
    }
}

const SERVER_TOKEN: &str = "server_token";
const CLIENT_SECRET: &str = "client_secret";

/// Elsewhere it does not open.
fn place_of(integration: &Integration, field: &str) -> Aad {
    let row = [integration.tenant.as_bytes(), integration.id.as_bytes()].concat();
    Aad::new("integrations", &row, field)
}

/// The archived one, as what was said anew.
fn brought_back(before: &Integration, said: Integration, now: Timestamp) -> Integration {
    Integration {
        id: before.id,
        generation: before.generation + 1,
        version: before.version + 1,
        created_by: before.created_by.clone(),
        created_at: before.created_at,
        updated_at: now,
        ..said
    }
}

async fn create(
    tx: &mut WriteTx,
    step: &Step<(Option<Integration>, Integration, SecretEdits)>,
) -> Result<Integration, Error> {
    let (archived, made, secrets) = &step.what;
    let by = &step.by;
    if tx.integration_count(by.within(), by.tenant, Integration::MOST).await? >= Integration::MOST {
        let message = format!("the tenant has {} integrations, and cannot have more", Integration::MOST);
        return Err(Error::new(ErrorCode::CapReached, message));
    }
    let action = if archived.is_none() {
        tx.insert_integration(by.within(), made, secrets).await.map_err(taken)?;
        "integration.created"
    } else {
        tx.update_integration(by.within(), made, secrets).await.map_err(taken)?;
        tx.delete_earlier_links(by.within(), made).await?;
        "integration.restored"
    };
    let told = Told {
        action,
        application: None,
        before: archived.as_ref().map(words::describe),
        after: Some(words::describe(made)),
    };
    record(tx, by, step.stamp, told).await?;
    Ok(made.clone())
}

async fn apply(
    tx: &mut WriteTx,
    step: &Step<(&'static str, Integration, Integration, SecretEdits)>,
) -> Result<Integration, Error> {
    let ((action, before, after, secrets), by) = (&step.what, &step.by);
    let changed = Integration { version: before.version + 1, updated_at: step.stamp.now, ..after.clone() };
    tx.update_integration(by.within(), &changed, secrets).await.map_err(taken)?;
    if changed.generation != before.generation {
        tx.delete_earlier_links(by.within(), &changed).await?;
    }
    let (old, new) = words::differences((before, after), secrets);
    record(tx, by, step.stamp, Told { action, application: None, before: Some(old), after: Some(new) })
        .await?;
    Ok(changed)
}

/// Reads any spelling; a text that is no id is one that never existed.
fn parse_id(raw: &str) -> Result<IntegrationId, Error> {
    IntegrationId::parse(raw).map_err(|_| no_such_integration())
}

/// One that is archived too.
async fn find(tx: &mut ReadTx, by: &By, id: IntegrationId) -> Result<Integration, Error> {
    tx.integration(by.within(), by.tenant, id).await?.ok_or_else(no_such_integration)
}

/// What is archived is not changed: it comes back first.
async fn find_live(tx: &mut ReadTx, by: &By, id: IntegrationId) -> Result<Integration, Error> {
    let found = find(tx, by, id).await?;
    must_be_live(&found)?;
    Ok(found)
}

fn must_be_live(integration: &Integration) -> Result<(), Error> {
    if integration.is_archived() {
        let message =
            "the integration is archived; make it again, with `confirm_unarchive`, to bring it back";
        return Err(Error::new(ErrorCode::IntegrationArchived, message));
    }
    Ok(())
}

fn no_such_integration() -> Error {
    Error::new(ErrorCode::IntegrationNotFound, "there is no such integration")
}

fn name_taken() -> Error {
    Error::invalid(Fault::new("name", ErrorCode::IntegrationNameTaken, "another integration has it"))
}

/// Somebody else was quicker.
fn taken(error: StorageError) -> Error {
    match &error {
        StorageError::Taken(name) if name == "integrations.tenant_id, integrations.name_key" => {
            name_taken().because(error)
        }
        _ => error.into(),
    }
}
