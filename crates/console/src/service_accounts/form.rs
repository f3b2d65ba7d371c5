//! Making a service account, and changing it.

use appkeep_domain::ServiceAccount;
use appkeep_http::action::ManageOperators;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{Registry, ServiceAccountFields};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Draft, Field, Form, Page, Part};
use crate::operators::roles;
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

pub(super) async fn new(_: Access<ManageOperators>, view: View) -> Response {
    view.page(&new_page(&view, &Draft::new()))
}

pub(super) async fn create(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
    posted: Posted,
) -> Result<Response, Problem> {
    match registry.create_service_account(&access.by, fields(&posted)).await {
        Ok(made) => Ok(view.page(&super::with_secret(&view, &made))),
        Err(error) => Ok(view.again(error, |error| new_page(&view, &Draft::refused(&posted, error)))),
    }
}

fn fields(posted: &Posted) -> ServiceAccountFields {
    ServiceAccountFields {
        name: Some(posted.typed("name")),
        description: posted.edit("description"),
        role: posted.filled("role"),
    }
}

fn new_page(view: &View, draft: &Draft<'_>) -> Page {
    let form = Form::new(view.path("/service-accounts/new"), "Make the service account")
        .fields(draft, inputs(draft, None))
        .back(view.path(PATH));
    Page::new("Make a service account")
        .below("Service accounts", view.path(PATH))
        .lead("Its secret is shown on the page that comes next, this one time.")
        .with(Part::Form(form))
}

fn inputs(draft: &Draft<'_>, stands: Option<&ServiceAccount>) -> Vec<Field> {
    let name = stands.map_or("", |account| account.name.as_str());
    let description = stands.and_then(|account| account.description.as_deref()).unwrap_or_default();
    let role = stands.map_or("viewer", |account| account.role.as_str());
    vec![
        Field::line(draft, ("name", "Name"), name).required(),
        Field::area(draft, ("description", "Description"), description),
        Field::radio(draft, ("role", "Role"), (roles(), role)).hint(
            "What it may do in this tenant. Nobody gives it a role that they could not give to somebody.",
        ),
    ]
}

pub(super) async fn edit(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let account = registry.service_account(&access.by, &id).await?;
    Ok(view.page(&edit_page(&view, &Draft::new(), &account)))
}

pub(super) async fn save(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    match registry.update_service_account(&access.by, &id, fields(&posted)).await {
        Ok(account) => Ok(view.go(&format!("{PATH}/{}", account.id.client_id()), Said::Saved)),
        Err(error) => {
            let account = registry.service_account(&access.by, &id).await?;
            Ok(view.again(error, |error| edit_page(&view, &Draft::refused(&posted, error), &account)))
        }
    }
}

fn edit_page(view: &View, draft: &Draft<'_>, account: &ServiceAccount) -> Page {
    let path = view.path(&format!("{PATH}/{}", account.id.client_id()));
    let form = Form::new(format!("{path}/edit"), "Save")
        .fields(draft, inputs(draft, Some(account)))
        .back(path.clone());
    Page::new(format!("Edit {}", account.name))
        .below("Service accounts", view.path(PATH))
        .below(account.name.as_str(), path)
        .with(Part::Form(form))
}
