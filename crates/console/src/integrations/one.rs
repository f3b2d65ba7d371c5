//! `/integrations/{id}`: everything that is known of one, but its secrets.

use appkeep_domain::Action as Doing;
use appkeep_domain::integration::{AuthMode, FoundMetadata, Integration, IntegrationUrl, ProviderWord};
use appkeep_http::action::ReadIntegrations;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{IntegrationClient, Integrations};
use axum::extract::State;
use axum::response::Response;

use super::list::status;
use super::{PATH, auth_mode, category};
use crate::kit::{Action, Badge, Cell, Facts, Notice, Page, Part, Section};
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadIntegrations>,
    view: View,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let known = integrations.client(&access.by, &id).await?;
    let one = &known.integration;
    let path = view.path(&format!("{PATH}/{}", one.id));
    let may_change = view.may(Doing::ManageIntegrations) && !one.is_archived();
    let edit = may_change.then(|| Action::go("Edit", format!("{path}/edit")));
    let mut page = Page::new(one.name.as_str()).below("Integrations", view.path(PATH)).action(edit);
    if one.is_archived() {
        let sentence = "Archived: no application reaches it, and its secrets and what users had with it are gone. \
                        Add one of the same name to bring it back.";
        page = page.with(Part::Notice(Notice::new(Badge::Warning, sentence)));
    }
    page = page.with(Part::Facts(facts(one))).with(Part::Section(validation(one, &path, may_change)));
    if one.auth == AuthMode::Oauth {
        page = page.with(Part::Section(client(&known, &path, may_change)));
    }
    page = page.with(Part::Section(reach(&view, one, &path)));
    if may_change {
        page = page.with(Part::Section(danger(&path)));
    }
    Ok(view.page(&page))
}

fn facts(one: &Integration) -> Facts {
    let offers = one.capabilities;
    let offers = [("tools", offers.tools), ("resources", offers.resources), ("prompts", offers.prompts)];
    let offers = offers.into_iter().filter(|(_, is_so)| *is_so).map(|(word, _)| word);
    let facts = Facts::new()
        .with("Id", Cell::code(one.id.to_string()))
        .with("URL", Cell::code(one.url.to_string()))
        .with("Reached", Cell::text(category(one.category)))
        .with("Shows", Cell::text(auth_mode(one.auth)))
        .with("Scopes", Cell::words(one.scopes.iter().map(|scope| scope.as_str().to_owned())))
        .with("Provider", Cell::maybe(one.provider.as_ref(), |word: &ProviderWord| Cell::text(word.as_str())))
        .with("Issuer", Cell::maybe(one.issuer.as_ref(), url))
        .with("Offers", Cell::words(offers));
    let facts = match one.auth {
        AuthMode::ServerToken => facts.with("Server token", kept(one.has_server_token)),
        _ => facts,
    };
    let schema = one.credential_schema.as_ref().map(|schema| schema.as_str().to_owned());
    facts
        .with("Credential schema", Cell::maybe(schema, Cell::code))
        .with("Created", Cell::at(one.created_at))
        .with("Created by", Cell::text(format!("{} {}", one.created_by.kind.as_str(), one.created_by.id)))
        .with("Changed", Cell::at(one.updated_at))
        .with("Archived", Cell::maybe(one.archived_at, Cell::at))
}

fn url(url: &IntegrationUrl) -> Cell {
    Cell::code(url.as_str())
}

fn kept(is_kept: bool) -> Cell {
    Cell::text(if is_kept { "Kept sealed; it is never shown" } else { "None" })
}

fn validation(one: &Integration, path: &str, may_change: bool) -> Section {
    let reach =
        may_change.then(|| Action::send("Validate", format!("{path}/validate")).about(one.name.as_str()));
    let mut facts = Facts::new().with("Status", status(one));
    if let Some(validation) = &one.validation {
        facts = facts
            .with("What came of it", Cell::text(&*validation.message))
            .with("At", Cell::at(validation.at));
    }
    if let Some(found) = one.found() {
        facts = metadata(facts, found);
    }
    Section::new("Validation")
        .lead(
            "Connects to the URL, with the server token if there is one, and looks for who gives out tokens.",
        )
        .action(reach)
        .with(Part::Facts(facts))
}

/// What its authorization server says of itself.
fn metadata(facts: Facts, found: &FoundMetadata) -> Facts {
    facts
        .with("Authorization server", url(&found.issuer))
        .with("Authorization endpoint", url(&found.authorization_endpoint))
        .with("Token endpoint", url(&found.token_endpoint))
        .with("Resource", Cell::maybe(found.resource.as_ref(), url))
        .with("Scopes that it supports", Cell::words(found.scopes_supported.iter().map(String::as_str)))
}

fn client(known: &IntegrationClient, path: &str, may_change: bool) -> Section {
    let client = known.integration.client.as_ref();
    let words = if client.is_some() { "Replace …" } else { "Set …" };
    let set = may_change.then(|| Action::go(words, format!("{path}/oauth")));
    let clear = client.filter(|_| may_change).map(|_| {
        Action::send("Clear", format!("{path}/oauth/clear"))
            .danger()
            .asking("Clear the OAuth client? Users have to connect again once there is another.")
    });
    let mut facts = Facts::new().with("Redirect URI", Cell::code(&*known.redirect_uri));
    if let Some(client) = client {
        let scopes =
            client.scopes.as_ref().map(|scopes| scopes.iter().map(|scope| scope.as_str().to_owned()));
        facts = facts
            .with("Client id", Cell::code(client.client_id.as_str()))
            .with("Client secret", kept(client.has_secret))
            .with("Authorization URL", Cell::maybe(client.authorization_url.as_ref(), url))
            .with("Token URL", Cell::maybe(client.token_url.as_ref(), url))
            .with("Scopes", Cell::maybe(scopes, Cell::words));
    }
    Section::new("OAuth client")
        .lead("As what you are registered with its authorization server, where the redirect URI has to be registered too.")
        .action(set)
        .action(clear)
        .with(Part::Facts(facts))
}

fn reach(view: &View, one: &Integration, path: &str) -> Section {
    let graph = format!("{}?integration={}", view.path("/access-graph"), one.id);
    // The graph is for those who run the tenant.
    let graph = view
        .may(Doing::ManageIntegrations)
        .then(|| Action::go("Show in the access graph", graph).about("which applications reach it"));
    let users = (one.auth.is_of_each() && view.may(Doing::ReadUsers))
        .then(|| Action::go("Connected users", format!("{path}/connections")));
    Section::new("Who reaches it")
        .lead("Applications that it is attached to reach it; attach it at the application's own page.")
        .action(users)
        .action(graph)
}

fn danger(path: &str) -> Section {
    Section::new("Danger zone")
        .lead("No application reaches an integration that is archived.")
        .danger()
        .action(Some(Action::go("Archive …", format!("{path}/delete")).danger()))
}
