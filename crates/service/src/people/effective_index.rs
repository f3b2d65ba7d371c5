//! Who may use an application, remembered whole: what numbered pages and their
//! totals are read from.
//!
//! A page in the middle of a hundred thousand people, and how many they are, is
//! then a look into lists in memory; the database is asked for the page's own
//! people only. Who they are in a directory is read when a page comes to it, or
//! when they cannot be counted otherwise. A change of a directory's groups or
//! assignments drops what is remembered of that directory, a change of a tenant
//! that tenant, and nothing else. Of many who ask at once for what is not
//! remembered one reads it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use appkeep_domain::{ApplicationId, Directory, DirectoryId, Owner, Tenant, UserId, Within};
use appkeep_storage::{Change, Freshness, ReadTx, StorageError, Store, Topic};
use parking_lot::Mutex;

use crate::cache::{Cache, Recalled};
use crate::error::Error;

pub(crate) struct EffectiveIndex {
    store: Store,
    /// From which directories somebody is assigned to an application.
    directories: Arc<Cache<Directories>>,
    tenants: Arc<Cache<Arc<Tenant>>>,
    people: Arc<Cache<Arc<People>>>,
    readers: Readers,
    /// How many ids are remembered, at most: what was dropped still counts.
    held: AtomicUsize,
}

/// A directory that somebody is assigned to an application from.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) directory: Arc<Directory>,
    /// Whose it is; nobody's, of the platform's own.
    pub(crate) tenant: Option<Arc<Tenant>>,
}

/// Of one application, in the order of their ids.
type Directories = Arc<[Arc<Directory>]>;

/// Of one directory, by application.
type People = Mutex<BTreeMap<ApplicationId, Known>>;

#[derive(Debug, Clone)]
enum Known {
    /// How many they are.
    Count(u64),
    /// Who they are, in the order of their ids.
    Everybody(Arc<[UserId]>),
}

impl Known {
    fn count(&self) -> u64 {
        match self {
            Self::Count(count) => *count,
            Self::Everybody(people) => people.len() as u64,
        }
    }
}

/// Some of those who may use an application.
#[derive(Debug)]
pub(crate) struct Part {
    /// Of all, not of this part.
    pub(crate) total: u64,
    /// Place by place, and never none of one.
    pub(crate) users: Vec<(Place, Vec<UserId>)>,
}

/// Who reads something at the moment, so that others wait for it and do not
/// read it too. A few things share a reader.
struct Readers([tokio::sync::Mutex<()>; Self::MANY]);

impl Readers {
    const MANY: usize = 256;

    fn new() -> Self {
        Self(std::array::from_fn(|_| tokio::sync::Mutex::default()))
    }

    /// The end of an id is its random part. Who is told of no changes waits for
    /// nobody, since nothing is remembered for them.
    async fn turn(&self, key: &[u8; 16], freshness: &Freshness) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let reader = &self.0[usize::from(key[15]) % Self::MANY];
        if freshness.is_current() { Some(reader.lock().await) } else { None }
    }
}

impl EffectiveIndex {
    /// Applications whose directories, and directories whose people, are remembered.
    const MOST: usize = 10_000;
    /// Ids of people that are remembered: 32 MiB of them.
    const MOST_IDS: usize = 2 * 1024 * 1024;
    /// Directories that one statement counts the people of.
    const COUNTED_AT_ONCE: usize = 200;

    pub(crate) fn new(store: &Store, freshness: &Arc<Freshness>) -> Self {
        let directories = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let tenants = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let people = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let told_directories: Arc<Cache<Directories>> = Arc::clone(&directories);
        let told_tenants: Arc<Cache<Arc<Tenant>>> = Arc::clone(&tenants);
        let told_people: Arc<Cache<Arc<People>>> = Arc::clone(&people);
        store.on_change(Arc::new(move |changes| {
            for change in changes {
                match change.topic {
                    Topic::Assignments | Topic::Application => told_directories.forget(&change.key),
                    Topic::Memberships => told_people.forget(&change.key),
                    Topic::Tenant if change.key == Change::ALL => told_tenants.forget_all(),
                    Topic::Tenant => told_tenants.forget(&change.key),
                    Topic::Everything => {
                        told_directories.forget_all();
                        told_tenants.forget_all();
                        told_people.forget_all();
                    }
                    Topic::SigningKeys
                    | Topic::Revocation
                    | Topic::Scopes
                    | Topic::Directory
                    | Topic::User => {}
                }
            }
        }));
        let (store, readers) = (store.clone(), Readers::new());
        Self { store, directories, tenants, people, readers, held: AtomicUsize::new(0) }
    }

