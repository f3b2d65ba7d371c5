//! `/service-accounts/{id}`

use appkeep_domain::{Action as Doing, ServiceAccount};
use appkeep_http::action::{ManageOperators, ReadOperators};
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{EarlierTokens, Registry};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Action, Cell, Choice, Draft, Facts, Field, Form, Page, Part, Section};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

const END: &str = "end";
const LIVE_ON: &str = "live_on";

pub(super) async fn show(
    access: Access<ReadOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let account = registry.service_account(&access.by, &id).await?;
    let path = view.path(&format!("{PATH}/{}", account.id.client_id()));
    let may_change = account.archived_at.is_none() && view.may(Doing::ManageOperators);
    let mut page = Page::new(account.name.as_str())
        .below("Service accounts", view.path(PATH))
        .action(may_change.then(|| Action::go("Edit", format!("{path}/edit"))))
        .action(may_change.then(|| Action::go("Rotate the secret …", format!("{path}/rotate"))))
        .with(Part::Facts(facts(&view, &account)));
    if may_change {
        let question =
            "Archive this service account for good? It gets no token any more, and those that it has end.";
        let archive = Action::send("Archive …", format!("{path}/archive")).danger().asking(question);
        let section = Section::new("Archive")
            .danger()
            .lead("It gets no token any more, and those that it has end. There is no way back.")
            .action(Some(archive));
        page = page.with(Part::Section(section));
    }
    Ok(view.page(&page))
}

fn facts(view: &View, account: &ServiceAccount) -> Facts {
    let by = &account.created_by;
    Facts::new()
        .with("State", super::state(account))
        .with("Client id", Cell::code(account.id.client_id()))
        .with("Role", Cell::text(account.role.as_str()))
        .with("Description", Cell::maybe(account.description.as_deref(), Cell::text))
        .with("Token endpoint", Cell::code(format!("{}/oauth2/token", view.issuer())))
        .with("Secret ends in", Cell::text(account.secret.last_four.as_str()))
        .with("Secret made", Cell::at(account.secret.created_at))
        .with("Made by", Cell::Stack(vec![Cell::text(by.kind.as_str()), Cell::Detail(by.id.clone())]))
        .with("Made", Cell::at(account.created_at))
        .with("Changed", Cell::at(account.updated_at))
        .with("Archived", Cell::maybe(account.archived_at, Cell::at))
}

pub(super) async fn ask_to_rotate(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let account = registry.service_account(&access.by, &id).await?;
    Ok(view.page(&rotate_page(&view, &Draft::new(), &account)))
}

pub(super) async fn rotate(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let tokens = if posted.text("tokens") == LIVE_ON { EarlierTokens::LiveOn } else { EarlierTokens::End };
    match registry.rotate_service_account_secret(&access.by, &id, tokens).await {
        Ok(made) => Ok(view.page(&super::with_secret(&view, &made))),
        Err(error) => {
            let account = registry.service_account(&access.by, &id).await?;
            Ok(view.again(error, |error| rotate_page(&view, &Draft::refused(&posted, error), &account)))
        }
    }
}

fn rotate_page(view: &View, draft: &Draft<'_>, account: &ServiceAccount) -> Page {
    let path = view.path(&format!("{PATH}/{}", account.id.client_id()));
    let choices = vec![
        Choice::new(END, "End with it").hint("For a secret that somebody else may know."),
        Choice::new(LIVE_ON, "Live on until they expire").hint("For a rotation that nobody notices."),
    ];
    let tokens = Field::radio(draft, ("tokens", "Tokens that it got by the secret before"), (choices, END));
    let form = Form::new(format!("{path}/rotate"), "Rotate the secret")
        .fields(draft, vec![tokens])
        .danger()
        .back(path.clone());
    Page::new("Rotate the secret")
        .below("Service accounts", view.path(PATH))
        .below(account.name.as_str(), path)
        .lead("The secret before is refused from then on. The new one is shown on the page that comes next.")
        .with(Part::Form(form))
}

pub(super) async fn archive(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    registry.archive_service_account(&access.by, &id).await?;
    Ok(view.go(PATH, Said::Archived))
}
