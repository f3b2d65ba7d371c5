//! One-time passwords that an app on a person's device makes of the time
//! (RFC 6238), and the codes that stand in for a lost device.

use std::fmt;

use appkeep_domain::{Entropy, Timestamp};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key};
use zeroize::{Zeroize, Zeroizing};

/// What a person's device and the server share. HMAC-SHA-1, six digits and
/// thirty seconds: the one form that every authenticator app reads.
pub struct TotpSecret(Zeroizing<[u8; Self::BYTES]>);

impl TotpSecret {
    /// As long as the hash (RFC 4226 §4, R6).
    pub const BYTES: usize = 20;
    /// How long a code is shown, in seconds (RFC 6238 §5.2).
    pub const STEP_S: i64 = 30;
    pub const DIGITS: usize = 6;
    /// How many steps a device's clock may be off, either way.
    const SKEW: i64 = 1;

    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; Self::BYTES]);
        entropy.fill(&mut *bytes);
        Self(bytes)
    }

    /// Nothing when it is not as long as one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// As a person types it into an app (RFC 4648 §6, without padding).
    pub fn base32(&self) -> Zeroizing<String> {
        base32(&*self.0)
    }

    /// The step at which a device shows this code, of those around `now`.
    /// Every one of them is compared, in the same time wherever they differ.
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<i64> {
        let present = now.as_seconds().div_euclid(Self::STEP_S);
        let steps = (present - Self::SKEW)..=(present + Self::SKEW);
        steps.fold(None, |found, step| {
            let fits = verify_slices_are_equal(self.code(step).as_bytes(), code.as_bytes()).is_ok();
            if fits { Some(step) } else { found }
        })
    }

    /// What a device shows at `now`.
    pub fn code_at(&self, now: Timestamp) -> String {
        self.code(now.as_seconds().div_euclid(Self::STEP_S))
    }

    /// RFC 4226 §5.3.
    fn code(&self, step: i64) -> String {
        let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &*self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        let offset = usize::from(bytes[bytes.len() - 1] & 0x0f);
        let mut four = [0; 4];
        four.copy_from_slice(&bytes[offset..offset + 4]);
        let number = u32::from_be_bytes(four) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

/// It makes every code there will ever be.
impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

/// A code for when the device is not at hand, in two parts with a hyphen
/// between: fifty random bits, which a lockout makes plenty.
pub fn generate_backup_code(entropy: &dyn Entropy) -> Zeroizing<String> {
    let mut bytes = [0; 7];
    entropy.fill(&mut bytes);
    let mut text = base32(&bytes);
    bytes.zeroize();
    text.truncate(BACKUP_CODE_LENGTH);
    text.insert(BACKUP_CODE_LENGTH / 2, '-');
    text
}

/// Without the hyphen.
const BACKUP_CODE_LENGTH: usize = 10;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len().div_ceil(5) * 8));
    let (mut held, mut bits) = (0_u16, 0);
    for byte in bytes {
        held = held << 8 | u16::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[usize::from(held >> bits & 31)]));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[usize::from(held << (5 - bits) & 31)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    fn of_the_standard() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").expect("is as long as one")
    }

    /// RFC 6238 Appendix B, of whose eight digits an app shows the last six.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(of_the_standard().code_at(Timestamp::from_seconds(second)), code, "at {second}");
        }
    }

    #[test]
    fn a_code_is_good_a_step_before_and_after() {
        let secret = of_the_standard();
        let code = secret.code_at(Timestamp::from_seconds(300));
        for (second, step) in
            [(269, None), (270, Some(10)), (300, Some(10)), (329, Some(10)), (359, Some(10)), (360, None)]
        {
            assert_eq!(secret.step_of(&code, Timestamp::from_seconds(second)), step, "at {second}");
        }
        for wrong in ["", "000000", "28708", "2870821", " 287082"] {
            assert_eq!(secret.step_of(wrong, Timestamp::from_seconds(59)), None, "{wrong:?}");
        }
    }

    /// RFC 4648 §10.
    #[test]
    fn a_secret_is_typed_in_base_32() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "MY"),
            (b"fo", "MZXQ"),
            (b"foo", "MZXW6"),
            (b"foob", "MZXW6YQ"),
            (b"fooba", "MZXW6YTB"),
            (b"foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes).as_str(), text, "{bytes:?}");
        }
        assert_eq!(of_the_standard().base32().as_str(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn what_is_made_differs_and_is_not_shown() {
        let entropy = SystemEntropy::new();
        let (one, other) = (TotpSecret::generate(&entropy), TotpSecret::generate(&entropy));
        assert_ne!(one.as_bytes(), other.as_bytes());
        assert_eq!(format!("{one:?}"), "TotpSecret(…)");
        assert!(TotpSecret::from_bytes(&[0; 19]).is_none() && TotpSecret::from_bytes(&[0; 21]).is_none());
        let code = generate_backup_code(&entropy);
        assert_eq!((code.len(), code.as_bytes()[5]), (11, b'-'), "{}", code.as_str());
        assert_ne!(code, generate_backup_code(&entropy));
    }
}
