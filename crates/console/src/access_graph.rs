//! `/access-graph`: who comes to what by which application, as a picture and in
//! words.

mod named;
mod why;

use std::collections::HashMap;

use appkeep_domain::graph::{AccessGraph, Edge, NodeKey};
use appkeep_http::action::ReadIntegrations;
use appkeep_http::pages::{Picture, summary_of_graph};
use appkeep_http::{Access, AppState, Problem};
use appkeep_service::{Error, Integrations, Registry};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use self::named::{Choices, FIELDS, Named, beside_its_field};
use crate::assets;
use crate::kit::{Action, Badge, Cell, Draft, Empty, Filter, Notice, Page, Part, Table};
use crate::posted::{Asked, Posted};
use crate::view::View;

const PATH: &str = "/access-graph";

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route(PATH, get(show))
}

async fn show(
    access: Access<ReadIntegrations>,
    view: View,
    State(registry): State<Registry>,
    State(integrations): State<Integrations>,
    asked: Asked,
) -> Result<Response, Problem> {
    // Names are looked up for those only who are shown the graph.
    access.by.must_administer()?;
    let named = Named::find((&access.by, &registry, &integrations), &asked).await?;
    let graph = match named.settled() {
        Ok(query) => {
            let graph = integrations.access_graph(&access.by, query).await;
            graph.map_err(|error| (beside_its_field(error), Vec::new()))
        }
        Err(refused) => Err(refused),
    };
    let graph = match graph {
        Ok(graph) => graph,
        Err((error, choices)) => {
            return Ok(view.again(error, |error| refused(&view, &asked, (error, &choices))));
        }
    };
    let drawn = drawn(&view, &graph).map_err(Problem::internal)?;
    Ok(view.page(&drawn.into_iter().fold(page(&view, &asked, &Draft::new()), Page::with)))
}

/// The same filter again, what is wrong with it, and what could be meant.
fn refused(view: &View, asked: &Asked, (error, choices): (&Error, &[Choices])) -> Page {
    let posted = Posted::default();
    let page = page(view, asked, &Draft::refused(&posted, error));
    choices.iter().map(|choices| Part::Table(choices.table(view, asked))).fold(page, Page::with)
}

fn page(view: &View, asked: &Asked, draft: &Draft<'_>) -> Page {
    let stands = FIELDS.map(|name| asked.get(name));
    let [application, integration, user, limit] = stands.each_ref().map(Option::as_deref);
    let filter = Filter::new(view.path(PATH))
        .line(("application", "Application, by name, slug or id"), ("text", application))
        .line(("integration", "Integration, by name or id"), ("text", integration))
        .line(("user", "User, by address, name or id"), ("text", user))
        .line(("limit", "Most nodes, up to 250"), ("number", limit))
        .faults(draft)
        .of_page();
    let is_narrowed = stands.iter().any(Option::is_some);
    let all = is_narrowed.then(|| Action::go("Show everything", view.path(PATH)));
    let page = Page::new("Access graph")
        .lead(
            "Who comes to what, and by which application. Pick a node to see why each of its edges is allowed \
             or denied.",
        )
        .action(all)
        .style(assets::graph_style_path())
        .script(assets::graph_script_path());
    let alert = draft.alert(&FIELDS).map(|said| Part::Notice(Notice::new(Badge::Warning, said)));
    alert.into_iter().chain([Part::Filter(filter)]).fold(page, Page::with)
}

fn drawn(view: &View, graph: &AccessGraph) -> askama::Result<Vec<Part>> {
    if graph.nodes.is_empty() {
        let make = Action::go("Go to the applications", view.path("/applications"));
        let empty =
            Empty::new("There is nothing to show: no application of this tenant fits.").doing(Some(make));
        return Ok(vec![Part::Table(Table::new("Nodes", Vec::new(), Vec::new()).empty(empty))]);
    }
    let shown = summary_of_graph(graph);
    let said = if shown.contains(';') {
        let sentence = format!("{shown}. Ask for more nodes, or for one application, integration or user.");
        Part::Notice(Notice::new(Badge::Quiet, sentence))
    } else {
        Part::Prose(format!("{shown}."))
    };
    let numbers: HashMap<&NodeKey, usize> =
        graph.nodes.iter().enumerate().map(|(number, node)| (&node.key, number)).collect();
    let end = |key: &NodeKey| {
        let number = *numbers.get(key)?;
        let name = graph.nodes[number].name.clone();
        Some(End { number, name, kind: key.kind().as_str(), href: page_of(view, key) })
    };
    let row = |edge: &Edge| {
        let (kind, decision) = (why::kind(edge), why::decision(edge));
        Some(Row { from: end(&edge.from)?, to: end(&edge.to)?, kind, decision, why: why::sentence(edge) })
    };
    let html = GraphHtml {
        picture: Picture::part_of_page(graph, &|key| narrowed(view, key)),
        edges: graph.edges.iter().filter_map(row).collect(),
    };
    Ok(vec![said, Part::Html(html.render()?)])
}

/// The graph of what has to do with a node, where it can be asked for.
fn narrowed(view: &View, key: &NodeKey) -> String {
    let name = match key {
        NodeKey::User(_) => "user",
        NodeKey::Application(_) => "application",
        NodeKey::Integration(_) => "integration",
        NodeKey::Group(_) | NodeKey::Scope(_) | NodeKey::Resource(_) | NodeKey::Container(_) => {
            return "#edges".to_owned();
        }
    };
    format!("{}?{name}={key}", view.path(PATH))
}

/// The page of a node itself.
fn page_of(view: &View, key: &NodeKey) -> Option<String> {
    let below = match key {
        NodeKey::User(_) => "/users",
        NodeKey::Group(_) => "/groups",
        NodeKey::Application(_) => "/applications",
        NodeKey::Integration(_) => "/integrations",
        NodeKey::Scope(_) | NodeKey::Resource(_) | NodeKey::Container(_) => return None,
    };
    Some(view.path(&format!("{below}/{key}")))
}

/// The picture, with room for the reasons, and all edges below it.
#[derive(Template)]
#[template(path = "access_graph.html")]
struct GraphHtml {
    picture: Picture,
    edges: Vec<Row>,
}

/// An edge in words.
struct Row {
    from: End,
    to: End,
    kind: String,
    decision: Cell,
    why: String,
}

struct End {
    number: usize,
    name: String,
    kind: &'static str,
    href: Option<String>,
}
