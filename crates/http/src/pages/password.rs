//! A forgotten password, and a new one in its place.

use askama::Template;

use super::field::{Alert, Field, Kind};
use super::form::Form;
use super::frame::Frame;

/// Asks for the address to which a link is sent: the member `address`.
#[derive(Debug, Clone, Template)]
#[template(path = "forgotten_password.html")]
pub struct ForgottenPasswordPage {
    pub frame: Frame,
    pub form: Form,
    /// What was typed before.
    pub address: String,
    pub address_fault: Option<String>,
    pub problem: Option<String>,
    /// Back to where people sign in.
    pub sign_in: Option<String>,
}

impl ForgottenPasswordPage {
    pub const ADDRESS: &'static str = "address";

    fn alert(&self) -> Alert<'_> {
        Alert::new(self.problem.as_deref(), &[(Self::ADDRESS, self.address_fault.as_deref())])
    }

    fn address_field(&self) -> Field<'_> {
        Field {
            name: Self::ADDRESS,
            label: "Email address",
            kind: Kind::Email,
            autocomplete: "email",
            value: &self.address,
            hint: None,
            fault: self.address_fault.as_deref(),
            focus: true,
        }
    }
}

/// Says the same whether there is such an account or not.
#[derive(Debug, Clone, Template)]
#[template(path = "mail_sent.html")]
pub struct MailSentPage {
    pub frame: Frame,
    pub address: String,
    /// How long the link is good, such as `one hour`.
    pub lifetime: String,
    pub sign_in: Option<String>,
}

/// Asks for a new password, after a link was followed: the member
/// `new_password`.
#[derive(Debug, Clone, Template)]
#[template(path = "new_password.html")]
pub struct NewPasswordPage {
    pub frame: Frame,
    pub form: Form,
    /// Whose it is, so that browsers keep the two together.
    pub address: String,
    /// What is asked of a password, in words.
    pub rules: String,
    pub password_fault: Option<String>,
    pub problem: Option<String>,
}

impl NewPasswordPage {
    pub const NEW_PASSWORD: &'static str = "new_password";

    fn alert(&self) -> Alert<'_> {
        Alert::new(self.problem.as_deref(), &[(Self::NEW_PASSWORD, self.password_fault.as_deref())])
    }

    fn account_field(&self) -> Field<'_> {
        Field {
            name: "account",
            label: "Account",
            kind: Kind::Fixed,
            autocomplete: "username",
            value: &self.address,
            hint: None,
            fault: None,
            focus: false,
        }
    }

    fn password_field(&self) -> Field<'_> {
        Field {
            name: Self::NEW_PASSWORD,
            label: "New password",
            kind: Kind::Password,
            autocomplete: "new-password",
            value: "",
            hint: Some(&self.rules),
            fault: self.password_fault.as_deref(),
            focus: true,
        }
    }
}
