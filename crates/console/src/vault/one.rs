//! One token, as far as its mask shows it; and plain, for who may see it so and
//! asks for that.

use appkeep_domain::access::Transform;
use appkeep_domain::{Action as Doing, Actor, Environment};
use appkeep_http::action::ReadVault;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{TokenView, Vault};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use super::words::{caller, path_of, pretty, shown};
use crate::kit::{Action, Badge, Cell, Facts, Notice, Page, Part, Section};
use crate::posted::Asked;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadVault>,
    view: View,
    State(vault): State<Vault>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let caller = caller(access.by, &asked, Doing::ReadVault)?.without_revealing();
    let token = vault.get(&caller, &id).await?;
    Ok(view.page(&page(&view, &token, caller.environment)))
}

/// Each time is in the history before anything is shown. Nothing keeps the page.
pub(super) async fn reveal(
    access: Access<ReadVault>,
    view: View,
    State(vault): State<Vault>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let caller = caller(access.by, &asked, Doing::RevealVault)?;
    let token = vault.get(&caller, &id).await?;
    Ok(view.page(&page(&view, &token, caller.environment)))
}

fn page(view: &View, token: &TokenView, environment: Environment) -> Page {
    let id = token.id.as_str();
    let at = |below: &str| view.path(&path_of(id, below, environment));
    let edit = view.may(Doing::WriteVault).then(|| Action::go("Edit", at("/edit")));
    let mut page = Page::new("Token").below("Vault", view.path(PATH)).action(edit);
    if token.transform == Transform::Reveal {
        let sentence =
            "The data is shown plain, which the history says. Leave the page when you have seen it.";
        let hide = Action::go("Hide it", at(""));
        page = page.with(Part::Notice(Notice::new(Badge::Warning, sentence).doing(hide)));
    }
    page = page
        .with(Part::Facts(facts(token, environment)))
        .with(Part::Section(data(view, token, environment)))
        .with(Part::Section(rules(token)));
    if view.may(Doing::WriteVault) {
        let danger = Section::new("Danger zone")
            .lead("Data that is deleted is gone: it comes back with no undo.")
            .danger()
            .action(Some(Action::go("Delete …", at("/delete")).danger()));
        page = page.with(Part::Section(danger));
    }
    page
}

fn facts(token: &TokenView, environment: Environment) -> Facts {
    let actor = |actor: &Actor| Cell::text(format!("{} {}", actor.kind.as_str(), actor.id));
    Facts::new()
        .with("Id", Cell::code(token.id.as_str()))
        .with("Type", Cell::text(token.token_type.as_str()))
        .with("Environment", Cell::text(environment.as_str()))
        .with("Container", Cell::text(token.container.to_string()))
        .with("Fingerprint", Cell::maybe(token.fingerprint.clone(), Cell::code))
        .with("Ends", Cell::maybe(token.expires_at, Cell::at))
        .with("Created", Cell::at(token.created_at))
        .with("Created by", actor(&token.created_by))
        .with("Changed", Cell::maybe(token.modified_at, Cell::at))
        .with("Changed by", Cell::maybe(token.modified_by.as_ref(), actor))
}

fn data(view: &View, token: &TokenView, environment: Environment) -> Section {
    let is_plain = token.transform == Transform::Reveal;
    let path = view.path(&path_of(token.id.as_str(), "/reveal", environment));
    let reveal = (!is_plain && view.may(Doing::RevealVault)).then(|| {
        Action::send("Reveal", path)
            .about("the data of this token")
            .asking("Show the data plain? The history says that you did.")
    });
    let section =
        Section::new("Data").action(reveal).with(Part::Facts(Facts::new().with("Shown", shown(token))));
    match &token.data {
        Some(data) => section.with(Part::Code(pretty(data))),
        None => section.with(Part::Prose("It has no mask, so nothing of it is shown.".to_owned())),
    }
}

/// What is shown and made of the data, and what is beside it.
fn rules(token: &TokenView) -> Section {
    let metadata = token.metadata.iter().map(|(name, value)| format!("{name}: {value}"));
    let facts = Facts::new()
        .with("Mask", Cell::maybe(token.mask.as_ref().map(pretty), Cell::code))
        .with("Metadata", Cell::lines(metadata))
        .with("Search indexes", Cell::lines(token.search_indexes.iter().map(String::as_str)))
        .with("Fingerprint expression", Cell::maybe(token.fingerprint_expression.clone(), Cell::code));
    Section::new("Mask and search")
        .lead("What is shown to those who may not see the data plain, and what the token is found by.")
        .with(Part::Facts(facts))
}
