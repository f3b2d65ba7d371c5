//! `/tokens`, `/v2/tokens`, `/tokenize` and `/detokenize`.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{Client, refused, text};
use crate::harness::TestApp;

on_each_database![
    rules_decide_by_container_how_much_is_shown,
    what_is_more_sensitive_is_masked_within_what_is_revealed,
    a_token_is_made_read_changed_and_deleted,
    a_patch_is_a_merge_patch_or_unsupported,
    a_session_reveals_what_it_was_authorized_for,
    tokens_are_listed_and_searched_in_both_versions,
    what_no_search_can_ask_is_refused,
    a_document_is_tokenized_and_detokenized,
];

pub(super) fn rule(priority: u32, container: &str, transform: &str, permissions: &[&str]) -> Value {
    json!({
        "description": "", "priority": priority, "container": container, "transform": transform,
        "permissions": permissions,
    })
}

pub(super) async fn under_rules<'a>(managing: &Client<'a>, rules: &[Value]) -> Client<'a> {
    managing.holding(json!({ "name": "Rules", "type": "private", "rules": rules })).await
}

pub(super) async fn with_permissions<'a>(managing: &Client<'a>, permissions: &[&str]) -> Client<'a> {
    managing.holding(json!({ "name": "All", "type": "private", "permissions": permissions })).await
}

fn person(name: &str, container: &str) -> Value {
    json!({
        "type": "token", "containers": [container],
        "data": { "name": name, "ssn": "111-22-3333", "email": format!("{name}@example.com") },
        "mask": {
            "name": "{{ data.name | slice: 0 }}", "ssn": "{{ data.ssn | reveal_last: 4 }}",
            "email": "{{ data.email | split: '@' | last }}",
        },
    })
}

/// The data of tokens by their containers; `null` where there is none.
fn shown(tokens: &Value) -> Value {
    let tokens = tokens.as_array().expect("a list").iter();
    tokens.map(|token| (text(&token["containers"][0]).to_owned(), token["data"].clone())).collect()
}

pub(super) async fn patch(
    client: &Client<'_>,
    (path, media_type): (&str, &str),
    body: &Value,
) -> crate::harness::Answer {
    let request = client.request(Method::PATCH, path).header("content-type", media_type);
    client.send(request, body.to_string()).await
}

async fn rules_decide_by_container_how_much_is_shown(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let holder = under_rules(
        &managing,
        &[
            rule(1, "/", "mask", &["token:create"]),
            rule(2, "/users/government/", "redact", &["token:read"]),
            rule(3, "/users/employees/", "reveal", &["token:read"]),
            rule(4, "/users/", "mask", &["token:read"]),
        ],
    )
    .await;
    let masked = json!({ "name": "y", "ssn": "XXX-XX-3333", "email": "example.com" });
    let places = ["/users/jedis/", "/users/employees/", "/users/government/", "/bounty-hunters/"];
    let mut ids = Vec::new();
    for container in places {
        let made = holder.post("/tokens", person("yoda", container)).await.with(201);
        assert_eq!(made["data"], masked, "{container}");
        ids.push(text(&made["id"]).to_owned());
    }
    let plain = person("yoda", "/")["data"].clone();
    let expected = json!({ "/users/jedis/": masked, "/users/employees/": plain, "/users/government/": null });
    let first = holder.get("/tokens").await.ok();
    assert_eq!((&first["pagination"]["total_items"], shown(&first["data"])), (&json!(3), expected.clone()));
    let second = holder.get("/v2/tokens").await.ok();
    assert_eq!(shown(&second["data"]), expected);
    for (id, container) in ids.iter().zip(&places[..3]) {
        let token = holder.get(&format!("/tokens/{id}")).await.ok();
        assert_eq!(token.get("data").unwrap_or(&Value::Null), &expected[container], "{container}");
        assert!(token["mask"].is_object(), "the mask itself is always told");
    }
    refused(holder.get(&format!("/tokens/{}", ids[3])).await, 403);
    refused(holder.get("/tokens/nothing").await, 404);
    refused(managing.get(&format!("/tokens/{}", ids[0])).await, 403);
}

async fn what_is_more_sensitive_is_masked_within_what_is_revealed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let holder = under_rules(
        &managing,
        &[
            rule(1, "/pci/high/", "mask", &["token:read"]),
            rule(2, "/pci/", "reveal", &["token:read"]),
            rule(3, "/", "redact", &["token:create"]),
        ],
    )
    .await;
    for (container, data) in [("/pci/high/", "XXXXXXXXXXXX4242"), ("/pci/low/", "4242424242424242")] {
        let new = json!({ "type": "card_number", "data": "4242424242424242", "containers": [container] });
        let made = holder.post("/tokens", new).await.with(201);
        assert!(made.get("data").is_none(), "{made}");
        let token = holder.get(&format!("/tokens/{}", text(&made["id"]))).await.ok();
        assert_eq!(token["data"], data, "{container}");
    }
}

