//! From the service's types to the API's and back, member by member: what the
//! one gains, the other shows only when it is written here.

mod access;
mod access_graph;
mod agent_session;
mod api_key;
mod application;
mod assignment;
mod audit;
mod bulk;
mod connection;
mod credential;
mod directory;
mod environment;
mod fields;
mod group;
mod impersonation;
mod integration;
mod lockout;
mod operator;
mod partner;
mod registration;
mod saml;
mod scope;
mod secret;
mod service_account;
mod session;
mod tenant;
mod user;
mod vault;
mod vault_session;
mod words;

pub(crate) use access::{access, access_question, explanation, new_access, permission};
pub(crate) use access_graph::{access_graph, access_graph_query};
pub(crate) use agent_session::{agent_session, agent_session_query};
pub(crate) use api_key::{added_key, key_question, key_verification, new_key};
pub(crate) use application::{created, detail, oauth_config, oauth_fields, summary};
pub(crate) use assignment::{assignment, effective_user};
pub(crate) use audit::audit_entry;
pub(crate) use bulk::bulk_outcome;
pub(crate) use connection::{connection, connection_update, identity, new_connection};
pub(crate) use credential::{added, credential, credential_query, new_secret};
pub(crate) use directory::{directory, directory_update};
pub(crate) use environment::{end_user_query, environment, rotated_environment};
pub(crate) use fields::{
    application_query, application_update, audit_query, effective_user_query, new_application, page_query,
    scope_query,
};
pub(crate) use group::{group, group_query, group_update, member, new_group};
pub(crate) use impersonation::{impersonation, new_impersonation, started_impersonation};
pub(crate) use integration::{
    attached_integration, comeback, connected_user, integration, integration_authorization,
    integration_client, integration_connection, integration_oauth, integration_query, integration_update,
    new_integration, own_token,
};
pub(crate) use lockout::lockout;
pub(crate) use operator::{new_operator, operator, operator_detail, operator_query, operator_update};
pub(crate) use partner::{new_partner, partner, partner_query, partner_update};
pub(crate) use registration::{
    client_metadata, made_registration_token, new_registration_token, registered_client, registration_token,
    replaced_metadata,
};
pub(crate) use scope::scope;
pub(crate) use secret::{revoked, rotated};
pub(crate) use service_account::{
    new_service_account, service_account, service_account_patch, service_account_query, with_secret,
};
pub(crate) use session::{consent, session, session_query, user_session_query};
pub(crate) use tenant::{new_tenant, tenant, tenant_change, tenant_query, tenant_update};
pub(crate) use user::{new_user, user, user_detail, user_query, user_update};
pub(crate) use vault::{
    created_token, named, new_token, token_in_document, token_patch, token_query, token_search, tokenized,
    vault_caller, vault_token,
};
pub(crate) use vault_session::{session_fields, started_session};

use appkeep_api_types::{Page, PageMeta};
use appkeep_domain::Timestamp;
use appkeep_service as service;

/// A page of what is converted one by one.
pub(crate) fn page<From, To>(page: service::Page<From>, convert: impl Fn(From) -> To) -> Page<To> {
    let meta = PageMeta { next_cursor: page.next_cursor, limit: page.limit };
    Page { data: page.items.into_iter().map(convert).collect(), meta }
}

fn moment(at: Timestamp) -> String {
    at.to_string()
}

fn text<T: ToString>(value: &T) -> String {
    value.to_string()
}

fn texts<'a, T: ToString + 'a>(values: impl IntoIterator<Item = &'a T>) -> Vec<String> {
    values.into_iter().map(ToString::to_string).collect()
}
