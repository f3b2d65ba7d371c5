//! The OAuth endpoints where ScaiKey has them: of the platform, and of each
//! tenant. They are those of the same issuers, and answer what those answer.

use std::convert::Infallible;

use appkeep_http::{AppState, Problem, answer_by_another_path};
use appkeep_service::Error;
use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use tower::service_fn;

use crate::path::with_path;

/// What ScaiKey calls an endpoint below a platform or a tenant, and what we do.
const ENDPOINTS: [(&str, &str); 9] = [
    ("/.well-known/jwks.json", "/.well-known/jwks.json"),
    ("/.well-known/openid-configuration", "/.well-known/openid-configuration"),
    ("/oauth/.well-known/openid-configuration", "/.well-known/openid-configuration"),
    ("/oauth/authorize", "/oauth2/authorize"),
    ("/oauth/token", "/oauth2/token"),
    ("/oauth/userinfo", "/oauth2/userinfo"),
    ("/oauth/introspect", "/oauth2/introspect"),
    ("/oauth/revoke", "/oauth2/revoke"),
    ("/oauth/logout", "/oauth2/logout"),
];

/// Below `/api/v1`; `native` are our own routes, which are asked in their place.
pub(super) fn routes(state: &AppState, native: &Router) -> Router<AppState> {
    let (of_platform, of_tenant) = (native.clone(), native.clone());
    let state = state.clone();
    let of_root = state.clone();
    let platform = service_fn(move |request: Request| {
        let (native, state) = (of_platform.clone(), of_root.clone());
        async move { Ok::<_, Infallible>(forward(native, &state, "", request).await) }
    });
    let tenant = service_fn(move |request: Request| {
        let (native, state) = (of_tenant.clone(), state.clone());
        async move { Ok::<_, Infallible>(forward_to_tenant(native, &state, request).await) }
    });
    Router::new().nest_service("/platform", platform).nest_service("/auth/tenants", tenant)
}

async fn forward_to_tenant(native: Router, state: &AppState, mut request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let (slug, rest) = split(&path);
    match mount(state, slug).await {
        Ok(Some(mount)) => {
            *request.uri_mut() = with_path(request.uri(), rest);
            forward(native, state, &mount, request).await
        }
        Ok(None) => Problem::not_found().into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}

/// Where our address of the tenant begins, after the public URL.
async fn mount(state: &AppState, slug: &str) -> Result<Option<String>, Error> {
    let found = state.authority.of_slug(slug).await?;
    let below = |issuer: &str| issuer.strip_prefix(state.authority.issuer()).map(str::to_owned);
    Ok(found.and_then(|authority| below(authority.issuer())))
}

async fn forward(native: Router, state: &AppState, mount: &str, mut request: Request) -> Response {
    let path = request.uri().path().trim_end_matches('/');
    let Some((_, ours)) = ENDPOINTS.iter().find(|(theirs, _)| *theirs == path) else {
        return Problem::not_found().into_response();
    };
    *request.uri_mut() = with_path(request.uri(), &format!("{mount}{ours}"));
    answer_by_another_path(native, state, request).await
}

/// The slug that a path begins with, and what is behind it.
fn split(path: &str) -> (&str, &str) {
    let path = path.strip_prefix('/').unwrap_or(path);
    let end = path.find('/').unwrap_or(path.len());
    path.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_parted_after_the_slug() {
        for (path, expected) in [
            ("/acme/oauth/token", ("acme", "/oauth/token")),
            ("/acme", ("acme", "")),
            ("/", ("", "")),
            ("/acme/", ("acme", "/")),
        ] {
            assert_eq!(split(path), expected, "{path}");
        }
    }
}
