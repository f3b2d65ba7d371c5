//! A piece of what is shown: in a table, or beside its name.

use appkeep_domain::Timestamp;
use appkeep_http::pages::Moment;
use askama::Template;

use super::action::Action;

/// Somewhere to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) words: String,
    pub(crate) href: String,
}

impl Link {
    pub(crate) fn new(words: impl Into<String>, href: impl Into<String>) -> Self {
        Self { words: words.into(), href: href.into() }
    }
}

/// A word that is told from others by its colour too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Badge {
    Good,
    Quiet,
    Warning,
    Bad,
}

impl Badge {
    const fn class(self) -> &'static str {
        match self {
            Self::Good => "badge good",
            Self::Quiet => "badge quiet",
            Self::Warning => "badge warning",
            Self::Bad => "badge bad",
        }
    }
}

/// A field, what stood in it, and what stands there since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) field: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

/// Whatever strangers chose is written as text.
#[derive(Debug, Clone, Template)]
#[template(path = "kit/cell.html")]
pub(crate) enum Cell {
    /// There is none.
    Nothing,
    Text(String),
    /// Of less weight.
    Detail(String),
    /// For machines, such as an id; can be copied.
    Code(String),
    Link(Link),
    Badge(Badge, String),
    Moment(Moment),
    Number(u64),
    /// One below the other.
    Stack(Vec<Cell>),
    /// One beside the other.
    Row(Vec<Cell>),
    Actions(Vec<Action>),
    /// What changed, to be opened; with how that is announced.
    Changes(String, Vec<Change>),
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn code(text: impl Into<String>) -> Self {
        Self::Code(text.into())
    }

    pub(crate) fn link(words: impl Into<String>, href: impl Into<String>) -> Self {
        Self::Link(Link::new(words, href))
    }

    pub(crate) fn badge(badge: Badge, word: impl Into<String>) -> Self {
        Self::Badge(badge, word.into())
    }

    pub(crate) fn at(at: Timestamp) -> Self {
        Self::Moment(at.into())
    }

    /// The same of what may not be there.
    pub(crate) fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Nothing, cell)
    }

    pub(crate) fn yes_or_no(is_so: bool) -> Self {
        Self::text(if is_so { "Yes" } else { "No" })
    }

    /// Words beside each other, such as scopes; nothing when there are none.
    pub(crate) fn words(words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let words: Vec<Self> = words.into_iter().map(|word| Self::badge(Badge::Quiet, word)).collect();
        if words.is_empty() { Self::Nothing } else { Self::Row(words) }
    }

    /// One below the other; nothing when there are none.
    pub(crate) fn lines(lines: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let lines: Vec<Self> = lines.into_iter().map(Self::text).collect();
        if lines.is_empty() { Self::Nothing } else { Self::Stack(lines) }
    }
}
