//! Which web pages may read our answers (the origin of RFC 6454).

use std::fmt;

use url::{Origin as UrlOrigin, Url};

/// Scheme, host and port of a web page, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(String);

/// Why a text is no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrigin {
    #[error("contains `*`; every origin is named whole")]
    Wildcard,
    #[error("not a scheme, `http` or `https`, and a host")]
    Malformed,
    #[error("more than scheme, host and port, or not as a browser writes it")]
    Excess,
}

impl Origin {
    /// Reads the form that a browser sends, which is the one it is compared with.
    pub fn parse(raw: &str) -> Result<Self, InvalidOrigin> {
        if raw.contains('*') {
            return Err(InvalidOrigin::Wildcard);
        }
        let url = Url::parse(raw).map_err(|_| InvalidOrigin::Malformed)?;
        if !matches!(url.scheme(), "http" | "https") || !matches!(url.origin(), UrlOrigin::Tuple(..)) {
            return Err(InvalidOrigin::Malformed);
        }
        if url.origin().ascii_serialization() != raw {
            return Err(InvalidOrigin::Excess);
        }
        Ok(Self(raw.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for raw in ["https://banking.example", "http://localhost:5173", "https://[::1]:8443"] {
            assert!(Origin::parse(raw).is_ok(), "{raw}");
        }
        for (raw, why) in [
            ("https://*.example", InvalidOrigin::Wildcard),
            ("*", InvalidOrigin::Wildcard),
            ("banking.example", InvalidOrigin::Malformed),
            ("null", InvalidOrigin::Malformed),
            ("ftp://banking.example", InvalidOrigin::Malformed),
            ("https://banking.example/", InvalidOrigin::Excess),
            ("https://banking.example/a", InvalidOrigin::Excess),
            ("https://user@banking.example", InvalidOrigin::Excess),
            ("https://Banking.example", InvalidOrigin::Excess),
            ("https://banking.example:443", InvalidOrigin::Excess),
            ("https://banking.example?a", InvalidOrigin::Excess),
            ("https://banking.example\t", InvalidOrigin::Excess),
        ] {
            assert_eq!(Origin::parse(raw), Err(why), "{raw}");
        }
    }
}
