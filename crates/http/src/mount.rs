//! Where the address of an issuer begins: at the public URL, or below it at
//! `/t/<slug>`, with the same routes at each.

use appkeep_service::{Authority, Error, ErrorCode, TENANTS};
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;

use crate::asker::Noted;
use crate::problem::Problem;
use crate::state::AppState;

/// What the slug is called among the parameters of a path. No route has
/// another parameter of this name.
pub const SLUG: &str = "slug";

/// The issuer at whose address a request came in.
#[derive(Debug)]
pub struct Here(pub Authority);

impl Here {
    /// Nothing when there is no such tenant.
    pub(crate) async fn find(parts: &mut Parts, state: &AppState) -> Result<Option<Self>, Error> {
        let Some(slug) = slug(parts).await else { return Ok(Some(Self(state.authority.clone()))) };
        let found = state.authority.at(&slug).await?;
        if let Some(authority) = &found {
            Noted::of(&parts.extensions).at(authority.tenant());
        }
        Ok(found.map(Self))
    }
}

impl FromRequestParts<AppState> for Here {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        Self::find(parts, state).await?.ok_or_else(no_such_tenant)
    }
}

/// What is said of a tenant that is not there, and of one that a caller is to know
/// nothing of: 404.
pub fn no_such_tenant() -> Problem {
    Error::new(ErrorCode::NotFound, "there is no such tenant").into()
}

/// The slug that a whole path begins with, and what is asked for at that
/// address.
pub(crate) fn split(path: &str) -> (Option<&str>, &str) {
    let below = path.strip_prefix(TENANTS);
    match below.and_then(|below| Some((below, below.find('/')?))) {
        Some((below, end)) => (Some(&below[..end]), &below[end..]),
        None => (None, path),
    }
}

/// Of the route that was found, so that what matched below a tenant's address
/// is never taken for the root's.
pub(crate) async fn slug(parts: &mut Parts) -> Option<String> {
    let parameters = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    parameters.iter().find(|(name, _)| *name == SLUG).map(|(_, slug)| slug.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_parted_after_the_slug() {
        for (path, expected) in [
            ("/oauth2/token", (None, "/oauth2/token")),
            ("/t/acme/oauth2/token", (Some("acme"), "/oauth2/token")),
            ("/t/acme/", (Some("acme"), "/")),
            ("/t/acme", (None, "/t/acme")),
            ("/t//oauth2/token", (Some(""), "/oauth2/token")),
            ("/token", (None, "/token")),
        ] {
            assert_eq!(split(path), expected, "{path}");
        }
    }
}
