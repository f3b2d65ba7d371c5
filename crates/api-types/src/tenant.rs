//! The tenant's settings.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::edit::{Edit, given};
use crate::{Deduplication, RegistrationMode, SigningAlgorithm, Standing};

/// A tenant, and its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tenant {
    #[schema(example = "tnt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    #[schema(example = "acme")]
    pub slug: String,
    #[schema(example = "Acme")]
    pub name: String,
    /// Whose tenant it is; `null` for the platform's own.
    #[schema(required = true, example = "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub partner_id: Option<String>,
    #[schema(required = true, format = "email")]
    pub contact_email: Option<String>,
    /// Its own; a tenant stands no firmer than its partner.
    pub status: Standing,
    #[schema(required = true, format = DateTime)]
    pub archived_at: Option<String>,
    /// For how many seconds a replaced client secret is still accepted.
    #[schema(minimum = 0, maximum = 604_800, example = 259_200)]
    pub secret_rotation_overlap_s: u32,
    /// Signs access tokens of applications that name no algorithm themselves.
    pub access_token_signing_alg: SigningAlgorithm,
    /// Shown on the pages where people sign in.
    #[schema(required = true, format = "uri")]
    pub logo_url: Option<String>,
    /// Of the buttons and links of those pages, made lighter or darker where it
    /// could not be read.
    #[schema(required = true, example = "#1a73e8")]
    pub colour: Option<String>,
    /// Whether every token of the vault has a fingerprint.
    pub fingerprint_tokens: bool,
    /// Whether there is one token only of each type and fingerprint, where
    /// whoever makes it says nothing.
    pub deduplicate_tokens: bool,
    /// What then becomes of the one that is there.
    pub token_deduplication_behavior: Deduplication,
    /// Who may register applications at `/oauth2/register`.
    pub client_registration: RegistrationMode,
    /// For how many seconds an application is kept that registered itself and never
    /// got a token.
    #[schema(minimum = 3_600, maximum = 2_592_000, example = 86_400)]
    pub unused_registration_ttl_s: u32,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// What to change of the settings; what is left out stays, and `null` empties
/// what can be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantPatch {
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 255)]
    pub name: Option<String>,
    /// Holds for rotations from now on; secrets that were replaced keep the
    /// deadline they were given.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false, minimum = 0, maximum = 604_800)]
    pub secret_rotation_overlap_s: Option<i64>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = SigningAlgorithm, required = false)]
    pub access_token_signing_alg: Option<String>,
    /// An https URL.
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, format = "uri")]
    pub logo_url: Edit<String>,
    #[serde(default, skip_serializing_if = "Edit::is_keep")]
    #[schema(value_type = Option<String>, required = false, pattern = "^#[0-9A-Fa-f]{6}$", example = "#1a73e8")]
    pub colour: Edit<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub fingerprint_tokens: Option<bool>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub deduplicate_tokens: Option<bool>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Deduplication, required = false)]
    pub token_deduplication_behavior: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = RegistrationMode, required = false)]
    pub client_registration: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false, minimum = 3_600, maximum = 2_592_000)]
    pub unused_registration_ttl_s: Option<i64>,
}
