//! Numbers as digits and letters only, so that a double click selects all.

use zeroize::Zeroizing;

use crate::crc32::crc32;

/// As long as a checksum is.
pub(crate) const CHECKSUM_LENGTH: usize = 6;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Appends a big-endian number as exactly `length` characters, which must
/// suffice for it. The number is used up.
pub(crate) fn push(out: &mut String, number: &mut [u8], length: usize) {
    let mut digits = Zeroizing::new(vec![0_u8; length]);
    for place in digits.iter_mut().rev() {
        *place = ALPHABET[usize::from(divide(number))];
    }
    out.extend(digits.iter().copied().map(char::from));
}

/// Six characters by which a mistyped text is told from a wrong one.
pub(crate) fn checksum(before: &str) -> String {
    let mut text = String::with_capacity(CHECKSUM_LENGTH);
    push(&mut text, &mut crc32(before.as_bytes()).to_be_bytes(), CHECKSUM_LENGTH);
    text
}

/// Divides a big-endian number by 62 and returns the remainder.
fn divide(number: &mut [u8]) -> u8 {
    let mut remainder = 0_u16;
    for byte in number {
        let dividend = remainder << 8 | u16::from(*byte);
        *byte = u8::try_from(dividend / 62).unwrap_or_default();
        remainder = dividend % 62;
    }
    u8::try_from(remainder).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_padded_to_their_length() {
        for (mut number, length, text) in [
            (vec![], 2, "00"),
            (vec![0], 1, "0"),
            (vec![61], 3, "00z"),
            (vec![62], 3, "010"),
            (vec![0xff; 4], 6, "4gfFC3"),
            // 2^256 - 1 needs all 43 places.
            (vec![0xff; 32], 43, "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1"),
        ] {
            let mut out = String::new();
            push(&mut out, &mut number, length);
            assert_eq!(out.len(), length);
            assert_eq!(out, text);
        }
    }
}
