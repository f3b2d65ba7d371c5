//! `/vault`: the tokens of an environment, as far as their masks show them.

use appkeep_domain::{Action as Doing, Environment};
use appkeep_http::action::ReadVault;
use appkeep_http::{Access, Problem};
use appkeep_service::{By, Error, Page as Listed, PageQuery, TokenQuery, TokenView, Vault, VaultTokenType};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use super::words::{caller, environments, line, path_of, shown};
use crate::kit::{Action, Cell, Choice, Column, Draft, Empty, Filter, Page, Part, Row, Table};
use crate::posted::{Asked, Posted};
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadVault>,
    view: View,
    State(vault): State<Vault>,
    asked: Asked,
) -> Result<Response, Problem> {
    match read(&vault, access.by, &asked).await {
        Ok((found, environment)) => {
            let path = view.path(PATH);
            let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
            let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
            let table = table(&view, &found.items, environment)
                .empty(Empty::new("No token fits.").doing(add(&view)))
                .parts(more, beginning);
            Ok(view.page(&page(&view, &asked, table)))
        }
        // A container that is being typed is none yet.
        Err(error) => Ok(view.again(error, |error| {
            let posted = Posted::default();
            let said = Draft::refused(&posted, error).alert(&[]).unwrap_or_default();
            page(&view, &asked, table(&view, &[], Environment::Live).empty(Empty::new(&said)))
        })),
    }
}

async fn read(vault: &Vault, by: By, asked: &Asked) -> Result<(Listed<TokenView>, Environment), Error> {
    let caller = caller(by, asked, Doing::ReadVault)?.without_revealing();
    let query = TokenQuery {
        token_type: asked.get("type"),
        container: asked.get("container"),
        ..TokenQuery::default()
    };
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    Ok((vault.list(&caller, &query, &page).await?, caller.environment))
}

fn page(view: &View, asked: &Asked, table: Table) -> Page {
    Page::new("Vault")
        .lead("Data that applications do not keep themselves: sealed, and shown as its mask leaves it.")
        .action(Some(Action::go("Search …", view.path("/vault/search"))))
        .action(add(view))
        .with(Part::List(filter(view, asked), table))
}

fn add(view: &View) -> Option<Action> {
    view.may(Doing::WriteVault).then(|| Action::go("Put data in", view.path("/vault/new")).main())
}

fn filter(view: &View, asked: &Asked) -> Filter {
    let types = VaultTokenType::ALL.iter().map(|one| Choice::new(one.as_str(), one.as_str()));
    let types = std::iter::once(Choice::new("", "Any type")).chain(types).collect();
    Filter::new(view.path(PATH))
        .search("container", "In a container, such as /pci/", asked.get("container").as_deref())
        .menu(("type", "Type"), types, asked.get("type").as_deref())
        .menu(("environment", "Environment"), environments(), asked.get("environment").as_deref())
}

pub(super) fn table(view: &View, tokens: &[TokenView], environment: Environment) -> Table {
    let row = |token: &TokenView| {
        let href = view.path(&path_of(token.id.as_str(), "", environment));
        let data = token.data.as_ref().map(line);
        Row::new(vec![
            Cell::link(token.id.as_str(), href),
            Cell::text(token.token_type.as_str()),
            Cell::text(token.container.to_string()),
            Cell::Stack(vec![Cell::maybe(data, Cell::text), shown(token)]),
            Cell::maybe(token.expires_at, Cell::at),
            Cell::at(token.created_at),
        ])
    };
    let columns = Column::all(&["Token", "Type", "Container", "Data", "Ends", "Created"]);
    Table::new("Tokens", columns, tokens.iter().map(row).collect())
}
