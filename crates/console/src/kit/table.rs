//! Lists.

use askama::Template;

use super::action::Action;
use super::cell::Cell;
use super::page::Shown;

/// What stands above cells; a number stands at the right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) title: String,
    pub(crate) is_number: bool,
}

impl Column {
    pub(crate) fn all(titles: &[&str]) -> Vec<Self> {
        titles.iter().map(|title| Self { title: (*title).to_owned(), is_number: false }).collect()
    }

    /// The same, of which these are numbers.
    pub(crate) fn with_numbers(titles: &[&str], numbers: &[&str]) -> Vec<Self> {
        let column = |title: &&str| Self { title: (*title).to_owned(), is_number: numbers.contains(title) };
        titles.iter().map(column).collect()
    }
}

/// One of those listed.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// What is sent when it is picked.
    pub(crate) id: String,
    /// What it is called, for whoever picks it without seeing it.
    pub(crate) name: String,
    pub(crate) cells: Vec<Cell>,
}

impl Row {
    pub(crate) fn new(cells: Vec<Cell>) -> Self {
        Self { id: String::new(), name: String::new(), cells }
    }

    pub(crate) fn picked_as(self, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into(), ..self }
    }
}

/// What is said where nothing is listed, and what to do about it.
#[derive(Debug, Clone)]
pub(crate) struct Empty {
    pub(crate) sentence: String,
    pub(crate) action: Option<Action>,
}

impl Empty {
    pub(crate) fn new(sentence: &str) -> Self {
        Self { sentence: sentence.to_owned(), action: None }
    }

    pub(crate) fn doing(self, action: Option<Action>) -> Self {
        Self { action, ..self }
    }
}

/// Several are picked, and something is done to all of them: their ids are sent
/// as `id`, and which button was pressed as `verb`.
#[derive(Debug, Clone)]
pub(crate) struct Pick {
    pub(crate) path: String,
    /// Each verb, its label, and whether it takes something away.
    pub(crate) verbs: Vec<(&'static str, String, bool)>,
}

/// A list, part by part.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    caption: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    empty: Empty,
    more: Option<String>,
    beginning: Option<String>,
    pick: Option<Pick>,
    /// What is said below, such as how many there are.
    note: Option<String>,
    /// Where the newest are asked for again and again, while somebody wants that.
    follow: Option<String>,
}

impl Table {
    pub(crate) fn new(caption: &str, columns: Vec<Column>, rows: Vec<Row>) -> Self {
        Self {
            caption: caption.to_owned(),
            columns,
            rows,
            empty: Empty::new("There is nothing here."),
            more: None,
            beginning: None,
            pick: None,
            note: None,
            follow: None,
        }
    }

    pub(crate) fn empty(self, empty: Empty) -> Self {
        Self { empty, ..self }
    }

    /// Where the next part is, and the first, when this is not it.
    pub(crate) fn parts(self, more: Option<String>, beginning: Option<String>) -> Self {
        Self { more, beginning, ..self }
    }

    pub(crate) fn pick(self, pick: Option<Pick>) -> Self {
        Self { pick: pick.filter(|pick| !pick.verbs.is_empty()), ..self }
    }

    pub(crate) fn note(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }

    /// It can be followed: asked for again there, by the script for that.
    pub(crate) fn follow(self, path: Option<String>) -> Self {
        Self { follow: path, ..self }
    }

    pub(super) fn html(&self, shown: &Shown<'_>) -> askama::Result<String> {
        TableHtml { table: self, token: shown.token }.render()
    }
}

#[derive(Template)]
#[template(path = "kit/table.html")]
struct TableHtml<'a> {
    table: &'a Table,
    token: &'a str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they count by reference")]
impl TableHtml<'_> {
    fn title(&self, index: &usize) -> &str {
        self.table.columns.get(*index).map_or("", |column| &column.title)
    }

    fn class(&self, index: &usize) -> &'static str {
        if self.table.columns.get(*index).is_some_and(|column| column.is_number) {
            " class=\"number\""
        } else {
            ""
        }
    }
}
