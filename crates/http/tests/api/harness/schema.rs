//! Whether a value is what the description says, and no more.
//!
//! A validator of JSON Schema would let pass what is not described, because the
//! schemas of answers leave room for later releases. Here a member that no
//! schema names is a fault.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The faults of a value, each with the place where it is.
pub(crate) fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut check = Check { document, faults: Vec::new() };
    check.whole("$", schema, value);
    check.faults
}

/// Keywords that say nothing about whether a value fits, or nothing that a
/// string of ours could miss.
const SILENT: &[&str] = &["description", "example", "default", "format", "pattern", "propertyNames"];

struct Check<'a> {
    document: &'a Value,
    faults: Vec<String>,
}

impl<'a> Check<'a> {
    /// A value must fit each part, and each of its members be named by one.
    fn whole(&mut self, at: &str, schema: &'a Value, value: &Value) {
        let mut parts = Vec::new();
        self.collect(schema, &mut parts);
        for part in &parts {
            self.part(at, part, value);
        }
        let Value::Object(members) = value else { return };
        let is_open = |part: &&Map<String, Value>| is_open(part);
        if parts.iter().any(|part| part.contains_key("oneOf")) || parts.iter().any(is_open) {
            return;
        }
        let named: BTreeSet<&String> =
            parts.iter().filter_map(|part| part.get("properties")?.as_object()).flat_map(Map::keys).collect();
        for member in members.keys().filter(|member| !named.contains(member)) {
            self.fault(at, &format!("`{member}` is not described"));
        }
    }

    /// The schemas that hold together: references followed, `allOf` taken apart.
    fn collect(&self, schema: &'a Value, parts: &mut Vec<&'a Map<String, Value>>) {
        let part = schema.as_object().expect("a schema is an object");
        if let Some(reference) = part.get("$ref").and_then(Value::as_str) {
            let pointer = reference.strip_prefix('#').expect("a reference leads into the document");
            self.collect(self.document.pointer(pointer).expect("a reference leads somewhere"), parts);
        }
        for one in part.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.collect(one, parts);
        }
        parts.push(part);
    }

    fn part(&mut self, at: &str, part: &'a Map<String, Value>, value: &Value) {
        for (keyword, says) in part {
            match (keyword.as_str(), value) {
                ("type", _) => self.expect(at, has_type(says, value), "has another type"),
                ("enum", _) => {
                    self.expect(
                        at,
                        says.as_array().is_some_and(|all| all.contains(value)),
                        "is no such word",
                    );
                }
                ("minimum", Value::Number(_)) => {
                    self.expect(at, value.as_f64() >= says.as_f64(), "is too small");
                }
                ("maximum", Value::Number(_)) => {
                    self.expect(at, value.as_f64() <= says.as_f64(), "is too large");
                }
                ("minLength", Value::String(text)) => {
                    self.expect(at, length(text) >= says.as_u64(), "is too short");
                }
                ("maxLength", Value::String(text)) => {
                    self.expect(at, length(text) <= says.as_u64(), "is too long");
                }
                ("minItems", Value::Array(elements)) => {
                    self.expect(at, Some(elements.len() as u64) >= says.as_u64(), "has too few");
                }
                ("maxItems", Value::Array(elements)) => {
                    self.expect(at, Some(elements.len() as u64) <= says.as_u64(), "has too many");
                }
                ("oneOf", _) => self.one_of(at, says, value),
                ("required", Value::Object(members)) => self.required(at, says, members),
                ("properties", Value::Object(members)) => self.members(at, says, members),
                ("items", Value::Array(elements)) => self.elements(at, says, elements),
                ("additionalProperties", Value::Object(members)) if says.is_object() => {
                    members
                        .iter()
                        .for_each(|(name, member)| self.whole(&format!("{at}.{name}"), says, member));
                }
                // Said above of values of the type they are about; and `whole`
                // makes sure that nothing is there which is not described.
                (
                    "$ref"
                    | "allOf"
                    | "minimum"
                    | "maximum"
                    | "minLength"
                    | "maxLength"
                    | "minItems"
                    | "maxItems"
                    | "required"
                    | "properties"
                    | "items"
                    | "additionalProperties",
                    _,
                ) => {}
                (other, _) => assert!(SILENT.contains(&other), "{at}: `{other}` is not understood here"),
            }
        }
    }

    fn one_of(&mut self, at: &str, says: &'a Value, value: &Value) {
        let alternatives = says.as_array().expect("a list of schemas").iter();
        let tried: Vec<_> =
            alternatives.map(|alternative| faults(self.document, alternative, value)).collect();
        let fitting = tried.iter().filter(|faults| faults.is_empty()).count();
        self.expect(at, fitting == 1, &format!("fits {fitting} of the alternatives: {tried:?}"));
    }

    fn required(&mut self, at: &str, says: &Value, members: &Map<String, Value>) {
        for name in says.as_array().into_iter().flatten().filter_map(Value::as_str) {
            self.expect(at, members.contains_key(name), &format!("lacks `{name}`"));
        }
    }

    fn members(&mut self, at: &str, says: &'a Value, members: &Map<String, Value>) {
        for (name, schema) in says.as_object().into_iter().flatten() {
            if let Some(member) = members.get(name) {
                self.whole(&format!("{at}.{name}"), schema, member);
            }
        }
    }

    fn elements(&mut self, at: &str, says: &'a Value, elements: &[Value]) {
        for (number, element) in elements.iter().enumerate() {
            self.whole(&format!("{at}[{number}]"), says, element);
        }
    }

    fn expect(&mut self, at: &str, holds: bool, otherwise: &str) {
        if !holds {
            self.fault(at, otherwise);
        }
    }

    fn fault(&mut self, at: &str, what: &str) {
        self.faults.push(format!("{at} {what}"));
    }
}

