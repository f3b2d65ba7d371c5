//! An answer that travels to the application in a form
//! (OAuth 2.0 Form Post Response Mode §2).

use askama::Template;

use super::form::HiddenFields;
use super::frame::Frame;

/// Sends its form by itself; without the script there is a button.
#[derive(Clone, Template)]
#[template(path = "form_post.html")]
pub struct FormPostPage {
    pub frame: Frame,
    /// The application's name.
    pub application: String,
    /// Its redirect URI, which the page's policy has to name as well.
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl FormPostPage {
    fn hidden_fields(&self) -> HiddenFields<'_> {
        HiddenFields { token: None, fields: &self.fields }
    }
}

/// The fields hold a code.
impl std::fmt::Debug for FormPostPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FormPostPage").field("application", &self.application).finish_non_exhaustive()
    }
}
