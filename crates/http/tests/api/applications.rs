//! `/api/v1/applications`

pub(crate) mod access;
mod assignments;
mod audience;
mod bulk;
mod connections;
mod create;
mod credentials;
mod delete;
mod effective_users;
mod end_users;
pub(crate) mod environments;
mod get;
mod impersonations;
mod in_use;
mod keys;
mod lifecycle;
mod list;
mod oauth;
mod rotate_secret;
mod saml;
mod sessions;
mod tokens_given;
mod update;
mod validation;
