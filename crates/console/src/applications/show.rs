//! `/applications/{id}`: what an application is, and what to do next with it.

use appkeep_domain::{Application, AuditEntry, Owner, UserPool};
use appkeep_http::action::ReadApplication;
use appkeep_http::{Access, AppState, Problem, Segment};
use appkeep_service::{ApplicationView, By, CredentialView, Error, PageQuery, Registry};
use axum::extract::State;
use axum::response::Response;

use super::tabs::{AppTab, page_of};
use super::{PATH, advice, fields, first_steps, state_of};
use crate::kit::{Action, Cell, Column, Empty, Facts, Page, Part, Row, Section, Table};
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadApplication>,
    view: View,
    State(state): State<AppState>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = state.registry.application(&access.by, &id).await?;
    let credentials = credentials(&state.registry, &access.by, &shown).await?;
    let mut page = page_of(&view, &shown, AppTab::Overview).action(edit(&view, &shown));
    for notice in advice::of(&view, (&shown, &credentials), state.clock.now()) {
        page = page.with(Part::Notice(notice));
    }
    page = page.with(Part::Facts(facts(&view, &shown)));
    Ok(view.page(&with_the_rest(&view, &shown, &credentials, page)))
}

/// Those it may be said something about, one part of the list.
pub(crate) async fn credentials(
    registry: &Registry,
    by: &By,
    shown: &ApplicationView,
) -> Result<Vec<CredentialView>, Error> {
    // Told to those only who are told who changed it.
    if shown.audit.is_none() || !shown.application.has_client_secret() {
        return Ok(Vec::new());
    }
    let id = shown.application.id.to_string();
    Ok(registry.credentials(by, &id, PageQuery::default()).await?.items)
}

fn edit(view: &View, shown: &ApplicationView) -> Option<Action> {
    let path = view.path(&format!("{PATH}/{}/edit", shown.application.id));
    shown.can.update.then(|| Action::go("Edit", path))
}

fn facts(view: &View, shown: &ApplicationView) -> Facts {
    let application = &shown.application;
    let mut facts = Facts::new()
        .with("Client id", Cell::code(application.id.to_string()))
        .with("Issuer", Cell::code(view.issuer()))
        .with("Type", Cell::text(fields::name_of(application.kind)))
        .with("State", state_of(application))
        .with("Slug", Cell::text(application.slug.as_str()))
        .with("Description", Cell::maybe(application.description.clone(), Cell::Text))
        .with("Tags", Cell::words(application.tags.iter().map(ToString::to_string)))
        .with("Belongs to", Cell::text(owner(view, application.owner)));
    if application.kind.may_have_people() {
        facts = facts.with("Users", Cell::text(pool(application.user_pool)));
    }
    if let Some(key) = &application.public_key {
        facts = facts.with("Public key", Cell::code(key.to_string()));
    }
    if let Some(oauth) = &application.oauth {
        facts = facts
            .with("Audience", Cell::maybe(oauth.audience.clone(), Cell::Code))
            .with("Allowed scopes", Cell::words(oauth.allowed_scopes.iter().map(ToString::to_string)));
    }
    if let Some(saml) = &application.saml {
        facts = facts
            .with("Entity ID", Cell::code(saml.entity_id.as_str()))
            .with("ACS URLs", Cell::lines(saml.acs_urls.iter().map(ToString::to_string)));
    }
    if let Some(sessions) = shown.sessions.filter(|_| application.kind.may_have_people()) {
        let counted = format!("{} active, {} idle", sessions.active, sessions.idle);
        facts = facts.with("Sessions", Cell::text(counted));
    }
    dates(shown, facts)
}

fn dates(shown: &ApplicationView, facts: Facts) -> Facts {
    let application = &shown.application;
    // Who did what is told to those only who see its history.
    let maker = application.made_by.as_ref().filter(|_| shown.audit.is_some());
    let mut facts = facts.with("Created", Cell::at(application.created_at));
    if let Some(maker) = maker {
        facts = facts.with("Created by", Cell::text(format!("{} {}", maker.kind.as_str(), maker.id)));
    }
    facts = facts.with("Changed", Cell::at(application.updated_at));
    if let Some(expires_at) = application.expires_at {
        facts = facts.with("Gone from", Cell::at(expires_at));
    }
    facts
}

/// Whose it is, in words.
pub(super) fn owner(view: &View, owner: Owner) -> String {
    match owner {
        Owner::Global => "The platform, for all tenants".to_owned(),
        Owner::Partner(id) => format!("Partner {id}"),
        Owner::Tenant(id) if id == view.tenant() => view.tenant_name().to_owned(),
        Owner::Tenant(id) => format!("Tenant {id}"),
    }
}

const fn pool(pool: UserPool) -> &'static str {
    match pool {
        UserPool::Tenant => "The tenant's",
        UserPool::Application => "Its own, for live and for test",
    }
}

fn with_the_rest(view: &View, shown: &ApplicationView, credentials: &[CredentialView], page: Page) -> Page {
    let is_used = credentials.iter().any(|one| one.credential.used.is_some());
    let is_new = shown.audit.is_some() && !is_used && is_for_whoever_begins(&shown.application);
    let steps = first_steps::of(view, shown);
    let page = if is_new && !steps.is_empty() {
        page.with(Part::Section(Section::new("First steps").with(Part::Steps(steps))))
    } else {
        page
    };
    match &shown.audit {
        None => page,
        Some(audit) => page.with(Part::Section(changes(view, shown, &audit.recent))),
    }
}

/// An application that nobody uses yet, as far as its configuration shows.
fn is_for_whoever_begins(application: &Application) -> bool {
    let has_addresses = application.oauth.as_ref().is_some_and(|oauth| !oauth.redirect_uris.is_empty());
    application.has_client_secret() || (application.kind.may_have_people() && !has_addresses)
}

fn changes(view: &View, shown: &ApplicationView, recent: &[AuditEntry]) -> Section {
    let row = |entry: &AuditEntry| {
        Row::new(vec![
            Cell::at(entry.occurred_at),
            Cell::text(entry.action.as_str()),
            Cell::text(format!("{} {}", entry.actor.kind.as_str(), entry.actor.id)),
        ])
    };
    let columns = Column::all(&["When", "What", "Who"]);
    let table = Table::new("Last changes", columns, recent.iter().map(row).collect())
        .empty(Empty::new("Nothing was changed yet."));
    let all =
        Action::go("All of its history", view.path(&format!("{PATH}/{}/history", shown.application.id)));
    Section::new("Last changes").action(Some(all)).with(Part::Table(table))
}
