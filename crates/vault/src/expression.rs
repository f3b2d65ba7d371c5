//! Expressions over a token: Liquid without tags, with filters of our own.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Write};
use std::sync::LazyLock;

use liquid_core::model::Object;
use liquid_core::parser::parse;
use liquid_core::runtime::RuntimeBuilder;
use liquid_core::{Language, Renderable, Runtime};
use serde_json::{Map, Value};

use crate::filters::{self, Chance, Outcome};
use crate::limits::{Allowance, Limits, Work};
use crate::lookup::Forgiving;
use crate::reads::{Read, reads};
use crate::value::{is_shallow, object_to_liquid, to_liquid, weight};

static LANGUAGE: LazyLock<Language> = LazyLock::new(filters::language);

/// A text with expressions in it, read.
pub struct Expression {
    elements: Vec<Box<dyn Renderable>>,
    /// Whether it is one expression and nothing beside it, which comes to a
    /// value; anything else comes to a text.
    is_single: bool,
    reads: Vec<Read>,
}

/// What expressions speak of.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub data: &'a Value,
    pub metadata: Option<&'a Map<String, Value>>,
    /// From which aliases are drawn: the same chance makes the same ones.
    pub chance: [u8; 32],
}

/// No expression, or one that comes to nothing here. Why, is not said: it could
/// tell of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no expression that comes to anything")]
pub struct Unevaluated;

impl<'a> Context<'a> {
    pub const fn of_data(data: &'a Value) -> Self {
        Self { data, metadata: None, chance: [0; 32] }
    }

    /// For several expressions, which then share one bound.
    pub(crate) fn prepared(&self, mut work: Work) -> Prepared {
        let mut globals = Object::new();
        if is_shallow(self.data) {
            globals.insert("data".into(), to_liquid(self.data));
        }
        if let Some(metadata) = self.metadata {
            globals.insert("metadata".into(), object_to_liquid(metadata).into());
        }
        let weight = weight(&globals);
        work.spend(weight);
        Prepared { globals, weight, left: RefCell::new(work), chance: self.chance }
    }
}

/// A context as the library has it.
pub(crate) struct Prepared {
    globals: Object,
    weight: usize,
    left: RefCell<Work>,
    chance: [u8; 32],
}

impl Prepared {
    /// Whether there is enough left to read such an expression.
    pub(crate) fn read(&self, source: &str) -> bool {
        self.left.borrow_mut().read(source)
    }

    /// What is left when all is evaluated.
    pub(crate) fn into_left(self) -> Work {
        self.left.into_inner()
    }
}

impl Expression {
    /// Whether there is an expression in the text, be it a good one or not.
    pub fn is_one(text: &str) -> bool {
        text.contains("{{") || text.contains("{%")
    }

    pub fn parse(source: &str) -> Result<Self, Unevaluated> {
        if !is_bounded(source) {
            return Err(Unevaluated);
        }
        let single = single(source);
        let is_single = single.is_some();
        let source = single.unwrap_or_else(|| source.to_owned());
        let elements = parse(&source, &LANGUAGE).map_err(|_| Unevaluated)?;
        Ok(Self { elements, is_single, reads: reads(&source) })
    }

    /// What of the data and the metadata it comes to something by.
    pub(crate) fn reads(&self) -> &[Read] {
        &self.reads
    }

    /// What it comes to: a value where it is one expression and nothing beside
    /// it, and else a text.
    pub fn evaluate(&self, context: &Context<'_>) -> Result<Value, Unevaluated> {
        self.evaluate_prepared(&context.prepared(Work::default()))
    }

    /// The same as a text; nothing where it comes to an object or a list.
    pub fn evaluate_text(&self, context: &Context<'_>) -> Result<String, Unevaluated> {
        as_text(self.evaluate(context)?)
    }

