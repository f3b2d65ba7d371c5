//! What permissions and rules say is what happens to tokens.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::tokens::{patch, rule, under_rules, with_permissions};
use super::{Client, refused, text};
use crate::harness::TestApp;

on_each_database![
    conditions_are_to_be_satisfied_for_the_rule_to_be_used,
    a_rule_with_a_lower_priority_comes_first_however_wide_it_is,
    redact_mask_and_reveal_are_applied_to_accessed_tokens,
    the_permissions_of_a_rule_are_granted_on_its_container,
    a_rule_is_for_public_applications_too,
    a_management_key_reaches_no_token,
    an_update_gives_the_key_what_it_says_and_takes_the_rest,
];

const MERGE: &str = "application/merge-patch+json";
const EVERYTHING: [&str; 5] = ["token:create", "token:read", "token:update", "token:delete", "token:search"];

fn token(id: &str, container: &str) -> Value {
    json!({
        "id": id, "type": "token", "data": "secret", "mask": "{{ data | slice: 0 }}",
        "containers": [container],
    })
}

fn condition(attribute: &str, operator: &str, value: &str) -> Value {
    json!({ "attribute": attribute, "operator": operator, "value": value })
}

/// A session whose rules each have these conditions, and reveal.
async fn session<'a>(public: &Client<'a>, private: &Client<'_>, rules: &[Vec<Value>]) -> Client<'a> {
    let begun = public.act("/sessions").await.with(201);
    let rules: Vec<Value> = (1_u32..)
        .zip(rules)
        .map(|(priority, conditions)| {
            json!({
                "description": "", "priority": priority, "conditions": conditions, "transform": "reveal",
                "permissions": ["token:read"],
            })
        })
        .collect();
    let body = json!({ "nonce": begun["nonce"], "rules": rules });
    private.post("/sessions/authorize", body).await.with(200);
    public.with(text(&begun["session_key"]))
}

async fn conditions_are_to_be_satisfied_for_the_rule_to_be_used(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let public = json!({ "name": "Page", "type": "public", "permissions": ["token:create"] });
    let public = managing.holding(public).await;
    let private = with_permissions(&managing, &EVERYTHING).await;
    let all = [("abc-1", "/x/y/"), ("abc-2", "/x/"), ("abd-3", "/xy/")];
    for (id, container) in all {
        private.post("/tokens", token(id, container)).await.with(201);
    }
    let id = |operator, value| condition("id", operator, value);
    let container = |operator, value| condition("container", operator, value);
    for (rules, seen) in [
        (vec![vec![id("equals", "abc-1")]], &["abc-1"][..]),
        (vec![vec![id("equals", "abc")]], &[]),
        (vec![vec![id("starts_with", "abc")]], &["abc-1", "abc-2"]),
        (vec![vec![container("equals", "/x/")]], &["abc-2"]),
        (vec![vec![container("starts_with", "/x/")]], &["abc-1", "abc-2"]),
        // All of one rule, and any of the rules.
        (vec![vec![id("starts_with", "ab"), container("equals", "/x/")]], &["abc-2"]),
        (vec![vec![id("equals", "abc-1"), container("equals", "/x/")]], &[]),
        (vec![vec![id("equals", "abc-1")], vec![container("equals", "/xy/")]], &["abc-1", "abd-3"]),
    ] {
        let session = session(&public, &private, &rules).await;
        for (id, _) in all {
            let answer = session.get(&format!("/tokens/{id}")).await;
            if seen.contains(&id) {
                assert_eq!(answer.ok()["data"], "secret", "{id} by {rules:?}");
            } else {
                refused(answer, 403);
            }
        }
    }
}

