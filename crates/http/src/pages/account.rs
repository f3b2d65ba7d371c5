//! What people see of their own account: where they are signed in, and what
//! they have allowed.

use askama::Template;

use super::form::Form;
use super::frame::{Frame, Mark, Person};
use super::moment::Moment;

/// Somebody's own sign-ins and applications.
#[derive(Debug, Clone, Template)]
#[template(path = "account.html")]
pub struct AccountPage {
    pub frame: Frame,
    pub person: Person,
    /// Ends the sign-in of this browser.
    pub sign_out: Form,
    pub sign_ins: Vec<SignInShown>,
    /// Where more of them are, if there are more.
    pub more_sign_ins: Option<String>,
    pub applications: Vec<ApplicationInUse>,
    /// Where more of them are, if there are more.
    pub more_applications: Option<String>,
    /// Where the page begins, if this is not the beginning.
    pub beginning: Option<String>,
    /// Ends every sign-in, those that the page does not show too.
    pub sign_out_everywhere: Form,
}

/// A browser in which somebody is signed in.
#[derive(Debug, Clone)]
pub struct SignInShown {
    /// Words such as [`describe_device`](super::describe_device) finds.
    pub device: String,
    pub address: Option<String>,
    pub signed_in_at: Moment,
    pub last_seen_at: Moment,
    /// Ends it; this browser's own has none, since it has the page's.
    pub sign_out: Option<Form>,
}

/// An application that somebody has allowed something.
#[derive(Debug, Clone)]
pub struct ApplicationInUse {
    pub application: Mark,
    /// What it may do, in words.
    pub allowed: Vec<String>,
    pub allowed_at: Moment,
    /// Takes back what was allowed, which ends its sessions.
    pub withdraw: Form,
}
