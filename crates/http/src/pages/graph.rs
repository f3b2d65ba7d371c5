//! The access graph as a picture. What is called somehow by others stands in it
//! as text and as nothing else, and cannot leave its place.

use std::collections::HashMap;

use appkeep_domain::graph::{
    AccessGraph, Column, Edge, EdgeKind, Layout, LeftOut, NodeKey, NodeKind, Place, lay_out,
};
use askama::Template;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

use crate::problem::Problem;

/// Nothing runs in it and nothing is loaded, even where somebody opens it by
/// itself.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/// What a node has room for, in characters of usual width.
const LABEL: usize = 19;
/// The rest of a name can be read in its title, as far as this.
const TITLE: usize = 200;

/// A picture with everything that is written in it.
#[derive(Debug, Template)]
#[template(path = "access_graph.svg")]
pub struct Picture {
    /// Whether it is part of a page, which has the style for it.
    is_part: bool,
    width: u32,
    height: u32,
    node_width: u32,
    node_height: u32,
    summary: String,
    columns: Vec<Heading>,
    edges: Vec<DrawnEdge>,
    nodes: Vec<DrawnNode>,
    kinds: Vec<KindSample>,
    letters: Vec<LetterSample>,
    /// Where it is said what allowed and denied look like, if that was asked.
    verdicts_at: Option<u32>,
}

#[derive(Debug)]
struct Heading {
    x: u32,
    text: &'static str,
}

#[derive(Debug)]
struct DrawnNode {
    /// Where it leads, in a page.
    href: Option<String>,
    place: Place,
    kind: &'static str,
    letter: char,
    label: String,
    title: String,
}

#[derive(Debug)]
struct DrawnEdge {
    /// The numbers of the nodes that it is between.
    from: usize,
    to: usize,
    kind: &'static str,
    /// Whether the call would be refused.
    is_denied: bool,
    path: String,
    title: String,
}

/// What an edge of a kind looks like.
#[derive(Debug)]
struct KindSample {
    x: u32,
    y: u32,
    kind: &'static str,
}

/// What a letter in a node stands for.
#[derive(Debug)]
struct LetterSample {
    x: u32,
    y: u32,
    kind: &'static str,
    letter: char,
}

impl Picture {
    /// A picture by itself.
    pub fn of(graph: &AccessGraph) -> Self {
        Self::draw(graph, &|_| None)
    }

    /// Part of a page: each node is a link, and everything in it tells its number
    /// in the graph, for the page's script. The page has the style for it.
    pub fn part_of_page(graph: &AccessGraph, href: &dyn Fn(&NodeKey) -> String) -> Self {
        Self { is_part: true, ..Self::draw(graph, &|key| Some(href(key))) }
    }

    fn draw(graph: &AccessGraph, href: &dyn Fn(&NodeKey) -> Option<String>) -> Self {
        let kinds: Vec<NodeKind> = graph.nodes.iter().map(|node| node.key.kind()).collect();
        let numbers: HashMap<&NodeKey, usize> =
            graph.nodes.iter().enumerate().map(|(number, node)| (&node.key, number)).collect();
        let ends = |edge: &Edge| Some((*numbers.get(&edge.from)?, *numbers.get(&edge.to)?));
        let pairs: Vec<(usize, usize)> = graph.edges.iter().filter_map(ends).collect();
        let layout = lay_out(&kinds, &pairs);
        let draw = |edge: &Edge| {
            let (from, to) = ends(edge)?;
            Some(DrawnEdge {
                from,
                to,
                kind: edge.kind.as_str(),
                is_denied: edge.verdict.is_some_and(|verdict| !verdict.is_allowed()),
                path: path(layout.places[from], layout.places[to]),
                title: edge_title(edge, (&graph.nodes[from].name, &graph.nodes[to].name)),
            })
        };
        let node = |(node, place): (&appkeep_domain::graph::Node, &Place)| DrawnNode {
            href: href(&node.key),
            place: *place,
            kind: node.key.kind().as_str(),
            letter: letter(node.key.kind()),
            label: cut(&node.name, LABEL),
            title: format!("{}: {}", node.key.kind().as_str(), cut(&node.name, TITLE)),
        };
        let foot = layout.height - Layout::BOTTOM;
        let is_decided = graph.edges.iter().any(|edge| edge.verdict.is_some());
        Self {
            is_part: false,
            width: layout.width,
            height: layout.height,
            node_width: Layout::NODE_WIDTH,
            node_height: Layout::NODE_HEIGHT,
            summary: summary(graph),
            columns: layout
                .columns
                .iter()
                .map(|(column, x)| Heading { x: *x, text: heading(*column) })
                .collect(),
            edges: graph.edges.iter().filter_map(draw).collect(),
            nodes: graph.nodes.iter().zip(&layout.places).map(node).collect(),
            kinds: kind_samples(foot + 34),
            letters: letter_samples(foot + 56),
            verdicts_at: is_decided.then_some(foot + 78),
        }
    }
}

