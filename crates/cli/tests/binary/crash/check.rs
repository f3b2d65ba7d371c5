//! Whether everything that was answered is there, and nothing is there by half.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Instant;

use reqwest::StatusCode;
use serde_json::Value;
use tokio::task::JoinSet;

use super::ledger::{Known, Ledger, all, plain};
use super::place::{Caller, Place};
use crate::harness::Server;

/// What a check came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What is wrong; empty when nothing is.
    pub(crate) findings: Vec<String>,
    applications: usize,
    entries: usize,
    seconds: f64,
    tally: String,
}

/// What the server shows after its restart.
struct Evidence {
    /// The names of those that are listed, by id.
    listed: BTreeMap<String, String>,
    /// By application, the oldest first.
    entries: BTreeMap<String, Vec<String>>,
    /// Each application with its whole configuration.
    shown: BTreeMap<String, Value>,
}

/// What must not be, counted by the database itself.
const NEVER: &[(&str, &str)] = &[
    (
        "an application without the entry of its creation",
        "SELECT count(*) FROM applications a WHERE NOT EXISTS (SELECT 1 FROM audit_entries e
         WHERE e.owner = a.owner AND e.application_id = a.id AND e.action = 'application.created')",
    ),
    (
        "an entry of an application that never was",
        "SELECT count(*) FROM audit_entries e WHERE e.application_id IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM application_ids i WHERE i.id = e.application_id)",
    ),
    (
        "an application without its id, or an id without its application",
        "SELECT (SELECT count(*) FROM applications a WHERE NOT EXISTS
                 (SELECT 1 FROM application_ids i WHERE i.id = a.id AND i.deleted_at IS NULL))
              + (SELECT count(*) FROM application_ids i WHERE i.deleted_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM applications a WHERE a.id = i.id))",
    ),
    (
        "a deleted application without the entry of its deletion",
        "SELECT count(*) FROM application_ids i WHERE i.deleted_at IS NOT NULL AND NOT EXISTS
         (SELECT 1 FROM audit_entries e
          WHERE e.owner = i.owner AND e.application_id = i.id AND e.action = 'application.deleted')",
    ),
    (
        "a secret without its application",
        "SELECT count(*) FROM credentials c WHERE NOT EXISTS
         (SELECT 1 FROM applications a WHERE a.id = c.application_id)",
    ),
    (
        "an application with more or fewer secrets than its history tells of",
        "SELECT count(*) FROM applications a WHERE a.kind IN ('m2m', 'server') AND
         (SELECT count(*) FROM credentials c WHERE c.application_id = a.id) <>
         (SELECT count(*) FROM audit_entries e WHERE e.owner = a.owner AND e.application_id = a.id
          AND e.action IN ('application.created', 'application.secret_rotated'))",
    ),
    (
        "a wrong count of entries",
        "SELECT count(*) FROM applications a WHERE
         (SELECT coalesce(sum(t.total), 0) FROM audit_totals t WHERE t.application_id = a.id) <>
         (SELECT count(*) FROM audit_entries e WHERE e.owner = a.owner AND e.application_id = a.id)",
    ),
    (
        "an entry that is neither sealed nor queued, or both",
        "SELECT count(*) FROM audit_entries e WHERE
         (SELECT count(*) FROM audit_unsealed u WHERE u.owner = e.owner AND u.id = e.id) +
         (SELECT count(*) FROM audit_seals s WHERE s.owner = e.owner AND s.id = e.id) <> 1",
    ),
    (
        "a chain that counts other than it has links",
        "SELECT count(*) FROM audit_chains c WHERE c.count <>
         (SELECT count(*) FROM audit_seals s WHERE s.owner = c.owner)",
    ),
];

/// Compares what is there with what was answered. What was not answered is
/// found there wholly or not at all, and is known from then on.
pub(crate) async fn check(place: &Place, server: &Server, ledger: &mut Ledger, round: u32) -> Outcome {
    let begun = Instant::now();
    let caller = place.caller(server).await;
    let evidence = Evidence::of(&caller, ledger).await;
    let mut findings = std::mem::take(&mut ledger.tally.refused);
    findings.extend(strangers(ledger, &evidence));
    let mut kept = Vec::new();
    for mut known in ledger.hand_out() {
        if settle(&mut known, &evidence, ledger, &mut findings) {
            kept.push(known);
        }
    }
    ledger.known = kept;
    findings.extend(try_secrets(&caller, ledger).await);
    for (what, query) in NEVER {
        let count = place.number(query).await;
        if count != 0 {
            findings.push(format!("{what}: {count}"));
        }
    }
    findings.extend(place.audit(round));
    let entries = evidence.entries.values().map(Vec::len).sum();
    let (applications, tally) = (evidence.listed.len(), ledger.tally.to_string());
    Outcome { findings, applications, entries, seconds: begun.elapsed().as_secs_f64(), tally }
}

