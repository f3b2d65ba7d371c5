//! Which address a request comes from when a proxy stands before us.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{ConnectInfo, Request};
use http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

/// The proxies that are believed when they say whom they speak for.
#[derive(Debug, Default)]
pub struct Proxies {
    trusted: Vec<IpNet>,
    header: ForwardedHeader,
    /// Whether it was told that a proxy is there that nobody named.
    told: AtomicBool,
}

/// How a proxy says whom it speaks for.
///
/// Only one way is listened to: a proxy that says it in the one may pass on
/// the other as a stranger wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForwardedHeader {
    #[default]
    XForwardedFor,
    /// RFC 7239
    Forwarded,
}

impl Proxies {
    pub fn new(trusted: Vec<IpNet>, header: ForwardedHeader) -> Self {
        Self { trusted, header, told: AtomicBool::new(false) }
    }

    /// Puts the client's address in the place of the connection's.
    pub(crate) fn resolve(&self, request: &mut Request) {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let Some(peer) = peer.map(|ConnectInfo(peer)| peer.ip().to_canonical()) else { return };
        if self.trusts(peer) {
            let client = SocketAddr::new(self.client(peer, request.headers()), 0);
            request.extensions_mut().insert(ConnectInfo(client));
        } else if is_near(peer) && request.headers().contains_key(self.header.name()) {
            self.tell_of(peer);
        }
    }

    /// The nearest address that is none of a trusted proxy. Each proxy adds at
    /// the end whom it was asked by, so what stands further to the left may be
    /// anybody's invention.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut nearest = peer;
        for value in headers.get_all(self.header.name()).iter().rev() {
            let Ok(value) = value.to_str() else { return nearest };
            for member in members(value).into_iter().rev() {
                // One that does not say whom it speaks for stands for them.
                let Some(address) = self.header.address(member) else { return nearest };
                nearest = address.to_canonical();
                if !self.trusts(nearest) {
                    return nearest;
                }
            }
        }
        nearest
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address))
    }

    fn tell_of(&self, peer: IpAddr) {
        if !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "requests from {peer} bear the header `{}`, but {peer} is not in `trusted_proxies`; its \
                 address stands for those of all its clients, in the history and in limits",
                self.header.name()
            );
        }
    }
}

impl ForwardedHeader {
    fn name(self) -> HeaderName {
        match self {
            Self::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
            Self::Forwarded => header::FORWARDED,
        }
    }

    /// The address of one member of the list.
    fn address(self, member: &str) -> Option<IpAddr> {
        match self {
            Self::XForwardedFor => address(member),
            // RFC 7239 §4: names of parameters are compared without regard to case.
            Self::Forwarded => member.split(';').find_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                name.trim().eq_ignore_ascii_case("for").then(|| address(value.trim().trim_matches('"')))?
            }),
        }
    }
}

/// What stands between commas; a quoted comma is none (RFC 7239 §4).
fn members(value: &str) -> Vec<&str> {
    let mut is_quoted = false;
    let between = value.split(|character| {
        is_quoted ^= character == '"';
        character == ',' && !is_quoted
    });
    between.map(str::trim).filter(|member| !member.is_empty()).collect()
}

/// An address, perhaps with a port behind it; in brackets, when it is of
/// version 6 and has one.
fn address(raw: &str) -> Option<IpAddr> {
    let raw = raw.trim();
    let plain = raw.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(raw);
    let with_port = || raw.parse::<SocketAddr>().map(|socket| socket.ip()).ok();
    plain.parse().ok().or_else(with_port)
}

/// Where a proxy of the same house would be, and no stranger is.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(header: ForwardedHeader) -> Proxies {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().expect("a network"));
        Proxies::new(trusted.to_vec(), header)
    }

    /// Who asks, when these lines come from this peer.
    fn client(header: ForwardedHeader, peer: &str, lines: &[&str]) -> String {
        let mut request = Request::new(axum::body::Body::empty());
        for line in lines {
            request.headers_mut().append(header.name(), line.parse().expect("a header value"));
        }
        let peer = SocketAddr::new(peer.parse().expect("an address"), 1);
        request.extensions_mut().insert(ConnectInfo(peer));
        proxies(header).resolve(&mut request);
        let ConnectInfo(found) = request.extensions().get::<ConnectInfo<SocketAddr>>().expect("is there");
        found.ip().to_canonical().to_string()
    }

    #[test]
    fn the_nearest_stranger_is_the_client() {
        for (peer, lines, expected) in [
            ("10.0.0.1", &["203.0.113.7"][..], "203.0.113.7"),
            ("::ffff:10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.7, 10.0.0.2,fd00::2"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.1", "203.0.113.7", "10.0.0.2"], "203.0.113.7"),
            ("10.0.0.1", &["203.0.113.7:4711"], "203.0.113.7"),
            ("10.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("10.0.0.1", &["2001:db8::1"], "2001:db8::1"),
            // Nobody is named, or not clearly.
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["unknown"], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.7, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            // A stranger says so.
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("127.0.0.1", &["198.51.100.1"], "127.0.0.1"),
        ] {
            assert_eq!(client(ForwardedHeader::XForwardedFor, peer, lines), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_says() {
        for (line, expected) in [
            ("for=203.0.113.7", "203.0.113.7"),
            ("proto=https;For=\"[2001:db8::1]:4711\";by=10.0.0.1", "2001:db8::1"),
            ("for=198.51.100.1, for=203.0.113.7;proto=https", "203.0.113.7"),
            ("for=203.0.113.7;host=\"a,b\", for=10.0.0.2", "203.0.113.7"),
            ("for=_hidden", "10.0.0.1"),
            ("by=203.0.113.7", "10.0.0.1"),
            ("203.0.113.7", "10.0.0.1"),
        ] {
            assert_eq!(client(ForwardedHeader::Forwarded, "10.0.0.1", &[line]), expected, "{line}");
        }
    }

    #[test]
    fn an_unnamed_proxy_is_told_of_once_and_strangers_are_not() {
        for (peer, told) in [("203.0.113.9", false), ("192.168.0.1", true)] {
            let proxies = proxies(ForwardedHeader::XForwardedFor);
            let mut request = Request::new(axum::body::Body::empty());
            request.headers_mut().insert("x-forwarded-for", http::HeaderValue::from_static("198.51.100.1"));
            let peer = SocketAddr::new(peer.parse().expect("an address"), 1);
            request.extensions_mut().insert(ConnectInfo(peer));
            proxies.resolve(&mut request);
            assert_eq!(proxies.told.load(Ordering::Relaxed), told, "{peer}");
        }
    }
}
