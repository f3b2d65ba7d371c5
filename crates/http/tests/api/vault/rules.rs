//! What the holders of keys and sessions see and do, by their rules.

use std::sync::Arc;

use appkeep_domain::access::{
    AccessPolicy, AccessRule, Attribute, Condition, Container, Operator, Permission, RuleScope, TokenRights,
    Transform,
};
use appkeep_service::{
    Error, ErrorCode, NewToken, NumberedQuery, PageQuery, TokenPatch, TokenQuery, TokenView, Vault,
    VaultCaller,
};
use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    data_is_governed_container_by_container,
    the_rule_that_comes_first_decides,
    a_token_that_is_there_and_not_ones_own_is_forbidden,
    a_move_needs_both_containers,
    a_session_does_no_more_than_who_granted_it,
    a_list_is_cut_short_and_goes_on,
    whoever_may_not_read_what_is_found_again_is_told_little,
];

pub(super) fn container(raw: &str) -> Container {
    Container::parse(raw).expect(raw)
}

pub(super) fn rule(
    priority: u32,
    within: &str,
    transform: Transform,
    permissions: &[Permission],
) -> AccessRule {
    AccessRule {
        description: String::new(),
        priority,
        scope: RuleScope::Container(container(within)),
        transform,
        permissions: permissions.to_vec(),
    }
}

fn policy(permissions: &[Permission], rules: &[AccessRule]) -> Arc<AccessPolicy> {
    Arc::new(AccessPolicy::new(permissions, rules))
}

fn holder(app: &TestApp, permissions: &[Permission], rules: &[AccessRule]) -> VaultCaller {
    app.vault_caller(TokenRights::Policy(policy(permissions, rules)))
}

pub(super) fn everything(app: &TestApp) -> VaultCaller {
    app.vault_caller(TokenRights::Scopes { reads: true, reveals: true, writes: true })
}

pub(super) fn token(within: &str, data: Value) -> NewToken {
    NewToken {
        token_type: "token".to_owned(),
        data,
        containers: vec![within.to_owned()],
        ..NewToken::default()
    }
}

fn code<T: std::fmt::Debug>(refused: Result<T, Error>) -> ErrorCode {
    refused.expect_err("is refused").code()
}

async fn listed(vault: &Vault, caller: &VaultCaller) -> Vec<TokenView> {
    let query = TokenQuery::default();
    let page = vault.list(caller, &query, &PageQuery::default()).await.expect("is a list");
    let numbered = vault.list_numbered(caller, &query, NumberedQuery::default()).await.expect("is a list");
    assert_eq!((&numbered.items, numbered.total), (&page.items, page.items.len() as u64));
    assert!(numbered.total_is_exact && page.next_cursor.is_none());
    page.items
}

async fn data_is_governed_container_by_container(database: TestDatabase) {
    use Permission::{TokenCreate, TokenRead};
    let app = TestApp::start(&database).await;
    let vault = app.vault();
    let rules = [
        rule(1, "/", Transform::Mask, &[TokenCreate]),
        rule(2, "/users/government/", Transform::Redact, &[TokenRead]),
        rule(3, "/users/employees/", Transform::Reveal, &[TokenRead]),
        rule(4, "/users/", Transform::Mask, &[TokenRead]),
    ];
    let caller = holder(&app, &[], &rules);
    let mask = json!({
        "first": "{{ data.first | slice: 0 }}",
        "ssn": "{{ data.ssn | reveal_last: 4 }}",
        "mail": "{{ data.mail | split: '@' | last }}",
    });
    let data = json!({ "first": "Leia", "ssn": "111-22-3333", "mail": "leia@rebels.org" });
    let masked = json!({ "first": "L", "ssn": "XXX-XX-3333", "mail": "rebels.org" });
    for within in ["/users/jedis/", "/users/employees/", "/users/government/", "/bounty-hunters/"] {
        let new = NewToken { mask: Some(Some(mask.clone())).into(), ..token(within, data.clone()) };
        let created = vault.create(&caller, new).await.expect("is made");
        assert_eq!(created.token.data.as_ref(), Some(&masked), "{within}");
    }
    let seen = listed(&vault, &caller).await;
    let seen: Vec<(&str, Option<&Value>)> =
        seen.iter().map(|token| (token.container.as_str(), token.data.as_ref())).collect();
    let expected =
        [("/users/jedis/", Some(&masked)), ("/users/government/", None), ("/users/employees/", Some(&data))];
    assert_eq!(seen, expected);
}

