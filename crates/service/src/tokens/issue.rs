//! Access tokens as signed JWTs (RFC 9068).

use std::fmt;
use std::sync::Arc;

use appkeep_domain::{SigningAlgorithm, Timestamp, TokenId};
use appkeep_keys::TokenType;
use appkeep_oauth::{Refusal, ScopeSet};

use super::Inner;
use super::access_token::Claims;
use super::authenticate::AuthenticatedClient;
use super::refuse::{refuse, unauthorized};
use super::tenants::Settings;
use crate::{Error, ErrorCode};

/// Of most claims, printed.
const LIKELY_LENGTH: usize = 512;

/// A token that was just made, as the client is to get it.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedToken {
    pub access_token: String,
    /// In seconds from now.
    pub expires_in: u32,
    /// What was granted, which may be less than was asked for.
    pub scope: ScopeSet,
}

/// What a token is to open.
pub(super) struct Grant {
    pub(super) audience: Vec<String>,
    pub(super) scope: ScopeSet,
}

impl Inner {
    pub(super) async fn issue(
        &self,
        client: &AuthenticatedClient,
        grant: Grant,
    ) -> Result<IssuedToken, Refusal> {
        let now = self.now();
        let algorithm = self.access_token_algorithm(client).await.map_err(refuse)?;
        let keys = self.signing_keys().await.map_err(refuse)?;
        let key = keys.signer(algorithm, now).ok_or_else(|| refuse(no_key(algorithm)))?;
        let claims = self.claims(client, grant.audience, &grant.scope, now);
        let lifetime = claims.exp - claims.iat;
        if lifetime <= 0 {
            return Err(unauthorized("the time of this client is over"));
        }
        let mut json = Vec::with_capacity(LIKELY_LENGTH);
        serde_json::to_writer(&mut json, &claims).expect("texts and numbers always print");
        Ok(IssuedToken {
            access_token: key.sign(TokenType::AccessToken, &json),
            expires_in: u32::try_from(lifetime).unwrap_or_default(),
            scope: grant.scope,
        })
    }

    /// The application's choice, else the tenant's.
    async fn access_token_algorithm(&self, client: &AuthenticatedClient) -> Result<SigningAlgorithm, Error> {
        if let Some(chosen) = client.client.access_token_signing_alg {
            return Ok(chosen);
        }
        Ok(self.settings().await?.tenant.access_token_signing_alg)
    }

    /// Those of the tenant whose tokens these are.
    pub(super) async fn settings(&self) -> Result<Arc<Settings>, Error> {
        self.tenants.find(self.tenant).await?.ok_or_else(|| {
            Error::new(ErrorCode::Internal, "something went wrong here").because("the tenant is not there")
        })
    }

    /// Whole seconds; a token does not outlive its application.
    fn claims(
        &self,
        client: &AuthenticatedClient,
        aud: Vec<String>,
        scope: &ScopeSet,
        now: Timestamp,
    ) -> Claims {
        let iat = now.as_seconds();
        let full = iat + i64::from(client.client.access_token_ttl.as_seconds());
        let end = client.client.expires_at.map_or(i64::MAX, Timestamp::as_seconds);
        let id: TokenId = self.ids.make(&*self.clock, &*self.entropy);
        Claims {
            iss: self.addresses.issuer().to_owned(),
            sub: client.spelling.clone(),
            aud,
            exp: full.min(end),
            iat,
            jti: id.to_string(),
            client_id: client.spelling.clone(),
            scope: scope.to_string(),
            tenant_id: self.tenant.to_string(),
        }
    }
}

fn no_key(algorithm: SigningAlgorithm) -> Error {
    Error::new(ErrorCode::Internal, "something went wrong here")
        .because(format!("there is no {} key to sign with", algorithm.as_str()))
}

/// Whoever holds a token can use it.
impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken")
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
