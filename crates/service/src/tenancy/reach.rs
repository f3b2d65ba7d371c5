//! How far a caller sees lists of partners, tenants and operators.

use appkeep_domain::{Action, Caller, Decision, Level, Within, may};

use super::find::refused;
use super::place::resource_at;
use crate::by::By;
use crate::error::Error;

/// Where the caller may do this: the platform alone, or each partner and tenant
/// in which it may. What is in two of them is seen twice.
pub(super) fn reach(by: &By, action: Action) -> Result<Vec<Within>, Error> {
    let mut reached = Vec::new();
    for level in levels(&by.caller) {
        let within = within(level);
        if may(&by.caller, action, &resource_at(level)) == Decision::Allowed && !reached.contains(&within) {
            reached.push(within);
        }
    }
    if reached.contains(&Within::Platform) {
        return Ok(vec![Within::Platform]);
    }
    if reached.is_empty() { Err(refused(&by.caller, action)) } else { Ok(reached) }
}

/// Whether the caller is of the platform itself, who alone sees what is archived.
pub(super) fn is_of_the_platform(caller: &Caller) -> bool {
    levels(caller).contains(&Level::Platform)
}

fn levels(caller: &Caller) -> Vec<Level> {
    match caller {
        Caller::System => vec![Level::Platform],
        Caller::Application { level, .. } => vec![*level],
        Caller::Operator { roles, .. } | Caller::ServiceAccount { roles, .. } => {
            roles.iter().map(|grant| grant.at).collect()
        }
    }
}

pub(crate) const fn within(level: Level) -> Within {
    match level {
        Level::Platform => Within::Platform,
        Level::Partner(id) => Within::Partner(id),
        Level::Tenant { id, .. } => Within::Tenant(id),
    }
}

/// One page of several, each newest first and with where its next begins; of
/// what is in two of them, one.
pub(super) fn merge<T, K: Copy + Ord>(
    parts: Vec<(Vec<T>, Option<K>)>,
    limit: usize,
    key: impl Fn(&T) -> K,
) -> (Vec<T>, Option<K>) {
    // A part that goes on was not looked at any further than there.
    let known_until = parts.iter().filter_map(|(_, next)| *next).max();
    let mut items: Vec<T> = parts.into_iter().flat_map(|(items, _)| items).collect();
    items.sort_by_key(|item| std::cmp::Reverse(key(item)));
    items.dedup_by_key(|item| key(item));
    items.retain(|item| known_until.is_none_or(|last| last <= key(item)));
    let more = items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().map(&key) } else { known_until };
    (items, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_pages_are_one() {
        let page = |parts: Vec<(Vec<u8>, Option<u8>)>, limit| merge(parts, limit, |item| *item);
        assert_eq!(page(vec![(vec![5, 3], None)], 2), (vec![5, 3], None));
        assert_eq!(page(vec![(vec![5, 3], Some(3)), (vec![4, 1], None)], 2), (vec![5, 4], Some(4)));
        assert_eq!(page(vec![(vec![5, 3], Some(3)), (vec![1], None)], 3), (vec![5, 3], Some(3)));
        assert_eq!(page(vec![(vec![5, 3], None), (vec![5, 4], None)], 9), (vec![5, 4, 3], None));
        // One that examined enough and found nothing says how far it came.
        assert_eq!(page(vec![(vec![], Some(4)), (vec![5, 2], None)], 9), (vec![5], Some(4)));
        assert_eq!(page(vec![], 9), (vec![], None));
    }
}
