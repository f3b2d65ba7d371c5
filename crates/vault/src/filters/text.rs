//! Filters on texts and lists, as Liquid has them.

use serde_json::Value;

use super::{Call, Ours, bounded};

/// What is put in the place of data that is not there.
pub(super) const DEFAULT: &str = "default";

pub(super) const FILTERS: &[Ours] = &[
    Ours { name: "append", parameters: &["text"], run: append },
    Ours { name: "prepend", parameters: &["text"], run: prepend },
    Ours { name: "replace", parameters: &["search", "replacement"], run: replace },
    Ours { name: "remove", parameters: &["search"], run: remove },
    Ours { name: "upcase", parameters: &[], run: |call| Some(call.text()?.to_uppercase().into()) },
    Ours { name: "downcase", parameters: &[], run: |call| Some(call.text()?.to_lowercase().into()) },
    Ours { name: "strip", parameters: &[], run: |call| Some(call.text()?.trim().into()) },
    Ours { name: "slice", parameters: &["start", "length"], run: slice },
    Ours { name: "split", parameters: &["separator"], run: split },
    Ours { name: "join", parameters: &["separator"], run: join },
    Ours {
        name: "first",
        parameters: &[],
        run: |call| end(call, <[Value]>::first, |text| text.chars().next()),
    },
    Ours {
        name: "last",
        parameters: &[],
        run: |call| end(call, <[Value]>::last, |text| text.chars().last()),
    },
    Ours { name: "size", parameters: &[], run: size },
    Ours { name: DEFAULT, parameters: &["value"], run: default },
    Ours { name: "truncate", parameters: &["length", "ellipsis"], run: truncate },
    Ours { name: "pad_left", parameters: &["length", "char"], run: |call| pad(call, true) },
    Ours { name: "pad_right", parameters: &["length", "char"], run: |call| pad(call, false) },
    Ours { name: "last4", parameters: &[], run: last4 },
];

fn append(call: &mut Call<'_>) -> Option<Value> {
    joined([call.text()?, call.text_at(0)?])
}

fn prepend(call: &mut Call<'_>) -> Option<Value> {
    joined([call.text_at(0)?, call.text()?])
}

fn joined<T: AsRef<str>>(parts: [T; 2]) -> Option<Value> {
    let [one, other] = parts.each_ref().map(AsRef::as_ref);
    bounded(one.len() + other.len())?;
    Some(format!("{one}{other}").into())
}

fn replace(call: &mut Call<'_>) -> Option<Value> {
    let (text, search, with) = (call.text()?, call.text_at(0)?, call.text_at(1)?);
    let count = text.matches(&*search).count();
    bounded(text.len().saturating_add(count.saturating_mul(with.len())))?;
    Some(text.replace(&*search, &with).into())
}

fn remove(call: &mut Call<'_>) -> Option<Value> {
    Some(call.text()?.replace(&*call.text_at(0)?, "").into())
}

/// One character, or one element, where no length is given.
fn slice(call: &mut Call<'_>) -> Option<Value> {
    let (start, length) = (call.number_at(0)?, call.size_or(1, 1)?);
    let from = |size: usize| match usize::try_from(start) {
        Ok(start) => Some(start.min(size)),
        Err(_) => size.checked_sub(usize::try_from(start.unsigned_abs()).ok()?),
    };
    if let Value::Array(items) = &call.input {
        let from = from(items.len()).unwrap_or(items.len());
        return Some(items.iter().skip(from).take(length).cloned().collect());
    }
    let text = call.text()?;
    let size = text.chars().count();
    let from = from(size).unwrap_or(size);
    Some(text.chars().skip(from).take(length).collect::<String>().into())
}

fn split(call: &mut Call<'_>) -> Option<Value> {
    let (text, separator) = (call.text()?, call.text_at(0)?);
    if separator.is_empty() {
        return Some(text.chars().map(String::from).collect());
    }
    Some(text.split(&*separator).map(Value::from).collect())
}

fn join(call: &mut Call<'_>) -> Option<Value> {
    let separator = if call.is_given(0) { call.text_at(0)? } else { " ".into() };
    let items = call.input.as_array()?;
    let mut joined = String::new();
    for (place, item) in items.iter().enumerate() {
        joined.push_str(if place == 0 { "" } else { &separator });
        joined.push_str(&super::as_text(item)?);
        bounded(joined.len())?;
    }
    Some(joined.into())
}

fn end(
    call: &Call<'_>,
    of_list: impl Fn(&[Value]) -> Option<&Value>,
    of_text: impl Fn(&str) -> Option<char>,
) -> Option<Value> {
    match &call.input {
        Value::Array(items) => of_list(items).cloned(),
        _ => of_text(&call.text()?).map(|c| c.to_string().into()),
    }
}

