//! Documents whose parts become tokens, and whose tokens become data again.

use std::collections::BTreeMap;

use appkeep_domain::access::{Permission, Transform};
use appkeep_vault::{Allowance, Context, Expression, Limits, TokenId, canonical, is_shallow, size};
use serde_json::Value;

use super::aside::aside;
use super::called::parse_id;
use super::view::{Answer, place_of, show};
use super::words::{CreatedToken, NewToken, TokenView, Tokenized};
use super::{Vault, VaultCaller};
use crate::error::{Error, ErrorCode, Fault};

/// How many tokens one document makes, or shows.
const MOST: usize = 5;
/// Bytes of what stands for tokens in one document, however often they are named.
const MOST_SHOWN: usize = 2 * 1_024 * 1_024;
/// How often one document has something made of a token by filters.
const MOST_FILTERS: u32 = 100;

/// A document, taken apart.
enum Part {
    Plain(Value),
    Text(usize),
    Token(usize),
    List(Vec<Part>),
    Object(Vec<(String, Part)>),
}

/// What stands in a document for a token.
struct Mention<'a> {
    /// From where to where in the text.
    span: (usize, usize),
    id: TokenId,
    /// Whether the token itself is meant, and not its data.
    is_whole: bool,
    filters: &'a str,
}

/// How a token is read out of a document, and shown in one, is the surface's.
pub type ReadToken<'a> = &'a (dyn Fn(&Value) -> Result<NewToken, Error> + Sync);
pub type ShowToken<'a> = &'a (dyn Fn(&TokenView) -> Value + Sync);

impl Vault {
    /// Every text becomes a token, and so does every object that has a `type`
    /// and `data`: all of them, or none.
    pub async fn tokenize(
        &self,
        caller: &VaultCaller,
        document: &Value,
        read: ReadToken<'_>,
    ) -> Result<Tokenized, Error> {
        caller.must_hold(Permission::TokenCreate)?;
        if !is_shallow(document) {
            return Err(too_deep());
        }
        let mut new = Vec::new();
        let parts = take_apart(document, "", (&mut new, read))?;
        if new.len() > MOST {
            return Err(invalid("", &format!("makes more than {MOST} tokens")));
        }
        let allowed = self.allow(caller, new).await?;
        let created = if allowed.is_empty() { Vec::new() } else { self.commit(caller, &allowed).await? };
        Ok(put_together(parts, &created))
    }

    /// Every `{{ id }}` becomes the data of that token, as far as the caller may
    /// read it, and every `{{ token: id }}` the token.
    pub async fn detokenize(
        &self,
        caller: &VaultCaller,
        document: &Value,
        show_token: ShowToken<'_>,
    ) -> Result<Value, Error> {
        caller.must_hold(Permission::TokenRead)?;
        if !is_shallow(document) {
            return Err(too_deep());
        }
        let mut ids = Vec::new();
        mentioned(document, "", &mut ids)?;
        ids.sort();
        ids.dedup_by(|one, other| one.0 == other.0);
        if ids.len() > MOST {
            return Err(invalid("", &format!("names more than {MOST} tokens")));
        }
        let views = self.read_all(caller, ids).await?;
        let shown = |(id, view): (TokenId, TokenView)| {
            let whole = show_token(&view);
            (id, Shown { data: view.data.unwrap_or_default(), whole })
        };
        let mut filling = Filling {
            shown: views.into_iter().map(shown).collect(),
            room: MOST_SHOWN,
            filters: MOST_FILTERS,
            allowance: Allowance::of(Answer::WORK),
        };
        let document = document.clone();
        aside(move || filling.fill(&document, "")).await?
    }

    async fn read_all(
        &self,
        caller: &VaultCaller,
        ids: Vec<(TokenId, String)>,
    ) -> Result<BTreeMap<TokenId, TokenView>, Error> {
        let (mut views, mut revealed) = (BTreeMap::new(), Vec::new());
        for (id, field) in ids {
            let token = self.find(caller, id.as_str()).await.map_err(|error| match error.code() {
                ErrorCode::TokenNotFound => invalid(&field, "names no token that there is"),
                _ => error,
            })?;
            let transform = caller.may(Permission::TokenRead, &place_of(&token))?;
            let view = show(&token, self.open_content(&token).await?, transform).await?;
            if transform == Transform::Reveal {
                revealed.push(token.id);
            }
            views.insert(id, view);
        }
        self.tell_revealed(caller, revealed).await?;
        Ok(views)
    }
}

