//! What is told of users.

use appkeep_domain::{User, UserStatus};
use appkeep_service::UserView;

use super::scene::Scene;
use crate::kit::{Badge, Cell, Facts};

/// Whether they may sign in, in a word.
pub(super) fn status(status: UserStatus) -> Cell {
    let badge = match status {
        UserStatus::Active => Badge::Good,
        UserStatus::Suspended => Badge::Bad,
        UserStatus::Pending => Badge::Warning,
    };
    Cell::badge(badge, status.as_str())
}

/// Who it is.
pub(super) fn person(scene: &Scene, user: &User) -> Facts {
    let text = |value: Option<String>| Cell::maybe(value, Cell::text);
    let facts = Facts::new()
        .with("Id", Cell::code(user.id.to_string()))
        .with("Status", status(user.status))
        .with("Email address", address(user))
        .with("User name", text(user.username.as_ref().map(ToString::to_string)))
        .with("Name", text(user.name.as_ref().map(ToString::to_string)))
        .with("Given name", text(user.given_name.as_ref().map(ToString::to_string)))
        .with("Family name", text(user.family_name.as_ref().map(ToString::to_string)))
        .with("Phone", text(user.phone.as_ref().map(ToString::to_string)))
        .with("Locale", text(user.locale.as_ref().map(ToString::to_string)))
        .with("Picture", text(user.picture.clone()));
    let facts = match scene.environment_words() {
        Some(environment) => facts.with("Environment", Cell::badge(Badge::Quiet, environment)),
        None => facts,
    };
    facts
        .with("Metadata", members(user.metadata.members()))
        .with("Custom attributes", members(user.custom_attributes.members()))
        .with("Created", Cell::at(user.created_at))
        .with("Changed", Cell::at(user.updated_at))
}

fn address(user: &User) -> Cell {
    let verified = match user.email_verified_at {
        Some(_) => Cell::badge(Badge::Good, "verified"),
        None => Cell::badge(Badge::Quiet, "not verified"),
    };
    Cell::Row(vec![Cell::text(user.email.as_str()), verified])
}

fn members<'a>(members: impl Iterator<Item = (&'a str, &'a str)>) -> Cell {
    Cell::lines(members.map(|(name, value)| format!("{name}: {value}")))
}

/// How they sign in.
pub(super) fn sign_in(user: &UserView) -> Facts {
    let factor =
        if user.mfa_enabled { Cell::badge(Badge::Good, "codes of a device") } else { Cell::text("None") };
    let lock = match user.locked_until {
        Some(until) => Cell::Row(vec![Cell::badge(Badge::Bad, "locked until"), Cell::at(until)]),
        None => Cell::text("Not locked"),
    };
    Facts::new()
        .with("Last sign-in", Cell::maybe(user.user.last_sign_in_at, Cell::at))
        .with("Password set", Cell::maybe(user.password_changed_at, Cell::at))
        .with("Second factor", factor)
        .with("Failures in a row", Cell::Number(u64::from(user.failed_sign_ins)))
        .with("Lock", lock)
}
