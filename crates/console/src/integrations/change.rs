//! An integration is made, changed, and reached.

use appkeep_domain::integration::Integration;
use appkeep_http::action::ManageIntegrations;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{Error, ErrorCode, Expected, IntegrationUpdate, Integrations, NewIntegration};
use axum::extract::State;
use axum::response::Response;

use super::{PATH, form};
use crate::kit::{Badge, Draft, Field, Form, Notice, Page, Part};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

const UNARCHIVE: &str = "confirm_unarchive";
const VERSION: &str = "version";

pub(super) async fn new(_: Access<ManageIntegrations>, view: View) -> Response {
    view.page(&new_page(&view, &Draft::new(), false))
}

pub(super) async fn create(
    access: Access<ManageIntegrations>,
    view: View,
    State(integrations): State<Integrations>,
    posted: Posted,
) -> Result<Response, Problem> {
    let made = match form::read(&posted) {
        Ok(fields) => {
            let new = NewIntegration { fields, confirm_unarchive: posted.is_on(UNARCHIVE) };
            integrations.create(&access.by, new).await
        }
        Err(error) => Err(error),
    };
    match made {
        Ok(made) => Ok(view.go(&format!("{PATH}/{}", made.id), Said::Made)),
        Err(error) => {
            let comes_back = |error: &Error| {
                posted.is_on(UNARCHIVE)
                    || error.faults().iter().any(|fault| fault.code == ErrorCode::IntegrationArchived)
            };
            Ok(view.again(error, |error| new_page(&view, &Draft::refused(&posted, error), comes_back(error))))
        }
    }
}

fn new_page(view: &View, draft: &Draft<'_>, may_come_back: bool) -> Page {
    let mut fields = form::fields(draft, None);
    if may_come_back {
        let hint = "It becomes what is said here, and is attached to the applications it was attached to.";
        let label = "Bring the archived integration of this name back";
        fields.insert(1, Field::check(draft, (UNARCHIVE, label), false).hint(hint));
    }
    let path = view.path(PATH);
    Page::new("Add an integration")
        .below("Integrations", path.clone())
        .lead("Nothing is connected to yet, and no name is looked up: validate it when it is there.")
        .with(Part::Form(Form::new(path.clone(), "Add").fields(draft, fields).back(path)))
}

pub(super) async fn edit(
    access: Access<ManageIntegrations>,
    view: View,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let integration = integrations.get(&access.by, &id).await?;
    Ok(view.page(&edit_page(&view, &Draft::new(), &integration)))
}

pub(super) async fn update(
    access: Access<ManageIntegrations>,
    view: View,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let stands = integrations.get(&access.by, &id).await?;
    let wanted = form::read(&posted).and_then(|fields| {
        let expected =
            posted.number(VERSION)?.map_or(Expected::Any, |version| Expected::OneOf(vec![version]));
        Ok(IntegrationUpdate { expected, fields })
    });
    let changed = match wanted {
        Ok(update) => integrations.update(&access.by, &id, update).await,
        Err(error) => Err(error),
    };
    match changed {
        Ok(changed) => Ok(view.go(&format!("{PATH}/{}", changed.id), Said::Saved)),
        Err(error) => {
            Ok(view.again(error, |error| edit_page(&view, &Draft::refused(&posted, error), &stands)))
        }
    }
}

fn edit_page(view: &View, draft: &Draft<'_>, stands: &Integration) -> Page {
    let path = view.path(&format!("{PATH}/{}", stands.id));
    let sentence = "Another URL, another way of authentication or another issuer makes it something else: what \
                    came of reaching it is forgotten, and users have to connect again.";
    let form = Form::new(format!("{path}/edit"), "Save")
        .fields(draft, form::fields(draft, Some(stands)))
        .hidden(VERSION, draft.text(VERSION, &stands.version.to_string()))
        .back(path.clone());
    Page::new(format!("Edit {}", stands.name))
        .below("Integrations", view.path(PATH))
        .below(stands.name.as_str(), path)
        .with(Part::Notice(Notice::new(Badge::Quiet, sentence)))
        .with(Part::Form(form))
}

pub(super) async fn validate(
    access: Access<ManageIntegrations>,
    view: View,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let integration = integrations.validate(&access.by, &id).await?;
    Ok(view.go(&format!("{PATH}/{}", integration.id), Said::Validated))
}
