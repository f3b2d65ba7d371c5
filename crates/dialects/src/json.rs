//! What every dialect writes the same way.

use serde_json::{Map, Value};

/// Each as it is written.
pub(crate) fn texts<T: ToString>(all: impl IntoIterator<Item = T>) -> Vec<String> {
    all.into_iter().map(|one| one.to_string()).collect()
}

/// Members that are kept as the JSON that they were sent as.
pub(crate) fn object<'a>(members: impl Iterator<Item = (&'a str, &'a str)>) -> Map<String, Value> {
    let read = |(name, json): (&str, &str)| Some((name.to_owned(), serde_json::from_str(json).ok()?));
    members.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_read_as_they_were_sent() {
        let members = [("plan", "\"gold\""), ("seats", "3"), ("broken", "{")];
        assert_eq!(Value::Object(object(members.into_iter())), json!({ "plan": "gold", "seats": 3 }));
    }
}
