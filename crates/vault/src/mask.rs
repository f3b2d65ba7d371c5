//! What a mask leaves of a token's data.

use serde_json::{Map, Value};

use crate::expression::Prepared;
use crate::limits::{Allowance, Exhausted, Work};
use crate::value::{is_shallow, size};
use crate::{Context, Expression, Limits};

/// The mask, with what each of its expressions comes to in its place. What
/// comes to nothing, because it is no expression or there is no such data, is
/// left out, and so is what comes after too much; nothing at all is shown where
/// the mask as a whole is such. It is not begun where too little is left.
pub fn evaluate(
    mask: &Value,
    context: &Context<'_>,
    allowance: &mut Allowance,
) -> Result<Option<Value>, Exhausted> {
    let work = allowance.begin()?;
    if !is_shallow(mask) {
        return Ok(None);
    }
    let context = context.prepared(work);
    let mut masking = Masking { context: &context, left: Limits::MASK, room: Work::of(Limits::MASKED) };
    let shown = masking.evaluate(mask);
    allowance.end(&context.into_left());
    Ok(shown)
}

struct Masking<'a> {
    context: &'a Prepared,
    left: usize,
    room: Work,
}

impl Masking<'_> {
    fn evaluate(&mut self, mask: &Value) -> Option<Value> {
        match mask {
            Value::String(text) if Expression::is_one(text) => {
                self.left = self.left.checked_sub(1)?;
                if !self.context.read(text) {
                    return None;
                }
                let shown = Expression::parse(text).ok()?.evaluate_prepared(self.context).ok()?;
                self.room.spend(size(&shown)).then_some(shown)
            }
            Value::Array(items) => {
                Some(items.iter().map(|item| self.evaluate(item).unwrap_or_default()).collect())
            }
            Value::Object(members) => Some(Value::Object(self.members(members))),
            plain => Some(plain.clone()),
        }
    }

    fn members(&mut self, members: &Map<String, Value>) -> Map<String, Value> {
        let evaluated = members.iter().filter_map(|(name, mask)| Some((name.clone(), self.evaluate(mask)?)));
        evaluated.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn evaluate(mask: &Value, context: &Context<'_>) -> Option<Value> {
        super::evaluate(mask, context, &mut Allowance::one()).expect("is begun")
    }

    #[test]
    fn a_mask_is_data_with_expressions_in_it() {
        let data = json!({ "name": "Ada", "age": 36, "tags": ["a", "b"], "ssn": "123-45-6789" });
        let context = Context::of_data(&data);
        for (mask, shown) in [
            (json!("{{ data.name }}"), Some(json!("Ada"))),
            (json!("{{ data.age }}"), Some(json!(36))),
            (json!("{{ data.tags }}"), Some(json!(["a", "b"]))),
            (json!("Dear {{ data.name }}, {{ data.age }}"), Some(json!("Dear Ada, 36"))),
            (json!("secret"), Some(json!("secret"))),
            (json!(5), Some(json!(5))),
            (json!(null), Some(json!(null))),
            (
                json!({ "s": "{{ data.ssn | reveal_last: 4 }}", "deep": [{ "n": "{{ data.name | slice: 0 }}" }] }),
                Some(json!({ "s": "XXX-XX-6789", "deep": [{ "n": "A" }] })),
            ),
            // What is malformed shows nothing, and is in nobody's way.
            (json!("{{ data.ssn, reveal_last: 4 }}"), None),
            (json!({ "a": "{{ data.ssn", "b": "{{ data.nothing }}", "c": 1 }), Some(json!({ "c": 1 }))),
            (json!(["{{ data.nothing }}", 1]), Some(json!([null, 1]))),
            (json!({ "a": "{% if true %}x{% endif %}" }), Some(json!({}))),
        ] {
            assert_eq!(evaluate(&mask, &context), shown, "{mask}");
        }
    }

    #[test]
    fn a_mask_shows_no_more_than_so_much() {
        let data = json!("x".repeat(Limits::MASKED / 3));
        let shown = evaluate(&json!(["{{ data }}", "{{ data }}", "{{ data }}"]), &Context::of_data(&data));
        assert_eq!(shown, Some(json!([data, data, null])));
        // As it is written, which is longer than it is.
        let data = json!("\u{1}".repeat(Limits::MASKED / 6 + 1));
        assert_eq!(evaluate(&json!(["{{ data }}"]), &Context::of_data(&data)), Some(json!([null])));
    }

    #[test]
    fn a_mask_has_an_end() {
        let data = json!("x");
        let context = Context::of_data(&data);
        let many: Vec<&str> = vec!["{{ data }}"; Limits::MASK + 1];
        let shown = evaluate(&json!(many), &context).expect("is shown");
        assert_eq!((&shown[Limits::MASK - 1], &shown[Limits::MASK]), (&json!("x"), &json!(null)));
        let deep = (0..=Limits::DEPTH).fold(json!("{{ data }}"), |inner, _| json!([inner]));
        assert_eq!(evaluate(&deep, &context), None);
    }

    #[test]
    fn masks_share_what_they_may_take() {
        let (data, mut allowance) = (json!("x"), Allowance::of(Limits::WORK * 2));
        let mask = json!(vec!["{{ data }}"; 200]);
        let mut next = || super::evaluate(&mask, &Context::of_data(&data), &mut allowance);
        let shown: Vec<_> = std::iter::from_fn(|| next().ok()).collect();
        assert!((4..=8).contains(&shown.len()), "{}", shown.len());
        assert!(shown.iter().all(|shown| *shown == Some(json!(vec!["x"; 200]))));
    }
}
