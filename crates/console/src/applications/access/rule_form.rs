//! The form of one rule.

use appkeep_domain::access::{AccessKind, AccessRule, Permission, Transform};
use appkeep_service::access::{AccessFields, AccessRuleFields};
use appkeep_service::{Error, Fault};

use crate::kit::{Choice, Draft, Field};
use crate::posted::Posted;

/// How far apart priorities are that nobody chose, so that others fit between.
const STRIDE: i64 = 10;
/// How the name of a fault ends that is about a rule's priority.
const PRIORITY: &str = ".priority";

/// Filled in with what stands, or with what a new one begins with.
pub(super) fn fields(kind: AccessKind, stands: &AccessRuleFields, draft: &Draft<'_>) -> Vec<Field> {
    let may_give = |one: &Permission| one.is_of_tokens() && one.may_be_held_by(kind);
    let choice = |one: Permission| Choice::new(one.as_str(), one.as_str()).hint(one.description());
    let permissions = Permission::ALL.into_iter().filter(may_give).map(choice).collect();
    let container = stands.container.as_deref().unwrap_or_default();
    vec![
        Field::line(draft, ("description", "Description"), &stands.description)
            .example("Support sees the last four digits")
            .hint("For whoever reads the rules."),
        Field::line(draft, ("container", "Container"), container)
            .example("/pci/high/")
            .hint("The tokens in it and in those within it. `/` is all of them.")
            .required(),
        Field::checks(draft, ("permissions", "Permissions"), (permissions, &stands.permissions))
            .hint("What may be done to them. One at least."),
        Field::radio(draft, ("transform", "How much is shown"), (transforms(), &stands.transform)),
        Field::typed(draft, ("priority", "Priority"), ("number", &stands.priority.to_string()))
            .hint("Lower numbers are asked first. No two rules have the same.")
            .required(),
    ]
}

fn transforms() -> Vec<Choice> {
    let about = |transform| match transform {
        Transform::Redact => ("Nothing", "The token's data is left out."),
        Transform::Mask => ("The mask", "What the token's mask leaves of it; nothing where it has none."),
        Transform::Reveal => ("Everything", "The data as it is."),
    };
    let choice = |one: Transform| Choice::new(one.as_str(), about(one).0).hint(about(one).1);
    Transform::ALL.into_iter().map(choice).collect()
}

/// What a new one begins with: after all others.
pub(super) fn blank(rules: &[AccessRule]) -> AccessRuleFields {
    let last = rules.iter().map(|rule| i64::from(rule.priority)).max().unwrap_or_default();
    AccessRuleFields {
        priority: last.saturating_add(STRIDE),
        container: Some("/".to_owned()),
        transform: Transform::Mask.as_str().to_owned(),
        ..AccessRuleFields::default()
    }
}

pub(super) fn read(posted: &Posted) -> Result<AccessRuleFields, Error> {
    Ok(AccessRuleFields {
        description: posted.typed("description"),
        // Nothing typed is no priority, which the registry says.
        priority: posted.number("priority")?.unwrap_or_default(),
        container: posted.filled("container"),
        conditions: Vec::new(),
        transform: posted.typed("transform"),
        permissions: posted.list("permissions"),
    })
}

/// What is wrong with the rule at this place, as its own form names it. Of the
/// others nothing can be wrong but that one has the same priority.
pub(super) fn of_rule(error: Error, place: usize) -> Error {
    let prefix = format!("rules[{place}].");
    let named = |fault: &Fault| {
        let is_clash = fault.field.starts_with("rules[") && fault.field.ends_with(PRIORITY);
        let field =
            if is_clash { &PRIORITY[1..] } else { fault.field.strip_prefix(&prefix).unwrap_or(&fault.field) };
        Fault { field: field.to_owned(), ..fault.clone() }
    };
    let faults = error.faults().iter().map(named).collect();
    match Error::from_faults(faults) {
        Ok(()) => error,
        Err(named) => named,
    }
}

/// These permissions and rules, in the order of their priorities, with one rule
/// and the next in each other's place; nothing when there is no next.
pub(super) fn swapped(mut fields: AccessFields, priority: i64, is_up: bool) -> Option<AccessFields> {
    let mut priorities: Vec<i64> = fields.rules.iter().map(|rule| rule.priority).collect();
    priorities.sort_unstable();
    let place = priorities.iter().position(|one| *one == priority)?;
    let other = *priorities.get(if is_up { place.checked_sub(1)? } else { place + 1 })?;
    for rule in &mut fields.rules {
        rule.priority = match rule.priority {
            one if one == priority => other,
            one if one == other => priority,
            one => one,
        };
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use appkeep_service::ErrorCode;

    use super::*;

    fn fields() -> AccessFields {
        let rule = |priority| AccessRuleFields { priority, ..AccessRuleFields::default() };
        AccessFields { rules: [30, 10, 20].map(rule).to_vec(), ..AccessFields::default() }
    }

    #[test]
    fn a_rule_changes_places_with_its_neighbour() {
        let swap = |priority, is_up| {
            let swapped = swapped(fields(), priority, is_up)?;
            Some(swapped.rules.iter().map(|rule| rule.priority).collect::<Vec<_>>())
        };
        assert_eq!(swap(20, true), Some(vec![30, 20, 10]));
        assert_eq!(swap(20, false), Some(vec![20, 10, 30]));
        assert_eq!(swap(10, true), None);
        assert_eq!(swap(30, false), None);
        assert_eq!(swap(15, false), None);
    }

    #[test]
    fn faults_are_told_of_the_fields_of_the_form() {
        let fault = |field: &str| Fault::new(field, ErrorCode::InvalidField, "is wrong");
        let error =
            Error::from_faults(["rules[2].container", "rules[3].priority", "rules"].map(fault).to_vec());
        let named = of_rule(error.expect_err("there are some"), 2);
        let fields: Vec<_> = named.faults().iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["container", "priority", "rules"]);
        let plain = of_rule(Error::new(ErrorCode::PreconditionFailed, "too late"), 0);
        assert_eq!(plain.code(), ErrorCode::PreconditionFailed);
    }
}
