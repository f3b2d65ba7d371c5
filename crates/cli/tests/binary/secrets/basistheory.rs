//! The vault in Basis Theory's words: its keys, a session, and what is kept.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::data;
use super::needles::Needles;
use super::visit::Visitor;
use crate::harness::text;

const NUMBER: &str = "5105105105105100";
const NOTE: &str = "dialect-note-7Tq3Xb9Lk";
const CHANGED: &str = "dialect-change-4Gd8Ws2";
const VALUE: &str = "dialect-metadata-1Jr6P";
const IN_DOCUMENT: &str = "dialect-document-5Mz0";
const REFUSED: &str = "dialect-refusal-8Cy4Nf";
const PERMISSIONS: [&str; 5] = ["token:create", "token:read", "token:update", "token:delete", "token:search"];

impl Visitor {
    /// Everything that its clients do, rightly and wrongly.
    pub(super) async fn speak_basis_theory(&self, admin: &str, needles: &mut Needles) {
        let manager = self.manager(admin).await;
        let private = self.made_by(
            &manager,
            json!({ "type": "private", "rules": [{
            "description": "All", "priority": 1, "container": "/", "transform": "reveal",
            "permissions": PERMISSIONS,
        }] }),
        );
        let private = private.await;
        let public =
            self.made_by(&manager, json!({ "type": "public", "permissions": ["token:create"] })).await;
        let session = self.begun((&public, &private), needles).await;
        self.keep(&private, &session).await;
        self.refuse(&private).await;
        for key in [manager, private, public, session, "key_prod_us_pvt_dialect-Rw5Ht2Ks8".to_owned()] {
            self.misplace_a_key(&key).await;
            needles.add("a key of the dialect", &key);
        }
        for plain in [NUMBER, NOTE, CHANGED, VALUE, IN_DOCUMENT, REFUSED] {
            needles.add("what was put into the vault by the dialect", plain);
        }
    }

    /// The key of one that manages, made by the native API.
    async fn manager(&self, admin: &str) -> String {
        let body = json!({ "name": "Speaks the dialect", "type": "m2m" });
        let created = self.ask(self.api(Method::POST, "/applications", admin).json(&body)).await;
        let path = format!("/applications/{}", text(&data(&created)["id"]));
        let permissions = [
            ["application:create", "application:read", "application:update"],
            ["application:delete", "tenant:read", "log:read"],
        ];
        let access = json!({ "kind": "management", "permissions": permissions.concat() });
        self.ask(self.api(Method::PUT, &format!("{path}/access"), admin).json(&access)).await;
        let made = self.ask(self.api(Method::POST, &format!("{path}/keys"), admin)).await;
        text(&data(&made)["key"]).to_owned()
    }

    /// The key of another, of which one was replaced and one ended.
    async fn made_by(&self, manager: &str, mut body: Value) -> String {
        body["name"] = json!("Of the dialect");
        let create = self.dialect(Method::POST, "/applications", manager);
        let create = create.header("bt-idempotency-key", text(&body["type"]).to_owned());
        let made = self.ask(create.json(&body)).await;
        let path = format!("/applications/{}", text(&made["id"]));
        let replaced = self.ask(self.dialect(Method::POST, &format!("{path}/regenerate"), manager)).await;
        let further = self.ask(self.dialect(Method::POST, &format!("{path}/keys"), manager)).await;
        let ended = format!("{path}/keys/{}", text(&further["id"]));
        self.ask(self.dialect(Method::DELETE, &ended, manager)).await;
        for dead in [&made["key"], &further["key"]] {
            let refused = self.dialect(Method::GET, "/applications/key", text(dead));
            assert_eq!(self.ask(refused).await["status"], 401, "{dead}");
        }
        text(&replaced["key"]).to_owned()
    }

    /// The key of a session that reveals what is below `/note/`.
    async fn begun(&self, (public, private): (&str, &str), needles: &mut Needles) -> String {
        let begun = self.ask(self.dialect(Method::POST, "/sessions", public)).await;
        let (key, nonce) = (text(&begun["session_key"]), text(&begun["nonce"]));
        let granted = json!({ "nonce": nonce, "rules": [{
            "description": "A note", "priority": 1, "container": "/note/", "transform": "reveal",
            "permissions": ["token:read"],
        }] });
        for by in [private, private, public] {
            self.ask(self.dialect(Method::POST, "/sessions/authorize", by).json(&granted)).await;
        }
        self.ask(self.dialect(Method::GET, "/applications/key", nonce)).await;
        needles.add("a nonce of the dialect", nonce);
        key.to_owned()
    }

