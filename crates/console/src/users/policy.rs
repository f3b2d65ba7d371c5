//! `/settings`: what is asked of passwords, and what follows wrong ones.

use appkeep_domain::{Action as Doing, Directory};
use appkeep_http::action::{ReadApplication, UpdateApplication};
use appkeep_http::{Access, Problem};
use appkeep_service::{DirectoryUpdate, Error, Expected, Registry};
use axum::extract::State;
use axum::response::Response;

use super::scene::{Scene, Whose};
use crate::kit::{Cell, Draft, Facts, Field, Form, Page, Part};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

/// Whoever may read no application may read no tenant either; which of the two it
/// takes here, the service says.
pub(super) async fn show(
    access: Access<ReadApplication>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
) -> Result<Response, Problem> {
    let directory = registry.directory(&access.by, whose.pool).await?;
    let scene = Scene::of(whose, (&access.by, &registry)).await?;
    Ok(view.page(&page(&view, &scene, &directory, &Draft::new())))
}

pub(super) async fn save(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    let saved = match update(&posted) {
        Ok(update) => registry.update_directory(&access.by, whose.pool, update).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(_) => Ok(view.go(&whose.path("/settings"), Said::Saved)),
        Err(error) => {
            let directory = registry.directory(&access.by, whose.pool).await?;
            let scene = Scene::of(whose, (&access.by, &registry)).await?;
            Ok(view.again(error, |error| page(&view, &scene, &directory, &Draft::refused(&posted, error))))
        }
    }
}

fn update(posted: &Posted) -> Result<DirectoryUpdate, Error> {
    Ok(DirectoryUpdate {
        min_password_length: posted.number("min_password_length")?,
        free_failures: posted.number("free_failures")?,
        longest_delay_s: posted.number("longest_delay_s")?,
        expected: Expected::Any,
    })
}

fn page(view: &View, scene: &Scene, directory: &Directory, draft: &Draft<'_>) -> Page {
    let action = if scene.whose.is_of_tenant() { Doing::UpdateTenant } else { Doing::UpdateApplication };
    let part = if scene.may(view, action) {
        Part::Form(form(view, scene, directory, draft))
    } else {
        Part::Facts(facts(directory))
    };
    scene
        .below(view, "Password rules")
        .lead("What is asked of these users' passwords, and how long they wait after too many wrong ones.")
        .with(part)
}

fn form(view: &View, scene: &Scene, directory: &Directory, draft: &Draft<'_>) -> Form {
    let policy = directory.policy;
    let number = |named, stands: u32| Field::typed(draft, named, ("number", &stands.to_string())).required();
    let fields = vec![
        number(("min_password_length", "Shortest password"), policy.min_length())
            .hint("In characters, from 8 to 64. Passwords that were set before stay good."),
        number(("free_failures", "Failures that cost nothing"), policy.free_failures())
            .hint("So many wrong passwords in a row are only counted, from 1 to 100."),
        number(("longest_delay_s", "Longest delay"), policy.longest_delay().as_seconds())
            .hint("In seconds, from 30 to 86400: each further wrong password doubles the wait, up to this."),
    ];
    Form::new(view.path(&scene.whose.path("/settings")), "Save")
        .fields(draft, fields)
        .back(view.path(&scene.whose.path("")))
}

fn facts(directory: &Directory) -> Facts {
    let policy = directory.policy;
    let number = |number: u32| Cell::Number(u64::from(number));
    Facts::new()
        .with("Shortest password, in characters", number(policy.min_length()))
        .with("Failures that cost nothing", number(policy.free_failures()))
        .with("Longest delay, in seconds", number(policy.longest_delay().as_seconds()))
}
