//! `/settings/addresses`: what applications have to know of this issuer.

use appkeep_http::action::ReadTenant;
use appkeep_http::{Access, Here};
use axum::response::Response;

use crate::kit::{Cell, Facts, Part, Section};
use crate::view::View;

pub(super) async fn show(_: Access<ReadTenant>, view: View, Here(authority): Here) -> Response {
    let issuer = view.issuer();
    let at = |below: &str| Cell::code(format!("{issuer}{below}"));
    let found = Facts::new()
        .with("Issuer", Cell::code(issuer))
        .with("OpenID Connect metadata", at("/.well-known/openid-configuration"))
        .with("OAuth metadata", at("/.well-known/oauth-authorization-server"))
        .with("Public keys", at("/.well-known/jwks.json"));
    let mut endpoints = Facts::new()
        .with("Authorization", at("/oauth2/authorize"))
        .with("Token", at("/oauth2/token"))
        .with("Introspection", at("/oauth2/introspect"))
        .with("Revocation", at("/oauth2/revoke"))
        .with("User info", at("/oauth2/userinfo"))
        .with("End of session", at("/oauth2/logout"));
    if authority.registers_clients().await {
        endpoints = endpoints.with("Registration", at("/oauth2/register"));
    }
    let others = Facts::new()
        .with("Management API", at("/api/v1"))
        .with("Gateway for agents", Cell::code(authority.gateway()));
    let page = super::page(&view, "/addresses")
        .lead("Most libraries need the issuer alone, and read the rest of its metadata.")
        .with(Part::Facts(found))
        .with(Part::Section(Section::new("Endpoints").with(Part::Facts(endpoints))))
        .with(Part::Section(Section::new("Others").with(Part::Facts(others))));
    view.page(&page)
}
