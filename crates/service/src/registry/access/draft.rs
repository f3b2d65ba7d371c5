//! From what a caller said of an application's keys to what may be kept.

use std::collections::HashSet;

use appkeep_domain::Application;
use appkeep_domain::access::{
    AccessFacet, AccessKind, AccessRule, Container, Permission, RuleScope, Transform,
};

use super::{AccessView, ConditionFields};
use crate::error::{Error, ErrorCode};
use crate::registry::faults::{Faults, invalid_field};

/// Permissions and rules as they are sent: all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessFields {
    /// `private`, `public` or `management`. Where it is not said, as it was; of
    /// an application whose access was never set, as its type has it.
    pub kind: Option<String>,
    pub permissions: Vec<String>,
    pub rules: Vec<AccessRuleFields>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessRuleFields {
    pub description: String,
    pub priority: i64,
    pub container: Option<String>,
    /// They are for sessions: a rule of an application that has some is at fault.
    pub conditions: Vec<ConditionFields>,
    /// `redact`, `mask` or `reveal`.
    pub transform: String,
    pub permissions: Vec<String>,
}

/// `not_applicable` for an application that can have no keys; every other fault
/// is told with the rest.
pub(super) fn parse(
    fields: &AccessFields,
    application: &Application,
    faults: &mut Faults,
) -> Result<AccessView, Error> {
    if !AccessKind::ALL.into_iter().any(|kind| kind.fits(application.kind)) {
        let message = format!("a {} application has no API keys", application.kind.as_str());
        return Err(Error::new(ErrorCode::NotApplicable, message));
    }
    let kind = parse_kind(fields, application, faults);
    let parse = |raw: &str| parse_permission(raw, kind);
    let most = AccessFacet::MAX_PERMISSIONS;
    let permissions = faults.each(("permissions", most), &fields.permissions, parse, invalid_field);
    let rules = parse_rules(&fields.rules, kind, faults);
    if fields.permissions.is_empty() && fields.rules.is_empty() {
        faults.add("permissions", ErrorCode::InvalidField, "is empty, and so is `rules`");
    }
    // Without a kind there is a fault, and nothing is kept.
    let facet = AccessFacet { kind: kind.unwrap_or(AccessKind::Public), permissions };
    Ok(AccessView { facet, rules })
}

fn parse_kind(fields: &AccessFields, application: &Application, faults: &mut Faults) -> Option<AccessKind> {
    let Some(raw) = &fields.kind else { return Some(application.access_kind()) };
    let kind = faults.take("kind", AccessKind::parse(raw).map_err(|reason| format!("is {reason}")))?;
    let current = application.access.as_ref().map(|facet| facet.kind);
    if current.is_some_and(|current| current != kind) {
        let message = "cannot be changed; delete the access first, and every key with it";
        faults.add("kind", ErrorCode::ImmutableField, message);
    } else if !kind.fits(application.kind) {
        let message = format!("is not for a {} application", application.kind.as_str());
        faults.add("kind", ErrorCode::InvalidField, message);
    }
    Some(kind)
}

/// Of a kind that is at fault itself, anything.
fn parse_permission(raw: &str, kind: Option<AccessKind>) -> Result<Permission, String> {
    let permission = Permission::parse(raw).map_err(|reason| reason.to_string())?;
    match kind {
        Some(kind) if !permission.may_be_held_by(kind) => Err(format!("is not for {} keys", kind.as_str())),
        _ => Ok(permission),
    }
}

fn parse_rules(raw: &[AccessRuleFields], kind: Option<AccessKind>, faults: &mut Faults) -> Vec<AccessRule> {
    let parse =
        |rule: &AccessRuleFields, told: (&dyn Fn(&str) -> String, &mut Faults)| parse_rule(rule, kind, told);
    parse_each_rule((raw, AccessFacet::MAX_RULES), parse, faults)
}

/// Every rule that can be parsed; no two of the same priority.
pub(super) fn parse_each_rule<T>(
    (raw, most): (&[T], usize),
    parse: impl Fn(&T, (&dyn Fn(&str) -> String, &mut Faults)) -> Option<AccessRule>,
    faults: &mut Faults,
) -> Vec<AccessRule> {
    if raw.len() > most {
        faults.add("rules", ErrorCode::InvalidField, format!("has more than {most} elements"));
        return Vec::new();
    }
    let mut ranks = HashSet::new();
    let each = raw.iter().enumerate().filter_map(|(place, rule)| {
        let field = |name: &str| format!("rules[{place}].{name}");
        let rule = parse(rule, (&field, &mut *faults))?;
        if !ranks.insert(rule.priority) {
            faults.add(field("priority"), ErrorCode::InvalidField, "is another rule's already");
        }
        Some(rule)
    });
    each.collect()
}

fn parse_rule(
    raw: &AccessRuleFields,
    kind: Option<AccessKind>,
    (field, faults): (&dyn Fn(&str) -> String, &mut Faults),
) -> Option<AccessRule> {
    let container = if let Some(container) = &raw.container {
        faults.take(&field("container"), Container::parse(container))
    } else {
        faults.add(field("container"), ErrorCode::InvalidField, "is required");
        None
    };
    if !raw.conditions.is_empty() {
        faults.add(field("conditions"), ErrorCode::InvalidField, "is for the rules of sessions");
    }
    let texts = RuleTexts {
        description: &raw.description,
        priority: raw.priority,
        transform: &raw.transform,
        permissions: &raw.permissions,
    };
    parse_rule_about(container.map(RuleScope::Container), &texts, kind, (field, faults))
}

/// What a rule says besides which tokens it is about.
pub(super) struct RuleTexts<'a> {
    pub(super) description: &'a str,
    pub(super) priority: i64,
    pub(super) transform: &'a str,
    pub(super) permissions: &'a [String],
}

pub(super) fn parse_rule_about(
    scope: Option<RuleScope>,
    raw: &RuleTexts<'_>,
    kind: Option<AccessKind>,
    (field, faults): (&dyn Fn(&str) -> String, &mut Faults),
) -> Option<AccessRule> {
    let description = faults.take(&field("description"), parse_description(raw.description));
    let priority = faults.take(&field("priority"), AccessRule::parse_priority(raw.priority));
    let transform = faults.take(&field("transform"), Transform::parse(raw.transform));
    let parse = |raw: &str| parse_rule_permission(raw, kind);
    let name = field("permissions");
    let permissions =
        faults.each((&name, AccessFacet::MAX_PERMISSIONS), raw.permissions, parse, invalid_field);
    if raw.permissions.is_empty() {
        faults.add(name, ErrorCode::InvalidField, "is empty");
    }
    Some(AccessRule {
        description: description?,
        priority: priority?,
        scope: scope?,
        transform: transform?,
        permissions,
    })
}

pub(super) fn parse_rule_permission(raw: &str, kind: Option<AccessKind>) -> Result<Permission, String> {
    let permission = parse_permission(raw, kind)?;
    if permission.is_of_tokens() { Ok(permission) } else { Err("is not for rules to give".to_owned()) }
}

fn parse_description(raw: &str) -> Result<String, String> {
    let most = AccessRule::MAX_DESCRIPTION;
    if raw.chars().count() > most {
        return Err(format!("is longer than {most} characters"));
    }
    if raw.chars().any(char::is_control) {
        return Err("contains a control character".to_owned());
    }
    Ok(raw.to_owned())
}
