//! `/applications/{id}/oauth`: an application as an OAuth client.

mod endpoints;
mod settings;

use appkeep_domain::{Application, Lifetime, OauthFacet, Origin, RedirectUri, SigningAlgorithm};
use appkeep_http::action::ReadApplication;
use appkeep_http::{Access, AppState, Problem, Segment};
use appkeep_oauth::{GrantType, ResourceIndicator, Scope};
use appkeep_service::{ApplicationView, Registry};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::forms::path;
use super::registered;
use super::tabs::{AppTab, page_of};
use crate::kit::{Action, Cell, Facts, Part, Section};
use crate::view::View;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/applications/{id}/oauth", get(show))
        .route("/applications/{id}/oauth/edit", get(settings::ask).post(settings::change))
}

async fn show(
    access: Access<ReadApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let config = registry.oauth_config(&access.by, &id).await?;
    // Of one that keeps a secret it is told beside the secret.
    let is_told_here = shown.audit.is_some() && !shown.application.kind.is_confidential();
    let registration = if is_told_here { registry.registration(&access.by, &id).await? } else { None };
    let page = page_of(&view, &shown, AppTab::Oauth)
        .with(Part::Section(endpoints::section(&config)))
        .with(Part::Section(section(&view, &shown, &config.facet)));
    Ok(view.page(&registered::with_section(page, registration.as_ref())))
}

fn section(view: &View, shown: &ApplicationView, oauth: &OauthFacet) -> Section {
    let path = path(view, &shown.application, "/oauth/edit");
    let change = shown.can.update.then(|| Action::go("Change …", path).main());
    let section = Section::new("Settings").action(change).with(Part::Facts(asks(&shown.application, oauth)));
    section.with(Part::Facts(issued(oauth)))
}

/// What it may ask for, and where it is.
fn asks(application: &Application, oauth: &OauthFacet) -> Facts {
    let grants = oauth.grant_types.iter().map(|grant| words(*grant));
    let facts = Facts::new()
        .with("Grant types", Cell::words(grants))
        .with("Scopes", Cell::words(oauth.allowed_scopes.iter().map(Scope::as_str)))
        .with("Own audience", Cell::maybe(oauth.audience.clone(), Cell::code))
        .with("Resources", Cell::lines(oauth.allowed_resources.iter().map(ResourceIndicator::as_str)))
        .with("Origins", Cell::lines(oauth.allowed_origins.iter().map(Origin::as_str)));
    if !application.kind.may_have_people() {
        return facts;
    }
    facts
        .with("Redirect URIs", Cell::lines(oauth.redirect_uris.iter().map(RedirectUri::as_str)))
        .with(
            "After a sign-out",
            Cell::lines(oauth.post_logout_redirect_uris.iter().map(RedirectUri::as_str)),
        )
        .with("Proof key (PKCE) required", Cell::yes_or_no(oauth.require_pkce))
        .with("First party", Cell::yes_or_no(oauth.first_party))
        .with("Only for those assigned", Cell::yes_or_no(oauth.assignment_required))
}

/// What it is given, and for how long.
fn issued(oauth: &OauthFacet) -> Facts {
    let algorithm = |named: Option<SigningAlgorithm>, otherwise: &'static str| {
        Cell::text(named.map_or(otherwise, SigningAlgorithm::as_str))
    };
    Facts::new()
        .with("Access tokens live", Cell::text(span(oauth.access_token_ttl)))
        .with("Refresh tokens live", Cell::text(span(oauth.refresh_token_ttl)))
        .with("All that come of one sign-in", Cell::text(span(oauth.refresh_token_max_age)))
        .with(
            "Access tokens are signed with",
            algorithm(oauth.access_token_signing_alg, "what the tenant says"),
        )
        .with("ID tokens are signed with", algorithm(oauth.id_token_signing_alg, "RS256"))
}

/// What people call a grant.
const fn words(grant: GrantType) -> &'static str {
    match grant {
        GrantType::AuthorizationCode => "Authorization code",
        GrantType::RefreshToken => "Refresh token",
        GrantType::ClientCredentials => "Client credentials",
        GrantType::TokenExchange => "Token exchange",
    }
}

/// A time in the largest unit that it is a whole number of.
fn span(lifetime: Lifetime) -> String {
    let seconds = lifetime.as_seconds();
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let unit = units.into_iter().find(|(length, _)| seconds >= *length && seconds.is_multiple_of(*length));
    let (number, unit) = unit.map_or((seconds, "second"), |(length, unit)| (seconds / length, unit));
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_in_its_own_unit() {
        for (seconds, said) in [
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (3_600, "1 hour"),
            (3_601, "3601 seconds"),
            (5_400, "90 minutes"),
            (1_209_600, "14 days"),
        ] {
            assert_eq!(span(Lifetime::from_seconds(seconds)), said);
        }
    }
}
