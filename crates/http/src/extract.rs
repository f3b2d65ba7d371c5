//! The shape of what comes in. Every rejection here is a [`Problem`].
//!
//! [`Problem`]: crate::Problem

mod json;
mod members;
mod query;

pub use json::{Body, Json};
pub use query::Query;