impl IntoResponse for Picture {
    fn into_response(self) -> Response {
        let headers = [
            (CONTENT_TYPE, "image/svg+xml"),
            (CONTENT_SECURITY_POLICY, POLICY),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (CACHE_CONTROL, "no-store"),
        ];
        match self.render() {
            Ok(picture) => (headers, picture).into_response(),
            Err(error) => Problem::internal(error).into_response(),
        }
    }
}

/// From the right side of one to the left side of the other, or around where
/// they stand below each other.
fn path(from: Place, to: Place) -> String {
    let middle = Layout::NODE_HEIGHT / 2;
    let (start, from_y, to_y) = (from.x + Layout::NODE_WIDTH, from.y + middle, to.y + middle);
    if start < to.x {
        let half = (to.x - start) / 2;
        let (first, second, end) = (start + half, to.x - half, to.x);
        return format!("M{start} {from_y}C{first} {from_y} {second} {to_y} {end} {to_y}");
    }
    let end = to.x + Layout::NODE_WIDTH;
    let bend = start.max(end) + 44;
    format!("M{start} {from_y}C{bend} {from_y} {bend} {to_y} {end} {to_y}")
}

/// One edge in words.
fn edge_title(edge: &Edge, (from, to): (&str, &str)) -> String {
    let (from, to, kind) = (cut(from, TITLE), cut(to, TITLE), edge.kind.as_str());
    let permission = edge.permission.map(|permission| format!(" ({})", permission.as_str()));
    let verdict = edge.verdict.map(|verdict| {
        let word = if verdict.is_allowed() { "allowed" } else { "denied" };
        format!(": {word}, {}", verdict.reason())
    });
    format!("{from} → {to}: {kind}{}{}", permission.unwrap_or_default(), verdict.unwrap_or_default())
}

/// How much of a graph is shown, and what is not, in words.
pub fn summary(graph: &AccessGraph) -> String {
    let LeftOut { edges, is_exact, .. } = graph.left_out;
    let left = NodeKind::ALL.into_iter().map(|kind| (graph.left_out.of(kind), kind.as_str()));
    let left: Vec<String> = left
        .chain([(edges, "edge")])
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") })
        .collect();
    let shown = format!("{} nodes, {} edges", graph.nodes.len(), graph.edges.len());
    match (left.is_empty(), is_exact) {
        (true, true) => shown,
        (true, false) => format!("{shown}; there is more"),
        (false, true) => format!("{shown}; not shown: {}", left.join(", ")),
        (false, false) => format!("{shown}; not shown: at least {}", left.join(", ")),
    }
}

const fn heading(column: Column) -> &'static str {
    match column {
        Column::Users => "Users",
        Column::Groups => "Groups",
        Column::Applications => "Applications",
        Column::Reached => "What they come to",
    }
}

const fn letter(kind: NodeKind) -> char {
    match kind {
        NodeKind::User => 'U',
        NodeKind::Group => 'G',
        NodeKind::Application => 'A',
        NodeKind::Integration => 'I',
        NodeKind::Scope => 'S',
        NodeKind::Resource => 'R',
        NodeKind::Container => 'C',
    }
}

fn kind_samples(y: u32) -> Vec<KindSample> {
    let kinds = EdgeKind::ALL.into_iter().zip(0..);
    kinds.map(|(kind, number)| KindSample { x: 28 + number * 130, y, kind: kind.as_str() }).collect()
}

fn letter_samples(y: u32) -> Vec<LetterSample> {
    let sample = |(kind, number): (NodeKind, u32)| LetterSample {
        x: 28 + number * 112,
        y,
        kind: kind.as_str(),
        letter: letter(kind),
    };
    NodeKind::ALL.into_iter().zip(0..).map(sample).collect()
}

