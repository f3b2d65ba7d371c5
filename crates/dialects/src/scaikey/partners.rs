//! `/partners/` and `/partners/{partner_id}`.

mod shape;

use appkeep_http::action::{ManagePartners, ReadPartner};
use appkeep_http::{Access, AppState, Json as Body, Problem, Query, Segment};
use appkeep_service::{PartnerQuery, Registry, Turn};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;

use self::shape::{NewPartner, Partner, Patch};
use super::envelope::{List, Single};
use super::parameters::Pages;
use super::{ours, with_slash, words};

pub(super) fn routes() -> Router<AppState> {
    let one = get(get_partner).patch(update_partner).delete(delete_partner);
    Router::new()
        .merge(with_slash("/partners", &get(list_partners).post(create_partner)))
        .merge(with_slash("/partners/{partner_id}", &one))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    search: Option<String>,
    status: Option<String>,
}

async fn list_partners(
    access: Access<ReadPartner>,
    State(registry): State<Registry>,
    Query(pages): Query<Pages>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<List<Partner>>, Problem> {
    let query = PartnerQuery {
        status: parameters.status.as_deref().map(words::standing),
        text: parameters.search,
        ..PartnerQuery::default()
    };
    let found = registry.numbered_partners(&ours(access), query, pages.into()).await?;
    Ok(Json(List::of(found, Partner::of)))
}

async fn create_partner(
    access: Access<ManagePartners>,
    State(registry): State<Registry>,
    Body(new): Body<NewPartner>,
) -> Result<(StatusCode, Json<Single<Partner>>), Problem> {
    let view = registry.create_partner(&ours(access), new.into_fields()).await?;
    Ok((StatusCode::CREATED, Json(Single::of(Partner::of(&view)))))
}

async fn get_partner(
    access: Access<ReadPartner>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Json<Single<Partner>>, Problem> {
    let view = registry.partner(&ours(access), &id).await?;
    Ok(Json(Single::of(Partner::of(&view))))
}

async fn update_partner(
    access: Access<ManagePartners>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    Body(patch): Body<Patch>,
) -> Result<Json<Single<Partner>>, Problem> {
    let view = registry.amend_partner(&ours(access), &id, patch.into_amendment()).await?;
    Ok(Json(Single::of(Partner::of(&view))))
}

/// A soft delete there is an archive here.
async fn delete_partner(
    access: Access<ManagePartners>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    registry.turn_partner(&ours(access), &id, Turn::Archive).await?;
    Ok(StatusCode::NO_CONTENT)
}
