//! `/applications/{id}/edit`: what an application is called and shown as, and who
//! may use it.

use appkeep_domain::Application;
use appkeep_http::action::UpdateApplication;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{ApplicationFields, ApplicationUpdate, ApplicationView, Edit, Expected, Registry};
use axum::extract::State;
use axum::response::Response;

use super::tabs::{AppTab, page_of};
use super::{PATH, fields};
use crate::kit::{Draft, Field, Form, Page, Part, Section};
use crate::posted::{Posted, in_utc, typed_moment};
use crate::said::Said;
use crate::view::View;

/// `GET /applications/{id}/edit`
pub(super) async fn form(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    Ok(view.page(&form_page(&view, &shown, &Draft::new())))
}

/// `POST /applications/{id}/edit`
pub(super) async fn save(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let update = read(&shown.application, &posted);
    Ok(match registry.update_application(&access.by, &id, update).await {
        Ok(saved) => view.go(&format!("{PATH}/{}", saved.application.id), Said::Saved),
        Err(error) => view.again(error, |error| form_page(&view, &shown, &Draft::refused(&posted, error))),
    })
}

fn read(stands: &Application, posted: &Posted) -> ApplicationUpdate {
    let has_oauth = stands.oauth.is_some();
    let fields = ApplicationFields {
        name: Some(posted.typed("name")),
        slug: Some(posted.typed("slug")),
        description: posted.edit("description"),
        logo_url: posted.edit("logo_url"),
        tags: Some(posted.lines("tags")),
        expires_at: until(stands, posted),
        first_party: has_oauth.then(|| posted.is_on("first_party")),
        assignment_required: has_oauth.then(|| posted.is_on("assignment_required")),
        ..ApplicationFields::default()
    };
    // What somebody else changed meanwhile is not to be lost.
    let version = posted.text("version").parse::<i64>();
    let expected = version.map_or(Expected::Any, |version| Expected::OneOf(vec![version]));
    ApplicationUpdate { expected, fields, ..ApplicationUpdate::default() }
}

fn form_page(view: &View, shown: &ApplicationView, draft: &Draft<'_>) -> Page {
    let application = &shown.application;
    let path = view.path(&format!("{PATH}/{}", application.id));
    let form = Form::new(format!("{path}/edit"), "Save")
        .fields(draft, of_stands(application, draft))
        .hidden("version", draft.text("version", &application.version.to_string()))
        .back(path);
    page_of(view, shown, AppTab::Overview).with(Part::Section(Section::new("Edit").with(Part::Form(form))))
}

/// What nobody changed stays as it is, to the millisecond.
fn until(stands: &Application, posted: &Posted) -> Edit<String> {
    match (posted.edit("expires_at"), stands.expires_at.map(typed_moment)) {
        (Edit::Set(typed), Some(stood)) if typed == stood => Edit::Keep,
        (Edit::Set(typed), _) => Edit::Set(in_utc(&typed)),
        (edit, _) => edit,
    }
}

fn of_stands(application: &Application, draft: &Draft<'_>) -> Vec<Field> {
    let tags: Vec<_> = application.tags.iter().map(ToString::to_string).collect();
    let expires_at = application.expires_at.map(typed_moment).unwrap_or_default();
    let logo_url = application.logo_url.as_deref().unwrap_or_default();
    let slug = Field::line(draft, ("slug", "Slug"), application.slug.as_str())
        .hint("Names it among those of its owner: a–z, 0–9 and single “-” between them.")
        .required();
    let mut fields = vec![
        fields::name(draft, application.name.as_str()),
        slug,
        fields::description(draft, application.description.as_deref().unwrap_or_default()),
        Field::typed(draft, ("logo_url", "Logo"), ("url", logo_url))
            .hint("An https address of a picture, shown where people sign in to it.")
            .example("https://shop.example/logo.svg"),
        Field::lines(draft, ("tags", "Tags"), &tags).hint("What it is grouped by, one a line, at most 50."),
        Field::typed(draft, ("expires_at", "Gone from"), ("datetime-local", &expires_at))
            .hint("From this moment on it is gone, with all that it has. Empty for never."),
    ];
    if let Some(oauth) = &application.oauth {
        let first_party =
            "It is the owner's own, so that nobody is asked whether it may see what it asks for.";
        let assigned = "Only those who are assigned to it, or whose group is, may sign in to it.";
        fields.push(Field::check(draft, ("first_party", "First party"), oauth.first_party).hint(first_party));
        let check =
            Field::check(draft, ("assignment_required", "Assigned people only"), oauth.assignment_required);
        fields.push(check.hint(assigned));
    }
    fields
}
