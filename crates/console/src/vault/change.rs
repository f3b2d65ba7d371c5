//! A token is changed.

use appkeep_domain::{Action as Doing, Environment};
use appkeep_http::action::WriteVault;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{Error, TokenPatch, TokenView, Vault, VaultCaller, VaultField};
use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::words::{caller, named, path_of, pretty};
use super::{PATH, patch};
use crate::kit::{Draft, Field, Form, Page, Part};
use crate::posted::{Asked, Posted, typed_moment};
use crate::said::Said;
use crate::view::View;

pub(super) async fn edit(
    access: Access<WriteVault>,
    view: View,
    State(vault): State<Vault>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let caller = caller(access.by, &asked, Doing::WriteVault)?.without_revealing();
    let token = vault.get(&caller, &id).await?;
    Ok(view.page(&page(&view, &Draft::new(), (&token, caller.environment))))
}

pub(super) async fn update(
    access: Access<WriteVault>,
    view: View,
    (State(vault), Segment(id)): (State<Vault>, Segment),
    asked: Asked,
    posted: Posted,
) -> Result<Response, Problem> {
    let caller = caller(access.by, &asked, Doing::WriteVault)?;
    let environment = caller.environment;
    let stands = vault.get(&caller.clone().without_revealing(), &id).await?;
    match change(&vault, caller, (&stands, &posted)).await {
        Ok(()) => Ok(view.go(&path_of(stands.id.as_str(), "", environment), Said::Saved)),
        Err(error) => {
            let token = (&stands, environment);
            Ok(view.again(error, |error| page(&view, &Draft::refused(&posted, error), token)))
        }
    }
}

async fn change(
    vault: &Vault,
    caller: VaultCaller,
    (stands, posted): (&TokenView, &Posted),
) -> Result<(), Error> {
    let patch = patch::read(posted, stands)?;
    if patch == TokenPatch::default() {
        return Ok(());
    }
    // Who says what is shown of data has to be somebody who may see it; nothing is
    // shown here, and so nobody else comes as who may.
    let says_what_is_shown = patch.mask.is_some()
        || patch.search_indexes.is_some()
        || patch.fingerprint_expression != VaultField::Unsaid;
    let caller = if says_what_is_shown { caller } else { caller.without_revealing() };
    vault.update(&caller, stands.id.as_str(), patch).await.map(drop).map_err(named)
}

fn page(view: &View, draft: &Draft<'_>, (token, environment): (&TokenView, Environment)) -> Page {
    let at = |below: &str| view.path(&path_of(token.id.as_str(), below, environment));
    let mask = token.mask.as_ref().map(pretty).unwrap_or_default();
    let metadata = if token.metadata.is_empty() { String::new() } else { pretty(&json!(token.metadata)) };
    let ends = token.expires_at.map(typed_moment).unwrap_or_default();
    let expression = token.fingerprint_expression.as_deref().unwrap_or_default();
    let fields = vec![
        Field::code(draft, ("data", "Change of the data"), "").hint(
            "JSON that is merged with what there is (RFC 7396): members that are not named stay, and those that \
             are null go. Empty, the data stays as it is.",
        ),
        Field::code(draft, ("mask", "Mask"), &mask)
            .hint("Empty for none. Who may not see the data plain changes it only together with all of the data."),
        Field::code(draft, ("metadata", "Metadata"), &metadata).hint("A JSON object of texts."),
        Field::line(draft, ("container", "Container"), token.container.as_str())
            .hint("A token is not moved to where more of it would be shown to you."),
        Field::lines(draft, ("search_indexes", "Search indexes"), &token.search_indexes)
            .hint("Expressions, one a line. As with the mask, for who may see the data plain."),
        Field::line(draft, ("fingerprint_expression", "Fingerprint"), expression)
            .hint("An expression. As with the mask, for who may see the data plain."),
        Field::typed(draft, ("expires_at", "Ends"), ("datetime-local", &ends)),
    ];
    Page::new("Edit a token")
        .below("Vault", view.path(PATH))
        .below(token.id.as_str(), at(""))
        .with(Part::Form(Form::new(at("/edit"), "Save").fields(draft, fields).back(at(""))))
}