fn take_apart(
    value: &Value,
    field: &str,
    (new, read): (&mut Vec<(String, NewToken)>, ReadToken<'_>),
) -> Result<Part, Error> {
    Ok(match value {
        Value::String(text) => {
            let data = Value::from(text.as_str());
            new.push((
                field.to_owned(),
                NewToken { token_type: "token".to_owned(), data, ..NewToken::default() },
            ));
            Part::Text(new.len() - 1)
        }
        Value::Object(members)
            if members.contains_key("data") && members.get("type").is_some_and(Value::is_string) =>
        {
            let named = |name: &str| below(field, name);
            let token = read(value).map_err(|error| error.with_fields_named(named))?;
            new.push((field.to_owned(), token));
            Part::Token(new.len() - 1)
        }
        Value::Object(members) => {
            let mut parts = Vec::with_capacity(members.len());
            for (name, value) in members {
                parts.push((name.clone(), take_apart(value, &below(field, name), (&mut *new, read))?));
            }
            Part::Object(parts)
        }
        Value::Array(items) => {
            let mut parts = Vec::with_capacity(items.len());
            for (place, item) in items.iter().enumerate() {
                parts.push(take_apart(item, &format!("{field}[{place}]"), (&mut *new, read))?);
            }
            Part::List(parts)
        }
        plain => Part::Plain(plain.clone()),
    })
}

fn put_together(part: Part, created: &[CreatedToken]) -> Tokenized {
    match part {
        Part::Plain(value) => Tokenized::Plain(value),
        Part::Text(place) => Tokenized::Text(Box::new(created[place].clone())),
        Part::Token(place) => Tokenized::Token(Box::new(created[place].clone())),
        Part::List(parts) => {
            Tokenized::List(parts.into_iter().map(|part| put_together(part, created)).collect())
        }
        Part::Object(parts) => {
            let each = parts.into_iter().map(|(name, part)| (name, put_together(part, created)));
            Tokenized::Object(each.collect())
        }
    }
}

/// Which tokens are named, and where first.
fn mentioned(value: &Value, field: &str, ids: &mut Vec<(TokenId, String)>) -> Result<(), Error> {
    match value {
        Value::String(text) => {
            for mention in mentions(text, field)? {
                ids.push((mention.id, field.to_owned()));
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                mentioned(item, &format!("{field}[{place}]"), ids)?;
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                mentioned(value, &below(field, name), ids)?;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

fn mentions<'a>(text: &'a str, field: &str) -> Result<Vec<Mention<'a>>, Error> {
    let mut mentions = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("{{").map(|start| at + start) {
        let inside = start + 2;
        let length = text[inside..].find("}}").ok_or_else(|| invalid(field, "has `{{` without `}}`"))?;
        let (named, filters) = match text[inside..inside + length].split_once('|') {
            Some((named, filters)) => (named.trim(), filters),
            None => (text[inside..inside + length].trim(), ""),
        };
        let whole = named.strip_prefix("token:").map(str::trim);
        let id =
            parse_id(whole.unwrap_or(named)).map_err(|_| invalid(field, "names no token that there is"))?;
        at = inside + length + 2;
        mentions.push(Mention { span: (start, at), id, is_whole: whole.is_some(), filters });
    }
    Ok(mentions)
}

/// What stands for a token: its data, or itself.
struct Shown {
    data: Value,
    whole: Value,
}

/// A document that is filled in.
struct Filling {
    shown: BTreeMap<TokenId, Shown>,
    /// What is left of [`MOST_SHOWN`].
    room: usize,
    /// What is left of [`MOST_FILTERS`].
    filters: u32,
    allowance: Allowance,
}

impl Filling {
    fn fill(&mut self, value: &Value, field: &str) -> Result<Value, Error> {
        Ok(match value {
            Value::String(text) => self.fill_text(text, field)?,
            Value::Array(items) => {
                let each = items.iter().enumerate();
                each.map(|(place, item)| self.fill(item, &format!("{field}[{place}]")))
                    .collect::<Result<Vec<Value>, Error>>()?
                    .into()
            }
            Value::Object(members) => {
                let each = members.iter();
                let filled =
                    each.map(|(name, value)| Ok((name.clone(), self.fill(value, &below(field, name))?)));
                Value::Object(filled.collect::<Result<_, Error>>()?)
            }
            plain => plain.clone(),
        })
    }

    fn fill_text(&mut self, text: &str, field: &str) -> Result<Value, Error> {
        let mentions = mentions(text, field)?;
        if let [only] = mentions.as_slice()
            && only.span == (0, text.len())
        {
            return self.filled(only, field);
        }
        let (mut whole, mut at) = (String::new(), 0);
        for mention in &mentions {
            whole.push_str(&text[at..mention.span.0]);
            match self.filled(mention, field)? {
                Value::String(text) => whole.push_str(&text),
                Value::Null => {}
                other => whole.push_str(&canonical(&other)),
            }
            at = mention.span.1;
            if whole.len() > Limits::TEXT {
                return Err(invalid(field, "becomes too long"));
            }
        }
        whole.push_str(&text[at..]);
        Ok(whole.into())
    }

    fn filled(&mut self, mention: &Mention<'_>, field: &str) -> Result<Value, Error> {
        let missing = || invalid(field, "names no token that there is");
        let shown = self.shown.get(&mention.id).ok_or_else(missing)?;
        let value = if mention.is_whole { &shown.whole } else { &shown.data };
        let filled = if mention.filters.trim().is_empty() {
            value.clone()
        } else {
            let many = || invalid(field, &format!("is behind {MOST_FILTERS} others with filters"));
            self.filters = self.filters.checked_sub(1).ok_or_else(many)?;
            let source = format!("{{{{ data | {} }}}}", mention.filters);
            let evaluated = Expression::value_of(&source, &Context::of_data(value), &mut self.allowance);
            evaluated.map_err(|_| invalid(field, "has filters that come to nothing"))?
        };
        let long = || invalid(field, "makes the document too long");
        self.room = self.room.checked_sub(size(&filled)).ok_or_else(long)?;
        Ok(filled)
    }
}

fn below(field: &str, name: &str) -> String {
    if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") }
}

fn invalid(field: &str, reason: &str) -> Error {
    let field = if field.is_empty() { "document" } else { field };
    Error::invalid(Fault::new(field, ErrorCode::InvalidField, reason))
}

fn too_deep() -> Error {
    invalid("", &format!("has more than {} levels", Limits::DEPTH))
}
