//! `/vault`: data that is kept sealed, and shown only as far as it may be.

use appkeep_api_types::{
    CreatedVaultToken, Data, EnvironmentQuery, NewVaultToken, Page, VaultDocument, VaultQuery, VaultSearch,
    VaultToken, VaultTokenPatch,
};
use appkeep_service::Vault;
use axum::extract::State;
use http::StatusCode;
use serde_json::{Value, json};
use utoipa_axum::routes;

use super::answer::Made;
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Json as Body, Query, ReadVault, Segment, Visitor, WriteVault};
use crate::idempotency::KeptLess;
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .routes(routes!(list_vault_tokens, create_vault_token))
        .routes(routes!(get_vault_token, update_vault_token, delete_vault_token))
        .routes(routes!(tokenize))
}

/// What changes nothing, though it is sent with a body.
pub(super) fn reading() -> Routes<AppState> {
    Routes::new().routes(routes!(search_vault_tokens)).routes(routes!(detokenize))
}

/// List tokens
///
/// By container and then by age, the last first. Whoever holds `vault:reveal`
/// besides is shown the plain data, which is written down. With an API key, those
/// are listed that its rules let it read.
#[utoipa::path(
    get,
    path = "/vault/tokens",
    tag = "vault",
    params(VaultQuery),
    security(("access_token" = ["vault:read"]), ("api_key" = [])),
    responses(
        (status = 200, description = "Some of the tokens", body = Page<VaultToken>),
        Guarded,
        Refused<400>,
        Refused<404>,
        Refused<429>,
    ),
)]
async fn list_vault_tokens(
    visitor: Visitor<ReadVault>,
    State(vault): State<Vault>,
    Query(query): Query<VaultQuery>,
) -> Result<Json<Page<VaultToken>>, Problem> {
    let caller = convert::vault_caller(visitor, query.environment.as_deref())?;
    let (wanted, page) = convert::token_query(query);
    let page = vault.list(&caller, &wanted, &page).await?;
    Ok(Json(convert::page(page, |view| convert::vault_token(view, caller.environment))))
}

/// Put data into the vault
///
/// It is kept sealed, and nothing else of it: no plain hash. Which types there
/// are, what is expected of each and what masks say is in the documentation of
/// the vault.
#[utoipa::path(
    post,
    path = "/vault/tokens",
    tag = "vault",
    params(EnvironmentQuery),
    request_body = NewVaultToken,
    security(("access_token" = ["vault:write"]), ("api_key" = [])),
    responses(
        (status = 201, description = "Kept", body = Data<CreatedVaultToken>, headers(
            ("Location" = String, description = "Where it is"),
        )),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<412>,
        Refused<422>,
        Refused<429>,
    ),
)]
async fn create_vault_token(
    visitor: Visitor<WriteVault>,
    State(vault): State<Vault>,
    Query(query): Query<EnvironmentQuery>,
    Body(new): Body<NewVaultToken>,
) -> Result<KeptLess<Made<Json<Data<CreatedVaultToken>>>>, Problem> {
    let caller = convert::vault_caller(visitor, query.environment.as_deref())?;
    let created = vault.create(&caller, convert::new_token(new)?).await.map_err(convert::named)?;
    let kept = json!(Data { data: convert::created_token(created.bare(), caller.environment) });
    let data = convert::created_token(created, caller.environment);
    let location = format!("{}/vault/tokens/{}", super::BASE, data.token.id);
    Ok(KeptLess { answer: Made { location, answer: Json(Data { data }) }, kept })
}

/// Look up a token
///
/// Whoever holds `vault:reveal` besides is shown the plain data, which is
/// written down.
#[utoipa::path(
    get,
    path = "/vault/tokens/{token_id}",
    tag = "vault",
    params(
        ("token_id" = String, Path, description = "Its id", example = "c06d0789-0a38-40be-b7cc-c28a718f76f1"),
        EnvironmentQuery,
    ),
    security(("access_token" = ["vault:read"]), ("api_key" = [])),
    responses(
        (status = 200, description = "The token", body = Data<VaultToken>),
        Guarded,
        Refused<400>,
        Refused<404>,
        Refused<429>,
    ),
)]
async fn get_vault_token(
    visitor: Visitor<ReadVault>,
    State(vault): State<Vault>,
    Segment(id): Segment,
    Query(query): Query<EnvironmentQuery>,
) -> Result<Json<Data<VaultToken>>, Problem> {
    let caller = convert::vault_caller(visitor, query.environment.as_deref())?;
    let view = vault.get(&caller, &id).await?;
    Ok(Json(Data { data: convert::vault_token(view, caller.environment) }))
}

