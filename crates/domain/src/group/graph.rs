//! How groups lie in each other: what may be added, and which ways lead through.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::{Group, GroupId};

/// Groups of one directory, or those of them that a question is about, and
/// which of them is directly in which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupGraph {
    children: Links,
    parents: Links,
}

type Links = BTreeMap<GroupId, BTreeSet<GroupId>>;

/// Why a group cannot be put into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NestingRefused {
    #[error("a group would be in itself")]
    Cycle,
    #[error("groups would be more than {most} deep", most = Group::MAX_DEPTH)]
    TooDeep,
    #[error("a group would have more than {most} groups in it, or be in more", most = Group::MAX_REACHED)]
    TooMany,
}

/// Of pairs of parent and child.
impl FromIterator<(GroupId, GroupId)> for GroupGraph {
    fn from_iter<I: IntoIterator<Item = (GroupId, GroupId)>>(pairs: I) -> Self {
        let mut graph = Self::default();
        for (parent, child) in pairs {
            graph.children.entry(parent).or_default().insert(child);
            graph.parents.entry(child).or_default().insert(parent);
        }
        graph
    }
}

impl GroupGraph {
    /// Whether `child` may be put into `parent`. The graph has to hold all that
    /// is around `parent` and in `child`, with all that is in the outermost of
    /// the ones and around the innermost of the others.
    pub fn check_nesting(&self, parent: GroupId, child: GroupId) -> Result<(), NestingRefused> {
        let inside = reached(&self.children, child);
        if inside.contains(&parent) {
            return Err(NestingRefused::Cycle);
        }
        if depth(&self.parents, parent) + depth(&self.children, child) > Group::MAX_DEPTH {
            return Err(NestingRefused::TooDeep);
        }
        // Whatever is in a group is in the outermost around it as well, and the
        // other way round.
        let around = reached(&self.parents, parent);
        let outermost = self.outermost(parent).into_iter();
        let innermost = self.innermost(child).into_iter();
        let grown_within = outermost.map(|group| reached(&self.children, group).union(&inside).count());
        let grown_around = innermost.map(|group| reached(&self.parents, group).union(&around).count());
        if grown_within.chain(grown_around).any(|count| count > Group::MAX_REACHED + 1) {
            return Err(NestingRefused::TooMany);
        }
        Ok(())
    }

    /// What is around a group, or itself, and in no group.
    pub fn outermost(&self, of: GroupId) -> Vec<GroupId> {
        reached(&self.parents, of).into_iter().filter(|group| !self.parents.contains_key(group)).collect()
    }

    /// What is in a group, or itself, and has none in it.
    pub fn innermost(&self, of: GroupId) -> Vec<GroupId> {
        reached(&self.children, of).into_iter().filter(|group| !self.children.contains_key(group)).collect()
    }

    /// From each of the groups `to` around one of those in `from` the shortest
    /// way there, both ends in it; among several the one of the least ids.
    /// Short ways come before long ones.
    pub fn ways(&self, from: &BTreeSet<GroupId>, to: &BTreeSet<GroupId>) -> Vec<Vec<GroupId>> {
        // What the way goes on with, towards `from`.
        let mut next: BTreeMap<GroupId, Option<GroupId>> = from.iter().map(|group| (*group, None)).collect();
        let mut level = from.clone();
        let mut ways = Vec::new();
        while !level.is_empty() {
            ways.extend(level.intersection(to).map(|group| way(&next, *group)));
            let mut outer = BTreeSet::new();
            // In the order of ids, so that the least comes first and stays.
            for group in &level {
                for parent in self.parents.get(group).into_iter().flatten() {
                    if let Entry::Vacant(unseen) = next.entry(*parent) {
                        unseen.insert(Some(*group));
                        outer.insert(*parent);
                    }
                }
            }
            level = outer;
        }
        ways
    }
}

fn way(next: &BTreeMap<GroupId, Option<GroupId>>, first: GroupId) -> Vec<GroupId> {
    std::iter::successors(Some(first), |group| next.get(group).copied().flatten()).collect()
}

/// What can be reached by these links, and where it begins.
fn reached(links: &Links, from: GroupId) -> BTreeSet<GroupId> {
    let mut found = BTreeSet::from([from]);
    let mut unseen = vec![from];
    while let Some(group) = unseen.pop() {
        unseen.extend(links.get(&group).into_iter().flatten().filter(|&&linked| found.insert(linked)));
    }
    found
}

