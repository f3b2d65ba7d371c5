//! Where a token is to be used (RFC 8707).

use std::fmt;

use crate::urlencoded::is_unreserved;
use crate::{ErrorCode, Form, Refusal};

/// The longest value of `resource` or `audience`, in bytes.
const MAX: usize = 2_048;

/// What a client may name as the place where a token is to be used (RFC 8707
/// §2): an absolute URI without a fragment, or a plain name.
///
/// Compared byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ResourceIndicator(Box<str>);

/// Why a text indicates no resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResource {
    #[error("is neither an absolute URI without a fragment nor a name")]
    Malformed,
    #[error("is longer than {} bytes", ResourceIndicator::MAX)]
    TooLong,
}

impl ResourceIndicator {
    /// The longest one that is kept, in bytes.
    pub const MAX: usize = 1_024;

    pub fn parse(raw: &str) -> Result<Self, InvalidResource> {
        match raw.len() {
            length if length > Self::MAX => Err(InvalidResource::TooLong),
            _ if is_resource(raw) => Ok(Self(raw.into())),
            _ => Err(InvalidResource::Malformed),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourceIndicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The values of `audience` and `resource` in the order sent, each once.
pub(crate) fn targets(form: &Form) -> Result<Vec<String>, Refusal> {
    let mut targets: Vec<String> = Vec::new();
    for (name, value) in form.iter().filter(|(name, _)| matches!(*name, "audience" | "resource")) {
        if value.len() > MAX {
            return Err(Refusal::new(ErrorCode::InvalidTarget, "a target is longer than 2,048 bytes"));
        }
        if name == "resource" && !is_resource(value) {
            let description = "`resource` must be an absolute URI without a fragment, or a name";
            return Err(Refusal::new(ErrorCode::InvalidTarget, description));
        }
        if !targets.iter().any(|known| known == value) {
            targets.push(value.to_owned());
        }
    }
    Ok(targets)
}

/// Whether a text may be the value of `resource`.
///
/// RFC 8707 §2 wants an absolute URI without a fragment. A plain name such as
/// `mcp-gateway` is taken as well: resources are registered by such names too.
fn is_resource(raw: &str) -> bool {
    is_name(raw) || is_absolute_uri(raw)
}

fn is_name(raw: &str) -> bool {
    !raw.is_empty() && raw.bytes().all(is_unreserved)
}

/// `scheme ":" hier-part [ "?" query ]` (RFC 3986 §4.3), by its characters.
pub(crate) fn is_absolute_uri(raw: &str) -> bool {
    let Some((scheme, rest)) = raw.split_once(':') else {
        return false;
    };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && !rest.is_empty()
        && rest.bytes().all(|byte| is_unreserved(byte) || b":/?[]@!$&'()*+,;=%".contains(&byte))
        && rest.split('%').skip(1).all(starts_with_two_hex_digits)
}

fn starts_with_two_hex_digits(text: &str) -> bool {
    matches!(text.as_bytes(), [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_an_absolute_uri_without_fragment_or_a_name() {
        for raw in [
            "https://api.example/v1?tenant=a%20b",
            "https://[::1]:8080/",
            "urn:example:billing",
            "app+x.y-1:z",
            "mcp-gateway",
            "billing_v2.0~x",
        ] {
            assert_eq!(ResourceIndicator::parse(raw).expect("is one").as_str(), raw);
        }
        for raw in [
            "",
            "/relative",
            "//host/path",
            "https:",
            "https://api.example/#",
            "https://api.example/#top",
            "1http://x",
            "https://a b",
            "https://é",
            "https://a/%2",
            "a/b",
            "two words",
        ] {
            assert_eq!(ResourceIndicator::parse(raw), Err(InvalidResource::Malformed), "{raw}");
        }
        for (length, good) in [(ResourceIndicator::MAX, true), (ResourceIndicator::MAX + 1, false)] {
            assert_eq!(ResourceIndicator::parse(&"a".repeat(length)).is_ok(), good, "{length}");
        }
    }
}
