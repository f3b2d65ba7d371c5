//! `/service-accounts`: the tenant's.

use appkeep_domain::{Action as Doing, ServiceAccount};
use appkeep_http::action::ReadOperators;
use appkeep_http::{Access, Problem};
use appkeep_service::{PageQuery, Registry, ServiceAccountQuery};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Action, Cell, Choice, Column, Empty, Filter, Page, Part, Row, Table};
use crate::posted::Asked;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadOperators>,
    view: View,
    State(registry): State<Registry>,
    asked: Asked,
) -> Result<Response, Problem> {
    let query = ServiceAccountQuery {
        page: PageQuery { cursor: asked.get("after"), limit: None },
        archived: asked.text("archived") == "true",
    };
    let found = registry.service_accounts(&access.by, query).await?;
    let path = view.path(PATH);
    let rows = found.items.iter().map(|account| row(&view, account)).collect();
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let make = view
        .may(Doing::ManageOperators)
        .then(|| Action::go("Make a service account", view.path("/service-accounts/new")).main());
    let table =
        Table::new("Service accounts", Column::all(&["Name", "Role", "State", "Secret", "Made"]), rows)
            .empty(Empty::new("No program runs this tenant yet.").doing(make.clone()))
            .parts(more, beginning);
    let archived =
        vec![Choice::new("", "Without those archived"), Choice::new("true", "With those archived")];
    let filter = Filter::new(path).menu(("archived", "Archived"), archived, asked.get("archived").as_deref());
    let page = Page::new("Service accounts")
        .lead("Programs that run the tenant by a role of their own, such as a pipeline. No person signs in as one.")
        .action(make)
        .with(Part::List(filter, table));
    Ok(view.page(&page))
}

fn row(view: &View, account: &ServiceAccount) -> Row {
    let client_id = account.id.client_id();
    let href = view.path(&format!("{PATH}/{client_id}"));
    let name = Cell::Stack(vec![Cell::link(account.name.as_str(), href), Cell::Detail(client_id)]);
    Row::new(vec![
        name,
        Cell::text(account.role.as_str()),
        super::state(account),
        Cell::text(format!("…{}", account.secret.last_four)),
        Cell::at(account.created_at),
    ])
}
