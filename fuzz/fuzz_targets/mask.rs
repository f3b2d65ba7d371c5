//! A mask: whatever is written in it comes to an end, soon and within bounds.

#![no_main]

use std::time::{Duration, Instant};

use appkeep_vault::{Allowance, Context, Expression, Limits, TokenId, evaluate_mask};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|input: (&str, &str, Vec<&str>)| {
    let (expression, text, more) = input;
    let data: Value = serde_json::from_str(text).unwrap_or_else(|_| json!({ "text": text, "more": more }));
    let context = Context { chance: [7; 32], ..Context::of_data(&data) };
    let began = Instant::now();
    if let Ok(parsed) = Expression::parse(expression)
        && let Ok(made) = parsed.evaluate_text(&context)
    {
        assert!(made.len() <= Limits::TEXT, "{} bytes", made.len());
    }
    let _ = TokenId::from_alias(expression, &context);
    let mask =
        json!({ "one": expression, "more": more, "wrapped": format!("{{{{ data.text | {expression} }}}}") });
    if let Ok(Some(shown)) = evaluate_mask(&mask, &context, &mut Allowance::one()) {
        // Each of the expressions, and each byte of a text at most six in JSON.
        assert!(shown.to_string().len() <= (more.len() + 2) * Limits::TEXT * 6 + mask.to_string().len());
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
});
