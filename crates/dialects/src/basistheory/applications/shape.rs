//! An application in Basis Theory's JSON.

use appkeep_domain::Environment;
use appkeep_domain::access::{self, Permission, RuleScope};
use appkeep_http::Body;
use appkeep_service::access::{
    AccessFields, AccessRuleFields, ConditionFields, CreatedHolder, HolderView, NewHolder, NewKeyIn,
    SessionRuleFields,
};
use appkeep_service::{ApplicationFields, Edit};
use serde::{Deserialize, Serialize};

use crate::basistheory::keys::Key;
use crate::basistheory::words::{self, moment, tenant_id};

/// As it is shown. What is not known is left out.
#[derive(Serialize)]
pub(in super::super) struct Application {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<String>,
    name: String,
    /// The key that was just made, this one time.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    keys: Vec<Key>,
    #[serde(rename = "type")]
    kind: &'static str,
    permissions: Vec<&'static str>,
    rules: Vec<AccessRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<String>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

/// To which tokens permissions reach, and how much of them is shown.
#[derive(Serialize)]
pub(in super::super) struct AccessRule {
    description: String,
    priority: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<String>,
    transform: &'static str,
    permissions: Vec<&'static str>,
}

impl Application {
    pub(in super::super) fn of(view: &HolderView) -> Self {
        let application = &view.application;
        let has_changed = application.version > 1;
        Self {
            id: application.id.to_uuid(),
            tenant_id: tenant_id(application.owner),
            name: application.name.to_string(),
            key: None,
            keys: view.keys.iter().map(|key| Key::of(key, application.owner)).collect(),
            kind: view.kind.as_str(),
            permissions: show_permissions(&view.access.facet.permissions),
            rules: show_rules(&view.access.rules),
            created_by: words::actor(view.created_by.as_ref()),
            created_at: moment(application.created_at),
            modified_by: words::actor(view.changed_by.as_ref()),
            modified_at: has_changed.then(|| moment(application.updated_at)),
            expires_at: application.expires_at.map(moment),
        }
    }

    /// With the key that was made, which some clients look for at one place and
    /// some at the other.
    pub(super) fn created(created: &CreatedHolder) -> Self {
        let mut shown = Self::of(&created.view);
        let Some(added) = &created.key else { return shown };
        shown.key = Some(added.key.expose().to_owned());
        shown.keys = shown.keys.into_iter().map(|key| key.shown(added)).collect();
        shown
    }
}

pub(in super::super) fn show_permissions(permissions: &[Permission]) -> Vec<&'static str> {
    permissions.iter().map(|permission| permission.as_str()).collect()
}

pub(in super::super) fn show_rules(rules: &[access::AccessRule]) -> Vec<AccessRule> {
    let show = |rule: &access::AccessRule| AccessRule {
        description: rule.description.clone(),
        priority: rule.priority,
        container: match &rule.scope {
            RuleScope::Container(container) => Some(container.to_string()),
            RuleScope::Conditions(_) => None,
        },
        transform: rule.transform.as_str(),
        permissions: show_permissions(&rule.permissions),
    };
    rules.iter().map(show).collect()
}

/// What a new one is to be. Members that are not known are passed over.
#[derive(Deserialize)]
pub(super) struct NewApplication {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    permissions: Option<Vec<String>>,
    rules: Option<Vec<Rule>>,
    expires_at: Option<String>,
    create_key: Option<bool>,
}

impl Body for NewApplication {
    const REQUIRED: &'static [&'static str] = &["name", "type"];
}

/// What is to become of one.
#[derive(Deserialize)]
pub(super) struct Update {
    name: String,
    permissions: Option<Vec<String>>,
    rules: Option<Vec<Rule>>,
}

impl Body for Update {
    const REQUIRED: &'static [&'static str] = &["name"];
}

/// One that is said of an application, or of a session.
#[derive(Deserialize)]
pub(in super::super) struct Rule {
    description: Option<String>,
    priority: i64,
    container: Option<String>,
    conditions: Option<Vec<Condition>>,
    transform: String,
    permissions: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Condition {
    attribute: String,
    operator: String,
    value: String,
}

impl NewApplication {
    pub(super) fn into_holder(self, environment: Environment) -> NewHolder {
        let expires_at = self.expires_at.map_or(Edit::Keep, |raw| Edit::Set(words::rfc_3339(raw)));
        let key = if self.create_key.unwrap_or(true) {
            NewKeyIn::Environment(environment)
        } else {
            NewKeyIn::Nowhere
        };
        let fields = ApplicationFields { expires_at, ..named(self.name) };
        NewHolder { fields, access: access(Some(self.kind), self.permissions, self.rules), key }
    }
}

impl Update {
    pub(super) fn into_fields(self) -> (ApplicationFields, AccessFields) {
        (named(self.name), access(None, self.permissions, self.rules))
    }
}

fn named(name: String) -> ApplicationFields {
    let longest_name = Some(words::LONGEST_NAME);
    ApplicationFields { name: Some(name), longest_name, ..ApplicationFields::default() }
}

/// Whatever is not said is empty.
fn access(kind: Option<String>, permissions: Option<Vec<String>>, rules: Option<Vec<Rule>>) -> AccessFields {
    let rules = rules.unwrap_or_default().into_iter().map(Rule::into_fields).collect();
    AccessFields { kind, permissions: permissions.unwrap_or_default(), rules }
}

impl Rule {
    fn into_fields(self) -> AccessRuleFields {
        AccessRuleFields {
            description: self.description.unwrap_or_default(),
            priority: self.priority,
            container: self.container,
            conditions: conditions(self.conditions),
            transform: self.transform,
            permissions: self.permissions.unwrap_or_default(),
        }
    }

    pub(in super::super) fn into_session_fields(self) -> SessionRuleFields {
        SessionRuleFields {
            description: self.description.unwrap_or_default(),
            priority: self.priority,
            container: self.container,
            conditions: conditions(self.conditions),
            transform: self.transform,
            permissions: self.permissions.unwrap_or_default(),
        }
    }
}

fn conditions(said: Option<Vec<Condition>>) -> Vec<ConditionFields> {
    let condition = |Condition { attribute, operator, value }| ConditionFields { attribute, operator, value };
    said.unwrap_or_default().into_iter().map(condition).collect()
}