async fn a_token_is_made_read_changed_and_deleted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let all = ["token:create", "token:read", "token:update", "token:delete"];
    let holder = with_permissions(&managing, &all).await;
    let new = json!({
        "type": "token", "data": { "Some_Name": { "camelCase": 1 } }, "metadata": { "aB": "c" },
        "unknown": true, "id": "mine",
    });
    let made = holder.post("/tokens/", new.clone()).await.with(201);
    assert_eq!((&made["id"], &made["metadata"]), (&json!("mine"), &json!({ "aB": "c" })));
    assert_eq!(made["containers"], json!(["/general/high/"]));
    assert!(made.get("data").is_none(), "there is no mask, and so nothing is left");
    refused(holder.post("/tokens", new).await, 409);
    let luhn = json!({ "type": "card_number", "data": "4242424242424241" });
    assert_eq!(refused(holder.post("/tokens", luhn).await, 400), ["data"]);
    let other = with_permissions(&managing, &["token:create"]).await;
    refused(other.get("/tokens/mine").await, 403);
    refused(other.delete("/tokens/mine").await, 403);
    holder.delete("/tokens/mine/").await.with(204);
    refused(holder.get("/tokens/mine").await, 404);
    refused(holder.delete("/tokens/mine").await, 404);
}

async fn a_patch_is_a_merge_patch_or_unsupported(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let holder = with_permissions(&managing, &["token:create", "token:update", "token:read"]).await;
    let new = json!({ "type": "token", "data": { "foo": "bar", "bar": "foo" }, "mask": { "foo": "{{ data.foo }}" } });
    let made = holder.post("/tokens", new).await.with(201);
    let path = format!("/tokens/{}", text(&made["id"]));
    let change = json!({
        "data": { "foo": "newbar", "bar": null, "newfoo": "barbar" },
        "mask": { "newfoo": "{{ data.newfoo | reveal_last: 4, '#' }}" },
    });
    for media_type in ["application/json", "text/plain"] {
        refused(patch(&holder, (&path, media_type), &change).await, 415);
    }
    assert_eq!(holder.get(&path).await.ok()["data"], json!({ "foo": "bar" }));
    let merge = "application/merge-patch+json";
    // Only what its holder sees, or sends whole, is shown in another way.
    let peek = json!({ "mask": { "bar": "{{ data.bar }}" } });
    refused(patch(&holder, (&path, merge), &peek).await, 403);
    let changed = patch(&holder, (&path, merge), &change).await.ok();
    assert_eq!(changed["data"], json!({ "foo": "newbar", "newfoo": "##rbar" }));
    let revealing = under_rules(&managing, &[rule(1, "/", "reveal", &["token:read"])]).await;
    let plain = revealing.get(&path).await.ok();
    assert_eq!(plain["data"], json!({ "foo": "newbar", "newfoo": "barbar" }));
    assert_eq!(holder.get(&path).await.ok()["data"], changed["data"]);
}

async fn a_session_reveals_what_it_was_authorized_for(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let public = json!({ "name": "Page", "type": "public", "permissions": ["token:create"] });
    let public = managing.holding(public).await;
    let private = with_permissions(&managing, &["token:create", "token:read"]).await;
    let ours = public.post("/tokens", json!({ "type": "card_number", "data": "4242424242424242" })).await;
    let ours = text(&ours.with(201)["id"]).to_owned();
    let other = json!({ "type": "token", "data": "x", "containers": ["/other/"] });
    let other = text(&private.post("/tokens", other).await.with(201)["id"]).to_owned();
    let begun = public.act("/sessions").await.with(201);
    let condition = json!({ "attribute": "id", "operator": "equals", "value": ours });
    let authorization = json!({
        "nonce": begun["nonce"],
        "rules": [{
            "description": "", "priority": 1, "transform": "reveal", "permissions": ["token:read", "token:delete"],
            "conditions": [condition],
        }],
    });
    private.post("/sessions/authorize", authorization).await.with(200);
    let session = public.with(text(&begun["session_key"]));
    let path = format!("/tokens/{ours}");
    assert_eq!(session.get(&path).await.ok()["data"], "4242424242424242");
    assert_eq!(private.get(&path).await.ok()["data"], "XXXXXXXXXXXX4242");
    refused(session.get(&format!("/tokens/{other}")).await, 403);
    // Whoever authorized it may delete nothing, and so it does not either.
    refused(session.delete(&path).await, 403);
    refused(public.get(&path).await, 403);
}

