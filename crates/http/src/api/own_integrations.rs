//! `/account/integrations/{integration_id}/connection`: what somebody has with
//! an integration, by their own access token; and who has something with one.

use appkeep_api_types::{
    ConnectedUser, Data, IntegrationArrival, IntegrationAuthorization, IntegrationConnection,
    IntegrationDeparture, OwnIntegrationToken, Page, PageQuery,
};
use appkeep_service::{Integrations, PersonAsks};
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::routes;

use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, Bearer, Json as Body, Query, ReadUsers, Requester, Segment};
use crate::mount::Here;
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(get_own_connection, bring_own_token, drop_own_connection))
        .routes(routes!(depart_to_integration))
        .routes(routes!(arrive_from_integration))
        .routes(routes!(list_connected_users))
}

/// Look up what you have with an integration
///
/// By an access token of yours that was asked for with `openid`, and for an
/// integration that the application reaches to which it was given; here and
/// below.
#[utoipa::path(
    get,
    path = "/account/integrations/{integration_id}/connection",
    tag = "integrations",
    params(("integration_id" = String, Path, description = "The integration's id", example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["openid"])),
    responses(
        (status = 200, description = "What you have", body = Data<IntegrationConnection>),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_own_connection(
    Bearer(bearer): Bearer,
    Here(here): Here,
    requester: Requester,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<Json<Data<IntegrationConnection>>, Problem> {
    let who = PersonAsks { here: &here, bearer: &bearer, request_id: requester.request_id };
    let link = integrations.own_link(who, &id).await?;
    Ok(Json(Data { data: convert::integration_connection(&link) }))
}

/// Bring a token for an integration
///
/// In the place of what you had with it. For integrations with `auth_mode`
/// `user_token`; others answer 400 `not_applicable`. It is not shown again.
#[utoipa::path(
    put,
    path = "/account/integrations/{integration_id}/connection",
    tag = "integrations",
    params(("integration_id" = String, Path, description = "The integration's id", example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = OwnIntegrationToken,
    security(("access_token" = ["openid"])),
    responses(
        (status = 200, description = "What you have now", body = Data<IntegrationConnection>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn bring_own_token(
    Bearer(bearer): Bearer,
    Here(here): Here,
    asking: (Requester, State<Integrations>),
    Segment(id): Segment,
    Body(own): Body<OwnIntegrationToken>,
) -> Result<Json<Data<IntegrationConnection>>, Problem> {
    let (requester, State(integrations)) = asking;
    let who = PersonAsks { here: &here, bearer: &bearer, request_id: requester.request_id };
    let link = integrations.bring_token(who, &id, convert::own_token(own)).await?;
    Ok(Json(Data { data: convert::integration_connection(&link) }))
}

/// Drop what you have with an integration
///
/// Nothing changes where you have nothing. The application by which you connected it
/// can still do it for you when it does not reach the integration any more.
#[utoipa::path(
    delete,
    path = "/account/integrations/{integration_id}/connection",
    tag = "integrations",
    params(("integration_id" = String, Path, description = "The integration's id", example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["openid"])),
    responses((status = 204, description = "You have nothing with it"), Guarded, Refused<404>),
)]
async fn drop_own_connection(
    Bearer(bearer): Bearer,
    Here(here): Here,
    requester: Requester,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    let who = PersonAsks { here: &here, bearer: &bearer, request_id: requester.request_id };
    integrations.drop_link(who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begin to connect with an integration
///
/// Your browser goes to `connect_url`, is led on from there, comes back to one
/// of the application's redirect URIs with `state` and `code` or `error`, and the
/// application brings those to `…/arrival` with an access token of yours. It has
/// to be one browser all along. For integrations with `auth_mode` `oauth` of which
/// somebody said as what we are registered there; others answer 400
/// `not_applicable`. Somebody connects with at most 10 at once.
#[utoipa::path(
    post,
    path = "/account/integrations/{integration_id}/connection/departure",
    tag = "integrations",
    params(("integration_id" = String, Path, description = "The integration's id", example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = IntegrationDeparture,
    security(("access_token" = ["openid"])),
    responses(
        (status = 200, description = "Where to go", body = Data<IntegrationAuthorization>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<412>,
        Refused<422>,
        Refused<429>,
    ),
)]
async fn depart_to_integration(
    Bearer(bearer): Bearer,
    Here(here): Here,
    asking: (Requester, State<Integrations>),
    Segment(id): Segment,
    Body(departure): Body<IntegrationDeparture>,
) -> Result<Json<Data<IntegrationAuthorization>>, Problem> {
    let (requester, State(integrations)) = asking;
    let who = PersonAsks { here: &here, bearer: &bearer, request_id: requester.request_id };
    let departure = integrations.depart(who, &id, &departure.return_to).await?;
    Ok(Json(Data { data: convert::integration_authorization(&departure) }))
}

/// Connect with an integration
///
/// By what your browser brought back. It is good once, and for whoever departed
/// only: brought with somebody else's access token it connects nobody.
#[utoipa::path(
    post,
    path = "/account/integrations/{integration_id}/connection/arrival",
    tag = "integrations",
    params(("integration_id" = String, Path, description = "The integration's id", example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = IntegrationArrival,
    security(("access_token" = ["openid"])),
    responses(
        (status = 200, description = "What you have now", body = Data<IntegrationConnection>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn arrive_from_integration(
    Bearer(bearer): Bearer,
    Here(here): Here,
    asking: (Requester, State<Integrations>),
    Segment(id): Segment,
    Body(arrival): Body<IntegrationArrival>,
) -> Result<Json<Data<IntegrationConnection>>, Problem> {
    let (requester, State(integrations)) = asking;
    let who = PersonAsks { here: &here, bearer: &bearer, request_id: requester.request_id };
    let link = integrations.arrive(who, &id, convert::comeback(arrival)?).await?;
    Ok(Json(Data { data: convert::integration_connection(&link) }))
}

/// List who has something with an integration
///
/// By their ids. What they have is not told.
#[utoipa::path(
    get,
    path = "/integrations/{integration_id}/connections",
    tag = "integrations",
    params(
        ("integration_id" = String, Path, description = "Its id", example = "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        PageQuery,
    ),
    security(("access_token" = ["users:read"])),
    responses(
        (status = 200, description = "Some of them", body = Page<ConnectedUser>),
        Guarded,
        Refused<400>,
        Refused<404>,
    ),
)]
async fn list_connected_users(
    access: Access<ReadUsers>,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<ConnectedUser>>, Problem> {
    let page = integrations.links(&access.by, &id, convert::page_query(query)).await?;
    Ok(Json(convert::page(page, |link| convert::connected_user(&link))))
}
