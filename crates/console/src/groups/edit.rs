//! A group is made, changed, or deleted.

use appkeep_domain::Group;
use appkeep_http::action::ManageGroups;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{Error, ErrorCode, Expected, Fault, GroupFields, GroupUpdate, Registry};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Draft, Field, Form, Page, Part};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

fn fields(draft: &Draft<'_>, group: Option<&Group>) -> Vec<Field> {
    let name = group.map(|group| group.name.as_str()).unwrap_or_default();
    let description = group.and_then(|group| group.description.as_deref()).unwrap_or_default();
    vec![
        Field::line(draft, ("name", "Name"), name).hint("No other group of the tenant has it.").required(),
        Field::area(draft, ("description", "Description"), description),
    ]
}

fn read(posted: &Posted) -> GroupFields {
    GroupFields { name: Some(posted.typed("name")), description: posted.edit("description") }
}

fn below(view: &View, group: &Group, title: &str) -> Page {
    let path = view.path(&format!("{PATH}/{}", group.id));
    Page::new(title).below("Groups", view.path(PATH)).below(group.name.as_str(), path)
}

pub(super) async fn show_new(_: Access<ManageGroups>, view: View) -> Response {
    view.page(&new_page(&view, &Draft::new()))
}

pub(super) async fn create(
    access: Access<ManageGroups>,
    view: View,
    State(registry): State<Registry>,
    posted: Posted,
) -> Result<Response, Problem> {
    match registry.create_group(&access.by, read(&posted)).await {
        Ok(group) => Ok(view.go(&format!("{PATH}/{}", group.id), Said::Made)),
        Err(error) => Ok(view.again(error, |error| new_page(&view, &Draft::refused(&posted, error)))),
    }
}

fn new_page(view: &View, draft: &Draft<'_>) -> Page {
    let form = Form::new(view.path("/groups/new"), "Make the group")
        .fields(draft, fields(draft, None))
        .back(view.path(PATH));
    Page::new("Make a group").below("Groups", view.path(PATH)).with(Part::Form(form))
}

pub(super) async fn show(
    access: Access<ManageGroups>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let group = registry.group(&access.by, &id).await?;
    Ok(view.page(&edit_page(&view, &group, &Draft::new())))
}

pub(super) async fn save(
    access: Access<ManageGroups>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let group = registry.group(&access.by, &id).await?;
    let saved = match update(&posted) {
        Ok(update) => registry.update_group(&access.by, &id, update).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(group) => Ok(view.go(&format!("{PATH}/{}", group.id), Said::Saved)),
        Err(error) => {
            Ok(view.again(error, |error| edit_page(&view, &group, &Draft::refused(&posted, error))))
        }
    }
}

/// Based on what was shown, so that nobody undoes what they have not seen.
fn update(posted: &Posted) -> Result<GroupUpdate, Error> {
    let expected = match posted.number("version")? {
        Some(version) => Expected::OneOf(vec![version]),
        None => Expected::Any,
    };
    Ok(GroupUpdate { expected, fields: read(posted) })
}

fn edit_page(view: &View, group: &Group, draft: &Draft<'_>) -> Page {
    let path = view.path(&format!("{PATH}/{}", group.id));
    let form = Form::new(format!("{path}/edit"), "Save")
        .fields(draft, fields(draft, Some(group)))
        .hidden("version", group.version.to_string())
        .back(path);
    below(view, group, "Edit the group").with(Part::Form(form))
}

pub(super) async fn show_delete(
    access: Access<ManageGroups>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let group = registry.group(&access.by, &id).await?;
    Ok(view.page(&delete_page(&view, &group, &Draft::new())))
}

pub(super) async fn delete(
    access: Access<ManageGroups>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let group = registry.group(&access.by, &id).await?;
    let deleted = match meant(&posted, &group) {
        Ok(()) => registry.delete_group(&access.by, &id, Expected::Any).await,
        Err(error) => Err(error),
    };
    match deleted {
        Ok(()) => Ok(view.go(PATH, Said::Deleted)),
        Err(error) => {
            Ok(view.again(error, |error| delete_page(&view, &group, &Draft::refused(&posted, error))))
        }
    }
}

/// Whoever types the name knows what they delete.
fn meant(posted: &Posted, group: &Group) -> Result<(), Error> {
    if posted.typed("typed") == group.name.as_str().trim() {
        return Ok(());
    }
    Err(Error::invalid(Fault::new("typed", ErrorCode::InvalidField, "is not the group's name")))
}

fn delete_page(view: &View, group: &Group, draft: &Draft<'_>) -> Page {
    let path = view.path(&format!("{PATH}/{}", group.id));
    let typed = Field::line(draft, ("typed", "The group's name"), "")
        .hint(format!("Type {} to show that you mean it.", group.name))
        .required();
    let form =
        Form::new(format!("{path}/delete"), "Delete for good").fields(draft, vec![typed]).danger().back(path);
    let lead = "Who was in it stays, and may no longer use what was assigned to it alone.";
    below(view, group, &format!("Delete {}", group.name)).lead(lead).with(Part::Form(form))
}
