//! A walk by chance through everything that can be done to tokens, by callers
//! under rules made up by chance: nobody is told what their rules do not reveal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use appkeep_domain::access::{
    AccessPolicy, AccessRule, Attribute, Condition, Operator, Permission, RuleScope, TokenPlace, TokenRights,
    Transform,
};
use appkeep_service::{
    NewToken, NumberedQuery, PageQuery, TokenPatch, TokenQuery, TokenView, Vault, VaultCaller,
};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::rules::{container, everything, rule, token};
use crate::harness::TestApp;

on_each_database![nobody_is_told_what_their_rules_do_not_reveal];

pub(crate) const PLACES: [&str; 6] = ["/", "/users/", "/users2/", "/users/jedis/", "/pci/", "/pci/high/"];
const STEPS: usize = 640;
const TURN: usize = 8;
const SEED: u64 = 0x5eed_0007;

/// xorshift64*: enough for a walk.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(drawn).expect("31 bits") % bound
    }

    fn one_of<T: Copy>(&mut self, these: &[T]) -> T {
        these[self.below(these.len())]
    }
}

/// Never reveals of itself what is read: whatever does is a rule.
pub(crate) fn rules(chance: &mut Chance, is_of_session: bool) -> Vec<AccessRule> {
    use Permission::{TokenCreate, TokenDelete, TokenRead, TokenSearch, TokenUpdate};
    let permissions = [TokenCreate, TokenRead, TokenUpdate, TokenDelete, TokenSearch];
    let count = chance.below(6);
    (1..=count)
        .map(|priority| {
            let transform =
                chance.one_of(&[Transform::Redact, Transform::Mask, Transform::Mask, Transform::Reveal]);
            let some: Vec<Permission> = permissions.into_iter().filter(|_| chance.below(2) == 0).collect();
            let place = chance.one_of(&PLACES);
            let mut rule = rule(u32::try_from(priority).expect("is small"), place, transform, &some);
            if is_of_session && chance.below(2) == 0 {
                rule.scope = RuleScope::Conditions(conditions(chance));
            }
            rule
        })
        .collect()
}

/// One or two, which may well contradict each other.
fn conditions(chance: &mut Chance) -> Vec<Condition> {
    let one = |chance: &mut Chance| {
        let operator = chance.one_of(&[Operator::Equals, Operator::StartsWith]);
        if chance.below(2) == 0 {
            return Condition::new(Attribute::Container, operator, chance.one_of(&PLACES));
        }
        Condition::new(Attribute::Id, operator, chance.one_of(&["token-", "token-1", "token-2", "2"]))
    };
    (0..=chance.below(2)).map(|_| one(chance)).collect()
}

fn policy(chance: &mut Chance, is_of_session: bool) -> Arc<AccessPolicy> {
    use Permission::{TokenCreate, TokenRead, TokenSearch, TokenUpdate, TokenUse};
    let all = [TokenCreate, TokenRead, TokenUpdate, TokenSearch, TokenUse];
    let some: Vec<Permission> = all.into_iter().filter(|_| chance.below(3) == 0).collect();
    Arc::new(AccessPolicy::new(&some, &rules(chance, is_of_session)))
}

fn rights(chance: &mut Chance) -> TokenRights {
    match chance.below(3) {
        0 => TokenRights::Session { granted: policy(chance, true), ceiling: policy(chance, false) },
        _ => TokenRights::Policy(policy(chance, false)),
    }
}

/// Whether some right of theirs reveals the token where it is.
fn may_be_told(caller: &VaultCaller, id: &str, at: &str) -> bool {
    let container = container(at);
    let place = TokenPlace { id: Some(id), container: &container };
    [Permission::TokenRead, Permission::TokenSearch, Permission::TokenUpdate, Permission::TokenCreate]
        .into_iter()
        .any(|permission| caller.rights.decide(permission, &place).transform() == Some(Transform::Reveal))
}

