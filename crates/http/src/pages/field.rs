//! Inputs, with what is wrong with them.

use askama::Template;

/// An input with its label, which its faults are told with.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/field.html")]
pub(super) struct Field<'a> {
    /// In the form, and as the element's id.
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: Kind,
    pub(super) autocomplete: &'static str,
    pub(super) value: &'a str,
    pub(super) hint: Option<&'a str>,
    pub(super) fault: Option<&'a str>,
    /// Whether typing goes here when the page has come.
    pub(super) focus: bool,
}

/// What an input takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Email,
    /// Not shown, unless somebody asks; never filled in by us.
    Password,
    /// Shown, and sent along unchanged.
    Fixed,
}

impl Field<'_> {
    fn html_type(&self) -> &'static str {
        match self.kind {
            Kind::Text | Kind::Fixed => "text",
            Kind::Email => "email",
            Kind::Password => "password",
        }
    }

    fn is_password(&self) -> bool {
        self.kind == Kind::Password
    }

    fn is_fixed(&self) -> bool {
        self.kind == Kind::Fixed
    }

    /// The ids of what is said of it.
    fn described_by(&self) -> Option<String> {
        let hint = self.hint.map(|_| format!("{}-hint", self.name));
        let fault = self.fault.map(|_| format!("{}-fault", self.name));
        let both: Vec<_> = [hint, fault].into_iter().flatten().collect();
        (!both.is_empty()).then(|| both.join(" "))
    }
}

/// What went wrong, above the form, with a way to each input that it is about.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/alert.html")]
pub(super) struct Alert<'a> {
    pub(super) sentence: Option<&'a str>,
    /// The input's id, and what is wrong with it.
    pub(super) faults: Vec<(&'static str, &'a str)>,
}

impl<'a> Alert<'a> {
    pub(super) fn new(sentence: Option<&'a str>, faults: &[(&'static str, Option<&'a str>)]) -> Self {
        let faults = faults.iter().filter_map(|(name, fault)| Some((*name, (*fault)?)));
        Self { sentence, faults: faults.collect() }
    }

    fn is_needed(&self) -> bool {
        self.sentence.is_some() || !self.faults.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: Kind, hint: Option<&'static str>, fault: Option<&'static str>) -> String {
        let (name, label, autocomplete) = ("address", "Address", "email");
        let field = Field { name, label, kind, autocomplete, value: "<a&b>", hint, fault, focus: false };
        field.render().expect("renders")
    }

    #[test]
    fn a_fault_is_told_with_its_input() {
        for (hint, fault, described, invalid) in [
            (None, None, None, false),
            (Some("h"), None, Some("address-hint"), false),
            (None, Some("f"), Some("address-fault"), true),
            (Some("h"), Some("f"), Some("address-hint address-fault"), true),
        ] {
            let html = field(Kind::Email, hint, fault);
            let attribute = described.map(|ids| format!("aria-describedby=\"{ids}\""));
            assert_eq!(html.contains("aria-describedby"), attribute.is_some(), "{html}");
            assert!(html.contains(attribute.as_deref().unwrap_or_default()), "{html}");
            assert_eq!(html.contains("aria-invalid=\"true\""), invalid, "{html}");
        }
    }

    #[test]
    fn a_password_is_never_filled_in() {
        assert!(field(Kind::Email, None, None).contains("value=\"&#60;a&#38;b&#62;\""));
        let html = field(Kind::Password, None, None);
        assert!(!html.contains("value=") && html.contains("data-reveal=\"address\""), "{html}");
    }

    #[test]
    fn nothing_wrong_is_no_alert() {
        let alert = |sentence, fault| {
            Alert::new(sentence, &[("address", fault)]).render().expect("renders").trim().to_owned()
        };
        assert_eq!(alert(None, None), "");
        assert!(alert(Some("No."), None).contains("role=\"alert\""));
        assert!(alert(None, Some("Too long.")).contains("<a href=\"#address\">Too long.</a>"));
    }
}
