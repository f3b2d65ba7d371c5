//! How an answer travels to the client.

/// A `response_mode` (OAuth 2.0 Multiple Response Type Encoding Practices §2.1).
///
/// There is no `fragment`: what is in one can be read by every script of the
/// page, and a code needs none (RFC 9700 §2.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ResponseMode {
    /// In the query of the redirect URI; what a code is answered by when
    /// nothing else is asked for.
    #[default]
    Query,
    /// In a form that the browser posts (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

/// A name that is none of the modes offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`response_mode` is none of query, form_post")]
pub struct UnknownResponseMode;

impl ResponseMode {
    pub const ALL: [Self; 2] = [Self::Query, Self::FormPost];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownResponseMode> {
        Self::ALL.into_iter().find(|known| known.as_str() == raw).ok_or(UnknownResponseMode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_no_other_does() {
        for known in ResponseMode::ALL {
            assert_eq!(ResponseMode::parse(known.as_str()), Ok(known));
            assert!(UnknownResponseMode.to_string().contains(known.as_str()));
        }
        for raw in ["", "fragment", "Query", "query.jwt", "web_message"] {
            assert_eq!(ResponseMode::parse(raw), Err(UnknownResponseMode), "{raw}");
        }
    }
}
