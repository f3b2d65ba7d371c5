//! What every storage function must do alike on both databases. One module a
//! noun; each test runs once per database.

#[path = "conformance/access.rs"]
mod access;
#[path = "conformance/access_sessions.rs"]
mod access_sessions;
#[path = "conformance/agent_sessions.rs"]
mod agent_sessions;
#[path = "conformance/application_totals.rs"]
mod application_totals;
#[path = "conformance/applications.rs"]
mod applications;
#[path = "conformance/assignments.rs"]
mod assignments;
#[path = "conformance/audiences.rs"]
mod audiences;
#[path = "conformance/audit.rs"]
mod audit;
#[path = "conformance/audit_chain.rs"]
mod audit_chain;
#[path = "conformance/codes.rs"]
mod codes;
#[path = "conformance/connections.rs"]
mod connections;
#[path = "conformance/consents.rs"]
mod consents;
#[path = "conformance/counters.rs"]
mod counters;
#[path = "conformance/credential_uses.rs"]
mod credential_uses;
#[path = "conformance/credentials.rs"]
mod credentials;
#[path = "conformance/directories.rs"]
mod directories;
#[path = "conformance/effective_users.rs"]
mod effective_users;
#[path = "conformance/environments.rs"]
mod environments;
#[path = "conformance/given.rs"]
mod given;
#[path = "conformance/grants.rs"]
mod grants;
#[path = "conformance/group_nesting.rs"]
mod group_nesting;
#[path = "conformance/groups.rs"]
mod groups;
#[path = "conformance/headcounts.rs"]
mod headcounts;
#[path = "conformance/idempotency.rs"]
mod idempotency;
#[path = "conformance/impersonations.rs"]
mod impersonations;
#[path = "conformance/integrations.rs"]
mod integrations;
#[path = "conformance/keys.rs"]
mod keys;
#[path = "conformance/links.rs"]
mod links;
#[path = "conformance/lockouts.rs"]
mod lockouts;
#[path = "conformance/operators.rs"]
mod operators;
#[path = "conformance/ownership.rs"]
mod ownership;
#[path = "conformance/partings.rs"]
mod partings;
#[path = "conformance/partners.rs"]
mod partners;
#[path = "conformance/passwords.rs"]
mod passwords;
#[path = "conformance/people_of_tenants.rs"]
mod people_of_tenants;
#[path = "conformance/registrations.rs"]
mod registrations;
#[path = "conformance/remains.rs"]
mod remains;
#[path = "conformance/revocations.rs"]
mod revocations;
#[path = "conformance/roles.rs"]
mod roles;
#[path = "conformance/scopes.rs"]
mod scopes;
#[path = "conformance/search.rs"]
mod search;
#[path = "conformance/service_accounts.rs"]
mod service_accounts;
#[path = "conformance/session_ends.rs"]
mod session_ends;
#[path = "conformance/session_list.rs"]
mod session_list;
#[path = "conformance/session_parts.rs"]
mod session_parts;
#[path = "conformance/sessions.rs"]
mod sessions;
#[path = "conformance/sign_ins.rs"]
mod sign_ins;
#[path = "conformance/signed_in.rs"]
mod signed_in;
#[path = "conformance/tenancy_list.rs"]
mod tenancy_list;
#[path = "conformance/tenants.rs"]
mod tenants;
#[path = "conformance/ties.rs"]
mod ties;
#[path = "conformance/totals.rs"]
mod totals;
#[path = "conformance/user_keys.rs"]
mod user_keys;
#[path = "conformance/user_search.rs"]
mod user_search;
#[path = "conformance/users.rs"]
mod users;
#[path = "conformance/vault.rs"]
mod vault;

use appkeep_storage::{StorageError, Store};
use appkeep_testkit::on_each_database;

on_each_database![a_fresh_database_fits_this_release, a_body_may_do_nothing];

async fn a_fresh_database_fits_this_release(store: Store) {
    store.check_schema().await.expect("fits");
}

async fn a_body_may_do_nothing(store: Store) {
    let outcome: Result<&str, StorageError> = store.write(async |_| Ok("done")).await;
    assert_eq!(outcome.expect("commits"), "done");
}