    /// Made twice by one request, shown, changed, found and filled in.
    async fn keep(&self, key: &str, session: &str) {
        let card = json!({ "type": "card_number", "data": NUMBER, "deduplicate_token": true });
        let post = |path: &str| self.dialect(Method::POST, path, key);
        let [card, again] = [
            self.ask(post("/tokens").header("bt-idempotency-key", "card").json(&card)).await,
            self.ask(post("/tokens").header("bt-idempotency-key", "card").json(&card)).await,
        ];
        assert_eq!((&card["data"], &again["data"]), (&json!(NUMBER), &Value::Null));
        assert_eq!((&card["id"], &card["fingerprint"]), (&again["id"], &again["fingerprint"]));
        let note = json!({
            "type": "token", "data": { "note": NOTE }, "metadata": { "kept": VALUE },
            "mask": "{{ data.note | reveal_last: 3 }}", "fingerprint_expression": "{{ data.note }}",
            "search_indexes": ["{{ data.note }}"], "containers": ["/note/"],
        });
        let note = self.ask(post("/tokens").json(&note)).await;
        let path = format!("/tokens/{}", text(&note["id"]));
        for by in [key, session] {
            let shown = self.ask(self.dialect(Method::GET, &path, by)).await;
            assert_eq!(shown["data"]["note"], NOTE, "{shown}");
        }
        let change = json!({ "data": { "more": CHANGED } }).to_string();
        let change = self.dialect(Method::PATCH, &path, key).body(change);
        let changed = self.ask(change.header("content-type", "application/merge-patch+json")).await;
        assert_eq!(changed["data"]["more"], CHANGED, "{changed}");
        for (path, query) in [
            ("/v2/tokens/search", format!("data:{NOTE}")),
            ("/tokens/search", format!("metadata.kept:{VALUE}")),
        ] {
            let found = self.ask(post(path).json(&json!({ "query": query }))).await;
            assert_eq!(data(&found).as_array().map(Vec::len), Some(1), "{query}: {found}");
        }
        self.ask(self.dialect(Method::GET, &format!("/tokens?metadata.kept={VALUE}"), key)).await;
        let made = self.ask(post("/tokenize").json(&json!({ "of": [IN_DOCUMENT] }))).await;
        assert!(made["of"][0].is_string(), "{made}");
        let document = json!({ "filled": format!("{{{{ {} }}}} and {REFUSED}", text(&card["id"])) });
        let filled = self.ask(post("/detokenize").json(&document)).await;
        assert_eq!(filled["filled"], format!("{NUMBER} and {REFUSED}"));
    }

    /// What is refused was sent all the same.
    async fn refuse(&self, key: &str) {
        for (path, wrong) in [
            ("/tokens", json!({ "type": "card", "data": { "number": REFUSED } })),
            ("/tokens", json!({ "type": REFUSED, "data": REFUSED })),
            (
                "/tokens",
                json!({ "type": "token", "data": REFUSED, "search_indexes": ["{{ data.nothing }}"] }),
            ),
            ("/tokens", json!({ "type": "token", "data": REFUSED, "expires_at": REFUSED })),
            ("/tokens/search", json!({ "query": REFUSED })),
            ("/detokenize", json!({ "document": format!("{{{{ nobody's }}}} {REFUSED}") })),
            ("/tokenize", json!({ "type": "card", "data": REFUSED })),
            ("/sessions/authorize", json!({ "nonce": REFUSED, "permissions": [REFUSED] })),
        ] {
            let refused = self.ask(self.dialect(Method::POST, path, key).json(&wrong)).await;
            assert!(refused["status"].as_u64() >= Some(400), "{path}: {refused}");
        }
        let broken = self.dialect(Method::POST, "/tokens", key).header("content-type", "application/json");
        self.ask(broken.body(format!("{{\"data\":\"{REFUSED}"))).await;
    }

    /// In the wrong header, path, query and body, and as what makes a request
    /// one that is done once.
    async fn misplace_a_key(&self, key: &str) {
        let url = format!("{}/basistheory/tokens", self.url);
        for name in ["authorization", "x-api-key", "bt-trace-id", "cookie", "user-agent"] {
            self.ask(self.client.get(&url).header(name, key)).await;
        }
        for path in [
            format!("/tokens/{key}"),
            format!("/tokens?id={key}&type={key}"),
            format!("/v2/tokens?start={key}"),
            format!("/applications/{key}"),
            format!("/logs?entity_id={key}"),
            format!("/{key}"),
        ] {
            self.ask(self.dialect(Method::GET, &path, key)).await;
        }
        for body in [json!({ "name": key, "type": key }), json!({ key: "a member" }), json!(key)] {
            let once = self.dialect(Method::POST, "/applications", key).header("bt-idempotency-key", key);
            self.ask(once.json(&body)).await;
        }
    }

    fn dialect(&self, method: Method, path: &str, key: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/basistheory{path}", self.url)).header("bt-api-key", key)
    }
}