    /// The next `limit` after the first `skipped`, of the places that `admits`
    /// lets through: place by place, in each in the order of ids.
    pub(crate) async fn part(
        &self,
        application: ApplicationId,
        admits: impl Fn(&Place) -> bool,
        (skipped, limit): (u64, u64),
    ) -> Result<Part, Error> {
        let wanted = skipped..skipped.saturating_add(limit);
        let mut part = Part { total: 0, users: Vec::new() };
        let places = self.places(application, admits).await?;
        for (place, count) in places.iter().zip(self.counts(application, &places).await?) {
            if !overlap(&wanted, part.total, count).is_empty() {
                let people = self.everybody(application, &place.directory).await?;
                // They may be others than were counted, if something changed.
                let overlap = overlap(&wanted, part.total, people.len() as u64);
                if !overlap.is_empty() {
                    part.users.push((place.clone(), people[overlap].to_vec()));
                }
            }
            part.total += count;
        }
        Ok(part)
    }

    async fn places(
        &self,
        application: ApplicationId,
        admits: impl Fn(&Place) -> bool,
    ) -> Result<Vec<Place>, Error> {
        let mut places = Vec::new();
        for directory in self.directories(application).await?.iter() {
            let tenant = self.tenant(directory.owner).await?;
            places.push(Place { directory: Arc::clone(directory), tenant });
        }
        places.retain(admits);
        Ok(places)
    }

    async fn directories(&self, application: ApplicationId) -> Result<Directories, Error> {
        let key = application.as_bytes();
        if let Recalled::Value(directories) = self.directories.recall(&key) {
            return Ok(directories);
        }
        let _turn = self.readers.turn(&key, self.directories.freshness()).await;
        if let Recalled::Value(directories) = self.directories.recall(&key) {
            return Ok(directories);
        }
        let reading = self.store.scan(async move |tx: &mut ReadTx| read_directories(tx, application).await);
        let directories = self.directories.load(key, async { reading.await.map(Some) }).await?;
        Ok(directories.unwrap_or_default())
    }

    /// That of a directory; none of the platform's.
    async fn tenant(&self, owner: Owner) -> Result<Option<Arc<Tenant>>, Error> {
        let Owner::Tenant(id) = owner else { return Ok(None) };
        let key = id.as_bytes();
        if let Recalled::Value(tenant) = self.tenants.recall(&key) {
            return Ok(Some(tenant));
        }
        let _turn = self.readers.turn(&key, self.tenants.freshness()).await;
        if let Recalled::Value(tenant) = self.tenants.recall(&key) {
            return Ok(Some(tenant));
        }
        let reading = async {
            let tenant = self.store.read().await?.tenant(Within::Platform, id).await?;
            Ok::<_, StorageError>(tenant.map(Arc::new))
        };
        Ok(self.tenants.load(key, reading).await?)
    }

    /// How many there are of each place.
    async fn counts(&self, application: ApplicationId, places: &[Place]) -> Result<Vec<u64>, Error> {
        let (counts, unknown) = self.known_counts(application, places).await;
        if unknown.is_empty() {
            return Ok(counts);
        }
        let _turn = self.readers.turn(&application.as_bytes(), self.people.freshness()).await;
        let (mut counts, unknown) = self.known_counts(application, places).await;
        for part in unknown.chunks(Self::COUNTED_AT_ONCE) {
            let directories: Vec<&Directory> = part.iter().map(|(at, _)| &*places[*at].directory).collect();
            for ((at, people), known) in part.iter().zip(self.find_out(application, &directories).await?) {
                counts[*at] = known.count();
                self.remember(people, application, known);
            }
        }
        Ok(counts)
    }

    /// And of which places that is not remembered.
    async fn known_counts(
        &self,
        application: ApplicationId,
        places: &[Place],
    ) -> (Vec<u64>, Vec<(usize, Arc<People>)>) {
        let mut counts = Vec::with_capacity(places.len());
        let mut unknown = Vec::new();
        for place in places {
            let people = self.of_directory(place.directory.id).await;
            let known = people.lock().get(&application).map(Known::count);
            if known.is_none() {
                unknown.push((counts.len(), people));
            }
            counts.push(known.unwrap_or_default());
        }
        (counts, unknown)
    }

