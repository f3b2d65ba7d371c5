//! Inputs, each with its label, what helps to fill it in, and what is wrong.

use askama::Template;

use super::draft::Draft;

/// One of several that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) words: String,
    pub(crate) hint: Option<String>,
}

impl Choice {
    pub(crate) fn new(value: impl Into<String>, words: impl Into<String>) -> Self {
        Self { value: value.into(), words: words.into(), hint: None }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// What an input takes.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    /// One line; the type of HTML, such as `text`, `email`, `url` or `date`.
    Line {
        kind: &'static str,
        value: String,
    },
    /// Several lines; for machines when `is_code`.
    Area {
        value: String,
        rows: u8,
        is_code: bool,
    },
    /// Never filled in by us.
    Password,
    Check {
        is_on: bool,
    },
    /// A list that opens.
    Select {
        choices: Vec<Choice>,
        chosen: String,
    },
    /// One of a few, all of them shown.
    Radio {
        choices: Vec<Choice>,
        chosen: String,
    },
    /// Any of several.
    Checks {
        choices: Vec<Choice>,
        chosen: Vec<String>,
    },
}

/// An input. Its name is what the API calls the field.
#[derive(Debug, Clone, Template)]
#[template(path = "kit/field.html")]
pub(crate) struct Field {
    pub(super) name: &'static str,
    label: String,
    input: Input,
    hint: Option<String>,
    fault: Option<String>,
    is_required: bool,
    placeholder: Option<String>,
}

impl Field {
    fn new(draft: &Draft<'_>, (name, label): (&'static str, &str), input: Input) -> Self {
        let fault = draft.fault(name);
        Self {
            name,
            label: label.to_owned(),
            input,
            hint: None,
            fault,
            is_required: false,
            placeholder: None,
        }
    }

    pub(crate) fn line(draft: &Draft<'_>, named: (&'static str, &str), stands: &str) -> Self {
        Self::typed(draft, named, ("text", stands))
    }

    /// One line of a type of HTML, such as `email`, `url` or `number`.
    pub(crate) fn typed(
        draft: &Draft<'_>,
        named: (&'static str, &str),
        (kind, stands): (&'static str, &str),
    ) -> Self {
        let value = draft.text(named.0, stands);
        Self::new(draft, named, Input::Line { kind, value })
    }

    /// Prose.
    pub(crate) fn area(draft: &Draft<'_>, named: (&'static str, &str), stands: &str) -> Self {
        let value = draft.text(named.0, stands);
        Self::new(draft, named, Input::Area { value, rows: 3, is_code: false })
    }

    /// One value a line.
    pub(crate) fn lines(draft: &Draft<'_>, named: (&'static str, &str), stands: &[String]) -> Self {
        let value = draft.text(named.0, &stands.join("\n"));
        let rows = u8::try_from(value.lines().count() + 1).unwrap_or(12).clamp(3, 12);
        Self::new(draft, named, Input::Area { value, rows, is_code: true })
    }

    /// Text for machines, such as JSON.
    pub(crate) fn code(draft: &Draft<'_>, named: (&'static str, &str), stands: &str) -> Self {
        let value = draft.text(named.0, stands);
        let rows = u8::try_from(value.lines().count() + 1).unwrap_or(20).clamp(4, 20);
        Self::new(draft, named, Input::Area { value, rows, is_code: true })
    }

    pub(crate) fn password(draft: &Draft<'_>, named: (&'static str, &str)) -> Self {
        Self::new(draft, named, Input::Password)
    }

    /// Several lines that nobody is shown again, such as a private key.
    pub(crate) fn secret_area(draft: &Draft<'_>, named: (&'static str, &str)) -> Self {
        Self::new(draft, named, Input::Area { value: String::new(), rows: 6, is_code: true })
    }

    pub(crate) fn check(draft: &Draft<'_>, named: (&'static str, &str), stands: bool) -> Self {
        let is_on = draft.is_on(named.0, stands);
        Self::new(draft, named, Input::Check { is_on })
    }

    pub(crate) fn select(
        draft: &Draft<'_>,
        named: (&'static str, &str),
        (choices, stands): (Vec<Choice>, &str),
    ) -> Self {
        let chosen = draft.text(named.0, stands);
        Self::new(draft, named, Input::Select { choices, chosen })
    }

    pub(crate) fn radio(
        draft: &Draft<'_>,
        named: (&'static str, &str),
        (choices, stands): (Vec<Choice>, &str),
    ) -> Self {
        let chosen = draft.text(named.0, stands);
        Self::new(draft, named, Input::Radio { choices, chosen })
    }

    pub(crate) fn checks(
        draft: &Draft<'_>,
        named: (&'static str, &str),
        (choices, stands): (Vec<Choice>, &[String]),
    ) -> Self {
        let chosen = draft.all(named.0, stands);
        Self::new(draft, named, Input::Checks { choices, chosen })
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    pub(crate) fn example(self, example: impl Into<String>) -> Self {
        Self { placeholder: Some(example.into()), ..self }
    }

    pub(crate) fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    fn is_group(&self) -> bool {
        matches!(self.input, Input::Radio { .. } | Input::Checks { .. })
    }

    /// What is typed is in UTC, unless a script makes it the reader's zone.
    fn is_moment(&self) -> bool {
        matches!(self.input, Input::Line { kind: "datetime-local", .. })
    }

    fn is_check(&self) -> bool {
        matches!(self.input, Input::Check { .. })
    }

    /// The ids of what is said of it.
    fn described_by(&self) -> Option<String> {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.name));
        let fault = self.fault.as_ref().map(|_| format!("{}-fault", self.name));
        let both: Vec<_> = [hint, fault].into_iter().flatten().collect();
        (!both.is_empty()).then(|| both.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_is_written_as_text() {
        let draft = Draft::new();
        for field in [
            Field::line(&draft, ("name", "Name"), "\"><script>"),
            Field::area(&draft, ("name", "Name"), "</textarea><script>"),
            Field::checks(&draft, ("name", "Name"), (vec![Choice::new("\"><script>", "<script>")], &[])),
        ] {
            let html = field.render().expect("renders");
            assert!(!html.contains("<script>"), "{html}");
        }
    }
}
