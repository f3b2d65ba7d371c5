//! `/api/v1/vault`

mod again;
mod documents;
mod keys;
mod lists;
mod rules;
mod tokens;
pub(crate) mod walk;

use serde_json::{Value, json};

use crate::harness::User;

/// A token is made, and what was answered.
async fn put(user: &User<'_>, new: Value) -> Value {
    user.post("/vault/tokens", new).await.created()["token"].clone()
}

async fn put_plain(user: &User<'_>, data: Value) -> String {
    text(&put(user, json!({ "type": "token", "data": data })).await["id"])
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

async fn refused_for(user: &User<'_>, new: Value, fields: &[&str]) {
    user.post("/vault/tokens", new).await.refused_for(422, "invalid_field", fields);
}
