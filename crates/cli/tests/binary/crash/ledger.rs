//! What the server has said of each application, and what it owes an answer for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use reqwest::Method;
use serde_json::{Value, json};

use super::place::Caller;

/// One change, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Write {
    Create,
    Rotate { ends_the_others: bool },
    Enable,
    Disable,
    Allow(&'static str),
    Delete,
}

/// One application, as those who asked for it know it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) name: String,
    /// Nothing before a creation was answered.
    pub(crate) id: Option<String>,
    /// As it was last shown.
    pub(crate) shown: Value,
    /// What its history must tell, the oldest first.
    pub(crate) told: Vec<String>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) deleted: bool,
    /// The last change, when it was not answered.
    pub(crate) open: Option<Write>,
    /// Since the last check.
    pub(crate) touched: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pub(crate) text: String,
    pub(crate) live: bool,
}

/// All applications of a place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    pub(crate) known: Vec<Known>,
    /// Those that were there before.
    pub(crate) others: BTreeSet<String>,
    pub(crate) tally: Tally,
}

/// How many of what.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) answered: BTreeMap<&'static str, u64>,
    pub(crate) landed: u64,
    pub(crate) lost: u64,
    pub(crate) tokens: u64,
    /// What no load may meet: another answer than a good one, before anything was killed.
    pub(crate) refused: Vec<String>,
}

/// How many secrets one is given at most, so that no rotation is refused.
const LIVE: usize = 8;

impl Write {
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::Create => "application.created",
            Self::Rotate { .. } => "application.secret_rotated",
            Self::Enable => "application.enabled",
            Self::Disable => "application.disabled",
            Self::Allow(_) => "application.updated",
            Self::Delete => "application.deleted",
        }
    }

    pub(crate) fn request(self, known: &Known) -> (Method, String, Option<Value>) {
        let path = |rest: &str| format!("/applications/{}{rest}", known.id.as_deref().unwrap_or_default());
        match self {
            Self::Create => {
                let body = json!({ "type": "m2m", "name": known.name, "allowed_scopes": [SCOPES[0]] });
                (Method::POST, "/applications".to_owned(), Some(body))
            }
            Self::Rotate { ends_the_others } => {
                let overlap = if ends_the_others { 0 } else { 86_400 };
                (Method::POST, path("/rotate-secret"), Some(json!({ "overlap_s": overlap })))
            }
            Self::Enable => (Method::POST, path("/enable"), None),
            Self::Disable => (Method::POST, path("/disable"), None),
            Self::Allow(scope) => (Method::PATCH, path(""), Some(json!({ "allowed_scopes": [scope] }))),
            Self::Delete => (Method::DELETE, path(""), None),
        }
    }
}

/// One of which each application has, by turns.
const SCOPES: [&str; 2] = ["applications:read", "audit:read"];

impl Known {
    pub(crate) fn new(name: String) -> Self {
        let (shown, told, secrets) = (Value::Null, Vec::new(), Vec::new());
        Self { name, id: None, shown, told, secrets, deleted: false, open: None, touched: true }
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.shown["state"] == "enabled"
    }

    pub(crate) fn can_change(&self) -> bool {
        self.id.is_some() && !self.deleted && self.open.is_none()
    }

    /// The change that makes a difference to it.
    pub(crate) fn turned(&self) -> Write {
        if self.is_enabled() { Write::Disable } else { Write::Enable }
    }

    pub(crate) fn other_scope(&self) -> Write {
        let has_first = self.shown["allowed_scopes"] == json!([SCOPES[0]]);
        Write::Allow(SCOPES[usize::from(has_first)])
    }

    pub(crate) fn rotated(&self, ends_the_others: bool) -> Write {
        let live = self.secrets.iter().filter(|secret| secret.live).count();
        Write::Rotate { ends_the_others: ends_the_others || live >= LIVE }
    }

    /// The server has said that it is done.
    pub(crate) fn answered(&mut self, write: Write, data: &Value) {
        self.done(write);
        match write {
            Write::Create => self.id = data["id"].as_str().map(str::to_owned),
            Write::Enable | Write::Disable | Write::Allow(_) => self.shown = plain(data),
            Write::Rotate { .. } | Write::Delete => {}
        }
        if write == Write::Create {
            self.shown = plain(data);
        }
        let secret = data["client_secret"].as_str();
        self.secrets.extend(secret.map(|text| Secret { text: text.to_owned(), live: true }));
    }

    /// It was done, as an answer or the history says.
    pub(crate) fn done(&mut self, write: Write) {
        self.told.push(write.action().to_owned());
        self.touched = true;
        match write {
            Write::Rotate { ends_the_others: true } | Write::Delete => {
                self.secrets.iter_mut().for_each(|secret| secret.live = false);
                self.deleted = write == Write::Delete;
            }
            Write::Enable => self.shown["state"] = json!("enabled"),
            Write::Disable => self.shown["state"] = json!("disabled"),
            Write::Allow(scope) => self.shown["allowed_scopes"] = json!([scope]),
            Write::Create | Write::Rotate { ends_the_others: false } => {}
        }
    }
}

/// An application without what is shown once, and without its history, which
/// is compared by itself.
pub(crate) fn plain(data: &Value) -> Value {
    let mut data = data.clone();
    if let Some(members) = data.as_object_mut() {
        members.remove("client_secret");
        members.remove("audit_summary");
    }
    data
}

impl Ledger {
    pub(crate) async fn of(caller: &Caller) -> Self {
        let others = all(caller, "/applications").await;
        let others = others.iter().filter_map(|one| one["id"].as_str().map(str::to_owned)).collect();
        Self { others, ..Self::default() }
    }

    pub(crate) fn hand_out(&mut self) -> Vec<Known> {
        std::mem::take(&mut self.known)
    }

    pub(crate) fn take_back(&mut self, (known, tally): (Vec<Known>, Tally)) {
        self.known.extend(known);
        for (action, count) in tally.answered {
            *self.tally.answered.entry(action).or_default() += count;
        }
        self.tally.refused.extend(tally.refused);
    }
}

impl Tally {
    pub(crate) fn answered(&self) -> u64 {
        self.answered.values().sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} writes answered (", self.answered())?;
        for (number, (action, count)) in self.answered.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, "{comma}{} {count}", action.trim_start_matches("application."))?;
        }
        let Self { landed, lost, tokens, .. } = self;
        write!(f, "), {} unanswered, of which {landed} were there; {tokens} secrets tried", landed + lost)
    }
}

/// Every item of a list, page by page.
pub(crate) async fn all(caller: &Caller, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = caller.get(&format!("{path}?limit=250{cursor}")).await;
        assert!(status.is_success(), "{path}: {page}");
        items.extend(page["data"].as_array().into_iter().flatten().cloned());
        match page["meta"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}
