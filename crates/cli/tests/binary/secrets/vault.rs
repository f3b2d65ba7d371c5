//! What is put into the vault, shown, changed, searched for and filled in.

use reqwest::Method;
use serde_json::{Value, json};

use super::data;
use super::needles::Needles;
use super::visit::Visitor;
use crate::harness::text;

const NUMBER: &str = "4929420573595709";
const SECURITY_NUMBER: &str = "219-09-9999";
const NOTE: &str = "vaulted-note-8Xk2Qm5Ww";
const CHANGED: &str = "vaulted-change-3Zt7Rb1";
const VALUE: &str = "vaulted-metadata-6Hn4";
const IN_DOCUMENT: &str = "vaulted-document-9Pc5";
const REFUSED: &str = "vaulted-refusal-2Lv8Ty";

impl Visitor {
    /// Everything that the vault does, rightly and wrongly.
    pub(super) async fn keep_in_the_vault(&self, admin: &str, needles: &mut Needles) {
        let card = self.vault(
            admin,
            (Method::POST, "/tokens"),
            json!({
                "type": "card_number", "data": NUMBER, "deduplicate": true, "search_indexes": ["{{ data }}"],
            }),
        );
        let card = text(&data(&card.await)["token"]["id"]).to_owned();
        let note = json!({
            "type": "token", "data": { "note": NOTE }, "metadata": { "kept": VALUE },
            "mask": "{{ data.note | reveal_last: 3 }}", "fingerprint_expression": "{{ data.note }}",
        });
        let note = self.vault(admin, (Method::POST, "/tokens"), note).await;
        let note = format!("/tokens/{}", text(&data(&note)["token"]["id"]));
        let number = json!({ "type": "social_security_number", "data": SECURITY_NUMBER });
        self.vault(admin, (Method::POST, "/tokens"), number).await;
        self.vault(admin, (Method::PATCH, &note), json!({ "data": { "more": CHANGED } })).await;
        for search in [json!({ "data": NUMBER }), json!({ "metadata": { "kept": VALUE } })] {
            let found = self.vault(admin, (Method::POST, "/tokens/search"), search).await;
            assert_eq!(found["data"].as_array().map(Vec::len), Some(1), "{found}");
        }
        let shown = self.ask(self.api(Method::GET, &format!("/vault{note}"), admin)).await;
        assert_eq!(data(&shown)["data"]["more"], CHANGED);
        self.ask(self.api(Method::GET, "/vault/tokens", admin)).await;
        let made = self.vault(admin, (Method::POST, "/tokenize"), json!({ "document": [IN_DOCUMENT] })).await;
        assert!(data(&made)[0].is_string(), "{made}");
        let document = json!({ "document": format!("{{{{ {card} }}}} and {REFUSED}") });
        let filled = self.vault(admin, (Method::POST, "/detokenize"), document).await;
        assert_eq!(*data(&filled), json!(format!("{NUMBER} and {REFUSED}")));
        // What is refused was sent all the same.
        for wrong in [
            json!({ "type": "card", "data": { "number": REFUSED } }),
            json!({ "type": "token", "data": REFUSED, "search_indexes": ["{{ data.nothing }}"] }),
            json!({ "type": REFUSED, "data": REFUSED }),
            json!({ "type": "token", "data": REFUSED, "id": card }),
        ] {
            let refused = self.vault(admin, (Method::POST, "/tokens"), wrong).await;
            assert!(refused["error"].is_string(), "{refused}");
        }
        for plain in [NUMBER, SECURITY_NUMBER, NOTE, CHANGED, VALUE, IN_DOCUMENT, REFUSED] {
            needles.add("what was put into the vault", plain);
        }
        needles.add_digests("a number without what is between", &SECURITY_NUMBER.replace('-', ""));
    }

    async fn vault(&self, admin: &str, (method, path): (Method, &str), body: Value) -> Value {
        self.ask(self.api(method, &format!("/vault{path}"), admin).json(&body)).await
    }
}
