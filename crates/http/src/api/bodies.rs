//! Which members the bodies of requests must have.

use appkeep_api_types::{
    ApplicationPatch, BulkIds, NewApplication, NewScope, NewSecret, Nothing, RotateSecret, TenantPatch,
};

use crate::extract::Body;

impl Body for NewApplication {
    const REQUIRED: &'static [&'static str] = &["name", "type"];
}
impl Body for ApplicationPatch {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for RotateSecret {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for NewSecret {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for Nothing {
    const REQUIRED: &'static [&'static str] = &[];
}
impl Body for BulkIds {
    const REQUIRED: &'static [&'static str] = &["ids"];
}
impl Body for NewScope {
    const REQUIRED: &'static [&'static str] = &["scope"];
}
impl Body for TenantPatch {
    const REQUIRED: &'static [&'static str] = &[];
}