/// Where the tokens are that are there.
async fn places(vault: &Vault, all: &VaultCaller, ids: &[String]) -> BTreeMap<String, String> {
    let mut places = BTreeMap::new();
    for id in ids {
        if let Ok(found) = vault.get(all, id).await {
            places.insert(id.clone(), found.container.as_str().to_owned());
        }
    }
    places
}

/// What there is to do.
const WAYS: usize = 13;

async fn step(
    vault: &Vault,
    caller: &VaultCaller,
    (chance, way, ids): (&mut Chance, usize, &[String]),
) -> Result<String, String> {
    let id = chance.one_of(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let mask = chance.one_of(&["{{ data }}", "{{ data.secret }}", "{{ data.secret | slice: 0, 30 }}", "x"]);
    let place = chance.one_of(&PLACES).to_owned();
    let show = |view: &TokenView| json!(format!("{view:?}"));
    let (page, numbers) = (PageQuery::default(), NumberedQuery::default());
    let by_metadata =
        TokenQuery { metadata: Some(("kept".to_owned(), "yes".to_owned())), ..TokenQuery::default() };
    match way {
        0 => told(vault.get(caller, id).await),
        1 => {
            let query =
                TokenQuery { container: (chance.below(2) == 0).then_some(place), ..TokenQuery::default() };
            told(vault.list(caller, &query, &page).await)
        }
        2 => told(vault.search(caller, &by_metadata, &page).await),
        3 => told(vault.list_numbered(caller, &TokenQuery::default(), numbers).await),
        4 => {
            let patch = TokenPatch {
                mask: (chance.below(2) == 0).then(|| json!(mask)),
                containers: (chance.below(2) == 0).then(|| vec![place]),
                data: (chance.below(3) == 0).then(|| json!({ "more": "mine" })),
                search_indexes: (chance.below(4) == 0).then(|| vec![mask.to_owned()]),
                ..TokenPatch::default()
            };
            told(vault.update(caller, id, patch).await)
        }
        5 => {
            let new = NewToken {
                id: Some(id.to_owned()),
                mask: Some(Some(json!(mask))).into(),
                fingerprint_expression: Some("{{ data.key }}".to_owned()),
                deduplicate: Some(true),
                ..token(&place, json!({ "key": format!("key of {id}") }))
            };
            told(vault.create(caller, new).await)
        }
        6 => told(vault.detokenize(caller, &json!(format!("{{{{ {id} }}}}")), &show).await),
        7 => told(vault.detokenize(caller, &json!([format!("{{{{ token: {id} }}}}")]), &show).await),
        8 => {
            // The same data by its fingerprint, in a document.
            let read = |value: &Value| {
                let data = json!({ "key": format!("key of {id}"), "secret": value["data"] });
                let expression = Some("{{ data.key }}".to_owned());
                Ok(NewToken {
                    fingerprint_expression: expression,
                    deduplicate: Some(true),
                    ..token(&place, data)
                })
            };
            let document = json!({ "a": { "type": "token", "data": "own" }, "b": "own" });
            told(vault.tokenize(caller, &document, &read).await)
        }
        9 => told(vault.search_numbered(caller, &by_metadata, numbers).await),
        10 => {
            let index = format!("hush-0{}-never-to-be-told", chance.below(8));
            let query = TokenQuery { data: Some(index), ..TokenQuery::default() };
            told(vault.search(caller, &query, &page).await)
        }
        11 => {
            let (data, metadata) = steering(chance);
            told(vault.update(caller, id, TokenPatch { data, metadata, ..TokenPatch::default() }).await)
        }
        _ => told(vault.delete(caller, id).await),
    }
}

/// All of an answer, be it a refusal.
fn told<T: std::fmt::Debug, E: std::fmt::Debug>(answer: Result<T, E>) -> Result<String, String> {
    answer.map(|answer| format!("{answer:?}")).map_err(|refusal| format!("{refusal:?}"))
}

fn secret(number: usize) -> String {
    format!("hush-{number:02}-never-to-be-told")
}

/// Each shows the end of it, and some show more where what is beside it is
/// another.
const MASKS: [&str; 6] = [
    "{{ data.secret | slice: -2, 2 }}",
    "{{ data.secret | slice: 0, data.n }}",
    "{{ data.secret | slice: 0, metadata.n }}",
    "{{ data[data.at] | slice: 0, 20 }}",
    "{{ data.more | default: data.key }}{{ data[metadata.at] }}",
    "{{ data | stringify | slice: 0, 40 }}",
];

/// What those change who would see more.
fn steering(chance: &mut Chance) -> (Option<Value>, Option<Value>) {
    let data = [json!({ "n": 40 }), json!({ "at": "secret" }), json!({ "key": null, "at": null, "n": null })];
    let metadata = [json!({ "n": "40" }), json!({ "at": "secret" })];
    match chance.below(5) {
        at @ 0..=2 => (Some(data[at].clone()), None),
        at => (None, Some(metadata[at - 3].clone())),
    }
}

/// The token as it is when a caller's turn begins: whoever may see it plain may
/// say what others are shown, and where it is.
async fn put_back(
    vault: &Vault,
    all: &VaultCaller,
    (number, id): (usize, &str),
    (place, mask): (&str, &str),
) {
    let data = json!({ "secret": secret(number), "key": format!("key of {id}"), "n": 2, "at": "n" });
    let new = NewToken {
        id: Some(id.to_owned()),
        mask: Some(Some(json!({ "shown": mask }))).into(),
        metadata: [("kept", "yes"), ("n", "2"), ("at", "n")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        fingerprint_expression: Some("{{ data.key }}".to_owned()),
        search_indexes: Some(vec!["{{ data.secret }}".to_owned()]),
        ..token(place, data)
    };
    // Or one that only says that it is this one.
    vault.delete(all, id).await.ok();
    vault.create(all, new).await.expect("is made");
}

async fn nobody_is_told_what_their_rules_do_not_reveal(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (vault, all) = (app.vault(), everything(&app));
    let mut chance = Chance(SEED);
    let ids: Vec<String> = (0..8).map(|number| format!("token-{number}")).collect();
    let (mut revealed, mut hidden, mut done) = (0, 0, BTreeSet::new());
    for _ in 0..STEPS / TURN {
        for (number, id) in ids.iter().enumerate() {
            put_back(&vault, &all, (number, id), (chance.one_of(&PLACES), chance.one_of(&MASKS))).await;
        }
        let caller = app.vault_caller(rights(&mut chance));
        // What they could see they may have told themselves by a mask.
        let (mut could, mut before) = (BTreeSet::new(), places(&vault, &all, &ids).await);
        for _ in 0..TURN {
            let way = chance.below(WAYS);
            let answer = step(&vault, &caller, (&mut chance, way, &ids)).await;
            done.extend(answer.is_ok().then_some(way));
            let after = places(&vault, &all, &ids).await;
            let (Ok(answer) | Err(answer)) = answer;
            for (number, id) in ids.iter().enumerate() {
                let is_told = answer.contains(&secret(number)[..10]);
                let may = before.get(id).is_some_and(|place| may_be_told(&caller, id, place));
                could.extend(may.then_some(id));
                assert!(!is_told || could.contains(id), "{id}: {answer}\n{:?}", caller.rights);
                revealed += usize::from(is_told);
            }
            hidden += usize::from(!answer.contains("hush"));
            before = after;
        }
    }
    // The walk got everywhere: it was told things, and was not told others.
    assert!(revealed > 0 && hidden > STEPS / 4, "{revealed} {hidden}");
    assert_eq!(done.len(), WAYS, "{done:?}");
    assert!(!format!("{:?}", database.dump().await).contains("hush"));
}
