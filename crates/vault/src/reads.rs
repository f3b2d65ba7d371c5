//! What expressions read, and what a change of the data makes of that.
//!
//! An expression is written by somebody who decides what of the data others
//! see. Whoever changes part of the data without seeing it must not make of that
//! expression another one: by the number behind `reveal_last`, by the name in
//! `data[…]`, or by what stands beside it in an object that is shown in part.

use serde_json::{Map, Value};

use crate::{Context, Expression, merge_patch};

/// A member of the data or of the metadata, with all that is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    root: Root,
    path: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Root {
    Data,
    Metadata,
}

impl Root {
    fn named(name: &str) -> Option<Self> {
        match name {
            "data" => Some(Self::Data),
            "metadata" => Some(Self::Metadata),
            _ => None,
        }
    }
}

/// A change of data and metadata by somebody who may not see the data.
#[derive(Debug)]
pub struct DataChange<'a> {
    /// Before and after.
    data: [&'a Value; 2],
    metadata: [Value; 2],
    /// What was merged into the data, and what it would be if there had been none.
    sent: Option<Sent<'a>>,
}

#[derive(Debug)]
struct Sent<'a> {
    patch: &'a Value,
    own: Value,
}

impl<'a> DataChange<'a> {
    /// `patch` is what was merged into the data, if anything was.
    pub fn new(before: &Context<'a>, after: &Context<'a>, patch: Option<&'a Value>) -> Self {
        let metadata =
            |context: &Context<'_>| Value::Object(context.metadata.map_or_else(Map::new, Map::clone));
        let sent = patch.map(|patch| {
            let mut own = Value::Null;
            merge_patch(&mut own, patch.clone());
            Sent { patch, own }
        });
        Self { data: [before.data, after.data], metadata: [metadata(before), metadata(after)], sent }
    }

    /// Whether what the text comes to after the change is made both of what was
    /// changed and of data that was there before. If it is not, it comes to what
    /// it came to, or to something of what was sent.
    pub fn mixes(&self, source: &str) -> bool {
        let Ok(expression) = Expression::parse(source) else { return false };
        let reads = expression.reads();
        reads.iter().any(|read| self.is_changed(read)) && reads.iter().any(|read| self.is_kept(read))
    }

