//! Where a browser may be sent, as far as the protocol has a say in it.

/// A URI that a client registered for answers.
///
/// What the registry keeps implements it. Nothing here sends a browser to an
/// address unless one of these said that it matches.
pub trait RegisteredUri {
    /// As it was registered.
    fn as_str(&self) -> &str;

    /// Whether an answer may go to the URI of a request: the same text (RFC
    /// 9700 §2.1), save the port of a loopback address (RFC 8252 §7.3).
    fn matches(&self, requested: &str) -> bool;
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Registered, and compared as a text.
    pub(crate) struct Exactly(pub(crate) &'static str);

    impl RegisteredUri for Exactly {
        fn as_str(&self) -> &str {
            self.0
        }

        fn matches(&self, requested: &str) -> bool {
            self.0 == requested
        }
    }
}
