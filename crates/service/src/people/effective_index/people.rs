//! Who of a directory may use an application, and how many.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use appkeep_domain::{ApplicationId, Directory, DirectoryId, UserId, Within};
use appkeep_storage::{EffectiveCount, Freshness, ReadTx, StorageError, Store, Topic};
use parking_lot::Mutex;

use super::places::Place;
use super::readers::Readers;
use crate::cache::{Cache, Recalled};
use crate::error::Error;

pub(super) struct People {
    store: Store,
    directories: Arc<Cache<Arc<OfDirectory>>>,
    readers: Readers,
    /// How many ids are remembered, at most: what was dropped still counts.
    held: AtomicUsize,
    /// So many are read at once, and not counted alone.
    few: AtomicU64,
}

/// By application.
type OfDirectory = Mutex<BTreeMap<ApplicationId, Known>>;

#[derive(Debug, Clone)]
pub(super) enum Known {
    /// How many they are.
    Count(u64),
    /// Who they are, in the order of their ids.
    Everybody(Arc<[UserId]>),
}

impl Known {
    pub(super) fn count(&self) -> u64 {
        match self {
            Self::Count(count) => *count,
            Self::Everybody(people) => people.len() as u64,
        }
    }
}

impl People {
    /// Directories whose people are remembered.
    const MOST: usize = 10_000;
    /// Ids that are remembered: 32 MiB of them.
    const MOST_IDS: usize = 2 * 1024 * 1024;
    /// Of those, the ids that may come of one counting.
    const MOST_AT_ONCE: usize = Self::MOST_IDS / 2;
    /// Directories that one statement counts the people of.
    const COUNTED_AT_ONCE: usize = 1_000;
    /// Users that the directories have, at most, whose people one statement
    /// reads: some megabytes of ids. Of one directory they may be more.
    const READ_AT_ONCE: u64 = 128 * 1024;
    /// How many may come from all directories together, at most, who are read at
    /// once: of more, a page needs few.
    const READ_AT_SIGHT: u64 = 4 * 1024;

    pub(super) fn new(store: &Store, freshness: &Arc<Freshness>) -> Self {
        let directories = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let told: Arc<Cache<Arc<OfDirectory>>> = Arc::clone(&directories);
        store.on_change(Arc::new(move |changes| {
            for change in changes {
                match change.topic {
                    Topic::Memberships => told.forget(&change.key),
                    Topic::Everything => told.forget_all(),
                    Topic::Assignments
                    | Topic::Integration
                    | Topic::Attachments
                    | Topic::Application
                    | Topic::Tenant
                    | Topic::SigningKeys
                    | Topic::Revocation
                    | Topic::Scopes
                    | Topic::Directory
                    | Topic::User
                    | Topic::ServiceAccount => {}
                }
            }
        }));
        Self {
            store: store.clone(),
            directories,
            readers: Readers::new(),
            held: AtomicUsize::new(0),
            few: AtomicU64::new(Self::READ_AT_SIGHT),
        }
    }

    /// What is known of each place: how many they are, and who, where they cannot
    /// be counted otherwise.
    pub(super) async fn known(
        &self,
        application: ApplicationId,
        places: &[Place],
    ) -> Result<Vec<Known>, Error> {
        let (known, unknown) = self.recall(application, places).await;
        if unknown.is_empty() {
            return Ok(known);
        }
        let _turn = self.readers.turn(&application.as_bytes(), self.directories.freshness()).await;
        let (mut known, unknown) = self.recall(application, places).await;
        for part in unknown.chunks(Self::COUNTED_AT_ONCE) {
            let directories = part.iter().map(|(at, _)| Arc::clone(&places[*at].directory)).collect();
            let mut found = self.find_out(application, directories).await?;
            for (at, of_directory) in part {
                let found = found.remove(&places[*at].directory.id).unwrap_or(Known::Count(0));
                known[*at] = found.clone();
                self.remember(of_directory, application, found);
            }
        }
        Ok(known)
    }