    /// What a text comes to, within what is left to it and others; nothing where
    /// that is not enough.
    pub fn value_of(
        source: &str,
        context: &Context<'_>,
        allowance: &mut Allowance,
    ) -> Result<Value, Unevaluated> {
        let prepared = context.prepared(allowance.begin().map_err(|_| Unevaluated)?);
        let value = if prepared.read(source) {
            Self::parse(source).and_then(|expression| expression.evaluate_prepared(&prepared))
        } else {
            Err(Unevaluated)
        };
        allowance.end(&prepared.into_left());
        value
    }

    /// The same as a text; nothing where it comes to an object or a list.
    pub fn text_of(
        source: &str,
        context: &Context<'_>,
        allowance: &mut Allowance,
    ) -> Result<String, Unevaluated> {
        as_text(Self::value_of(source, context, allowance)?)
    }

    pub(crate) fn evaluate_prepared(&self, context: &Prepared) -> Result<Value, Unevaluated> {
        let runtime = Forgiving(RuntimeBuilder::new().set_globals(&context.globals).build());
        let registers = runtime.registers();
        *registers.get_mut::<Work>() = context.left.take();
        *registers.get_mut::<Chance>() = Chance::new(context.chance);
        let mut out = BoundedText(Vec::new());
        let is_rendered = self.elements.iter().all(|element| {
            let is_written = element.render_to(&mut out, &runtime).is_ok();
            is_written && !matches!(*registers.get_mut::<Outcome>(), Outcome::Missing)
        });
        let outcome = registers.get_mut::<Outcome>().take();
        let mut work = registers.get_mut::<Work>();
        // What fails is described at length by the library, whoever may want it.
        let cost = out.0.len() + if is_rendered { 0 } else { context.weight };
        let is_within = work.spend(cost);
        context.left.replace(std::mem::take(&mut work));
        if !is_rendered || !is_within {
            return Err(Unevaluated);
        }
        match (outcome, self.is_single) {
            (Outcome::Failed | Outcome::Missing, _) | (Outcome::None, true) => Err(Unevaluated),
            (Outcome::Value(value), true) => Ok(value),
            (_, false) => String::from_utf8(out.0).map(Value::String).map_err(|_| Unevaluated),
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expression").field("is_single", &self.is_single).finish_non_exhaustive()
    }
}

fn as_text(value: Value) -> Result<String, Unevaluated> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(Unevaluated),
    }
}

/// Whether it can be read at all without going too deep. The library takes no
/// number of more digits than it can hold.
fn is_bounded(source: &str) -> bool {
    const DIGITS: u32 = 18;
    let (mut depth, mut filters, mut digits) = (0_usize, 0, 0);
    for byte in source.bytes() {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b'|' => filters += 1,
            _ => {}
        }
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        if depth > Limits::NESTING || filters > Limits::FILTERS || digits > DIGITS {
            return false;
        }
    }
    source.chars().count() <= Limits::EXPRESSION
}

/// The source with a filter at its end that keeps the value, if it is a single
/// expression.
fn single(source: &str) -> Option<String> {
    let inside = source.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let inside = inside.strip_prefix('-').unwrap_or(inside);
    let inside = inside.strip_suffix('-').unwrap_or(inside);
    let is_plain = !["{{", "}}", "{%", "%}"].iter().any(|mark| inside.contains(mark));
    is_plain.then(|| format!("{{{{ {inside} | {} }}}}", filters::KEEP))
}

/// Takes no more than may be made.
struct BoundedText(Vec<u8>);

impl Write for BoundedText {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > Limits::TEXT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn evaluate(source: &str, data: &Value) -> Option<Value> {
        let metadata = json!({ "tier": "gold" });
        let context = Context { metadata: metadata.as_object(), ..Context::of_data(data) };
        Expression::parse(source).ok()?.evaluate(&context).ok()
    }

