//! `/tenants`: all that one sees.

use appkeep_domain::{Action as Doing, Tenant};
use appkeep_http::action::ReadTenant;
use appkeep_http::{Access, Problem};
use appkeep_service::{PageQuery, Registry, TenantQuery};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Action, Cell, Column, Empty, Filter, Page, Part, Row, Table};
use crate::posted::Asked;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadTenant>,
    view: View,
    State(registry): State<Registry>,
    asked: Asked,
) -> Result<Response, Problem> {
    let found = registry.tenants(&access.by, query(&asked)).await?;
    let path = view.path(PATH);
    let rows = found.items.iter().map(|tenant| row(&view, tenant)).collect();
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let make = view
        .may_ever(Doing::ManageTenants)
        .then(|| Action::go("Make a tenant", view.path("/tenants/new")).main());
    let columns = Column::all(&["Name", "Status", "Partner", "Made", "Console"]);
    let table = Table::new("Tenants", columns, rows)
        .empty(Empty::new("No tenant fits.").doing(make.clone()))
        .parts(more, beginning);
    let page = Page::new("Tenants")
        .lead("Customers: what one of them owns, no other sees. Each is an issuer at an address of its own.")
        .action(make)
        .with(Part::List(filter(&view, &asked), table));
    Ok(view.page(&page))
}

/// What a link asks for.
fn query(asked: &Asked) -> TenantQuery {
    TenantQuery {
        page: PageQuery { cursor: asked.get("after"), limit: None },
        partner: asked.get("partner_id"),
        status: asked.get("status"),
        archived: asked.get("archived").map(|archived| archived == "true"),
        text: asked.get("q"),
    }
}

fn filter(view: &View, asked: &Asked) -> Filter {
    let filter = Filter::new(view.path(PATH))
        .search("q", "Search by name or slug", asked.get("q").as_deref())
        .menu(("status", "Status"), super::statuses(), asked.get("status").as_deref())
        .keep("partner_id", asked.get("partner_id").as_deref());
    if view.is_of_the_platform() {
        filter.menu(("archived", "Archived"), super::archived(), asked.get("archived").as_deref())
    } else {
        filter
    }
}

fn row(view: &View, tenant: &Tenant) -> Row {
    let href = view.path(&format!("{PATH}/{}", tenant.id));
    let name =
        Cell::Stack(vec![Cell::link(tenant.name.as_str(), href), Cell::Detail(tenant.slug.to_string())]);
    let partner =
        Cell::maybe(tenant.partner, |id| Cell::link(id.to_string(), view.path(&format!("/partners/{id}"))));
    let console = match tenant.archived_at {
        Some(_) => Cell::Nothing,
        None => Cell::link("Open", super::console_of(view, tenant)),
    };
    Row::new(vec![
        name,
        super::standing(tenant.status, tenant.archived_at),
        partner,
        Cell::at(tenant.created_at),
        console,
    ])
}
