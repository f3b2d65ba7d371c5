//! What a SAML application has besides.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::edit::given;
use crate::{AttributeSource, NameIdFormat, Object};

/// An application as a SAML 2.0 service provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Saml {
    #[schema(example = "https://sp.example.com/metadata")]
    pub entity_id: String,
    /// Where assertions are posted; the first is the default.
    #[schema(example = json!(["https://sp.example.com/acs"]))]
    pub acs_urls: Vec<String>,
    /// What it signs its requests with, in PEM.
    pub certificates: Vec<String>,
    pub name_id_format: NameIdFormat,
    pub attribute_statements: Vec<AttributeStatement>,
}

/// What to set of [`Saml`]; `entity_id` and `acs_urls` are needed at creation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SamlFields {
    /// A URI.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 1024, example = "https://sp.example.com/metadata")]
    pub entity_id: Option<String>,
    /// Each https, or http on a loopback host.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, min_items = 1, max_items = 20, example = json!(["https://sp.example.com/acs"]))]
    pub acs_urls: Option<Vec<String>>,
    /// X.509, in PEM, one certificate each.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, max_items = 10)]
    pub certificates: Option<Vec<String>>,
    /// The word, or the URI of SAML 2.0 Core §8.3.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, default = "unspecified", example = "emailAddress")]
    pub name_id_format: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<AttributeStatement>, required = false, max_items = 50)]
    pub attribute_statements: Option<Vec<Object<AttributeStatement>>>,
}

/// An attribute that assertions carry, and where its value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeStatement {
    #[schema(min_length = 1, max_length = 512, example = "mail")]
    pub name: String,
    #[schema(value_type = AttributeSource)]
    pub source: String,
}
