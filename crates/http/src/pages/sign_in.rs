//! Where people say who they are.

use askama::Template;

use super::field::{Alert, Field, Kind};
use super::form::Form;
use super::frame::{Frame, Mark};

/// Asks for who somebody is and their password: the members `identifier` and
/// `password` of the form.
#[derive(Debug, Clone, Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    pub frame: Frame,
    pub form: Form,
    /// Where people will be afterwards.
    pub application: Option<Mark>,
    /// What was typed before, or what the application suggests.
    pub identifier: String,
    pub identifier_fault: Option<String>,
    pub password_fault: Option<String>,
    /// What is wrong with both together.
    pub problem: Option<String>,
    /// Where a forgotten password is replaced, if it can be.
    pub forgotten_password: Option<String>,
}

impl SignInPage {
    pub const IDENTIFIER: &'static str = "identifier";
    pub const PASSWORD: &'static str = "password";

    fn alert(&self) -> Alert<'_> {
        let faults = [
            (Self::IDENTIFIER, self.identifier_fault.as_deref()),
            (Self::PASSWORD, self.password_fault.as_deref()),
        ];
        Alert::new(self.problem.as_deref(), &faults)
    }

    fn identifier_field(&self) -> Field<'_> {
        Field {
            name: Self::IDENTIFIER,
            label: "Email or user name",
            kind: Kind::Text,
            autocomplete: "username",
            value: &self.identifier,
            hint: None,
            fault: self.identifier_fault.as_deref(),
            focus: self.identifier.is_empty(),
        }
    }

    fn password_field(&self) -> Field<'_> {
        Field {
            name: Self::PASSWORD,
            label: "Password",
            kind: Kind::Password,
            autocomplete: "current-password",
            value: "",
            hint: None,
            fault: self.password_fault.as_deref(),
            focus: !self.identifier.is_empty(),
        }
    }
}
