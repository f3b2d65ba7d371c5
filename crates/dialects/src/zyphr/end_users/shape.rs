//! What end users send and are told, in Zyphr's JSON.

use appkeep_api_types::Edit;
use appkeep_domain::PasswordPolicy;
use appkeep_http::Body;
use appkeep_service::{EndUserEntered, EndUserSession, IssuedToken, NewEndUser, OwnFields, OwnSession};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::edit::{edit, edit_as, printed};
use crate::zyphr::users::EndUser;

/// Somebody who signed in, and what their application got.
#[derive(Serialize)]
pub(super) struct SignedIn {
    user: EndUser,
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
        Self { user: EndUser::of(&user), tokens }
    }
}

/// How far somebody came.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Entered {
    SignedIn(Box<SignedIn>),
    CodeWanted { mfa_required: bool, mfa_challenge: Challenge },
}

/// Under which a code is given.
#[derive(Serialize)]
pub(super) struct Challenge {
    token: String,
    methods: [&'static str; 2],
    expires_in: u32,
}

impl Entered {
    pub(super) fn of(entered: EndUserEntered) -> Self {
        match entered {
            EndUserEntered::SignedIn(session) => Self::SignedIn(Box::new(SignedIn::of(*session))),
            EndUserEntered::CodeWanted(secret) => Self::CodeWanted {
                mfa_required: true,
                mfa_challenge: Challenge {
                    token: secret.expose().to_owned(),
                    methods: ["totp", "backup_code"],
                    expires_in: appkeep_domain::Challenge::LIFETIME.as_seconds(),
                },
            },
        }
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
    pub(super) fn of(own: &OwnSession) -> Self {
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
#[expect(clippy::struct_excessive_bools, reason = "the API has one member for each kind of character")]
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
            name: edit(self.name),
            metadata: edit_as(self.metadata, printed),
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
        OwnFields { name: edit(self.name), metadata: edit_as(self.metadata, printed) }
    }
}