/// How many groups the longest chain from here has; one more than is allowed
/// when it has more.
fn depth(links: &Links, from: GroupId) -> usize {
    let mut level = BTreeSet::from([from]);
    let mut depth = 0;
    while !level.is_empty() && depth <= Group::MAX_DEPTH {
        depth += 1;
        level = level.iter().filter_map(|group| links.get(group)).flatten().copied().collect();
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> GroupId {
        let number = u128::try_from(number).expect("fits");
        GroupId::from_bytes(number.to_be_bytes())
    }

    fn graph(pairs: &[(usize, usize)]) -> GroupGraph {
        pairs.iter().map(|&(parent, child)| (id(parent), id(child))).collect()
    }

    #[test]
    fn no_group_is_in_itself() {
        let chain = graph(&[(1, 2), (2, 3)]);
        for (parent, child, outcome) in [
            (1, 1, Err(NestingRefused::Cycle)),
            (2, 1, Err(NestingRefused::Cycle)),
            (3, 1, Err(NestingRefused::Cycle)),
            (1, 3, Ok(())),
            (3, 4, Ok(())),
            (4, 1, Ok(())),
        ] {
            assert_eq!(chain.check_nesting(id(parent), id(child)), outcome, "{child} into {parent}");
        }
    }

    #[test]
    fn groups_are_ten_deep_and_no_deeper() {
        let chain: Vec<(usize, usize)> = (1..9).map(|number| (number, number + 1)).collect();
        let nine = graph(&chain);
        assert_eq!(nine.check_nesting(id(9), id(10)), Ok(()));
        assert_eq!(nine.check_nesting(id(0), id(1)), Ok(()));
        let two_more = graph(&[chain, vec![(20, 21)]].concat());
        assert_eq!(two_more.check_nesting(id(9), id(20)), Err(NestingRefused::TooDeep));
        assert_eq!(two_more.check_nesting(id(21), id(1)), Err(NestingRefused::TooDeep));
        assert_eq!(two_more.check_nesting(id(8), id(20)), Ok(()), "beside the last");
    }

    #[test]
    fn so_many_groups_are_in_one_and_around_one() {
        let full: Vec<(usize, usize)> = (1..=1_000).map(|number| (0, number)).collect();
        let turned: Vec<(usize, usize)> = full.iter().map(|&(parent, child)| (child, parent)).collect();
        assert_eq!(graph(&full[..999]).check_nesting(id(0), id(1_000)), Ok(()));
        assert_eq!(graph(&full).check_nesting(id(0), id(2_000)), Err(NestingRefused::TooMany));
        assert_eq!(graph(&full).check_nesting(id(7), id(2_000)), Err(NestingRefused::TooMany), "further in");
        assert_eq!(graph(&full).check_nesting(id(7), id(8)), Ok(()), "is in it already");
        assert_eq!(graph(&turned).check_nesting(id(2_000), id(0)), Err(NestingRefused::TooMany));
        assert_eq!(graph(&turned[..999]).check_nesting(id(1_000), id(0)), Ok(()));
    }

    #[test]
    fn the_shortest_way_leads_from_each_group() {
        let graph = graph(&[(1, 2), (2, 4), (1, 3), (3, 4), (1, 5), (5, 6), (6, 4), (7, 1)]);
        let set = |numbers: &[usize]| numbers.iter().map(|&number| id(number)).collect::<BTreeSet<_>>();
        let ways = |from: &[usize], to: &[usize]| graph.ways(&set(from), &set(to));
        let chain = |numbers: &[usize]| numbers.iter().map(|&number| id(number)).collect::<Vec<_>>();
        assert_eq!(ways(&[4], &[1]), [chain(&[1, 2, 4])], "by the least of equals");
        assert_eq!(ways(&[4, 6], &[5, 7]), [chain(&[5, 6]), chain(&[7, 1, 2, 4])]);
        assert_eq!(ways(&[4], &[4, 6]), [chain(&[4]), chain(&[6, 4])], "each by a way of its own");
        assert_eq!(ways(&[1], &[4]), Vec::<Vec<GroupId>>::new());
    }
}
