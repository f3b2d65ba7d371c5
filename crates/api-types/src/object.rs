//! A JSON object, and nothing that could be taken for one.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A `T` that is written as an object. Read by itself, a `T` would also be
/// taken from a list of its members' values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Pair {
        one: u8,
        two: u8,
    }

    #[test]
    fn only_an_object_is_an_object() {
        for (json, expected) in [
            ("{}", Some(Pair::default())),
            ("{\"two\":2}", Some(Pair { one: 0, two: 2 })),
            ("[]", None),
            ("[1,2]", None),
            ("null", None),
            ("{\"three\":3}", None),
        ] {
            let read = serde_json::from_str::<Object<Pair>>(json).ok().map(|Object(pair)| pair);
            assert_eq!(read, expected, "{json}");
        }
    }
}
