//! What the person is to be asked.

use std::fmt;

/// The `prompt` of a request (OIDC Core §3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Prompt {
    /// `none`: no page may be shown. Whatever would need one is an error.
    None,
    /// Pages may be shown, and those named here must be, in whatever order they
    /// were named. With none named, only what is needed is asked.
    Pages {
        /// The person signs in again, though signed in.
        login: bool,
        /// The person is asked for consent again, though it was given.
        consent: bool,
        /// The person says which account is meant.
        select_account: bool,
    },
}

/// Why a text is no `prompt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrompt {
    #[error("`prompt` has a value that is none of none, login, consent, select_account")]
    Unknown,
    #[error("`prompt` has `none` together with another value")]
    NoneWithOther,
}

impl Prompt {
    /// What no `prompt` at all means.
    pub const AS_NEEDED: Self = Self::Pages { login: false, consent: false, select_account: false };

    /// Reads values with spaces between them; one may be there twice.
    pub fn parse(raw: &str) -> Result<Self, InvalidPrompt> {
        let (mut login, mut consent, mut select_account, mut none) = (false, false, false, false);
        for value in raw.split(' ').filter(|value| !value.is_empty()) {
            match value {
                "none" => none = true,
                "login" => login = true,
                "consent" => consent = true,
                "select_account" => select_account = true,
                _ => return Err(InvalidPrompt::Unknown),
            }
        }
        let pages = Self::Pages { login, consent, select_account };
        match pages {
            Self::AS_NEEDED if none => Ok(Self::None),
            _ if none => Err(InvalidPrompt::NoneWithOther),
            _ => Ok(pages),
        }
    }
}

impl Default for Prompt {
    fn default() -> Self {
        Self::AS_NEEDED
    }
}

/// As a request spells it; nothing for what needs no `prompt`.
impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Pages { login, consent, select_account } = *self else { return f.write_str("none") };
        let named = [(login, "login"), (consent, "consent"), (select_account, "select_account")];
        let words: Vec<_> = named.iter().filter(|(is_named, _)| *is_named).map(|(_, word)| *word).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_a_set_of_known_values_or_none_alone() {
        let pages = |login, consent, select_account| Prompt::Pages { login, consent, select_account };
        for (raw, outcome) in [
            ("none", Ok(Prompt::None)),
            ("none none", Ok(Prompt::None)),
            ("login", Ok(pages(true, false, false))),
            ("consent login", Ok(pages(true, true, false))),
            ("select_account  consent login consent", Ok(pages(true, true, true))),
            ("", Ok(Prompt::AS_NEEDED)),
            ("none login", Err(InvalidPrompt::NoneWithOther)),
            ("consent none", Err(InvalidPrompt::NoneWithOther)),
            ("create", Err(InvalidPrompt::Unknown)),
            ("Login", Err(InvalidPrompt::Unknown)),
            ("login,consent", Err(InvalidPrompt::Unknown)),
            ("none unknown", Err(InvalidPrompt::Unknown)),
        ] {
            assert_eq!(Prompt::parse(raw), outcome, "{raw}");
            if let Ok(prompt) = outcome {
                assert_eq!(Prompt::parse(&prompt.to_string()), Ok(prompt));
            }
        }
    }
}
