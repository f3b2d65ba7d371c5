//! Where somebody who is signed in says whether it is as who they mean.

use askama::Template;

use super::form::Form;
use super::frame::{Frame, Mark, Person};

/// Goes on as who is signed in, or as another: the member `account` of the
/// form, `this` or `another`.
#[derive(Debug, Clone, Template)]
#[template(path = "choose_account.html")]
pub struct ChooseAccountPage {
    pub frame: Frame,
    pub form: Form,
    pub application: Option<Mark>,
    pub person: Person,
}

impl ChooseAccountPage {
    pub const ACCOUNT: &'static str = "account";
    pub const THIS: &'static str = "this";
    pub const ANOTHER: &'static str = "another";
}
