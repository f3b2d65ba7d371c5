//! Tenants, as those above them see them.

mod form;
mod list;
mod one;
mod transfer;

use appkeep_domain::{Standing, Tenant, Timestamp};
use appkeep_http::AppState;
use appkeep_service::{By, Error, PageQuery, PartnerQuery, Registry, Turn};
use axum::Router;
use axum::routing::{get, post};

use crate::kit::{Action, Badge, Cell, Choice};
use crate::said::Said;
use crate::view::View;

const PATH: &str = "/tenants";
/// As many as a menu can hold.
const CHOICES: u32 = 200;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/tenants", get(list::show))
        .route("/tenants/new", get(form::new).post(form::create))
        .route("/tenants/{id}", get(one::show))
        .route("/tenants/{id}/edit", get(form::edit).post(form::save))
        .route("/tenants/{id}/transfer", get(transfer::ask).post(transfer::send))
        .route("/tenants/{id}/{turn}", post(one::turn))
}

/// Where the console of a tenant is: that of the default one is at the public URL.
pub(crate) fn console_of(view: &View, tenant: &Tenant) -> String {
    if tenant.is_default() { view.root("") } else { View::of_tenant(tenant.slug.as_str()) }
}

/// How a partner or a tenant stands, in a word.
pub(crate) fn standing(status: Standing, archived_at: Option<Timestamp>) -> Cell {
    match (archived_at, status) {
        (Some(_), _) => Cell::badge(Badge::Quiet, "archived"),
        (None, Standing::Active) => Cell::badge(Badge::Good, "active"),
        (None, Standing::Suspended) => Cell::badge(Badge::Warning, "suspended"),
    }
}

/// What the statuses are called in a menu; the first asks for all.
pub(crate) fn statuses() -> Vec<Choice> {
    let known =
        [Standing::Active, Standing::Suspended].map(|status| Choice::new(status.as_str(), status.as_str()));
    std::iter::once(Choice::new("", "Any status")).chain(known).collect()
}

/// Those that are archived are listed by themselves.
pub(crate) fn archived() -> Vec<Choice> {
    vec![Choice::new("", "Not archived"), Choice::new("true", "Archived")]
}

/// A turn, by its word in a path.
pub(crate) fn parse_turn(word: &str) -> Option<Turn> {
    match word {
        "suspend" => Some(Turn::Suspend),
        "resume" => Some(Turn::Resume),
        "archive" => Some(Turn::Archive),
        "restore" => Some(Turn::Restore),
        _ => None,
    }
}

/// What can become of a partner or a tenant that stands like this; `what` is
/// what each would mean.
pub(crate) fn turns(
    path: &str,
    (status, archived_at): (Standing, Option<Timestamp>),
    what: &Turns,
) -> Vec<Action> {
    let send = |label: &str, word: &str| Action::send(label, format!("{path}/{word}"));
    if archived_at.is_some() {
        return vec![send("Restore", "restore")];
    }
    let first = match status {
        Standing::Active => send("Suspend …", "suspend").danger().asking(what.suspend),
        Standing::Suspended => send("Resume", "resume"),
    };
    vec![first, send("Archive …", "archive").danger().asking(what.archive)]
}

/// What is said once it has.
pub(crate) const fn said(turn: Turn) -> Said {
    match turn {
        Turn::Suspend => Said::Suspended,
        Turn::Resume => Said::Resumed,
        Turn::Archive => Said::Archived,
        Turn::Restore => Said::Restored,
    }
}

/// So many of as many as there may be.
pub(crate) fn used_of(used: u64, cap: Option<u32>) -> Cell {
    match cap {
        None => Cell::Number(used),
        Some(cap) if used >= u64::from(cap) => Cell::Row(vec![
            Cell::text(format!("{used} of {cap}")),
            Cell::badge(Badge::Warning, "cap reached"),
        ]),
        Some(cap) => Cell::text(format!("{used} of {cap}")),
    }
}

/// The questions that are asked first.
pub(crate) struct Turns {
    pub(crate) suspend: &'static str,
    pub(crate) archive: &'static str,
}

/// The partners that a tenant could be of, when they are few enough to choose
/// from; none where one has to be named by its id.
async fn partners(by: &By, registry: &Registry) -> Result<Option<Vec<Choice>>, Error> {
    let page = PageQuery { cursor: None, limit: Some(CHOICES.into()) };
    let found = registry.partners(by, PartnerQuery { page, ..PartnerQuery::default() }).await?;
    if found.next_cursor.is_some() {
        return Ok(None);
    }
    let none = Choice::new("", "None: it is the platform's own");
    let all =
        found.items.iter().map(|view| Choice::new(view.partner.id.to_string(), view.partner.name.as_str()));
    Ok(Some(std::iter::once(none).chain(all).collect()))
}
