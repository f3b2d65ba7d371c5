//! Members that stand in one object twice: two readers could each believe
//! another of them (RFC 8259 §4).

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The path of each, in one JSON document; the error is of a text that is none.
pub(super) fn find(bytes: &[u8]) -> Result<Vec<String>, serde_json::Error> {
    let (mut reader, mut found) = (serde_json::Deserializer::from_slice(bytes), Vec::new());
    Walk { place: &Place::Whole, found: &mut found }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(found)
}

/// Where something stands. It is written out for what is found, and most
/// documents have nothing twice.
enum Place<'a> {
    Whole,
    Member(&'a Place<'a>, &'a str),
    Element(&'a Place<'a>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Member(Self::Whole, name) => f.write_str(name),
            Self::Member(of, name) => write!(f, "{of}.{name}"),
            Self::Element(of, number) => write!(f, "{of}[{number}]"),
        }
    }
}

/// Taken from the document as it stands there, unless something is escaped in it.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Names of members. Most objects have few, which are looked through.
#[derive(Default)]
struct Names<'a> {
    first: Vec<Cow<'a, str>>,
    others: HashSet<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    const FIRST: usize = 16;

    fn contain(&self, name: &str) -> bool {
        self.first.iter().any(|known| known == name) || self.others.contains(name)
    }

    fn add(&mut self, name: Cow<'a, str>) {
        if self.first.len() < Self::FIRST {
            self.first.push(name);
        } else {
            self.others.insert(name);
        }
    }
}

/// One value on the way through a document.
struct Walk<'a> {
    place: &'a Place<'a>,
    found: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names = Names::default();
        while let Some(Name(name)) = members.next_key()? {
            let place = Place::Member(self.place, &name);
            if names.contain(&name) {
                self.found.push(place.to_string());
            }
            members.next_value_seed(Walk { place: &place, found: &mut *self.found })?;
            names.add(name);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        for number in 0.. {
            let place = Place::Element(self.place, number);
            let element = Walk { place: &place, found: &mut *self.found };
            if elements.next_element_seed(element)?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_twice_is_found_wherever_it_is() {
        let many: Vec<String> = (0..40).map(|number| format!("\"m{number}\":{number}")).collect();
        let many = many.join(",");
        for (document, expected) in [
            (r#"{"a":1,"b":[{},{"c":1}]}"#.to_owned(), &[][..]),
            (r#"{"a":1,"\u0061":2}"#.to_owned(), &["a"]),
            (r#"{"a":{"b":1,"b":2,"b":3},"a":4}"#.to_owned(), &["a.b", "a.b", "a"]),
            (r#"[1,{"a":[[{"b":1,"b":2}]]}]"#.to_owned(), &["[1].a[0][0].b"]),
            (format!("{{{many}}}"), &[]),
            (format!("{{{many},\"m3\":1,\"m39\":1}}"), &["m3", "m39"]),
        ] {
            assert_eq!(find(document.as_bytes()).expect(&document), expected, "{document}");
        }
        for document in ["", "{", "[1,]", "{} {}"] {
            assert!(find(document.as_bytes()).is_err(), "{document}");
        }
    }
}
