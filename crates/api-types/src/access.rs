//! What the holders of an application's API keys may do.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{AccessDenial, AccessGrant, AccessKind, RuleVerdict, Transform};

/// What keys of an application may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Access {
    pub kind: AccessKind,
    /// On every token, or beside tokens.
    #[schema(example = json!(["token:create"]))]
    pub permissions: Vec<String>,
    pub rules: Vec<AccessRule>,
}

/// What keys of an application are to do: all of it, in the place of what was
/// said before. Permissions or rules, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccess {
    #[schema(value_type = AccessKind)]
    pub kind: String,
    #[serde(default)]
    #[schema(required = false, max_items = 30, example = json!(["token:create"]))]
    pub permissions: Vec<String>,
    #[serde(default)]
    #[schema(required = false, max_items = 1000)]
    pub rules: Vec<AccessRule>,
}

/// Gives permissions on the tokens of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessRule {
    #[serde(default)]
    #[schema(required = false, max_length = 200, example = "Support reads masked cards")]
    pub description: String,
    /// The lower, the sooner the rule is asked. No two rules have the same.
    #[schema(minimum = 1, maximum = 2_147_483_647_i64, example = 1)]
    pub priority: i64,
    /// A path, in small letters; what is within it is covered too.
    #[schema(max_length = 200, pattern = r"^/([A-Za-z0-9_-]+/)*$", example = "/pci/")]
    pub container: String,
    #[schema(value_type = Transform)]
    pub transform: String,
    /// Of those on tokens, which a key of this kind may hold.
    #[schema(min_items = 1, max_items = 30, example = json!(["token:read"]))]
    pub permissions: Vec<String>,
}

/// What somebody with a key would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessQuestion {
    #[schema(example = "token:read")]
    pub permission: String,
    /// Where the token is; needed for permissions on tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 200, example = "/pci/high/")]
    pub container: Option<String>,
}

/// What would come of it, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessExplanation {
    pub allowed: bool,
    /// How much of a token would be shown; `null` when it is not allowed, or
    /// not about tokens.
    #[schema(required = true)]
    pub transform: Option<Transform>,
    /// What allows it.
    #[schema(required = true)]
    pub granted_by: Option<AccessGrant>,
    /// Of the rule that allows it.
    #[schema(required = true, minimum = 1)]
    pub priority: Option<i64>,
    /// Why it is not allowed.
    #[schema(required = true)]
    pub reason: Option<AccessDenial>,
    /// All rules in the order in which they are asked.
    pub rules: Vec<ExplainedRule>,
}

/// A rule, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedRule {
    pub rule: AccessRule,
    pub verdict: RuleVerdict,
}

/// Something that a key may be allowed to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Permission {
    #[serde(rename = "type")]
    #[schema(example = "token:read")]
    pub permission: String,
    #[schema(example = "Read tokens")]
    pub description: String,
    /// Which kinds of keys may hold it.
    pub application_types: Vec<AccessKind>,
}

/// Which permissions to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PermissionQuery {
    /// Those that keys of this kind may hold; all without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = AccessKind, inline, required = false)]
    pub application_type: Option<String>,
}