async fn the_rule_that_comes_first_decides(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (vault, all) = (app.vault(), everything(&app));
    let read = &[Permission::TokenRead];
    let rules = [rule(1, "/pci/high/", Transform::Mask, read), rule(2, "/pci/", Transform::Reveal, read)];
    let caller = holder(&app, &[], &rules);
    for (within, shown) in [("/pci/high/", json!("XXXX5678")), ("/pci/low/", json!("12345678"))] {
        let mask = Some(Some(json!("{{ data | reveal_last: 4 }}"))).into();
        let made = vault.create(&all, NewToken { mask, ..token(within, json!("12345678")) }).await;
        let id = made.expect("is made").token.id;
        let seen = vault.get(&caller, id.as_str()).await.expect("is shown");
        assert_eq!(seen.data, Some(shown), "{within}");
    }
    // A plain permission shows the mask, and after every rule.
    let plain = holder(&app, read, &rules[1..]);
    assert_eq!(listed(&vault, &plain).await.len(), 2);
}

async fn a_token_that_is_there_and_not_ones_own_is_forbidden(database: TestDatabase) {
    use Permission::{TokenCreate, TokenDelete, TokenRead, TokenSearch, TokenUpdate};
    let app = TestApp::start(&database).await;
    let (vault, all) = (app.vault(), everything(&app));
    let id = vault.create(&all, token("/theirs/", json!("hush"))).await.expect("is made").token.id;
    let id = id.as_str();
    let five = [TokenCreate, TokenRead, TokenUpdate, TokenDelete, TokenSearch];
    let elsewhere = holder(&app, &[], &[rule(1, "/ours/", Transform::Reveal, &five)]);
    let nothing = holder(&app, &[Permission::TokenUse], &[]);
    for (caller, missing) in [(&elsewhere, ErrorCode::TokenNotFound), (&nothing, ErrorCode::Forbidden)] {
        let patch = TokenPatch::default;
        assert_eq!(code(vault.get(caller, id).await), ErrorCode::Forbidden);
        assert_eq!(code(vault.update(caller, id, patch()).await), ErrorCode::Forbidden);
        assert_eq!(code(vault.delete(caller, id).await), ErrorCode::Forbidden);
        assert_eq!(code(vault.create(caller, token("/theirs/", json!(1))).await), ErrorCode::Forbidden);
        assert_eq!(code(vault.get(caller, "nothing").await), missing);
        assert_eq!(code(vault.update(caller, "nothing", patch()).await), missing);
        assert_eq!(code(vault.delete(caller, "nothing").await), missing);
    }
    // A list drops what may not be read; naming a container asks for it.
    assert!(listed(&vault, &elsewhere).await.is_empty());
    for within in ["/theirs/", "/"] {
        let query = TokenQuery { container: Some(within.to_owned()), ..TokenQuery::default() };
        let refused = vault.list(&elsewhere, &query, &PageQuery::default()).await;
        assert_eq!(code(refused), ErrorCode::Forbidden, "{within}");
        let refused = vault.search(&elsewhere, &query, &PageQuery::default()).await;
        assert_eq!(code(refused), ErrorCode::Forbidden, "{within}");
    }
    let refused = vault.list(&nothing, &TokenQuery::default(), &PageQuery::default()).await;
    assert_eq!(code(refused), ErrorCode::Forbidden);
    let show = |view: &TokenView| json!(view.id.as_str());
    let document = json!([format!("{{{{ {id} }}}}")]);
    assert_eq!(code(vault.detokenize(&elsewhere, &document, &show).await), ErrorCode::Forbidden);
    assert_eq!(vault.get(&all, id).await.expect("is there").data, Some(json!("hush")));
}

