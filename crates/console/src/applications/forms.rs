//! What the forms of one application have in common.

use appkeep_domain::Application;
use appkeep_service::{ApplicationView, Error, ErrorCode, Expected, Fault};

use super::PATH;
use super::tabs::{AppTab, page_of};
use crate::kit::{Form, Page, Part, Section};
use crate::posted::Posted;
use crate::view::View;

/// Says in a form which version of the application it was made of.
pub(super) const VERSION: &str = "version";

/// Where an application's pages are, and what is below.
pub(super) fn path(view: &View, application: &Application, below: &str) -> String {
    view.path(&format!("{PATH}/{}{below}", application.id))
}

/// The same without the console's own part, to go on to.
pub(super) fn onward(id: &str, below: &str) -> String {
    format!("{PATH}/{id}{below}")
}

/// A page of an application that is one form.
pub(super) fn form_page(view: &View, (shown, here): (&ApplicationView, AppTab), section: Section) -> Page {
    page_of(view, shown, here).with(Part::Section(section))
}

/// That the form is of the application as it stands.
pub(super) fn of_version(form: Form, shown: &ApplicationView) -> Form {
    form.hidden(VERSION, shown.application.version.to_string())
}

/// The version that a form was made of; a text that is none is of no version.
pub(super) fn expected(posted: &Posted) -> Expected {
    match posted.get(VERSION) {
        None => Expected::Any,
        Some(version) => Expected::OneOf(version.parse::<i64>().into_iter().collect()),
    }
}

/// What is refused because somebody was quicker, as it is said beside a form that
/// is shown again as it was filled in.
pub(super) fn outrun(error: Error) -> Error {
    if error.code() != ErrorCode::PreconditionFailed {
        return error;
    }
    let said = "somebody else changed this since the form was opened; what you typed is below, and saving it \
                now puts it in the place of what they changed";
    Error::new(ErrorCode::PreconditionFailed, said).because(error)
}

/// The lines of a field that the form had.
pub(super) fn lines(posted: &Posted, name: &str) -> Option<Vec<String>> {
    posted.get(name).map(|_| posted.lines(name))
}

pub(super) fn fault(field: &str, message: &str) -> Error {
    Error::invalid(Fault::new(field, ErrorCode::InvalidField, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_of_the_version_that_it_says() {
        for (sent, read) in [
            ("", Expected::Any),
            ("version=3", Expected::OneOf(vec![3])),
            ("version=three", Expected::OneOf(Vec::new())),
        ] {
            assert_eq!(expected(&Posted::parse(sent.as_bytes())), read, "{sent}");
        }
    }
}
