//! `POST /api/v1/users/{user_id}/mail-password-link` and
//! `…/mail-verification-link`

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Letterbox, TestApp};

on_each_database![
    a_link_is_mailed_to_the_users_own_address,
    a_request_that_is_sent_again_mails_nothing_more,
    nobody_is_written_to_who_is_not_there_or_suspended,
    without_a_way_for_mail_it_is_said,
    mailing_needs_the_scope_users_write,
    no_link_is_kept_so_that_it_could_be_followed,
];

const ADA: &str = "ada@example.com";
const BOTH: [(&str, &str, &str); 2] = [
    ("mail-password-link", "/reset-password?token=ml_", "user.password_reset_requested"),
    ("mail-verification-link", "/verify-address?token=ml_", "user.address_verification_requested"),
];

async fn a_link_is_mailed_to_the_users_own_address(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let full = app.full().await;
    let ada = full.user(ADA).await;
    for (which, leads, action) in BOTH {
        for status in ["active", "pending"] {
            full.patch(&format!("/users/{ada}"), json!({ "status": status })).await.ok();
            app.clock.advance_micros(1_000);
            let answer = full.act(&format!("/users/{ada}/{which}")).await;
            assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
            let link = letters.take_link(ADA);
            assert!(link.starts_with(leads), "{link}");
            assert_eq!(app.browser().get(&link).await.status, 200, "{which}");
            let (last, before, after) = full.last_entry().await;
            assert_eq!((last.as_str(), before, after), (action, Value::Null, json!({ "user": ada })));
        }
        let told = full.get(&format!("/audit?action={action}&limit=1")).await.ok()["data"][0].take();
        assert_eq!(told["actor"]["kind"], "application", "{told}");
        assert_eq!(told["address"], "203.0.113.7", "whoever manages is no end user");
    }
    full.patch(&format!("/users/{ada}"), json!({ "email": "countess@example.com" })).await.ok();
    full.act(&format!("/users/{ada}/mail-password-link")).await.with(204);
    letters.take_link("countess@example.com");
}

async fn a_request_that_is_sent_again_mails_nothing_more(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let full = app.full().await;
    let ada = full.user(ADA).await;
    for (which, _, action) in BOTH {
        for written in [1, 0] {
            let path = format!("/api/v1/users/{ada}/{which}");
            let request = full.request(Method::POST, &path).header("idempotency-key", which);
            full.send(request, "").await.with(204);
            assert_eq!(letters.take_addresses().len(), written, "{which}");
        }
        assert_eq!(app.times(action).await, 1);
    }
}

async fn nobody_is_written_to_who_is_not_there_or_suspended(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let full = app.full().await;
    let ada = full.user(ADA).await;
    full.patch(&format!("/users/{ada}"), json!({ "status": "suspended" })).await.ok();
    let theirs = app.neighbour().await.user;
    let before = database.dump().await;
    for (which, ..) in BOTH {
        full.act(&format!("/users/{ada}/{which}")).await.refused(400, "not_applicable");
        for id in ["usr_01KAH8Q2M4F7V9X3C5N8R1T6ZD", "garbage", &theirs] {
            full.act(&format!("/users/{id}/{which}")).await.refused(404, "user_not_found");
        }
        let body = full.post(&format!("/users/{ada}/{which}"), json!({ "to": "eve@example.com" })).await;
        body.refused_for(400, "invalid_request", &["to"]);
    }
    assert_eq!((letters.take_addresses().len(), database.dump().await == before), (0, true));
}

async fn without_a_way_for_mail_it_is_said(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let ada = full.user(ADA).await;
    let before = database.dump().await;
    for (which, ..) in BOTH {
        full.act(&format!("/users/{ada}/{which}")).await.refused(503, "unavailable");
    }
    assert_eq!(database.dump().await, before, "nothing is told that was not done");
}

async fn mailing_needs_the_scope_users_write(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let ada = app.full().await.user(ADA).await;
    let reader = app.with("users:read groups:write applications:write").await;
    for (which, ..) in BOTH {
        reader.act(&format!("/users/{ada}/{which}")).await.refused(403, "insufficient_scope");
        app.nobody().act(&format!("/users/{ada}/{which}")).await.refused(401, "invalid_token");
    }
    assert!(letters.take_addresses().is_empty());
}

async fn no_link_is_kept_so_that_it_could_be_followed(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let full = app.full().await;
    let ada = full.user(ADA).await;
    let mut links = Vec::new();
    for (which, ..) in BOTH {
        links.push(mailed(&app, &letters, &format!("/users/{ada}/{which}")).await);
    }
    let page = app.browser().get("/forgotten-password").await;
    assert_eq!(page.status, 200);
    let dump = format!("{:?}", database.dump().await);
    assert!(dump.contains(ADA), "a search that finds nothing proves nothing");
    for link in links {
        let (_, token) = link.split_once("token=").expect("has one");
        assert!(!dump.contains(token) && !dump.contains(&token[3..]), "{token}");
    }
}

async fn mailed(app: &TestApp, letters: &Letterbox, path: &str) -> String {
    app.full().await.act(path).await.with(204);
    letters.take_link(ADA)
}
