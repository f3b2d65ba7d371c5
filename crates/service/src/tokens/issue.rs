//! Access tokens as signed JWTs (RFC 9068), and what is given out beside them.

use std::fmt;
use std::sync::Arc;

use appkeep_domain::{
    ApplicationId, Grant, OperatorId, SigningAlgorithm, TenantId, Timestamp, TokenId, User,
};
use appkeep_keys::{SigningKey, TokenType};
use appkeep_oauth::{Refusal, ScopeSet};

use super::Inner;
use super::access_token::{AdminRole, AppScope, Claims, OwnToken, PersonClaims};
use super::authenticate::AuthenticatedClient;
use super::client_names::ClientName;
use super::id_token::{self, IdTokenClaims};
use super::people::ForWhom;
use super::refuse::{refuse, unauthorized};
use super::tenants::Settings;
use crate::{Error, ErrorCode};

/// Of most claims, printed.
const LIKELY_LENGTH: usize = 512;

/// Tokens that were just made, as the client is to get them.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedToken {
    pub access_token: String,
    /// In seconds from now.
    pub expires_in: u32,
    /// What was granted, which may be less than was asked for.
    pub scope: ScopeSet,
    pub refresh_token: Option<String>,
    /// Who signed in, for whoever asked for `openid`.
    pub id_token: Option<String>,
    /// What the access token is, after an exchange (RFC 8693 §2.2.1).
    pub issued_token_type: Option<&'static str>,
}

/// What a token is to open.
pub(super) struct Access {
    pub(super) audience: Vec<String>,
    pub(super) scope: ScopeSet,
}

/// What signs a person's tokens.
pub(super) struct Signers {
    access: Arc<SigningKey>,
    id: (SigningAlgorithm, Arc<SigningKey>),
}

/// What a person's tokens are made of.
pub(super) struct ForPerson {
    pub(super) grant: Grant,
    pub(super) user: User,
    pub(super) audience: Vec<String>,
    pub(super) scope: ScopeSet,
    pub(super) nonce: Option<String>,
    pub(super) refresh_token: Option<String>,
    /// No token outlives it, or it could not be ended any more.
    pub(super) session_ends: Timestamp,
}

impl Inner {
    /// A token for the client itself.
    pub(super) async fn issue(
        &self,
        (client, settings): (&AuthenticatedClient, &Settings),
        access: Access,
    ) -> Result<IssuedToken, Refusal> {
        let now = self.now();
        let key = self.access_token_key(client, settings, now).await?;
        let claims = self.claims((client, settings), access.audience, &access.scope, now);
        let is_global = claims.app_scope == AppScope::Global;
        let claims = Claims {
            tenant_id: claims.tenant_id.filter(|_| !is_global),
            partner_id: claims.partner_id.filter(|_| !is_global),
            platform_token: is_global,
            token_type: Some(OwnToken::ClientCredentials),
            ..claims
        };
        sign_access_token(&key, &claims, access.scope)
    }

    /// Found before a code or a refresh token is used up: without them it would
    /// have been for nothing.
    pub(super) async fn signers(&self, client: &AuthenticatedClient) -> Result<Signers, Refusal> {
        let (settings, now) = (self.settings().await.map_err(refuse)?, self.now());
        let access = self.access_token_key(client, &settings, now).await?;
        let algorithm = id_token::algorithm(client);
        Ok(Signers { access, id: (algorithm, self.signer(algorithm, now).await?) })
    }

    /// Tokens for a client that speaks for a person.
    pub(super) async fn issue_for_person(
        &self,
        with: (&AuthenticatedClient, &Signers),
        made_of: ForPerson,
    ) -> Result<IssuedToken, Refusal> {
        self.issue_in_workspace(with, made_of, None).await
    }

    /// The same, for somebody who means one tenant of those that they see.
    pub(super) async fn issue_in_workspace(
        &self,
        (client, signers): (&AuthenticatedClient, &Signers),
        made_of: ForPerson,
        workspace: Option<TenantId>,
    ) -> Result<IssuedToken, Refusal> {
        let (settings, now) = (self.settings().await.map_err(refuse)?, self.now());
        let ForPerson { grant, user, audience, scope, nonce, refresh_token, session_ends } = made_of;
        let role = self.admin_role(client, &user).await.map_err(refuse)?;
        let people = self.people_of_client(&client.client, client.environment);
        let workspace_id = workspace.map(|tenant| tenant.to_string());
        let claims = self.claims((client, &settings), audience, &scope, now);
        let claims = Claims {
            sub: user.id.to_string(),
            client_id: grant.client_spelling.clone(),
            application_id: beside(&grant.client_spelling, client.client.id()),
            person: Some(PersonClaims { workspace_id, ..PersonClaims::of(&grant, (role, people)) }),
            exp: claims.exp.min(session_ends.as_seconds()),
            ..claims
        };
        let issued = sign_access_token(&signers.access, &claims, scope)?;
        let id_token = issued.scope.contains(id_token::OPENID).then(|| {
            let claims = IdTokenClaims::new(&claims, (&grant, &user, &issued), nonce);
            id_token::sign(&signers.id, claims, &issued.access_token)
        });
        Ok(IssuedToken { refresh_token, id_token, ..issued })
    }

