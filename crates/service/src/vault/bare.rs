//! What may be told of a token to whoever may not read it, and kept of an answer
//! that shows one.

use appkeep_domain::access::Transform;

use super::{CreatedToken, TokenView, Tokenized};

impl TokenView {
    /// The same, shown to nobody.
    #[must_use]
    pub fn redacted(&self) -> Self {
        Self { data: None, transform: Transform::Redact, ..self.clone() }
    }
}

impl CreatedToken {
    /// What remains true of it whatever is done to the token, and to the rights
    /// of whoever was told.
    #[must_use]
    pub fn bare(&self) -> Self {
        Self { token: self.token.redacted(), deduplicated: self.deduplicated, is_bare: true }
    }
}

impl Tokenized {
    /// The same document, with tokens so.
    #[must_use]
    pub fn bare(&self) -> Self {
        match self {
            Self::Plain(value) => Self::Plain(value.clone()),
            Self::Text(created) => Self::Text(Box::new(created.bare())),
            Self::Token(created) => Self::Token(Box::new(created.bare())),
            Self::List(parts) => Self::List(parts.iter().map(Self::bare).collect()),
            Self::Object(parts) => {
                Self::Object(parts.iter().map(|(name, part)| (name.clone(), part.bare())).collect())
            }
        }
    }
}
