//! Filters that make something up which looks like what it stands for.

use std::fmt;

use aws_lc_rs::hmac;
use serde_json::Value;

use super::{Call, Ours};
use crate::numbers::{is_card_number, passes_luhn};

pub(super) const FILTERS: &[Ours] = &[
    Ours { name: "alias_card", parameters: &[], run: alias_card },
    Ours { name: "alias_preserve_format", parameters: &[], run: preserve_format },
    Ours { name: "alias_preserve_length", parameters: &[], run: preserve_length },
];

/// What looks like chance to whoever does not know the seed.
#[derive(Default)]
pub(crate) struct Chance {
    seed: [u8; 32],
    drawn: u64,
    rest: Vec<u8>,
}

impl Chance {
    pub(crate) const fn new(seed: [u8; 32]) -> Self {
        Self { seed, drawn: 0, rest: Vec::new() }
    }

    fn byte(&mut self) -> u8 {
        if let Some(byte) = self.rest.pop() {
            return byte;
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.seed);
        self.rest = hmac::sign(&key, &self.drawn.to_be_bytes()).as_ref().to_vec();
        self.drawn += 1;
        self.rest.pop().unwrap_or_default()
    }

    /// One of these, each as likely as the others.
    fn one_of(&mut self, these: &[u8]) -> char {
        let most = 256 / these.len() * these.len();
        loop {
            let byte = usize::from(self.byte());
            if byte < most {
                return char::from(these[byte % these.len()]);
            }
        }
    }
}

impl fmt::Debug for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chance(…)")
    }
}

const DIGITS: &[u8] = b"0123456789";
const SMALL: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const LARGE: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ANY: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// As long as the card's number and with its last four digits, and never a
/// number that a card could have.
fn alias_card(call: &mut Call<'_>) -> Option<Value> {
    let number = call.text()?.into_owned();
    if !is_card_number(&number) {
        return None;
    }
    let (hidden, shown) = number.split_at(number.len() - 4);
    let mut alias: String = hidden.bytes().map(|_| call.chance.one_of(DIGITS)).collect();
    alias.push_str(shown);
    if passes_luhn(&alias) {
        // Another first digit, and it does not add up any more.
        let first = (alias.as_bytes()[0] - b'0' + 1) % 10;
        alias.replace_range(..1, &first.to_string());
    }
    Some(alias.into())
}

/// Another digit for a digit, and another letter for a letter.
fn preserve_format(call: &mut Call<'_>) -> Option<Value> {
    let text = call.text()?.into_owned();
    let alias = text.chars().map(|c| match c {
        c if c.is_ascii_digit() => call.chance.one_of(DIGITS),
        c if c.is_ascii_lowercase() => call.chance.one_of(SMALL),
        c if c.is_ascii_uppercase() => call.chance.one_of(LARGE),
        c if c.is_alphanumeric() => call.chance.one_of(SMALL),
        c => c,
    });
    Some(alias.collect::<String>().into())
}

fn preserve_length(call: &mut Call<'_>) -> Option<Value> {
    let length = call.text()?.chars().count();
    Some((0..length).map(|_| call.chance.one_of(ANY)).collect::<String>().into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Context, Expression};

    fn alias(data: &Value, filter: &str, seed: u8) -> Option<String> {
        let context = Context { chance: [seed; 32], ..Context::of_data(data) };
        Expression::parse(&format!("{{{{ data | {filter} }}}}")).ok()?.evaluate_text(&context).ok()
    }

    #[test]
    fn an_alias_looks_like_what_it_stands_for() {
        let number = "4242424242424242";
        for seed in 0..100 {
            let card = alias(&json!(number), "alias_card", seed).expect("is one");
            assert!(card.len() == 16 && card.ends_with("4242") && !is_card_number(&card), "{card}");
            let other = alias(&json!("Ab1-é"), "alias_preserve_format", seed).expect("is one");
            let bytes = other.as_bytes();
            assert!(bytes[0].is_ascii_uppercase() && bytes[1].is_ascii_lowercase(), "{other}");
            assert!(
                bytes[2].is_ascii_digit() && bytes[3] == b'-' && bytes[4].is_ascii_lowercase(),
                "{other}"
            );
            let longer = alias(&json!("a b-c"), "alias_preserve_length", seed).expect("is one");
            assert!(longer.len() == 5 && longer.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{longer}");
        }
        assert_eq!(alias(&json!(number), "alias_card", 1), alias(&json!(number), "alias_card", 1));
        assert_ne!(alias(&json!(number), "alias_card", 1), alias(&json!(number), "alias_card", 2));
        assert_eq!(alias(&json!("4242"), "alias_card", 1), None);
        assert_eq!(format!("{:?}", Chance::new([1; 32])), "Chance(…)");
    }
}
