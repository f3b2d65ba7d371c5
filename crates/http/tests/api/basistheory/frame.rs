//! What is around every request and every answer.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::{BASE, Client, native, private, refused, text};
use crate::harness::TestApp;

on_each_database![
    a_key_that_is_none_is_told_nothing_of_why,
    a_key_does_what_its_permissions_say_and_no_more,
    a_trace_is_given_back,
    paths_are_taken_with_and_without_a_slash,
    what_is_not_there_is_a_problem,
    what_has_a_key_is_done_once_whatever_its_body,
    of_many_at_once_with_a_key_one_is_done,
    pages_of_any_site_use_public_keys,
    what_was_answered_live_is_not_for_tests,
    what_changes_nothing_is_answered_anew,
];

async fn a_key_that_is_none_is_told_nothing_of_why(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let made = managing.post("/applications", private("Gone")).await.with(201);
    let gone = managing.with(text(&made["key"]));
    gone.get("/applications/key").await.ok();
    managing.delete(&format!("/applications/{}", text(&made["id"]))).await.with(204);
    for key in [gone.key.as_str(), "", "key_prod_us_pvt_Ac4sQmb2xqzTRfbaSb7cdA", "nonsense"] {
        let nobody = managing.with(key);
        for path in ["/applications", "/applications/key", "/permissions"] {
            let answer = nobody.get(path).await;
            let said = "the API key is unknown, has ended, or its application is not in use";
            assert_eq!(answer.body["detail"], said, "{path} with {key}");
            refused(answer, 401);
        }
        refused(nobody.post("/applications", json!("no body is read")).await, 401);
    }
    let without = managing.user.request(Method::GET, &format!("{BASE}/applications"));
    refused(managing.send(without, "").await, 401);
    let twice = managing.request(Method::GET, "/applications").header("bt-api-key", &managing.key);
    refused(managing.send(twice, "").await, 401);
    // Nor does a token open anything.
    let bearing = app.full().await.request(Method::GET, &format!("{BASE}/applications"));
    let answer = managing.send(bearing, "").await;
    assert_eq!(answer.header("www-authenticate"), "");
    refused(answer, 401);
}

async fn a_key_does_what_its_permissions_say_and_no_more(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let made = managing.post("/applications", private("Theirs")).await.with(201);
    let path = format!("/applications/{}", text(&made["id"]));
    let (keys, key) = (format!("{path}/keys"), format!("{path}/keys/{}", text(&made["keys"][0]["id"])));
    let calls = [
        (Method::POST, "/applications".to_owned(), "application:create"),
        (Method::GET, "/applications".to_owned(), "application:read"),
        (Method::GET, path.clone(), "application:read"),
        (Method::PUT, path.clone(), "application:update"),
        (Method::POST, format!("{path}/regenerate"), "application:update"),
        (Method::POST, keys.clone(), "application:create"),
        (Method::GET, keys, "application:read"),
        (Method::GET, key.clone(), "application:read"),
        (Method::DELETE, key, "application:delete"),
        (Method::DELETE, path, "application:delete"),
    ];
    let all = ["application:create", "application:read", "application:update", "application:delete"];
    for held in all {
        let permissions: Vec<&str> = all.into_iter().filter(|one| *one != held).collect();
        let lacking = json!({ "name": "Most", "type": "management", "permissions": permissions });
        let lacking = managing.holding(lacking).await;
        for (method, path, _) in calls.iter().filter(|(_, _, needed)| *needed == held) {
            refused(lacking.json(method.clone(), path, json!({})).await, 403);
        }
    }
    let private = managing.with(text(&made["key"]));
    for (method, path, _) in calls {
        refused(private.json(method, &path, json!({})).await, 403);
    }
    // What everybody may know, who has a key.
    for path in ["/applications/key", "/permissions", "/roles", "/application-templates"] {
        private.get(path).await.ok();
    }
    // Nobody hands out what they do not hold.
    let creating = json!({ "name": "Some", "type": "management", "permissions": ["application:create"] });
    let creating = managing.holding(creating).await;
    let more = json!({ "name": "More", "type": "management", "permissions": ["log:read"] });
    let before = database.dump().await;
    refused(creating.post("/applications", more).await, 403);
    assert_eq!(database.dump().await["applications"], before["applications"]);
}

