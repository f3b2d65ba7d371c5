//! Where a request comes from, as limits and lockouts count it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// An address; of version 6 the 64 bits that one site has, since it can choose
/// the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(u128);

impl Network {
    /// An address of version 4 is the same whichever way it is written.
    pub const fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.to_ipv6_mapped().to_bits()),
            IpAddr::V6(address) => Self(address.to_bits() & !(u64::MAX as u128)),
        }
    }

    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    pub const fn as_bytes(&self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

/// As `203.0.113.7`, or `2001:db8::/64`.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Ipv6Addr::from_bits(self.0);
        match address.to_ipv4_mapped() {
            Some(address) => address.fmt(f),
            None => write!(f, "{address}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Network {
        Network::of(address.parse().expect("an address"))
    }

    #[test]
    fn a_site_is_one_network_however_it_is_written() {
        for (one, other, same) in [
            ("203.0.113.7", "::ffff:203.0.113.7", true),
            ("203.0.113.7", "203.0.113.8", false),
            ("2001:db8::1", "2001:db8::ffff:1", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
            ("0.0.0.1", "::1", false),
        ] {
            assert_eq!(of(one) == of(other), same, "{one} {other}");
        }
    }

    #[test]
    fn it_is_written_as_people_read_it() {
        for (address, written) in
            [("203.0.113.7", "203.0.113.7"), ("2001:db8:0:1:2::3", "2001:db8:0:1::/64"), ("::1", "::/64")]
        {
            assert_eq!(of(address).to_string(), written);
            assert_eq!(Network::from_bytes(of(address).as_bytes()), of(address));
        }
    }
}
