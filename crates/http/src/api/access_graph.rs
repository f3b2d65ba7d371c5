//! `/access-graph`: who comes to what by which application.

use appkeep_api_types::{AccessGraph, AccessGraphQuery, Data};
use appkeep_service::Integrations;
use axum::extract::State;
use utoipa_axum::routes;

use super::refused::{Guarded, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, Query, ReadIntegrations};
use crate::outgoing::Json;
use crate::pages::Picture;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new().routes(routes!(get_access_graph)).routes(routes!(draw_access_graph))
}

/// Look up who comes to what
///
/// The tenant's own applications, what they come to, and who of its people comes
/// to them. For owners and admins, and for applications with all four scopes.
/// With `include_policy` each edge says what the call is decided as that goes
/// along it. Where there is more than `limit` nodes, the room is shared evenly
/// among their types, and what is not shown is counted.
#[utoipa::path(
    get,
    path = "/access-graph",
    tag = "integrations",
    params(AccessGraphQuery),
    security(("access_token" = ["integrations:read", "applications:read", "users:read", "groups:read"])),
    responses(
        (status = 200, description = "The graph, or as much of it as was asked for", body = Data<AccessGraph>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn get_access_graph(
    access: Access<ReadIntegrations>,
    State(integrations): State<Integrations>,
    Query(query): Query<AccessGraphQuery>,
) -> Result<Json<Data<AccessGraph>>, Problem> {
    let graph = integrations.access_graph(&access.by, convert::access_graph_query(query)).await?;
    Ok(Json(Data { data: convert::access_graph(&graph) }))
}

/// Look at who comes to what
///
/// The same as a picture, in the light or the dark as the reader's screen is.
#[utoipa::path(
    get,
    path = "/access-graph.svg",
    tag = "integrations",
    params(AccessGraphQuery),
    security(("access_token" = ["integrations:read", "applications:read", "users:read", "groups:read"])),
    responses(
        (status = 200, description = "The picture", content_type = "image/svg+xml", body = String),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn draw_access_graph(
    access: Access<ReadIntegrations>,
    State(integrations): State<Integrations>,
    Query(query): Query<AccessGraphQuery>,
) -> Result<Picture, Problem> {
    let graph = integrations.access_graph(&access.by, convert::access_graph_query(query)).await?;
    Ok(Picture::of(&graph))
}
