//! `/access-graph`: who comes to what by which application, as a picture and in
//! words.

mod why;

use std::collections::HashMap;

use appkeep_domain::graph::{AccessGraph, Edge, NodeKey};
use appkeep_http::action::ReadIntegrations;
use appkeep_http::pages::{Picture, summary_of_graph};
use appkeep_http::{Access, AppState, Problem};
use appkeep_service::{AccessGraphQuery, Error, Integrations};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

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
    State(integrations): State<Integrations>,
    asked: Asked,
) -> Result<Response, Problem> {
    let posted = Posted::default();
    let graph = match query(&asked) {
        Ok(query) => integrations.access_graph(&access.by, query).await,
        Err(error) => Err(error),
    };
    let graph = match graph {
        Ok(graph) => graph,
        Err(error) => {
            let said = |error: &Error| Draft::refused(&posted, error).alert(&[]).unwrap_or_default();
            return Ok(view.again(error, |error| {
                page(&view, &asked).with(Part::Notice(Notice::new(Badge::Warning, said(error))))
            }));
        }
    };
    let drawn = drawn(&view, &graph).map_err(Problem::internal)?;
    Ok(view.page(&drawn.into_iter().fold(page(&view, &asked), Page::with)))
}

fn query(asked: &Asked) -> Result<AccessGraphQuery, Error> {
    Ok(AccessGraphQuery {
        include_policy: true,
        application: asked.get("application"),
        integration: asked.get("integration"),
        user: asked.get("user"),
        limit: asked.number("limit")?,
    })
}

fn page(view: &View, asked: &Asked) -> Page {
    let named = |name: &'static str| ("text", asked.get(name));
    let [application, integration, user] = ["application", "integration", "user"].map(named);
    let limit = asked.get("limit");
    let filter = Filter::new(view.path(PATH))
        .line(("application", "Application, by its id"), (application.0, application.1.as_deref()))
        .line(("integration", "Integration, by its id"), (integration.0, integration.1.as_deref()))
        .line(("user", "User, by their id"), (user.0, user.1.as_deref()))
        .line(("limit", "Most nodes, up to 250"), ("number", limit.as_deref()))
        .of_page();
    let is_narrowed =
        ["application", "integration", "user", "limit"].iter().any(|name| asked.get(name).is_some());
    let all = is_narrowed.then(|| Action::go("Show everything", view.path(PATH)));
    Page::new("Access graph")
        .lead(
            "Who comes to what, and by which application. Pick a node to see why each of its edges is allowed \
             or denied.",
        )
        .action(all)
        .style(assets::graph_style_path())
        .script(assets::graph_script_path())
        .with(Part::Filter(filter))
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
