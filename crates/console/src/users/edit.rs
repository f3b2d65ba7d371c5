//! A user is added, or changed.

use appkeep_http::action::ManageUsers;
use appkeep_http::{Access, Problem};
use appkeep_service::{Error, Expected, Registry, UserUpdate, UserView};
use axum::extract::State;
use axum::response::Response;

use super::fields;
use super::scene::{Scene, Whose, look};
use crate::kit::{Draft, Form, Page, Part};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

pub(super) async fn show_new(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
) -> Result<Response, Problem> {
    let scene = Scene::of(whose, (&access.by, &registry)).await?;
    Ok(view.page(&new_page(&view, &scene, &Draft::new())))
}

pub(super) async fn create(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    let made = match fields::read(&posted, None) {
        Ok(fields) => registry.create_user(&access.by, whose.pool, fields).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(made) => Ok(view.go(&whose.path(&format!("/{}", made.user.id)), Said::Added)),
        Err(error) => {
            let scene = Scene::of(whose, (&access.by, &registry)).await?;
            Ok(view.again(error, |error| new_page(&view, &scene, &Draft::refused(&posted, error))))
        }
    }
}

fn new_page(view: &View, scene: &Scene, draft: &Draft<'_>) -> Page {
    let form = Form::new(view.path(&scene.whose.path("/new")), "Add the user")
        .fields(draft, fields::all(draft, None))
        .back(view.path(&scene.whose.path("")));
    scene
        .below(view, "Add a user")
        .lead("They have no password yet: set one afterwards, or mail them a link by which they choose it.")
        .with(Part::Form(form))
}

pub(super) async fn show(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    Ok(view.page(&page(&view, &scene, &user, &Draft::new())))
}

pub(super) async fn save(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    let whose = &scene.whose;
    let saved = match update(&posted, &user) {
        Ok(update) => registry.update_user(&access.by, whose.pool, &whose.user, update).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(_) => Ok(view.go(&whose.of_user(""), Said::Saved)),
        Err(error) => {
            Ok(view.again(error, |error| page(&view, &scene, &user, &Draft::refused(&posted, error))))
        }
    }
}

/// Based on what was shown, so that nobody undoes what they have not seen.
fn update(posted: &Posted, user: &UserView) -> Result<UserUpdate, Error> {
    let expected = match posted.number("version")? {
        Some(version) => Expected::OneOf(vec![version]),
        None => Expected::Any,
    };
    Ok(UserUpdate { expected, fields: fields::read(posted, Some(&user.user))? })
}

fn page(view: &View, scene: &Scene, user: &UserView, draft: &Draft<'_>) -> Page {
    let form = Form::new(view.path(&scene.whose.of_user("/edit")), "Save")
        .fields(draft, fields::all(draft, Some(&user.user)))
        .hidden("version", user.user.version.to_string())
        .back(view.path(&scene.whose.of_user("")));
    scene.below_user(view, user, "Edit the user").with(Part::Form(form))
}
