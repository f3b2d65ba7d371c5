//! Which kind of keys there are, and what they may do to everything.

use appkeep_domain::Application;
use appkeep_domain::access::{AccessKind, Permission};
use appkeep_http::action::UpdateApplication;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::access::{AccessFields, AccessView};
use appkeep_service::{ApplicationView, Registry};
use axum::extract::State;
use axum::response::Response;

use super::{HERE, as_sent};
use crate::applications::forms::{expected, form_page, of_version, onward, outrun, path};
use crate::kit::{Choice, Draft, Field, Form, Page, Part, Section};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

pub(super) async fn ask(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let said = registry.access(&access.by, &id).await?;
    Ok(view.page(&page(&view, &shown, (said.as_ref(), &Draft::new()))))
}

pub(super) async fn set(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let said = registry.access(&access.by, &id).await?;
    let stands = as_sent(said.as_ref());
    let fields = AccessFields {
        kind: posted.filled("kind").or(stands.kind),
        permissions: posted.list("permissions"),
        rules: stands.rules,
    };
    let Err(error) = registry.set_access(&access.by, &id, (expected(&posted), fields)).await else {
        return Ok(view.go(&onward(&id, "/access"), Said::Saved));
    };
    let shown = registry.application(&access.by, &id).await?;
    Ok(view
        .again(outrun(error), |error| page(&view, &shown, (said.as_ref(), &Draft::refused(&posted, error)))))
}

fn page(view: &View, shown: &ApplicationView, (said, draft): (Option<&AccessView>, &Draft<'_>)) -> Page {
    let application = &shown.application;
    let mut fields = Vec::new();
    if said.is_none() {
        fields.extend(kinds(application, draft));
    }
    fields.push(permissions(application, said, draft));
    let form = Form::new(path(view, application, "/access/permissions"), "Save")
        .fields(draft, fields)
        .back(path(view, application, "/access"));
    let section = Section::new("What every key may do")
        .lead("It holds at once, and for every key of the application.")
        .with(Part::Form(of_version(form, shown)));
    form_page(view, (shown, HERE), section)
}

/// Asked for where there is a choice.
fn kinds(application: &Application, draft: &Draft<'_>) -> Option<Field> {
    let fitting: Vec<AccessKind> =
        AccessKind::ALL.into_iter().filter(|kind| kind.fits(application.kind)).collect();
    let choices = fitting.iter().map(|kind| Choice::new(kind.as_str(), kind.as_str()).hint(about(*kind)));
    let chosen = AccessKind::unless_said(application.kind).as_str();
    let field = Field::radio(draft, ("kind", "Kind of keys"), (choices.collect(), chosen));
    let hint = "It cannot be changed afterwards, but by taking all of it back, and every key with it.";
    (fitting.len() > 1).then(|| field.hint(hint))
}

const fn about(kind: AccessKind) -> &'static str {
    match kind {
        AccessKind::Private => "On a server that keeps them to itself: for tokens.",
        AccessKind::Public => "In browsers and on devices, where anybody can read them.",
        AccessKind::Management => "For administration. They never reach a token.",
    }
}

/// Those of every kind that it may still be, before it is said which.
fn permissions(application: &Application, said: Option<&AccessView>, draft: &Draft<'_>) -> Field {
    let may_be = |kind: AccessKind| match said {
        Some(said) => said.facet.kind == kind,
        None => kind.fits(application.kind),
    };
    let kinds: Vec<AccessKind> = AccessKind::ALL.into_iter().filter(|kind| may_be(*kind)).collect();
    let may_hold = |permission: &Permission| kinds.iter().any(|kind| permission.may_be_held_by(*kind));
    let choice = |permission: Permission| {
        let of = if kinds.len() > 1 { of_kinds(permission, &kinds) } else { String::new() };
        let hint = format!("{}{of}", permission.description());
        Choice::new(permission.as_str(), permission.as_str()).hint(hint)
    };
    let choices = Permission::ALL.into_iter().filter(may_hold).map(choice).collect();
    let held = said.map(|said| said.facet.permissions.as_slice()).unwrap_or_default();
    let held: Vec<String> = held.iter().map(|permission| permission.as_str().to_owned()).collect();
    let hint = "Rules can give more of it, in some containers. Where there are no rules, one at least.";
    Field::checks(draft, ("permissions", "Permissions"), (choices, &held)).hint(hint)
}

/// For which kinds of keys it is, of those in question.
fn of_kinds(permission: Permission, kinds: &[AccessKind]) -> String {
    let fitting = kinds.iter().filter(|kind| permission.may_be_held_by(**kind));
    let words: Vec<_> = fitting.map(|kind| kind.as_str()).collect();
    format!(", for {} keys", words.join(" and "))
}
