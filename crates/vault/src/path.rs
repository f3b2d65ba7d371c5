//! Paths into JSON, as far as they lead to one place.

use serde_json::Value;

/// Such as `$.card.number`, `$['card']` or `$.items[-1]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Member(String),
    /// From the end where it is negative.
    Item(i64),
    Every,
}

/// Why a path leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("is no path into JSON")]
    Malformed,
    #[error("leads to several values")]
    Several,
}

impl JsonPath {
    const MOST_PARTS: usize = 32;

    pub fn parse(raw: &str) -> Result<Self, PathError> {
        let mut rest = raw.trim().strip_prefix('$').ok_or(PathError::Malformed)?;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let (part, after) = parse_part(rest).ok_or(PathError::Malformed)?;
            parts.push(part);
            rest = after;
            if parts.len() > Self::MOST_PARTS {
                return Err(PathError::Malformed);
            }
        }
        Ok(Self(parts))
    }

    /// What the path leads to; nothing where that is not there.
    pub fn find<'a>(&self, value: &'a Value) -> Result<Option<&'a Value>, PathError> {
        let mut found = Some(value);
        for part in &self.0 {
            let Some(value) = found else { return Ok(None) };
            found = match part {
                Part::Member(name) => value.get(name),
                Part::Item(place) => value.as_array().and_then(|items| item(items, *place)),
                Part::Every => only(value)?,
            };
        }
        Ok(found)
    }
}

fn item(items: &[Value], place: i64) -> Option<&Value> {
    let from_start = usize::try_from(place).ok();
    let from_end = || items.len().checked_sub(usize::try_from(place.unsigned_abs()).ok()?);
    items.get(from_start.or_else(from_end)?)
}

fn only(value: &Value) -> Result<Option<&Value>, PathError> {
    let mut each: Box<dyn Iterator<Item = &Value>> = match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(members) => Box::new(members.values()),
        _ => return Ok(None),
    };
    let first = each.next();
    if each.next().is_some() { Err(PathError::Several) } else { Ok(first) }
}

fn parse_part(rest: &str) -> Option<(Part, &str)> {
    if let Some(rest) = rest.strip_prefix('.') {
        if let Some(rest) = rest.strip_prefix('*') {
            return Some((Part::Every, rest));
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        return (!name.is_empty()).then(|| (Part::Member(name.to_owned()), rest));
    }
    let rest = rest.strip_prefix('[')?;
    for quote in ['\'', '"'] {
        if let Some(quoted) = rest.strip_prefix(quote) {
            let (name, rest) = quoted.split_once(quote)?;
            return Some((Part::Member(name.to_owned()), rest.strip_prefix(']')?));
        }
    }
    let (inside, rest) = rest.split_once(']')?;
    match inside.trim() {
        "*" => Some((Part::Every, rest)),
        number => number.parse().ok().map(|place| (Part::Item(place), rest)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_leads_to_one_place() {
        let value = json!({ "a": { "b c": [1, 2, { "d": null }] }, "one": [7] });
        for (path, found) in [
            ("$", Ok(Some(value.clone()))),
            ("$.a['b c'][0]", Ok(Some(json!(1)))),
            ("$['a'][\"b c\"][-1].d", Ok(Some(json!(null)))),
            ("$.a['b c'][-4]", Ok(None)),
            ("$.a['b c'][3]", Ok(None)),
            ("$.nothing.there", Ok(None)),
            ("$.one[*]", Ok(Some(json!(7)))),
            ("$.a.*", Ok(Some(json!([1, 2, { "d": null }])))),
            ("$.*", Err(PathError::Several)),
            ("$.a['b c'][*]", Err(PathError::Several)),
            ("a", Err(PathError::Malformed)),
            ("$.", Err(PathError::Malformed)),
            ("$..a", Err(PathError::Malformed)),
            ("$[", Err(PathError::Malformed)),
            ("$[x]", Err(PathError::Malformed)),
            ("$['a", Err(PathError::Malformed)),
            ("$['a'", Err(PathError::Malformed)),
            ("", Err(PathError::Malformed)),
        ] {
            let looked = JsonPath::parse(path).and_then(|parsed| Ok(parsed.find(&value)?.cloned()));
            assert_eq!(looked, found, "{path}");
        }
        assert_eq!(JsonPath::parse(&format!("${}", ".a".repeat(33))), Err(PathError::Malformed));
    }
}
