//! Decoding one name or value of `application/x-www-form-urlencoded`.

/// A text that is not form-urlencoded UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidEncoding {
    #[error("a % must be followed by two hexadecimal digits")]
    Percent,
    #[error("it is not UTF-8")]
    Utf8,
}

/// Undoes `%XX` and `+`.
///
/// Stricter than browsers are, which keep a stray `%` and put U+FFFD for what
/// is not UTF-8: two different secrets must never decode to one text.
pub(crate) fn decode(raw: &[u8]) -> Result<String, InvalidEncoding> {
    // Most ids, secrets and tokens are written as they are.
    if !raw.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return String::from_utf8(raw.to_vec()).map_err(|_| InvalidEncoding::Utf8);
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw.iter();
    while let Some(&byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next())? << 4 | hex(rest.next())?,
            other => other,
        });
    }
    String::from_utf8(decoded).map_err(|_| InvalidEncoding::Utf8)
}

fn hex(digit: Option<&u8>) -> Result<u8, InvalidEncoding> {
    match digit {
        Some(digit @ b'0'..=b'9') => Ok(digit - b'0'),
        Some(digit @ b'a'..=b'f') => Ok(digit - b'a' + 10),
        Some(digit @ b'A'..=b'F') => Ok(digit - b'A' + 10),
        _ => Err(InvalidEncoding::Percent),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decodes_what_is_encoded_and_refuses_the_rest() {
        for (raw, outcome) in [
            ("", Ok("")),
            ("a+b%20c%2B", Ok("a b c+")),
            ("%c3%A9é", Ok("éé")),
            ("%", Err(InvalidEncoding::Percent)),
            ("a%2", Err(InvalidEncoding::Percent)),
            ("%zz", Err(InvalidEncoding::Percent)),
            ("%+1", Err(InvalidEncoding::Percent)),
            ("%C3", Err(InvalidEncoding::Utf8)),
        ] {
            assert_eq!(decode(raw.as_bytes()).as_deref(), outcome.as_ref().copied(), "{raw}");
        }
    }

    proptest! {
        #[test]
        fn reads_what_another_writer_wrote(text in any::<String>()) {
            let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
            prop_assert_eq!(decode(encoded.as_bytes()), Ok(text));
        }

        #[test]
        fn no_bytes_make_it_panic(raw in any::<Vec<u8>>()) {
            let _ = decode(&raw);
        }
    }
}