    /// Counts them, and where that takes knowing them gets to know them.
    async fn find_out(
        &self,
        application: ApplicationId,
        directories: &[&Directory],
    ) -> Result<Vec<Known>, Error> {
        let ids: Vec<DirectoryId> = directories.iter().map(|directory| directory.id).collect();
        let counting = async move |tx: &mut ReadTx| tx.count_effective_users(application, &ids).await;
        let counted: BTreeMap<DirectoryId, u64> = self.store.scan(counting).await?.into_iter().collect();
        let mut found = Vec::with_capacity(directories.len());
        for directory in directories {
            found.push(match counted.get(&directory.id) {
                Some(&count) => Known::Count(count),
                None => Known::Everybody(self.read_everybody(application, directory).await?),
            });
        }
        Ok(found)
    }

    async fn everybody(
        &self,
        application: ApplicationId,
        directory: &Directory,
    ) -> Result<Arc<[UserId]>, Error> {
        if let Some(people) = self.known_people(application, directory.id).await {
            return Ok(people);
        }
        let [mut key, other] = [application.as_bytes(), directory.id.as_bytes()];
        key[15] ^= other[15];
        let _turn = self.readers.turn(&key, self.people.freshness()).await;
        if let Some(people) = self.known_people(application, directory.id).await {
            return Ok(people);
        }
        let of_directory = self.of_directory(directory.id).await;
        let people = self.read_everybody(application, directory).await?;
        self.remember(&of_directory, application, Known::Everybody(Arc::clone(&people)));
        Ok(people)
    }

    async fn known_people(
        &self,
        application: ApplicationId,
        directory: DirectoryId,
    ) -> Option<Arc<[UserId]>> {
        match self.of_directory(directory).await.lock().get(&application) {
            Some(Known::Everybody(people)) => Some(Arc::clone(people)),
            Some(Known::Count(_)) | None => None,
        }
    }

    async fn read_everybody(
        &self,
        application: ApplicationId,
        directory: &Directory,
    ) -> Result<Arc<[UserId]>, Error> {
        let directory = directory.clone();
        let reading = async move |tx: &mut ReadTx| {
            tx.all_effective_users(Within::Platform, &directory, application).await
        };
        Ok(self.store.scan(reading).await?.into())
    }

    /// If anything changed since `of_directory` was asked for, it is no longer
    /// what is remembered of the directory, and goes with whoever asked for it.
    fn remember(&self, of_directory: &People, application: ApplicationId, known: Known) {
        if let Known::Everybody(people) = &known {
            self.make_room(people.len());
        }
        of_directory.lock().insert(application, known);
    }

    async fn of_directory(&self, id: DirectoryId) -> Arc<People> {
        let key = id.as_bytes();
        if let Recalled::Value(people) = self.people.recall(&key) {
            return people;
        }
        let nobody_yet = async { Ok::<_, std::convert::Infallible>(Some(Arc::default())) };
        let Ok(people) = self.people.load(key, nobody_yet).await;
        people.unwrap_or_default()
    }

    fn make_room(&self, count: usize) {
        if self.held.fetch_add(count, Ordering::Relaxed) + count > Self::MOST_IDS {
            self.held.store(0, Ordering::Relaxed);
            self.people.forget_all();
        }
    }
}

/// Which of the `count` that come after the first `before` are wanted.
fn overlap(wanted: &Range<u64>, before: u64, count: u64) -> Range<usize> {
    let within = |bound: u64| usize::try_from(bound.saturating_sub(before).min(count)).unwrap_or(usize::MAX);
    within(wanted.start)..within(wanted.end)
}

async fn read_directories(tx: &mut ReadTx, application: ApplicationId) -> Result<Directories, StorageError> {
    let mut read: Vec<Arc<Directory>> = Vec::new();
    let mut from = DirectoryId::from_bytes([0; 16]);
    loop {
        let directories =
            tx.assigned_directories(Within::Platform, application, from, ReadTx::MAX_DIRECTORIES).await?;
        let Some(last) = directories.last().map(|directory| directory.id) else { break };
        // The first of a step is the last of the one before it.
        let new = directories.into_iter().filter(|directory| directory.id > from || read.is_empty());
        let new: Vec<Arc<Directory>> = new.map(Arc::new).collect();
        read.extend(new);
        if last == from {
            break;
        }
        from = last;
    }
    Ok(read.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_out_of_what_comes_one_after_the_other() {
        for (wanted, before, count, expected) in [
            (0..10, 0, 4, 0..4),
            (0..10, 4, 10, 0..6),
            (0..10, 14, 3, 0..0),
            (5..8, 0, 4, 4..4),
            (5..8, 4, 10, 1..4),
            (5..u64::MAX, 4, 10, 1..10),
        ] {
            assert_eq!(overlap(&wanted, before, count), expected, "{wanted:?} {before} {count}");
        }
    }
}
