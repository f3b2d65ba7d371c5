//! As what we are registered with whoever gives out tokens for an integration.

use appkeep_domain::integration::IntegrationUrl;
use appkeep_http::action::ManageIntegrations;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{IntegrationClient, IntegrationClientFields, Integrations};
use axum::extract::State;
use axum::response::Response;
use zeroize::Zeroizing;

use super::PATH;
use crate::kit::{Badge, Cell, Draft, Facts, Field, Form, Notice, Page, Part};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

pub(super) async fn edit(
    access: Access<ManageIntegrations>,
    view: View,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let known = integrations.client(&access.by, &id).await?;
    Ok(view.page(&page(&view, &Draft::new(), &known)))
}

pub(super) async fn set(
    access: Access<ManageIntegrations>,
    view: View,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let known = integrations.client(&access.by, &id).await?;
    let scopes = posted.lines("scopes");
    let fields = IntegrationClientFields {
        client_id: posted.typed("client_id"),
        client_secret: posted.filled("client_secret").map(Zeroizing::new),
        authorization_url: posted.filled("authorization_url"),
        token_url: posted.filled("token_url"),
        scopes: (!scopes.is_empty()).then_some(scopes),
    };
    match integrations.set_client(&access.by, &id, fields).await {
        Ok(known) => Ok(view.go(&format!("{PATH}/{}", known.integration.id), Said::Saved)),
        Err(error) => Ok(view.again(error, |error| page(&view, &Draft::refused(&posted, error), &known))),
    }
}

pub(super) async fn clear(
    access: Access<ManageIntegrations>,
    view: View,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    integrations.clear_client(&access.by, &id).await?;
    Ok(view.go(&format!("{PATH}/{id}"), Said::Removed))
}

fn page(view: &View, draft: &Draft<'_>, known: &IntegrationClient) -> Page {
    let integration = &known.integration;
    let path = view.path(&format!("{PATH}/{}", integration.id));
    let client = integration.client.as_ref();
    let stood = |url: Option<&IntegrationUrl>| url.map(IntegrationUrl::to_string).unwrap_or_default();
    let scopes: Vec<String> = client
        .and_then(|client| client.scopes.as_ref())
        .map(|scopes| scopes.iter().map(|scope| scope.as_str().to_owned()).collect())
        .unwrap_or_default();
    let fields = vec![
        Field::line(draft, ("client_id", "Client id"), client.map_or("", |client| client.client_id.as_str()))
            .required(),
        Field::password(draft, ("client_secret", "Client secret")).hint(
            "Kept sealed, and never shown. All that is said here replaces what was said before: without a secret \
             there is none any more.",
        ),
        Field::typed(
            draft,
            ("authorization_url", "Authorization URL"),
            ("url", &stood(client.and_then(|client| client.authorization_url.as_ref()))),
        )
        .hint("Both URLs or neither; with neither they are what the integration says itself."),
        Field::typed(
            draft,
            ("token_url", "Token URL"),
            ("url", &stood(client.and_then(|client| client.token_url.as_ref()))),
        )
        .hint("Required beside a secret, which is sent there and nowhere that a stranger says."),
        Field::lines(draft, ("scopes", "Scopes"), &scopes)
            .hint("One a line; in the place of the integration's own, where there are any."),
    ];
    let form = Form::new(format!("{path}/oauth"), "Save").fields(draft, fields).back(path.clone());
    let sentence = "Another client ends what users had with the integration: they have to connect again.";
    Page::new("OAuth client")
        .below("Integrations", view.path(PATH))
        .below(integration.name.as_str(), path)
        .with(Part::Facts(Facts::new().with("Redirect URI to register", Cell::code(&*known.redirect_uri))))
        .with(Part::Notice(Notice::new(Badge::Quiet, sentence)))
        .with(Part::Form(form))
}