    /// Who they are in places that this is known of.
    pub(super) async fn everybody(
        &self,
        application: ApplicationId,
        known: &[(Place, Known)],
    ) -> Result<Vec<Arc<[UserId]>>, Error> {
        let counted = known.iter().filter(|(_, known)| matches!(known, Known::Count(_)));
        let counted = counted.map(|(place, known)| (Arc::clone(&place.directory), known.count()));
        let read = self.read(application, counted.collect()).await?;
        let tell = |(place, known): &(Place, Known)| match known {
            Known::Everybody(people) => Arc::clone(people),
            Known::Count(_) => read.get(&place.directory.id).cloned().unwrap_or_default(),
        };
        Ok(known.iter().map(tell).collect())
    }

    /// Who they are in directories, each with how many they are about.
    async fn read(
        &self,
        application: ApplicationId,
        counted: Vec<(Arc<Directory>, u64)>,
    ) -> Result<BTreeMap<DirectoryId, Arc<[UserId]>>, Error> {
        let (mut found, mut unknown, mut remembering) = (BTreeMap::new(), Vec::new(), Vec::new());
        if counted.is_empty() {
            return Ok(found);
        }
        let _turn = self.readers.turn(&application.as_bytes(), self.directories.freshness()).await;
        for (directory, count) in counted {
            let of_directory = self.of_directory(directory.id).await;
            let remembered = of_directory.lock().get(&application).cloned();
            if let Some(Known::Everybody(people)) = remembered {
                found.insert(directory.id, people);
            } else {
                remembering.push((directory.id, of_directory));
                unknown.push((directory, count));
            }
        }
        if unknown.is_empty() {
            return Ok(found);
        }
        let reading = async move |tx: &mut ReadTx| {
            let mut read = BTreeMap::new();
            for part in parts(unknown, Self::READ_AT_ONCE) {
                read.extend(read_everybody(tx, application, &part).await?);
            }
            Ok::<_, StorageError>(read)
        };
        let mut read = self.store.scan(reading).await?;
        for (directory, of_directory) in remembering {
            let people: Arc<[UserId]> = read.remove(&directory).unwrap_or_default().into();
            self.remember(&of_directory, application, Known::Everybody(Arc::clone(&people)));
            found.insert(directory, people);
        }
        Ok(found)
    }

    /// What is remembered, and nobody for the places of which it is not; and
    /// which those are.
    async fn recall(
        &self,
        application: ApplicationId,
        places: &[Place],
    ) -> (Vec<Known>, Vec<(usize, Arc<OfDirectory>)>) {
        let mut known = Vec::with_capacity(places.len());
        let mut unknown = Vec::new();
        for place in places {
            let of_directory = self.of_directory(place.directory.id).await;
            let remembered = of_directory.lock().get(&application).cloned();
            if remembered.is_none() {
                unknown.push((known.len(), of_directory));
            }
            known.push(remembered.unwrap_or(Known::Count(0)));
        }
        (known, unknown)
    }

    /// Counts them, and where that takes knowing them gets to know them. Those
    /// directories are left out that nobody comes from.
    async fn find_out(
        &self,
        application: ApplicationId,
        directories: Vec<Arc<Directory>>,
    ) -> Result<BTreeMap<DirectoryId, Known>, Error> {
        let few = self.few.load(Ordering::Relaxed);
        let reading = async move |tx: &mut ReadTx| find_out(tx, (application, few), directories).await;
        Ok(self.store.scan(reading).await?)
    }

    pub(super) fn read_unless_more_than(&self, users: u64) {
        self.few.store(users, Ordering::Relaxed);
    }

    /// If anything changed since `of_directory` was asked for, it is no longer
    /// what is remembered of the directory, and goes with whoever asked for it.
    fn remember(&self, of_directory: &OfDirectory, application: ApplicationId, known: Known) {
        if let Known::Everybody(people) = &known {
            self.make_room(people.len());
        }
        of_directory.lock().insert(application, known);
    }

