//! A whole page.

use askama::Template;

use super::action::{ACT, Action};
use super::cell::Link;
use super::part::{Notice, Part};
use crate::assets;
use crate::view::View;

/// One of the pages of what a page is about.
#[derive(Debug, Clone)]
pub(crate) struct Tab {
    pub(crate) link: Link,
    pub(crate) is_here: bool,
}

/// What is shown between the head and the foot that all pages have.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    title: String,
    lead: Option<String>,
    crumbs: Vec<Link>,
    tabs: Vec<Tab>,
    actions: Vec<Action>,
    parts: Vec<Part>,
    /// What this page alone is drawn and moved by.
    styles: Vec<&'static str>,
    scripts: Vec<&'static str>,
}

impl Page {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            lead: None,
            crumbs: Vec::new(),
            tabs: Vec::new(),
            actions: Vec::new(),
            parts: Vec::new(),
            styles: Vec::new(),
            scripts: Vec::new(),
        }
    }

    /// With a script of its own; the path of one of ours.
    pub(crate) fn script(mut self, path: &'static str) -> Self {
        self.scripts.push(path);
        self
    }

    /// With a style sheet of its own.
    pub(crate) fn style(mut self, path: &'static str) -> Self {
        self.styles.push(path);
        self
    }

    pub(crate) fn lead(self, lead: impl Into<String>) -> Self {
        Self { lead: Some(lead.into()), ..self }
    }

    /// It is below that page.
    pub(crate) fn below(mut self, words: &str, href: impl Into<String>) -> Self {
        self.crumbs.push(Link::new(words, href));
        self
    }

    pub(crate) fn tabs(self, tabs: Vec<Tab>) -> Self {
        Self { tabs, ..self }
    }

    /// Beside the heading, if whoever looks may do it.
    pub(crate) fn action(mut self, action: Option<Action>) -> Self {
        self.actions.extend(action);
        self
    }

    pub(crate) fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// As HTML, for whoever looks.
    pub(crate) fn html(&self, view: &View) -> askama::Result<String> {
        let shown = Shown { token: view.token() };
        let parts = self.parts.iter().map(|part| part.html(&shown)).collect::<askama::Result<_>>()?;
        PageHtml { page: self, view, parts }.render()
    }
}

/// What parts need to know of the page that they are on.
pub(super) struct Shown<'a> {
    /// That of its forms.
    pub(super) token: &'a str,
}

#[derive(Template)]
#[template(path = "page.html")]
struct PageHtml<'a> {
    page: &'a Page,
    view: &'a View,
    parts: Vec<String>,
}

impl PageHtml<'_> {
    fn style() -> &'static str {
        assets::style_path()
    }

    fn script() -> &'static str {
        assets::script_path()
    }

    fn htmx() -> &'static str {
        assets::htmx_path()
    }

    fn form() -> &'static str {
        ACT
    }

    fn said(&self) -> Option<Notice> {
        self.view.said()
    }
}
