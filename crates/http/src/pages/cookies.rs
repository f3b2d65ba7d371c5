//! The cookies of the pages and of the console (RFC 6265bis).

use appkeep_domain::Lifetime;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use super::site::Site;

/// A cookie of ours. Under TLS its name begins with `__Host-`, so that no
/// sister domain can set it, and nobody without TLS. Such a cookie is sent to
/// every path, so that who signed in at one tenant's address is told from who
/// did at another's by the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// Who signed in: the secret of a sign-in.
    Session,
    /// Which browser this is, signed in or not: what its forms are bound to.
    Browser,
    /// Who signed in to the console: an access token.
    Console,
    /// What renews that.
    ConsoleRenewal,
    /// On the way to the console: which answer is waited for.
    ConsoleWay,
}

impl Cookie {
    const PREFIX: &'static str = "__Host-";

    /// The longest value that is looked at. Browsers keep 4,096 bytes, of which
    /// name and attributes are some.
    const fn longest(self) -> usize {
        match self {
            Self::Session | Self::Browser => 256,
            Self::Console => 3_800,
            Self::ConsoleRenewal => 512,
            Self::ConsoleWay => 2_400,
        }
    }

    /// What the browser sent: the first of this name, if it is something that
    /// we could have set.
    pub fn read(self, site: &Site, headers: &HeaderMap) -> Option<String> {
        let name = self.name(site);
        let sent = headers.get_all(COOKIE).iter().find_map(|header| first_value(header.as_bytes(), &name))?;
        let value = std::str::from_utf8(sent).ok().filter(|value| self.is_value(value))?;
        Some(value.to_owned())
    }

    /// Sets it: for so long, or until the browser is closed. Nothing when the
    /// value is none that we would read.
    pub fn set(self, site: &Site, value: &str, lives: Option<Lifetime>) -> Option<HeaderValue> {
        let max_age = lives.map(|lives| format!("; Max-Age={}", lives.as_seconds())).unwrap_or_default();
        let header = format!("{}={value}{}{max_age}", self.name(site), Self::attributes(site));
        HeaderValue::try_from(header).ok().filter(|_| self.is_value(value))
    }

    /// Takes it away.
    pub fn clear(self, site: &Site) -> Option<HeaderValue> {
        let header = format!("{}={}; Max-Age=0", self.name(site), Self::attributes(site));
        HeaderValue::try_from(header).ok()
    }

    fn name(self, site: &Site) -> String {
        let prefix = if site.is_secure() { Self::PREFIX } else { "" };
        match (self, site.slug()) {
            (Self::Session, None) => format!("{prefix}appkeep_session"),
            (Self::Session, Some(slug)) => format!("{prefix}appkeep_session_{slug}"),
            (Self::Browser, _) => format!("{prefix}appkeep_browser"),
            (Self::Console, _) => format!("{prefix}appkeep_console"),
            (Self::ConsoleRenewal, _) => format!("{prefix}appkeep_console_renewal"),
            (Self::ConsoleWay, _) => format!("{prefix}appkeep_console_way"),
        }
    }

    /// Lax, since an application sends people here from its own site.
    const fn attributes(site: &Site) -> &'static str {
        if site.is_secure() {
            "; Path=/; HttpOnly; SameSite=Lax; Secure"
        } else {
            "; Path=/; HttpOnly; SameSite=Lax"
        }
    }

    /// Letters, digits and what base64 and our secrets have besides.
    fn is_value(self, value: &str) -> bool {
        let is_ours = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
        !value.is_empty() && value.len() <= self.longest() && value.bytes().all(is_ours)
    }
}

