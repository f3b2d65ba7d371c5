//! Forms.

use askama::Template;

use super::action::Tone;
use super::draft::Draft;
use super::field::Field;
use super::page::Shown;

/// A form of its own: fields, and a button that sends them by POST.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    /// Where to.
    path: String,
    fields: Vec<Field>,
    hidden: Vec<(String, String)>,
    submit: String,
    tone: Tone,
    /// Where whoever changes their mind goes.
    back: Option<String>,
    alert: Option<String>,
}

impl Form {
    pub(crate) fn new(path: impl Into<String>, submit: &str) -> Self {
        Self {
            path: path.into(),
            fields: Vec::new(),
            hidden: Vec::new(),
            submit: submit.to_owned(),
            tone: Tone::Main,
            back: None,
            alert: None,
        }
    }

    /// With these fields, and what is said of what was sent before.
    pub(crate) fn fields(self, draft: &Draft<'_>, fields: Vec<Field>) -> Self {
        let names: Vec<_> = fields.iter().map(|field| field.name).collect();
        Self { alert: draft.alert(&names), fields, ..self }
    }

    /// Sends this along, unseen.
    pub(crate) fn hidden(mut self, name: &str, value: impl Into<String>) -> Self {
        self.hidden.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn danger(self) -> Self {
        Self { tone: Tone::Danger, ..self }
    }

    pub(crate) fn back(self, href: impl Into<String>) -> Self {
        Self { back: Some(href.into()), ..self }
    }

    pub(super) fn html(&self, shown: &Shown<'_>) -> askama::Result<String> {
        FormHtml { form: self, token: shown.token }.render()
    }
}

#[derive(Template)]
#[template(path = "kit/form.html")]
struct FormHtml<'a> {
    form: &'a Form,
    token: &'a str,
}