async fn a_rule_with_a_lower_priority_comes_first_however_wide_it_is(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let rules = [
        rule(3, "/a/", "redact", &["token:read"]),
        rule(2, "/a/b/", "reveal", &["token:read"]),
        rule(1, "/", "mask", &["token:read", "token:create"]),
    ];
    let holder = under_rules(&managing, &rules).await;
    holder.post("/tokens", token("first", "/a/b/")).await.with(201);
    assert_eq!(holder.get("/tokens/first").await.ok()["data"], "s");
    let rules = [
        rule(20, "/", "mask", &["token:read"]),
        rule(10, "/a/b/", "reveal", &["token:read"]),
        rule(5, "/a/b/", "redact", &["token:delete"]),
    ];
    let other = under_rules(&managing, &rules).await;
    assert_eq!(other.get("/tokens/first").await.ok()["data"], "secret", "5 does not grant reading");
}

async fn redact_mask_and_reveal_are_applied_to_accessed_tokens(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    for (transform, data) in [("redact", None), ("mask", Some("s")), ("reveal", Some("secret"))] {
        let holder = under_rules(&managing, &[rule(1, "/", transform, &EVERYTHING)]).await;
        let shown = |answer: &Value| answer.get("data").cloned();
        let expected = data.map(Value::from);
        let made = holder.post("/tokens", token(transform, "/")).await.with(201);
        let path = format!("/tokens/{transform}");
        let change = json!({ "metadata": { "by": transform } });
        let changed = patch(&holder, (&path, MERGE), &change).await.ok();
        let query = json!({ "query": format!("metadata.by:{transform}") });
        let found = holder.post("/v2/tokens/search", query).await.ok()["data"][0].take();
        let listed = holder.get(&format!("/tokens?id={transform}")).await.ok()["data"][0].take();
        let read = holder.get(&path).await.ok();
        for (what, answer) in
            [("made", made), ("changed", changed), ("found", found), ("listed", listed), ("read", read)]
        {
            assert_eq!(shown(&answer), expected, "{what} under {transform}");
        }
        // Without a mask nothing is left of it.
        let mut bare = token(&format!("bare-{transform}"), "/");
        bare["mask"] = Value::Null;
        let bare = holder.post("/tokens", bare).await.with(201);
        assert_eq!(shown(&bare), expected.filter(|_| transform == "reveal"), "{transform}");
    }
}

async fn the_permissions_of_a_rule_are_granted_on_its_container(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let maker = with_permissions(&managing, &EVERYTHING).await;
    for (id, container) in [("inside", "/a/b/"), ("beside", "/ab/"), ("out", "/")] {
        maker.post("/tokens", token(id, container)).await.with(201);
    }
    let change = json!({ "metadata": { "a": "b" } });
    for held in EVERYTHING {
        let holder = under_rules(&managing, &[rule(1, "/a/", "mask", &[held])]).await;
        let status = |permission: &str, id: &str, success: u16| {
            if permission == held && id == "inside" { success } else { 403 }
        };
        for id in ["inside", "beside", "out"] {
            let path = format!("/tokens/{id}");
            let read = holder.get(&path).await;
            assert_eq!(read.status.as_u16(), status("token:read", id, 200), "{held} {id}");
            let changed = patch(&holder, (&path, MERGE), &change).await;
            assert_eq!(changed.status.as_u16(), status("token:update", id, 200), "{held} {id}");
        }
        for (container, id) in [("/a/c/", "inside"), ("/ab/", "beside"), ("/", "out")] {
            let made =
                holder.post("/tokens", token(&format!("{held}-{id}").replace(':', "-"), container)).await;
            assert_eq!(made.status.as_u16(), status("token:create", id, 201), "{held} {container}");
        }
        // A container that is named is asked for.
        let expected = |permission: &str| if permission == held { 200 } else { 403 };
        let listed = holder.get("/v2/tokens?container=/a/").await;
        assert_eq!(listed.status.as_u16(), expected("token:read"), "{held}");
        let query = json!({ "query": "container:\"/a/\"" });
        let found = holder.post("/v2/tokens/search", query).await;
        assert_eq!(found.status.as_u16(), expected("token:search"), "{held}");
        assert_eq!(refused(holder.get("/v2/tokens?container=/ab/").await, 403), [""; 0]);
    }
    // To move one is to change it here and there.
    let rules = [rule(1, "/a/", "mask", &["token:update"]), rule(2, "/c/", "mask", &["token:update"])];
    let mover = under_rules(&managing, &rules).await;
    let to = |container: &str| json!({ "containers": [container] });
    refused(patch(&mover, ("/tokens/inside", MERGE), &to("/d/")).await, 403);
    refused(patch(&mover, ("/tokens/beside", MERGE), &to("/a/")).await, 403);
    patch(&mover, ("/tokens/inside", MERGE), &to("/c/")).await.ok();
    assert_eq!(maker.get("/tokens/inside").await.ok()["containers"], json!(["/c/"]));
    let deleter = under_rules(&managing, &[rule(1, "/c/", "redact", &["token:delete"])]).await;
    refused(deleter.delete("/tokens/beside").await, 403);
    deleter.delete("/tokens/inside").await.with(204);
}

