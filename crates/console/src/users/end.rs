//! Sessions of a user end, or all there is of them.

use appkeep_http::action::{EndSessions, ManageUsers};
use appkeep_http::{Access, Problem};
use appkeep_service::{Error, ErrorCode, Expected, Fault, Pool, Registry, UserView};
use axum::extract::State;
use axum::response::Response;

use super::scene::{Scene, Whose, look};
use crate::kit::{Draft, Field, Form, Page, Part};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

/// `/sessions/end`: the one that is named.
pub(super) async fn one(
    access: Access<EndSessions>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    let (by, session) = (&access.by, posted.text("id"));
    match whose.pool {
        Pool::Tenant => registry.end_session_of_user(by, &whose.user, session).await?,
        Pool::Application(id, _) => registry.end_session(by, &id.to_string(), session).await?,
    }
    Ok(view.go(&whose.of_user("/sessions"), Said::Ended))
}

/// `/sessions/end-all`: asks first.
pub(super) async fn show_all(
    access: Access<EndSessions>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    let form = Form::new(view.path(&scene.whose.of_user("/sessions/end-all")), "Sign them out everywhere")
        .danger()
        .back(view.path(&scene.whose.of_user("/sessions")));
    let lead = "Every session of theirs ends, no browser is signed in as them any more, and whatever was issued \
                to them until now is refused at once. They may sign in again.";
    let page = scene.below_user(&view, &user, "Sign out everywhere").lead(lead).with(Part::Form(form));
    Ok(view.page(&page))
}

pub(super) async fn all(
    access: Access<EndSessions>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
) -> Result<Response, Problem> {
    registry.end_sessions_of_user(&access.by, &whose.user).await?;
    Ok(view.go(&whose.of_user("/sessions"), Said::Ended))
}

pub(super) async fn show_delete(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    Ok(view.page(&page(&view, &scene, &user, &Draft::new())))
}

pub(super) async fn delete(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    let (by, whose) = (&access.by, &scene.whose);
    let deleted = match meant(&posted, &user) {
        Ok(()) => registry.delete_user(by, whose.pool, &whose.user, Expected::Any).await,
        Err(error) => Err(error),
    };
    match deleted {
        Ok(()) => Ok(view.go(&whose.path(""), Said::Deleted)),
        Err(error) => {
            Ok(view.again(error, |error| page(&view, &scene, &user, &Draft::refused(&posted, error))))
        }
    }
}

/// Whoever types the address knows whom they delete.
fn meant(posted: &Posted, user: &UserView) -> Result<(), Error> {
    if posted.typed("typed") == user.user.email.as_str() {
        return Ok(());
    }
    let message = "is not their email address";
    Err(Error::invalid(Fault::new("typed", ErrorCode::InvalidField, message)))
}

fn page(view: &View, scene: &Scene, user: &UserView, draft: &Draft<'_>) -> Page {
    let email = user.user.email.as_str();
    let typed = Field::line(draft, ("typed", "Their email address"), "")
        .hint(format!("Type {email} to show that you mean it."))
        .required();
    let form = Form::new(view.path(&scene.whose.of_user("/delete")), "Delete for good")
        .fields(draft, vec![typed])
        .danger()
        .back(view.path(&scene.whose.of_user("")));
    let lead = "They go for good, with their password, their sessions, their groups and what is assigned to \
                them. Their id is never given to another. The history keeps the id, and nothing else of theirs.";
    scene.below_user(view, user, &format!("Delete {email}")).lead(lead).with(Part::Form(form))
}
