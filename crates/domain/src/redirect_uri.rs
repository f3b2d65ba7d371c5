//! Where an authorization answer may be sent (RFC 6749 §3.1.2, RFC 8252).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use appkeep_oauth::RegisteredUri;
use url::{Host, Url};

/// A redirect URI as it was registered.
///
/// `https`, or `http` to this machine itself, or a private-use scheme that
/// contains a dot (RFC 8252 §7.1); never with a fragment, user information or a
/// wildcard.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RedirectUri(String);

/// Why a text is no redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRedirectUri {
    #[error("longer than 2,048 bytes")]
    Length,
    #[error("contains `*`; every URI is registered whole")]
    Wildcard,
    #[error("contains a space, a control character or one outside of ASCII")]
    Character,
    #[error("not an absolute URI")]
    Malformed,
    #[error("contains a fragment")]
    Fragment,
    #[error("contains user information")]
    UserInfo,
    #[error("names no host, or not as it is meant")]
    Host,
    #[error("`http` is for 127.0.0.1, [::1] and localhost only; use `https`")]
    PlainHttp,
    #[error("a scheme of one's own contains a dot, such as com.example.app")]
    Scheme,
    #[error("a scheme of one's own is for native applications only")]
    NativeOnly,
}

impl RedirectUri {
    pub const MAX: usize = 2_048;

