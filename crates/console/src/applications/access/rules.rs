//! Rules, one by one: added, changed, moved, deleted. Each is a new list in the
//! place of the one that stands.

use appkeep_domain::access::AccessFacet;
use appkeep_http::action::UpdateApplication;
use appkeep_http::{Access, Problem, Segment, Segments};
use appkeep_service::access::{AccessRuleFields, AccessView};
use appkeep_service::{ApplicationView, By, Error, Expected, Registry};
use axum::extract::State;
use axum::response::Response;

use super::rule_form::{self, of_rule};
use super::{HERE, as_sent};
use crate::applications::forms::{expected, form_page, of_version, onward, outrun, path};
use crate::kit::{Draft, Form, Page, Part, Section};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

/// Which way a rule is moved.
pub(super) const UP: &str = "up";
pub(super) const DOWN: &str = "down";

/// What stands of an application whose rules are changed.
struct Standing {
    shown: ApplicationView,
    said: Option<AccessView>,
}

impl Standing {
    async fn read(registry: &Registry, by: &By, id: &str) -> Result<Self, Error> {
        // In this order, so that rules that are newer than the version are refused.
        let shown = registry.application(by, id).await?;
        Ok(Self { shown, said: registry.access(by, id).await? })
    }

    /// That nobody else changes it between this read and the write.
    fn expected(&self) -> Expected {
        Expected::OneOf(vec![self.shown.application.version])
    }

    /// Where the rule of this priority stands in the list.
    fn place(&self, priority: &str) -> Result<usize, Problem> {
        let rules = self.said.iter().flat_map(|said| &said.rules);
        let found = rules.map(|rule| rule.priority.to_string()).position(|known| known == priority);
        found.ok_or_else(Problem::not_found)
    }
}

pub(super) async fn ask_for_new(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let standing = Standing::read(&registry, &access.by, &id).await?;
    Ok(view.page(&new_page(&view, &standing, &Draft::new())))
}

pub(super) async fn add(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let standing = Standing::read(&registry, &access.by, &id).await?;
    let mut fields = as_sent(standing.said.as_ref());
    let place = fields.rules.len();
    let error = match rule_form::read(&posted) {
        Ok(rule) => {
            fields.rules.push(rule);
            match registry.set_access(&access.by, &id, (expected(&posted), fields)).await {
                Ok(_) => return Ok(view.go(&onward(&id, "/access"), Said::Added)),
                Err(error) => of_rule(error, place),
            }
        }
        Err(error) => error,
    };
    Ok(view.again(outrun(error), |error| new_page(&view, &standing, &Draft::refused(&posted, error))))
}

fn new_page(view: &View, standing: &Standing, draft: &Draft<'_>) -> Page {
    let rules = standing.said.as_ref().map(|said| said.rules.as_slice()).unwrap_or_default();
    let section = Section::new("Add a rule").lead(format!(
        "It gives permissions on the tokens in a container. There are {} at most.",
        AccessFacet::MAX_RULES
    ));
    page(view, standing, (section, "/access/rules/new"), (&rule_form::blank(rules), draft))
}

fn page(
    view: &View,
    Standing { shown, .. }: &Standing,
    (section, below): (Section, &str),
    (stands, draft): (&AccessRuleFields, &Draft<'_>),
) -> Page {
    let kind = shown.application.access_kind();
    let form = Form::new(path(view, &shown.application, below), "Save the rule")
        .fields(draft, rule_form::fields(kind, stands, draft))
        .back(path(view, &shown.application, "/access"));
    form_page(view, (shown, HERE), section.with(Part::Form(of_version(form, shown))))
}

pub(super) async fn ask(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segments(id, priority): Segments,
) -> Result<Response, Problem> {
    let standing = Standing::read(&registry, &access.by, &id).await?;
    let place = standing.place(&priority)?;
    Ok(view.page(&change_page(&view, &standing, place, &Draft::new())))
}

pub(super) async fn change(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segments(id, priority): Segments,
    posted: Posted,
) -> Result<Response, Problem> {
    let standing = Standing::read(&registry, &access.by, &id).await?;
    let place = standing.place(&priority)?;
    let mut fields = as_sent(standing.said.as_ref());
    let error = match rule_form::read(&posted) {
        Ok(rule) => {
            fields.rules[place] = rule;
            match registry.set_access(&access.by, &id, (expected(&posted), fields)).await {
                Ok(_) => return Ok(view.go(&onward(&id, "/access"), Said::Saved)),
                Err(error) => of_rule(error, place),
            }
        }
        Err(error) => error,
    };
    Ok(view
        .again(outrun(error), |error| change_page(&view, &standing, place, &Draft::refused(&posted, error))))
}

fn change_page(view: &View, standing: &Standing, place: usize, draft: &Draft<'_>) -> Page {
    let stands = as_sent(standing.said.as_ref()).rules.swap_remove(place);
    let priority = stands.priority;
    let section = Section::new(&format!("Change rule {priority}"));
    let below = format!("/access/rules/{priority}/edit");
    page(view, standing, (section, &below), (&stands, draft))
}

/// One up or down; where it cannot go any further it stays.
pub(super) async fn step(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segments(id, priority): Segments,
    posted: Posted,
) -> Result<Response, Problem> {
    let standing = Standing::read(&registry, &access.by, &id).await?;
    let stands = as_sent(standing.said.as_ref());
    let place = standing.place(&priority)?;
    let moved = rule_form::swapped(stands.clone(), stands.rules[place].priority, posted.text("to") == UP);
    if let Some(fields) = moved {
        registry.set_access(&access.by, &id, (standing.expected(), fields)).await?;
    }
    Ok(view.go(&onward(&id, "/access"), Said::Saved))
}

pub(super) async fn delete(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segments(id, priority): Segments,
) -> Result<Response, Problem> {
    let standing = Standing::read(&registry, &access.by, &id).await?;
    let place = standing.place(&priority)?;
    let mut fields = as_sent(standing.said.as_ref());
    fields.rules.remove(place);
    registry.set_access(&access.by, &id, (standing.expected(), fields)).await?;
    Ok(view.go(&onward(&id, "/access"), Said::Deleted))
}
