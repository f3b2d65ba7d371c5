//! `/api/v1/users`

mod create;
mod delete;
mod list;
mod password;
mod update;
