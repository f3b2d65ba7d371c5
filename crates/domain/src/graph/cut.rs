//! Which nodes are shown where there are more than were asked for.

use std::collections::{BTreeMap, HashSet};

use super::{Edge, NodeKey, NodeKind};

/// Everything that may stand in a graph, in the order in which it is wanted.
#[derive(Debug, Clone, Default)]
pub struct Candidates {
    nodes: BTreeMap<NodeKind, Vec<NodeKey>>,
    seen: HashSet<NodeKey>,
    edges: Vec<Edge>,
    is_exact: bool,
}

/// How much there is that is not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Of each kind, in the order of [`NodeKind::ALL`].
    nodes: [usize; NodeKind::ALL.len()],
    pub edges: usize,
    /// Whether these are the numbers; if not, there is more than they say.
    pub is_exact: bool,
}

impl LeftOut {
    pub fn of(&self, kind: NodeKind) -> usize {
        self.nodes[place(kind)]
    }
}

impl Candidates {
    /// So many edges are shown at most for each node that is asked for.
    const EDGES_PER_NODE: usize = 10;

    /// Nothing, which is all that there is until somebody says otherwise.
    pub fn new() -> Self {
        Self { is_exact: true, ..Self::default() }
    }

    /// There is more than what is put in here.
    pub const fn not_all(&mut self) {
        self.is_exact = false;
    }

    /// After those that were put in before; one that is there already stays
    /// where it is.
    pub fn node(&mut self, key: NodeKey) {
        if self.seen.insert(key.clone()) {
            self.nodes.entry(key.kind()).or_default().push(key);
        }
    }

    /// With the nodes that it is between.
    pub fn edge(&mut self, edge: Edge) {
        self.node(edge.from.clone());
        self.node(edge.to.clone());
        self.edges.push(edge);
    }

    /// At most `limit` nodes, and the edges between them. The room is shared
    /// evenly among the kinds, and what one does not need is for the others;
    /// where one more would do it is the kind's that comes first.
    pub fn cut(self, limit: usize) -> (Vec<NodeKey>, Vec<Edge>, LeftOut) {
        let wanted = NodeKind::ALL.map(|kind| self.nodes.get(&kind).map_or(0, Vec::len));
        let shares = shares(limit, wanted);
        let mut shown = Vec::new();
        for (kind, keys) in self.nodes {
            shown.extend(keys.into_iter().take(shares[place(kind)]));
        }
        let kept: HashSet<&NodeKey> = shown.iter().collect();
        let all = self.edges.len();
        let between =
            self.edges.into_iter().filter(|edge| kept.contains(&edge.from) && kept.contains(&edge.to));
        let edges: Vec<Edge> = between.take(limit.saturating_mul(Self::EDGES_PER_NODE)).collect();
        let mut nodes = wanted;
        for (left, share) in nodes.iter_mut().zip(shares) {
            *left -= share;
        }
        let left_out = LeftOut { nodes, edges: all - edges.len(), is_exact: self.is_exact };
        (shown, edges, left_out)
    }
}

fn place(kind: NodeKind) -> usize {
    NodeKind::ALL.iter().position(|one| *one == kind).unwrap_or_default()
}

/// How many of each kind fit: each round everybody who wants more gets as much
/// as is left for each, and one at a time of what cannot be divided.
fn shares<const KINDS: usize>(limit: usize, wanted: [usize; KINDS]) -> [usize; KINDS] {
    let mut shares = [0; KINDS];
    let mut left = limit;
    loop {
        let hungry: Vec<usize> = (0..KINDS).filter(|&kind| shares[kind] < wanted[kind]).collect();
        if hungry.is_empty() || left == 0 {
            return shares;
        }
        let each = (left / hungry.len()).max(1);
        for kind in hungry {
            let more = each.min(wanted[kind] - shares[kind]).min(left);
            shares[kind] += more;
            left -= more;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::EdgeKind;
    use super::*;
    use crate::{ApplicationId, UserId};

    #[test]
    fn the_room_is_shared_evenly_and_what_is_not_needed_goes_to_the_others() {
        for (limit, wanted, expected) in [
            (10, [3, 4, 2], [3, 4, 2]),
            (9, [100, 100, 100], [3, 3, 3]),
            (10, [100, 100, 100], [4, 3, 3]),
            (10, [100, 1, 100], [5, 1, 4]),
            (10, [0, 0, 100], [0, 0, 10]),
            (2, [5, 5, 5], [1, 1, 0]),
            (0, [1, 1, 1], [0, 0, 0]),
        ] {
            assert_eq!(shares(limit, wanted), expected, "{limit} {wanted:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let user = |number| NodeKey::User(UserId::from_bytes([number; 16]));
        let application = NodeKey::Application(ApplicationId::from_bytes([9; 16]));
        let mut candidates = Candidates::new();
        for number in 1..=5 {
            candidates.edge(Edge::new(EdgeKind::Assigned, user(number), application.clone()));
        }
        candidates.node(user(1));
        let (nodes, edges, left_out) = candidates.clone().cut(4);
        assert_eq!(nodes, [user(1), user(2), user(3), application.clone()]);
        assert_eq!(edges.len(), 3);
        assert_eq!((left_out.of(NodeKind::User), left_out.of(NodeKind::Application)), (2, 0));
        assert_eq!((left_out.edges, left_out.is_exact), (2, true));
        let (nodes, edges, left_out) = candidates.clone().cut(6);
        assert_eq!((nodes.len(), edges.len(), left_out.edges), (6, 5, 0));
        candidates.not_all();
        assert!(!candidates.cut(6).2.is_exact);
    }
}
