//! The address by which the world knows this installation.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The origin under which clients reach the server, and so its issuer
/// (RFC 8414 §2): a scheme, a host, perhaps a port, and nothing after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

/// Why a text cannot be the public URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPublicUrl {
    #[error("must begin with `https://`; `http://` is for localhost only")]
    Scheme,
    #[error("must end after the host and the port: no path, query, fragment or trailing slash")]
    NotAnOrigin,
    #[error("must name a host in lower case, such as `id.example.com`, without a user name")]
    Host,
    #[error("must have a port between 1 and 65535, or none")]
    Port,
}

impl PublicUrl {
    /// Reads a public URL. Over plain `http` a token could be read on the way,
    /// so that is left to addresses of the machine itself (RFC 6749 §3.1).
    pub fn parse(raw: &str) -> Result<Self, InvalidPublicUrl> {
        let (secure, authority) = match (raw.strip_prefix("https://"), raw.strip_prefix("http://")) {
            (Some(authority), _) => (true, authority),
            (None, Some(authority)) => (false, authority),
            (None, None) => return Err(InvalidPublicUrl::Scheme),
        };
        if authority.contains(['/', '?', '#', '\\']) {
            return Err(InvalidPublicUrl::NotAnOrigin);
        }
        let (host, port) = split_port(authority)?;
        if port.is_some_and(|port| port.starts_with('0') || port.parse::<u16>().is_err()) {
            return Err(InvalidPublicUrl::Port);
        }
        if !is_host(host) {
            return Err(InvalidPublicUrl::Host);
        }
        if secure || is_loopback(host) { Ok(Self(raw.to_owned())) } else { Err(InvalidPublicUrl::Scheme) }
    }

    /// What a server under development is called when nobody says otherwise.
    pub fn localhost(scheme: &str, port: u16) -> Self {
        Self(format!("{scheme}://localhost:{port}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(crate) fn split_port(authority: &str) -> Result<(&str, Option<&str>), InvalidPublicUrl> {
    if !authority.starts_with('[') {
        return Ok(authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))));
    }
    let end = authority.find(']').ok_or(InvalidPublicUrl::Host)?;
    match &authority[end + 1..] {
        "" => Ok((authority, None)),
        rest => Ok((&authority[..=end], Some(rest.strip_prefix(':').ok_or(InvalidPublicUrl::Port)?))),
    }
}

pub(crate) fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    host.split('.').all(|label| !label.is_empty() && label.chars().all(is_plain))
}

pub(crate) fn is_loopback(host: &str) -> bool {
    let is_local_name = host == "localhost" || host.ends_with(".localhost");
    is_local_name || host == "[::1]" || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_read_as_it_is() {
        for raw in [
            "https://id.example.com",
            "https://id.example.com:8443",
            "https://[2001:db8::1]:8443",
            "http://localhost:8080",
            "http://id.localhost",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
        ] {
            assert_eq!(PublicUrl::parse(raw).expect(raw).as_str(), raw);
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        use InvalidPublicUrl::{Host, NotAnOrigin, Port, Scheme};
        for (raw, fault) in [
            ("", Scheme),
            ("id.example.com", Scheme),
            ("ftp://id.example.com", Scheme),
            ("http://id.example.com", Scheme),
            ("http://10.0.0.1", Scheme),
            ("http://localhost.example.com", Scheme),
            ("https://id.example.com/", NotAnOrigin),
            ("https://id.example.com/auth", NotAnOrigin),
            ("https://id.example.com?a=b", NotAnOrigin),
            ("https://id.example.com#a", NotAnOrigin),
            ("https://", Host),
            ("https://ID.example.com", Host),
            ("https://user@id.example.com", Host),
            ("https://id..example.com", Host),
            ("https://[::g]", Host),
            ("https://[::1", Host),
            ("https://id.example.com:", Port),
            ("https://id.example.com:0", Port),
            ("https://id.example.com:65536", Port),
            ("https://[::1]8080", Port),
        ] {
            assert_eq!(PublicUrl::parse(raw), Err(fault), "{raw}");
        }
    }
}
