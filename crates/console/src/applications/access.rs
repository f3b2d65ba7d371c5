//! `/applications/{id}/access`: what the keys of an application may do.

mod clear;
mod explain;
mod permissions;
mod rule_form;
mod rules;

use appkeep_domain::access::{AccessRule, Permission, RuleScope, Transform};
use appkeep_http::action::ReadApplication;
use appkeep_http::{Access, AppState, Problem, Segment};
use appkeep_service::access::{AccessFields, AccessRuleFields, AccessView};
use appkeep_service::{ApplicationView, Registry};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};

use super::forms::path;
use super::tabs::{AppTab, page_of};
use crate::kit::{Action, Badge, Cell, Column, Empty, Facts, Notice, Page, Part, Row, Section, Table};
use crate::view::View;

const HERE: AppTab = AppTab::Access;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/applications/{id}/access", get(show))
        .route("/applications/{id}/access/permissions", get(permissions::ask).post(permissions::set))
        .route("/applications/{id}/access/rules/new", get(rules::ask_for_new).post(rules::add))
        .route("/applications/{id}/access/rules/{priority}/edit", get(rules::ask).post(rules::change))
        .route("/applications/{id}/access/rules/{priority}/move", post(rules::step))
        .route("/applications/{id}/access/rules/{priority}/delete", post(rules::delete))
        .route("/applications/{id}/access/explain", get(explain::ask).post(explain::answer))
        .route("/applications/{id}/access/clear", get(clear::ask).post(clear::carry_out))
}

async fn show(
    access: Access<ReadApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let said = registry.access(&access.by, &id).await?;
    let page = match &said {
        Some(said) => page_with(&view, &shown, said),
        None => page_without(&view, &shown),
    };
    Ok(view.page(&page))
}

fn page_without(view: &View, shown: &ApplicationView) -> Page {
    let said =
        "What its API keys may do was never said, and so it has none. Say it, and it can be given keys.";
    let set = Action::go("Set the access …", path(view, &shown.application, "/access/permissions")).main();
    let notice = Notice::new(Badge::Quiet, said);
    let notice = if shown.can.update { notice.doing(set) } else { notice };
    page_of(view, shown, HERE).with(Part::Notice(notice))
}

fn page_with(view: &View, shown: &ApplicationView, said: &AccessView) -> Page {
    let to = |below: &str| path(view, &shown.application, below);
    let may = |action: Action| shown.can.update.then_some(action);
    let held = said.facet.permissions.iter().map(|permission| permission.as_str());
    let facts = Facts::new()
        .with("Kind of keys", Cell::text(said.facet.kind.as_str()))
        .with("Permissions", Cell::words(held));
    let everything = Section::new("On everything")
        .lead("What every key may do, wherever a token is kept. Rules come first.")
        .action(may(Action::go("Change …", to("/access/permissions"))))
        .with(Part::Facts(facts));
    let add = may(Action::go("Add a rule …", to("/access/rules/new")).main());
    let rules = Section::new("Rules")
        .lead("Of the rules that give what is asked for on a token, the first decides how much is shown.")
        .action(add.clone())
        .with(Part::Table(rules_of(view, shown, said).empty(
            Empty::new("There are no rules: keys may do what is said above, and nothing else.").doing(add),
        )));
    let page = page_of(view, shown, HERE)
        .action(Some(Action::go("Explain …", to("/access/explain"))))
        .with(Part::Section(everything))
        .with(Part::Section(rules));
    if !shown.can.update {
        return page;
    }
    let clear = Section::new("Take it all back")
        .lead("Every key of the application is revoked, and every permission and rule is forgotten.")
        .action(Some(Action::go("Clear the access …", to("/access/clear")).danger()))
        .danger();
    page.with(Part::Section(clear))
}

