//! Which addresses may be reached.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

/// How far an outbound request may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Internet,
    InternetAndLoopback,
}

impl Reach {
    pub(super) fn allows(self, address: IpAddr) -> bool {
        let is_public = match address {
            IpAddr::V4(address) => is_public_v4(address),
            IpAddr::V6(address) => is_public_v6(address),
        };
        is_public || (self == Self::InternetAndLoopback && address.is_loopback())
    }

    pub(super) fn allows_http(self, host: &Host<&str>) -> bool {
        let is_this_machine = match host {
            Host::Domain(name) => *name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        self == Self::InternetAndLoopback && is_this_machine
    }
}

/// What the registry of special addresses (RFC 6890) leaves.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation();
    // This network and what is kept for later; what a carrier's customers share
    // (RFC 6598); protocol assignments and the old way from IPv6 to IPv4;
    // benchmarks (RFC 2544).
    let reserved = matches!(
        address.octets(),
        [0 | 240..=255, ..] | [100, 64..=127, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18 | 19, ..]
    );
    !special && !reserved
}

/// Global unicast is `2000::/3`; what is embedded in it or beside it to reach
/// IPv4 (mapped, NAT64, 6to4, Teredo) could reach any of it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    // Protocol assignments, Teredo among them, and documentation; 6to4;
    // documentation again (RFC 9637).
    let special = matches!(
        address.segments(),
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..]
    );
    matches!(address.segments(), [0x2000..=0x3fff, ..]) && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_reached() {
        for (address, expected) in [
            ("93.184.216.34", true),
            ("8.8.8.8", true),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("172.32.0.1", true),
            ("192.0.0.1", false),
            ("192.0.2.1", false),
            ("192.88.99.1", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("198.51.100.1", false),
            ("203.0.113.1", false),
            ("224.0.0.1", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:4700:4700::1111", true),
            ("::", false),
            ("::1", false),
            ("::ffff:8.8.8.8", false),
            ("::ffff:127.0.0.1", false),
            ("64:ff9b::808:808", false),
            ("64:ff9b:1::1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2001:4860:4860::8888", true),
            ("2002:7f00:1::1", false),
            ("3fff::1", false),
            ("fc00::1", false),
            ("fd12:3456::1", false),
            ("fe80::1", false),
            ("ff02::1", false),
        ] {
            let parsed: IpAddr = address.parse().expect("an address");
            assert_eq!(Reach::Internet.allows(parsed), expected, "{address}");
            let in_development = expected || parsed.is_loopback();
            assert_eq!(Reach::InternetAndLoopback.allows(parsed), in_development, "{address}");
        }
    }
}
