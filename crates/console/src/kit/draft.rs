//! What somebody typed, and what was said of it.

use appkeep_service::Error;

use crate::posted::Posted;

/// What a form is filled with: nothing yet, or what was sent and refused. Its
/// fields are called as the API calls them, so that a fault finds its field.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Draft<'a> {
    posted: Option<&'a Posted>,
    error: Option<&'a Error>,
}

impl<'a> Draft<'a> {
    /// A form that is shown for the first time.
    pub(crate) const fn new() -> Self {
        Self { posted: None, error: None }
    }

    /// The same form again, beside what it asked for.
    pub(crate) const fn kept(posted: &'a Posted) -> Self {
        Self { posted: Some(posted), error: None }
    }

    /// The same form again, and why.
    pub(crate) const fn refused(posted: &'a Posted, error: &'a Error) -> Self {
        Self { posted: Some(posted), error: Some(error) }
    }

    /// What was typed there, or else what stands.
    pub(crate) fn text(&self, name: &str, stands: &str) -> String {
        self.posted.map_or(stands, |posted| posted.text(name)).to_owned()
    }

    /// Which were chosen, or else what stands.
    pub(crate) fn all(&self, name: &str, stands: &[String]) -> Vec<String> {
        self.posted.map_or_else(|| stands.to_vec(), |posted| posted.all(name).map(str::to_owned).collect())
    }

    pub(crate) fn is_on(&self, name: &str, stands: bool) -> bool {
        self.posted.map_or(stands, |posted| posted.is_on(name))
    }

    /// What is wrong with a field, or with one of its values.
    pub(crate) fn fault(&self, name: &str) -> Option<String> {
        let faults = self.error?.faults().iter().filter(|fault| is_of(&fault.field, name));
        let told: Vec<String> = faults
            .map(|fault| {
                let (place, said) = (fault.field.strip_prefix(name).and_then(place), &*fault.message);
                match (place, is_whole(said)) {
                    (Some(place), true) => format!("No. {place}: {}", sentence(said)),
                    (Some(place), false) => format!("No. {place} {}.", predicate(said)),
                    (None, true) => sentence(said),
                    (None, false) => format!("This {}.", predicate(said)),
                }
            })
            .collect();
        (!told.is_empty()).then(|| told.join(" "))
    }

    /// What is said of the form as a whole; of faults, those that none of these
    /// fields has.
    pub(crate) fn alert(&self, fields: &[&str]) -> Option<String> {
        let error = self.error?;
        let elsewhere =
            error.faults().iter().filter(|fault| !fields.iter().any(|name| is_of(&fault.field, name)));
        let told: Vec<_> = elsewhere.map(|fault| format!("`{}` {}.", fault.field, fault.message)).collect();
        match (error.faults().is_empty(), told.is_empty()) {
            (true, _) => Some(sentence(&error.to_string())),
            (false, true) => Some("Something has to be put right below.".to_owned()),
            (false, false) => Some(told.join(" ")),
        }
    }
}

fn is_of(field: &str, name: &str) -> bool {
    field.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
}

/// Whether it says of itself what it speaks of; most go on after the field.
fn is_whole(message: &str) -> bool {
    const STARTS: [&str; 14] = [
        "the ",
        "there ",
        "another ",
        "a ",
        "an ",
        "this ",
        "it ",
        "its ",
        "your ",
        "only ",
        "nobody ",
        "nothing ",
        "something ",
        "`",
    ];
    STARTS.iter().any(|start| message.starts_with(start))
}

/// What is said after the field, some of which goes without its verb.
fn predicate(message: &str) -> String {
    const STARTS: [&str; 6] = ["not ", "longer ", "more ", "none ", "neither ", "from "];
    let is_bare = STARTS.iter().any(|start| message.starts_with(start));
    if is_bare { format!("is {message}") } else { message.to_owned() }
}

/// `[1]` is the second.
fn place(rest: &str) -> Option<usize> {
    rest.strip_prefix('[')?.split(']').next()?.parse::<usize>().ok().map(|index| index + 1)
}

/// As people write it: with a capital and a full stop.
pub(crate) fn sentence(said: &str) -> String {
    let mut letters = said.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if said.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use appkeep_service::{ErrorCode, Fault};

    use super::*;

    #[test]
    fn a_fault_finds_its_field() {
        let faults = vec![
            Fault::new("name", ErrorCode::InvalidField, "is empty"),
            Fault::new("redirect_uris[1]", ErrorCode::InvalidField, "has a fragment"),
            Fault::new("jwks", ErrorCode::InvalidField, "is no JSON"),
            Fault::new("slug", ErrorCode::SlugTaken, "another tenant has it"),
        ];
        let error = Error::from_faults(faults).expect_err("there are some");
        let posted = Posted::parse(b"name=");
        let draft = Draft::refused(&posted, &error);
        assert_eq!(draft.fault("name").as_deref(), Some("This is empty."));
        assert_eq!(draft.fault("redirect_uris").as_deref(), Some("No. 2 has a fragment."));
        assert_eq!((draft.fault("redirect"), draft.fault("tags")), (None, None));
        assert_eq!(draft.fault("slug").as_deref(), Some("Another tenant has it."));
        assert_eq!(draft.alert(&["name", "redirect_uris", "slug"]).as_deref(), Some("`jwks` is no JSON."));
        assert_eq!(Draft::new().alert(&[]), None);
    }

    #[test]
    fn what_is_said_of_a_field_is_a_sentence() {
        for (field, said, expected) in [
            ("uris", "is empty", "This is empty."),
            ("uris", "not an absolute URI", "This is not an absolute URI."),
            ("uris[0]", "longer than 2,048 bytes", "No. 1 is longer than 2,048 bytes."),
            ("uris[1]", "contains a fragment", "No. 2 contains a fragment."),
            ("uris", "`private_key_jwt` needs one", "`private_key_jwt` needs one."),
            (
                "uris[0]",
                "a scheme of one's own contains a dot",
                "No. 1: A scheme of one's own contains a dot.",
            ),
        ] {
            let error = Error::invalid(Fault::new(field, ErrorCode::InvalidField, said));
            let posted = Posted::default();
            assert_eq!(Draft::refused(&posted, &error).fault("uris").as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_said_is_a_sentence() {
        assert_eq!(sentence("the slug is taken"), "The slug is taken.");
        assert_eq!((sentence("Why?"), sentence("")), ("Why?".to_owned(), ".".to_owned()));
    }
}
