//! Where the nodes of a graph stand in a picture: in columns from left to
//! right, as edges lead. The same graph is always the same picture.

use super::NodeKind;

/// A picture without its colours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    pub width: u32,
    pub height: u32,
    /// In the order of the nodes.
    pub places: Vec<Place>,
    /// Those that have something in them, from left to right.
    pub columns: Vec<(Column, u32)>,
}

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub x: u32,
    pub y: u32,
}

/// What stands below each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    Users,
    Groups,
    Applications,
    /// What applications come to.
    Reached,
}

impl Column {
    pub const ALL: [Self; 4] = [Self::Users, Self::Groups, Self::Applications, Self::Reached];

    const fn of(kind: NodeKind) -> Self {
        match kind {
            NodeKind::User => Self::Users,
            NodeKind::Group => Self::Groups,
            NodeKind::Application => Self::Applications,
            NodeKind::Integration | NodeKind::Scope | NodeKind::Resource | NodeKind::Container => {
                Self::Reached
            }
        }
    }
}

impl Layout {
    pub const NODE_WIDTH: u32 = 208;
    pub const NODE_HEIGHT: u32 = 32;
    /// Above the columns, for their names.
    pub const TOP: u32 = 92;
    /// Below them, for what the colours mean.
    pub const BOTTOM: u32 = 92;
    /// What is written around the columns needs so much, however few they are.
    const LEAST_WIDTH: u32 = 820;
    const MARGIN: u32 = 28;
    const ROW: u32 = Self::NODE_HEIGHT + 14;
    /// Between columns, for the edges.
    const GAP: u32 = 132;
    /// Between the parts of one column.
    const INNER_GAP: u32 = 24;
    /// A column with more goes on beside itself.
    const ROWS: usize = 50;
}

/// Gives each node its place; an edge is the places of two nodes in the list.
/// Within its column, and there among its kind, a node stands where its
/// neighbours do, so that fewer edges cross.
pub fn lay_out(nodes: &[NodeKind], edges: &[(usize, usize)]) -> Layout {
    let columns = Column::ALL
        .map(|column| (0..nodes.len()).filter(|&node| Column::of(nodes[node]) == column).collect::<Vec<_>>());
    let applications = ranks(nodes.len(), &columns[Column::Applications as usize]);
    let mut layout = Layout { places: vec![Place { x: 0, y: 0 }; nodes.len()], ..Layout::default() };
    let tallest = columns.iter().map(|column| column.len().min(Layout::ROWS)).max().unwrap_or_default();
    let mut x = Layout::MARGIN;
    for (column, mut members) in Column::ALL.into_iter().zip(columns) {
        if members.is_empty() {
            continue;
        }
        if column != Column::Applications {
            members.sort_by_cached_key(|&node| (nodes[node], middle(node, edges, &applications), node));
        }
        layout.columns.push((column, x));
        x = put(&mut layout.places, (&members, tallest), x) + Layout::GAP;
    }
    let width = if layout.columns.is_empty() { 0 } else { x - Layout::GAP + Layout::MARGIN };
    layout.width = width.max(Layout::LEAST_WIDTH);
    layout.height = Layout::TOP + as_number(tallest) * Layout::ROW + Layout::BOTTOM;
    layout
}

/// Puts a column where it belongs, its parts beside each other, in the middle of
/// the picture's height; says where it ends.
fn put(places: &mut [Place], (members, tallest): (&[usize], usize), from: u32) -> u32 {
    let mut x = from;
    for (number, part) in members.chunks(Layout::ROWS).enumerate() {
        if number > 0 {
            x += Layout::NODE_WIDTH + Layout::INNER_GAP;
        }
        let above = as_number(tallest.saturating_sub(part.len())) * Layout::ROW / 2;
        for (row, &node) in part.iter().enumerate() {
            places[node] = Place { x, y: Layout::TOP + above + as_number(row) * Layout::ROW };
        }
    }
    x + Layout::NODE_WIDTH
}

/// Of each node how far down its column it stands, if it is in that column.
fn ranks(nodes: usize, column: &[usize]) -> Vec<Option<usize>> {
    let mut ranks = vec![None; nodes];
    for (rank, &node) in column.iter().enumerate() {
        ranks[node] = Some(rank);
    }
    ranks
}

/// How far down the applications stand on average that a node has to do with, in
/// thousandths; one that has to do with none comes last.
fn middle(node: usize, edges: &[(usize, usize)], applications: &[Option<usize>]) -> usize {
    let other = |&(from, to): &(usize, usize)| {
        if from == node {
            applications[to]
        } else if to == node {
            applications[from]
        } else {
            None
        }
    };
    let found: Vec<usize> = edges.iter().filter_map(other).collect();
    if found.is_empty() { usize::MAX } else { found.iter().sum::<usize>() * 1_000 / found.len() }
}

fn as_number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn overlap(one: Place, other: Place) -> bool {
        one.x < other.x + Layout::NODE_WIDTH
            && other.x < one.x + Layout::NODE_WIDTH
            && one.y < other.y + Layout::NODE_HEIGHT
            && other.y < one.y + Layout::NODE_HEIGHT
    }

    #[test]
    fn who_comes_to_something_stands_left_of_it() {
        use NodeKind::{Application, Container, Group, Integration, User};
        let nodes = [Application, User, Integration, Group, Container];
        let layout = lay_out(&nodes, &[(1, 3), (3, 0), (0, 2), (0, 4)]);
        let x = |node: usize| layout.places[node].x;
        assert!(x(1) < x(3) && x(3) < x(0) && x(0) < x(2) && x(2) == x(4), "{layout:?}");
        let columns: Vec<Column> = layout.columns.iter().map(|(column, _)| *column).collect();
        assert_eq!(columns, Column::ALL);
    }

    #[test]
    fn nodes_stand_where_their_neighbours_do() {
        use NodeKind::{Application, Integration};
        let nodes = [Application, Application, Integration, Integration];
        let layout = lay_out(&nodes, &[(0, 3), (1, 2)]);
        let y = |node: usize| layout.places[node].y;
        assert!(y(0) < y(1) && y(3) < y(2), "{layout:?}");
    }

    #[test]
    fn an_empty_graph_has_room_for_what_is_written_around_it() {
        let layout = lay_out(&[], &[]);
        assert_eq!((layout.width, layout.height), (820, 184));
        assert!(layout.columns.is_empty());
    }

    proptest! {
        #[test]
        fn no_two_nodes_overlap_and_all_are_inside(
            kinds in prop::collection::vec(0..NodeKind::ALL.len(), 0..160),
            ends in prop::collection::vec((0_usize..160, 0_usize..160), 0..60),
        ) {
            let nodes: Vec<NodeKind> = kinds.iter().map(|&kind| NodeKind::ALL[kind]).collect();
            let edges: Vec<(usize, usize)> =
                ends.into_iter().filter(|&(from, to)| from < nodes.len() && to < nodes.len()).collect();
            let layout = lay_out(&nodes, &edges);
            prop_assert_eq!(layout.places.len(), nodes.len());
            prop_assert_eq!(&lay_out(&nodes, &edges), &layout);
            for (number, place) in layout.places.iter().enumerate() {
                prop_assert!(place.x + Layout::NODE_WIDTH <= layout.width, "{place:?} {}", layout.width);
                prop_assert!(place.y >= Layout::TOP);
                prop_assert!(place.y + Layout::NODE_HEIGHT + Layout::BOTTOM <= layout.height);
                for other in &layout.places[number + 1..] {
                    prop_assert!(!overlap(*place, *other), "{place:?} {other:?}");
                }
            }
        }
    }
}
