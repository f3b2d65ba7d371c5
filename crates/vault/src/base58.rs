//! Bytes in letters and digits, without those that look alike.

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// The number that the bytes are, to the base of 58; a `1` for each zero before.
pub fn base58(bytes: &[u8]) -> String {
    // The digits, the least first.
    let mut digits: Vec<u8> = Vec::new();
    for &byte in bytes {
        let mut carry = u32::from(byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = u8::try_from(carry % 58).unwrap_or_default();
            carry /= 58;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 58).unwrap_or_default());
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let written = std::iter::repeat_n(0, zeros).chain(digits.into_iter().rev());
    written.map(|digit| char::from(ALPHABET[usize::from(digit)])).collect()
}

/// Whether there is nothing else in the text.
pub fn is_base58(text: &str) -> bool {
    text.bytes().all(|byte| ALPHABET.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_to_the_base_of_58() {
        for (bytes, written) in [
            (&b""[..], ""),
            (b"\0", "1"),
            (b"a", "2g"),
            (b"bbb", "a3gV"),
            (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
            (b"\0\0\x28\x7f\xb4\xcd", "11233QC4"),
        ] {
            assert_eq!(base58(bytes), written, "{bytes:?}");
            assert!(is_base58(written), "{written}");
        }
        for other in ["\0", "0", "O", "I", "l", "a b", "é"] {
            assert!(!is_base58(other), "{other}");
        }
    }
}
