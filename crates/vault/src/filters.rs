//! The filters of expressions: Liquid's that make sense here, and those that
//! hide, convert and make up.
//!
//! None of them fails in the library's own way, which writes down what it was
//! given: a filter that comes to nothing notes that, and so do those after it.

mod alias;
mod conceal;
mod convert;
mod text;

use std::borrow::Cow;
use std::fmt;

use liquid_core::model::{Value as Liquid, ValueView};
use liquid_core::parser::{Filter, FilterArguments, FilterReflection, ParameterReflection, ParseFilter};
use liquid_core::{Error, Expression, Language, Result, Runtime};
use serde_json::Value;

pub(crate) use self::alias::Chance;
use crate::limits::{Limits, Work};
use crate::value::{from_liquid, to_liquid, weight};

/// Keeps the value that an expression comes to, at its end. Whoever writes it
/// elsewhere gets nothing by it.
pub(crate) const KEEP: &str = "kept_";

/// What is known of a filter before it is used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ours {
    name: &'static str,
    /// In their order; each may be named instead.
    parameters: &'static [&'static str],
    run: fn(&mut Call<'_>) -> Option<Value>,
}

const ALL: [&[Ours]; 4] = [text::FILTERS, conceal::FILTERS, convert::FILTERS, alias::FILTERS];

/// For tests that put any of them together.
#[cfg(test)]
pub(crate) const NAMES: &[&str] = &[
    "append",
    "prepend",
    "replace",
    "remove",
    "upcase",
    "downcase",
    "slice",
    "split",
    "first",
    "last",
    "join",
    "size",
    "strip",
    "default",
    "truncate",
    "pad_left",
    "pad_right",
    "last4",
    "reveal",
    "reveal_last",
    "card_mask",
    "card_bin",
    "card_exp",
    "json",
    "json_stringify",
    "stringify",
    "to_boolean",
    "to_number",
    "to_string",
    "to_base64",
    "to_base16",
    "hmac",
    "alias_card",
    "alias_preserve_format",
    "alias_preserve_length",
];

pub(crate) fn language() -> Language {
    let mut language = Language::empty();
    let keep = Ours { name: KEEP, parameters: &[], run: |call| Some(call.input.clone()) };
    for filter in ALL.into_iter().flatten().copied().chain([keep]) {
        language.filters.register(filter.name.to_owned(), filter.into());
    }
    language
}

/// What became of an expression.
#[derive(Debug, Default)]
pub(crate) enum Outcome {
    #[default]
    None,
    /// There is no such data, which one filter makes something of.
    Missing,
    Value(Value),
    Failed,
}

impl Outcome {
    /// What came to nothing stays so, whatever is looked up after it.
    pub(crate) fn miss(&mut self) {
        if !matches!(self, Self::Failed) {
            *self = Self::Missing;
        }
    }

    pub(crate) fn take(&mut self) -> Self {
        std::mem::take(self)
    }
}

/// One use of a filter.
pub(crate) struct Call<'a> {
    input: Value,
    /// Null where none was given.
    arguments: Vec<Value>,
    chance: &'a mut Chance,
}

impl Call<'_> {
    /// The input, as far as it is a text or can be written as one.
    fn text(&self) -> Option<Cow<'_, str>> {
        as_text(&self.input)
    }

    fn text_at(&self, place: usize) -> Option<Cow<'_, str>> {
        as_text(self.arguments.get(place)?)
    }

    fn is_given(&self, place: usize) -> bool {
        self.arguments.get(place).is_some_and(|argument| !argument.is_null())
    }

    /// A number, or a text that is one.
    fn number_at(&self, place: usize) -> Option<i64> {
        match self.arguments.get(place)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    fn size_at(&self, place: usize) -> Option<usize> {
        self.number_at(place).and_then(|number| usize::try_from(number).ok())
    }

    fn size_or(&self, place: usize, default: usize) -> Option<usize> {
        if self.is_given(place) { self.size_at(place) } else { Some(default) }
    }

    fn flag_or(&self, place: usize, default: bool) -> bool {
        match self.arguments.get(place) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text == "true",
            _ => default,
        }
    }

    /// A single character.
    fn char_or(&self, place: usize, default: char) -> Option<char> {
        if !self.is_given(place) {
            return Some(default);
        }
        let text = self.text_at(place)?;
        let mut chars = text.chars();
        chars.next().filter(|_| chars.next().is_none())
    }
}

