//! How an application proves itself at the token endpoint, and its public keys.

use appkeep_domain::{Application, ClientKeys, OauthFacet};
use appkeep_http::action::UpdateApplication;
use appkeep_http::{Access, Problem, Segment};
use appkeep_oauth::ClientAuthMethod;
use appkeep_service::{ApplicationFields, ApplicationUpdate, ApplicationView, Registry};
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;

use crate::applications::forms::{expected, form_page, of_version, onward, outrun, path};
use crate::applications::tabs::AppTab;
use crate::kit::{Action, Cell, Choice, Column, Draft, Facts, Field, Form, Page, Part, Row, Section, Table};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

/// How it does so now.
pub(super) fn section(view: &View, shown: &ApplicationView) -> Section {
    let change = shown
        .can
        .update
        .then(|| Action::go("Change …", path(view, &shown.application, "/credentials/authentication")));
    let section = Section::new("Authentication")
        .lead("How it proves at the token endpoint that it is itself.")
        .action(change);
    let Some(oauth) = &shown.application.oauth else { return section };
    let facts = Facts::new().with("Method", Cell::text(oauth.auth_method.as_str()));
    match &oauth.client_keys {
        None => section.with(Part::Facts(facts)),
        Some(ClientKeys::At(uri)) => {
            section.with(Part::Facts(facts.with("Keys are published at", Cell::code(uri))))
        }
        Some(ClientKeys::Set(set)) => section.with(Part::Facts(facts)).with(Part::Table(keys(set))),
    }
}

fn keys(set: &str) -> Table {
    let set: Value = serde_json::from_str(set).unwrap_or_default();
    let word = |key: &Value, member: &str| Cell::maybe(key[member].as_str().map(str::to_owned), Cell::text);
    let row = |key: &Value| {
        let id = Cell::maybe(key["kid"].as_str().map(str::to_owned), Cell::code);
        Row::new(vec![id, word(key, "kty"), word(key, "crv"), word(key, "alg")])
    };
    let rows = set["keys"].as_array().map(|keys| keys.iter().map(row).collect()).unwrap_or_default();
    Table::new("Public keys", Column::all(&["Key id", "Type", "Curve", "Algorithm"]), rows)
}

pub(super) async fn ask(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    Ok(view.page(&page(&view, &shown, &Draft::new())))
}

pub(super) async fn change(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let fields = ApplicationFields {
        token_endpoint_auth_method: posted.filled("token_endpoint_auth_method"),
        jwks: posted.edit("jwks"),
        jwks_uri: posted.edit("jwks_uri"),
        ..ApplicationFields::default()
    };
    let update = ApplicationUpdate { expected: expected(&posted), fields, ..ApplicationUpdate::default() };
    let Err(error) = registry.update_application(&access.by, &id, update).await else {
        return Ok(view.go(&onward(&id, "/credentials"), Said::Saved));
    };
    let shown = registry.application(&access.by, &id).await?;
    Ok(view.again(outrun(error), |error| page(&view, &shown, &Draft::refused(&posted, error))))
}

fn page(view: &View, shown: &ApplicationView, draft: &Draft<'_>) -> Page {
    let application = &shown.application;
    let form = Form::new(path(view, application, "/credentials/authentication"), "Save")
        .fields(draft, fields(application, draft))
        .back(path(view, application, "/credentials"));
    let section = Section::new("Authentication")
        .lead("One who changes to keys of its own has no secrets any more: those that there are end at once.")
        .with(Part::Form(of_version(form, shown)));
    form_page(view, (shown, AppTab::Credentials), section)
}

fn fields(application: &Application, draft: &Draft<'_>) -> Vec<Field> {
    let oauth = application.oauth.as_ref();
    let methods = application
        .kind
        .auth_methods()
        .iter()
        .map(|method| Choice::new(method.as_str(), method.as_str()).hint(said_of(*method)));
    let method = oauth.map_or("", |oauth| oauth.auth_method.as_str());
    let (set, uri) = stands(oauth);
    vec![
        Field::radio(draft, ("token_endpoint_auth_method", "Method"), (methods.collect(), method)),
        Field::code(draft, ("jwks", "Public keys"), set).example("{ \"keys\": [ … ] }").hint(
            "A JWK Set (RFC 7517) of public keys only. Only for private_key_jwt; leave it empty otherwise.",
        ),
        Field::typed(draft, ("jwks_uri", "Where the keys are published"), ("url", uri))
            .example("https://app.example.com/jwks.json")
            .hint("In place of the keys themselves: an https address from which the set is fetched."),
    ]
}

fn stands(oauth: Option<&OauthFacet>) -> (&str, &str) {
    match oauth.and_then(|oauth| oauth.client_keys.as_ref()) {
        Some(ClientKeys::Set(set)) => (set, ""),
        Some(ClientKeys::At(uri)) => ("", uri),
        None => ("", ""),
    }
}

const fn said_of(method: ClientAuthMethod) -> &'static str {
    match method {
        ClientAuthMethod::ClientSecretBasic => "The secret in the Authorization header.",
        ClientAuthMethod::ClientSecretPost => "The secret in the body of the request.",
        ClientAuthMethod::PrivateKeyJwt => "A statement signed by a key that never leaves the application.",
        ClientAuthMethod::None => "It keeps no secret, and proves itself by PKCE.",
    }
}
