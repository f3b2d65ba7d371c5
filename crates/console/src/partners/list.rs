//! `/partners`: all that one sees.

use appkeep_domain::Action as Doing;
use appkeep_http::action::ReadPartner;
use appkeep_http::{Access, Problem};
use appkeep_service::{PageQuery, PartnerQuery, PartnerView, Registry};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Action, Cell, Column, Empty, Filter, Page, Part, Row, Table};
use crate::posted::Asked;
use crate::tenants;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadPartner>,
    view: View,
    State(registry): State<Registry>,
    asked: Asked,
) -> Result<Response, Problem> {
    let query = PartnerQuery {
        page: PageQuery { cursor: asked.get("after"), limit: None },
        status: asked.get("status"),
        archived: asked.get("archived").map(|archived| archived == "true"),
        text: asked.get("q"),
    };
    let found = registry.partners(&access.by, query).await?;
    let path = view.path(PATH);
    let rows = found.items.iter().map(|partner| row(&view, partner)).collect();
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let make = view
        .may_ever(Doing::ManagePartners)
        .then(|| Action::go("Make a partner", view.path("/partners/new")).main());
    let table = Table::new("Partners", Column::all(&["Name", "Status", "Tenants", "Made"]), rows)
        .empty(Empty::new("No partner fits.").doing(make.clone()))
        .parts(more, beginning);
    let page = Page::new("Partners")
        .lead("Whoever brings tenants and looks after them, within the caps that the platform sets.")
        .action(make)
        .with(Part::List(filter(&view, &asked), table));
    Ok(view.page(&page))
}

fn filter(view: &View, asked: &Asked) -> Filter {
    let filter = Filter::new(view.path(PATH))
        .search("q", "Search by name or slug", asked.get("q").as_deref())
        .menu(("status", "Status"), tenants::statuses(), asked.get("status").as_deref());
    if view.is_of_the_platform() {
        filter.menu(("archived", "Archived"), tenants::archived(), asked.get("archived").as_deref())
    } else {
        filter
    }
}

/// Its tenants see which one it is, and no more.
fn row(view: &View, shown: &PartnerView) -> Row {
    let partner = &shown.partner;
    let href = view.path(&format!("{PATH}/{}", partner.id));
    let name =
        Cell::Stack(vec![Cell::link(partner.name.as_str(), href), Cell::Detail(partner.slug.to_string())]);
    if !shown.is_whole {
        return Row::new(vec![name, Cell::Nothing, Cell::Nothing, Cell::Nothing]);
    }
    let tenants = Cell::link("Its tenants", view.path(&format!("/tenants?partner_id={}", partner.id)));
    Row::new(vec![
        name,
        tenants::standing(partner.status, partner.archived_at),
        tenants,
        Cell::at(partner.created_at),
    ])
}