async fn a_move_needs_both_containers(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (vault, all) = (app.vault(), everything(&app));
    let update = &[Permission::TokenUpdate];
    let rules = [rule(1, "/from/", Transform::Reveal, update), rule(2, "/to/", Transform::Mask, update)];
    let caller = holder(&app, &[], &rules);
    let id = vault.create(&all, token("/from/", json!("hush"))).await.expect("is made").token.id;
    let moved =
        |within: &str| TokenPatch { containers: Some(vec![within.to_owned()]), ..TokenPatch::default() };
    assert_eq!(code(vault.update(&caller, id.as_str(), moved("/elsewhere/")).await), ErrorCode::Forbidden);
    // What is shown is the lesser of both.
    let echo = vault.update(&caller, id.as_str(), moved("/to/")).await.expect("is moved");
    assert_eq!((echo.container.as_str(), echo.data), ("/to/", None));
    // Where more is shown it is not moved to, but by whoever sends it all.
    assert_eq!(code(vault.update(&caller, id.as_str(), moved("/from/")).await), ErrorCode::Forbidden);
    let own = TokenPatch { data: Some(json!("own")), ..moved("/from/") };
    assert_eq!(vault.update(&caller, id.as_str(), own).await.expect("is moved").container.as_str(), "/from/");
    vault.update(&caller, id.as_str(), moved("/to/")).await.expect("is moved");
    let from_elsewhere = holder(&app, &[], &rules[..1]);
    assert_eq!(code(vault.update(&from_elsewhere, id.as_str(), moved("/from/")).await), ErrorCode::Forbidden);
    assert_eq!(vault.get(&all, id.as_str()).await.expect("is there").container.as_str(), "/to/");
}

async fn a_session_does_no_more_than_who_granted_it(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (vault, all) = (app.vault(), everything(&app));
    let mut ids = Vec::new();
    for within in ["/a/", "/b/"] {
        let id = vault.create(&all, token(within, json!("hush"))).await.expect("is made").token.id;
        ids.push(id.as_str().to_owned());
    }
    let read = vec![Permission::TokenRead];
    let conditional = AccessRule {
        description: String::new(),
        priority: 1,
        scope: RuleScope::Conditions(vec![
            Condition::new(Attribute::Id, Operator::Equals, &ids[0]),
            Condition::new(Attribute::Container, Operator::StartsWith, "/A"),
        ]),
        transform: Transform::Reveal,
        permissions: read.clone(),
    };
    let session = |ceiling: Arc<AccessPolicy>| {
        let granted = policy(&[], &[conditional.clone(), rule(2, "/b/", Transform::Mask, &read)]);
        app.vault_caller(TokenRights::Session { granted, ceiling })
    };
    let whole = session(policy(&read, &[]));
    assert_eq!(vault.get(&whole, &ids[0]).await.expect("is shown").data, Some(json!("hush")));
    assert_eq!(vault.get(&whole, &ids[1]).await.expect("is shown").data, None);
    assert_eq!(listed(&vault, &whole).await.len(), 2);
    let less = session(policy(&[], &[rule(1, "/a/", Transform::Redact, &read)]));
    assert_eq!(vault.get(&less, &ids[0]).await.expect("is shown").data, Some(json!("hush")));
    assert_eq!(code(vault.get(&less, &ids[1]).await), ErrorCode::Forbidden);
    assert_eq!(listed(&vault, &less).await.len(), 1);
    let none = session(policy(&[Permission::TokenUse], &[]));
    assert_eq!(code(vault.get(&none, &ids[0]).await), ErrorCode::Forbidden);
}

