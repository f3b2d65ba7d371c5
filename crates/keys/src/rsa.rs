//! What must be known of an RSA public key before it is trusted.

use x509_cert::der::asn1::UintRef;
use x509_cert::der::{Decode, Reader, SliceReader};

/// The least size a key may have (RFC 7518 §3.3).
pub(crate) const MIN_BITS: usize = 2048;
/// The most; larger ones cost the verifier too much.
pub(crate) const MAX_BITS: usize = 8192;

/// Modulus and exponent, big-endian without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RsaPublicKey {
    pub(crate) modulus: Vec<u8>,
    pub(crate) exponent: Vec<u8>,
}

impl RsaPublicKey {
    pub(crate) fn new(modulus: &[u8], exponent: &[u8]) -> Self {
        Self { modulus: without_leading_zeros(modulus), exponent: without_leading_zeros(exponent) }
    }

    /// Reads the `RSAPublicKey` of RFC 8017 Appendix A.1.1.
    pub(crate) fn from_der(der: &[u8]) -> Option<Self> {
        let mut reader = SliceReader::new(der).ok()?;
        let key = reader
            .sequence(|fields| {
                let (modulus, exponent) = (UintRef::decode(fields)?, UintRef::decode(fields)?);
                Ok::<_, x509_cert::der::Error>(Self::new(modulus.as_bytes(), exponent.as_bytes()))
            })
            .ok()?;
        reader.is_finished().then_some(key)
    }

    pub(crate) fn bits(&self) -> usize {
        let unused = self.modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        self.modulus.len() * 8 - unused
    }

    /// Whether the exponent is odd, more than 1, and of a size that is used.
    pub(crate) fn has_sound_exponent(&self) -> bool {
        self.exponent.len() <= 4
            && self.exponent != [1]
            && self.exponent.last().is_some_and(|byte| byte & 1 == 1)
    }
}

fn without_leading_zeros(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|&byte| byte == 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_do_not_count() {
        let key = RsaPublicKey::new(&[0, 0, 1, 0xff], &[0, 1, 0, 1]);
        assert_eq!((key.bits(), key.exponent.as_slice()), (9, &[1, 0, 1][..]));
        assert_eq!(RsaPublicKey::new(&[0], &[]).bits(), 0);
    }

    #[test]
    fn only_odd_exponents_above_one_are_sound() {
        for (exponent, sound) in [
            (&[1, 0, 1][..], true),
            (&[3], true),
            (&[1], false),
            (&[2], false),
            (&[], false),
            (&[1, 0, 0, 0, 1], false),
        ] {
            assert_eq!(RsaPublicKey::new(&[1], exponent).has_sound_exponent(), sound, "{exponent:?}");
        }
    }

    #[test]
    fn reads_der_whole() {
        let der = [0x30, 0x09, 0x02, 0x02, 0x00, 0xff, 0x02, 0x03, 0x01, 0x00, 0x01];
        assert_eq!(RsaPublicKey::from_der(&der), Some(RsaPublicKey::new(&[0xff], &[1, 0, 1])));
        assert_eq!(RsaPublicKey::from_der(&der[..10]), None);
        assert_eq!(RsaPublicKey::from_der(&[&der[..], &[0]].concat()), None);
    }
}
