//! Why a key could do something, or could not: the rules in their order, and
//! what becomes of each.

use appkeep_domain::access::{AccessDecision, AccessDenied, AccessRule, GrantedBy, Permission, RuleVerdict};
use appkeep_http::action::ReadApplication;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::access::{AccessQuestion, Explained};
use appkeep_service::{ApplicationView, Registry};
use axum::extract::State;
use axum::response::Response;

use super::{COLUMNS, HERE, shows, told};
use crate::applications::forms::{form_page, path};
use crate::kit::{
    Action, Badge, Cell, Choice, Column, Draft, Empty, Field, Form, Notice, Page, Part, Row, Section, Table,
};
use crate::posted::Posted;
use crate::view::View;

pub(super) async fn ask(
    access: Access<ReadApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    // Told to those only who may be told the answer.
    registry.access(&access.by, &id).await?;
    Ok(view.page(&page(&view, &shown, (&AccessQuestion::default(), &Draft::new()))))
}

/// Nothing is changed, so that it is for readers too.
pub(super) async fn answer(
    access: Access<ReadApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let question =
        AccessQuestion { permission: posted.typed("permission"), container: posted.filled("container") };
    Ok(match registry.explain_access(&access.by, &id, question.clone()).await {
        Ok(explained) => {
            let page = page(&view, &shown, (&question, &Draft::new()));
            view.page(&page.with(Part::Section(answered(&question, &explained))))
        }
        Err(error) => {
            view.again(error, |error| page(&view, &shown, (&question, &Draft::refused(&posted, error))))
        }
    })
}

fn page(view: &View, shown: &ApplicationView, (question, draft): (&AccessQuestion, &Draft<'_>)) -> Page {
    let kind = shown.application.access_kind();
    let may_be = |permission: &Permission| permission.may_be_held_by(kind);
    let choice = |permission: Permission| {
        Choice::new(permission.as_str(), format!("{} – {}", permission.as_str(), permission.description()))
    };
    let choices = Permission::ALL.into_iter().filter(may_be).map(choice).collect();
    let container = question.container.as_deref().unwrap_or_default();
    let fields = vec![
        Field::select(draft, ("permission", "Permission"), (choices, &question.permission)).required(),
        Field::line(draft, ("container", "Container"), container)
            .example("/pci/high/")
            .hint("Where the token is. Of what is not about tokens, leave it empty."),
    ];
    let form = Form::new(path(view, &shown.application, "/access/explain"), "Explain").fields(draft, fields);
    let back = Action::go("Back to the access", path(view, &shown.application, "/access"));
    let section = Section::new("Explain")
        .lead("What would come of it if somebody with a key of this application did this? Nothing is done.")
        .action(Some(back))
        .with(Part::Form(form));
    form_page(view, (shown, HERE), section)
}

fn answered(question: &AccessQuestion, explained: &Explained) -> Section {
    let (badge, said) = decision(explained.decision);
    let mut columns = COLUMNS.to_vec();
    columns.push("What becomes of it");
    let rows = explained.rules.iter().map(|(rule, verdict)| row(rule, *verdict)).collect();
    let table = Table::new("Rules, in the order in which they are asked", Column::all(&columns), rows)
        .empty(Empty::new("There are no rules that could be asked."))
        .note(Some("A permission on everything is looked at after all rules.".to_owned()));
    let asked = match &question.container {
        Some(container) => format!("{} in {container}", question.permission),
        None => question.permission.clone(),
    };
    Section::new("Answer").lead(asked).with(Part::Notice(Notice::new(badge, said))).with(Part::Table(table))
}

fn decision(decision: AccessDecision) -> (Badge, String) {
    match decision {
        AccessDecision::Allowed { transform, by: GrantedBy::Rule { priority } } => {
            (Badge::Good, format!("Allowed by rule {priority}. What is shown: {}.", shows(transform)))
        }
        AccessDecision::Allowed { transform, by: GrantedBy::Permission } => {
            let said = format!("Allowed by a permission on everything. What is shown: {}.", shows(transform));
            (Badge::Good, said)
        }
        AccessDecision::Denied(AccessDenied::NotHeld) => {
            let said = "Denied: neither a permission on everything nor a rule gives it.";
            (Badge::Bad, said.to_owned())
        }
        AccessDecision::Denied(AccessDenied::ElsewhereOnly) => {
            (Badge::Bad, "Denied: it is given elsewhere, and by no rule here.".to_owned())
        }
    }
}

fn row(rule: &AccessRule, verdict: RuleVerdict) -> Row {
    let mut cells = told(rule);
    cells.push(match verdict {
        RuleVerdict::Decides => Cell::badge(Badge::Good, "decides"),
        RuleVerdict::Outranked => Cell::badge(Badge::Warning, "would, but one before it did"),
        RuleVerdict::OtherPermission => Cell::badge(Badge::Quiet, "gives other permissions"),
        RuleVerdict::OtherContainer => Cell::badge(Badge::Quiet, "is about another container"),
        RuleVerdict::ConditionFails => Cell::badge(Badge::Quiet, "a condition does not hold"),
    });
    Row::new(cells)
}
