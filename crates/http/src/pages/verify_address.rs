//! The end of the way of a mail: somebody reads it.

use askama::Template;

use super::form::Form;
use super::frame::Frame;

/// A button, because programs that look for dangers in mail follow links, and
/// what they follow must not use one up.
#[derive(Debug, Clone, Template)]
#[template(path = "verify_address.html")]
pub struct VerifyAddressPage {
    pub frame: Frame,
    pub form: Form,
    pub address: String,
}