fn as_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Bool(flag) => Some(flag.to_string().into()),
        Value::Null => Some("".into()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

impl ParseFilter for Ours {
    fn parse(&self, arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        let mut given: Vec<Option<Expression>> = arguments.positional.map(Some).collect();
        if given.len() > self.parameters.len() {
            return Err(Error::with_msg("too many arguments"));
        }
        given.resize_with(self.parameters.len(), || None);
        for (name, argument) in arguments.keyword {
            let place = self.parameters.iter().position(|parameter| *parameter == name);
            let place = place.filter(|&place| given[place].is_none());
            let place = place.ok_or_else(|| Error::with_msg("an argument that is not known"))?;
            given[place] = Some(argument);
        }
        Ok(Box::new(Applied { filter: *self, arguments: given }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

impl FilterReflection for Ours {
    fn name(&self) -> &str {
        self.name
    }

    fn description(&self) -> &'static str {
        ""
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}

/// A filter in its place, with its arguments.
struct Applied {
    filter: Ours,
    arguments: Vec<Option<Expression>>,
}

impl Filter for Applied {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Liquid> {
        if !self.is_begun(&mut runtime.registers().get_mut::<Outcome>()) {
            return Ok(Liquid::Nil);
        }
        let made = self.run(input, runtime);
        let mut outcome = runtime.registers().get_mut::<Outcome>();
        let Some(made) = made else {
            *outcome = Outcome::Failed;
            return Ok(Liquid::Nil);
        };
        if self.filter.name == KEEP {
            *outcome = Outcome::Value(made);
            return Ok(Liquid::Nil);
        }
        Ok(to_liquid(&made))
    }
}

impl Applied {
    /// Whether there is something to go on with.
    fn is_begun(&self, outcome: &mut Outcome) -> bool {
        if matches!(outcome, Outcome::Missing) {
            *outcome = if self.filter.name == text::DEFAULT { Outcome::None } else { Outcome::Failed };
        }
        !matches!(outcome, Outcome::Failed)
    }

    fn run(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Option<Value> {
        spend(runtime, weight(input))?;
        let mut arguments = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            let Some(argument) = argument else {
                arguments.push(Value::Null);
                continue;
            };
            let value = argument.try_evaluate(runtime)?;
            spend(runtime, weight(value.as_view()))?;
            arguments.push(from_liquid(value.as_view()));
        }
        let registers = runtime.registers();
        let mut chance = std::mem::take(&mut *registers.get_mut::<Chance>());
        let made = (self.filter.run)(&mut Call { input: from_liquid(input), arguments, chance: &mut chance });
        *registers.get_mut::<Chance>() = chance;
        let made = made?;
        spend(runtime, weight(to_liquid(&made).as_view()))?;
        Some(made)
    }
}

fn spend(runtime: &dyn Runtime, bytes: usize) -> Option<()> {
    runtime.registers().get_mut::<Work>().spend(bytes).then_some(())
}

/// Nothing where it is longer than a text may be.
fn bounded(length: usize) -> Option<()> {
    (length <= Limits::TEXT).then_some(())
}

impl fmt::Debug for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.filter.name)
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.filter.name)
    }
}

/// What a filter makes of an input, for the tables of its tests.
#[cfg(test)]
pub(crate) fn filtered(input: &Value, filters: &str) -> Option<Value> {
    let expression = crate::Expression::parse(&format!("{{{{ data | {filters} }}}}")).ok()?;
    expression.evaluate(&crate::Context::of_data(input)).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_filter_is_there_once() {
        let mut names: Vec<&str> = ALL.into_iter().flatten().map(|filter| filter.name).collect();
        names.sort_unstable();
        let mut known = NAMES.to_vec();
        known.sort_unstable();
        assert_eq!(names, known);
    }

    #[test]
    fn an_argument_is_given_in_its_place_or_by_its_name() {
        for (filters, made) in [
            ("reveal_last: 2, '#'", Some(json!("##cd"))),
            ("reveal_last: n: 2, char: '#'", Some(json!("##cd"))),
            ("reveal_last: 2, char: '#'", Some(json!("##cd"))),
            ("reveal_last: 2, n: 3", None),
            ("reveal_last: 2, letter: '#'", None),
            ("reveal_last: 2, '#', 3", None),
            ("upcase: 1", None),
        ] {
            assert_eq!(filtered(&json!("abcd"), filters), made, "{filters}");
        }
    }

    #[test]
    fn nothing_comes_of_what_came_to_nothing() {
        assert_eq!(filtered(&json!("abc"), "json: '$[' | default: 'x'"), None);
        let text = crate::Expression::parse("a{{ data | json: '$[' }}b").expect("is one");
        assert!(text.evaluate(&crate::Context::of_data(&json!("abc"))).is_err());
    }
}
