//! What is done to a user by one button.

use appkeep_domain::LinkPurpose;
use appkeep_http::action::ManageUsers;
use appkeep_http::{Access, AppState, Problem};
use appkeep_service::{By, Expected, Registry, UserFields, UserUpdate};
use axum::extract::State;
use axum::response::Response;

use super::scene::Whose;
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

pub(super) async fn suspend(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
) -> Result<Response, Problem> {
    set_status(&access.by, &registry, &whose, "suspended").await?;
    Ok(view.go(&whose.of_user(""), Said::Saved))
}

pub(super) async fn reactivate(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
) -> Result<Response, Problem> {
    set_status(&access.by, &registry, &whose, "active").await?;
    Ok(view.go(&whose.of_user(""), Said::Saved))
}

async fn set_status(by: &By, registry: &Registry, whose: &Whose, status: &str) -> Result<(), Problem> {
    let fields = UserFields { status: Some(status.to_owned()), ..UserFields::default() };
    let update = UserUpdate { expected: Expected::Any, fields };
    registry.update_user(by, whose.pool, &whose.user, update).await?;
    Ok(())
}

pub(super) async fn remove_password(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
) -> Result<Response, Problem> {
    registry.remove_password(&access.by, whose.pool, &whose.user).await?;
    Ok(view.go(&whose.of_user(""), Said::Removed))
}

pub(super) async fn remove_second_factor(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
) -> Result<Response, Problem> {
    registry.remove_second_factor(&access.by, whose.pool, &whose.user).await?;
    Ok(view.go(&whose.of_user(""), Said::Removed))
}

pub(super) async fn unlock(
    access: Access<ManageUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
) -> Result<Response, Problem> {
    registry.unlock_user(&access.by, whose.pool, &whose.user).await?;
    Ok(view.go(&whose.of_user(""), Said::Unlocked))
}

/// A link to a new password, or one that verifies the address.
pub(super) async fn mail(
    access: Access<ManageUsers>,
    view: View,
    State(state): State<AppState>,
    whose: Whose,
    posted: Posted,
) -> Result<Response, Problem> {
    let purpose = match posted.text("purpose") {
        "verify_email" => LinkPurpose::VerifyEmail,
        _ => LinkPurpose::ResetPassword,
    };
    state.authority.mail_link(&access.by, (&whose.user, purpose), state.mail.clone()).await?;
    Ok(view.go(&whose.of_user(""), Said::Sent))
}
