//! `/api/v1/applications`

mod assignments;
mod audience;
mod bulk;
mod create;
mod credentials;
mod delete;
mod effective_users;
mod end_users;
pub(crate) mod environments;
mod get;
mod impersonations;
mod in_use;
mod lifecycle;
mod list;
mod rotate_secret;
mod saml;
mod sessions;
mod update;
mod validation;
