//! Where people type what their device shows.

use askama::Template;

use super::field::{Alert, Field, Kind};
use super::form::Form;
use super::frame::{Frame, Mark};

/// Asks for the code of a device, or one that stands in for it: the member
/// `code` of the form.
#[derive(Debug, Clone, Template)]
#[template(path = "code.html")]
pub struct CodePage {
    pub frame: Frame,
    pub form: Form,
    /// Where people will be afterwards.
    pub application: Option<Mark>,
    pub problem: Option<String>,
}

impl CodePage {
    pub const CODE: &'static str = "code";

    fn alert(&self) -> Alert<'_> {
        Alert::new(None, &[(Self::CODE, self.problem.as_deref())])
    }

    fn code_field(&self) -> Field<'_> {
        Field {
            name: Self::CODE,
            label: "Code",
            kind: Kind::Text,
            autocomplete: "one-time-code",
            value: "",
            hint: Some("Six digits from your app, or one of your backup codes."),
            fault: self.problem.as_deref(),
            focus: true,
        }
    }
}
