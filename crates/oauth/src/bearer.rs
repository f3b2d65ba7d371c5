//! Bearer tokens in the `Authorization` header.

/// The token of an `Authorization: Bearer …` header (RFC 6750 §2.1), or nothing
/// when the header has another scheme or does not keep to the grammar.
///
/// The scheme is compared ignoring case (RFC 9110 §11.1).
pub fn bearer_token(header: &str) -> Option<&str> {
    let (scheme, rest) = header.split_once(' ')?;
    let token = rest.trim_start_matches(' ');
    (scheme.eq_ignore_ascii_case("Bearer") && is_b64token(token)).then_some(token)
}

/// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|byte| IS_OF_TOKEN[usize::from(byte)])
}

/// A look for each byte, because there are hundreds of them in every request.
static IS_OF_TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_grammar_of_the_rfc_is_a_bearer_token() {
        for (header, token) in [
            ("Bearer abc.DEF_1-2~3+4/5==", Some("abc.DEF_1-2~3+4/5==")),
            ("bEARER x", Some("x")),
            ("Bearer  x", Some("x")),
            ("Bearer", None),
            ("Bearer ", None),
            ("Bearer ==", None),
            ("Bearer a=b", None),
            ("Bearer a b", None),
            ("Bearer a,b", None),
            ("Bearer é", None),
            ("Bearer\tx", None),
            (" Bearer x", None),
            ("Basic x", None),
            ("Bearerx y", None),
            ("", None),
        ] {
            assert_eq!(bearer_token(header), token, "{header}");
        }
    }

    proptest! {
        #[test]
        fn a_printed_token_reads_back(token in "[A-Za-z0-9._~+/-]{1,40}={0,3}") {
            let header = format!("Bearer {token}");
            prop_assert_eq!(bearer_token(&header), Some(token.as_str()));
        }

        #[test]
        fn no_header_makes_it_panic(header in any::<String>()) {
            let _ = bearer_token(&header);
        }
    }
}