    /// `native` says whether the application may use a scheme of its own.
    pub fn parse(raw: &str, native: bool) -> Result<Self, InvalidRedirectUri> {
        refuse_characters(raw)?;
        let url = Url::parse(raw).map_err(|_| InvalidRedirectUri::Malformed)?;
        if raw.contains('#') {
            return Err(InvalidRedirectUri::Fragment);
        }
        // The `@` is looked for too, since an empty user name parses as none.
        let authority = raw.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next());
        if authority.is_some_and(|authority| authority.contains('@')) {
            return Err(InvalidRedirectUri::UserInfo);
        }
        match url.scheme() {
            "https" => has_host(raw, "https://", &url),
            "http" if is_this_machine(&url) => has_host(raw, "http://", &url),
            "http" => Err(InvalidRedirectUri::PlainHttp),
            scheme if !is_reversed_domain(scheme) => Err(InvalidRedirectUri::Scheme),
            _ if !native => Err(InvalidRedirectUri::NativeOnly),
            scheme if raw.len() <= scheme.len() + 1 => Err(InvalidRedirectUri::Malformed),
            _ => Ok(()),
        }?;
        Ok(Self(raw.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request's URI is this one: byte for byte, except that the port
    /// of a loopback address is the application's to choose when it starts
    /// (RFC 8252 §7.3). The name `localhost` is exact.
    pub fn matches(&self, requested: &str) -> bool {
        self.0 == requested
            || match (without_loopback_port(&self.0), without_loopback_port(requested)) {
                (Some(ours), Some(theirs)) => ours == theirs,
                _ => false,
            }
    }
}

impl RegisteredUri for RedirectUri {
    fn as_str(&self) -> &str {
        self.as_str()
    }

    fn matches(&self, requested: &str) -> bool {
        self.matches(requested)
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn refuse_characters(raw: &str) -> Result<(), InvalidRedirectUri> {
    if raw.len() > RedirectUri::MAX {
        return Err(InvalidRedirectUri::Length);
    }
    if raw.contains('*') {
        return Err(InvalidRedirectUri::Wildcard);
    }
    // A URI parser would quietly take some of these out or turn them round;
    // none is a character of RFC 3986 §2.
    if raw.bytes().any(|byte| !byte.is_ascii_graphic() || b"\\\"<>^`{|}".contains(&byte)) {
        return Err(InvalidRedirectUri::Character);
    }
    if raw.split('%').skip(1).any(|rest| !is_escape(rest)) {
        return Err(InvalidRedirectUri::Malformed);
    }
    Ok(())
}

/// RFC 3986 §2.1
fn is_escape(after_percent: &str) -> bool {
    after_percent.len() >= 2 && after_percent.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
}

/// A scheme of one's own is a domain name turned round (RFC 8252 §7.1).
fn is_reversed_domain(scheme: &str) -> bool {
    scheme.contains('.') && scheme.split('.').all(|label| !label.is_empty())
}

/// The parser mends `https:/host`, `http://127.1` and `https://%61`; what was
/// written must already be what it means, because it is compared byte for byte.
fn has_host(raw: &str, start: &str, url: &Url) -> Result<(), InvalidRedirectUri> {
    let written = raw.get(..start.len()).is_some_and(|written| written.eq_ignore_ascii_case(start));
    let rest = raw.get(start.len()..).unwrap_or_default();
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = match authority.rfind(']') {
        Some(end) => &authority[..=end],
        None => authority.split(':').next().unwrap_or_default(),
    };
    let meant = url.host_str().unwrap_or_default();
    let whole = host.starts_with('[') || host.split('.').all(|label| !label.is_empty());
    if written && whole && host.eq_ignore_ascii_case(meant) && url.port() != Some(0) {
        Ok(())
    } else {
        Err(InvalidRedirectUri::Host)
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address == Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// What is left of a loopback URI beside its port; `None` for every other URI.
fn without_loopback_port(raw: &str) -> Option<(&str, &str)> {
    for host in ["127.0.0.1", "[::1]"] {
        let Some(rest) = raw.strip_prefix("http://").and_then(|rest| rest.strip_prefix(host)) else {
            continue;
        };
        let Some(port_and_path) = rest.strip_prefix(':') else {
            return (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest));
        };
        let end = port_and_path.find(|c: char| !c.is_ascii_digit()).unwrap_or(port_and_path.len());
        let path = &port_and_path[end..];
        let port = port_and_path[..end].parse::<u16>();
        return (port.is_ok() && (path.is_empty() || path.starts_with(['/', '?']))).then_some((host, path));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_meant() {
        for raw in [
            "http://2130706433/",
            "http://0x7f.1/",
            "http://127.1/cb",
            "http://[0:0:0:0:0:0:0:1]/cb",
            "https://%61.example/",
            "https://a..example/",
            "https://a.example./",
            "https://a.example:0/",
            "https://a.example/%zz",
            "https://a.example/%4",
            "https://a.example/{x}",
            "https://a.example/|",
            "https://a.example/^`",
        ] {
            assert!(RedirectUri::parse(raw, false).is_err(), "{raw}");
        }
        for raw in ["a.:x", "a..b:/x", ".a:/x", "com.example.app:"] {
            assert!(RedirectUri::parse(raw, true).is_err(), "{raw}");
        }
        for raw in ["https://A.example/%2Fa", "https://[2001:db8::1]:8443/cb", "https://192.0.2.1/cb"] {
            assert!(RedirectUri::parse(raw, false).is_ok(), "{raw}");
        }
    }

    #[test]
    fn accepts_what_a_client_can_hold() {
        for raw in [
            "https://banking.example/callback",
            "https://banking.example",
            "https://banking.example:8443/a?b=c",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:4000/cb",
            "http://[::1]:80/cb",
            "http://localhost:5173/callback",
            "HTTPS://banking.example/cb",
            "https://banking.example/a@b",
        ] {
            assert!(RedirectUri::parse(raw, false).is_ok(), "{raw}");
        }
        assert!(RedirectUri::parse("com.example.app:/oauth2redirect", true).is_ok());
        assert!(RedirectUri::parse("com.example.app://callback", true).is_ok());
    }

    #[test]
    fn refuses_what_could_leak_a_code() {
        use InvalidRedirectUri::{
            Character, Fragment, Host, Malformed, NativeOnly, PlainHttp, Scheme, UserInfo, Wildcard,
        };
        for (raw, why) in [
            ("https://*.example/cb", Wildcard),
            ("https://a.example/*", Wildcard),
            ("https://a.example/cb#x", Fragment),
            ("https://a.example/cb#", Fragment),
            ("https://user@a.example/", UserInfo),
            ("https://@a.example/", UserInfo),
            ("http://a.example/cb", PlainHttp),
            ("http://127.0.0.2/cb", PlainHttp),
            ("http://localhost.evil.example/", PlainHttp),
            ("javascript:alert(1)", Scheme),
            ("data:text/html,x", Scheme),
            ("myapp://callback", Scheme),
            ("/callback", Malformed),
            ("", Malformed),
            ("https://", Malformed),
            ("https:/a.example", Host),
            ("https:a.example", Host),
            ("https:///a.example", Host),
            ("https://a.example/a b", Character),
            ("https://a.example\\@evil.example/", Character),
            ("https://a.example/\n", Character),
            ("https://ä.example/", Character),
            ("com.example.app:/cb", NativeOnly),
        ] {
            assert_eq!(RedirectUri::parse(raw, false), Err(why), "{raw}");
        }
        assert_eq!(RedirectUri::parse("javascript:alert(1)", true), Err(Scheme));
    }

    #[test]
    fn only_the_port_of_a_loopback_address_may_differ() {
        for (registered, requested, same) in [
            ("https://a.example/cb", "https://a.example/cb", true),
            ("https://a.example/cb", "https://a.example/cb/", false),
            ("https://a.example/cb", "https://a.example:443/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", true),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1/cb", true),
            ("http://[::1]:1/cb", "http://[::1]:2/cb", true),
            ("http://127.0.0.1/cb", "http://[::1]/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/other", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1@evil.example/cb", false),
            ("http://127.0.0.1", "http://127.0.0.1.evil.example", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", false),
            ("http://localhost:1/cb", "http://localhost:2/cb", false),
        ] {
            let uri = RedirectUri::parse(registered, false).expect("is registered");
            assert_eq!(uri.matches(requested), same, "{registered} {requested}");
        }
    }
}