fn size(call: &mut Call<'_>) -> Option<Value> {
    let size = match &call.input {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => call.text()?.chars().count(),
    };
    Some(size.into())
}

fn default(call: &mut Call<'_>) -> Option<Value> {
    let is_missing = match &call.input {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    };
    if is_missing { call.arguments.first().cloned() } else { Some(call.input.clone()) }
}

/// To that many characters, those of the ellipsis among them.
fn truncate(call: &mut Call<'_>) -> Option<Value> {
    let (text, length) = (call.text()?, call.size_or(0, 50)?);
    let ellipsis = if call.is_given(1) { call.text_at(1)? } else { "...".into() };
    if text.chars().count() <= length {
        return Some(text.into());
    }
    let kept = length.saturating_sub(ellipsis.chars().count());
    Some(text.chars().take(kept).chain(ellipsis.chars()).collect::<String>().into())
}

fn pad(call: &Call<'_>, is_before: bool) -> Option<Value> {
    let (text, length, with) = (call.text()?, call.size_at(0)?, call.char_or(1, ' ')?);
    let missing = length.saturating_sub(text.chars().count());
    bounded(text.len().saturating_add(missing.saturating_mul(with.len_utf8())))?;
    let padding: String = std::iter::repeat_n(with, missing).collect();
    Some(if is_before { format!("{padding}{text}") } else { format!("{text}{padding}") }.into())
}

fn last4(call: &mut Call<'_>) -> Option<Value> {
    let text = call.text()?;
    let skipped = text.chars().count().saturating_sub(4);
    Some(text.chars().skip(skipped).collect::<String>().into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::filtered;

    #[test]
    fn each_filter_makes_what_it_says() {
        for (input, filters, made) in [
            (json!("ab"), "append: 'c'", json!("abc")),
            (json!(12), "append: 3", json!("123")),
            (json!("ab"), "prepend: 'c'", json!("cab")),
            (json!("a-b-a"), "replace: 'a', 'x'", json!("x-b-x")),
            (json!("a-b-a"), "remove: '-'", json!("aba")),
            (json!("aé"), "upcase", json!("AÉ")),
            (json!("AÉ"), "downcase", json!("aé")),
            (json!(" a "), "strip", json!("a")),
            (json!("Leia"), "slice: 0", json!("L")),
            (json!("Leia"), "slice: 1, 2", json!("ei")),
            (json!("Leia"), "slice: -2, 2", json!("ia")),
            (json!("Leia"), "slice: -9, 2", json!("")),
            (json!("Leia"), "slice: 9", json!("")),
            (json!([1, 2, 3]), "slice: 1, 9", json!([2, 3])),
            (json!("leia@rebels.org"), "split: '@' | last", json!("rebels.org")),
            (json!("leia@rebels.org"), "split: '@' | first", json!("leia")),
            (json!("ab"), "split: ''", json!(["a", "b"])),
            (json!("ab"), "first", json!("a")),
            (json!("ab"), "last", json!("b")),
            (json!(["a", 1]), "join: '+'", json!("a+1")),
            (json!(["a", 1]), "join", json!("a 1")),
            (json!("aé"), "size", json!(2)),
            (json!([1]), "size", json!(1)),
            (json!({ "a": 1 }), "size", json!(1)),
            (json!(null), "default: 'x'", json!("x")),
            (json!(""), "default: 5", json!(5)),
            (json!(0), "default: 5", json!(0)),
            (json!("abcdef"), "truncate: 5", json!("ab...")),
            (json!("abcdef"), "truncate: 2, ''", json!("ab")),
            (json!("abc"), "truncate: 5", json!("abc")),
            (json!("7"), "pad_left: 3, '0'", json!("007")),
            (json!(7), "pad_right: 3", json!("7  ")),
            (json!("1234"), "pad_left: 3, '0'", json!("1234")),
            (json!("123456"), "last4", json!("3456")),
            (json!("12"), "last4", json!("12")),
        ] {
            assert_eq!(filtered(&input, filters), Some(made), "{input} {filters}");
        }
    }

    #[test]
    fn what_makes_no_sense_comes_to_nothing() {
        for (input, filters) in [
            (json!({}), "upcase"),
            (json!([]), "append: 'a'"),
            (json!("a"), "append: data.nothing"),
            (json!("a"), "slice: 'x'"),
            (json!("a"), "slice: 0, -1"),
            (json!("a"), "join: ','"),
            (json!([[1]]), "join"),
            (json!([]), "first"),
            (json!("a"), "pad_left"),
            (json!("a"), "pad_left: 3, 'ab'"),
            (json!("a"), "pad_left: -1"),
        ] {
            assert_eq!(filtered(&input, filters), None, "{input} {filters}");
        }
    }
}
