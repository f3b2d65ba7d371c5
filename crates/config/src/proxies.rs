//! Proxies that stand before the server, whose word on clients is taken.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use crate::faults::Faults;
use crate::settings::Settings;
use crate::written::Written;

/// Which proxies are believed, and which header of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxies {
    pub trusted: Vec<IpNet>,
    pub header: ForwardedHeader,
}

/// How a proxy says whom it speaks for. Only one of them is read: a proxy that
/// sets the one may pass the other on as a stranger wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForwardedHeader {
    XForwardedFor,
    /// RFC 7239
    Forwarded,
}

/// A word that names no such header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be `x-forwarded-for` or `forwarded`")]
pub struct InvalidForwardedHeader;

impl FromStr for ForwardedHeader {
    type Err = InvalidForwardedHeader;

    fn from_str(raw: &str) -> Result<Self, InvalidForwardedHeader> {
        match raw.to_ascii_lowercase().as_str() {
            "x-forwarded-for" => Ok(Self::XForwardedFor),
            "forwarded" => Ok(Self::Forwarded),
            _ => Err(InvalidForwardedHeader),
        }
    }
}

impl Proxies {
    pub(crate) fn resolve(settings: &Settings, faults: &mut Faults) -> Self {
        let header = settings.forwarded_header.as_ref();
        Self {
            trusted: networks(settings.trusted_proxies.as_ref(), faults),
            header: faults.parse("forwarded_header", header, ForwardedHeader::XForwardedFor),
        }
    }
}

/// Addresses and networks, separated by commas.
fn networks(written: Option<&Written>, faults: &mut Faults) -> Vec<IpNet> {
    let members = written.map_or("", Written::as_str).split(',').map(str::trim);
    let mut networks = Vec::new();
    for member in members.filter(|member| !member.is_empty()) {
        match network(member) {
            Some(network) => networks.push(network),
            None => faults.add(
                "trusted_proxies",
                format!("`{member}` is no address or network, such as 10.0.0.5 or 10.0.0.0/8"),
            ),
        }
    }
    networks
}

fn network(raw: &str) -> Option<IpNet> {
    raw.parse().ok().or_else(|| raw.parse::<IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_addresses_and_networks() {
        for (written, expected) in [
            ("", Ok(vec![])),
            ("10.0.0.5", Ok(vec!["10.0.0.5/32"])),
            ("10.0.0.0/8, fd00::/8,::1", Ok(vec!["10.0.0.0/8", "fd00::/8", "::1/128"])),
            ("10.0.0.0/33,proxy.example", Err(2)),
        ] {
            let mut faults = Faults::default();
            let found: Vec<_> =
                networks(Some(&written.into()), &mut faults).iter().map(ToString::to_string).collect();
            match expected {
                Ok(expected) => assert_eq!(
                    (found, faults.0.len()),
                    (expected.iter().map(ToString::to_string).collect(), 0)
                ),
                Err(count) => assert_eq!(faults.0.len(), count, "{:?}", faults.0),
            }
        }
    }

    #[test]
    fn one_header_is_read() {
        assert_eq!("X-Forwarded-For".parse(), Ok(ForwardedHeader::XForwardedFor));
        assert_eq!("forwarded".parse(), Ok(ForwardedHeader::Forwarded));
        assert_eq!("x-real-ip".parse::<ForwardedHeader>(), Err(InvalidForwardedHeader));
    }
}