async fn a_rule_is_for_public_applications_too(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let page = |rule: Value| json!({ "name": "Page", "type": "public", "rules": [rule] });
    let reading = page(rule(1, "/a/", "mask", &["token:read"]));
    assert_eq!(refused(managing.post("/applications", reading).await, 400), ["rules[0].permissions[0]"]);
    let nowhere = page(json!({ "priority": 1, "transform": "mask", "permissions": ["token:create"] }));
    assert_eq!(refused(managing.post("/applications", nowhere).await, 400), ["rules[0].container"]);
    let holder = managing.holding(page(rule(1, "/a/", "mask", &["token:create"]))).await;
    let made = holder.post("/tokens", token("mine", "/a/b/")).await.with(201);
    assert_eq!(made["data"], "s");
    refused(holder.post("/tokens", token("yours", "/b/")).await, 403);
    refused(holder.get("/tokens/mine").await, 403);
}

async fn a_management_key_reaches_no_token(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let maker = with_permissions(&managing, &EVERYTHING).await;
    maker.post("/tokens", token("theirs", "/")).await.with(201);
    for path in ["/tokens", "/v2/tokens", "/tokens/theirs"] {
        refused(managing.get(path).await, 403);
    }
    for (path, body) in [
        ("/tokens", token("new", "/")),
        ("/tokens/search", json!({ "query": "type:token" })),
        ("/v2/tokens/search", json!({ "query": "type:token" })),
        ("/tokenize", json!({ "a": "b" })),
        ("/detokenize", json!({ "a": "{{ theirs }}" })),
    ] {
        refused(managing.post(path, body).await, 403);
    }
    let change = json!({ "metadata": { "a": "b" } });
    refused(patch(&managing, ("/tokens/theirs", MERGE), &change).await, 403);
    refused(managing.delete("/tokens/theirs").await, 403);
    assert_eq!(maker.get("/tokens").await.ok()["pagination"]["total_items"], 1);
}

async fn an_update_gives_the_key_what_it_says_and_takes_the_rest(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let made = json!({ "name": "Till", "type": "private", "permissions": ["token:create"] });
    let made = managing.post("/applications", made).await.with(201);
    let (path, holder) = (format!("/applications/{}", text(&made["id"])), managing.with(text(&made["key"])));
    holder.post("/tokens", token("mine", "/a/")).await.with(201);
    refused(holder.get("/tokens/mine").await, 403);
    let reading = json!({ "name": "Till", "permissions": ["token:read"] });
    managing.put(&path, reading).await.ok();
    assert_eq!(holder.get("/tokens/mine").await.ok()["data"], "s");
    refused(holder.post("/tokens", token("another", "/a/")).await, 403);
    let ruled =
        json!({ "name": "Till", "permissions": [], "rules": [rule(1, "/a/", "reveal", &["token:read"])] });
    managing.put(&path, ruled).await.ok();
    assert_eq!(holder.get("/tokens/mine").await.ok()["data"], "secret");
    let wrong = json!({ "name": "Till", "rules": [rule(0, "/a/", "reveal", &["token:read"])] });
    assert_eq!(refused(managing.put(&path, wrong).await, 400), ["rules[0].priority"]);
    assert_eq!(holder.get("/tokens/mine").await.ok()["data"], "secret");
}
