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
    /// What was just done, if something was.
    pub done: Option<String>,
    /// Ends the sign-in of this browser.
    pub sign_out: Form,
    pub sign_ins: Vec<SignInShown>,
    pub applications: Vec<ApplicationInUse>,
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

/// An application that somebody uses, or has allowed something.
#[derive(Debug, Clone)]
pub struct ApplicationInUse {
    pub application: Mark,
    /// What it may do, in words; nothing where nobody was asked.
    pub allowed: Vec<String>,
    pub allowed_at: Option<Moment>,
    /// When it was last used, if that is known.
    pub last_used_at: Option<Moment>,
    /// Ends its sessions.
    pub sign_out: Option<Form>,
    /// Takes back what was allowed.
    pub withdraw: Option<Form>,
}