/// The value of the first cookie of this name in a `Cookie` header. Names are
/// compared byte for byte, and a pair without `=` has no name.
fn first_value<'a>(header: &'a [u8], name: &str) -> Option<&'a [u8]> {
    header.split(|byte| *byte == b';').find_map(|pair| {
        let pair = pair.trim_ascii();
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        (pair[..equals].trim_ascii_end() == name.as_bytes()).then(|| pair[equals + 1..].trim_ascii_start())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secure() -> Site {
        Site::new("https://id.example.com")
    }

    fn plain() -> Site {
        Site::new("http://localhost:8080")
    }

    fn sent(lines: &[&[u8]]) -> HeaderMap {
        let value = |line: &&[u8]| HeaderValue::from_bytes(line).expect("could come over the wire");
        lines.iter().map(|line| (COOKIE, value(line))).collect()
    }

    #[test]
    fn a_cookie_is_set_as_strictly_as_can_be() {
        for (site, lives, expected) in [
            (secure(), None, "__Host-appkeep_session=sgn_1aB; Path=/; HttpOnly; SameSite=Lax; Secure"),
            (plain(), None, "appkeep_session=sgn_1aB; Path=/; HttpOnly; SameSite=Lax"),
            (
                plain(),
                Some(Lifetime::from_minutes(2)),
                "appkeep_session=sgn_1aB; Path=/; HttpOnly; SameSite=Lax; Max-Age=120",
            ),
        ] {
            assert_eq!(Cookie::Session.set(&site, "sgn_1aB", lives).expect("is one"), expected);
        }
        let gone = "__Host-appkeep_browser=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0";
        assert_eq!(Cookie::Browser.clear(&secure()).expect("is one"), gone);
        for value in ["", "a; Domain=example.com", "a\r\nset-cookie: b", "ä", &"a".repeat(257)] {
            assert_eq!(Cookie::Session.set(&secure(), value, None), None, "{value:?}");
        }
    }

    #[test]
    fn the_first_of_ours_is_read() {
        let long = format!("appkeep_session={}", "a".repeat(256));
        let too_long = format!("{long}a");
        for (lines, expected) in [
            (&["appkeep_session=a"][..], Some("a")),
            (&["x=y; appkeep_session=a; appkeep_session=b"], Some("a")),
            (&["x=y", "appkeep_session=a", "appkeep_session=b"], Some("a")),
            (&[" x ;;=; appkeep_session = a ;"], Some("a")),
            (&["appkeep_session"], None),
            (&["appkeep_session="], None),
            (&["Appkeep_session=a"], None),
            (&["appkeep_session2=a; xappkeep_session=b"], None),
            (&["__Host-appkeep_session=a"], None),
            // One that we did not set is no reason to look for another.
            (&["appkeep_session=\"a\"; appkeep_session=b"], None),
            (&["appkeep_session=a b"], None),
            (&["appkeep_session=a=b"], None),
            (&[&long], Some(&long["appkeep_session=".len()..])),
            (&[&too_long], None),
            (&[], None),
        ] {
            let lines: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
            let found = Cookie::Session.read(&plain(), &sent(&lines));
            assert_eq!(found.as_deref(), expected, "{lines:?}");
        }
        let found = Cookie::Session.read(&secure(), &sent(&[b"appkeep_session=a; __Host-appkeep_session=b"]));
        assert_eq!(found.as_deref(), Some("b"));
    }

    proptest! {
        #[test]
        fn what_was_set_is_read_again_among_whatever_else(
            value in "[A-Za-z0-9_.~-]{1,256}",
            others in prop::collection::vec("[ -~]{0,40}", 0..5),
        ) {
            let set = Cookie::Browser.set(&secure(), &value, None).expect("a value of ours");
            let pair = set.to_str().expect("ASCII").split(';').next().expect("a pair").to_owned();
            let line = others.iter().chain([&pair]).map(String::as_str).collect::<Vec<_>>().join("; ");
            let read = Cookie::Browser.read(&secure(), &sent(&[line.as_bytes()]));
            prop_assert_eq!(read.as_deref(), Some(value.as_str()));
        }

        #[test]
        fn any_bytes_can_be_read(line in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(value) = HeaderValue::from_bytes(&line) {
                let headers = HeaderMap::from_iter([(COOKIE, value)]);
                if let Some(read) = Cookie::Session.read(&plain(), &headers) {
                    prop_assert!(Cookie::Session.is_value(&read));
                }
            }
        }
    }
}
