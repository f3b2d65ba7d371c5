//! What a browser keeps while somebody signs in: which answer is theirs, what
//! proves it, and where they wanted to go.

use appkeep_domain::{Entropy, Lifetime};
use appkeep_http::pages::{Cookie, Site};
use appkeep_service::TENANTS;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue};
use subtle::ConstantTimeEq as _;

/// As long as somebody may take to sign in.
const LASTS: Lifetime = Lifetime::from_minutes(30);
const LONGEST: usize = 1_500;

/// One attempt to sign in.
pub(super) struct Way {
    /// Comes back with the answer (RFC 6749 §10.12).
    pub(super) state: String,
    /// RFC 7636
    pub(super) verifier: String,
    /// A path of the console.
    pub(super) to: String,
}

impl Way {
    pub(super) fn begin(to: &str, entropy: &dyn Entropy) -> Self {
        let to = if is_of_the_console(to) { to } else { "/console" };
        Self { state: random(entropy), verifier: random(entropy), to: to.to_owned() }
    }

    /// The one that this answer belongs to.
    pub(super) fn resume(site: &Site, headers: &HeaderMap, state: &str) -> Option<Self> {
        let kept = Cookie::ConsoleWay.read(site, headers)?;
        let mut parts = kept.split('.');
        let (known, verifier, to) = (parts.next()?, parts.next()?, parts.next()?);
        let to = String::from_utf8(URL_SAFE_NO_PAD.decode(to).ok()?).ok()?;
        let is_this = bool::from(known.as_bytes().ct_eq(state.as_bytes())) && parts.next().is_none();
        let way = Self { state: known.to_owned(), verifier: verifier.to_owned(), to };
        (is_this && is_of_the_console(&way.to)).then_some(way)
    }

    pub(super) fn cookie(&self, site: &Site) -> Option<HeaderValue> {
        let value = [&*self.state, &*self.verifier, &*URL_SAFE_NO_PAD.encode(&self.to)].join(".");
        Cookie::ConsoleWay.set(site, &value, Some(LASTS))
    }
}

fn random(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether somebody may be led there: a path of the console, and of nothing else.
/// A browser reads a backslash as a slash, and leaves out tabs and ends of lines.
pub(super) fn is_of_the_console(to: &str) -> bool {
    let path = to.split(['?', '#']).next().unwrap_or_default();
    let is_plain = to.len() <= LONGEST && to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let below_a_tenant =
        path.strip_prefix(TENANTS).and_then(|rest| rest.split_once('/')).map(|(_, rest)| rest);
    let below = path.strip_prefix('/').filter(|_| below_a_tenant.is_none()).or(below_a_tenant);
    let is_console = |rest: &str| {
        rest.strip_prefix("console").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let has_dots = path.split('/').any(|part| matches!(part, "." | "..")) || path.contains("%2");
    is_plain && !has_dots && !path.contains("//") && below.is_some_and(is_console)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for (to, expected) in [
            ("/console", true),
            ("/console/applications?q=a&state=disabled", true),
            ("/t/acme/console", true),
            ("/t/acme/console/users", true),
            ("/console/../account", false),
            ("/console/%2e%2e/account", false),
            ("/consolex", false),
            ("/account", false),
            ("/t/acme/account", false),
            ("/t//console", false),
            ("//evil.example/console", false),
            ("/\\evil.example/console", false),
            ("https://evil.example/console", false),
            ("/console\n//evil.example", false),
            ("/console\t", false),
            ("", false),
        ] {
            assert_eq!(is_of_the_console(to), expected, "{to:?}");
        }
    }
}
