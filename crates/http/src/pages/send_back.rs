//! An answer that follows a form of ours.

use askama::Template;

use super::frame::Frame;

/// Goes to an application's redirect URI as a redirect would.
///
/// A redirect after a form is held against the policy of the page that the
/// form was on, and with it every redirect of the application after that; this
/// page ends the chain, so that an application may send people on to another
/// host of its own. It needs no script. A scheme of an application's own is
/// better served by a real redirect, which browsers take for the answer to the
/// press of a button.
#[derive(Clone, Template)]
#[template(path = "send_back.html")]
pub struct SendBackPage {
    pub frame: Frame,
    /// The application's name.
    pub application: String,
    /// Its redirect URI with the answer, as a `Location` would have it.
    pub location: String,
}

/// The location holds a code.
impl std::fmt::Debug for SendBackPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SendBackPage").field("application", &self.application).finish_non_exhaustive()
    }
}
