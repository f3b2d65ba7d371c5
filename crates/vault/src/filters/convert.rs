//! Filters that turn a value into one of another sort.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Number, Value};

use super::{Call, Ours, bounded};
use crate::path::JsonPath;
use crate::value::canonical;

pub(super) const FILTERS: &[Ours] = &[
    Ours { name: "json", parameters: &["path"], run: json },
    Ours { name: "json_stringify", parameters: &[], run: json_stringify },
    Ours { name: "stringify", parameters: &[], run: stringify },
    Ours { name: "to_boolean", parameters: &[], run: to_boolean },
    Ours { name: "to_number", parameters: &[], run: to_number },
    Ours { name: "to_string", parameters: &[], run: stringify },
    Ours { name: "to_base64", parameters: &[], run: |call| Some(STANDARD.encode(text(call)?).into()) },
    Ours { name: "to_base16", parameters: &[], run: |call| Some(hex(text(call)?.as_bytes()).into()) },
    Ours { name: "hmac", parameters: &["algorithm", "key"], run: hmac_of },
];

/// What a path leads to, in the value or in a text that is JSON. A number comes
/// as a text.
fn json(call: &mut Call<'_>) -> Option<Value> {
    let parsed = match &call.input {
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    };
    let value = parsed.as_ref().unwrap_or(&call.input);
    let path = if call.is_given(0) { call.text_at(0)? } else { "$".into() };
    let found = JsonPath::parse(&path).ok()?.find(value).ok()??;
    Some(if found.is_number() { found.to_string().into() } else { found.clone() })
}

fn json_stringify(call: &mut Call<'_>) -> Option<Value> {
    let written = canonical(&call.input);
    bounded(written.len())?;
    Some(written.into())
}

/// A text stays as it is, and anything else is written as JSON.
fn stringify(call: &mut Call<'_>) -> Option<Value> {
    text(call).map(Value::from)
}

fn text(call: &Call<'_>) -> Option<String> {
    let written = match &call.input {
        Value::String(text) => text.clone(),
        other => canonical(other),
    };
    bounded(written.len())?;
    Some(written)
}

fn to_boolean(call: &mut Call<'_>) -> Option<Value> {
    match &call.input {
        Value::Bool(_) => Some(call.input.clone()),
        Value::Number(number) => Some((number.as_f64() != Some(0.0)).into()),
        Value::String(text) if text.eq_ignore_ascii_case("true") || text == "1" => Some(true.into()),
        Value::String(text) if text.eq_ignore_ascii_case("false") || text == "0" => Some(false.into()),
        _ => None,
    }
}

fn to_number(call: &mut Call<'_>) -> Option<Value> {
    match &call.input {
        Value::Number(_) => Some(call.input.clone()),
        Value::Bool(flag) => Some(u8::from(*flag).into()),
        Value::String(text) => {
            let text = text.trim();
            let whole = text.parse::<i64>().ok().map(Number::from);
            whole.or_else(|| Number::from_f64(text.parse().ok()?)).map(Value::Number)
        }
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        // A text takes whatever is written into it.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// In base64.
fn hmac_of(call: &mut Call<'_>) -> Option<Value> {
    let algorithm = match call.text_at(0)?.to_ascii_uppercase().replace('-', "").as_str() {
        "SHA256" => hmac::HMAC_SHA256,
        "SHA384" => hmac::HMAC_SHA384,
        "SHA512" => hmac::HMAC_SHA512,
        _ => return None,
    };
    let key = call.text_at(1).filter(|key| !key.is_empty())?;
    let key = hmac::Key::new(algorithm, key.as_bytes());
    Some(STANDARD.encode(hmac::sign(&key, text(call)?.as_bytes())).into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::filtered;

    #[test]
    fn a_value_becomes_another() {
        let card = json!({ "n": 5, "o": { "t": "x" } });
        for (input, filters, made) in [
            (card.clone(), "json: '$.n'", Some(json!("5"))),
            (card.clone(), "json: '$.o'", Some(json!({ "t": "x" }))),
            (card.clone(), "json: '$.o.t'", Some(json!("x"))),
            (card.clone(), "json: '$.*'", None),
            (card.clone(), "json: '$.nothing'", None),
            (card.clone(), "json", Some(card.clone())),
            (json!(r#"{"a":true}"#), "json: '$.a'", Some(json!(true))),
            (card.clone(), "json_stringify", Some(json!(r#"{"n":5,"o":{"t":"x"}}"#))),
            (json!("x"), "json_stringify", Some(json!("\"x\""))),
            (card, "stringify", Some(json!(r#"{"n":5,"o":{"t":"x"}}"#))),
            (json!("x"), "stringify", Some(json!("x"))),
            (json!(null), "stringify", Some(json!("null"))),
            (json!("TRUE"), "to_boolean", Some(json!(true))),
            (json!(0), "to_boolean", Some(json!(false))),
            (json!("x"), "to_boolean", None),
            (json!(" 12 "), "to_number", Some(json!(12))),
            (json!("1.5"), "to_number", Some(json!(1.5))),
            (json!("x"), "to_number", None),
            (json!("NaN"), "to_number", None),
            (json!(12), "to_string", Some(json!("12"))),
            (json!("Hi"), "to_base64", Some(json!("SGk="))),
            (json!("Hi"), "to_base16", Some(json!("4869"))),
            (json!("x"), "hmac: 'MD5', 'key'", None),
            (json!("x"), "hmac: 'SHA256'", None),
        ] {
            assert_eq!(filtered(&input, filters), made, "{input} {filters}");
        }
    }

    /// RFC 4231 §4.3
    #[test]
    fn it_is_the_tag_of_the_standard() {
        let tag = filtered(&json!("what do ya want for nothing?"), "hmac: 'sha-256', 'Jefe'");
        assert_eq!(tag, Some(json!("W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=")));
    }
}
