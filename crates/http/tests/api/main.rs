//! The API from outside: requests through the whole router, on both databases.
//!
//! Files lie as the URLs do, and tests are named after the sentences that they
//! hold us to. Every answer's status and body must be as the description says.

mod access_graph;
mod applications;
mod audit;
mod basistheory;
mod cells;
mod connections;
mod console;
mod coverage;
mod directory;
mod docs;
mod gateway;
mod groups;
mod harness;
mod idempotency;
mod integrations;
mod issuers;
mod keys;
mod kontext;
mod lockouts;
mod oauth;
mod operators;
mod ownership;
mod pages;
mod partners;
mod registration_tokens;
mod requests;
mod scaikey;
mod scopes;
mod service_accounts;
mod tenant;
mod tenants;
mod users;
mod vault;
mod vault_sessions;
mod zyphr;
