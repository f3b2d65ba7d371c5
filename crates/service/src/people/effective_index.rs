//! Who may use an application, remembered whole: what numbered pages and their
//! totals are read from.
//!
//! A page in the middle of a hundred thousand people, and how many they are, is
//! then a look into lists in memory; the database is asked for the page's own
//! people only. Who they are in a directory is read when a page comes to it, or
//! when they cannot be counted otherwise. A change of a directory's groups or
//! assignments drops what is remembered of that directory, and nothing else.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use appkeep_domain::{ApplicationId, Directory, DirectoryId, Owner, Tenant, UserId, Within};
use appkeep_storage::{Freshness, ReadTx, StorageError, Store, Topic};
use parking_lot::Mutex;

use crate::cache::{Cache, Recalled};
use crate::error::Error;

pub(crate) struct EffectiveIndex {
    store: Store,
    places: Arc<Cache<Arc<[Arc<Place>]>>>,
    people: Arc<Cache<Arc<People>>>,
    /// How many ids are remembered, at most: what was dropped still counts.
    held: AtomicUsize,
}

/// A directory that somebody is assigned to an application from.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) directory: Directory,
    /// Whose it is; nobody's, of the platform's own.
    pub(crate) tenant: Option<Tenant>,
}

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
    pub(crate) users: Vec<(Arc<Place>, Vec<UserId>)>,
}

impl EffectiveIndex {
    /// Applications whose directories, and directories whose people, are remembered.
    const MOST: usize = 10_000;
    /// Ids of people that are remembered: 32 MiB of them.
    const MOST_IDS: usize = 2 * 1024 * 1024;
    /// Directories that one statement counts the people of.
    const COUNTED_AT_ONCE: usize = 200;

    pub(crate) fn new(store: &Store, freshness: &Arc<Freshness>) -> Self {
        let places = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let people = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let (told_places, told_people) = (Arc::clone(&places), Arc::clone(&people));
        store.on_change(Arc::new(move |changes| {
            for change in changes {
                match change.topic {
                    Topic::Assignments | Topic::Application => told_places.forget(&change.key),
                    Topic::Memberships => told_people.forget(&change.key),
                    // Whose a tenant is, is part of each of its places.
                    Topic::Tenant => told_places.forget_all(),
                    Topic::Everything => {
                        told_places.forget_all();
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
        Self { store: store.clone(), places, people, held: AtomicUsize::new(0) }
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
        let places = self.places(application).await?;
        let places: Vec<&Arc<Place>> = places.iter().filter(|place| admits(place)).collect();
        for (&place, count) in places.iter().zip(self.counts(application, &places).await?) {
            if !overlap(&wanted, part.total, count).is_empty() {
                let people = self.everybody(application, &place.directory).await?;
                // They may be others than were counted, if something changed.
                let overlap = overlap(&wanted, part.total, people.len() as u64);
                if !overlap.is_empty() {
                    part.users.push((Arc::clone(place), people[overlap].to_vec()));
                }
            }
            part.total += count;
        }
        Ok(part)
    }

    async fn places(&self, application: ApplicationId) -> Result<Arc<[Arc<Place>]>, Error> {
        let key = application.as_bytes();
        if let Recalled::Value(places) = self.places.recall(&key) {
            return Ok(places);
        }
        let reading = self.store.scan(async move |tx: &mut ReadTx| read_places(tx, application).await);
        let places = self.places.load(key, async { reading.await.map(Some) }).await?;
        Ok(places.unwrap_or_default())
    }

    /// How many there are of each place.
    async fn counts(&self, application: ApplicationId, places: &[&Arc<Place>]) -> Result<Vec<u64>, Error> {
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
        for part in unknown.chunks(Self::COUNTED_AT_ONCE) {
            let directories: Vec<&Directory> = part.iter().map(|(at, _)| &places[*at].directory).collect();
            for ((at, people), known) in part.iter().zip(self.find_out(application, &directories).await?) {
                counts[*at] = known.count();
                self.remember(people, application, known);
            }
        }
        Ok(counts)
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
        let of_directory = self.of_directory(directory.id).await;
        if let Some(Known::Everybody(people)) = of_directory.lock().get(&application) {
            return Ok(Arc::clone(people));
        }
        let people = self.read_everybody(application, directory).await?;
        self.remember(&of_directory, application, Known::Everybody(Arc::clone(&people)));
        Ok(people)
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

async fn read_places(tx: &mut ReadTx, application: ApplicationId) -> Result<Arc<[Arc<Place>]>, StorageError> {
    let mut places = Vec::new();
    let mut from = DirectoryId::from_bytes([0; 16]);
    loop {
        let directories =
            tx.assigned_directories(Within::Platform, application, from, ReadTx::MAX_DIRECTORIES).await?;
        let Some(last) = directories.last().map(|directory| directory.id) else { break };
        for directory in directories {
            // The first of a step is the last of the one before it.
            if places.last().is_none_or(|known: &Arc<Place>| known.directory.id < directory.id) {
                let tenant = read_tenant(tx, directory.owner).await?;
                places.push(Arc::new(Place { directory, tenant }));
            }
        }
        if last == from {
            break;
        }
        from = last;
    }
    Ok(places.into())
}

async fn read_tenant(tx: &mut ReadTx, owner: Owner) -> Result<Option<Tenant>, StorageError> {
    match owner {
        Owner::Tenant(id) => tx.tenant(Within::Platform, id).await,
        Owner::Global | Owner::Partner(_) => Ok(None),
    }
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
