//! People who sign in.

use appkeep_api_types as api;
use appkeep_domain::User;
use appkeep_service::{Edit, Expected, MemberEdits, PageQuery, UserFields, UserQuery, UserUpdate, UserView};
use serde_json::{Map, Value};

use super::fields::edit;
use super::words::user_status;
use super::{moment, text};

pub(crate) fn user(user: &User) -> api::User {
    api::User {
        id: user.id.to_string(),
        email: user.email.as_str().to_owned(),
        email_verified: user.email_verified_at.is_some(),
        username: user.username.as_ref().map(text),
        phone: user.phone.as_ref().map(text),
        name: user.name.as_ref().map(text),
        given_name: user.given_name.as_ref().map(text),
        family_name: user.family_name.as_ref().map(text),
        picture: user.picture.clone(),
        locale: user.locale.as_ref().map(text),
        status: user_status(user.status),
        metadata: object(user.metadata.members()),
        custom_attributes: object(user.custom_attributes.members()),
        last_sign_in_at: user.last_sign_in_at.map(moment),
        created_at: moment(user.created_at),
        updated_at: moment(user.updated_at),
    }
}

pub(crate) fn user_detail(view: &UserView) -> api::UserDetail {
    api::UserDetail {
        user: user(&view.user),
        password_changed_at: view.password_changed_at.map(moment),
        mfa_enabled: view.mfa_enabled,
        failed_sign_ins: view.failed_sign_ins,
        locked_until: view.locked_until.map(moment),
    }
}

pub(crate) fn new_user(new: api::NewUser) -> UserFields {
    UserFields {
        email: Some(new.email),
        email_verified: new.email_verified,
        username: edit(new.username),
        phone: edit(new.phone),
        name: edit(new.name),
        given_name: edit(new.given_name),
        family_name: edit(new.family_name),
        picture: edit(new.picture),
        locale: edit(new.locale),
        status: new.status,
        metadata: members(new.metadata),
        custom_attributes: members(new.custom_attributes),
    }
}

pub(crate) fn user_update(patch: api::UserPatch, expected: Expected) -> UserUpdate {
    let fields = UserFields {
        email: patch.email,
        email_verified: patch.email_verified,
        username: edit(patch.username),
        phone: edit(patch.phone),
        name: edit(patch.name),
        given_name: edit(patch.given_name),
        family_name: edit(patch.family_name),
        picture: edit(patch.picture),
        locale: edit(patch.locale),
        status: patch.status,
        metadata: members(patch.metadata),
        custom_attributes: members(patch.custom_attributes),
    };
    UserUpdate { expected, fields }
}

pub(crate) fn user_query(query: api::UserQuery) -> UserQuery {
    UserQuery {
        page: PageQuery { cursor: query.cursor, limit: query.limit },
        status: query.status,
        email: query.email,
        username: query.username,
        group: query.group,
        text: query.q,
    }
}

/// Each was read as JSON when it was sent, so it can be read again.
fn object<'a>(members: impl Iterator<Item = (&'a str, &'a str)>) -> Map<String, Value> {
    let read = |(name, json): (&str, &str)| Some((name.to_owned(), serde_json::from_str(json).ok()?));
    members.filter_map(read).collect()
}

fn members(edit: api::Edit<Map<String, Value>>) -> Edit<MemberEdits> {
    let printed = |(name, value): (String, Value)| (name, (!value.is_null()).then(|| value.to_string()));
    match edit {
        api::Edit::Keep => Edit::Keep,
        api::Edit::Clear => Edit::Clear,
        api::Edit::Set(members) => Edit::Set(members.into_iter().map(printed).collect()),
    }
}
