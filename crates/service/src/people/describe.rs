//! What the history says of a person: never what anybody could know them by.

use appkeep_domain::{Group, User, UserId};
use serde_json::{Value, json};

/// The fields that differ, as the API calls them.
pub(crate) fn changed_fields(before: &User, after: &User) -> Vec<&'static str> {
    // Taken apart, so that a field that is added is not forgotten.
    let User {
        id: _,
        directory: _,
        email,
        email_verified_at,
        username,
        phone,
        name,
        given_name,
        family_name,
        picture,
        locale,
        status,
        metadata,
        custom_attributes,
        last_sign_in_at: _,
        version: _,
        created_at: _,
        updated_at: _,
    } = before;
    let compared = [
        ("email", *email != after.email),
        ("email_verified", *email_verified_at != after.email_verified_at),
        ("username", *username != after.username),
        ("phone", *phone != after.phone),
        ("name", *name != after.name),
        ("given_name", *given_name != after.given_name),
        ("family_name", *family_name != after.family_name),
        ("picture", *picture != after.picture),
        ("locale", *locale != after.locale),
        ("status", *status != after.status),
        ("metadata", *metadata != after.metadata),
        ("custom_attributes", *custom_attributes != after.custom_attributes),
    ];
    compared.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}

/// A user by themselves.
pub(super) fn user(id: UserId) -> Value {
    json!({ "user_id": id.to_string() })
}

/// A user whose status may be what changed, and the fields that did.
pub(super) fn user_with(user: &User, fields: &[&str]) -> Value {
    json!({ "user_id": user.id.to_string(), "status": user.status.as_str(), "fields": fields })
}

/// Every field that a caller can set: a group is no person.
pub(super) fn group(group: &Group) -> Value {
    json!({
        "group_id": group.id.to_string(),
        "name": group.name.as_str(),
        "description": group.description,
    })
}
