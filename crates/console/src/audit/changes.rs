//! What an entry says that changed, field by field.

use appkeep_domain::AuditEntry;
use serde_json::{Map, Value};

use crate::kit::{Cell, Change};

/// Entries are written as objects.
pub(crate) fn cell(entry: &AuditEntry) -> Cell {
    let read = |json: &Option<String>| -> Map<String, Value> {
        json.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    };
    let changes = between(&read(&entry.before), &read(&entry.after));
    match changes.len() {
        0 => Cell::Nothing,
        1 => Cell::Changes("1 field".to_owned(), changes),
        count => Cell::Changes(format!("{count} fields"), changes),
    }
}

fn between(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Change> {
    let added = after.keys().filter(|name| !before.contains_key(*name));
    let change = |field: &String| {
        let [before, after] = [before, after].map(|side| side.get(field).and_then(words));
        let said = before.is_some() || after.is_some();
        said.then(|| Change { field: field.clone(), before, after })
    };
    before.keys().chain(added).filter_map(change).collect()
}

/// What stands there, as people read it; nothing where it is empty.
fn words(value: &Value) -> Option<String> {
    const MOST: usize = 500;
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    let cut = text.char_indices().nth(MOST).map(|(end, _)| format!("{}…", &text[..end]));
    Some(cut.unwrap_or(text)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_are_told_field_by_field() {
        let object = |value: Value| value.as_object().cloned().expect("an object");
        let before = object(json!({ "name": "Old", "tags": ["a", "b"], "gone": null }));
        let after = object(json!({ "name": "New", "tags": [], "ttl": 60 }));
        let told: Vec<_> = between(&before, &after)
            .into_iter()
            .map(|change| (change.field, change.before, change.after))
            .collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                ("name".to_owned(), text("Old"), text("New")),
                ("tags".to_owned(), text("a, b"), None),
                ("ttl".to_owned(), None, text("60")),
            ]
        );
        assert_eq!(words(&json!("x".repeat(900))).expect("is there").chars().count(), 501);
    }
}
