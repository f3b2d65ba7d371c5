//! What is the same for everybody: `/permissions`, `/roles` and
//! `/application-templates`.

use appkeep_domain::Role;
use appkeep_domain::access::{self, AccessTemplate};
use appkeep_http::{AppState, Problem, Segment};
use appkeep_service::access::{permissions, template};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::applications::{AccessRule, show_permissions, show_rules};
use super::caller::Holder;
use super::parameters::Parameters;
use crate::with_slash;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .merge(with_slash("/permissions", &get(list_permissions)))
        .merge(with_slash("/roles", &get(list_roles)))
        .merge(with_slash("/application-templates", &get(list_templates)))
        .merge(with_slash("/application-templates/{template_id}", &get(get_template)))
}

#[derive(Serialize)]
struct Permission {
    #[serde(rename = "type")]
    name: &'static str,
    description: &'static str,
    application_types: Vec<&'static str>,
}

#[derive(Serialize)]
struct NamedRole {
    name: &'static str,
}

/// Access to begin with.
#[derive(Serialize)]
struct Template {
    id: &'static str,
    name: &'static str,
    description: &'static str,
    application_type: &'static str,
    #[serde(rename = "template_type")]
    origin: &'static str,
    is_starter: bool,
    permissions: Vec<&'static str>,
    rules: Vec<AccessRule>,
}

impl Template {
    fn of(template: &AccessTemplate) -> Self {
        Self {
            id: template.id,
            name: template.name,
            description: template.description,
            application_type: template.kind.as_str(),
            origin: "official",
            is_starter: template.is_starter,
            permissions: show_permissions(&template.permissions),
            rules: show_rules(&template.rules),
        }
    }
}

async fn list_permissions(_: Holder, parameters: Parameters) -> Result<Json<Vec<Permission>>, Problem> {
    let found = permissions(parameters.one("application_type").as_deref())?;
    let show = |permission: access::Permission| Permission {
        name: permission.as_str(),
        description: permission.description(),
        application_types: permission.kinds().iter().map(|kind| kind.as_str()).collect(),
    };
    Ok(Json(found.into_iter().map(show).collect()))
}

/// Those of people who administer a tenant.
async fn list_roles(_: Holder) -> Json<[NamedRole; 5]> {
    Json(Role::ALL.map(|role| NamedRole { name: role.as_str() }))
}

async fn list_templates(_: Holder) -> Json<Vec<Template>> {
    Json(AccessTemplate::all().iter().map(Template::of).collect())
}

async fn get_template(_: Holder, Segment(id): Segment) -> Result<Json<Template>, Problem> {
    Ok(Json(Template::of(&template(&id)?)))
}
