//! A user in ScaiKey's JSON.

use appkeep_api_types::Edit;
use appkeep_domain as domain;
use appkeep_http::Body;
use appkeep_service::{Error, ErrorCode, Expected, Fault, TenantLabel, UserFields, UserUpdate};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::edit::{edit, edit_as, printed};
use crate::json::object;
use crate::scaikey::people::{Person, Tenant};
use crate::scaikey::words;

/// As it is shown.
#[derive(Debug, Serialize)]
pub(super) struct User {
    #[serde(flatten)]
    person: Person,
    email_verified: bool,
    phone: Option<String>,
    locale: Option<String>,
    custom_attributes: Map<String, Value>,
    last_login_at: Option<String>,
    created_at: String,
    updated_at: String,
}

impl User {
    pub(super) fn of(user: &domain::User, tenant: &TenantLabel) -> Self {
        Self {
            person: Person::of(user, Some(Tenant::of(tenant))),
            email_verified: user.email_verified_at.is_some(),
            phone: user.phone.as_ref().map(ToString::to_string),
            locale: user.locale.as_ref().map(ToString::to_string),
            custom_attributes: object(user.custom_attributes.members()),
            last_login_at: user.last_sign_in_at.map(|moment| moment.to_string()),
            created_at: user.created_at.to_string(),
            updated_at: user.updated_at.to_string(),
        }
    }
}

/// Who a new one is to be. Members that are not known are passed over.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct NewUser(Said);

impl Body for NewUser {
    const REQUIRED: &'static [&'static str] = &["email"];
}

/// What is to become of one.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Patch(Said);

impl Body for Patch {
    const REQUIRED: &'static [&'static str] = &[];
}

/// Whatever is said of one. Where nothing can stand, `null` is nothing said.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    tenant_id: Option<String>,
    email: Option<String>,
    email_verified: Option<bool>,
    username: Edit<String>,
    phone: Edit<String>,
    first_name: Edit<String>,
    last_name: Edit<String>,
    display_name: Edit<String>,
    locale: Edit<String>,
    status: Option<String>,
    custom_attributes: Edit<Map<String, Value>>,
    password: Option<Value>,
}

impl NewUser {
    /// Whose they are to be, if it is said, and the rest.
    pub(super) fn into_fields(self) -> Result<(Option<String>, UserFields), Error> {
        self.0.into_fields()
    }
}

impl Patch {
    /// Whose they are said to be, and the change.
    pub(super) fn into_update(self) -> Result<(Option<String>, UserUpdate), Error> {
        let (tenant, fields) = self.0.into_fields()?;
        Ok((tenant, UserUpdate { expected: Expected::Any, fields }))
    }
}

impl Said {
    fn into_fields(self) -> Result<(Option<String>, UserFields), Error> {
        if self.password.is_some() {
            let message = "is not set here: `reset-password` lets them choose one";
            return Err(Error::invalid(Fault::new("password", ErrorCode::InvalidField, message)));
        }
        let fields = UserFields {
            email: self.email,
            email_verified: self.email_verified,
            username: edit(self.username),
            phone: edit(self.phone),
            name: edit(self.display_name),
            given_name: edit(self.first_name),
            family_name: edit(self.last_name),
            locale: edit(self.locale),
            status: self.status.as_deref().map(words::standing),
            custom_attributes: edit_as(self.custom_attributes, printed),
            ..UserFields::default()
        };
        Ok((self.tenant_id, fields))
    }
}
