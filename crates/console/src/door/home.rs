//! Where somebody belongs who asks for the console without saying whose.

use appkeep_domain::{Caller, Level};
use appkeep_http::AppState;
use appkeep_service::Error;
use http::Method;
use http::request::Parts;

use crate::view::View;

/// The console at the public URL is the platform's and the default tenant's.
/// Whoever runs other tenants goes on to the first of theirs that is there, and
/// whoever runs partners to where they choose; nothing for whoever is right here.
pub(super) async fn elsewhere(parts: &Parts, view: &View, state: &AppState) -> Result<Option<String>, Error> {
    let home = view.root("");
    let asks_for_home =
        matches!(parts.method, Method::GET | Method::HEAD) && parts.uri.path().trim_end_matches('/') == home;
    let Caller::Operator { roles, .. } = view.caller() else { return Ok(None) };
    if !asks_for_home || view.has_role_at(|level| is_here(view, level)) {
        return Ok(None);
    }
    if view.has_role_at(|level| matches!(level, Level::Partner(_))) {
        return Ok(Some(view.root("/switch")));
    }
    for grant in roles {
        if let Level::Tenant { id, .. } = grant.at
            && let Some(there) = state.authority.of_tenant(id).await?
            && let Some(slug) = there.slug()
        {
            return Ok(Some(View::of_tenant(slug)));
        }
    }
    Ok(None)
}

fn is_here(view: &View, level: Level) -> bool {
    match level {
        Level::Platform => true,
        Level::Partner(_) => false,
        Level::Tenant { id, .. } => id == view.tenant(),
    }
}
