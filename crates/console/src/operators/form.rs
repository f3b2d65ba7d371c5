//! Inviting an operator, changing who they are, and taking them away.

use appkeep_domain::Name;
use appkeep_http::action::ManageOperators;
use appkeep_http::{Access, AppState, Problem, Segment};
use appkeep_service::{Error, Expected, NewOperator, OperatorUpdate, OperatorView, Registry};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use super::places::Places;
use crate::kit::{Badge, Draft, Field, Form, Notice, Page, Part};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

pub(super) async fn new(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
) -> Result<Response, Problem> {
    let places = Places::read(&view, &access.by, &registry).await?;
    Ok(view.page(&new_page(&view, &Draft::new(), &places)))
}

/// Whoever is invited is written to, where mail can be sent; where it cannot, or
/// the letter is lost, their page sends another.
pub(super) async fn invite(
    access: Access<ManageOperators>,
    view: View,
    State(state): State<AppState>,
    posted: Posted,
) -> Result<Response, Problem> {
    let new = NewOperator {
        email: posted.typed("email"),
        name: posted.edit("name"),
        role: posted.typed("role"),
        at: posted.typed("at"),
    };
    match state.registry.create_operator(&access.by, new).await {
        Ok(made) => Ok(view.go(&format!("{PATH}/{}", made.id), Said::Made)),
        Err(error) => {
            let places = Places::read(&view, &access.by, &state.registry).await?;
            Ok(view.again(error, |error| new_page(&view, &Draft::refused(&posted, error), &places)))
        }
    }
}

fn new_page(view: &View, draft: &Draft<'_>, places: &Places) -> Page {
    let fields = vec![
        Field::typed(draft, ("email", "Address"), ("email", "")).required().hint(
            "Somebody whom you see already is given the role. Everybody else is invited, and accepts by a link \
             that is mailed there.",
        ),
        Field::line(draft, ("name", "Name"), ""),
        Field::radio(draft, ("role", "Role"), (super::roles(), "viewer")),
        places.field(draft, ""),
    ];
    let form = Form::new(view.path("/operators/new"), "Invite").fields(draft, fields).back(view.path(PATH));
    Page::new("Invite an operator")
        .below("Operators", view.path(PATH))
        .lead("Their page, which comes next, mails them the link with which they choose a password.")
        .with(Part::Form(form))
}

pub(super) async fn edit(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let operator = registry.operator(&access.by, &id).await?;
    Ok(view.page(&edit_page(&view, &Draft::new(), &operator)))
}

pub(super) async fn save(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let saved = match update(&posted) {
        Ok(update) => registry.update_operator(&access.by, &id, update).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(operator) => Ok(view.go(&format!("{PATH}/{}", operator.id), Said::Saved)),
        Err(error) => {
            let operator = registry.operator(&access.by, &id).await?;
            Ok(view.again(error, |error| edit_page(&view, &Draft::refused(&posted, error), &operator)))
        }
    }
}

fn update(posted: &Posted) -> Result<OperatorUpdate, Error> {
    Ok(OperatorUpdate {
        expected: posted.expected()?,
        email: Some(posted.typed("email")),
        name: posted.edit("name"),
        status: None,
    })
}

fn edit_page(view: &View, draft: &Draft<'_>, operator: &OperatorView) -> Page {
    let (user, path) = (&operator.user, view.path(&format!("{PATH}/{}", operator.id)));
    let fields = vec![
        Field::line(draft, ("name", "Name"), user.name.as_ref().map_or("", Name::as_str)),
        Field::typed(draft, ("email", "Address"), ("email", user.email.as_str())).required().hint(
            "At a new address they are invited anew: their password and their sessions end, and they choose \
             another by a link that is mailed there.",
        ),
    ];
    let form = Form::new(format!("{path}/edit"), "Save")
        .fields(draft, fields)
        .hidden(Posted::VERSION, user.version.to_string())
        .back(path.clone());
    Page::new("Edit an operator")
        .below("Operators", view.path(PATH))
        .below(user.email.as_str(), path)
        .with(Part::Form(form))
}

pub(super) async fn ask_to_delete(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let operator = registry.operator(&access.by, &id).await?;
    Ok(view.page(&delete_page(&view, &Draft::new(), &operator)))
}

pub(super) async fn delete(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    match registry.delete_operator(&access.by, &id, Expected::Any).await {
        Ok(()) => Ok(view.go(PATH, Said::Deleted)),
        Err(error) => {
            let operator = registry.operator(&access.by, &id).await?;
            Ok(view.again(error, |error| delete_page(&view, &Draft::refused(&posted, error), &operator)))
        }
    }
}

fn delete_page(view: &View, draft: &Draft<'_>, operator: &OperatorView) -> Page {
    let path = view.path(&format!("{PATH}/{}", operator.id));
    let told = "They are signed out everywhere, lose every role in every place, and whatever they do in somebody \
                else's name ends. What the history says of them stays. To take one role, go back to their page.";
    let form = Form::new(format!("{path}/delete"), "Delete the operator")
        .fields(draft, Vec::new())
        .danger()
        .back(path.clone());
    Page::new(format!("Delete {}", operator.user.email.as_str()))
        .below("Operators", view.path(PATH))
        .below(operator.user.email.as_str(), path)
        .with(Part::Notice(Notice::new(Badge::Warning, told)))
        .with(Part::Form(form))
}
