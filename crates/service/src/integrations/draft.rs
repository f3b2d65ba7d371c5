//! From what a caller said to an integration as it may be kept.

use std::fmt;

use appkeep_domain::integration::{
    AuthMode, Capabilities, Category, CredentialSchema, Integration, IntegrationUrl, ProviderWord,
};
use appkeep_domain::{Actor, IntegrationId, Name, TenantId, Timestamp};
use appkeep_oauth::{Scope, ScopeSet};
use zeroize::Zeroizing;

use super::words;
use crate::error::{Error, ErrorCode};
use crate::registry::Edit;
use crate::registry::draft::edit;
use crate::registry::faults::{Faults, invalid_field};

/// Longest token that is the same for everybody, in bytes.
const MAX_TOKEN: usize = 4_096;

/// What is said of an integration; what is left out stays, or has its default
/// when the integration is new. `Debug` does not show its token.
#[derive(Default)]
pub struct IntegrationFields {
    pub name: Option<String>,
    pub url: Option<String>,
    pub category: Option<String>,
    pub auth_mode: Option<String>,
    pub scopes: Option<Vec<String>>,
    pub provider: Edit<String>,
    pub issuer: Edit<String>,
    pub server_token: Option<Zeroizing<String>>,
    /// The text of a JSON object.
    pub credential_schema: Edit<String>,
    pub capabilities: CapabilityFields,
}

/// What an integration offers, as far as that is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CapabilityFields {
    pub tools: Option<bool>,
    pub resources: Option<bool>,
    pub prompts: Option<bool>,
}

/// An integration, and what is to become of its token.
pub(super) struct Drafted {
    pub(super) integration: Integration,
    pub(super) server_token: Secret,
}

/// What is to become of a secret.
pub(super) enum Secret {
    Keep,
    Clear,
    Set(Zeroizing<String>),
}

/// A new one.
pub(super) fn new(
    (id, tenant, created_by): (IntegrationId, TenantId, Actor),
    fields: &IntegrationFields,
    now: Timestamp,
) -> Result<Drafted, Error> {
    let mut faults = Faults::default();
    let blank = Integration {
        id,
        tenant,
        name: Name::parse("integration").expect("is printable and short"),
        url: IntegrationUrl::parse("https://integration.invalid/").expect("is an absolute URL"),
        category: Category::GatewayRemoteMcp,
        auth: AuthMode::Nothing,
        scopes: ScopeSet::new(),
        provider: None,
        issuer: None,
        credential_schema: None,
        capabilities: Capabilities::default(),
        has_server_token: false,
        client: None,
        validation: None,
        generation: 1,
        version: Integration::FIRST_VERSION,
        created_by,
        created_at: now,
        updated_at: now,
        archived_at: None,
    };
    for (field, said) in [("name", fields.name.is_some()), ("url", fields.url.is_some())] {
        if !said {
            faults.add(field, ErrorCode::InvalidField, "is required");
        }
    }
    let integration = said(blank, fields, &mut faults);
    settle(integration, fields, None, faults)
}

/// `current` with what the fields say. Another URL, another way of
/// authentication, or somebody else who gives out tokens for it makes it
/// something else: what was found there and what people had with it is of no use
/// any more.
pub(super) fn apply(current: Integration, fields: &IntegrationFields) -> Result<Drafted, Error> {
    let mut faults = Faults::default();
    let mut changed = said(current.clone(), fields, &mut faults);
    if (&changed.url, changed.auth, &changed.issuer) != (&current.url, current.auth, &current.issuer) {
        changed.validation = None;
        changed.generation += 1;
    }
    if changed.auth != AuthMode::Oauth {
        changed.client = None;
    }
    settle(changed, fields, Some(&current), faults)
}

fn said(mut base: Integration, fields: &IntegrationFields, faults: &mut Faults) -> Integration {
    if let Some(name) = fields.name.as_deref().and_then(|raw| faults.take("name", Name::parse(raw))) {
        base.name = name;
    }
    if let Some(url) =
        fields.url.as_deref().and_then(|raw| faults.take("url", IntegrationUrl::parse_plain(raw)))
    {
        base.url = url;
    }
    let category = fields.category.as_deref().map(words::category);
    base.category = category.and_then(|said| faults.take("category", said)).unwrap_or(base.category);
    let auth = fields.auth_mode.as_deref().map(words::auth_mode);
    base.auth = auth.and_then(|said| faults.take("auth_mode", said)).unwrap_or(base.auth);
    if let Some(raw) = &fields.scopes {
        base.scopes = scopes(raw, faults);
    }
    edit(&mut base.provider, "provider", &fields.provider, faults, ProviderWord::parse);
    edit(&mut base.issuer, "issuer", &fields.issuer, faults, IntegrationUrl::parse_secure);
    let schema = |raw: &str| CredentialSchema::of_object(raw.to_owned());
    edit(&mut base.credential_schema, "credential_schema", &fields.credential_schema, faults, schema);
    let CapabilityFields { tools, resources, prompts } = fields.capabilities;
    let before = base.capabilities;
    base.capabilities = Capabilities {
        tools: tools.unwrap_or(before.tools),
        resources: resources.unwrap_or(before.resources),
        prompts: prompts.unwrap_or(before.prompts),
    };
    base
}

pub(super) fn scopes(raw: &[String], faults: &mut Faults) -> ScopeSet {
    let most = ("scopes", Integration::MAX_SCOPES);
    faults.each(most, raw, Scope::parse, invalid_field).into_iter().collect()
}

/// A token belongs to the one way of authentication that shows it, and to the
/// host that it was given for: whoever may change a URL may not see a token.
fn settle(
    mut integration: Integration,
    fields: &IntegrationFields,
    before: Option<&Integration>,
    mut faults: Faults,
) -> Result<Drafted, Error> {
    let sent = fields.server_token.as_ref();
    if integration.auth != AuthMode::ServerToken {
        if sent.is_some() {
            let message = "is for `auth_mode` `server_token`";
            faults.add("server_token", ErrorCode::InvalidField, message);
        }
        faults.check()?;
        let server_token = if integration.has_server_token { Secret::Clear } else { Secret::Keep };
        integration.has_server_token = false;
        return Ok(Drafted { integration, server_token });
    }
    let moved = before.is_some_and(|before| !before.url.is_of_same_origin(&integration.url));
    let server_token = match sent {
        Some(token) if is_token(token) => Secret::Set(token.clone()),
        Some(_) => {
            let message = format!("is not 1 to {MAX_TOKEN} visible characters of ASCII");
            faults.add("server_token", ErrorCode::InvalidField, message);
            Secret::Keep
        }
        None => {
            if !integration.has_server_token {
                let message = "is required where `auth_mode` is `server_token`";
                faults.add("server_token", ErrorCode::InvalidField, message);
            } else if moved {
                let message = "is required again: the one before was for another host";
                faults.add("server_token", ErrorCode::InvalidField, message);
            }
            Secret::Keep
        }
    };
    faults.check()?;
    integration.has_server_token = true;
    Ok(Drafted { integration, server_token })
}

/// Whether it can be shown in a header.
pub(super) fn is_token(raw: &str) -> bool {
    (1..=MAX_TOKEN).contains(&raw.len()) && raw.bytes().all(|byte| byte.is_ascii_graphic())
}

impl fmt::Debug for IntegrationFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntegrationFields").field("name", &self.name).finish_non_exhaustive()
    }
}
