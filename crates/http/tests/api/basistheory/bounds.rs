//! Lists that are long, wide or far away.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::tokens::{rule, under_rules, with_permissions};
use super::{Client, refused, text};
use crate::harness::TestApp;

on_each_database![
    a_list_goes_on_behind_many_empty_containers,
    a_page_has_room_for_so_much,
    what_no_token_can_have_finds_none,
];

/// The ids on each page, to the end.
async fn pages(client: &Client<'_>, query: &str) -> Vec<Vec<String>> {
    const MOST: usize = 40;
    let (mut pages, mut start) = (Vec::new(), String::new());
    while pages.len() < MOST {
        let page = client.get(&format!("/v2/tokens?{query}&start={start}")).await.ok();
        let tokens = page["data"].as_array().expect("a list");
        pages.push(tokens.iter().map(|token| text(&token["id"]).to_owned()).collect());
        let Some(next) = page["pagination"]["next"].as_str() else { return pages };
        next.clone_into(&mut start);
    }
    panic!("{query} has no end: {pages:?}");
}

async fn a_list_goes_on_behind_many_empty_containers(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let mut rules: Vec<Value> =
        (0..240).map(|number| rule(number + 1, &format!("/q{number}/"), "mask", &["token:read"])).collect();
    rules.push(rule(300, "/", "redact", &["token:create"]));
    let holder = under_rules(&managing, &rules).await;
    for (id, container) in [("first", "/q99/"), ("within", "/q99/more/"), ("last", "/q0/"), ("hidden", "/r/")]
    {
        app.clock.advance_micros(1_000);
        let new = json!({ "id": id, "type": "token", "data": "x", "containers": [container] });
        holder.post("/tokens", new).await.with(201);
    }
    for query in ["size=20", "size=1"] {
        let found: Vec<String> = pages(&holder, query).await.into_iter().flatten().collect();
        assert_eq!(found, ["within", "first", "last"], "{query}");
    }
    assert_eq!(holder.get("/tokens").await.ok()["pagination"]["total_items"], 3);
}

async fn a_page_has_room_for_so_much(database: TestDatabase) {
    const EACH: usize = 20;
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let rules = [rule(1, "/", "mask", &["token:read"]), rule(2, "/", "redact", &["token:create"])];
    let holder = under_rules(&managing, &rules).await;
    let hard = "{{ data | pad_left: 500000, 'x' | slice: 0, 1 }}";
    for (container, mask) in [
        // Long to write, and little that takes long to make.
        ("/wide/", json!("{{ data | pad_left: 520000, 'x' }}")),
        ("/hard/", json!([hard, hard, hard])),
    ] {
        for number in 0..EACH {
            let id = format!("{}{number:02}", &container[1..5]);
            let new =
                json!({ "id": id, "type": "token", "data": "x", "containers": [container], "mask": mask });
            holder.post("/tokens", new).await.with(201);
        }
        let query = format!("container={container}&size=100");
        let whole = holder.get(&format!("/v2/tokens?{query}")).await;
        assert!(whole.text.len() < 9 * 1_024 * 1_024, "{container}: {}", whole.text.len());
        let found = pages(&holder, &query).await;
        assert_eq!((found.len() > 1, found.concat().len()), (true, EACH), "{container}");
        assert!(found.iter().all(|page| !page.is_empty()), "{container}");
        // By number no page is left half empty: one is told to ask for fewer.
        let numbered = holder.get(&format!("/tokens?{query}")).await;
        assert_eq!(refused(numbered, 400), ["size"], "{container}");
        let fewer = holder.get(&format!("/tokens?container={container}&size=5")).await.ok();
        assert_eq!(
            (&fewer["pagination"]["total_items"], fewer["data"].as_array().map(Vec::len)),
            (&json!(EACH), Some(5))
        );
    }
    // What has to be written out is six times as long as it is.
    let mask = "{{ data | pad_left: 500000, '\u{1}' }}";
    let new = json!({ "type": "token", "data": "x", "containers": ["/odd/"], "mask": { "shown": mask, "rest": 1 } });
    holder.post("/tokens", new).await.with(201);
    let odd = holder.get("/tokens?container=/odd/").await.ok();
    assert_eq!(odd["data"][0]["data"], json!({ "rest": 1 }));
}

async fn what_no_token_can_have_finds_none(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let holder = with_permissions(&managing, &["token:create", "token:read", "token:search"]).await;
    for number in 0..6 {
        let new =
            json!({ "type": "token", "data": number, "metadata": { "a": "b" }, "deduplicate_token": true });
        holder.post("/tokens", new).await.with(201);
    }
    let none = |answer: Value| assert_eq!(answer["data"], json!([]), "{answer}");
    let long = "1".repeat(101);
    for fingerprint in ["%00", "0", "a%20b", &long, "1111"] {
        for path in ["/tokens", "/v2/tokens"] {
            none(holder.get(&format!("{path}?fingerprint={fingerprint}")).await.ok());
        }
    }
    for path in ["/tokens/search", "/v2/tokens/search"] {
        none(holder.post(path, json!({ "query": "fingerprint:\u{0}" })).await.ok());
    }
    let full = app.full().await;
    assert_eq!(full.get("/vault/tokens?fingerprint=%00").await.ok()["data"], json!([]));
    // What cannot be understood is not passed over, for then it would find all.
    for filter in
        ["metadata=nope", "metadata=%7B%22a%22%3A1%7D", "metadata=%5B%5D", "metadata.=b", "metadata%5Ba=b"]
    {
        for path in ["/tokens", "/v2/tokens"] {
            assert_eq!(refused(holder.get(&format!("{path}?{filter}")).await, 400), ["metadata"], "{filter}");
        }
    }
    none(holder.get("/v2/tokens?metadata.a=").await.ok());
    assert_eq!(holder.get("/v2/tokens?metadata.a=b").await.ok()["data"].as_array().map(Vec::len), Some(6));
    // What comes after the end is empty, however far.
    for page in ["1000", "4294967295"] {
        let beyond = holder.get(&format!("/tokens?page={page}")).await.ok();
        assert_eq!((&beyond["data"], &beyond["pagination"]["total_items"]), (&json!([]), &json!(6)));
    }
    // A refusal speaks of what was sent.
    let answer = holder.get("/tokens?size=101").await;
    assert_eq!(answer.body["detail"], "size: is not from 1 to 100", "{}", answer.text);
}
