//! What narrows a list: a search that answers while one types, and a few menus.

use askama::Template;

use super::draft::Draft;
use super::field::Choice;

/// Sends by GET what is asked for, and puts only the list in its place.
#[derive(Debug, Clone, Template)]
#[template(path = "kit/filter.html")]
pub(crate) struct Filter {
    path: String,
    /// Its name, its label and what stands in it.
    search: Option<(&'static str, String, String)>,
    menus: Vec<Menu>,
    lines: Vec<Line>,
    kept: Vec<(String, String)>,
    /// Asks for the whole page, when somebody presses the button.
    is_of_page: bool,
}

#[derive(Debug, Clone)]
struct Menu {
    name: &'static str,
    label: String,
    choices: Vec<Choice>,
    chosen: String,
}

/// Something else that is typed.
#[derive(Debug, Clone)]
struct Line {
    name: &'static str,
    label: String,
    /// The type of HTML, such as `text` or `datetime-local`.
    kind: &'static str,
    stands: String,
    fault: Option<String>,
}

impl Filter {
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            search: None,
            menus: Vec::new(),
            lines: Vec::new(),
            kept: Vec::new(),
            is_of_page: false,
        }
    }

    pub(crate) fn search(self, name: &'static str, label: &str, stands: Option<&str>) -> Self {
        Self { search: Some((name, label.to_owned(), stands.unwrap_or_default().to_owned())), ..self }
    }

    /// The first choice, of an empty value, asks for all.
    pub(crate) fn menu(
        mut self,
        (name, label): (&'static str, &str),
        choices: Vec<Choice>,
        stands: Option<&str>,
    ) -> Self {
        let chosen = stands.unwrap_or_default().to_owned();
        self.menus.push(Menu { name, label: label.to_owned(), choices, chosen });
        self
    }

    /// A line to type something exact, of a type of HTML.
    pub(crate) fn line(
        mut self,
        (name, label): (&'static str, &str),
        (kind, stands): (&'static str, Option<&str>),
    ) -> Self {
        let stands = stands.unwrap_or_default().to_owned();
        self.lines.push(Line { name, label: label.to_owned(), kind, stands, fault: None });
        self
    }

    /// What is said of the lines so far, each beside it.
    pub(crate) fn faults(mut self, draft: &Draft<'_>) -> Self {
        for line in &mut self.lines {
            line.fault = draft.fault(line.name);
        }
        self
    }

    /// Of what is no list: the whole page is asked for, by a button.
    pub(crate) fn of_page(self) -> Self {
        Self { is_of_page: true, ..self }
    }

    /// Asks for this besides, without showing it.
    pub(crate) fn keep(mut self, name: &str, value: Option<&str>) -> Self {
        self.kept.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        self
    }
}
