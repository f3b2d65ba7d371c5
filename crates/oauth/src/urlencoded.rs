//! Names and values of `application/x-www-form-urlencoded`, read and written.

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

/// Appends `name=value`, after a `&` where there is something to part it from.
///
/// Every byte that is not unreserved (RFC 3986 §2.3) is written as `%XX`, the
/// space too: so it means the same to whoever decodes a form (RFC 6749
/// Appendix B) and to whoever decodes a URI.
pub(crate) fn add_pair(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() && !query.ends_with(['?', '&']) {
        query.push('&');
    }
    encode(query, name);
    query.push('=');
    encode(query, value);
}

/// A URI with more members in its query, in the order given; what its query
/// had before stays as it is. The URI has no fragment.
pub(crate) fn with_members(uri: &str, members: &[(&str, &str)]) -> String {
    let mut whole = uri.to_owned();
    if !members.is_empty() && !uri.contains('?') {
        whole.push('?');
    }
    for (name, value) in members {
        add_pair(&mut whole, name, value);
    }
    whole
}

fn encode(query: &mut String, text: &str) {
    for byte in text.bytes() {
        if is_unreserved(byte) {
            query.push(char::from(byte));
        } else {
            query.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

/// RFC 3986 §2.1 wants capitals.
fn digit(half: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(half)])
}

/// RFC 3986 §2.3
pub(crate) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
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

    #[test]
    fn members_are_added_to_the_query_that_a_uri_has() {
        let members = [("code", "a b&c=d"), ("iss", "https://id.example")];
        for (uri, whole) in [
            ("https://a.example", "https://a.example?code=a%20b%26c%3Dd&iss=https%3A%2F%2Fid.example"),
            ("https://a.example/?", "https://a.example/?code=a%20b%26c%3Dd&iss=https%3A%2F%2Fid.example"),
            ("x.y:/cb?a=%2F+", "x.y:/cb?a=%2F+&code=a%20b%26c%3Dd&iss=https%3A%2F%2Fid.example"),
            ("x.y:/cb?a&", "x.y:/cb?a&code=a%20b%26c%3Dd&iss=https%3A%2F%2Fid.example"),
        ] {
            assert_eq!(with_members(uri, &members), whole);
            assert_eq!(with_members(uri, &[]), uri);
        }
    }

    proptest! {
        #[test]
        fn another_reader_reads_what_is_written(pairs in prop::collection::vec(any::<(String, String)>(), 0..6)) {
            let mut query = String::new();
            for (name, value) in &pairs {
                add_pair(&mut query, name, value);
            }
            let read: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            prop_assert_eq!(read, pairs);
        }

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
