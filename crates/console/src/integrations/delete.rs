//! An integration is archived.

use appkeep_http::action::ManageIntegrations;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{Expected, Integrations};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Badge, Draft, Form, Notice, Page, Part};
use crate::said::Said;
use crate::view::View;

pub(super) async fn ask(
    access: Access<ManageIntegrations>,
    view: View,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let integration = integrations.get(&access.by, &id).await?;
    let path = view.path(&format!("{PATH}/{}", integration.id));
    let sentence = "No application reaches it from now on. Its secrets are destroyed, and so is what users are \
                    connected with. It stays to be read, and comes back, without them, when one of its name is \
                    added.";
    let form = Form::new(format!("{path}/delete"), "Archive it")
        .fields(&Draft::new(), Vec::new())
        .danger()
        .back(path.clone());
    let page = Page::new(format!("Archive {}?", integration.name))
        .below("Integrations", view.path(PATH))
        .below(integration.name.as_str(), path)
        .with(Part::Notice(Notice::new(Badge::Bad, sentence)))
        .with(Part::Form(form));
    Ok(view.page(&page))
}

pub(super) async fn archive(
    access: Access<ManageIntegrations>,
    view: View,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    integrations.archive(&access.by, &id, Expected::Any).await?;
    Ok(view.go(PATH, Said::Archived))
}