impl Evidence {
    async fn of(caller: &Caller, ledger: &Ledger) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let listed = all(caller, "/applications").await;
        let listed: BTreeMap<_, _> =
            listed.iter().map(|one| (text(&one["id"]), text(&one["name"]))).collect();
        let mut entries: BTreeMap<String, Vec<String>> = BTreeMap::new();
        // The newest come first.
        for entry in all(caller, "/audit").await.iter().rev() {
            if let Some(id) = entry["application_id"].as_str() {
                entries.entry(id.to_owned()).or_default().push(text(&entry["action"]));
            }
        }
        let ids = ledger.known.iter().filter_map(|known| known.id.clone()).chain(listed.keys().cloned());
        Self { shown: details(caller, ids.collect()).await, listed, entries }
    }
}

/// Each application by itself; without those that are not there.
async fn details(caller: &Caller, ids: BTreeSet<String>) -> BTreeMap<String, Value> {
    const AT_ONCE: usize = 8;
    let ids: Vec<String> = ids.into_iter().collect();
    let mut readers = JoinSet::new();
    for share in ids.chunks(ids.len().div_ceil(AT_ONCE).max(1)) {
        let (caller, share) = (caller.another(), share.to_vec());
        readers.spawn(async move {
            let mut found = Vec::new();
            for id in share {
                let (status, answer) = caller.get(&format!("/applications/{id}")).await;
                if status != StatusCode::NOT_FOUND {
                    found.push((id, answer["data"].clone()));
                }
            }
            found
        });
    }
    readers.join_all().await.into_iter().flatten().collect()
}

/// What is there, or told of, and that nobody asked for.
fn strangers(ledger: &Ledger, evidence: &Evidence) -> Vec<String> {
    let ids: BTreeSet<&str> = ledger.known.iter().filter_map(|known| known.id.as_deref()).collect();
    let open: BTreeSet<&str> =
        ledger.known.iter().filter(|known| known.id.is_none()).map(|known| known.name.as_str()).collect();
    let is_known = |id: &str| {
        ids.contains(id)
            || ledger.others.contains(id)
            || evidence.listed.get(id).is_some_and(|name| open.contains(name.as_str()))
    };
    let all: BTreeSet<&String> = evidence.listed.keys().chain(evidence.entries.keys()).collect();
    all.into_iter().filter(|id| !is_known(id)).map(|id| format!("nobody asked for {id}")).collect()
}

/// Whether it is to be remembered: a creation that left nothing is forgotten.
fn settle(known: &mut Known, evidence: &Evidence, ledger: &mut Ledger, findings: &mut Vec<String>) -> bool {
    if known.id.is_none() {
        let mut listed = evidence.listed.iter();
        known.id = listed.find(|(_, name)| **name == known.name).map(|(id, _)| id.clone());
    }
    let Some(id) = known.id.clone() else {
        ledger.tally.lost += 1;
        return false;
    };
    let name = known.name.clone();
    let mut complain = |what: String| findings.push(format!("{id} ({name}): {what}"));
    let entries = evidence.entries.get(&id).cloned().unwrap_or_default();
    let mut landed = false;
    if let Some(write) = known.open.take() {
        landed = entries.len() == known.told.len() + 1;
        if landed {
            ledger.tally.landed += 1;
            known.done(write);
        } else {
            ledger.tally.lost += 1;
        }
    }
    if entries != known.told {
        complain(format!("its history is {entries:?} and not {:?}", known.told));
    }
    let shown = evidence.shown.get(&id).map(plain);
    if known.deleted == shown.is_some() || known.deleted == evidence.listed.contains_key(&id) {
        complain(format!("deleted: {}, shown: {shown:?}", known.deleted));
    }
    if let Some(shown) = shown {
        if differs(known, &shown, landed) {
            complain(format!("it is {shown} and not {}", known.shown));
        }
        known.shown = shown;
    }
    true
}

/// Of a change that nobody has seen the answer to, only its point is known.
fn differs(known: &Known, shown: &Value, landed: bool) -> bool {
    if !landed {
        return known.shown != *shown;
    }
    let is_new = known.told.len() == 1;
    let turned = |member: &&str| known.shown[*member] != shown[*member];
    shown["name"] != known.name.as_str() || (!is_new && ["state", "allowed_scopes"].iter().any(turned))
}

/// Tries the secrets of those that were changed since the last check.
async fn try_secrets(caller: &Caller, ledger: &mut Ledger) -> Vec<String> {
    let mut findings = Vec::new();
    for known in ledger.known.iter_mut().filter(|known| known.touched) {
        known.touched = false;
        let Some(id) = &known.id else { continue };
        for secret in &known.secrets {
            ledger.tally.tokens += 1;
            let expected = match (secret.live, known.is_enabled()) {
                (false, _) => StatusCode::UNAUTHORIZED,
                (true, true) => StatusCode::OK,
                (true, false) => StatusCode::BAD_REQUEST,
            };
            let status = caller.token(id, &secret.text).await;
            if status != expected {
                findings.push(format!("{id} ({}): {status} for a secret, not {expected}", known.name));
            }
        }
    }
    findings
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { applications, entries, seconds, tally, .. } = self;
        write!(f, "{tally}; {applications} applications, {entries} entries, checked in {seconds:.1} s")
    }
}
