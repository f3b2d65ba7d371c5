//! Where somebody who is not signed in says that a link was meant for them.

use askama::Template;

use super::form::Form;
use super::frame::Frame;

/// What is to be connected by what, and in whose name.
#[derive(Debug, Clone, Template)]
#[template(path = "connect.html")]
pub struct ConnectPage {
    pub frame: Frame,
    pub form: Form,
    pub integration: String,
    pub application: String,
    pub account: String,
}