    /// The same of any of the texts of a mask.
    pub fn mixes_mask(&self, mask: &Value) -> bool {
        match mask {
            Value::String(text) => Expression::is_one(text) && self.mixes(text),
            Value::Array(items) => items.iter().any(|item| self.mixes_mask(item)),
            Value::Object(members) => members.values().any(|member| self.mixes_mask(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// Of the data, what was sent counts as changed though it be the same:
    /// otherwise a refusal would tell whoever guesses that they guessed wrong.
    fn is_changed(&self, read: &Read) -> bool {
        let is_sent = |sent: &Sent<'_>| touches(sent.patch, &read.path);
        if read.root == Root::Data && self.sent.as_ref().is_some_and(is_sent) {
            return true;
        }
        let [before, after] = match read.root {
            Root::Data => self.data,
            Root::Metadata => self.metadata.each_ref(),
        };
        look(before, &read.path) != look(after, &read.path)
    }

    /// Whether not all of it was sent. Metadata hides nothing.
    fn is_kept(&self, read: &Read) -> bool {
        let is_own = |sent: &Sent<'_>| look(&sent.own, &read.path) == look(self.data[1], &read.path);
        read.root == Root::Data && !self.sent.as_ref().is_some_and(is_own)
    }
}

/// Whether a patch says something of what is at the path.
fn touches(mut said: &Value, path: &[String]) -> bool {
    for name in path {
        let Value::Object(members) = said else { return true };
        match members.get(name) {
            Some(member) => said = member,
            // With any member, how many there are may change.
            None => return name == "size" && !members.is_empty(),
        }
    }
    true
}

/// The value at the path, as far as that goes through objects: nothing is merged
/// into what is in a list.
fn look<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    let mut found = value;
    for name in path {
        let Value::Object(members) = found else { break };
        match members.get(name) {
            Some(member) => found = member,
            // In an object that has no such member this is how many it has.
            None if name == "size" => break,
            None => return None,
        }
    }
    Some(found)
}

/// What a text reads that can be parsed. Where a variable says which member is
/// meant, that is all that it could be.
pub(crate) fn reads(source: &str) -> Vec<Read> {
    let (mut reads, mut rest) = (Vec::new(), source);
    while let Some(start) = rest.find("{{") {
        rest = read_one(&rest[start + 2..], &mut reads);
    }
    reads
}

/// One expression; what is behind it.
fn read_one<'s>(mut rest: &'s str, reads: &mut Vec<Read>) -> &'s str {
    while let Some(next) = rest.chars().next() {
        if let Some(behind) = rest.strip_prefix("}}") {
            return behind;
        }
        let behind = &rest[next.len_utf8()..];
        rest = if matches!(next, '\'' | '"') {
            behind.split_once(next).map_or("", |(_, behind)| behind)
        } else {
            match identifier(rest) {
                // A dash at its beginning may be part of the `{{-` before it.
                Some((name, behind)) => {
                    read_variable(Root::named(name.trim_start_matches('-')), behind, reads)
                }
                None => behind,
            }
        };
    }
    rest
}

fn read_variable<'s>(root: Option<Root>, behind: &'s str, reads: &mut Vec<Read>) -> &'s str {
    let Some(root) = root else { return behind };
    let (path, behind) = path(behind);
    if !is_end_of_card(behind) {
        reads.push(Read { root, path });
        return behind;
    }
    for member in ["expiration_month", "expiration_year"] {
        reads.push(Read { root, path: path.iter().cloned().chain([member.to_owned()]).collect() });
    }
    behind
}

/// Whether the filter follows that reads no more of a card than when it ends.
fn is_end_of_card(behind: &str) -> bool {
    let filter = behind.trim_start().strip_prefix('|').map(str::trim_start).and_then(identifier);
    filter.is_some_and(|(name, _)| name == "card_exp")
}

/// The members that are named, and what is behind them.
fn path(mut rest: &str) -> (Vec<String>, &str) {
    let mut path = Vec::new();
    loop {
        let dotted = || identifier(rest.strip_prefix('.')?);
        let Some((name, behind)) = dotted().or_else(|| quoted(rest.strip_prefix('[')?)) else {
            return (path, rest);
        };
        path.push(name.to_owned());
        rest = behind;
    }
}

/// A name in quotes, up to the bracket behind it.
fn quoted(rest: &str) -> Option<(&str, &str)> {
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let (name, behind) = rest[1..].split_once(quote)?;
    Some((name, behind.trim_start().strip_prefix(']')?))
}