async fn tokens_are_listed_and_searched_in_both_versions(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let holder = with_permissions(&managing, &["token:create", "token:read", "token:search"]).await;
    for number in 0..5 {
        app.clock.advance_micros(1_000);
        let new = json!({
            "id": format!("tok-{number}"), "type": "token", "data": format!("value {number}"),
            "metadata": { "user_id": if number < 3 { "a" } else { "B" } }, "search_indexes": ["{{ data }}"],
        });
        holder.post("/tokens", new).await.with(201);
    }
    let ids = |answer: &Value| -> Vec<String> {
        answer["data"].as_array().expect("a list").iter().map(|token| text(&token["id"]).to_owned()).collect()
    };
    let newest = ["tok-4", "tok-3", "tok-2", "tok-1", "tok-0"];
    assert_eq!(ids(&holder.get("/v2/tokens").await.ok()), newest);
    let (mut found, mut start) = (Vec::new(), String::new());
    loop {
        let page = holder.get(&format!("/v2/tokens?size=2&start={start}")).await.ok();
        found.extend(ids(&page));
        let Some(next) = page["pagination"]["next"].as_str() else { break };
        next.clone_into(&mut start);
    }
    assert_eq!(found, newest);
    assert_eq!(ids(&holder.get("/tokens?page=2&size=3").await.ok()), newest[3..]);
    assert_eq!(ids(&holder.get("/tokens?page=3&size=3").await.ok()), [""; 0]);
    let named = "/tokens?id=tok-1&id=tok-3&id=tok-1&id=nobody&id=a%2Fb";
    assert_eq!(ids(&holder.get(named).await.ok()), ["tok-3", "tok-1"]);
    assert_eq!(ids(&holder.get(&format!("{named}&size=1&page=2")).await.ok()), ["tok-1"]);
    assert_eq!(ids(&holder.get(&format!("{named}&container=/other/")).await.ok()), [""; 0]);
    // The three spellings of a filter by metadata.
    for filter in ["metadata.user_id=a", "metadata%5Buser_id%5D=a", "metadata=%7B%22user_id%22%3A%22a%22%7D"]
    {
        assert_eq!(ids(&holder.get(&format!("/v2/tokens?{filter}")).await.ok()), newest[2..], "{filter}");
        assert_eq!(ids(&holder.get(&format!("/tokens?{filter}")).await.ok()), newest[2..], "{filter}");
    }
    assert_eq!(ids(&holder.get("/v2/tokens?metadata.nobody=a").await.ok()), [""; 0]);
    for (query, expected) in [
        ("data:\"value 3\"", &["tok-3"][..]),
        ("data:value", &[]),
        ("metadata.user_id:B AND container:\"/general/\"", &["tok-4", "tok-3"]),
        ("metadata.user_id:b", &[]),
        ("type:card", &[]),
    ] {
        for path in ["/v2/tokens/search", "/tokens/search"] {
            let answer = holder.post(path, json!({ "query": query })).await.ok();
            assert_eq!(ids(&answer), expected, "{path} {query}");
        }
    }
}

async fn what_no_search_can_ask_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let holder = with_permissions(&managing, &["token:search", "token:read"]).await;
    let long = "x".repeat(201);
    for query in ["type:card OR type:bank", "card", "data:", "secret:x", &long] {
        for path in ["/v2/tokens/search", "/tokens/search"] {
            assert_eq!(
                refused(holder.post(path, json!({ "query": query })).await, 400),
                ["query"],
                "{query}"
            );
        }
    }
    refused(holder.get("/v2/tokens?start=nonsense").await, 400);
    assert_eq!(refused(holder.get("/v2/tokens?id=a").await, 400), ["id"]);
    let many = "&id=tok".repeat(101);
    assert_eq!(refused(holder.get(&format!("/tokens?{many}")).await, 400), ["id"]);
    assert_eq!(refused(holder.get("/tokens?id=tok-1&type=card").await, 400), ["type"]);
    let reader = with_permissions(&managing, &["token:read"]).await;
    refused(reader.post("/v2/tokens/search", json!({ "query": "type:card" })).await, 403);
}

async fn a_document_is_tokenized_and_detokenized(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let maker = with_permissions(&managing, &["token:create"]).await;
    let reader = under_rules(&managing, &[rule(1, "/", "reveal", &["token:read"])]).await;
    let document = json!({
        "name": "Ada", "card": { "type": "card_number", "data": "4242424242424242" }, "age": 36, "tags": ["x"],
    });
    let made = maker.post("/tokenize", document).await.ok();
    assert_eq!(made["age"], 36);
    let card = text(&made["card"]["id"]).to_owned();
    let name = text(&made["name"]).to_owned();
    let template = json!({ "name": format!("{{{{ {name} }}}}"), "card": format!("{{{{ {card} }}}}") });
    let filled = reader.post("/detokenize", template.clone()).await.ok();
    assert_eq!(filled, json!({ "name": "Ada", "card": "4242424242424242" }));
    refused(maker.post("/detokenize", template).await, 403);
    refused(reader.post("/detokenize", json!("{{ 00000000-0000-4000-8000-000000000000 }}")).await, 400);
    refused(maker.post("/tokenize", json!(["a", "b", "c", "d", "e", "f"])).await, 400);
    let half = json!(["fine", { "type": "card_number", "data": "1" }]);
    let before = reader.get("/tokens").await.ok()["pagination"]["total_items"].clone();
    refused(maker.post("/tokenize", half).await, 400);
    assert_eq!(reader.get("/tokens").await.ok()["pagination"]["total_items"], before);
}
