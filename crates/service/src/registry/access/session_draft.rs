//! From what somebody said a session may do to what may be kept.

use appkeep_domain::Timestamp;
use appkeep_domain::access::{
    AccessFacet, AccessRule, AccessSession, Attribute, Condition, Container, Operator, Permission, RuleScope,
};

use super::draft::{RuleTexts, parse_each_rule, parse_rule_about, parse_rule_permission};
use crate::error::{Error, ErrorCode};
use crate::registry::draft::parse_deadline;
use crate::registry::faults::{Faults, invalid_field};

/// What a session is to be, as it is sent. It has permissions or rules, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionFields {
    /// Which session it is.
    pub nonce: String,
    pub permissions: Vec<String>,
    pub rules: Vec<SessionRuleFields>,
    /// In the form of RFC 3339; without it the session ends when it would have.
    pub expires_at: Option<String>,
}

/// A rule about a container, or about tokens of which all conditions hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionRuleFields {
    pub description: String,
    pub priority: i64,
    pub container: Option<String>,
    pub conditions: Vec<ConditionFields>,
    /// `redact`, `mask` or `reveal`.
    pub transform: String,
    pub permissions: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConditionFields {
    /// `id` or `container`.
    pub attribute: String,
    /// `equals` or `starts_with`.
    pub operator: String,
    pub value: String,
}

/// What may be kept of it.
#[derive(Debug, Clone)]
pub(super) struct SessionDraft {
    pub(super) permissions: Vec<Permission>,
    pub(super) rules: Vec<AccessRule>,
    pub(super) expires_at: Option<Timestamp>,
}

/// Every fault is told at once.
pub(super) fn parse(fields: &SessionFields, now: Timestamp) -> Result<SessionDraft, Error> {
    let mut faults = Faults::default();
    let most = AccessFacet::MAX_PERMISSIONS;
    let parse = |raw: &str| parse_rule_permission(raw, None);
    let permissions = faults.each(("permissions", most), &fields.permissions, parse, invalid_field);
    let rules = parse_each_rule((&fields.rules, AccessSession::MAX_RULES), parse_rule, &mut faults);
    if fields.permissions.is_empty() && fields.rules.is_empty() {
        faults.add("permissions", ErrorCode::InvalidField, "is empty, and so is `rules`");
    }
    let expires_at = fields.expires_at.as_deref();
    let expires_at = expires_at.and_then(|raw| faults.take("expires_at", parse_end(raw, now)));
    faults.check()?;
    Ok(SessionDraft { permissions, rules, expires_at })
}

fn parse_end(raw: &str, now: Timestamp) -> Result<Timestamp, String> {
    let most = AccessSession::MAX_LIFETIME;
    let end = parse_deadline(raw, now)?;
    if end > now.plus(most) {
        Err(format!("is more than {} days away", most.as_seconds() / 86_400))
    } else {
        Ok(end)
    }
}

fn parse_rule(
    raw: &SessionRuleFields,
    (field, faults): (&dyn Fn(&str) -> String, &mut Faults),
) -> Option<AccessRule> {
    let scope = parse_scope(raw, (field, &mut *faults));
    let texts = RuleTexts {
        description: &raw.description,
        priority: raw.priority,
        transform: &raw.transform,
        permissions: &raw.permissions,
    };
    parse_rule_about(scope, &texts, None, (field, faults))
}

fn parse_scope(
    raw: &SessionRuleFields,
    (field, faults): (&dyn Fn(&str) -> String, &mut Faults),
) -> Option<RuleScope> {
    let name = field("conditions");
    match &raw.container {
        Some(_) if !raw.conditions.is_empty() => {
            faults.add(name, ErrorCode::InvalidField, "is not for a rule that has a `container`");
            None
        }
        Some(container) => {
            faults.take(&field("container"), Container::parse(container)).map(RuleScope::Container)
        }
        None if raw.conditions.is_empty() => {
            faults.add(field("container"), ErrorCode::InvalidField, "is needed without `conditions`");
            None
        }
        None => parse_conditions(&raw.conditions, (&name, faults)).map(RuleScope::Conditions),
    }
}

fn parse_conditions(raw: &[ConditionFields], (name, faults): (&str, &mut Faults)) -> Option<Vec<Condition>> {
    let most = AccessSession::MAX_CONDITIONS;
    if raw.len() > most {
        faults.add(name, ErrorCode::InvalidField, format!("has more than {most} elements"));
        return None;
    }
    let each = raw.iter().enumerate().map(|(place, one)| {
        let field = |part: &str| format!("{name}[{place}].{part}");
        let attribute = faults.take(&field("attribute"), Attribute::parse(&one.attribute));
        let operator = faults.take(&field("operator"), Operator::parse(&one.operator));
        let value = faults.take(&field("value"), parse_value(&one.value));
        Some(Condition::new(attribute?, operator?, value?))
    });
    // All of them, so that every fault is told.
    let each: Vec<Option<Condition>> = each.collect();
    each.into_iter().collect()
}

fn parse_value(raw: &str) -> Result<&str, String> {
    let most = Condition::MAX_VALUE;
    match raw {
        "" => Err("is empty".to_owned()),
        _ if raw.chars().count() > most => Err(format!("is longer than {most} characters")),
        _ if raw.chars().any(char::is_control) => Err("contains a control character".to_owned()),
        _ => Ok(raw),
    }
}
