//! Pages that say something and ask nothing.

use askama::Template;

use super::form::Form;
use super::frame::{Frame, Mark, Person};

/// Somewhere to go on to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub words: String,
    pub url: String,
}

/// Somebody is signed in, and not among those who may use the application.
#[derive(Debug, Clone, Template)]
#[template(path = "not_assigned.html")]
pub struct NotAssignedPage {
    pub frame: Frame,
    /// Signs in as another.
    pub form: Form,
    pub application: Mark,
    pub person: Person,
}

/// A request that cannot be answered anywhere else: nothing is known that
/// people could be sent back to.
#[derive(Debug, Clone, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub frame: Frame,
    pub title: String,
    pub sentence: String,
    /// The word that developers look for, such as `invalid_request`.
    pub code: String,
    /// Finds it in the log.
    pub request_id: String,
}

/// Something was done.
#[derive(Debug, Clone, Template)]
#[template(path = "done.html")]
pub struct DonePage {
    pub frame: Frame,
    pub title: String,
    pub sentence: String,
    pub next: Option<Link>,
}
