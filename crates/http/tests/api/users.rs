//! `/api/v1/users`

mod consents;
mod create;
mod delete;
mod list;
mod mail_links;
mod password;
mod sessions;
mod unlock;
mod update;