/// As the grammar of the expressions has it: a dash is part of a name unless it
/// is part of the end of the expression.
fn identifier(rest: &str) -> Option<(&str, &str)> {
    let is_end = |at: usize| ["-}}", "-%}"].iter().any(|end| rest[at..].starts_with(end));
    let is_part = |at, c: char| c.is_ascii_alphanumeric() || c == '_' || (c == '-' && !is_end(at));
    let length = rest.char_indices().find(|&(at, c)| !is_part(at, c)).map_or(rest.len(), |(at, _)| at);
    let (name, behind) = rest.split_at(length);
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some((name, behind))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(root: Root, path: &[&str]) -> Read {
        Read { root, path: path.iter().map(|&name| name.to_owned()).collect() }
    }

    #[test]
    fn an_expression_says_what_it_reads() {
        use Root::{Data, Metadata};
        for (source, expected) in [
            ("no data", vec![]),
            ("{{ 'data' | append: \"data.a\" }}", vec![]),
            ("{{ data }}", vec![read(Data, &[])]),
            (
                "it's {{ data.a.b }}, isn't it {{data['c d'].e-}}",
                vec![read(Data, &["a", "b"]), read(Data, &["c d", "e"])],
            ),
            ("{{- data.x-y-}}", vec![read(Data, &["x-y"])]),
            ("{{-data-}}{{-metadata.n -}}", vec![read(Data, &[]), read(Metadata, &["n"])]),
            ("{{ data.list[0].a }}", vec![read(Data, &["list"])]),
            ("{{ data[data.name].a }}", vec![read(Data, &[]), read(Data, &["name"])]),
            ("{{ data.a | reveal_last: metadata.n }}", vec![read(Data, &["a"]), read(Metadata, &["n"])]),
            (
                "{{ data.a | default: data.b, char: data.c }}",
                vec![read(Data, &["a"]), read(Data, &["b"]), read(Data, &["c"])],
            ),
            (
                "{{ data.card | card_exp: 'YY' }}",
                vec![read(Data, &["card", "expiration_month"]), read(Data, &["card", "expiration_year"])],
            ),
        ] {
            assert_eq!(reads(source), expected, "{source}");
        }
    }

    #[test]
    fn what_was_there_is_not_mixed_with_what_was_sent() {
        let before = json!({ "ssn": "123-45-6789", "n": 2, "o": { "a": 1, "b": 2 }, "l": ["x"] });
        let metadata = [json!({ "n": "2", "k": "n" }), json!({ "n": "50", "k": "n" })];
        let mixes = |source: &str, patch: Option<Value>, is_of_metadata: bool| {
            let mut after = before.clone();
            if let Some(patch) = &patch {
                merge_patch(&mut after, patch.clone());
            }
            let of = |data, place: usize| Context {
                metadata: metadata[place].as_object(),
                ..Context::of_data(data)
            };
            let change =
                DataChange::new(&of(&before, 0), &of(&after, usize::from(is_of_metadata)), patch.as_ref());
            change.mixes(source)
        };
        for (source, patch, is_mixed) in [
            ("{{ data.ssn | reveal_last: data.n }}", json!({ "n": 99 }), true),
            ("{{ data.ssn | reveal_last: data.n }}", json!({ "o": 99 }), false),
            ("{{ data.ssn | reveal_last: data.n }}", json!({ "n": 99, "ssn": "1" }), false),
            ("{{ data.ssn | reveal_last: data.n }}", json!({ "n": null }), true),
            // Nobody is told whether they guessed what it was.
            ("{{ data.ssn | reveal_last: data.n }}", json!({ "n": 2 }), true),
            ("{{ data | stringify }}", json!({ "ssn": "123-45-6789" }), true),
            ("{{ data | stringify }}", json!({ "ssn": "123-45-6780" }), true),
            ("{{ data.l.first | default: data.ssn }}", json!({ "l": { "x": 1 } }), true),
            ("{{ data[data.n] }}", json!({ "n": "ssn" }), true),
            ("{{ data | stringify | slice: 0, 25 }}", json!({ "n": null }), true),
            ("{{ data.o | stringify }}", json!({ "o": { "a": null } }), true),
            ("{{ data.o | stringify }}", json!({ "o": { "a": null, "b": 3 } }), false),
            ("{{ data.o | stringify }}", json!({ "o": "mine" }), false),
            ("{{ data.size }}", json!({ "more": 1 }), true),
            ("{{ data.l[0] }}{{ data.n }}", json!({ "n": 3 }), true),
            ("{{ data.l[0] }}", json!({ "l": ["y"] }), false),
            ("{{ data.nothing | default: data.ssn }}", json!({ "nothing": false }), true),
            ("{{ data.ssn | default: 'x' }}", json!({ "ssn": null }), false),
            ("{{ data.ssn, | }}", json!({ "ssn": null }), false),
        ] {
            assert_eq!(mixes(source, Some(patch.clone()), false), is_mixed, "{source} {patch}");
        }
        for (source, is_mixed) in [
            ("{{ data.ssn | reveal_last: metadata.n }}", true),
            ("{{ data.ssn | reveal_last: 4 }}, {{ metadata.n }}", true),
            ("{{ data[metadata.k] }}", false),
            ("{{ metadata.n }}", false),
        ] {
            assert_eq!(mixes(source, None, true), is_mixed, "{source}");
        }
        let (before, after) = (json!({ "a": 1, "b": 1 }), json!({ "a": 2, "b": 1 }));
        let patch = json!({ "a": 2 });
        let change = DataChange::new(&Context::of_data(&before), &Context::of_data(&after), Some(&patch));
        assert!(change.mixes_mask(&json!({ "x": [1, "{{ data.a | append: data.b }}"] })));
        assert!(!change.mixes_mask(&json!({ "x": ["{{ data.a }}", "{{ data.b }}", "data.a data.b"] })));
    }

    fn variables() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            Just(".a".to_owned()),
            Just(".b".to_owned()),
            Just(".size".to_owned()),
            Just("['b']".to_owned()),
            Just("[0]".to_owned()),
            Just("[ data.a ]".to_owned()),
            Just("[metadata.a]".to_owned()),
        ];
        let parts = proptest::collection::vec(part, 0..3).prop_map(|parts| parts.concat());
        (prop_oneof![Just("data"), Just("metadata")], parts)
            .prop_map(|(root, parts)| format!("{root}{parts}"))
    }

    fn sources() -> impl Strategy<Value = String> {
        let filter = prop_oneof![
            variables().prop_map(|variable| format!("| default: {variable}")),
            variables().prop_map(|variable| format!("| slice: 0, {variable}")),
            variables().prop_map(|variable| format!("| json: {variable}")),
            Just("| stringify".to_owned()),
            Just("| size".to_owned()),
            Just("| card_exp".to_owned()),
            Just("| append: 'data.a'".to_owned()),
        ];
        let one = (variables(), proptest::collection::vec(filter, 0..3), 0..4_usize).prop_map(
            |(variable, filters, dashes)| {
                let (left, right) =
                    [("{{ ", " }}"), ("{{-", "-}}"), ("it's {{", "-}}"), ("{{", "}}")][dashes];
                format!("{left}{variable}{}{right}", filters.join(" "))
            },
        );
        proptest::collection::vec(one, 1..3).prop_map(|parts| parts.concat())
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!("a")),
            Just(json!("b")),
            Just(json!("$.a")),
            Just(json!(1)),
            Just(json!(12)),
            Just(json!(null)),
            Just(json!(["b", 1])),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            let name = prop_oneof![Just("a"), Just("b"), Just("size"), Just("expiration_month")];
            proptest::collection::btree_map(name, inner, 0..3).prop_map(|members| json!(members))
        })
    }

    /// Objects within a text are written in no order of their own.
    fn in_any_order(value: Value) -> Value {
        let Value::String(text) = value else { return value };
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        Value::String(letters.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn nothing_is_told_by_a_change_that_does_not_mix(
            source in sources(),
            (before, patch) in (values(), proptest::option::of(values())),
            metadata in proptest::collection::vec(prop_oneof![Just("a"), Just("b"), Just("1")], 2),
        ) {
            let mut after = before.clone();
            let mut own = Value::Null;
            if let Some(patch) = &patch {
                merge_patch(&mut after, patch.clone());
                merge_patch(&mut own, patch.clone());
            }
            let metadata: Vec<Value> = metadata.iter().map(|&a| json!({ "a": a, "b": "x" })).collect();
            let of = |data, place: usize| Context { metadata: metadata[place].as_object(), ..Context::of_data(data) };
            let change = DataChange::new(&of(&before, 0), &of(&after, 1), patch.as_ref());
            if !change.mixes(&source) {
                let shown = |data, place| {
                    let value = Expression::parse(&source).and_then(|parsed| parsed.evaluate(&of(data, place)));
                    value.map(in_any_order)
                };
                let told = shown(&after, 1);
                prop_assert!(
                    told == shown(&before, 0) || told == shown(&own, 1),
                    "{source}: {before} and {patch:?} come to {told:?}"
                );
            }
        }
    }
}