    pub(super) async fn access_token_key(
        &self,
        client: &AuthenticatedClient,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Arc<SigningKey>, Refusal> {
        // The application's choice, else the tenant's.
        let algorithm = client.client.access_token_signing_alg;
        self.signer(algorithm.unwrap_or(settings.tenant.access_token_signing_alg), now).await
    }

    /// Of an operator, as far as they administer.
    async fn admin_role(
        &self,
        client: &AuthenticatedClient,
        user: &User,
    ) -> Result<Option<AdminRole>, Error> {
        if client.client.for_whom != ForWhom::Operators {
            return Ok(None);
        }
        let roles = self.operators.roles(OperatorId::from_bytes(user.id.as_bytes())).await?;
        Ok(AdminRole::highest(&roles))
    }

    pub(super) async fn signer(
        &self,
        algorithm: SigningAlgorithm,
        now: Timestamp,
    ) -> Result<Arc<SigningKey>, Refusal> {
        let keys = self.signing_keys().await.map_err(refuse)?;
        let keys = if keys.is_empty() { self.make_signing_keys().await.map_err(refuse)? } else { keys };
        keys.signer(algorithm, now).ok_or_else(|| refuse(no_key(algorithm)))
    }

    /// Those of the tenant whose tokens these are.
    pub(super) async fn settings(&self) -> Result<Arc<Settings>, Error> {
        self.tenants.find(self.address.tenant).await?.ok_or_else(|| {
            Error::new(ErrorCode::Internal, "something went wrong here").because("the tenant is not there")
        })
    }

    /// Whole seconds; a token does not outlive its application.
    pub(super) fn claims(
        &self,
        (client, settings): (&AuthenticatedClient, &Settings),
        aud: Vec<String>,
        scope: &ScopeSet,
        now: Timestamp,
    ) -> Claims {
        let iat = now.as_seconds();
        let full = iat + i64::from(client.client.access_token_ttl.as_seconds());
        let end = client.client.expires_at.map_or(i64::MAX, Timestamp::as_seconds);
        let id: TokenId = self.ids.make(&*self.clock, &*self.entropy);
        Claims {
            iss: self.address.issuer().to_owned(),
            sub: client.spelling.clone(),
            aud,
            exp: full.min(end),
            iat,
            jti: id.to_string(),
            client_id: client.spelling.clone(),
            application_id: beside(&client.spelling, client.client.id()),
            scope: scope.to_string(),
            tenant_id: Some(self.address.tenant.to_string()),
            partner_id: settings.tenant.partner.map(|partner| partner.to_string()),
            app_scope: AppScope::of(client.client.owner),
            platform_token: false,
            token_type: None,
            act: None,
            may_act: None,
            person: None,
        }
    }
}

/// The application's id, beside a name that is none.
fn beside(client_id: &str, id: ApplicationId) -> Option<String> {
    matches!(ClientName::parse(client_id), Some(ClientName::Key(_))).then(|| id.to_string())
}

pub(super) fn sign_access_token(
    key: &SigningKey,
    claims: &Claims,
    scope: ScopeSet,
) -> Result<IssuedToken, Refusal> {
    let lifetime = claims.exp - claims.iat;
    if lifetime <= 0 {
        return Err(unauthorized("the time of this client is over"));
    }
    let mut json = Vec::with_capacity(LIKELY_LENGTH);
    serde_json::to_writer(&mut json, claims).expect("texts and numbers always print");
    Ok(IssuedToken {
        access_token: key.sign(TokenType::AccessToken, &json),
        expires_in: u32::try_from(lifetime).unwrap_or_default(),
        scope,
        refresh_token: None,
        id_token: None,
        issued_token_type: None,
    })
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
            .field("has_refresh_token", &self.refresh_token.is_some())
            .finish_non_exhaustive()
    }
}
