//! `/console/switch`: from one tenant's console to another's.

use appkeep_domain::Tenant;
use appkeep_http::action::ReadTenant;
use appkeep_http::{Access, AppState, Problem};
use appkeep_service::{PageQuery, Registry, TenantQuery};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use crate::kit::{Cell, Column, Empty, Filter, Page, Part, Row, Table};
use crate::posted::Asked;
use crate::tenants::{console_of, standing};
use crate::view::View;

/// It is there once, whichever tenant one comes from.
pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/switch", get(show))
}

async fn show(
    access: Access<ReadTenant>,
    view: View,
    State(registry): State<Registry>,
    asked: Asked,
) -> Result<Response, Problem> {
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let query = TenantQuery { page, text: asked.get("q"), ..TenantQuery::default() };
    let found = registry.tenants(&access.by, query).await?;
    let path = view.root("/switch");
    let rows = found.items.iter().map(|tenant| row(&view, tenant)).collect();
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let table = Table::new("Tenants", Column::all(&["Tenant", "Status"]), rows)
        .empty(Empty::new("No tenant fits."))
        .parts(more, beginning);
    let filter = Filter::new(path).search("q", "Search by name or slug", asked.get("q").as_deref());
    let page = Page::new("Switch tenant")
        .lead("Each tenant has a console of its own. These are the tenants that your roles reach.")
        .with(Part::List(filter, table));
    Ok(view.page(&page))
}

fn row(view: &View, tenant: &Tenant) -> Row {
    let link = Cell::link(tenant.name.as_str(), console_of(view, tenant));
    let name = Cell::Stack(vec![link, Cell::Detail(tenant.slug.to_string())]);
    Row::new(vec![name, standing(tenant.status, tenant.archived_at)])
}