async fn a_trace_is_given_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    for (key, status) in [(managing.key.as_str(), 404), ("", 401)] {
        let request = managing.with(key).request(Method::GET, "/applications/none");
        let answer = managing.send(request.header("BT-TRACE-ID", "my-trace"), "").await;
        assert_eq!((answer.status.as_u16(), answer.header("bt-trace-id")), (status, "my-trace"));
    }
    let answer = managing.get("/applications").await;
    assert_eq!(answer.header("bt-trace-id"), answer.header("x-request-id"));
}

async fn paths_are_taken_with_and_without_a_slash(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let made = managing.post("/applications/", private("Slashed")).await.with(201);
    let path = format!("/applications/{}", text(&made["id"]));
    for path in [
        "/applications/?page=1",
        "/applications/key/",
        "/permissions/",
        "/roles/",
        "/application-templates/",
        &format!("{path}/"),
        &format!("{path}/keys/"),
    ] {
        managing.get(path).await.ok();
    }
    // What has no body may come with any type of one.
    for (path, declared, status) in [
        ("/regenerate/", "application/json", 200),
        ("/keys/", "application/x-www-form-urlencoded", 201),
        ("/keys", "application/json", 201),
    ] {
        let request = managing.request(Method::POST, &format!("{path_of}{path}", path_of = path_of(&made)));
        managing.send(request.header("content-type", declared), "").await.with(status);
    }
}

fn path_of(made: &Value) -> String {
    format!("/applications/{}", text(&made["id"]))
}

async fn what_is_not_there_is_a_problem(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    for path in [
        "/nowhere",
        "/applications/none",
        "/applications/fb124bba-f90d-45f0-9a59-5edca27b3b4a",
        "/applications/fb124bba-f90d-45f0-9a59-5edca27b3b4a/keys",
        "/application-templates/none",
    ] {
        refused(managing.get(path).await, 404);
    }
    refused(managing.delete("/applications").await, 405);
    let request = managing.request(Method::POST, "/applications").header("content-type", "application/json");
    assert_eq!(refused(managing.send(request, "{").await, 400), ["$"]);
    let plain = managing.request(Method::POST, "/applications").header("content-type", "text/plain");
    refused(managing.send(plain, "{}").await, 415);
}

async fn what_has_a_key_is_done_once_whatever_its_body(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let once = async |client: &Client<'_>, key: &str, body: Value| {
        let request =
            client.request(Method::POST, "/applications").header("content-type", "application/json");
        client.send(request.header("BT-IDEMPOTENCY-KEY", key), body.to_string()).await
    };
    // A failure is not kept.
    refused(once(&managing, "k", json!({ "name": "No" })).await, 400);
    let first = once(&managing, "k", private("One")).await;
    let second = once(&managing, "k", private("Two")).await;
    assert_eq!((first.status, &first.body), (second.status, &second.body));
    assert_eq!(second.header("idempotency-replayed"), "true");
    let other = once(&managing, "l", private("Two")).await.with(201);
    assert_ne!(other["id"], first.body["id"]);
    // Another application's key is another's.
    let creating = json!({ "name": "C", "type": "management", "permissions": ["application:create"] });
    let creating = managing.holding(creating).await;
    assert_ne!(once(&creating, "k", private("Three")).await.with(201)["id"], first.body["id"]);
    assert_eq!(refused(once(&managing, "two words", private("No")).await, 400), ["BT-IDEMPOTENCY-KEY"]);
    // Of a PUT it is kept as well, and of a GET it means nothing.
    let path = path_of(&first.body);
    let put = async |name: &str| {
        let request = managing.request(Method::PUT, &path).header("content-type", "application/json");
        let body = json!({ "name": name, "permissions": ["token:read"] });
        managing.send(request.header("BT-IDEMPOTENCY-KEY", "p"), body.to_string()).await.ok()
    };
    assert_eq!(put("Renamed").await["name"], "Renamed");
    assert_eq!(put("Again").await["name"], "Renamed");
    let get = managing.request(Method::GET, &path).header("BT-IDEMPOTENCY-KEY", "k");
    assert_eq!(managing.send(get, "").await.ok()["name"], "Renamed");
    // After a day it is a new one.
    app.clock.advance_micros(24 * 3_600 * 1_000_000);
    assert_ne!(once(&managing, "k", private("Late")).await.with(201)["id"], first.body["id"]);
}

