//! `/tenants/{id}`

use appkeep_domain::{Action as Doing, Decision, Email, Owner, Resource, Tenant, may};
use appkeep_http::action::{ManageTenants, ReadTenant};
use appkeep_http::{Access, AppState, Problem, Segment, Segments};
use appkeep_service::{Registry, TENANTS, TenantUsage};
use axum::extract::State;
use axum::response::Response;

use super::{PATH, Turns};
use crate::kit::{Action, Badge, Cell, Facts, Notice, Page, Part, Section};
use crate::view::View;

const QUESTIONS: Turns = Turns {
    suspend: "Suspend this tenant? Nothing new is issued to what belongs to it, and nobody signs in there.",
    archive: "Archive this tenant? It is there for the platform alone, until it is restored.",
};

pub(super) async fn show(
    access: Access<ReadTenant>,
    view: View,
    State(state): State<AppState>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let tenant = state.registry.tenant_by_id(&access.by, &id).await?;
    let usage = state.registry.tenant_usage(&access.by, &id).await?;
    let place = Resource::of_owner(Owner::Tenant(tenant.id), tenant.partner);
    let may_manage = may(view.caller(), Doing::ManageTenants, &place) == Decision::Allowed;
    let path = view.path(&format!("{PATH}/{}", tenant.id));
    let root = state.authority.issuer();
    let issuer =
        if tenant.is_default() { root.to_owned() } else { format!("{root}{TENANTS}{}", tenant.slug) };
    let mut page = Page::new(tenant.name.as_str())
        .below("Tenants", view.path(PATH))
        .action(may_manage.then(|| Action::go("Edit", format!("{path}/edit"))))
        .action(
            is_open(&tenant)
                .then(|| Action::go("Open its console", super::console_of(&view, &tenant)).main()),
        )
        .with(Part::Facts(facts(&view, &tenant, &issuer)))
        .with(Part::Section(used(&usage)));
    if tenant.is_default() {
        let told = "Operators sign in at the default tenant, so it is neither suspended nor archived nor transferred.";
        page = page.with(Part::Notice(Notice::new(Badge::Quiet, told)));
    } else if may_manage {
        page = page.with(Part::Section(decisions(&tenant, &path)));
    }
    Ok(view.page(&page))
}

const fn is_open(tenant: &Tenant) -> bool {
    tenant.archived_at.is_none()
}

fn facts(view: &View, tenant: &Tenant, issuer: &str) -> Facts {
    let partner =
        Cell::maybe(tenant.partner, |id| Cell::link(id.to_string(), view.path(&format!("/partners/{id}"))));
    Facts::new()
        .with("Status", super::standing(tenant.status, tenant.archived_at))
        .with("Id", Cell::code(tenant.id.to_string()))
        .with("Slug", Cell::code(tenant.slug.as_str()))
        .with("Issuer", Cell::code(issuer))
        .with("Partner", partner)
        .with("Contact address", Cell::maybe(tenant.contact_email.as_ref().map(Email::as_str), Cell::text))
        .with("Made", Cell::at(tenant.created_at))
        .with("Changed", Cell::at(tenant.updated_at))
        .with("Archived", Cell::maybe(tenant.archived_at, Cell::at))
}

fn used(usage: &TenantUsage) -> Section {
    let facts = Facts::new()
        .with("Users", super::used_of(usage.users, usage.caps.max_users_per_tenant))
        .with("Applications", super::used_of(usage.applications, usage.caps.max_applications_per_tenant));
    Section::new("What it has").with(Part::Facts(facts))
}

fn decisions(tenant: &Tenant, path: &str) -> Section {
    let mut section = Section::new("Suspend, archive, transfer").danger().lead(
        "A tenant that is suspended gets nothing new, and those who run it look on. One that is archived is \
         there for the platform alone. Either can be taken back.",
    );
    let turns = super::turns(path, (tenant.status, tenant.archived_at), &QUESTIONS);
    for action in turns {
        section = section.action(Some(action));
    }
    section.action(Some(Action::go("Transfer …", format!("{path}/transfer"))))
}

/// `POST /tenants/{id}/{turn}`
pub(super) async fn turn(
    access: Access<ManageTenants>,
    view: View,
    State(registry): State<Registry>,
    Segments(id, word): Segments,
) -> Result<Response, Problem> {
    let turn = super::parse_turn(&word).ok_or_else(Problem::not_found)?;
    let tenant = registry.turn_tenant(&access.by, &id, turn).await?;
    Ok(view.go(&format!("{PATH}/{}", tenant.id), super::said(turn)))
}
