//! `/partners` and `/partners/{partner_id}`.

use appkeep_api_types::{Data, NewPartner, Page, Partner, PartnerPatch, PartnerQuery};
use appkeep_service::Registry;
use axum::extract::State;
use utoipa_axum::routes;

use super::answer::{Made, Versioned};
use super::refused::{Guarded, Misread, Refused};
use super::routes::Routes;
use crate::convert;
use crate::extract::{Access, IfMatch, Json as Body, ManagePartners, Query, ReadPartner, Segment};
use crate::outgoing::Json;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new().routes(routes!(list_partners, create_partner)).routes(routes!(get_partner, update_partner))
}

/// List partners
///
/// Those that the caller sees, the newest first: all for the platform, itself for
/// a partner, and for a tenant whose tenant it is.
#[utoipa::path(
    get,
    path = "/partners",
    tag = "partners",
    params(PartnerQuery),
    security(("access_token" = ["partners:read"])),
    responses(
        (status = 200, description = "Some of the partners", body = Page<Partner>),
        Guarded,
        Refused<400>,
    ),
)]
async fn list_partners(
    access: Access<ReadPartner>,
    State(registry): State<Registry>,
    Query(query): Query<PartnerQuery>,
) -> Result<Json<Page<Partner>>, Problem> {
    let page = registry.partners(&access.by, convert::partner_query(query)).await?;
    Ok(Json(convert::page(page, |one| convert::partner(&one))))
}

/// Make a partner
///
/// For those who run the platform.
#[utoipa::path(
    post,
    path = "/partners",
    tag = "partners",
    request_body = NewPartner,
    security(("access_token" = ["partners:write"])),
    responses(
        (status = 201, description = "Made", body = Data<Partner>, headers(
            ("ETag" = String, description = "Its version"),
            ("Location" = String, description = "Where it is"),
        )),
        Guarded,
        Misread,
        Refused<409>,
        Refused<422>,
    ),
)]
async fn create_partner(
    access: Access<ManagePartners>,
    State(registry): State<Registry>,
    Body(new): Body<NewPartner>,
) -> Result<Made<Versioned<Partner>>, Problem> {
    let view = registry.create_partner(&access.by, convert::new_partner(new)).await?;
    let location = format!("{}/partners/{}", super::BASE, view.partner.id);
    Ok(Made { location, answer: Versioned::partner(&view) })
}

/// Look up a partner
#[utoipa::path(
    get,
    path = "/partners/{partner_id}",
    tag = "partners",
    params(("partner_id" = String, Path, description = "Its id", example = "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")),
    security(("access_token" = ["partners:read"])),
    responses(
        (status = 200, description = "The partner", body = Data<Partner>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Refused<404>,
    ),
)]
async fn get_partner(
    access: Access<ReadPartner>,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Versioned<Partner>, Problem> {
    let view = registry.partner(&access.by, &id).await?;
    Ok(Versioned::partner(&view))
}

/// Change a partner
///
/// For those who run the platform. Members that are not in the body stay as they
/// are.
#[utoipa::path(
    patch,
    path = "/partners/{partner_id}",
    tag = "partners",
    params(
        ("partner_id" = String, Path, description = "Its id", example = "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change is based on"),
    ),
    request_body = PartnerPatch,
    security(("access_token" = ["partners:write"])),
    responses(
        (status = 200, description = "The partner as it is now", body = Data<Partner>, headers(
            ("ETag" = String, description = "Its version"),
        )),
        Guarded,
        Misread,
        Refused<404>,
        Refused<412>,
        Refused<422>,
    ),
)]
async fn update_partner(
    access: Access<ManagePartners>,
    State(registry): State<Registry>,
    Segment(id): Segment,
    IfMatch(expected): IfMatch,
    Body(patch): Body<PartnerPatch>,
) -> Result<Versioned<Partner>, Problem> {
    let view = registry.update_partner(&access.by, &id, convert::partner_update(patch, expected)).await?;
    Ok(Versioned::partner(&view))
}
