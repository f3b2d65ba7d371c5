//! The OAuth endpoints and the gateway where Kontext has them: one of each for all
//! tenants. Whose is meant says the client, or the token; they answer what its
//! issuer's own answer.

use std::convert::Infallible;

use appkeep_http::{
    AppState, ByOtherGateway, Problem, answer_by_another_path, find_mount_of_bearer, read_claimed_client,
};
use appkeep_service::Error;
use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use tower::service_fn;

use crate::path::with_path;

/// What Kontext calls an endpoint, and what we do.
const ENDPOINTS: [(&str, &str); 6] = [
    ("/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server"),
    ("/.well-known/oauth-authorization-server/mcp", "/.well-known/oauth-authorization-server"),
    ("/.well-known/jwks.json", "/.well-known/jwks.json"),
    ("/oauth2/authorize", "/oauth2/authorize"),
    ("/oauth2/auth", "/oauth2/authorize"),
    ("/oauth2/token", "/oauth2/token"),
];

const GATEWAY: &str = "/mcp";

/// `native` are our own routes, which are asked in their place.
pub(super) fn routes(state: &AppState, native: &Router) -> Router<AppState> {
    let gateway = {
        let (native, state) = (native.clone(), state.clone());
        service_fn(move |request: Request| {
            let (native, state) = (native.clone(), state.clone());
            async move { Ok::<_, Infallible>(forward_to_gateway(native, &state, request).await) }
        })
    };
    let routes = Router::new().route_service(GATEWAY, gateway.clone());
    let routes = routes.route_service(&format!("{GATEWAY}/"), gateway);
    ENDPOINTS.iter().fold(routes, |router, (theirs, ours)| {
        let (native, state) = (native.clone(), state.clone());
        let service = service_fn(move |request: Request| {
            let (native, state) = (native.clone(), state.clone());
            async move { Ok::<_, Infallible>(forward(native, &state, ours, request).await) }
        });
        router.route_service(theirs, service.clone()).route_service(&format!("{theirs}/"), service)
    })
}

async fn forward(native: Router, state: &AppState, ours: &str, request: Request) -> Response {
    let (client, mut request) = match read_claimed_client(request).await {
        Ok(read) => read,
        Err(problem) => return problem.into_response(),
    };
    match mount(state, client.as_deref()).await {
        Ok(mount) => {
            *request.uri_mut() = with_path(request.uri(), &format!("{mount}{ours}"));
            answer_by_another_path(native, state, request).await
        }
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn forward_to_gateway(native: Router, state: &AppState, mut request: Request) -> Response {
    match find_mount_of_bearer(request.headers(), state).await {
        Ok(mount) => {
            *request.uri_mut() = with_path(request.uri(), &format!("{mount}{GATEWAY}"));
            request.extensions_mut().insert(ByOtherGateway);
            answer_by_another_path(native, state, request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Where the address of the client's issuer begins, after the public URL. Who is
/// a client nowhere is told so there.
async fn mount(state: &AppState, client: Option<&str>) -> Result<String, Error> {
    let Some(client) = client else { return Ok(String::new()) };
    let Some(authority) = state.authority.of_client(client).await? else { return Ok(String::new()) };
    let below = authority.issuer().strip_prefix(state.authority.issuer());
    Ok(below.unwrap_or_default().to_owned())
}
