//! From which directories somebody is assigned to an application, and whose
//! those are.

use std::collections::BTreeMap;
use std::sync::Arc;

use appkeep_domain::{ApplicationId, Directory, DirectoryId, Owner, Tenant, TenantId, Within};
use appkeep_storage::{Change, Freshness, ReadTx, StorageError, Store, Topic};

use super::readers::Readers;
use crate::cache::{Cache, Recalled};
use crate::error::Error;
use crate::people::effective_users::Reach;

/// A directory that somebody is assigned to an application from.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) directory: Arc<Directory>,
    /// Whose it is; nobody's, of the platform's own.
    pub(crate) tenant: Option<Arc<Tenant>>,
}

pub(super) struct Places {
    store: Store,
    /// Of an application, whosever they are.
    directories: Arc<Cache<Directories>>,
    tenants: Arc<Cache<Arc<Tenant>>>,
    readers: Readers,
}

/// In the order of their ids.
type Directories = Arc<[Arc<Directory>]>;

type Tenants = BTreeMap<TenantId, Arc<Tenant>>;

impl Places {
    /// Applications, and tenants, that are remembered.
    const MOST: usize = 10_000;
    /// Directories, or tenants, that one statement reads.
    const READ_AT_ONCE: u16 = 1_000;

    pub(super) fn new(store: &Store, freshness: &Arc<Freshness>) -> Self {
        let directories = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let tenants = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let told_directories: Arc<Cache<Directories>> = Arc::clone(&directories);
        let told_tenants: Arc<Cache<Arc<Tenant>>> = Arc::clone(&tenants);
        store.on_change(Arc::new(move |changes| {
            for change in changes {
                match change.topic {
                    Topic::Assignments | Topic::Application => told_directories.forget(&change.key),
                    Topic::Tenant if change.key == Change::ALL => told_tenants.forget_all(),
                    Topic::Tenant => told_tenants.forget(&change.key),
                    Topic::Everything => {
                        told_directories.forget_all();
                        told_tenants.forget_all();
                    }
                    Topic::Memberships
                    | Topic::Integration
                    | Topic::Attachments
                    | Topic::SigningKeys
                    | Topic::Revocation
                    | Topic::Scopes
                    | Topic::Directory
                    | Topic::User
                    | Topic::ServiceAccount => {}
                }
            }
        }));
        Self { store: store.clone(), directories, tenants, readers: Readers::new() }
    }

    /// Those of the wanted owners, in the order of the directories' ids. What is
    /// not in reach is not even looked at, so that nobody waits for what others
    /// have.
    pub(super) async fn of(
        &self,
        application: ApplicationId,
        reach: &Reach,
        is_wanted: impl Fn(Owner) -> bool,
    ) -> Result<Vec<Place>, Error> {
        let directories = match reach {
            Reach::All => self.everywhere(application).await?,
            Reach::Only(several) => self.within(application, several).await?,
        };
        let wanted = directories.iter().filter(|directory| is_wanted(directory.owner));
        let wanted: Vec<Arc<Directory>> = wanted.map(Arc::clone).collect();
        let owners: Vec<TenantId> = wanted.iter().filter_map(|directory| tenant_of(directory)).collect();
        let tenants = self.tenants(application, &owners).await?;
        let place = |directory: Arc<Directory>| {
            let tenant = tenant_of(&directory).and_then(|id| tenants.get(&id).cloned());
            Place { directory, tenant }
        };
        Ok(wanted.into_iter().map(place).collect())
    }

    async fn everywhere(&self, application: ApplicationId) -> Result<Directories, Error> {
        let key = application.as_bytes();
        if let Recalled::Value(directories) = self.directories.recall(&key) {
            return Ok(directories);
        }
        let _turn = self.readers.turn(&key, self.directories.freshness()).await;
        if let Recalled::Value(directories) = self.directories.recall(&key) {
            return Ok(directories);
        }
        let reading = async move |tx: &mut ReadTx| read_directories(tx, application, Within::Platform).await;
        let reading = async { self.store.scan(reading).await.map(|read| Some(Directories::from(read))) };
        let directories = self.directories.load(key, reading).await?;
        Ok(directories.unwrap_or_default())
    }

    /// Few, and remembered by nobody.
    async fn within(&self, application: ApplicationId, several: &[Within]) -> Result<Directories, Error> {
        let mut tx = self.store.read().await?;
        let mut read = Vec::new();
        for within in several {
            read.extend(read_directories(&mut tx, application, *within).await?);
        }
        read.sort_by_key(|directory| directory.id);
        read.dedup_by_key(|directory| directory.id);
        Ok(read.into())
    }

    /// Those of them that are there.
    async fn tenants(&self, application: ApplicationId, ids: &[TenantId]) -> Result<Tenants, Error> {
        let (known, unknown) = self.known_tenants(ids);
        if unknown.is_empty() {
            return Ok(known);
        }
        let _turn = self.readers.turn(&application.as_bytes(), self.tenants.freshness()).await;
        let (mut known, unknown) = self.known_tenants(ids);
        for part in unknown.chunks(Self::READ_AT_ONCE.into()) {
            let keys: Vec<[u8; 16]> = part.iter().map(TenantId::as_bytes).collect();
            let reading = async {
                let read = self.store.read().await?.those_tenants(Within::Platform, part).await?;
                let by_key = |tenant: Tenant| (tenant.id.as_bytes(), Arc::new(tenant));
                Ok::<_, StorageError>(read.into_iter().map(by_key).collect())
            };
            let read = self.tenants.load_several(&keys, reading).await?;
            known.extend(read.into_values().map(|tenant| (tenant.id, tenant)));
        }
        Ok(known)
    }

    /// And of which it is not known whether they are there.
    fn known_tenants(&self, ids: &[TenantId]) -> (Tenants, Vec<TenantId>) {
        let (mut known, mut unknown) = (Tenants::new(), Vec::new());
        for id in ids {
            match self.tenants.recall(&id.as_bytes()) {
                Recalled::Value(tenant) => drop(known.insert(*id, tenant)),
                Recalled::Absent => {}
                Recalled::Nothing => unknown.push(*id),
            }
        }
        (known, unknown)
    }
}

fn tenant_of(directory: &Directory) -> Option<TenantId> {
    if let Owner::Tenant(id) = directory.owner { Some(id) } else { None }
}

async fn read_directories(
    tx: &mut ReadTx,
    application: ApplicationId,
    within: Within,
) -> Result<Vec<Arc<Directory>>, StorageError> {
    let mut read: Vec<Arc<Directory>> = Vec::new();
    let mut from = DirectoryId::from_bytes([0; 16]);
    loop {
        let limit = Places::READ_AT_ONCE;
        let directories = tx.assigned_directories(within, application, from, limit.into()).await?;
        let is_all = directories.len() < limit.into();
        // The first of a step is the last of the one before it.
        let new = directories.into_iter().filter(|directory| directory.id > from);
        read.extend(new.map(Arc::new));
        match read.last() {
            Some(last) if !is_all => from = last.id,
            _ => return Ok(read),
        }
    }
}
