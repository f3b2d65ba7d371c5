//! An application as an OAuth client: the part of its configuration that its
//! developers ask for by itself, and where it goes with it.

use appkeep_domain::{Action, Application, OauthFacet, Owner, Tenant, Within};
use appkeep_storage::ReadTx;

use super::Registry;
use super::fields::ApplicationFields;
use super::find::{find, parse_id};
use super::update::{ApplicationUpdate, Expected};
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::tokens::{GATEWAY_PATH, TENANTS};

/// An application that is an OAuth client. Its secret is not in it.
#[derive(Debug, Clone)]
pub struct OauthConfig {
    pub application: Application,
    pub facet: OauthFacet,
    /// Nothing for a partner's that is asked for from outside of its tenants: it
    /// is a client at the address of each.
    pub endpoints: Option<OauthEndpoints>,
}

/// Where it signs people in, gets its tokens, and uses them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthEndpoints {
    pub authorization: String,
    pub token: String,
    /// Where MCP servers and APIs that are integrated are reached.
    pub gateway: String,
}

/// What is said of it; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OauthFields {
    pub redirect_uris: Option<Vec<String>>,
    pub allowed_scopes: Option<Vec<String>>,
    pub allowed_resources: Option<Vec<String>>,
    pub grant_types: Option<Vec<String>>,
    pub require_pkce: Option<bool>,
}

impl Registry {
    /// `not_applicable` for an application that is no OAuth client.
    pub async fn oauth_config(&self, by: &By, id: &str) -> Result<OauthConfig, Error> {
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store.read().await?;
        let found = find(&mut tx, by, Action::ReadApplication, (id, now)).await?;
        self.oauth_config_of(&mut tx, by, found.application).await
    }

    /// As [`Self::update_application`], of these fields only.
    pub async fn update_oauth_config(
        &self,
        by: &By,
        id: &str,
        (expected, fields): (Expected, OauthFields),
    ) -> Result<OauthConfig, Error> {
        // Told before any field is found fault with, and after whether the caller
        // may change anything here.
        let now = self.now();
        let mut tx = self.store.read().await?;
        let found = find(&mut tx, by, Action::UpdateApplication, (parse_id(id)?, now)).await?;
        if found.application.oauth.is_none() {
            return Err(no_client());
        }
        drop(tx);
        let OauthFields { redirect_uris, allowed_scopes, allowed_resources, grant_types, require_pkce } =
            fields;
        let fields = ApplicationFields {
            redirect_uris,
            allowed_scopes,
            allowed_resources,
            grant_types,
            require_pkce,
            ..ApplicationFields::default()
        };
        let update = ApplicationUpdate { expected, fields, ..ApplicationUpdate::default() };
        let view = self.update_application(by, id, update).await?;
        let mut tx = self.store.read().await?;
        self.oauth_config_of(&mut tx, by, view.application).await
    }

    async fn oauth_config_of(
        &self,
        tx: &mut ReadTx,
        by: &By,
        application: Application,
    ) -> Result<OauthConfig, Error> {
        let facet = application.oauth.clone().ok_or_else(no_client)?;
        let endpoints = self.endpoints_of(tx, by, application.owner).await?;
        Ok(OauthConfig { application, facet, endpoints })
    }

    pub(super) async fn endpoints_of(
        &self,
        tx: &mut ReadTx,
        by: &By,
        owner: Owner,
    ) -> Result<Option<OauthEndpoints>, Error> {
        let issuer = self.issuer_of(tx, by, owner).await?;
        Ok(issuer.map(|issuer| OauthEndpoints {
            authorization: format!("{issuer}/oauth2/authorize"),
            token: format!("{issuer}/oauth2/token"),
            gateway: format!("{issuer}{GATEWAY_PATH}"),
        }))
    }

    /// At which address what belongs to this owner is a client, as far as that is
    /// one.
    async fn issuer_of(&self, tx: &mut ReadTx, by: &By, owner: Owner) -> Result<Option<String>, Error> {
        let Some(root) = self.public_url.as_deref() else { return Ok(None) };
        let tenant = match owner {
            Owner::Global => return Ok(Some(root.to_owned())),
            Owner::Partner(id) if by.partner == Some(id) => by.tenant,
            Owner::Partner(_) => return Ok(None),
            Owner::Tenant(id) => id,
        };
        let Some(tenant) = tx.tenant(Within::Platform, tenant).await? else { return Ok(None) };
        let is_root = tenant.slug.as_str() == Tenant::DEFAULT_SLUG;
        Ok(Some(if is_root { root.to_owned() } else { format!("{root}{TENANTS}{}", tenant.slug) }))
    }
}

fn no_client() -> Error {
    Error::new(ErrorCode::NotApplicable, "an application of this type is no OAuth client")
}
