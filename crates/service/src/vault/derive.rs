//! What is made of a token's data: its fingerprint, and by what it is found.

use appkeep_domain::{Environment, Issuer};
use appkeep_keys::MacKey;
use appkeep_storage::{VaultOf, VaultTag};
use appkeep_vault::{Allowance, Expression, TokenType, base58};

use super::Vault;
use super::content::Content;
use crate::error::{Error, ErrorCode};
use crate::registry::faults::Faults;

/// Of one environment of a tenant, so that equal data elsewhere looks different.
#[derive(Debug, Clone)]
pub(super) struct VaultKeys {
    fingerprints: MacKey,
    tags: MacKey,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Derived {
    pub(super) fingerprint: Option<String>,
    pub(super) tags: Vec<VaultTag>,
}

/// Whether a token has a fingerprint though nobody said how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fingerprinting {
    IfSaid,
    Always,
}

impl Vault {
    pub(super) async fn keys(&self, of: VaultOf) -> Result<VaultKeys, Error> {
        let issuer = Issuer::Tenant(of.tenant);
        let [fingerprints, tags] = match of.environment {
            Environment::Live => ["vault fingerprints", "vault tags"],
            Environment::Test => ["vault fingerprints of tests", "vault tags of tests"],
        };
        let keyring = self.keyring();
        Ok(VaultKeys {
            fingerprints: keyring.mac_key(issuer, fingerprints).await?,
            tags: keyring.mac_key(issuer, tags).await?,
        })
    }
}

impl VaultKeys {
    /// By what a token with this metadata is found.
    pub(super) fn metadata_tag(&self, name: &str, value: &str) -> VaultTag {
        let length = (name.len() as u64).to_be_bytes();
        self.tags.tag(&[b"metadata", &length[..], name.as_bytes(), value.as_bytes()].concat())
    }

    /// By what a token is found of which a search index is this.
    pub(super) fn index_tag(&self, value: &str) -> VaultTag {
        self.tags.tag(&[b"index", value.as_bytes()].concat())
    }

    /// Finds fault with expressions that come to nothing, if somebody wrote them,
    /// and takes a while: not for the threads that serve.
    pub(super) fn derive(
        &self,
        (token_type, content): (TokenType, &Content),
        fingerprinting: Fingerprinting,
        faults: &mut Faults,
    ) -> Derived {
        let metadata = content.metadata_values();
        let bindings = content.context(&metadata);
        let mut allowance = Allowance::of(WORK);
        let mut evaluate = |source: &str| {
            let text = Expression::text_of(source, &bindings, &mut allowance);
            text.ok().filter(|text| !text.is_empty())
        };
        let mut tags: Vec<VaultTag> =
            content.metadata.iter().map(|(name, value)| self.metadata_tag(name, value)).collect();
        for (place, source) in content.search_indexes.iter().enumerate() {
            match evaluate(source) {
                Some(value) => tags.push(self.index_tag(&value)),
                None => faults.add(format!("search_indexes[{place}]"), ErrorCode::InvalidField, NOTHING),
            }
        }
        tags.sort_unstable();
        tags.dedup();
        let source = content.fingerprint_source(token_type, fingerprinting);
        let fingerprinted = source.and_then(&mut evaluate);
        if fingerprinted.is_none() && content.fingerprint_expression.is_some() {
            faults.add("fingerprint_expression", ErrorCode::InvalidField, NOTHING);
        }
        let fingerprint = fingerprinted.map(|text| self.fingerprint(token_type, &text));
        Derived { fingerprint, tags }
    }

    fn fingerprint(&self, token_type: TokenType, text: &str) -> String {
        let message = [token_type.as_str().as_bytes(), &[0], text.as_bytes()].concat();
        base58(&self.fingerprints.tag(&message))
    }
}

/// What all of that may take of one token.
const WORK: usize = 16 * 1_024 * 1_024;
const NOTHING: &str = "comes to no text, or to an empty one";
