//! What a caller says of an application, as it was sent.

use super::ownership::OwnershipFields;

/// What is said of a field that can be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Edit<T> {
    /// Nothing: it stays, or has its default when the application is new.
    #[default]
    Keep,
    /// It is to be empty.
    Clear,
    Set(T),
}

/// The fields that a caller names; what it leaves out stays as it is, or has
/// the default of its kind when the application is new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplicationFields {
    /// Fixed when the application is made.
    pub ownership: OwnershipFields,
    /// `tenant` or `application`; fixed when the application is made.
    pub user_pool: Option<String>,
    pub name: Option<String>,
    /// Of a surface where names are shorter: longest one, in characters.
    pub longest_name: Option<usize>,
    pub slug: Option<String>,
    pub description: Edit<String>,
    pub logo_url: Edit<String>,
    pub tags: Option<Vec<String>>,
    /// RFC 3339.
    pub expires_at: Edit<String>,
    pub redirect_uris: Option<Vec<String>>,
    pub post_logout_redirect_uris: Option<Vec<String>>,
    pub allowed_origins: Option<Vec<String>>,
    pub allowed_scopes: Option<Vec<String>>,
    pub audience: Edit<String>,
    pub allowed_resources: Option<Vec<String>>,
    pub access_token_ttl_s: Option<i64>,
    pub refresh_token_ttl_s: Option<i64>,
    pub refresh_token_max_age_s: Option<i64>,
    pub grant_types: Option<Vec<String>>,
    pub token_endpoint_auth_method: Option<String>,
    /// A JWK Set as JSON.
    pub jwks: Edit<String>,
    pub jwks_uri: Edit<String>,
    pub require_pkce: Option<bool>,
    pub access_token_signing_alg: Edit<String>,
    pub id_token_signing_alg: Edit<String>,
    pub first_party: Option<bool>,
    pub assignment_required: Option<bool>,
    pub saml: Option<SamlFields>,
}

/// The same for the SAML facet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SamlFields {
    pub entity_id: Option<String>,
    pub acs_urls: Option<Vec<String>>,
    /// X.509, PEM or bare base64 of DER.
    pub certificates: Option<Vec<String>>,
    pub name_id_format: Option<String>,
    pub attribute_statements: Option<Vec<AttributeStatementFields>>,
}

/// An attribute that assertions are to carry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributeStatementFields {
    pub name: String,
    /// Such as `user.email`.
    pub source: String,
}
