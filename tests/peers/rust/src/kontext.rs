//! `kontext-dev-sdk` drives the life of an application, its OAuth configuration,
//! integrations and service accounts, with a service account's own credentials.

use std::error::Error;

use kontext_dev_sdk::management::{
    AgentInstanceListParams, CreateApplicationOAuthRequest, CreateApplicationRequest,
    CreateIntegrationRequest, CreateServiceAccountRequest, KontextManagementClient,
    KontextManagementClientConfig, PaginationParams, ServiceAccountCredentials,
    UpdateApplicationOAuthRequest, UpdateApplicationRequest, UpdateIntegrationRequest,
};
use serde_json::Value;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const CALLBACK: &str = "https://app.example/callback";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let given = std::env::args().nth(1).ok_or("what to speak to is the argument")?;
    let given: Value = serde_json::from_str(&given)?;
    let text = |name: &str| given[name].as_str().unwrap_or_default().to_owned();
    let credentials =
        ServiceAccountCredentials { client_id: text("client_id"), client_secret: text("client_secret") };
    let peer = Peer { base_url: text("base_url") };
    let client = peer.client(credentials);
    let application = peer.application(&client).await?;
    peer.integrations(&client, &application).await?;
    peer.service_accounts(&client).await?;
    client.agent_sessions.revoke_for_application(&application).await?;
    let of_it = AgentInstanceListParams { application_id: Some(application.clone()), ..Default::default() };
    expect(
        client.agent_sessions.list(Some(of_it)).await?.items.is_empty(),
        "nothing is left of its sessions",
    )?;
    client.applications.archive(&application).await?;
    let archived = client.applications.get(&application).await?.application;
    expect(archived.archived_at.is_some(), "it is archived")
}

struct Peer {
    base_url: String,
}

impl Peer {
    fn client(&self, credentials: ServiceAccountCredentials) -> KontextManagementClient {
        KontextManagementClient::new(KontextManagementClientConfig {
            base_url: self.base_url.clone(),
            credentials,
            token_url: None,
            api_version: None,
            scopes: None,
            audience: None,
        })
    }

    /// From its making to another secret; its id.
    async fn application(&self, client: &KontextManagementClient) -> Outcome<String> {
        let oauth = CreateApplicationOAuthRequest {
            oauth_type: Some("confidential".to_owned()),
            redirect_uris: vec![CALLBACK.to_owned()],
            pkce_required: None,
            scopes: Some(vec!["openid".to_owned()]),
        };
        let request = CreateApplicationRequest { name: "Agent".to_owned(), oauth: Some(oauth) };
        let made = client.applications.create(request).await?;
        expect(made.oauth.pkce_required && made.oauth.oauth_type == "confidential", "it is as asked for")?;
        let first = made.oauth.client_secret.ok_or("a secret is shown once")?;
        let id = made.application.id;
        let update = UpdateApplicationRequest { name: Some("Agent of ours".to_owned()) };
        client.applications.update(&id, update).await?;
        let read = client.applications.get(&id).await?.application;
        expect(read.name == "Agent of ours" && read.archived_at.is_none(), "it has another name")?;
        let moved = UpdateApplicationOAuthRequest {
            redirect_uris: Some(vec!["https://app.example/back".to_owned()]),
            ..UpdateApplicationOAuthRequest::default()
        };
        client.applications.update_oauth(&id, moved).await?;
        let oauth = client.applications.get_oauth(&id).await?.oauth;
        expect(oauth.redirect_uris == ["https://app.example/back"], "people come back elsewhere")?;
        expect(oauth.client_secret.is_none() && oauth.scopes == ["openid"], "the rest is as it was")?;
        let rotated = client.applications.rotate_secret(&id).await?.oauth.client_secret;
        expect(rotated.is_some_and(|secret| secret != first), "it has another secret")?;
        let ids = |page: Vec<kontext_dev_sdk::management::Application>| {
            page.into_iter().map(|one| one.id).collect::<Vec<_>>()
        };
        let one = PaginationParams { limit: Some(1), cursor: None };
        expect(ids(client.applications.list(Some(one)).await?.items) == [id.clone()], "it is listed")?;
        Ok(id)
    }

    async fn integrations(&self, client: &KontextManagementClient, application: &str) -> Outcome {
        let mut made = Vec::new();
        for name in ["Git", "Mail"] {
            let request = CreateIntegrationRequest {
                name: name.to_owned(),
                url: "https://10.0.0.1/mcp".to_owned(),
                auth_mode: None,
                server_token: None,
                confirm_unarchive: None,
            };
            made.push(client.integrations.create(request).await?.integration.id);
        }
        let renamed = UpdateIntegrationRequest { name: Some("Repos".to_owned()), ..Default::default() };
        client.integrations.update(&made[0], renamed).await?;
        let read = client.integrations.get(&made[0]).await?.integration;
        expect(read.name.as_deref() == Some("Repos"), "it has another name")?;
        client.integrations.validate(&made[0]).await?;
        expect(client.integrations.list(None).await?.items.len() == 2, "both are listed")?;
        let applications = &client.applications;
        let attached = applications.replace_integrations(application, made.clone()).await?;
        expect(attached.integration_ids.len() == 2, "both are attached")?;
        applications.detach_integration(application, &made[0]).await?;
        let left = applications.list_integrations(application).await?.integration_ids;
        expect(left == [made[1].clone()], "one is left")?;
        applications.attach_integration(application, &made[0]).await?;
        let both = applications.list_integrations(application).await?.integration_ids;
        expect(both.len() == 2, "both are attached again")?;
        client.integrations.archive(&made[0]).await?;
        let left = applications.list_integrations(application).await?.integration_ids;
        expect(left == [made[1].clone()], "what is archived is not reached")
    }

    /// Another account gets tokens until it is revoked.
    async fn service_accounts(&self, client: &KontextManagementClient) -> Outcome {
        let request = CreateServiceAccountRequest { name: "Deployments".to_owned() };
        let made = client.service_accounts.create(request).await?;
        let id = made.service_account.id;
        expect(client.service_accounts.get(&id).await?.service_account.name == "Deployments", "it is there")?;
        let rotated = client.service_accounts.rotate_secret(&id).await?.credentials;
        expect(rotated.client_secret != made.credentials.client_secret, "it has another secret")?;
        let credentials =
            ServiceAccountCredentials { client_id: rotated.client_id, client_secret: rotated.client_secret };
        let other = self.client(credentials);
        expect(other.applications.list(None).await.is_ok(), "it may ask")?;
        let listed = client.service_accounts.list(None).await?.items;
        expect(listed.iter().any(|one| one.id == id), "it is listed")?;
        client.service_accounts.revoke(&id).await?;
        expect(other.refresh_token().await.is_err(), "it gets no other token")
    }
}

fn expect(holds: bool, what: &str) -> Outcome {
    if holds { Ok(()) } else { Err(format!("not so: {what}").into()) }
}
