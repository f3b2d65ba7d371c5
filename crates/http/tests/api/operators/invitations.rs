//! Who is invited by an address, and what that tells of it.

use appkeep_testkit::{TestDatabase, on_each_database};
use http::Method;
use serde_json::{Value, json};

use super::invite;
use crate::harness::{Answer, Letterbox, TestApp, User};

on_each_database![
    an_address_is_told_nothing_of,
    an_operator_of_elsewhere_accepts_by_mail,
    what_several_invite_to_is_one_account,
    whoever_is_suspended_accepts_nothing,
    an_invitation_that_is_taken_back_leaves_nothing,
];

const ADA: &str = "ada@example.com";
const NOBODY: &str = "nobody@example.com";

/// Ada runs a tenant; somebody else administers another.
async fn given(app: &TestApp) -> (User<'_>, String, String, User<'_>, String) {
    let owner = app.owner().await;
    let (acme, strange) = (owner.tenant("acme", None).await, owner.tenant("strange", None).await);
    let ada = invite(&owner, ADA, "admin", &strange).await;
    app.accept(ADA).await;
    app.signed_in(ADA).await;
    let admin = app.runs("admin", &acme).await;
    (owner, acme, strange, admin, ada)
}

/// Status, body but for what names the request and who was made, and statements.
async fn measure(app: &TestApp, ask: impl Future<Output = Answer>, of: &[&str]) -> (u16, Value, u64) {
    let before = app.statements();
    let answer = ask.await;
    let mut text = answer.body.to_string();
    for named in of {
        text = text.replace(named, "this one");
    }
    let mut told: Value = serde_json::from_str(&text).expect("JSON");
    if told.get("request_id").is_some() {
        told["request_id"].take();
    }
    (answer.status.as_u16(), told, app.statements() - before)
}

async fn an_address_is_told_nothing_of(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let (owner, acme, _, admin, ada) = given(&app).await;
    let before = owner.get(&format!("/operators/{ada}")).await.data();
    let mut measured = Vec::new();
    for email in [NOBODY, ADA] {
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        admin.get("/operators").await.ok();
        let body = json!({ "email": email, "role": "viewer", "at": acme });
        let mut all = vec![measure(&app, admin.post("/operators", body), &[email]).await];
        let id = all[0].1["data"]["id"].as_str().expect("an id").to_owned();
        assert_ne!(id, ada);
        all[0].1["data"]["id"].take();
        let of = [email, id.as_str()];
        let path = format!("/operators/{id}");
        let role = format!("{path}/roles/{acme}/member");
        for (method, path, body) in [
            (Method::GET, path.clone(), Value::Null),
            (Method::GET, "/operators".to_owned(), Value::Null),
            (Method::POST, "/operators".to_owned(), json!({ "email": email, "role": "viewer", "at": acme })),
            (Method::PATCH, path.clone(), json!({ "name": "Somebody" })),
            (Method::PATCH, path.clone(), json!({ "status": "active" })),
            (Method::PATCH, path.clone(), json!({ "status": "suspended" })),
            (Method::PATCH, path.clone(), json!({ "status": "active" })),
            (Method::PATCH, path.clone(), json!({ "status": "pending" })),
            (Method::PUT, role.clone(), Value::Null),
            (Method::POST, format!("{path}/unlock"), Value::Null),
            (Method::POST, format!("{path}/mail-password-link"), Value::Null),
            (Method::DELETE, role, Value::Null),
            (Method::DELETE, path.clone(), Value::Null),
            (Method::GET, path, Value::Null),
        ] {
            let path = format!("/api/v1{path}");
            let ask = async {
                if body.is_null() {
                    admin.send(admin.request(method, &path), "").await
                } else {
                    admin.json(method, &path, body).await
                }
            };
            all.push(measure(&app, ask, &of).await);
        }
        assert_eq!(letters.take_addresses(), [email]);
        measured.push(all);
    }
    // Nor by giving somebody else the address.
    for email in [NOBODY, ADA] {
        let bob = invite(&admin, "bob@example.com", "viewer", &acme).await;
        let path = format!("/operators/{bob}");
        let changed = measure(&app, admin.patch(&path, json!({ "email": email })), &[email, &bob]).await;
        measured[usize::from(email == ADA)].push(changed);
        admin.delete(&path).await.with(204);
    }
    let [nobodys, adas] = <[_; 2]>::try_from(measured).expect("two");
    for (nobodys, adas) in nobodys.iter().zip(&adas) {
        assert_eq!(nobodys, adas);
    }
    assert_eq!(owner.get(&format!("/operators/{ada}")).await.data(), before, "nothing changes for her");
}

/// Follows what was mailed, and chooses the password that everybody has here.
async fn accept(app: &TestApp, by: &User<'_>, id: &str, letters: &Letterbox) -> u16 {
    by.act(&format!("/operators/{id}/mail-password-link")).await.with(204);
    let link = letters.take_link(ADA);
    let browser = app.browser();
    let page = browser.get(&link).await;
    let (_, operator) = app.console().await;
    let done = browser.submit(&page, &[("new_password", &operator.password)]).await;
    app.clock.advance_micros(1_000_000);
    done.status.as_u16()
}

