//! One value of a setting, in whichever form it was written.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A value before anybody has looked at it: a text, or in a file also a number
/// or a list, whose members are then separated by commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written(String);

impl Written {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Written {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Written {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyForm)
    }
}

struct AnyForm;

impl<'de> Visitor<'de> for AnyForm {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number or a list of texts")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Written, E> {
        Ok(text.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Written, E> {
        Ok(number.to_string().into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Written, A::Error> {
        let mut members: Vec<String> = Vec::new();
        while let Some(member) = list.next_element()? {
            members.push(member);
        }
        Ok(members.join(",").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        value: Written,
    }

    #[test]
    fn a_value_is_read_in_each_form() {
        for (text, expected) in [
            ("value = \"10s\"", Some("10s")),
            ("value = 100", Some("100")),
            ("value = [\"10.0.0.0/8\", \"::1\"]", Some("10.0.0.0/8,::1")),
            ("value = []", Some("")),
            ("value = true", None),
            ("value = 1.5", None),
            ("value = [1]", None),
        ] {
            let read = toml::from_str::<File>(text).ok();
            assert_eq!(read.as_ref().map(|file| file.value.as_str()), expected, "{text}");
        }
    }
}