    async fn of_directory(&self, id: DirectoryId) -> Arc<OfDirectory> {
        let key = id.as_bytes();
        if let Recalled::Value(people) = self.directories.recall(&key) {
            return people;
        }
        let nobody_yet = async { Ok::<_, std::convert::Infallible>(Some(Arc::default())) };
        let Ok(people) = self.directories.load(key, nobody_yet).await;
        people.unwrap_or_default()
    }

    fn make_room(&self, count: usize) {
        if self.held.fetch_add(count, Ordering::Relaxed) + count > Self::MOST_IDS {
            self.held.store(0, Ordering::Relaxed);
            self.directories.forget_all();
        }
    }
}

async fn find_out(
    tx: &mut ReadTx,
    (application, few): (ApplicationId, u64),
    directories: Vec<Arc<Directory>>,
) -> Result<BTreeMap<DirectoryId, Known>, StorageError> {
    let asked: Vec<&Directory> = directories.iter().map(Arc::as_ref).collect();
    let counts = tx.count_effective_users(Within::Platform, application, &asked).await?;
    if counts.iter().map(|count| count.most).sum::<u64>() <= few {
        // So few are read sooner at once than when each is shown.
        let read = tx.all_effective_users(Within::Platform, application, &asked).await?;
        return Ok(read.into_iter().map(|(id, people)| (id, Known::Everybody(people.into()))).collect());
    }
    let known = |count: &EffectiveCount| count.people.map(|people| (count.directory, Known::Count(people)));
    let mut found: BTreeMap<DirectoryId, Known> = counts.iter().filter_map(known).collect();
    let most: BTreeMap<DirectoryId, u64> = counts.iter().map(|count| (count.directory, count.most)).collect();
    let unknown = directories.into_iter().filter(|directory| !found.contains_key(&directory.id));
    let unknown = unknown.filter_map(|directory| most.get(&directory.id).map(|most| (directory, *most)));
    let mut ids = 0;
    for part in parts(unknown.collect(), People::READ_AT_ONCE) {
        for (directory, people) in read_everybody(tx, application, &part).await? {
            ids += people.len();
            // More than can be remembered is forgotten at once.
            let fits = ids <= People::MOST_AT_ONCE;
            let counted = Known::Count(people.len() as u64);
            found.insert(directory, if fits { Known::Everybody(people.into()) } else { counted });
        }
    }
    Ok(found)
}

async fn read_everybody(
    tx: &mut ReadTx,
    application: ApplicationId,
    directories: &[Arc<Directory>],
) -> Result<BTreeMap<DirectoryId, Vec<UserId>>, StorageError> {
    let directories: Vec<&Directory> = directories.iter().map(Arc::as_ref).collect();
    tx.all_effective_users(Within::Platform, application, &directories).await
}

/// One after the other, as many at a time as weigh no more than `most` together.
fn parts<T>(weighed: Vec<(T, u64)>, most: u64) -> Vec<Vec<T>> {
    let (mut parts, mut weight) = (Vec::<Vec<T>>::new(), 0);
    for (one, weighs) in weighed {
        match parts.last_mut() {
            Some(part) if weight + weighs <= most => part.push(one),
            _ => {
                parts.push(vec![one]);
                weight = 0;
            }
        }
        weight += weighs;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_at_once_is_bounded() {
        for (weights, expected) in [
            (vec![], vec![]),
            (vec![3, 3, 4, 1], vec![vec![3, 3, 4], vec![1]]),
            (vec![11, 1, 9, 1, 0], vec![vec![11], vec![1, 9], vec![1, 0]]),
            (vec![0, 0, 0], vec![vec![0, 0, 0]]),
        ] {
            let weighed = weights.iter().map(|weight| (*weight, *weight)).collect();
            assert_eq!(parts(weighed, 10), expected, "{weights:?}");
        }
    }
}
