//! With whom an application's own users may sign in: what it is registered as
//! there, written by whoever writes the application.

use std::sync::Arc;

use appkeep_domain::{Action, Connection, Directory, Issuer, Owner, ProviderIssuer, ProviderName};
use appkeep_storage::{ReadTx, SealedSecret, StorageError, WriteTx};
use serde_json::{Map, Value, json};

use super::Step;
use super::connection_draft::{self, ConnectionFields, Drafted, NewConnection};
use super::pool::{Place, Pool};
use crate::Authority;
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::environments::no_environments;
use crate::registry::{Expected, Registry};

/// What is to become of a connection; what is not named stays.
#[derive(Debug, Default)]
pub struct ConnectionUpdate {
    pub expected: Expected,
    pub client_id: Option<String>,
    pub fields: ConnectionFields,
}

impl Registry {
    /// All of them in an environment, by the names of their providers.
    pub async fn connections(&self, by: &By, of: Pool) -> Result<Vec<Connection>, Error> {
        of.decide(by, Action::ReadApplication)?;
        let mut tx = self.store().read().await?;
        let place = of.find(&mut tx, by, (Action::ReadApplication, self.now())).await?;
        let directory = directory_of(&place)?;
        Ok(tx.connections(place.within(), directory).await?)
    }

    pub async fn connection(&self, by: &By, of: Pool, provider: &str) -> Result<Connection, Error> {
        of.decide(by, Action::ReadApplication)?;
        let mut tx = self.store().read().await?;
        let place = of.find(&mut tx, by, (Action::ReadApplication, self.now())).await?;
        find(&mut tx, &place, provider).await
    }

    /// From now on the application's users may sign in with the provider, unless
    /// it is made disabled. The secret is sealed by the authority's keys, and
    /// not shown again.
    pub async fn create_connection(
        &self,
        by: &By,
        of: Pool,
        new: NewConnection,
        authority: &Authority,
    ) -> Result<Connection, Error> {
        of.decide(by, Action::UpdateApplication)?;
        let mut tx = self.store().read().await?;
        let place = of.find(&mut tx, by, (Action::UpdateApplication, self.now())).await?;
        drop(tx);
        let whose = (self.make_id(), directory_of(&place)?.id);
        let Drafted { connection, secret } = connection_draft::new(whose, &new, self.now())?;
        let sealed = authority.seal_connection_secret(issuer_of(place.owner), &connection, &secret).await?;
        let (step, drafted) = (self.step_of(by, of), Arc::new((connection, sealed)));
        let write = async move |tx: &mut WriteTx| create(tx, &step, &drafted).await;
        self.store().write(write).await
    }

    /// A change that changes nothing leaves no trace. A secret that is sent is
    /// another one.
    pub async fn update_connection(
        &self,
        by: &By,
        (of, provider): (Pool, &str),
        update: ConnectionUpdate,
        authority: &Authority,
    ) -> Result<Connection, Error> {
        of.decide(by, Action::UpdateApplication)?;
        let mut tx = self.store().read().await?;
        let place = of.find(&mut tx, by, (Action::UpdateApplication, self.now())).await?;
        let current = find(&mut tx, &place, provider).await?;
        drop(tx);
        update.expected.check(current.version)?;
        let said = (update.client_id.as_deref(), &update.fields);
        let Drafted { connection, secret } = connection_draft::apply(current.clone(), said)?;
        let mut sealed = None;
        if let Some(secret) = secret {
            let issuer = issuer_of(place.owner);
            sealed = Some(authority.seal_connection_secret(issuer, &connection, &secret).await?);
        }
        if connection == current && sealed.is_none() {
            return Ok(current);
        }
        let (step, change) = (self.step_of(by, of), Arc::new((current, connection, sealed)));
        let write = async move |tx: &mut WriteTx| apply(tx, &step, &change).await;
        self.store().write(write).await
    }

    /// Nobody signs in by it any more, and what tied users to their accounts
    /// there goes with it.
    pub async fn delete_connection(
        &self,
        by: &By,
        (of, provider): (Pool, &str),
        expected: Expected,
    ) -> Result<(), Error> {
        of.decide(by, Action::UpdateApplication)?;
        let step = Arc::new((self.step_of(by, (of, provider.to_owned())), expected));
        self.store().write(async move |tx: &mut WriteTx| delete(tx, &step).await).await
    }
}

async fn create(
    tx: &mut WriteTx,
    step: &Step<Pool>,
    (connection, sealed): &(Connection, SealedSecret),
) -> Result<Connection, Error> {
    let (of, by, now) = (step.id, &step.by, step.stamp.now);
    let place = of.find(tx, by, (Action::UpdateApplication, now)).await?;
    let directory = directory_of(&place)?;
    let known = tx.connections(place.within(), directory).await?;
    if known.iter().any(|other| other.provider == connection.provider) {
        return Err(provider_taken());
    }
    if known.len() >= Connection::MAX {
        let message =
            format!("there are {} in this environment, which is as many as there may be", known.len());
        return Err(Error::new(ErrorCode::TooManyConnections, message));
    }
    tx.insert_connection(place.within(), directory, (connection, sealed)).await.map_err(taken)?;
    let after = told(connection, describe(connection));
    place.record(tx, (by, step.stamp), "connection.created", (None, Some(after))).await?;
    Ok(connection.clone())
}

