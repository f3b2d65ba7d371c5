//! A password that somebody else chooses for a user.

use appkeep_http::action::ManageUsers;
use appkeep_http::{Access, Problem};
use appkeep_service::{Error, ErrorCode, Fault, Registry, UserView};
use axum::extract::State;
use axum::response::Response;

use super::scene::{Scene, Whose, look};
use crate::kit::{Draft, Field, Form, Page, Part};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

pub(super) async fn show(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    Ok(view.page(&page(&view, &scene, &user, &Draft::new())))
}

pub(super) async fn set(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    let set = match typed(&posted) {
        Ok(password) => {
            registry.set_password(&access.by, scene.whose.pool, &scene.whose.user, password).await
        }
        Err(error) => Err(error),
    };
    match set {
        Ok(()) => Ok(view.go(&scene.whose.of_user(""), Said::Saved)),
        Err(error) => {
            Ok(view.again(error, |error| page(&view, &scene, &user, &Draft::refused(&posted, error))))
        }
    }
}

/// Typed twice alike: nobody sees what they type.
fn typed(posted: &Posted) -> Result<String, Error> {
    let password = posted.text("password");
    if password == posted.text("password_again") {
        return Ok(password.to_owned());
    }
    let message = "is not the same as above";
    Err(Error::invalid(Fault::new("password_again", ErrorCode::InvalidField, message)))
}

fn page(view: &View, scene: &Scene, user: &UserView, draft: &Draft<'_>) -> Page {
    let fields = vec![
        Field::password(draft, ("password", "New password"))
            .hint("At least as long as the password rules ask for. Nothing shows it again.")
            .required(),
        Field::password(draft, ("password_again", "The same again")).required(),
    ];
    let form = Form::new(view.path(&scene.whose.of_user("/password")), "Set the password")
        .fields(draft, fields)
        .back(view.path(&scene.whose.of_user("")));
    scene
        .below_user(view, user, "Set a password")
        .lead("The one before it is refused from now on, and they are signed out everywhere.")
        .with(Part::Form(form))
}
