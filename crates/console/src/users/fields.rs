//! What is typed of a user.

use appkeep_domain::{User, UserStatus};
use appkeep_service::{Edit, Error, ErrorCode, Fault, MemberEdits, UserFields};
use serde_json::{Map, Value};

use crate::kit::{Choice, Draft, Field};
use crate::posted::Posted;

/// Those of a form; what stands is somebody's whom there is already.
pub(super) fn all(draft: &Draft<'_>, user: Option<&User>) -> Vec<Field> {
    let stands = |of: fn(&User) -> Option<String>| user.and_then(of).unwrap_or_default();
    let line = |named: (&'static str, &str), stands: &str| Field::line(draft, named, stands);
    let email = user.map(|user| user.email.as_str()).unwrap_or_default();
    let verified = user.is_some_and(|user| user.email_verified_at.is_some());
    let status = user.map_or(UserStatus::Active, |user| user.status);
    vec![
        Field::typed(draft, ("email", "Email address"), ("email", email))
            .hint("They can sign in by it, and mail to them goes there. Nobody else of these users has it.")
            .required(),
        Field::check(draft, ("email_verified", "The address is theirs"), verified)
            .hint("Tick it only if you know that mail to this address reaches them."),
        line(("username", "User name"), &stands(|user| user.username.as_ref().map(ToString::to_string)))
            .hint("They can sign in by it as well. Without an @, and nobody else's."),
        line(("name", "Name"), &stands(|user| user.name.as_ref().map(ToString::to_string)))
            .hint("As it is shown to them and to applications."),
        line(("given_name", "Given name"), &stands(|user| user.given_name.as_ref().map(ToString::to_string))),
        line(
            ("family_name", "Family name"),
            &stands(|user| user.family_name.as_ref().map(ToString::to_string)),
        ),
        line(("phone", "Phone"), &stands(|user| user.phone.as_ref().map(ToString::to_string)))
            .hint("With the country, such as +4930123456."),
        line(("locale", "Locale"), &stands(|user| user.locale.as_ref().map(ToString::to_string)))
            .hint("Such as de-CH."),
        Field::typed(draft, ("picture", "Picture"), ("url", &stands(|user| user.picture.clone())))
            .hint("The address of one, beginning with https://."),
        Field::radio(draft, ("status", "Status"), (statuses(), status.as_str())),
        Field::code(
            draft,
            ("metadata", "Metadata"),
            &user.map(|user| json(user.metadata.members())).unwrap_or_default(),
        )
        .hint("A JSON object, of which applications are told nothing."),
        Field::code(
            draft,
            ("custom_attributes", "Custom attributes"),
            &user.map(|user| json(user.custom_attributes.members())).unwrap_or_default(),
        )
        .hint("A JSON object, of which applications can be told."),
    ]
}

fn statuses() -> Vec<Choice> {
    vec![
        Choice::new("active", "Active").hint("May sign in."),
        Choice::new("pending", "Pending")
            .hint("Is invited: a mailed link lets them choose a password and come in."),
        Choice::new("suspended", "Suspended").hint("Is let in nowhere, and signed out everywhere."),
    ]
}

/// The members of an object, as text that can be changed.
fn json<'a>(members: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let read = |(name, json): (&str, &str)| Some((name.to_owned(), serde_json::from_str(json).ok()?));
    let object: Map<String, Value> = members.filter_map(read).collect();
    if object.is_empty() { String::new() } else { serde_json::to_string_pretty(&object).unwrap_or_default() }
}

/// What was typed; of somebody whom there is already, instead of what stands.
pub(super) fn read(posted: &Posted, user: Option<&User>) -> Result<UserFields, Error> {
    let metadata = user.map(|user| names(user.metadata.members())).unwrap_or_default();
    let attributes = user.map(|user| names(user.custom_attributes.members())).unwrap_or_default();
    Ok(UserFields {
        email: Some(posted.typed("email")),
        email_verified: Some(posted.is_on("email_verified")),
        username: posted.edit("username"),
        phone: posted.edit("phone"),
        name: posted.edit("name"),
        given_name: posted.edit("given_name"),
        family_name: posted.edit("family_name"),
        picture: posted.edit("picture"),
        locale: posted.edit("locale"),
        status: posted.filled("status"),
        metadata: members(posted, "metadata", metadata)?,
        custom_attributes: members(posted, "custom_attributes", attributes)?,
    })
}

fn names<'a>(members: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    members.map(|(name, _)| name.to_owned()).collect()
}

/// The object that was typed, in place of the one with these members.
fn members(posted: &Posted, name: &str, stand: Vec<String>) -> Result<Edit<MemberEdits>, Error> {
    let Some(typed) = posted.filled(name) else { return Ok(Edit::Clear) };
    let fault = |_| Error::invalid(Fault::new(name, ErrorCode::InvalidField, "is no JSON object"));
    let object: Map<String, Value> = serde_json::from_str(&typed).map_err(fault)?;
    let mut edits: MemberEdits = stand.into_iter().map(|name| (name, None)).collect();
    edits.extend(
        object.into_iter().map(|(name, value)| (name, (!value.is_null()).then(|| value.to_string()))),
    );
    Ok(Edit::Set(edits))
}
