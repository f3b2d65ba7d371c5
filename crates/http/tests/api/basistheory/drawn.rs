//! Sessions under rules drawn by chance, begun, authorized and used as a page
//! would: each is shown what its rules say, and no more than whoever authorized
//! it may do.

use std::sync::Arc;

use appkeep_domain::access::{
    AccessDecision, AccessPolicy, AccessRule, Permission, RuleScope, TokenPlace, TokenRights, Transform,
};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::tokens::under_rules;
use super::{Client, text};
use crate::harness::TestApp;
use crate::vault::walk::{Chance, PLACES, rules};

on_each_database![sessions_are_shown_what_their_rules_say];

const SEED: u64 = 0x5eed_0011;
const SESSIONS: usize = 24;

fn as_said(rule: &AccessRule) -> Value {
    let permissions: Vec<&str> = rule.permissions.iter().copied().map(Permission::as_str).collect();
    let mut said = json!({
        "description": rule.description, "priority": rule.priority,
        "transform": rule.transform.as_str(), "permissions": permissions,
    });
    match &rule.scope {
        RuleScope::Container(container) => said["container"] = json!(container.as_str()),
        RuleScope::Conditions(conditions) => {
            let conditions = conditions.iter().map(|condition| {
                json!({
                    "attribute": condition.attribute.as_str(), "operator": condition.operator.as_str(),
                    "value": condition.value(),
                })
            });
            said["conditions"] = conditions.collect();
        }
    }
    said
}

/// Some that are read: whoever holds nothing is no holder, and shows nothing.
fn drawn(chance: &mut Chance, is_of_session: bool) -> (Vec<Value>, Arc<AccessPolicy>) {
    loop {
        let mut rules = rules(chance, is_of_session);
        rules.retain(|rule| !rule.permissions.is_empty());
        let reads = rules.iter().filter(|rule| rule.permissions.contains(&Permission::TokenRead));
        if reads.count() > 1 {
            return (rules.iter().map(as_said).collect(), Arc::new(AccessPolicy::new(&[], &rules)));
        }
    }
}

/// Each in a place of its own, and what is hushed in it.
async fn keep(client: &Client<'_>) -> Vec<(String, &'static str, String)> {
    let mut kept = Vec::new();
    for (number, place) in PLACES.into_iter().enumerate() {
        let (id, secret) = (format!("token-{number}"), format!("hush-{number}-never-to-be-told"));
        let new = json!({
            "id": id, "type": "token", "data": { "secret": secret }, "containers": [place],
            "mask": { "end": "{{ data.secret | slice: -2, 2 }}" }, "metadata": { "kept": "yes" },
        });
        client.post("/tokens", new).await.with(201);
        kept.push((id, place, secret));
    }
    kept
}

async fn sessions_are_shown_what_their_rules_say(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let all = json!({
        "description": "", "priority": 1, "container": "/", "transform": "reveal",
        "permissions": ["token:create", "token:read"],
    });
    let kept = keep(&under_rules(&managing, &[all]).await).await;
    let public = json!({ "name": "Page", "type": "public", "permissions": ["token:create"] });
    let public = managing.holding(public).await;
    let mut chance = Chance(SEED);
    let (mut plain, mut masked, mut refused) = (0, 0, 0);
    for _ in 0..SESSIONS {
        let ((ceiling_said, ceiling), (said, granted)) =
            (drawn(&mut chance, false), drawn(&mut chance, true));
        let private = under_rules(&managing, &ceiling_said).await;
        let begun = public.act("/sessions").await.with(201);
        let body = json!({ "nonce": begun["nonce"], "rules": said });
        private.post("/sessions/authorize", body).await.with(200);
        let session = public.with(text(&begun["session_key"]));
        let rights = TokenRights::Session { granted, ceiling };
        let shown = shown_otherwise(&session).await;
        for (id, place, secret) in &kept {
            let container = appkeep_domain::access::Container::parse(place).expect("is one");
            let decided =
                |permission| rights.decide(permission, &TokenPlace { id: Some(id), container: &container });
            let answer = session.get(&format!("/tokens/{id}")).await;
            let is_plain = answer.text.contains(secret);
            let why = format!("{id} in {place}: {}\n{rights:?}", answer.text);
            match decided(Permission::TokenRead) {
                AccessDecision::Denied(_) => {
                    assert!(answer.status == 403 && !is_plain, "{why}");
                    refused += 1;
                }
                AccessDecision::Allowed { transform, .. } => {
                    assert_eq!(
                        (answer.status.as_u16(), is_plain),
                        (200, transform == Transform::Reveal),
                        "{why}"
                    );
                    *if is_plain { &mut plain } else { &mut masked } += 1;
                }
            }
            let may_be_told = [Permission::TokenRead, Permission::TokenSearch]
                .into_iter()
                .any(|permission| decided(permission).transform() == Some(Transform::Reveal));
            assert!(may_be_told || !shown.contains(secret), "{id} in {place}: {shown}\n{rights:?}");
        }
    }
    assert!(plain > 5 && masked > 5 && refused > 5, "{plain} {masked} {refused}");
}

/// All that lists, searches and documents tell.
async fn shown_otherwise(session: &Client<'_>) -> String {
    let mut shown = session.get("/v2/tokens").await.text + &session.get("/tokens").await.text;
    for path in ["/v2/tokens/search", "/tokens/search"] {
        shown += &session.post(path, json!({ "query": "metadata.kept:yes" })).await.text;
    }
    for number in 0..PLACES.len() {
        let document = json!([format!("{{{{ token-{number} }}}}")]);
        shown += &session.post("/detokenize", document).await.text;
    }
    shown
}