/// An object that is described as no more than that, or as a map.
fn is_open(part: &Map<String, Value>) -> bool {
    let is_anything = !["type", "$ref", "allOf", "oneOf"].iter().any(|said| part.contains_key(*said));
    let is_object =
        part.get("type").is_some_and(|says| says == "object" || says.to_string().contains("\"object\""));
    let has_members =
        part.contains_key("properties") || part.get("additionalProperties") == Some(&false.into());
    (is_object || is_anything) && !has_members
}

/// In characters.
fn length(text: &str) -> Option<u64> {
    u64::try_from(text.chars().count()).ok()
}

fn has_type(says: &Value, value: &Value) -> bool {
    let fits = |name: &Value| match name.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => panic!("{name} is no type"),
    };
    says.as_array().map_or_else(|| fits(says), |any| any.iter().any(fits))
}

#[test]
fn what_is_not_described_is_found() {
    use serde_json::json;

    let document = json!({ "components": {
        "Base": { "type": "object", "required": ["a"], "properties": { "a": { "type": "integer", "minimum": 0, "maximum": 9 } } },
        "Off": { "type": "object", "required": ["on"], "properties": { "on": { "type": "boolean" } }, "additionalProperties": false },
    } });
    let base = json!({ "$ref": "#/components/Base" });
    let more = json!({ "type": "object", "properties": { "b": { "type": ["array", "null"], "items": { "enum": ["x"] } } } });
    let both = json!({ "allOf": [base, more] });
    let either = json!({ "oneOf": [base, { "$ref": "#/components/Off" }] });
    let map = json!({ "type": "object", "additionalProperties": base });
    for (schema, value, expected) in [
        (&both, json!({ "a": 1, "b": ["x"] }), ""),
        (&both, json!({ "a": 1, "b": null }), ""),
        (&both, json!({ "a": -1 }), "$.a is too small"),
        (&both, json!({ "a": 10 }), "$.a is too large"),
        (&both, json!({ "b": null }), "$ lacks `a`"),
        (&both, json!({ "a": "1" }), "$.a has another type"),
        (&both, json!({ "a": 1, "b": ["y"] }), "$.b[0] is no such word"),
        (&both, json!({ "a": 1, "c": 1 }), "$ `c` is not described"),
        (&both, json!([]), "$ has another type"),
        (&either, json!({ "a": 1 }), ""),
        (&either, json!({ "on": false }), ""),
        (&either, json!({ "on": false, "a": 1 }), "$ fits 0 of the alternatives"),
        (&map, json!({ "any": { "a": 1 } }), ""),
        (&map, json!({ "any": {} }), "$.any lacks `a`"),
        (&json!({ "type": "object" }), json!({ "any": 1 }), ""),
    ] {
        let found = faults(&document, schema, &value);
        let first = found.first().map_or("", String::as_str);
        assert!(first.starts_with(expected) && first.is_empty() == expected.is_empty(), "{value}: {found:?}");
    }
}
