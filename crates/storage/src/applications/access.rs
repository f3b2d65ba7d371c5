//! What the holders of an application's keys may do: a JSON column for what is
//! little, and a row beside it for the rules, which may be many.

use appkeep_domain::access::{
    AccessFacet, AccessKind, AccessRule, Attribute, Condition, Container, Operator, Permission, RuleScope,
    Transform,
};
use appkeep_domain::{Application, Within};
use serde::{Deserialize, Serialize};

use crate::changes::{Change, Topic};
use crate::error::{BoxError, Result, one_row};
use crate::owners::reaches;
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

const RULES: Sql = sql!("SELECT rules FROM access_rules WHERE application_id = $1");
const DELETE: Sql = sql!("DELETE FROM access_rules WHERE application_id = $1");

impl ReadTx {
    /// In the order in which they were given; none of an application that is
    /// not within the boundary.
    pub async fn access_rules(
        &mut self,
        within: Within,
        application: &Application,
    ) -> Result<Vec<AccessRule>> {
        if !reaches(within, application.owner) {
            return Ok(Vec::new());
        }
        let values = [application.id.into()];
        let found = self.fetch_optional(RULES, &values, |row| row.parse("rules", parse_rules)).await?;
        Ok(found.unwrap_or_default())
    }
}

impl WriteTx {
    /// Puts these in the place of all that there were. `Stale` when the
    /// application is not within the boundary.
    pub async fn replace_access_rules(
        &mut self,
        within: Within,
        application: &Application,
        rules: &[AccessRule],
    ) -> Result<()> {
        const INSERT: Sql = sql!("INSERT INTO access_rules (application_id, rules) VALUES ($1, $2)");
        one_row(u64::from(reaches(within, application.owner)))?;
        self.execute(DELETE, &[application.id.into()]).await?;
        if !rules.is_empty() {
            self.execute(INSERT, &[application.id.into(), print_rules(rules).into()]).await?;
        }
        self.announce(Change { topic: Topic::Application, key: application.id.as_bytes() });
        Ok(())
    }
}

/// How an [`AccessFacet`] is kept; a field added later has a default.
#[derive(Serialize, Deserialize)]
struct AccessColumn {
    kind: String,
    permissions: Vec<String>,
}

/// How a rule is kept: it has a container, or else conditions.
#[derive(Serialize, Deserialize)]
struct RuleColumn {
    description: String,
    priority: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    container: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<ConditionColumn>,
    transform: String,
    permissions: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct ConditionColumn {
    attribute: String,
    operator: String,
    value: String,
}

pub(super) fn print_access(facet: &AccessFacet) -> String {
    let column = AccessColumn {
        kind: facet.kind.as_str().to_owned(),
        permissions: print_permissions(&facet.permissions),
    };
    serde_json::to_string(&column).expect("strings are JSON")
}

pub(super) fn parse_access(text: &str) -> Result<AccessFacet, BoxError> {
    let column: AccessColumn = serde_json::from_str(text)?;
    Ok(AccessFacet {
        kind: AccessKind::parse(&column.kind)?,
        permissions: parse_permissions(&column.permissions)?,
    })
}

pub(crate) fn print_rules(rules: &[AccessRule]) -> String {
    let columns: Vec<RuleColumn> = rules.iter().map(print_rule).collect();
    serde_json::to_string(&columns).expect("strings and numbers are JSON")
}

pub(crate) fn parse_rules(text: &str) -> Result<Vec<AccessRule>, BoxError> {
    serde_json::from_str::<Vec<RuleColumn>>(text)?.into_iter().map(parse_rule).collect()
}

fn print_rule(rule: &AccessRule) -> RuleColumn {
    let (container, conditions) = match &rule.scope {
        RuleScope::Container(container) => (Some(container.to_string()), Vec::new()),
        RuleScope::Conditions(all) => (None, all.iter().map(print_condition).collect()),
    };
    RuleColumn {
        description: rule.description.clone(),
        priority: rule.priority,
        container,
        conditions,
        transform: rule.transform.as_str().to_owned(),
        permissions: print_permissions(&rule.permissions),
    }
}

fn parse_rule(column: RuleColumn) -> Result<AccessRule, BoxError> {
    let scope = match &column.container {
        Some(container) => RuleScope::Container(Container::parse(container)?),
        None if column.conditions.is_empty() => return Err("a rule about nothing".into()),
        None => RuleScope::Conditions(
            column.conditions.iter().map(parse_condition).collect::<Result<_, BoxError>>()?,
        ),
    };
    Ok(AccessRule {
        description: column.description,
        priority: column.priority,
        scope,
        transform: Transform::parse(&column.transform)?,
        permissions: parse_permissions(&column.permissions)?,
    })
}

fn print_condition(condition: &Condition) -> ConditionColumn {
    ConditionColumn {
        attribute: condition.attribute.as_str().to_owned(),
        operator: condition.operator.as_str().to_owned(),
        value: condition.value().to_owned(),
    }
}

fn parse_condition(column: &ConditionColumn) -> Result<Condition, BoxError> {
    let (attribute, operator) = (Attribute::parse(&column.attribute)?, Operator::parse(&column.operator)?);
    Ok(Condition::new(attribute, operator, &column.value))
}

pub(crate) fn print_permissions(permissions: &[Permission]) -> Vec<String> {
    permissions.iter().map(|permission| permission.as_str().to_owned()).collect()
}

pub(crate) fn parse_permissions(texts: &[String]) -> Result<Vec<Permission>, BoxError> {
    texts.iter().map(|text| Ok(Permission::parse(text)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn rules_are_sought() {
        for sql in [RULES, DELETE] {
            assert_seeks(sql).await;
        }
    }

    #[test]
    fn every_sort_of_rule_is_read_back() {
        let container = Container::parse("/pci/high/").expect("is one");
        let conditions = vec![
            Condition::new(Attribute::Id, Operator::Equals, "Tok"),
            Condition::new(Attribute::Container, Operator::StartsWith, "/pci/"),
        ];
        let rule = |priority, scope| AccessRule {
            description: "Reads \"cards\"".to_owned(),
            priority,
            scope,
            transform: Transform::Reveal,
            permissions: vec![Permission::TokenRead, Permission::TokenUse],
        };
        let rules = [rule(2, RuleScope::Container(container)), rule(1, RuleScope::Conditions(conditions))];
        assert_eq!(parse_rules(&print_rules(&rules)).expect("is read"), rules);
        let nothing = r#"[{"description":"","priority":1,"transform":"mask","permissions":["token:read"]}]"#;
        assert!(parse_rules(nothing).is_err());
    }
}
