//! What was typed about a token, as the change that it is.

use appkeep_service::{Edit, Error, TokenPatch, TokenView, VaultField};
use serde_json::{Map, Value, json};

use super::create::metadata;
use super::words::{json as typed_json, moment};
use crate::posted::{Posted, typed_moment};

/// What is not as it stands; all of it is nothing where all stands.
pub(super) fn read(posted: &Posted, stands: &TokenView) -> Result<TokenPatch, Error> {
    let mask = typed_json(posted, "mask")?.filter(|mask| !mask.is_null()).unwrap_or_default();
    let container = posted.filled("container").filter(|typed| *typed != stands.container.as_str());
    let indexes = Some(posted.lines("search_indexes")).filter(|typed| *typed != stands.search_indexes);
    let stood = stands.expires_at.map(typed_moment);
    let expires_at = match (posted.filled("expires_at"), stood) {
        (typed, stood) if typed == stood => VaultField::Unsaid,
        (None, _) => VaultField::None,
        (Some(_), _) => moment(posted, "expires_at")?.map_or(VaultField::None, VaultField::Some),
    };
    Ok(TokenPatch {
        data: typed_json(posted, "data")?,
        mask: merging(stands.mask.as_ref().unwrap_or(&Value::Null), &mask),
        metadata: merging(&json!(stands.metadata), &json!(metadata(posted)?)),
        containers: container.map(|container| vec![container]),
        search_indexes: indexes,
        fingerprint_expression: match (posted.edit("fingerprint_expression"), &stands.fingerprint_expression)
        {
            (Edit::Set(typed), stood) if Some(&typed) != stood.as_ref() => VaultField::Some(typed),
            (Edit::Clear, Some(_)) => VaultField::None,
            _ => VaultField::Unsaid,
        },
        expires_at,
    })
}

/// The patch (RFC 7396) by which one becomes the other; nothing where they are
/// the same.
fn merging(before: &Value, after: &Value) -> Option<Value> {
    if before == after {
        return None;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else { return Some(after.clone()) };
    let gone = old.keys().filter(|name| !new.contains_key(*name)).map(|name| (name.clone(), Value::Null));
    let changed = new.iter().filter_map(|(name, value)| {
        let patch = merging(old.get(name).unwrap_or(&Value::Null), value)?;
        Some((name.clone(), patch))
    });
    Some(Value::Object(gone.chain(changed).collect::<Map<_, _>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_says_what_is_not_the_same() {
        for (before, after, patch) in [
            (json!({ "a": 1 }), json!({ "a": 1 }), None),
            (json!({ "a": 1, "b": 2 }), json!({ "a": 1, "c": 3 }), Some(json!({ "b": null, "c": 3 }))),
            (
                json!({ "a": { "b": 1, "c": 2 } }),
                json!({ "a": { "b": 1 } }),
                Some(json!({ "a": { "c": null } })),
            ),
            (json!(null), json!("x"), Some(json!("x"))),
            (json!({ "a": 1 }), json!(null), Some(json!(null))),
            (json!("x"), json!({ "a": 1 }), Some(json!({ "a": 1 }))),
        ] {
            assert_eq!(merging(&before, &after), patch, "{before} {after}");
        }
    }
}
