//! End users, their tokens and sessions in Zyphr's JSON.

use appkeep_api_types::Edit;
use appkeep_domain::{self as domain, PasswordPolicy};
use appkeep_http::Body;
use appkeep_service::{self as service, EndUserSession, IssuedToken, MemberEdits, NewEndUser, OwnFields};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// An end user as they are shown.
#[derive(Serialize)]
pub(super) struct User {
    id: String,
    email: String,
    email_verified: bool,
    name: Option<String>,
    metadata: Map<String, Value>,
    status: &'static str,
    last_login_at: Option<String>,
    created_at: String,
    updated_at: String,
}

impl User {
    pub(super) fn of(user: &domain::User) -> Self {
        // Each was read as JSON when it was sent, so it can be read again.
        let read = |(name, json): (&str, &str)| Some((name.to_owned(), serde_json::from_str(json).ok()?));
        Self {
            id: user.id.to_string(),
            email: user.email.as_str().to_owned(),
            email_verified: user.email_verified_at.is_some(),
            name: user.name.as_ref().map(ToString::to_string),
            metadata: user.metadata.members().filter_map(read).collect(),
            status: user.status.as_str(),
            last_login_at: user.last_sign_in_at.map(|moment| moment.to_string()),
            created_at: user.created_at.to_string(),
            updated_at: user.updated_at.to_string(),
        }
    }
}

/// Somebody who signed in, and what their application got.
#[derive(Serialize)]
pub(super) struct SignedIn {
    user: User,
    tokens: Tokens,
}

#[derive(Serialize)]
struct Tokens {
    access_token: String,
    refresh_token: Option<String>,
    token_type: &'static str,
    expires_in: u32,
    id_token: Option<String>,
}

impl SignedIn {
    pub(super) fn of(EndUserSession { user, tokens }: EndUserSession) -> Self {
        let IssuedToken { access_token, expires_in, refresh_token, id_token, .. } = tokens;
        let tokens = Tokens { access_token, refresh_token, token_type: "Bearer", expires_in, id_token };
        Self { user: User::of(&user), tokens }
    }
}

/// A session that is not over.
#[derive(Serialize)]
pub(super) struct Session {
    id: String,
    current: bool,
    ip_address: Option<String>,
    user_agent: Option<String>,
    created_at: String,
    last_active_at: String,
    expires_at: String,
}

impl Session {
    pub(super) fn of(own: &service::OwnSession) -> Self {
        let session = &own.session;
        Self {
            id: session.id.to_string(),
            current: own.is_this,
            ip_address: session.from.address.map(|address| address.to_string()),
            user_agent: session.from.user_agent.as_ref().map(|agent| agent.as_str().to_owned()),
            created_at: session.created_at.to_string(),
            last_active_at: session.last_seen_at.to_string(),
            expires_at: session.expires_at.to_string(),
        }
    }
}

/// What passwords have to be. Nothing is asked of what they are made of: such
/// rules make them worse (NIST SP 800-63B §3.1.1.2).
#[derive(Debug, Serialize)]
pub(super) struct Requirements {
    min_length: u32,
    require_uppercase: bool,
    require_lowercase: bool,
    require_numbers: bool,
    require_special: bool,
}

impl Requirements {
    pub(super) const fn of(policy: &PasswordPolicy) -> Self {
        Self {
            min_length: policy.min_length(),
            require_uppercase: false,
            require_lowercase: false,
            require_numbers: false,
            require_special: false,
        }
    }
}

/// Who is to be registered. Members that are not known are passed over.
#[derive(Deserialize)]
pub(super) struct Registration {
    email: String,
    password: String,
    #[serde(default)]
    name: Edit<String>,
    #[serde(default)]
    metadata: Edit<Map<String, Value>>,
}

impl Body for Registration {
    const REQUIRED: &'static [&'static str] = &["email", "password"];
}

impl Registration {
    pub(super) fn into_new(self) -> NewEndUser {
        NewEndUser {
            email: self.email,
            password: Zeroizing::new(self.password),
            name: edit(self.name, |name| name),
            metadata: edit(self.metadata, printed),
        }
    }
}

/// What somebody changes of themselves.
#[derive(Deserialize)]
pub(super) struct Patch {
    #[serde(default)]
    name: Edit<String>,
    #[serde(default)]
    metadata: Edit<Map<String, Value>>,
}

impl Body for Patch {
    const REQUIRED: &'static [&'static str] = &[];
}

impl Patch {
    pub(super) fn into_fields(self) -> OwnFields {
        OwnFields { name: edit(self.name, |name| name), metadata: edit(self.metadata, printed) }
    }
}

fn edit<T, U>(edit: Edit<T>, write: impl FnOnce(T) -> U) -> service::Edit<U> {
    match edit {
        Edit::Keep => service::Edit::Keep,
        Edit::Clear => service::Edit::Clear,
        Edit::Set(value) => service::Edit::Set(write(value)),
    }
}

fn printed(members: Map<String, Value>) -> MemberEdits {
    let print = |(name, value): (String, Value)| (name, (!value.is_null()).then(|| value.to_string()));
    members.into_iter().map(print).collect()
}
