//! `/api/v1/applications`

mod assignments;
mod bulk;
mod create;
mod credentials;
mod delete;
mod effective_users;
mod get;
mod lifecycle;
mod list;
mod rotate_secret;
mod saml;
mod sessions;
mod update;
mod validation;
