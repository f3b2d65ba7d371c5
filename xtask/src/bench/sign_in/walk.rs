//! From an application's first request to its tokens.

use serde_json::Value;

use super::people::{Application, PASSWORD};
use crate::Failure;
use crate::bench::connection::{Answer, Connection, Head};
use crate::bench::drive::Work;
use crate::bench::page::{cookie, encoded, hidden_form, parameter};

/// People who sign in one after the other, each in a new browser.
pub(super) struct Walker<'a> {
    connection: Connection,
    application: &'a Application,
    names: std::iter::Cycle<std::slice::Iter<'a, String>>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(connection: Connection, application: &'a Application, names: &'a [String]) -> Self {
        Self { connection, application, names: names.iter().cycle() }
    }
}

impl Work for Walker<'_> {
    fn once(&mut self) -> Result<(), Failure> {
        let name = self.names.next().ok_or_else(|| Failure::new("there is nobody to sign in"))?;
        sign_in(&mut self.connection, self.application, name).map(|_| ())
    }
}

/// The whole walk; what the token endpoint answers in the end.
pub(super) fn sign_in(
    connection: &mut Connection,
    application: &Application,
    name: &str,
) -> Result<Value, Failure> {
    let form = SignInForm::open(connection, application)?;
    let answer = form.send(connection, (name, PASSWORD), 303)?;
    let location = answer.location.unwrap_or_default();
    let code = parameter(&location, "code");
    let code = code.ok_or_else(|| Failure::new(format!("somebody who signed in is sent to {location}")))?;
    connection.ask(Head::post_form("/oauth2/token"), &application.trade_form(code))
}

/// The page that asks for a name and a password, in a browser.
#[derive(Debug)]
pub(super) struct SignInForm {
    cookie: String,
    hidden: String,
}

impl SignInForm {
    pub(super) fn open(connection: &mut Connection, application: &Application) -> Result<Self, Failure> {
        let page = connection.answered(Head::get(&application.authorize_path, None), "", &[200])?;
        let hidden = hidden_form(&page.text());
        let hidden = hidden.ok_or_else(|| Failure::new("there is no form to sign in with"))?;
        let cookies: Vec<&str> = page.cookies.iter().map(|set| cookie(set)).collect();
        Ok(Self { cookie: cookies.join("; "), hidden })
    }

    /// May be sent again and again.
    pub(super) fn send(
        &self,
        connection: &mut Connection,
        (name, password): (&str, &str),
        status: u16,
    ) -> Result<Answer, Failure> {
        let head = Head { cookie: Some(&self.cookie), ..Head::post_form("/sign-in") };
        let typed = format!("identifier={}&password={}", encoded(name), encoded(password));
        connection.answered(head, &format!("{}&{typed}", self.hidden), &[status])
    }
}