async fn an_operator_of_elsewhere_accepts_by_mail(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let (owner, acme, strange, admin, ada) = given(&app).await;
    let invited = invite(&admin, ADA, "viewer", &acme).await;
    let there = app.signed_in(ADA).await;
    assert_eq!(there.slugs("/tenants").await, ["strange"], "nobody is given what they do not accept");
    assert_eq!(accept(&app, &admin, &invited, &letters).await, 200);
    // It is one account, of which each sees their own.
    there.get("/tenants").await.refused(401, "invalid_token");
    let here = app.signed_in(ADA).await;
    assert_eq!(here.slugs("/tenants").await, ["strange", "acme"]);
    for id in [&invited, &ada] {
        assert_eq!(admin.get(&format!("/operators/{id}")).await.status == 200, *id == ada);
        assert_eq!(owner.get(&format!("/operators/{id}")).await.status == 200, *id == ada);
    }
    let seen = admin.get(&format!("/operators/{ada}")).await.data();
    assert_eq!(seen["roles"], json!([{ "role": "viewer", "at": acme }]));
    assert_eq!((&seen["status"], &seen["email"]), (&json!("active"), &json!(ADA)));
    for hidden in ["last_sign_in_at", "password_changed_at", "locked_until"] {
        assert_eq!(seen[hidden], Value::Null, "{hidden}");
    }
    let whole = owner.get(&format!("/operators/{ada}")).await.data();
    assert!(whole["last_sign_in_at"].is_string() && whole["password_changed_at"].is_string(), "{whole}");
    assert_eq!(whole["roles"].as_array().map(Vec::len), Some(2));
    let told = owner.get(&format!("/audit?tenant_id={acme}&action=operator.role_given")).await.ok();
    let after = json!({ "operator_id": ada, "role": "viewer", "at": acme });
    assert_eq!((told["data"].as_array().map(Vec::len), &told["data"][0]["after"]), (Some(1), &after));
    admin.delete(&format!("/operators/{ada}/roles/{acme}/viewer")).await.with(204);
    assert_eq!(here.slugs("/tenants").await, ["strange"]);
    let _ = strange;
}

async fn what_several_invite_to_is_one_account(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let owner = app.owner().await;
    let mut invitations = Vec::new();
    for slug in ["acme", "bolt"] {
        let tenant = owner.tenant(slug, None).await;
        let admin = app.runs("admin", &tenant).await;
        let id = invite(&admin, ADA, "viewer", &tenant).await;
        invitations.push((admin, id));
    }
    for (admin, id) in &invitations {
        assert_eq!(accept(&app, admin, id, &letters).await, 200);
    }
    assert_eq!(app.signed_in(ADA).await.slugs("/tenants").await, ["bolt", "acme"]);
    let [(acmes, first), (bolts, second)] = invitations.as_slice() else { panic!("two were made") };
    assert_eq!(acmes.get(&format!("/operators/{first}")).await.data()["status"], "active");
    bolts.get(&format!("/operators/{second}")).await.refused(404, "operator_not_found");
    assert_eq!(
        bolts.get(&format!("/operators/{first}")).await.data()["roles"].as_array().map(Vec::len),
        Some(1)
    );
}

async fn whoever_is_suspended_accepts_nothing(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let (owner, acme, _, admin, ada) = given(&app).await;
    let path = format!("/operators/{ada}");
    owner.patch(&path, json!({ "status": "suspended" })).await.ok();
    let invited = invite(&admin, ADA, "viewer", &acme).await;
    assert_eq!(accept(&app, &admin, &invited, &letters).await, 410);
    assert_eq!(owner.get(&path).await.data()["status"], "suspended");
    assert_eq!(owner.get(&path).await.data()["roles"].as_array().map(Vec::len), Some(1));
    owner.patch(&path, json!({ "status": "active" })).await.ok();
    assert_eq!(accept(&app, &admin, &invited, &letters).await, 200);
    assert_eq!(owner.get(&path).await.data()["roles"].as_array().map(Vec::len), Some(2));
}

async fn an_invitation_that_is_taken_back_leaves_nothing(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let owner = app.owner().await;
    let acme = owner.tenant("acme", None).await;
    let admin = app.runs("admin", &acme).await;
    for last in [true, false] {
        let id = invite(&admin, ADA, "viewer", &acme).await;
        admin.act(&format!("/operators/{id}/mail-password-link")).await.with(204);
        let link = letters.take_link(ADA);
        let role =
            if last { format!("/operators/{id}/roles/{acme}/viewer") } else { format!("/operators/{id}") };
        admin.delete(&role).await.with(204);
        owner.get(&format!("/operators/{id}")).await.refused(404, "operator_not_found");
        assert_eq!(app.browser().get(&link).await.status, 410);
    }
}