async fn of_many_at_once_with_a_key_one_is_done(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let before = database.dump().await["applications"].len();
    let ask = async || {
        let request =
            managing.request(Method::POST, "/applications").header("content-type", "application/json");
        managing.send(request.header("bt-idempotency-key", "k"), private("One").to_string()).await
    };
    let all = futures_util::future::join_all((0..20).map(|_| ask())).await;
    let (made, under_way): (Vec<_>, Vec<_>) = all.into_iter().partition(|answer| answer.status == 201);
    assert!(!made.is_empty() && made.iter().all(|answer| answer.text == made[0].text));
    // Whoever came while the first was under way; on a busy machine nobody does.
    for answer in under_way {
        refused(answer, 409);
    }
    assert_eq!(database.dump().await["applications"].len(), before + 1);
}

async fn pages_of_any_site_use_public_keys(database: TestDatabase) {
    const PAGE: &str = "https://shop.example";
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let public = json!({ "name": "Page", "type": "public", "permissions": ["token:create"] });
    let public = managing.holding(public).await;
    let preflight = public.user.request(Method::OPTIONS, &format!("{BASE}/tokens"));
    let preflight = preflight.header("origin", PAGE).header("access-control-request-method", "POST");
    let asked = "bt-api-key,bt-trace-id,bt-client-user-agent,bt-idempotency-key,x-fern-sdk-name";
    let answer = public.send(preflight.header("access-control-request-headers", asked), "").await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (204, "*"));
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    let allowed: Vec<&str> = answer.header("access-control-allow-headers").split(", ").collect();
    for name in asked.split(',') {
        assert!(allowed.contains(&name), "{name}");
    }
    for (client, expected) in [(&public, "*"), (&managing, "")] {
        for path in ["/applications/key", "/applications/none"] {
            let request = client.request(Method::GET, path).header("origin", PAGE);
            let answer = client.send(request, "").await;
            assert_eq!(answer.header("access-control-allow-origin"), expected, "{path}");
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
    }
}

async fn once(client: &Client<'_>, path: &str, body: &Value) -> Value {
    let request = client.request(Method::POST, path).header("content-type", "application/json");
    let answer = client.send(request.header("bt-idempotency-key", "order-17"), body.to_string()).await;
    assert!(answer.status.is_success(), "{}", answer.text);
    answer.body
}

async fn what_was_answered_live_is_not_for_tests(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let access = json!({ "kind": "private", "permissions": ["token:create", "token:read"] });
    let (id, live) = native(&full, "m2m", access).await;
    let test =
        full.post(&format!("/applications/{id}/keys"), json!({ "environment": "test" })).await.created();
    let live = Client { user: app.nobody(), key: live };
    let tests = live.with(text(&test["key"]));
    let new = json!({ "type": "token", "data": "hush" });
    let first = once(&live, "/tokens", &new).await;
    assert_eq!(once(&live, "/tokens", &new).await["id"], first["id"]);
    assert_ne!(once(&tests, "/tokens", &new).await["id"], first["id"]);
}

async fn what_changes_nothing_is_answered_anew(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let permissions = ["token:create", "token:read", "token:delete", "token:search"];
    let holder = json!({ "name": "Holder", "type": "private", "permissions": permissions });
    let holder = managing.holding(holder).await;
    let new = json!({ "id": "mine", "type": "token", "data": "hush", "mask": "{{ data | slice: 0 }}" });
    holder.post("/tokens", new.clone()).await.with(201);
    let document = json!({ "a": "{{ mine }}" });
    let query = json!({ "query": "type:token" });
    assert_eq!(once(&holder, "/detokenize", &document).await, json!({ "a": "h" }));
    for path in ["/v2/tokens/search", "/tokens/search"] {
        assert_eq!(once(&holder, path, &query).await["data"].as_array().map(Vec::len), Some(1), "{path}");
    }
    holder.delete("/tokens/mine").await.with(204);
    let request = holder.request(Method::POST, "/detokenize").header("content-type", "application/json");
    let request = request.header("bt-idempotency-key", "order-17");
    refused(holder.send(request, document.to_string()).await, 400);
    for path in ["/v2/tokens/search", "/tokens/search"] {
        assert_eq!(once(&holder, path, &query).await["data"], json!([]), "{path}");
    }
}
