//! What can be pressed.

use askama::Template;

/// The form at the end of every page that buttons anywhere on it send.
pub(crate) const ACT: &str = "act";

/// How much somebody should think before they press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tone {
    #[default]
    Plain,
    /// What one is here for.
    Main,
    /// Takes something away.
    Danger,
}

impl Tone {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Plain => "button",
            Self::Main => "button main",
            Self::Danger => "button danger",
        }
    }
}

/// A link that looks like a button, or a button that sends something.
#[derive(Debug, Clone, Template)]
#[template(path = "kit/action.html")]
pub(crate) struct Action {
    label: String,
    /// What it is about, for whoever does not see where it stands.
    about: Option<String>,
    does: Does,
    tone: Tone,
    /// Asked before it is sent.
    question: Option<String>,
}

#[derive(Debug, Clone)]
enum Does {
    Go(String),
    /// To where, and one member to send along.
    Send(String, Option<(String, String)>),
}

impl Action {
    /// Leads to another page.
    pub(crate) fn go(label: &str, href: impl Into<String>) -> Self {
        Self::new(label, Does::Go(href.into()))
    }

    /// Sends a POST there.
    pub(crate) fn send(label: &str, path: impl Into<String>) -> Self {
        Self::new(label, Does::Send(path.into(), None))
    }

    fn new(label: &str, does: Does) -> Self {
        Self { label: label.to_owned(), about: None, does, tone: Tone::Plain, question: None }
    }

    /// Sends this along.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        if let Does::Send(_, sent) = &mut self.does {
            *sent = Some((name.to_owned(), value.into()));
        }
        self
    }

    /// What it is about; read out, not shown.
    pub(crate) fn about(self, what: impl Into<String>) -> Self {
        Self { about: Some(what.into()), ..self }
    }

    pub(crate) fn main(self) -> Self {
        Self { tone: Tone::Main, ..self }
    }

    pub(crate) fn danger(self) -> Self {
        Self { tone: Tone::Danger, ..self }
    }

    /// Is asked first, where there are scripts.
    pub(crate) fn asking(self, question: impl Into<String>) -> Self {
        Self { question: Some(question.into()), ..self }
    }

    fn form() -> &'static str {
        ACT
    }
}