/// Change a token
///
/// Data, mask and metadata are merged (RFC 7396); the rest is replaced. What is
/// shown or made of the data is changed by whoever may see it plain, or sends
/// all of it.
#[utoipa::path(
    patch,
    path = "/vault/tokens/{token_id}",
    tag = "vault",
    params(
        ("token_id" = String, Path, description = "Its id", example = "c06d0789-0a38-40be-b7cc-c28a718f76f1"),
        EnvironmentQuery,
    ),
    request_body = VaultTokenPatch,
    security(("access_token" = ["vault:write"]), ("api_key" = [])),
    responses(
        (status = 200, description = "The token as it is now", body = Data<VaultToken>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<412>,
        Refused<422>,
        Refused<429>,
    ),
)]
async fn update_vault_token(
    visitor: Visitor<WriteVault>,
    State(vault): State<Vault>,
    Segment(id): Segment,
    Query(query): Query<EnvironmentQuery>,
    Body(patch): Body<VaultTokenPatch>,
) -> Result<Json<Data<VaultToken>>, Problem> {
    let caller = convert::vault_caller(visitor, query.environment.as_deref())?;
    let view = vault.update(&caller, &id, convert::token_patch(patch)?).await.map_err(convert::named)?;
    Ok(Json(Data { data: convert::vault_token(view, caller.environment) }))
}

/// Delete a token
#[utoipa::path(
    delete,
    path = "/vault/tokens/{token_id}",
    tag = "vault",
    params(
        ("token_id" = String, Path, description = "Its id", example = "c06d0789-0a38-40be-b7cc-c28a718f76f1"),
        EnvironmentQuery,
    ),
    security(("access_token" = ["vault:write"]), ("api_key" = [])),
    responses(
        (status = 204, description = "Deleted"),
        Guarded,
        Refused<400>,
        Refused<404>,
        Refused<412>,
        Refused<429>,
    ),
)]
async fn delete_vault_token(
    visitor: Visitor<WriteVault>,
    State(vault): State<Vault>,
    Segment(id): Segment,
    Query(query): Query<EnvironmentQuery>,
) -> Result<StatusCode, Problem> {
    let caller = convert::vault_caller(visitor, query.environment.as_deref())?;
    vault.delete(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Search for tokens
///
/// By what search indexes, metadata or fingerprints are, exactly.
#[utoipa::path(
    post,
    path = "/vault/tokens/search",
    tag = "vault",
    params(EnvironmentQuery),
    request_body = VaultSearch,
    security(("access_token" = ["vault:read"]), ("api_key" = [])),
    responses(
        (status = 200, description = "Some of the tokens", body = Page<VaultToken>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<429>,
    ),
)]
async fn search_vault_tokens(
    visitor: Visitor<ReadVault>,
    State(vault): State<Vault>,
    Query(query): Query<EnvironmentQuery>,
    Body(search): Body<VaultSearch>,
) -> Result<Json<Page<VaultToken>>, Problem> {
    let caller = convert::vault_caller(visitor, query.environment.as_deref())?;
    let (wanted, page) = convert::token_search(search)?;
    let page = vault.search(&caller, &wanted, &page).await?;
    Ok(Json(convert::page(page, |view| convert::vault_token(view, caller.environment))))
}

/// Make tokens of a document
///
/// Each text becomes a token and is answered as its id; each object that has a
/// `type` and `data` becomes that token. At most 5, and all of them or none.
#[utoipa::path(
    post,
    path = "/vault/tokenize",
    tag = "vault",
    params(EnvironmentQuery),
    request_body = VaultDocument,
    security(("access_token" = ["vault:write"]), ("api_key" = [])),
    responses(
        (status = 200, description = "The document, with tokens in it", body = Data<Value>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<409>,
        Refused<412>,
        Refused<422>,
        Refused<429>,
    ),
)]
async fn tokenize(
    visitor: Visitor<WriteVault>,
    State(vault): State<Vault>,
    Query(query): Query<EnvironmentQuery>,
    Body(sent): Body<VaultDocument>,
) -> Result<KeptLess<Json<Data<Value>>>, Problem> {
    let caller = convert::vault_caller(visitor, query.environment.as_deref())?;
    let tokenized =
        vault.tokenize(&caller, &sent.document, &convert::token_in_document).await.map_err(convert::named)?;
    let kept = json!(Data { data: convert::tokenized(tokenized.bare(), caller.environment) });
    Ok(KeptLess { answer: Json(Data { data: convert::tokenized(tokenized, caller.environment) }), kept })
}

/// Put data into a document
///
/// Each `{{ id }}` becomes the data of that token as it is shown to the caller,
/// `{{ id | json: '$.number' }}` a part of it, and `{{ token: id }}` the token.
/// At most 5 tokens.
#[utoipa::path(
    post,
    path = "/vault/detokenize",
    tag = "vault",
    params(EnvironmentQuery),
    request_body = VaultDocument,
    security(("access_token" = ["vault:read"]), ("api_key" = [])),
    responses(
        (status = 200, description = "The document, with data in it", body = Data<Value>),
        Guarded,
        Misread,
        Refused<404>,
        Refused<422>,
        Refused<429>,
    ),
)]
async fn detokenize(
    visitor: Visitor<ReadVault>,
    State(vault): State<Vault>,
    Query(query): Query<EnvironmentQuery>,
    Body(sent): Body<VaultDocument>,
) -> Result<Json<Data<Value>>, Problem> {
    let caller = convert::vault_caller(visitor, query.environment.as_deref())?;
    let environment = caller.environment;
    let show =
        move |view: &appkeep_service::TokenView| json!(convert::vault_token(view.clone(), environment));
    let data = vault.detokenize(&caller, &sent.document, &show).await?;
    Ok(Json(Data { data }))
}
