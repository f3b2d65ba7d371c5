//! What a browser does with a page: reads its form, and sends it.

use std::fmt::Write as _;

/// The form that would be sent if nothing were typed: what it carries without
/// showing it, encoded. Nothing for a page without such a form.
pub(super) fn hidden_form(html: &str) -> Option<String> {
    let inputs = html.split("<input type=\"hidden\" ").skip(1);
    let pairs = inputs.map(|input| {
        let (name, value) = (between(input, "name=\"", "\"")?, between(input, "value=\"", "\"")?);
        Some(format!("{}={}", encoded(&unescaped(name)), encoded(&unescaped(value))))
    });
    let pairs: Vec<String> = pairs.collect::<Option<_>>()?;
    (!pairs.is_empty()).then(|| pairs.join("&"))
}

/// What a browser sends back of what it is to keep: name and value.
pub(super) fn cookie(set: &str) -> &str {
    set.split(';').next().unwrap_or_default().trim()
}

/// A parameter of an address, as it stands there.
pub(super) fn parameter<'a>(address: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = address.split_once('?')?;
    let pairs = query.split('#').next()?.split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// As `application/x-www-form-urlencoded` has it, where nothing has to be short.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

pub(super) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// Without the escapes that a template writes.
pub(super) fn unescaped(text: &str) -> String {
    let escapes = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    escapes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_sent_as_it_was_shown() {
        let page = r#"<form method="post" action="/sign-in">
            <input type="hidden" name="form_token" value="aB-_1"><input type="hidden" name="parameters" value="a=b&#38;c=&#34;d&#34; &#38;#38;"><input type="hidden" name="progress" value=".17">
            <input id="identifier" name="identifier" type="text" value="x">"#;
        let form = "form_token=aB-_1&parameters=a%3Db%26c%3D%22d%22%20%26%2338%3B&progress=.17";
        assert_eq!(hidden_form(page).as_deref(), Some(form));
        for broken in ["", "<h1>This does not work at the moment</h1>", r#"<input type="hidden" name="a">"#] {
            assert_eq!(hidden_form(broken), None, "{broken}");
        }
    }

    #[test]
    fn of_a_cookie_its_name_and_value_are_sent_back() {
        for (set, sent) in [("a=b; Path=/; HttpOnly", "a=b"), ("a=b", "a=b"), ("", "")] {
            assert_eq!(cookie(set), sent);
        }
    }

    #[test]
    fn a_parameter_is_found_by_its_whole_name() {
        for (address, code) in [
            ("https://shop.example/callback?code=ac_1aB&state=xyz", Some("ac_1aB")),
            ("https://shop.example/callback?state=xyz&code=ac_1aB#code=2", Some("ac_1aB")),
            ("https://shop.example/callback?error=access_denied&xcode=1", None),
            ("https://shop.example/callback?code", None),
            ("https://shop.example/callback", None),
        ] {
            assert_eq!(parameter(address, "code"), code, "{address}");
        }
    }

    #[test]
    fn what_is_no_letter_is_encoded() {
        assert_eq!(encoded("a-Z_0.9"), "a-Z_0.9");
        assert_eq!(encoded("https://é?&=+ ~"), "https%3A%2F%2F%C3%A9%3F%26%3D%2B%20%7E");
    }
}
