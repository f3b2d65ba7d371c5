//! A token is deleted.

use appkeep_domain::Action as Doing;
use appkeep_http::action::WriteVault;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::Vault;
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use super::words::{caller, path_of};
use crate::kit::{Badge, Draft, Form, Notice, Page, Part};
use crate::posted::Asked;
use crate::said::Said;
use crate::view::View;

pub(super) async fn ask(
    access: Access<WriteVault>,
    view: View,
    State(vault): State<Vault>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let caller = caller(access.by, &asked, Doing::WriteVault)?.without_revealing();
    let token = vault.get(&caller, &id).await?;
    let at = |below: &str| view.path(&path_of(token.id.as_str(), below, caller.environment));
    let sentence = "The data is gone for everybody, and whoever keeps the token's id keeps nothing. The history \
                    says that it was there.";
    let form = Form::new(at("/delete"), "Delete it").fields(&Draft::new(), Vec::new()).danger().back(at(""));
    let page = Page::new("Delete this token?")
        .below("Vault", view.path(PATH))
        .below(token.id.as_str(), at(""))
        .with(Part::Notice(Notice::new(Badge::Bad, sentence)))
        .with(Part::Form(form));
    Ok(view.page(&page))
}

pub(super) async fn delete(
    access: Access<WriteVault>,
    view: View,
    State(vault): State<Vault>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let caller = caller(access.by, &asked, Doing::WriteVault)?.without_revealing();
    vault.delete(&caller, &id).await?;
    Ok(view.go(PATH, Said::Deleted))
}