/// As much of a text as fits, without what no picture can hold (XML 1.0 §2.2) or
/// what turns the text around it.
fn cut(text: &str, room: usize) -> String {
    let mut left = room;
    let mut shown = String::new();
    for character in text.chars() {
        let character = if is_harmless(character) { character } else { '\u{fffd}' };
        // Most of what comes after is about twice as wide.
        let width = if character < '\u{1100}' { 1 } else { 2 };
        if width > left {
            shown.push('…');
            return shown;
        }
        left -= width;
        shown.push(character);
    }
    shown
}

fn is_harmless(character: char) -> bool {
    let turns =
        matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !character.is_control() && !turns && !matches!(character, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use appkeep_domain::graph::{Denial, Node, Verdict};
    use appkeep_domain::integration::Unreachable;
    use appkeep_domain::{ApplicationId, UserId};

    use super::*;

    fn drawn(graph: &AccessGraph) -> String {
        Picture::of(graph).render().expect("renders")
    }

    fn graph(name: &str) -> AccessGraph {
        let user = NodeKey::User(UserId::from_bytes([1; 16]));
        let application = NodeKey::Application(ApplicationId::from_bytes([2; 16]));
        let node = |key: &NodeKey| Node { key: key.clone(), name: name.to_owned() };
        AccessGraph {
            nodes: vec![node(&user), node(&application)],
            edges: vec![Edge::new(EdgeKind::Assigned, user, application)],
            left_out: LeftOut::default(),
        }
    }

    #[test]
    fn a_name_is_text_and_nothing_else() {
        for name in [
            "<script>alert(1)</script>",
            "</text><image href=\"https://evil.example\"/>",
            "a\" onload=\"alert(1)",
            "]]>&lt;x&gt;<!--",
            "\u{0}\u{b}\u{202e}gnp.exe\u{ffff}",
        ] {
            let picture = drawn(&graph(name));
            assert!(!picture.contains(name), "{picture}");
            for part in ["<script", "<image", "onload=\"", "<!--", "]]>", "\u{0}", "\u{b}", "\u{202e}"] {
                assert!(!picture.contains(part), "{part:?} {picture}");
            }
            let opened = picture.matches("<title").count();
            assert_eq!(opened, picture.matches("</title>").count());
        }
    }

    #[test]
    fn in_a_page_it_brings_no_style_and_its_nodes_are_links() {
        let graph = graph("<script>alert(1)</script>");
        let part = Picture::part_of_page(&graph, &|key| format!("?of=\"{key}")).render().expect("renders");
        for forbidden in ["<style", "<script", "xmlns", "href=\"?of=\"\""] {
            assert!(!part.contains(forbidden), "{forbidden} is in {part}");
        }
        assert_eq!(part.matches("<a href=\"?of=&#34;").count(), 2, "{part}");
        for number in ["data-node=\"0\"", "data-node=\"1\"", "data-from=\"0\" data-to=\"1\""] {
            assert_eq!(part.matches(number).count(), 1, "{part}");
        }
        assert!(!drawn(&graph).contains("data-"), "by itself there is no script for them");
    }

    #[test]
    fn a_long_name_is_cut_where_it_is_shown() {
        let long = "a".repeat(255);
        let picture = drawn(&graph(&long));
        assert!(picture.contains(&format!(">{}…</text>", "a".repeat(LABEL))), "{picture}");
        assert!(!picture.contains(&long));
        assert_eq!(cut("漢字漢字漢字漢字漢字漢字漢字", LABEL).chars().count(), LABEL / 2 + 1);
        assert_eq!(cut("short", LABEL), "short");
    }

    #[test]
    fn what_is_denied_is_said_in_words_too() {
        let mut graph = graph("Billing");
        assert!(!drawn(&graph).contains("denied\""), "nobody asked");
        let denial = Denial::Unreachable(Unreachable::ReauthorizationRequired);
        graph.edges[0].verdict = Some(Verdict::Denied(denial));
        let picture = drawn(&graph);
        assert!(picture.contains("assigned: denied, reauthorization_required</title>"), "{picture}");
        assert!(picture.contains("class=\"edge assigned denied\""), "{picture}");
    }

    #[test]
    fn what_is_not_shown_is_counted() {
        let some = graph("Billing");
        assert_eq!(summary(&some), "2 nodes, 1 edges; there is more");
        let (_, _, left_out) = {
            let mut candidates = appkeep_domain::graph::Candidates::new();
            for edge in &some.edges {
                candidates.edge(edge.clone());
            }
            candidates.cut(1)
        };
        let cut = AccessGraph { left_out, ..some };
        assert_eq!(summary(&cut), "2 nodes, 1 edges; not shown: 1 application, 1 edge");
    }
}
