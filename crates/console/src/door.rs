//! The door of the console: whoever has signed in comes through as the operator
//! that they are, by the same access token that the API takes, and with a form
//! only from a page of ours.

mod home;
mod pass;
mod session;
mod sign_in;
mod way;

pub(crate) use pass::pass;
pub(crate) use sign_in::{routes, sign_out};

/// The form key and what a form of the console is bound to besides the browser.
const FORMS: &str = "console";
