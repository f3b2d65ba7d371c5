//! What a merge does to one member.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A member of a merge (RFC 7396): absent, `null`, or a value.
///
/// Stands in a request with `#[serde(default, skip_serializing_if = "Edit::is_keep")]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edit<T> {
    /// Absent: it stays as it is.
    #[default]
    Keep,
    /// `null`: it is removed.
    Clear,
    /// It becomes this.
    Set(T),
}

impl<T> Edit<T> {
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|value| value.map_or(Self::Clear, Self::Set))
    }
}

impl<T: Serialize> Serialize for Edit<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep | Self::Clear => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

/// Reads a member that may be left out and may not be `null`.
pub(crate) fn given<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Merge {
        #[serde(default, skip_serializing_if = "Edit::is_keep")]
        note: Edit<String>,
        #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
        count: Option<u8>,
    }

    #[test]
    fn absent_null_and_a_value_are_three_things() {
        for (json, note) in [
            ("{}", Edit::Keep),
            ("{\"note\":null}", Edit::Clear),
            ("{\"note\":\"\"}", Edit::Set(String::new())),
            ("{\"note\":\"a\"}", Edit::Set("a".to_owned())),
        ] {
            let merge = Merge { note, count: None };
            assert_eq!(serde_json::from_str::<Merge>(json).expect("a merge"), merge, "{json}");
            assert_eq!(serde_json::to_string(&merge).expect("JSON"), json);
        }
    }

    #[test]
    fn what_may_be_left_out_may_not_be_null() {
        assert!(serde_json::from_str::<Merge>("{\"count\":null}").is_err());
        assert_eq!(serde_json::from_str::<Merge>("{\"count\":3}").expect("a merge").count, Some(3));
    }
}
