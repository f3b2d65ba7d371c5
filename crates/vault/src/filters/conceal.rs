//! Filters that hide most of a text.

use serde_json::Value;

use super::{Call, Ours, bounded};

pub(super) const FILTERS: &[Ours] = &[
    Ours { name: "reveal", parameters: &["first", "last", "char", "preserve"], run: reveal },
    Ours { name: "reveal_last", parameters: &["n", "char"], run: reveal_last },
    Ours { name: "card_mask", parameters: &["bin", "last4", "char", "preserve"], run: card_mask },
    Ours { name: "card_bin", parameters: &[], run: card_bin },
    Ours { name: "card_exp", parameters: &["format"], run: card_exp },
];

const HIDDEN: char = 'X';

/// All but the last few characters; dashes stay. What is no longer than that
/// stays whole.
fn reveal_last(call: &mut Call<'_>) -> Option<Value> {
    let (text, last, with) = (call.text()?, call.size_at(0)?, call.char_or(1, HIDDEN)?);
    conceal(&text, (0, last), (with, "-"))
}

/// All but the first and the last few; everything where that would be nothing.
fn reveal(call: &mut Call<'_>) -> Option<Value> {
    let (first, last) = (call.size_or(0, 0)?, call.size_or(1, 0)?);
    let (text, with) = (call.text()?, call.char_or(2, HIDDEN)?);
    let preserved = if call.is_given(3) { call.text_at(3)? } else { "-".into() };
    conceal(&text, unless_whole(&text, (first, last)), (with, &preserved))
}

/// All but the first digits, which say whose card it is, if they are asked for,
/// and the last four, unless they are not.
fn card_mask(call: &mut Call<'_>) -> Option<Value> {
    let (text, with) = (call.text()?, call.char_or(2, HIDDEN)?);
    let bin = if call.flag_or(0, false) { bin_length(&text) } else { 0 };
    let last4 = if call.flag_or(1, true) { 4 } else { 0 };
    let preserved = if call.is_given(3) { call.text_at(3)? } else { "- ".into() };
    conceal(&text, unless_whole(&text, (bin, last4)), (with, &preserved))
}

fn unless_whole(text: &str, (first, last): (usize, usize)) -> (usize, usize) {
    if text.chars().count() <= first.saturating_add(last) { (0, 0) } else { (first, last) }
}

fn conceal(text: &str, (first, last): (usize, usize), (with, preserved): (char, &str)) -> Option<Value> {
    let count = text.chars().count();
    bounded(count * with.len_utf8() + text.len())?;
    let shown_from = count.saturating_sub(last);
    let conceal = |(place, c): (usize, char)| {
        if place < first || place >= shown_from || preserved.contains(c) { c } else { with }
    };
    Some(text.chars().enumerate().map(conceal).collect::<String>().into())
}

/// Eight digits of a card that has sixteen or more, six of a shorter one.
fn card_bin(call: &mut Call<'_>) -> Option<Value> {
    let text = call.text()?;
    if text.len() < 13 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text[..bin_length(&text)].into())
}

fn bin_length(text: &str) -> usize {
    if text.chars().filter(char::is_ascii_digit).count() >= 16 { 8 } else { 6 }
}

/// When a card ends, as `MM/YY` or as it is asked for.
fn card_exp(call: &mut Call<'_>) -> Option<Value> {
    let month = call.input.get("expiration_month")?.as_u64().filter(|month| (1..=12).contains(month))?;
    let year = call.input.get("expiration_year")?.as_u64().filter(|year| (2000..=9999).contains(year))?;
    let format = if call.is_given(0) { call.text_at(0)? } else { "MM/YY".into() };
    let written = format
        .replace("YYYY", &year.to_string())
        .replace("YY", &format!("{:02}", year % 100))
        .replace("MM", &format!("{month:02}"));
    Some(written.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::filtered;

    #[test]
    fn what_is_hidden_is_hidden() {
        for (input, filters, shown) in [
            ("Sensitive Value", "reveal_last: 4", "XXXXXXXXXXXalue"),
            ("4242-4242-4242-4242", "reveal_last: 4", "XXXX-XXXX-XXXX-4242"),
            ("123-45-6789", "reveal_last: 4", "XXX-XX-6789"),
            ("foobar", "reveal_last: 4, '#'", "##obar"),
            ("abc", "reveal_last: 4", "abc"),
            ("", "reveal_last: 4", ""),
            ("abcdef", "reveal_last: 0", "XXXXXX"),
            ("abcdef", "reveal: 1, 2", "aXXXef"),
            ("abcdef", "reveal", "XXXXXX"),
            ("abc", "reveal: 1, 2", "XXX"),
            ("a-c.ef", "reveal: 0, 1, '*', '-.'", "*-*.*f"),
            ("abc", "reveal: 99999, 99999", "XXX"),
            ("4242424242424242", "card_mask", "XXXXXXXXXXXX4242"),
            ("4242424242424242", "card_mask: true", "42424242XXXX4242"),
            ("378282246310005", "card_mask: true, false", "378282XXXXXXXXX"),
            ("4242 4242 4242 4242", "card_mask: bin: false, char: '*'", "**** **** **** 4242"),
            ("4242", "card_mask", "XXXX"),
            ("4242424242424242", "card_bin", "42424242"),
            ("378282246310005", "card_bin", "378282"),
        ] {
            assert_eq!(filtered(&json!(input), filters), Some(json!(shown)), "{input} {filters}");
        }
        for (input, filters) in [
            (json!("abc"), "reveal_last"),
            (json!("abc"), "reveal_last: -1"),
            (json!("abc"), "reveal_last: 1, 'ab'"),
            (json!({}), "reveal_last: 1"),
            (json!("abc"), "card_bin"),
            (json!("424242424242424é"), "card_bin"),
        ] {
            assert_eq!(filtered(&input, filters), None, "{input} {filters}");
        }
    }

    #[test]
    fn an_end_is_written_as_it_is_asked_for() {
        let card = json!({ "expiration_month": 4, "expiration_year": 2031 });
        for (filters, written) in
            [("card_exp", "04/31"), ("card_exp: 'MMYYYY'", "042031"), ("card_exp: 'YY-MM'", "31-04")]
        {
            assert_eq!(filtered(&card, filters), Some(json!(written)), "{filters}");
        }
        for card in [json!({}), json!({ "expiration_month": 13, "expiration_year": 2031 }), json!("x")] {
            assert_eq!(filtered(&card, "card_exp"), None, "{card}");
        }
    }
}
