//! What keys may do, and why.

use appkeep_api_types as api;
use appkeep_domain::access::{
    AccessDecision, AccessDenied, AccessKind, AccessRule, GrantedBy, Permission, RuleScope, RuleVerdict,
    Transform,
};
use appkeep_service::access::{AccessFields, AccessQuestion, AccessRuleFields, AccessView, Explained};

pub(crate) fn access(view: &AccessView) -> api::Access {
    api::Access {
        kind: kind(view.facet.kind),
        permissions: permissions(&view.facet.permissions),
        rules: view.rules.iter().map(rule).collect(),
    }
}

pub(crate) fn new_access(new: api::NewAccess) -> AccessFields {
    let rule = |rule: api::AccessRule| AccessRuleFields {
        description: rule.description,
        priority: rule.priority,
        container: Some(rule.container),
        conditions: Vec::new(),
        transform: rule.transform,
        permissions: rule.permissions,
    };
    AccessFields {
        kind: Some(new.kind),
        permissions: new.permissions,
        rules: new.rules.into_iter().map(rule).collect(),
    }
}

pub(crate) fn access_question(question: api::AccessQuestion) -> AccessQuestion {
    AccessQuestion { permission: question.permission, container: question.container }
}

pub(crate) fn explanation(explained: &Explained) -> api::AccessExplanation {
    let (granted_by, priority, reason) = match explained.decision {
        AccessDecision::Allowed { by: GrantedBy::Rule { priority }, .. } => {
            (Some(api::AccessGrant::Rule), Some(i64::from(priority)), None)
        }
        AccessDecision::Allowed { by: GrantedBy::Permission, .. } => {
            (Some(api::AccessGrant::Permission), None, None)
        }
        AccessDecision::Denied(AccessDenied::NotHeld) => {
            (None, None, Some(api::AccessDenial::PermissionNotHeld))
        }
        AccessDecision::Denied(AccessDenied::ElsewhereOnly) => {
            (None, None, Some(api::AccessDenial::NoRuleMatches))
        }
    };
    let each = |(one, verdict): &(AccessRule, RuleVerdict)| api::ExplainedRule {
        rule: rule(one),
        verdict: rule_verdict(*verdict),
    };
    api::AccessExplanation {
        allowed: explained.decision.is_allowed(),
        transform: explained.decision.transform().map(transform),
        granted_by,
        priority,
        reason,
        rules: explained.rules.iter().map(each).collect(),
    }
}

pub(crate) fn permission(permission: Permission) -> api::Permission {
    api::Permission {
        permission: permission.as_str().to_owned(),
        description: permission.description().to_owned(),
        application_types: permission.kinds().iter().copied().map(kind).collect(),
    }
}

pub(super) fn permissions(permissions: &[Permission]) -> Vec<String> {
    permissions.iter().map(|permission| permission.as_str().to_owned()).collect()
}

pub(super) const fn kind(kind: AccessKind) -> api::AccessKind {
    match kind {
        AccessKind::Private => api::AccessKind::Private,
        AccessKind::Public => api::AccessKind::Public,
        AccessKind::Management => api::AccessKind::Management,
    }
}

pub(super) const fn transform(transform: Transform) -> api::Transform {
    match transform {
        Transform::Redact => api::Transform::Redact,
        Transform::Mask => api::Transform::Mask,
        Transform::Reveal => api::Transform::Reveal,
    }
}

fn rule(rule: &AccessRule) -> api::AccessRule {
    let container = match &rule.scope {
        RuleScope::Container(container) => container.to_string(),
        // Only sessions have rules of that sort.
        RuleScope::Conditions(_) => String::new(),
    };
    api::AccessRule {
        description: rule.description.clone(),
        priority: rule.priority.into(),
        container,
        transform: rule.transform.as_str().to_owned(),
        permissions: permissions(&rule.permissions),
    }
}

const fn rule_verdict(verdict: RuleVerdict) -> api::RuleVerdict {
    match verdict {
        RuleVerdict::Decides => api::RuleVerdict::Decides,
        RuleVerdict::Outranked => api::RuleVerdict::Outranked,
        RuleVerdict::OtherPermission => api::RuleVerdict::OtherPermission,
        RuleVerdict::OtherContainer => api::RuleVerdict::OtherContainer,
        RuleVerdict::ConditionFails => api::RuleVerdict::ConditionFails,
    }
}
