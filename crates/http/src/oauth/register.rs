//! `/oauth2/register` (RFC 7591 §3) and `/oauth2/register/{client_id}` (RFC 7592
//! §2).

use std::collections::BTreeMap;

use appkeep_api_types::{ClientMetadata, ClientUpdate, RegisteredClient};
use appkeep_service::{Authority, Registry};
use axum::extract::State;
use http::StatusCode;
use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::refused::refusals;
use crate::convert;
use crate::extract::{InitialToken, RegistrationBearer, Requester, Said, Segment};
use crate::mount::Here;
use crate::outgoing::Json;
use crate::refusal::Refused;
use crate::state::AppState;

/// Where it is, from the issuer on.
pub(super) const PATH: &str = "/oauth2/register";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(register_client)).routes(routes!(
        get_registered_client,
        replace_registered_client,
        delete_registered_client
    ))
}

/// Register an application as itself
///
/// Where the tenant lets applications register themselves; with `token` it takes
/// an initial access token. The answer says all that is registered; the secret and
/// the registration access token are in it and in no other.
#[utoipa::path(
    post,
    path = PATH,
    tag = "oauth",
    request_body = ClientMetadata,
    security(()),
    responses((status = 201, description = "Registered", body = RegisteredClient), RegistrationRefused),
)]
async fn register_client(
    Here(authority): Here,
    State(registry): State<Registry>,
    requester: Requester,
    InitialToken(token): InitialToken,
    Said(metadata): Said<ClientMetadata>,
) -> Result<(StatusCode, Json<RegisteredClient>), Refused> {
    let metadata = convert::client_metadata(metadata);
    let token = token.as_ref().map(|token| token.as_str());
    let registered = authority.register_client(&registry, (token, &metadata), &requester.origin()).await?;
    let shown = convert::registered_client(&registered, &endpoint(&authority));
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Look up how an application registered itself
///
/// By its registration access token.
#[utoipa::path(
    get,
    path = "/oauth2/register/{client_id}",
    tag = "oauth",
    params(("client_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(()),
    responses((status = 200, description = "As it is registered", body = RegisteredClient), RegistrationRefused),
)]
async fn get_registered_client(
    Here(authority): Here,
    State(registry): State<Registry>,
    requester: Requester,
    RegistrationBearer(token): RegistrationBearer,
    Segment(id): Segment,
) -> Result<Json<RegisteredClient>, Refused> {
    let registered = authority.registered_client(&registry, (&id, &token), &requester.origin()).await?;
    Ok(Json(convert::registered_client(&registered, &endpoint(&authority))))
}

/// Replace what an application says of itself
///
/// By its registration access token. What is left out is taken away, or has its
/// default.
#[utoipa::path(
    put,
    path = "/oauth2/register/{client_id}",
    tag = "oauth",
    params(("client_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    request_body = ClientUpdate,
    security(()),
    responses((status = 200, description = "As it is registered now", body = RegisteredClient), RegistrationRefused),
)]
async fn replace_registered_client(
    Here(authority): Here,
    State(registry): State<Registry>,
    requester: Requester,
    held: (RegistrationBearer, Segment),
    Said(update): Said<ClientUpdate>,
) -> Result<Json<RegisteredClient>, Refused> {
    let (RegistrationBearer(token), Segment(id)) = held;
    let (replaced, origin) = (convert::replaced_metadata(update), requester.origin());
    let registered = authority.replace_registered_client(&registry, (&id, &token), replaced, &origin).await?;
    Ok(Json(convert::registered_client(&registered, &endpoint(&authority))))
}

/// Take back the registration of an application
///
/// By its registration access token. The application is no more, nor are its
/// tokens.
#[utoipa::path(
    delete,
    path = "/oauth2/register/{client_id}",
    tag = "oauth",
    params(("client_id" = String, Path, description = "Its id", example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(()),
    responses((status = 204, description = "It is no more"), RegistrationRefused),
)]
async fn delete_registered_client(
    Here(authority): Here,
    State(registry): State<Registry>,
    requester: Requester,
    RegistrationBearer(token): RegistrationBearer,
    Segment(id): Segment,
) -> Result<StatusCode, Refused> {
    authority.delete_registered_client(&registry, (&id, &token), &requester.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn endpoint(authority: &Authority) -> String {
    format!("{}{PATH}", authority.issuer())
}

/// What the two endpoints can answer: 400, 401, 403, 429, 500, 503.
struct RegistrationRefused;

impl IntoResponses for RegistrationRefused {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals(&[400, 401, 403, 429, 500, 503], ("RFC 6750 §3", meaning))
    }
}

const fn meaning(status: u16) -> &'static str {
    match status {
        400 => {
            "`invalid_client_metadata` or `invalid_redirect_uri` (RFC 7591 §3.2.2): what is said cannot be registered; `invalid_request`: it cannot be read; `unauthorized_client`: the tenant is suspended"
        }
        401 => "`invalid_token`: there is no token where one is needed, or one that is not accepted",
        403 => "`access_denied`: the tenant registers its applications itself, or the client is disabled",
        429 => "`temporarily_unavailable`: too much was registered, or went wrong, from there",
        500 => "`server_error`: a fault of the server",
        _ => "`temporarily_unavailable`: the database cannot be reached",
    }
}
