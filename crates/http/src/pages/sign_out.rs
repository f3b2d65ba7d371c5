//! The end of a sign-in (OpenID Connect RP-Initiated Logout 1.0 §2).

use askama::Template;

use super::form::Form;
use super::frame::{Frame, Mark, Person};
use super::notices::Link;

/// Asks whether somebody means to sign out: the member `decision` of the form,
/// `sign_out` or `stay`.
#[derive(Debug, Clone, Template)]
#[template(path = "sign_out.html")]
pub struct SignOutPage {
    pub frame: Frame,
    pub form: Form,
    /// Which application asks for it, if one does.
    pub application: Option<Mark>,
    pub person: Person,
}

impl SignOutPage {
    pub const DECISION: &'static str = "decision";
    pub const SIGN_OUT: &'static str = "sign_out";
    pub const STAY: &'static str = "stay";
}

/// Nobody is signed in any more.
#[derive(Debug, Clone, Template)]
#[template(path = "signed_out.html")]
pub struct SignedOutPage {
    pub frame: Frame,
    /// Back to the application, or to sign in again.
    pub next: Option<Link>,
}
