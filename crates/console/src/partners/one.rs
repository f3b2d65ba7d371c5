//! `/partners/{id}`

use appkeep_domain::{Action as Doing, Email, Partner};
use appkeep_http::action::{ManagePartners, ReadPartner};
use appkeep_http::{Access, Problem, Segment, Segments};
use appkeep_service::{PartnerUsage, Registry};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Action, Cell, Facts, Page, Part, Section};
use crate::tenants::{self, Turns};
use crate::view::View;

const QUESTIONS: Turns = Turns {
    suspend: "Suspend this partner and with it its tenants? Nothing new is issued to what belongs to them, and \
              nobody signs in there.",
    archive: "Archive this partner and with it its tenants? They are there for the platform alone, until it is \
              restored.",
};

pub(super) async fn show(
    access: Access<ReadPartner>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.partner(&access.by, &id).await?;
    let partner = &shown.partner;
    let path = view.path(&format!("{PATH}/{}", partner.id));
    let page = Page::new(partner.name.as_str()).below("Partners", view.path(PATH));
    if !shown.is_whole {
        let facts = Facts::new()
            .with("Id", Cell::code(partner.id.to_string()))
            .with("Slug", Cell::code(partner.slug.as_str()));
        return Ok(view.page(&page.with(Part::Facts(facts))));
    }
    let usage = registry.partner_usage(&access.by, &id).await?;
    let may_manage = view.may_ever(Doing::ManagePartners);
    let its = view.path(&format!("/tenants?partner_id={}", partner.id));
    let make = view.path(&format!("/tenants/new?partner_id={}", partner.id));
    let mut page = page
        .action(may_manage.then(|| Action::go("Edit", format!("{path}/edit"))))
        .action(Some(Action::go("Its tenants", its)))
        .action(view.may_ever(Doing::ManageTenants).then(|| Action::go("Make a tenant of its", make)))
        .with(Part::Facts(facts(partner)))
        .with(Part::Section(caps(partner, usage)));
    if may_manage {
        page = page.with(Part::Section(decisions(partner, &path)));
    }
    Ok(view.page(&page))
}

fn facts(partner: &Partner) -> Facts {
    Facts::new()
        .with("Status", tenants::standing(partner.status, partner.archived_at))
        .with("Id", Cell::code(partner.id.to_string()))
        .with("Slug", Cell::code(partner.slug.as_str()))
        .with("Contact address", Cell::maybe(partner.contact_email.as_ref().map(Email::as_str), Cell::text))
        .with("Made", Cell::at(partner.created_at))
        .with("Changed", Cell::at(partner.updated_at))
        .with("Archived", Cell::maybe(partner.archived_at, Cell::at))
}

fn caps(partner: &Partner, usage: PartnerUsage) -> Section {
    let cap = |cap: Option<u32>| Cell::text(cap.map_or("No cap".to_owned(), |cap| format!("{cap} at most")));
    let facts = Facts::new()
        .with("Tenants", tenants::used_of(usage.tenants, partner.caps.max_tenants))
        .with("Users of each tenant", cap(partner.caps.max_users_per_tenant))
        .with("Applications of each tenant", cap(partner.caps.max_applications_per_tenant));
    Section::new("Caps")
        .lead("How much it and each of its tenants may have. How far a tenant uses them, its page says.")
        .with(Part::Facts(facts))
}

fn decisions(partner: &Partner, path: &str) -> Section {
    let mut section = Section::new("Suspend, archive")
        .danger()
        .lead("Its tenants stand no firmer than it does. Either can be taken back.");
    for action in tenants::turns(path, (partner.status, partner.archived_at), &QUESTIONS) {
        section = section.action(Some(action));
    }
    section
}

/// `POST /partners/{id}/{turn}`
pub(super) async fn turn(
    access: Access<ManagePartners>,
    view: View,
    State(registry): State<Registry>,
    Segments(id, word): Segments,
) -> Result<Response, Problem> {
    let turn = tenants::parse_turn(&word).ok_or_else(Problem::not_found)?;
    let turned = registry.turn_partner(&access.by, &id, turn).await?;
    Ok(view.go(&format!("{PATH}/{}", turned.partner.id), tenants::said(turn)))
}