fn rules_of(view: &View, shown: &ApplicationView, said: &AccessView) -> Table {
    let rules = ordered(&said.rules);
    let last = rules.len().saturating_sub(1);
    let row = |(place, rule): (usize, &&AccessRule)| {
        let mut cells = told(rule);
        if shown.can.update {
            let others = (place > 0, place < last);
            cells.push(Cell::Actions(changes(view, shown, rule, others)));
        }
        Row::new(cells)
    };
    let rows = rules.iter().enumerate().map(row).collect();
    let mut columns = COLUMNS.to_vec();
    if shown.can.update {
        columns.push("What to do");
    }
    Table::new("Rules", Column::all(&columns), rows)
}

/// What stands above the cells of a rule.
const COLUMNS: [&str; 5] = ["Priority", "Description", "Container", "Permissions", "Shows"];

fn told(rule: &AccessRule) -> Vec<Cell> {
    let description = Some(rule.description.clone()).filter(|said| !said.is_empty());
    vec![
        Cell::Number(rule.priority.into()),
        Cell::maybe(description, Cell::text),
        scope(&rule.scope),
        Cell::words(rule.permissions.iter().copied().map(Permission::as_str)),
        Cell::text(shows(rule.transform)),
    ]
}

fn scope(scope: &RuleScope) -> Cell {
    match scope {
        RuleScope::Container(container) => Cell::code(container.as_str()),
        RuleScope::Conditions(all) => Cell::lines(all.iter().map(|condition| {
            let (attribute, operator) = (condition.attribute.as_str(), condition.operator.as_str());
            format!("{attribute} {operator} {}", condition.value())
        })),
    }
}

/// How much of a token's data.
const fn shows(transform: Transform) -> &'static str {
    match transform {
        Transform::Redact => "nothing",
        Transform::Mask => "the mask",
        Transform::Reveal => "everything",
    }
}

fn changes(
    view: &View,
    shown: &ApplicationView,
    rule: &AccessRule,
    (has_before, has_after): (bool, bool),
) -> Vec<Action> {
    let about = format!("rule {}", rule.priority);
    let to = |verb: &str| path(view, &shown.application, &format!("/access/rules/{}/{verb}", rule.priority));
    let step = |label: &str, way: &str| Action::send(label, to("move")).with("to", way).about(about.clone());
    let question = format!("Delete rule {}? What it gives is taken back at once.", rule.priority);
    let mut actions = vec![Action::go("Change", to("edit")).about(about.clone())];
    if has_before {
        actions.push(step("Up", rules::UP));
    }
    if has_after {
        actions.push(step("Down", rules::DOWN));
    }
    actions.push(Action::send("Delete", to("delete")).about(about.clone()).danger().asking(question));
    actions
}

/// The rules in the order in which they are asked.
fn ordered(rules: &[AccessRule]) -> Vec<&AccessRule> {
    let mut ordered: Vec<&AccessRule> = rules.iter().collect();
    ordered.sort_by_key(|rule| rule.priority);
    ordered
}

/// All that stands, as it is sent.
fn as_sent(said: Option<&AccessView>) -> AccessFields {
    let Some(said) = said else { return AccessFields::default() };
    let permissions =
        said.facet.permissions.iter().map(|permission| permission.as_str().to_owned()).collect();
    let rules = said.rules.iter().map(rule_as_sent).collect();
    AccessFields { kind: Some(said.facet.kind.as_str().to_owned()), permissions, rules }
}

fn rule_as_sent(rule: &AccessRule) -> AccessRuleFields {
    let container = match &rule.scope {
        RuleScope::Container(container) => Some(container.to_string()),
        // Only sessions have rules of that sort.
        RuleScope::Conditions(_) => None,
    };
    AccessRuleFields {
        description: rule.description.clone(),
        priority: rule.priority.into(),
        container,
        conditions: Vec::new(),
        transform: rule.transform.as_str().to_owned(),
        permissions: rule.permissions.iter().map(|permission| permission.as_str().to_owned()).collect(),
    }
}
