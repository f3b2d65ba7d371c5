//! From what a caller said to a connection as it may be kept.

use std::fmt;

use appkeep_domain::{
    AppleKey, Connection, ConnectionId, DirectoryId, Name, ProviderClientId, ProviderIssuer, ProviderKind,
    ProviderName, ProviderPlace, Timestamp,
};
use appkeep_keys::LentKey;
use appkeep_oauth::{Scope, ScopeSet};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorCode, Fault};
use crate::registry::Edit;
use crate::registry::draft::edit;
use crate::registry::faults::{Faults, invalid_field};

const MAX_SCOPES: usize = 50;
/// Longest secret, in bytes.
const MAX_SECRET: usize = 1_024;

/// With whom, and as what there.
#[derive(Debug, Default)]
pub struct NewConnection {
    pub provider: String,
    /// Where the provider is, if nobody knows it.
    pub issuer: Option<String>,
    pub client_id: String,
    pub fields: ConnectionFields,
}

/// What else is said of a connection. `Debug` does not show its secret.
#[derive(Default)]
pub struct ConnectionFields {
    pub client_secret: Option<Zeroizing<String>>,
    /// In place of `client_secret`, for Apple.
    pub apple: Option<AppleFields>,
    pub scopes: Option<Vec<String>>,
    pub display_name: Edit<String>,
    pub is_enabled: Option<bool>,
}

/// What Apple gives out instead of a secret.
pub struct AppleFields {
    pub team_id: String,
    pub key_id: String,
    /// PEM.
    pub private_key: Zeroizing<String>,
}

/// A connection, and the secret that was said with it.
pub(super) struct Drafted<S> {
    pub(super) connection: Connection,
    pub(super) secret: S,
}

/// A new one. Of a provider that is none nothing else is judged.
pub(super) fn new(
    (id, directory): (ConnectionId, DirectoryId),
    new: &NewConnection,
    now: Timestamp,
) -> Result<Drafted<Zeroizing<String>>, Error> {
    let provider = ProviderName::parse(&new.provider)
        .map_err(|reason| Error::invalid(Fault::new("provider", ErrorCode::InvalidField, reason)))?;
    let (kind, fields) = (provider.kind(), &new.fields);
    let mut faults = Faults::default();
    let at = place(kind, new.issuer.as_deref(), fields.apple.as_ref(), &mut faults);
    let client_id = faults.take("client_id", ProviderClientId::parse(&new.client_id));
    let secret = secret(kind, fields, &mut faults);
    if fields.client_secret.is_none() && kind != ProviderKind::Apple {
        faults.add("client_secret", ErrorCode::InvalidField, "is needed: the provider asks for it");
    }
    let scopes = scopes(kind, fields, &mut faults);
    let mut display_name = None;
    edit(&mut display_name, "display_name", &fields.display_name, &mut faults, Name::parse);
    faults.check()?;
    // Whatever is missing is a fault.
    let (Some(at), Some(client_id), Some(secret)) = (at, client_id, secret) else {
        return Err(Error::new(ErrorCode::InvalidRequest, "no connection can be made of this"));
    };
    let connection = Connection {
        id,
        directory,
        provider,
        at,
        client_id,
        scopes: scopes.unwrap_or_else(|| kind.default_scopes()),
        display_name,
        is_enabled: fields.is_enabled.unwrap_or(true),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    Ok(Drafted { connection, secret })
}

/// `current` with what the fields say.
pub(super) fn apply(
    current: Connection,
    (client_id, fields): (Option<&str>, &ConnectionFields),
) -> Result<Drafted<Option<Zeroizing<String>>>, Error> {
    let kind = current.kind();
    let mut changed = current;
    let mut faults = Faults::default();
    if let Some(key) = fields.apple.as_ref().and_then(|raw| apple_key(raw, &mut faults)) {
        let issuer = changed.at.issuer().cloned();
        changed.at = placed(kind, (issuer, Some(key)), &mut faults).unwrap_or(changed.at);
    }
    if let Some(client_id) = client_id.and_then(|raw| faults.take("client_id", ProviderClientId::parse(raw)))
    {
        changed.client_id = client_id;
    }
    let secret = secret(kind, fields, &mut faults);
    changed.scopes = scopes(kind, fields, &mut faults).unwrap_or(changed.scopes);
    edit(&mut changed.display_name, "display_name", &fields.display_name, &mut faults, Name::parse);
    changed.is_enabled = fields.is_enabled.unwrap_or(changed.is_enabled);
    faults.check()?;
    Ok(Drafted { connection: changed, secret })
}

/// What is asked for, if that was said.
fn scopes(kind: ProviderKind, fields: &ConnectionFields, faults: &mut Faults) -> Option<ScopeSet> {
    let raw = fields.scopes.as_ref()?;
    if kind.gives_id_tokens() && !raw.iter().any(|scope| scope == "openid") {
        let message = "lacks `openid`, without which the provider does not say who somebody is";
        faults.add("scopes", ErrorCode::InvalidField, message);
    }
    Some(faults.each(("scopes", MAX_SCOPES), raw, Scope::parse, invalid_field).into_iter().collect())
}

/// Where a new one's provider is; nothing, and a fault more, when that cannot be.
fn place(
    kind: ProviderKind,
    issuer: Option<&str>,
    apple: Option<&AppleFields>,
    faults: &mut Faults,
) -> Option<ProviderPlace> {
    let issuer = issuer.map(|raw| faults.take("issuer", ProviderIssuer::parse(raw)));
    let apple = apple.map(|raw| apple_key(raw, faults));
    if matches!(issuer, Some(None)) || matches!(apple, Some(None)) {
        return None;
    }
    placed(kind, (issuer.flatten(), apple.flatten()), faults)
}

fn placed(
    kind: ProviderKind,
    parts: (Option<ProviderIssuer>, Option<AppleKey>),
    faults: &mut Faults,
) -> Option<ProviderPlace> {
    let place = ProviderPlace::of(kind, parts);
    place.map_err(|reason| faults.add(reason.field(), ErrorCode::InvalidField, reason)).ok()
}

fn apple_key(raw: &AppleFields, faults: &mut Faults) -> Option<AppleKey> {
    faults.take("apple", AppleKey::parse(&raw.team_id, &raw.key_id))
}

/// What was said that nobody else knows: Apple's is the key that it gave out.
fn secret(kind: ProviderKind, fields: &ConnectionFields, faults: &mut Faults) -> Option<Zeroizing<String>> {
    if kind == ProviderKind::Apple {
        if fields.client_secret.is_some() {
            let message = "is not what Apple knows an application by; `apple.private_key` is";
            faults.add("client_secret", ErrorCode::InvalidField, message);
        }
        let key = fields.apple.as_ref().map(|apple| &apple.private_key)?;
        return faults.take("apple.private_key", LentKey::from_pem(key)).map(|_| key.clone());
    }
    let secret = fields.client_secret.as_ref()?;
    faults.take("client_secret", check_secret(secret)).map(|()| secret.clone())
}

/// RFC 6749 Appendix A.2
fn check_secret(raw: &str) -> Result<(), String> {
    let is_known = |byte: u8| (0x20..=0x7e).contains(&byte);
    if (1..=MAX_SECRET).contains(&raw.len()) && raw.bytes().all(is_known) {
        Ok(())
    } else {
        Err(format!("is not 1 to {MAX_SECRET} printable characters of ASCII"))
    }
}

impl fmt::Debug for ConnectionFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionFields").finish_non_exhaustive()
    }
}
