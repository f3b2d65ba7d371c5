//! Service accounts.

use appkeep_api_types as api;
use appkeep_domain::ServiceAccount;
use appkeep_service::{PageQuery, ServiceAccountFields, ServiceAccountQuery, ServiceAccountSecret};

use super::audit::actor;
use super::fields::edit;
use super::moment;
use super::words::role;

pub(crate) fn service_account(account: &ServiceAccount) -> api::ServiceAccount {
    api::ServiceAccount {
        id: account.id.client_id(),
        name: account.name.to_string(),
        description: account.description.clone(),
        role: role(account.role),
        secret_last_four: account.secret.last_four.clone(),
        secret_created_at: moment(account.secret.created_at),
        created_by: actor(account.created_by.clone()),
        created_at: moment(account.created_at),
        updated_at: moment(account.updated_at),
        archived_at: account.archived_at.map(moment),
    }
}

pub(crate) fn with_secret(made: &ServiceAccountSecret) -> api::ServiceAccountWithSecret {
    let client_secret = made.secret.expose().to_owned();
    api::ServiceAccountWithSecret { account: service_account(&made.account), client_secret }
}

pub(crate) fn new_service_account(new: api::NewServiceAccount) -> ServiceAccountFields {
    ServiceAccountFields { name: Some(new.name), description: edit(new.description), role: new.role }
}

pub(crate) fn service_account_patch(patch: api::ServiceAccountPatch) -> ServiceAccountFields {
    ServiceAccountFields { name: patch.name, description: edit(patch.description), role: patch.role }
}

pub(crate) fn service_account_query(query: api::ServiceAccountQuery) -> ServiceAccountQuery {
    ServiceAccountQuery {
        page: PageQuery { cursor: query.cursor, limit: query.limit },
        archived: query.archived.unwrap_or_default(),
    }
}
