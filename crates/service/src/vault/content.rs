//! What of a token is sealed.

use std::collections::BTreeMap;

use appkeep_domain::{Environment, Issuer, Timestamp};
use appkeep_keys::Aad;
use appkeep_storage::{VaultOf, VaultToken};
use appkeep_vault::{Context, TokenType};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::Vault;
use super::derive::Fingerprinting;
use crate::error::{Error, ErrorCode};

/// The whole of it, sealed together; a field added later has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) data: Value,
    #[serde(default)]
    pub(super) mask: Option<Value>,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) search_indexes: Vec<String>,
    #[serde(default)]
    pub(super) fingerprint_expression: Option<String>,
}

impl Content {
    pub(super) fn read(written: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(written).map_err(|_| damaged())
    }

    /// How the fingerprint is made, where there is one.
    pub(super) fn fingerprint_source(
        &self,
        token_type: TokenType,
        fingerprinting: Fingerprinting,
    ) -> Option<&str> {
        let default = || (fingerprinting == Fingerprinting::Always).then(|| token_type.default_fingerprint());
        self.fingerprint_expression.as_deref().or_else(default)
    }

    /// The metadata as expressions speak of it.
    pub(super) fn metadata_values(&self) -> Map<String, Value> {
        self.metadata.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect()
    }

    pub(super) fn context<'a>(&'a self, metadata: &'a Map<String, Value>) -> Context<'a> {
        Context { metadata: Some(metadata), ..Context::of_data(&self.data) }
    }
}

/// Sealed, and under which of the data keys.
#[derive(Debug, Clone)]
pub(super) struct Sealed {
    pub(super) version: u32,
    pub(super) bytes: Vec<u8>,
}

impl Vault {
    pub(super) async fn seal_content(
        &self,
        of: VaultOf,
        id: &str,
        content: &Content,
    ) -> Result<Sealed, Error> {
        let written = serde_json::to_vec(content).map_err(|error| damaged().because(error))?;
        self.seal(of, (id, "sealed"), &written).await
    }

    pub(super) async fn open_content(&self, token: &VaultToken) -> Result<Content, Error> {
        Content::read(&self.unseal(token).await?)
    }

    /// As it was written.
    pub(super) async fn unseal(&self, token: &VaultToken) -> Result<Zeroizing<Vec<u8>>, Error> {
        let sealed = (token.data_key_version, token.sealed.as_slice());
        let place = place(token.of, &token.id, "sealed");
        Ok(self.keyring().open(Issuer::Tenant(token.of.tenant), &place, sealed).await?)
    }

    pub(super) async fn seal(
        &self,
        of: VaultOf,
        (row, field): (&str, &str),
        plaintext: &[u8],
    ) -> Result<Sealed, Error> {
        let place = place(of, row, field);
        let (version, bytes) = self.keyring().seal(Issuer::Tenant(of.tenant), &place, plaintext).await?;
        Ok(Sealed { version, bytes })
    }
}

/// Elsewhere it does not open.
pub(super) fn place(of: VaultOf, id: &str, field: &str) -> Aad {
    let environment = [u8::from(of.environment == Environment::Live)];
    let row = [&of.tenant.as_bytes()[..], &environment, id.as_bytes()].concat();
    Aad::new("vault_tokens", &row, field)
}

/// Whether its time is over.
pub(super) fn is_expired(token: &VaultToken, now: Timestamp) -> bool {
    token.expires_at.is_some_and(|end| end <= now)
}

fn damaged() -> Error {
    Error::new(ErrorCode::Internal, "something went wrong here")
}
