//! What was changed, by whom.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::{ActorKind, Ownership};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    #[schema(example = "evt_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
    #[schema(example = "application.created")]
    pub action: String,
    #[schema(format = DateTime)]
    pub occurred_at: String,
    pub actor: Actor,
    /// The application it concerns, if it concerns one.
    #[schema(required = true, example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub application_id: Option<String>,
    /// The fields that changed, as they were; never a secret.
    #[schema(required = true, value_type = Option<Object>)]
    pub before: Option<Map<String, Value>>,
    /// The fields that changed, as they became; never a secret.
    #[schema(required = true, value_type = Option<Object>)]
    pub after: Option<Map<String, Value>>,
    /// The `x-request-id` of the request that did it.
    #[schema(example = "req_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub request_id: String,
    /// The network address that the request came from, if one did.
    #[schema(required = true, example = "203.0.113.7")]
    pub address: Option<String>,
    /// What a person's browser called itself.
    #[schema(
        required = true,
        example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    )]
    pub user_agent: Option<String>,
    /// Whether it told where a person was who has been deleted since.
    pub erased: bool,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Actor {
    pub kind: ActorKind,
    #[schema(example = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD")]
    pub id: String,
}

/// Which entries to show: those that fit every filter given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub cursor: Option<String>,
    /// The most that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 250, default = 50)]
    pub limit: Option<i64>,
    /// Whose history: the platform's, a partner's or a tenant's; that of the
    /// tenant that is spoken to when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Ownership, required = false)]
    pub ownership: Option<String>,
    /// For `ownership` `tenant`: which.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub tenant_id: Option<String>,
    /// For `ownership` `partner`: which; the partner of the tenant that is
    /// spoken to when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub partner_id: Option<String>,
    /// The id of the application that was changed; a deleted one too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub application: Option<String>,
    /// The id of whoever did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub actor: Option<String>,
    /// What was done, such as `application.created`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub action: Option<String>,
    /// What it was done to, such as `application`: what the action begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub resource_type: Option<String>,
    /// An id that the change names, such as that of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false)]
    pub resource_id: Option<String>,
    /// From this moment on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false, format = DateTime)]
    pub from: Option<String>,
    /// Before this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, required = false, format = DateTime)]
    pub until: Option<String>,
}
