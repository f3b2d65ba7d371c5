//! JSON as the expressions' library has it, and back.

use std::io::{self, Write};

use liquid_core::model::{Object, ScalarCow, Value as Liquid, ValueView};
use serde_json::{Map, Number, Value};

use crate::limits::Limits;

/// The same value, for the library.
pub(crate) fn to_liquid(value: &Value) -> Liquid {
    match value {
        Value::Null => Liquid::Nil,
        Value::Bool(flag) => Liquid::scalar(*flag),
        Value::Number(number) => number_to_liquid(number),
        Value::String(text) => Liquid::scalar(text.clone()),
        Value::Array(items) => Liquid::Array(items.iter().map(to_liquid).collect()),
        Value::Object(members) => Liquid::Object(object_to_liquid(members)),
    }
}

pub(crate) fn object_to_liquid(members: &Map<String, Value>) -> Object {
    members.iter().map(|(name, value)| (name.clone().into(), to_liquid(value))).collect()
}

/// What does not fit becomes its text, so that no digit is lost.
fn number_to_liquid(number: &Number) -> Liquid {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => Liquid::scalar(whole),
        (None, Some(float)) if number.is_f64() => Liquid::scalar(float),
        _ => Liquid::scalar(number.to_string()),
    }
}

/// The same value, as JSON.
pub(crate) fn from_liquid(value: &dyn ValueView) -> Value {
    if let Some(members) = value.as_object() {
        return Value::Object(
            members.iter().map(|(name, value)| (name.into_string(), from_liquid(value))).collect(),
        );
    }
    if let Some(items) = value.as_array() {
        return Value::Array(items.values().map(from_liquid).collect());
    }
    value.as_scalar().map_or(Value::Null, |scalar| from_scalar(&scalar))
}

fn from_scalar(scalar: &ScalarCow<'_>) -> Value {
    match scalar.type_name() {
        "boolean" => scalar.to_bool().map_or(Value::Null, Value::Bool),
        "whole number" => scalar.to_integer().map_or(Value::Null, Value::from),
        "fractional number" => {
            scalar.to_float().and_then(Number::from_f64).map_or(Value::Null, Value::Number)
        }
        _ => Value::String(scalar.to_kstr().into_string()),
    }
}

/// About how much there is of it, in bytes.
pub(crate) fn weight(value: &dyn ValueView) -> usize {
    const EACH: usize = 8;
    if let Some(members) = value.as_object() {
        return members.iter().map(|(name, value)| EACH + name.len() + weight(value)).sum::<usize>() + EACH;
    }
    if let Some(items) = value.as_array() {
        return items.values().map(|item| EACH + weight(item)).sum::<usize>() + EACH;
    }
    EACH + value.as_scalar().map_or(0, |scalar| scalar.to_kstr().len())
}

/// Bytes of a value, written as JSON.
pub fn size(value: &Value) -> usize {
    struct Counted(usize);

    impl Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut counted = Counted(0);
    serde_json::to_writer(&mut counted, value).map_or(usize::MAX, |()| counted.0)
}

/// The value written without spaces, the members of each object in the order of
/// their names: two that are equal have one text.
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_unstable();
            out.push('{');
            for (place, name) in names.into_iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write(&members[name], out);
            }
            out.push('}');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

/// Whether objects and lists are within each other no deeper than they may be.
pub fn is_shallow(value: &Value) -> bool {
    fn fits(value: &Value, left: usize) -> bool {
        match value {
            Value::Array(items) => left > 0 && items.iter().all(|item| fits(item, left - 1)),
            Value::Object(members) => left > 0 && members.values().all(|member| fits(member, left - 1)),
            _ => true,
        }
    }
    fits(value, Limits::DEPTH)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_value_is_read_back() {
        for value in [
            json!(null),
            json!(true),
            json!(-5),
            json!(i64::MAX),
            json!(1.5),
            json!(""),
            json!("2024-01-01"),
            json!([1, "a", null, [true]]),
            json!({ "a": { "b": [] }, "c": {} }),
        ] {
            assert_eq!(from_liquid(&to_liquid(&value)), value);
        }
        assert_eq!(from_liquid(&to_liquid(&json!(u64::MAX))), json!(u64::MAX.to_string()));
    }

    #[test]
    fn equal_values_have_one_text() {
        let value: Value =
            serde_json::from_str(r#"{"b":1,"a":{"d":"é\n","c":[1.5,null]}}"#).expect("is JSON");
        assert_eq!(canonical(&value), r#"{"a":{"c":[1.5,null],"d":"é\n"},"b":1}"#);
    }

    proptest! {
        #[test]
        fn what_is_written_is_the_value(text in ".{0,20}", number in any::<i64>()) {
            let value = json!({ text.clone(): [number, text], "z": null });
            prop_assert_eq!(size(&value), value.to_string().len());
            let read: Value = serde_json::from_str(&canonical(&value)).expect("is JSON");
            prop_assert_eq!(read, value);
        }
    }
}
