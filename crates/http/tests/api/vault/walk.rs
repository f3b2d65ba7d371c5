//! A walk by chance through everything that can be done to tokens, by callers
//! under rules made up by chance: nobody is told what their rules do not reveal.

use std::sync::Arc;

use appkeep_domain::access::{AccessPolicy, AccessRule, Permission, TokenPlace, TokenRights, Transform};
use appkeep_service::{
    NewToken, NumberedQuery, PageQuery, TokenPatch, TokenQuery, TokenView, Tokenized, Vault, VaultCaller,
};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::rules::{container, everything, rule, token};
use crate::harness::TestApp;

on_each_database![nobody_is_told_what_their_rules_do_not_reveal];

const PLACES: [&str; 6] = ["/", "/users/", "/users2/", "/users/jedis/", "/pci/", "/pci/high/"];
const STEPS: usize = 400;
const SEED: u64 = 0x5eed_0007;

/// xorshift64*: enough for a walk.
struct Chance(u64);

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
fn rules(chance: &mut Chance) -> Vec<AccessRule> {
    use Permission::{TokenCreate, TokenDelete, TokenRead, TokenSearch, TokenUpdate};
    let permissions = [TokenCreate, TokenRead, TokenUpdate, TokenDelete, TokenSearch];
    let count = chance.below(6);
    (1..=count)
        .map(|priority| {
            let transform =
                chance.one_of(&[Transform::Redact, Transform::Mask, Transform::Mask, Transform::Reveal]);
            let some: Vec<Permission> = permissions.into_iter().filter(|_| chance.below(2) == 0).collect();
            let place = chance.one_of(&PLACES);
            rule(u32::try_from(priority).expect("is small"), place, transform, &some)
        })
        .collect()
}

fn policy(chance: &mut Chance) -> Arc<AccessPolicy> {
    use Permission::{TokenCreate, TokenRead, TokenSearch, TokenUpdate, TokenUse};
    let all = [TokenCreate, TokenRead, TokenUpdate, TokenSearch, TokenUse];
    let some: Vec<Permission> = all.into_iter().filter(|_| chance.below(3) == 0).collect();
    Arc::new(AccessPolicy::new(&some, &rules(chance)))
}

fn rights(chance: &mut Chance) -> TokenRights {
    match chance.below(4) {
        0 => TokenRights::Session { granted: policy(chance), ceiling: policy(chance) },
        _ => TokenRights::Policy(policy(chance)),
    }
}

/// Whether some rule of theirs reveals a token that is there, wherever they
/// could have moved it: in every container that they may change.
fn may_be_told(caller: &VaultCaller, id: &str) -> bool {
    PLACES.iter().any(|place| {
        let container = container(place);
        let place = TokenPlace { id: Some(id), container: &container };
        let reveals =
            |permission| caller.rights.decide(permission, &place).transform() == Some(Transform::Reveal);
        [Permission::TokenRead, Permission::TokenSearch, Permission::TokenUpdate, Permission::TokenCreate]
            .into_iter()
            .any(reveals)
    })
}

async fn step(vault: &Vault, caller: &VaultCaller, (chance, ids): (&mut Chance, &[String])) -> String {
    let id = chance.one_of(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let mask = chance.one_of(&["{{ data }}", "{{ data.secret }}", "{{ data.secret | slice: 0, 30 }}", "x"]);
    let place = chance.one_of(&PLACES).to_owned();
    let show = |view: &TokenView| json!(format!("{view:?}"));
    match chance.below(9) {
        0 => told(vault.get(caller, id).await),
        1 => {
            let query =
                TokenQuery { container: (chance.below(2) == 0).then_some(place), ..TokenQuery::default() };
            told(vault.list(caller, &query, &PageQuery::default()).await)
        }
        2 => {
            let query =
                TokenQuery { metadata: Some(("kept".to_owned(), "yes".to_owned())), ..TokenQuery::default() };
            told(vault.search(caller, &query, &PageQuery::default()).await)
        }
        3 => told(vault.list_numbered(caller, &TokenQuery::default(), NumberedQuery::default()).await),
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
        _ => {
            let read = |value: &Value| Ok(token("/", value["data"].clone()));
            let made: Result<Tokenized, _> = vault.tokenize(caller, &json!({ "a": "own" }), &read).await;
            told(made)
        }
    }
}

/// All of an answer, be it a refusal.
fn told<T: std::fmt::Debug, E: std::fmt::Debug>(answer: Result<T, E>) -> String {
    format!("{answer:?}")
}

async fn nobody_is_told_what_their_rules_do_not_reveal(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (vault, all) = (app.vault(), everything(&app));
    let mut chance = Chance(SEED);
    let secret = |number: usize| format!("hush-{number:02}-never-to-be-told");
    let mut ids = Vec::new();
    for number in 0..8 {
        let new = NewToken {
            id: Some(format!("token-{number}")),
            mask: Some(Some(json!({ "end": "{{ data.secret | slice: -2, 2 }}" }))).into(),
            metadata: [("kept".to_owned(), "yes".to_owned())].into(),
            fingerprint_expression: Some("{{ data.key }}".to_owned()),
            ..token(
                chance.one_of(&PLACES),
                json!({ "secret": secret(number), "key": format!("key of token-{number}") }),
            )
        };
        let made = vault.create(&all, new).await.expect("is made");
        ids.push(made.token.id.as_str().to_owned());
    }
    let (mut revealed, mut hidden) = (0, 0);
    for _ in 0..STEPS / 8 {
        let caller = app.vault_caller(rights(&mut chance));
        for _ in 0..8 {
            let answer = step(&vault, &caller, (&mut chance, &ids)).await;
            for (number, id) in ids.iter().enumerate() {
                let is_told = answer.contains(&secret(number)[..10]);
                assert!(!is_told || may_be_told(&caller, id), "{id}: {answer}\n{:?}", caller.rights);
                revealed += usize::from(is_told);
            }
            hidden += usize::from(!answer.contains("hush"));
        }
        // Whoever may see it plain may say what others are shown: that is undone.
        for id in &ids {
            let mask = json!({ "end": "{{ data.secret | slice: -2, 2 }}" });
            let patch =
                TokenPatch { mask: Some(mask), search_indexes: Some(Vec::new()), ..TokenPatch::default() };
            vault.update(&all, id, patch).await.expect("is changed");
        }
    }
    // The walk got somewhere: it was told things, and was not told others.
    assert!(revealed > 0 && hidden > STEPS / 4, "{revealed} {hidden}");
    assert!(!format!("{:?}", database.dump().await).contains("hush"));
}
