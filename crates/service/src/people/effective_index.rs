//! Who may use an application, remembered whole: what numbered pages and their
//! totals are read from.
//!
//! A page in the middle of a hundred thousand people, and how many they are, is
//! then a look into lists in memory; the database is asked for the page's own
//! people only. Who they are in a directory is read when a page comes to it, or
//! when they cannot be counted otherwise, of many directories at once. A change
//! of a directory's groups or assignments drops what is remembered of that
//! directory, a change of a tenant that tenant, and nothing else. Of many who
//! ask at once for what is not remembered one reads it.

mod people;
mod places;
mod readers;

use std::ops::Range;
use std::sync::Arc;

use appkeep_domain::{ApplicationId, Owner, UserId};
use appkeep_storage::{Freshness, Store};

use self::people::People;
pub(crate) use self::places::Place;
use self::places::Places;
use super::effective_users::Reach;
use crate::error::Error;

pub(crate) struct EffectiveIndex {
    places: Places,
    people: People,
}

/// Some of those who may use an application.
#[derive(Debug)]
pub(crate) struct Part {
    /// Of all, not of this part.
    pub(crate) total: u64,
    /// Place by place, and never none of one.
    pub(crate) users: Vec<(Place, Vec<UserId>)>,
}

impl EffectiveIndex {
    pub(crate) fn new(store: &Store, freshness: &Arc<Freshness>) -> Self {
        Self { places: Places::new(store, freshness), people: People::new(store, freshness) }
    }

    /// Where no more than so many may come, they are read at once; where they are
    /// more, they are counted, and read when they are shown.
    pub(crate) fn read_unless_more_than(&self, users: u64) {
        self.people.read_unless_more_than(users);
    }

    /// Where somebody is assigned to the application from, within reach and of
    /// the wanted owners, in the order of the directories' ids.
    pub(super) async fn places(
        &self,
        application: ApplicationId,
        reach: &Reach,
        is_wanted: impl Fn(Owner) -> bool,
    ) -> Result<Vec<Place>, Error> {
        self.places.of(application, reach, is_wanted).await
    }

    /// The next `limit` after the first `skipped` from these places: place by
    /// place, in each in the order of ids.
    pub(crate) async fn part(
        &self,
        application: ApplicationId,
        places: &[Place],
        (skipped, limit): (u64, u64),
    ) -> Result<Part, Error> {
        let wanted = skipped..skipped.saturating_add(limit);
        let (mut total, mut before, mut shown) = (0, Vec::new(), Vec::new());
        for (place, known) in places.iter().zip(self.people.known(application, places).await?) {
            let count = known.count();
            if !overlap(&wanted, total, count).is_empty() {
                before.push(total);
                shown.push((place.clone(), known));
            }
            total += count;
        }
        let everybody = self.people.everybody(application, &shown).await?;
        let mut part = Part { total, users: Vec::new() };
        for ((before, (place, _)), people) in before.into_iter().zip(shown).zip(everybody) {
            // They may be others than were counted, if something changed.
            let overlap = overlap(&wanted, before, people.len() as u64);
            if !overlap.is_empty() {
                part.users.push((place, people[overlap].to_vec()));
            }
        }
        Ok(part)
    }
}

/// Which of the `count` that come after the first `before` are wanted.
fn overlap(wanted: &Range<u64>, before: u64, count: u64) -> Range<usize> {
    let within = |bound: u64| usize::try_from(bound.saturating_sub(before).min(count)).unwrap_or(usize::MAX);
    within(wanted.start)..within(wanted.end)
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
