//! What a page is put together of.

use askama::Template;

use super::action::Action;
use super::cell::{Badge, Cell};
use super::filter::Filter;
use super::form::Form;
use super::page::Shown;
use super::table::Table;

/// A part of a page.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    Facts(Facts),
    Table(Table),
    /// A list and what narrows it: the list alone is put in place as one types.
    List(Filter, Table),
    /// What narrows a page that is no list.
    Filter(Filter),
    Form(Form),
    Notice(Notice),
    Secret(Secret),
    Steps(Vec<Step>),
    Section(Section),
    Actions(Vec<Action>),
    Prose(String),
    /// Something to copy, such as a command.
    Code(String),
    /// HTML that was made of a template elsewhere, such as a picture.
    Html(String),
}

/// Names, and what stands for each.
#[derive(Debug, Clone, Template, Default)]
#[template(path = "kit/facts.html")]
pub(crate) struct Facts(Vec<(String, Cell)>);

impl Facts {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn with(mut self, name: &str, cell: Cell) -> Self {
        self.0.push((name.to_owned(), cell));
        self
    }
}

/// Something to be told.
#[derive(Debug, Clone, Template)]
#[template(path = "kit/notice.html")]
pub(crate) struct Notice {
    badge: Badge,
    sentence: String,
    actions: Vec<Action>,
}

impl Notice {
    pub(crate) fn new(badge: Badge, sentence: impl Into<String>) -> Self {
        Self { badge, sentence: sentence.into(), actions: Vec::new() }
    }

    pub(crate) fn doing(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    const fn class(&self) -> &'static str {
        match self.badge {
            Badge::Good => "notice good",
            Badge::Quiet => "notice quiet",
            Badge::Warning => "notice warning",
            Badge::Bad => "notice bad",
        }
    }
}

/// Shown this one time: what it is called, what it is, and a file name to save
/// it by.
#[derive(Clone, Template)]
#[template(path = "kit/secret.html")]
pub(crate) struct Secret {
    pub(crate) title: String,
    pub(crate) sentence: String,
    /// Each name and value, such as `client_id` and `client_secret`.
    pub(crate) values: Vec<(String, String)>,
    pub(crate) file: String,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("title", &self.title).finish_non_exhaustive()
    }
}

impl Secret {
    /// What a file of it holds, a line each.
    fn text(&self) -> String {
        let lines: Vec<_> = self.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        lines.join("\n")
    }
}

/// One of what is to be done, and whether it is.
#[derive(Debug, Clone, Template)]
#[template(path = "kit/step.html")]
pub(crate) struct Step {
    pub(crate) title: String,
    pub(crate) sentence: String,
    pub(crate) is_done: bool,
    pub(crate) action: Option<Action>,
    /// A command, or a text to copy.
    pub(crate) code: Option<String>,
}

/// Parts under a heading.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    title: String,
    lead: Option<String>,
    actions: Vec<Action>,
    parts: Vec<Part>,
    is_danger: bool,
}

impl Section {
    pub(crate) fn new(title: &str) -> Self {
        Self { title: title.to_owned(), lead: None, actions: Vec::new(), parts: Vec::new(), is_danger: false }
    }

    pub(crate) fn lead(self, lead: impl Into<String>) -> Self {
        Self { lead: Some(lead.into()), ..self }
    }

    pub(crate) fn action(mut self, action: Option<Action>) -> Self {
        self.actions.extend(action);
        self
    }

    pub(crate) fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    pub(crate) fn danger(self) -> Self {
        Self { is_danger: true, ..self }
    }
}

#[derive(Template)]
#[template(path = "kit/section.html")]
struct SectionHtml<'a> {
    section: &'a Section,
    parts: Vec<String>,
}

#[derive(Template)]
#[template(path = "kit/list.html")]
struct ListHtml<'a> {
    filter: &'a Filter,
    table: String,
}

#[derive(Template)]
#[template(path = "kit/text.html")]
struct TextHtml<'a> {
    prose: Option<&'a str>,
    code: Option<&'a str>,
    actions: &'a [Action],
    steps: &'a [Step],
}

impl TextHtml<'_> {
    const NONE: Self = Self { prose: None, code: None, actions: &[], steps: &[] };
}

impl Part {
    pub(super) fn html(&self, shown: &Shown<'_>) -> askama::Result<String> {
        match self {
            Self::Facts(facts) => facts.render(),
            Self::Table(table) => table.html(shown),
            Self::List(filter, table) => ListHtml { filter, table: table.html(shown)? }.render(),
            Self::Filter(filter) => filter.render(),
            Self::Form(form) => form.html(shown),
            Self::Notice(notice) => notice.render(),
            Self::Secret(secret) => secret.render(),
            Self::Steps(steps) => TextHtml { steps, ..TextHtml::NONE }.render(),
            Self::Section(section) => section.html(shown),
            Self::Actions(actions) => TextHtml { actions, ..TextHtml::NONE }.render(),
            Self::Prose(prose) => TextHtml { prose: Some(prose), ..TextHtml::NONE }.render(),
            Self::Code(code) => TextHtml { code: Some(code), ..TextHtml::NONE }.render(),
            Self::Html(html) => Ok(html.clone()),
        }
    }
}

impl Section {
    fn html(&self, shown: &Shown<'_>) -> askama::Result<String> {
        let parts = self.parts.iter().map(|part| part.html(shown)).collect::<askama::Result<_>>()?;
        SectionHtml { section: self, parts }.render()
    }

    /// Its heading's id.
    fn id(&self) -> String {
        self.title
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
            .collect()
    }
}