async fn apply(
    tx: &mut WriteTx,
    step: &Step<Pool>,
    (before, after, sealed): &(Connection, Connection, Option<SealedSecret>),
) -> Result<Connection, Error> {
    let (of, by, now) = (step.id, &step.by, step.stamp.now);
    let place = of.find(tx, by, (Action::UpdateApplication, now)).await?;
    let changed = Connection { version: before.version + 1, updated_at: now, ..after.clone() };
    // Its version is the one that was read before the secret was sealed, or it is stale.
    let written = (&changed, sealed.as_ref());
    tx.update_connection(place.within(), directory_of(&place)?, written).await?;
    let (old, mut new) = differences(describe(before), describe(after));
    if sealed.is_some() {
        new.insert("secret_replaced".to_owned(), true.into());
    }
    let change = (Some(told(before, old)), Some(told(after, new)));
    place.record(tx, (by, step.stamp), "connection.updated", change).await?;
    Ok(changed)
}

async fn delete(tx: &mut WriteTx, (step, expected): &(Step<(Pool, String)>, Expected)) -> Result<(), Error> {
    let ((of, provider), by) = (&step.id, &step.by);
    let place = of.find(tx, by, (Action::UpdateApplication, step.stamp.now)).await?;
    let connection = find(tx, &place, provider).await?;
    expected.check(connection.version)?;
    tx.delete_connection(place.within(), directory_of(&place)?, connection.id).await?;
    let before = told(&connection, describe(&connection));
    Ok(place.record(tx, (by, step.stamp), "connection.deleted", (Some(before), None)).await?)
}

/// Only an application with users of its own has connections.
fn directory_of(place: &Place) -> Result<&Directory, Error> {
    place.directory.as_ref().ok_or_else(no_environments)
}

async fn find(tx: &mut ReadTx, place: &Place, provider: &str) -> Result<Connection, Error> {
    let directory = directory_of(place)?;
    let none = || Error::new(ErrorCode::ConnectionNotFound, "there is no connection with this provider");
    let provider = ProviderName::parse(provider).map_err(|_| none())?;
    tx.connection(place.within(), directory, &provider).await?.ok_or_else(none)
}

/// Whose data key seals what the owner keeps secret.
const fn issuer_of(owner: Owner) -> Issuer {
    match owner {
        Owner::Tenant(tenant) => Issuer::Tenant(tenant),
        Owner::Partner(_) | Owner::Global => Issuer::Platform,
    }
}

/// Somebody else was quicker.
fn taken(error: StorageError) -> Error {
    match &error {
        StorageError::Taken(name) if name == "connections.directory_id, connections.provider" => {
            provider_taken().because(error)
        }
        _ => error.into(),
    }
}

fn provider_taken() -> Error {
    let message = "the application has a connection with this provider";
    Error::invalid(Fault::new("provider", ErrorCode::ProviderTaken, message))
}

fn told(connection: &Connection, mut members: Map<String, Value>) -> Value {
    members.insert("connection_id".to_owned(), connection.id.to_string().into());
    members.insert("provider".to_owned(), connection.provider.as_str().into());
    members.into()
}

/// Everything that a caller can set, but the secret.
fn describe(connection: &Connection) -> Map<String, Value> {
    // Taken apart, so that a field that is added is not forgotten.
    let Connection {
        id: _,
        directory: _,
        provider: _,
        at,
        client_id,
        scopes,
        display_name,
        is_enabled,
        version: _,
        created_at: _,
        updated_at: _,
    } = connection;
    let apple = at.apple().map(|key| json!({ "team_id": key.team_id(), "key_id": key.key_id() }));
    let members = [
        ("issuer", json!(at.issuer().map(ProviderIssuer::as_str))),
        ("client_id", client_id.as_str().into()),
        ("scopes", scopes.to_string().into()),
        ("display_name", json!(display_name.as_ref().map(ToString::to_string))),
        ("apple", json!(apple)),
        ("enabled", (*is_enabled).into()),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Of two descriptions what is not the same in both.
fn differences(
    mut before: Map<String, Value>,
    mut after: Map<String, Value>,
) -> (Map<String, Value>, Map<String, Value>) {
    let same: Vec<String> = before
        .iter()
        .filter(|(name, value)| after.get(*name) == Some(value))
        .map(|(name, _)| name.clone())
        .collect();
    for name in same {
        before.remove(&name);
        after.remove(&name);
    }
    (before, after)
}