    #[test]
    fn an_expression_comes_to_a_value_or_a_text() {
        let data = json!({ "a": { "b": [1, "two", { "c": true }] }, "n": null, "x-y": 5, "f": 1.5 });
        for (source, value) in [
            ("{{ data.a.b[0] }}", Some(json!(1))),
            ("{{data.a.b[1]}}", Some(json!("two"))),
            ("{{- data.a.b[2].c -}}", Some(json!(true))),
            ("{{ data['x-y'] }}", Some(json!(5))),
            ("{{ data.f }}", Some(json!(1.5))),
            ("{{ data.n }}", Some(json!(null))),
            ("{{ data.a }}", Some(data["a"].clone())),
            ("{{ metadata.tier }}", Some(json!("gold"))),
            ("{{ 'plain' }}", Some(json!("plain"))),
            ("{{ 7 }}", Some(json!(7))),
            ("<{{ data.a.b[0] }}>", Some(json!("<1>"))),
            ("{{ data.a.b[0] }}{{ metadata.tier }}", Some(json!("1gold"))),
            ("no expression", Some(json!("no expression"))),
            ("{{ data.nothing }}", None),
            ("{{ nothing }}", None),
            // What is not there is what `default` is for, and nothing else is.
            ("{{ data.nothing | default: data.f }}", Some(json!(1.5))),
            ("{{ data.n | default: 'x' }}", Some(json!("x"))),
            ("{{ nothing.at.all | default: 'x' | upcase }}", Some(json!("X"))),
            ("{{ data.a.nothing | default: 'x' }}{{ data.f }}", Some(json!("x1.5"))),
            ("{{ data.nothing | default: data.nothing }}", None),
            ("{{ data.nothing | upcase | default: 'x' }}", None),
            ("{{ data.nothing }}{{ nil | default: 'x' }}", None),
            ("{{ data[data.nothing] | default: 'x' }}", None),
            ("{{ data.a | nothing }}", None),
            ("{{ data.a", None),
            ("{{ data.number, reveal_last: 4 }}", None),
            ("{% if data.a %}yes{% endif %}", None),
            ("{% include 'x' %}", None),
            ("{{ 9999999999999999999 }}", None),
        ] {
            assert_eq!(evaluate(source, &data), value, "{source}");
        }
    }

    #[test]
    fn an_expression_has_bounds() {
        let data = json!({ "s": "a".repeat(1_000), "i": 0 });
        let chained = |filter: &str, times: usize| format!("{{{{ data.s {} }}}}", filter.repeat(times));
        for (source, good) in [
            (chained("| upcase", Limits::FILTERS - 1), true),
            (chained("| upcase", Limits::FILTERS + 1), false),
            // Each of these makes the text longer by a thousand times.
            (chained("| replace: 'a', data.s ", 1), false),
            (chained("| append: data.s ", 20), true),
            (chained("| pad_left: 999999999", 1), false),
            (format!("{{{{ 'x' | append: '{}' }}}}", "y".repeat(Limits::EXPRESSION)), false),
            (format!("{{{{ data{}i{} }}}}", "[data.".repeat(9), "]".repeat(9)), false),
            (format!("{{{{ {}", "data[".repeat(150)), false),
        ] {
            assert_eq!(evaluate(&source, &data).is_some(), good, "{}", &source[..source.len().min(60)]);
        }
        let grown = chained("| append: data.s | split: '' | join: 'aaaaaaaaaa' ", 10);
        assert_eq!(evaluate(&grown, &data), None);
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_or_refused(source in "[-{}|%:.,'\"\\[\\]a-z0-9 ]{0,60}") {
            let data = json!({ "a": "b" });
            if let Some(Value::String(text)) = evaluate(&source, &data) {
                prop_assert!(text.len() <= Limits::TEXT);
            }
        }

        #[test]
        fn whatever_filters_come_together_come_to_an_end(
            filters in proptest::collection::vec(0..filters::NAMES.len(), 0..20),
            text in ".{0,40}",
        ) {
            let chain: Vec<String> = filters.iter().map(|&at| format!("| {}: 3, '*'", filters::NAMES[at])).collect();
            let data = json!({ "t": text, "l": [1, "a"] });
            for start in ["data.t", "data.l", "data"] {
                let _ = evaluate(&format!("{{{{ {start} {} }}}}", chain.join(" ")), &data);
            }
        }
    }
}
