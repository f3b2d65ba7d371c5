//! `/api/v1/integrations` and what is below it.

mod attach;
mod connect;
mod crud;
mod errands;
mod given;
mod oauth;
mod resources;
mod validate;

use serde_json::Value;

use crate::harness::User;

/// An integration that was just made.
async fn made(user: &User<'_>, body: Value) -> Value {
    user.post("/integrations", body).await.created()
}

fn id_of(integration: &Value) -> String {
    integration["id"].as_str().expect("an id").to_owned()
}

fn path_of(integration: &Value) -> String {
    format!("/integrations/{}", id_of(integration))
}
