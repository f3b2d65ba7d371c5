//! `/tokens`, `/v2/tokens`, `/tokenize` and `/detokenize`.

mod query;
mod shape;

use appkeep_http::{AppState, Json as Body, KeptLess, Problem, Segment};
use appkeep_service::{Error, PageQuery, TokenQuery, Vault, VaultCaller};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};

use self::query::{NumberedSearch, Search, listed};
use self::shape::{Created, NewToken, Patch, Token, read_in_document, tokenized};
use super::caller::Holder;
use super::document::{Document, MergePatch};
use super::pages::{Cursored, Pages};
use super::parameters::Parameters;
use crate::with_slash;

pub(super) fn routes() -> Router<AppState> {
    let one = get(get_token).patch(update_token).delete(delete_token);
    Router::new()
        .merge(with_slash("/tokens", &get(list_numbered).post(create_token)))
        .merge(with_slash("/tokens/{token_id}", &one))
        .merge(with_slash("/v2/tokens", &get(list_tokens)))
        .merge(with_slash("/tokenize", &post(tokenize)))
}

/// What changes nothing, though it is sent with a body: it is answered anew each
/// time, and no answer of it is kept.
pub(super) fn reading() -> Router<AppState> {
    Router::new()
        .merge(with_slash("/tokens/search", &post(search_numbered)))
        .merge(with_slash("/v2/tokens/search", &post(search_tokens)))
        .merge(with_slash("/detokenize", &post(detokenize)))
}

fn caller(holder: Holder) -> Result<VaultCaller, Error> {
    VaultCaller::by_key(holder.by, &holder.principal)
}

async fn create_token(
    holder: Holder,
    State(vault): State<Vault>,
    Body(new): Body<NewToken>,
) -> Result<KeptLess<(StatusCode, Json<Created>)>, Problem> {
    let created = vault.create(&caller(holder)?, new.read()?).await?;
    let kept = json!(Created::of(created.bare()));
    Ok(KeptLess { answer: (StatusCode::CREATED, Json(Created::of(created))), kept })
}

async fn get_token(
    holder: Holder,
    State(vault): State<Vault>,
    Segment(id): Segment,
) -> Result<Json<Token>, Problem> {
    Ok(Json(Token::of(vault.get(&caller(holder)?, &id).await?)))
}

async fn update_token(
    holder: Holder,
    State(vault): State<Vault>,
    Segment(id): Segment,
    MergePatch(patch): MergePatch<Patch>,
) -> Result<KeptLess<Json<Created>>, Problem> {
    let view = vault.update(&caller(holder)?, &id, patch.read()?).await?;
    let kept = Created::changed(view.redacted()).bare();
    Ok(KeptLess { answer: Json(Created::changed(view)), kept: json!(kept) })
}

async fn delete_token(
    holder: Holder,
    State(vault): State<Vault>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    vault.delete(&caller(holder)?, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_tokens(
    holder: Holder,
    State(vault): State<Vault>,
    parameters: Parameters,
) -> Result<Json<Cursored<Token>>, Problem> {
    let (wanted, page): (TokenQuery, PageQuery) = (listed(&parameters)?, parameters.cursor_part()?);
    let found = vault.list(&caller(holder)?, &wanted, &page).await?;
    Ok(Json(Cursored::of(found, Token::of)))
}

async fn search_tokens(
    holder: Holder,
    State(vault): State<Vault>,
    Body(search): Body<Search>,
) -> Result<Json<Cursored<Token>>, Problem> {
    let (wanted, page) = search.read()?;
    let found = vault.search(&caller(holder)?, &wanted, &page).await?;
    Ok(Json(Cursored::of(found, Token::of)))
}

async fn list_numbered(
    holder: Holder,
    State(vault): State<Vault>,
    parameters: Parameters,
) -> Result<Json<Pages<Token>>, Problem> {
    let (wanted, numbers) = (listed(&parameters)?, parameters.part()?);
    let found = vault.list_numbered(&caller(holder)?, &wanted, numbers).await?;
    Ok(Json(Pages::of(found, Token::of)))
}

async fn search_numbered(
    holder: Holder,
    State(vault): State<Vault>,
    Body(search): Body<NumberedSearch>,
) -> Result<Json<Pages<Token>>, Problem> {
    let (wanted, numbers) = search.read()?;
    let found = vault.search_numbered(&caller(holder)?, &wanted, numbers).await?;
    Ok(Json(Pages::of(found, Token::of)))
}

async fn tokenize(
    holder: Holder,
    State(vault): State<Vault>,
    Document(document): Document,
) -> Result<KeptLess<Json<Value>>, Problem> {
    let made = vault.tokenize(&caller(holder)?, &document, &read_in_document).await?;
    let kept = tokenized(made.bare());
    Ok(KeptLess { answer: Json(tokenized(made)), kept })
}

async fn detokenize(
    holder: Holder,
    State(vault): State<Vault>,
    Document(document): Document,
) -> Result<Json<Value>, Problem> {
    let show = |view: &appkeep_service::TokenView| Token::of(view.clone()).into_value();
    Ok(Json(vault.detokenize(&caller(holder)?, &document, &show).await?))
}
