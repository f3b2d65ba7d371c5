//! What is kept with a user, as JSON columns.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::{BoxError, Result, StorageError};

/// A member that is not JSON is [`StorageError::Corrupt`], so that what is kept
/// can be read.
pub(crate) fn print_members<'a>(
    column: &'static str,
    members: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<String> {
    let parsed: Map<String, Value> = members
        .map(|(name, text)| Ok((name.to_owned(), serde_json::from_str(text)?)))
        .collect::<serde_json::Result<_>>()
        .map_err(|error| StorageError::corrupt(column, error))?;
    Ok(Value::Object(parsed).to_string())
}

/// Over the object's members, each a JSON text.
pub(crate) fn parse_members<T, E: Into<BoxError>>(
    text: &str,
    parse: impl FnOnce(BTreeMap<String, String>) -> Result<T, E>,
) -> Result<T, BoxError> {
    let members: BTreeMap<String, Value> = serde_json::from_str(text)?;
    let printed = members.into_iter().map(|(name, value)| (name, value.to_string())).collect();
    parse(printed).map_err(Into::into)
}

#[cfg(test)]
mod tests {
    use appkeep_domain::{CustomAttributes, InvalidAttributes};

    use super::*;

    #[test]
    fn what_is_no_json_is_not_kept() {
        let one = |value: &'static str| print_members("metadata", [("a\"b", value)].into_iter());
        assert_eq!(one("[1,{\"c\":null}]").expect("is JSON"), r#"{"a\"b":[1,{"c":null}]}"#);
        for bad in ["", "x", "1,\"b\":2", "{"] {
            assert!(matches!(one(bad), Err(StorageError::Corrupt { column: "metadata", .. })), "{bad}");
        }
    }

    #[test]
    fn what_is_no_object_is_not_read() {
        let parse = |text: &str| parse_members(text, CustomAttributes::parse);
        assert!(parse(r#"{"a":[1, 2]}"#).is_ok());
        for bad in ["", "[]", "{\"\":1}"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        let many: Map<String, Value> = (0..51).map(|number| (format!("n{number}"), Value::Null)).collect();
        let error = parse(&Value::Object(many).to_string()).expect_err("are too many");
        assert_eq!(error.downcast_ref(), Some(&InvalidAttributes::TooMany(50)));
    }
}
