//! `/vault/search`: tokens by what they are indexed by. What is looked for may be
//! secret, so that it is sent in no address.

use appkeep_domain::{Action as Doing, Environment};
use appkeep_http::action::ReadVault;
use appkeep_http::{Access, Problem};
use appkeep_service::{By, Error, Page as Listed, PageQuery, TokenQuery, TokenView, Vault};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use super::list::table;
use super::words::{caller_to, environments};
use crate::kit::{Draft, Empty, Field, Form, Page, Part, Section};
use crate::posted::Posted;
use crate::view::View;

const FIELDS: [&str; 6] =
    ["data", "fingerprint", "metadata_name", "metadata_value", "container", "environment"];

pub(super) async fn ask(_: Access<ReadVault>, view: View) -> Response {
    view.page(&page(&view, &Draft::new()))
}

pub(super) async fn show(
    access: Access<ReadVault>,
    view: View,
    State(vault): State<Vault>,
    posted: Posted,
) -> Result<Response, Problem> {
    match read(&vault, access.by, &posted).await {
        Ok((found, environment)) => {
            // Kept is what was asked; nothing was refused.
            let asked = FIELDS.map(|name| (name, posted.typed(name)));
            let nothing = Empty::new("No token has exactly that.");
            let listed = Part::Table(table(&view, &found.items, environment).empty(nothing));
            let mut results = Section::new("Found").with(listed);
            if let Some(cursor) = found.next_cursor {
                let next = Form::new(view.path("/vault/search"), "Next").fields(&Draft::new(), Vec::new());
                let next = asked.iter().fold(next, |form, (name, value)| form.hidden(name, value.as_str()));
                results = results.with(Part::Form(next.hidden("after", cursor)));
            }
            Ok(view.page(&page(&view, &Draft::kept(&posted)).with(Part::Section(results))))
        }
        Err(error) => Ok(view.again(error, |error| page(&view, &Draft::refused(&posted, error)))),
    }
}

async fn read(vault: &Vault, by: By, posted: &Posted) -> Result<(Listed<TokenView>, Environment), Error> {
    let environment = posted.filled("environment");
    let caller = caller_to(by, environment.as_deref(), Doing::ReadVault)?.without_revealing();
    let query = TokenQuery {
        container: posted.filled("container"),
        fingerprint: posted.filled("fingerprint"),
        metadata: posted.filled("metadata_name").map(|name| (name, posted.typed("metadata_value"))),
        data: posted.filled("data"),
        ..TokenQuery::default()
    };
    let page = PageQuery { cursor: posted.filled("after"), limit: None };
    Ok((vault.search(&caller, &query, &page).await?, caller.environment))
}

fn page(view: &View, draft: &Draft<'_>) -> Page {
    let path = view.path(PATH);
    let fields = vec![
        Field::line(draft, ("data", "Indexed value"), "")
            .hint("What one of the token's search indexes is, exactly; for a social security number its last four digits do."),
        Field::line(draft, ("fingerprint", "Fingerprint"), ""),
        Field::line(draft, ("metadata_name", "Metadata, the name"), ""),
        Field::line(draft, ("metadata_value", "Metadata, the value"), ""),
        Field::line(draft, ("container", "Container"), "").hint("In it and in what is within it.").example("/pci/"),
        Field::select(draft, ("environment", "Environment"), (environments(), "live")),
    ];
    Page::new("Search the vault")
        .below("Vault", path.clone())
        .lead("One of these, and with it a container. Everything is found exactly as it is, and by nothing else: \
               the data itself is sealed.")
        .with(Part::Form(Form::new(view.path("/vault/search"), "Search").fields(draft, fields).back(path)))
}
