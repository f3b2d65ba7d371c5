//! `/api/v1/applications`

mod bulk;
mod create;
mod credentials;
mod delete;
mod get;
mod lifecycle;
mod list;
mod rotate_secret;
mod saml;
mod update;
mod validation;