async fn a_list_is_cut_short_and_goes_on(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (vault, all) = (app.vault(), everything(&app));
    for number in 0..30 {
        let within = format!("/c{:02}/", number % 10);
        vault.create(&all, token(&within, json!(number))).await.expect("is made");
    }
    let read = &[Permission::TokenRead];
    let rules: Vec<AccessRule> = [3, 5, 9]
        .into_iter()
        .map(|number| rule(number, &format!("/c{number:02}/"), Transform::Reveal, read))
        .collect();
    let caller = holder(&app, &[], &rules);
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = PageQuery { cursor, limit: Some(2) };
        let page = vault.list(&caller, &TokenQuery::default(), &page).await.expect("is a list");
        seen.extend(page.items.into_iter().map(|token| token.container.to_string()));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let expected = ["/c09/", "/c05/", "/c03/"].map(|within| [within; 3]).concat();
    assert_eq!(seen, expected);
    let query = TokenQuery { container: Some("/c05/".to_owned()), ..TokenQuery::default() };
    let page = vault.list(&caller, &query, &PageQuery::default()).await.expect("is a list");
    assert_eq!(page.items.len(), 3);
    let second = NumberedQuery { page: Some(2), per_page: Some(4) };
    let part = vault.list_numbered(&caller, &TokenQuery::default(), second).await.expect("is a list");
    assert_eq!((part.items.len(), part.total, part.total_pages()), (4, 9, 3));
    let beyond = NumberedQuery { page: Some(9), per_page: Some(4) };
    let part = vault.list_numbered(&caller, &TokenQuery::default(), beyond).await.expect("is a list");
    assert_eq!((part.items.len(), part.total), (0, 9));
    // What is not counted is not said to be empty.
    let deep = NumberedQuery { page: Some(200), per_page: Some(100) };
    let part = vault.list_numbered(&caller, &TokenQuery::default(), deep).await.expect("is a list");
    assert_eq!((part.items.len(), part.total, part.total_is_exact), (0, 9, true));
    let many: Vec<AccessRule> =
        (1..=1_001).map(|number| rule(number, &format!("/d{number}/"), Transform::Reveal, read)).collect();
    let caller = holder(&app, &[], &many);
    let refused = vault.list_numbered(&caller, &TokenQuery::default(), deep).await;
    assert_eq!(code(refused), ErrorCode::InvalidRequest);
}

async fn whoever_may_not_read_what_is_found_again_is_told_little(database: TestDatabase) {
    use Permission::{TokenCreate, TokenRead, TokenUpdate};
    let app = TestApp::start(&database).await;
    let (vault, all) = (app.vault(), everything(&app));
    let new = |within: &str| NewToken {
        deduplicate: Some(true),
        mask: Some(Some(json!("{{ data | slice: 0 }}"))).into(),
        ..token(within, json!("hush"))
    };
    let first = vault.create(&all, new("/a/")).await.expect("is made").token.id;
    let creator = holder(&app, &[TokenCreate], &[rule(1, "/", Transform::Reveal, &[TokenCreate])]);
    let again = vault.create(&creator, new("/b/")).await.expect("is found");
    assert!(again.is_bare && again.deduplicated && again.token.id == first && again.token.data.is_none());
    let reader = holder(&app, &[TokenCreate, TokenRead], &[rule(1, "/", Transform::Reveal, &[TokenCreate])]);
    let again = vault.create(&reader, new("/b/")).await.expect("is found");
    assert!(!again.is_bare && again.deduplicated);
    assert_eq!(again.token.data, Some(json!("h")));
    // In its place it is put by whoever may change it where it is, and where it comes to be.
    let full = app.full().await;
    full.patch("/tenant", json!({ "token_deduplication_behavior": "update_existing" })).await.ok();
    assert_eq!(code(vault.create(&creator, new("/b/")).await), ErrorCode::Forbidden);
    let updater = holder(&app, &[TokenCreate], &[rule(1, "/a/", Transform::Mask, &[TokenUpdate])]);
    assert_eq!(code(vault.create(&updater, new("/b/")).await), ErrorCode::Forbidden);
    assert!(vault.create(&updater, new("/a/")).await.expect("is changed").deduplicated);
}
