//! Operators and service accounts at the console.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{AtConsole, Page, TestApp, User};

on_each_database![
    an_operator_is_invited_given_roles_and_deleted,
    what_is_wrong_with_an_operator_is_said,
    a_service_account_shows_its_secret_once,
    who_administers_is_not_for_everybody,
];

/// What stands for a name among the facts of a page, such as a secret.
fn shown<'p>(page: &'p Page, name: &str) -> &'p str {
    let start = format!("<dt>{name}</dt><dd><code class=\"copied\" data-copy>");
    let rest = page.html.split(&*start).nth(1).unwrap_or_else(|| panic!("no {name}: {}", page.html));
    rest.split('<').next().unwrap_or_default()
}

async fn an_operator_is_invited_given_roles_and_deleted(database: TestDatabase) {
    let (app, letters) = TestApp::with_mail(&database).await;
    let (owner, console) = (app.owner().await, app.owner_at_console().await);
    let tenant = owner.tenant("acme", None).await;
    let typed =
        [("email", "ada@example.com"), ("name", "<script>Ada"), ("role", "viewer"), ("at", "platform")];
    let made = console.send("/console/operators/new", &typed).await;
    let path = console.led_to(&made).to_owned();
    let api = path.strip_prefix("/console").expect("leads to them").to_owned();
    let shown = owner.get(&api).await.data();
    assert_eq!((&shown["email"], &shown["name"]), (&json!("ada@example.com"), &json!("<script>Ada")));
    assert_eq!(shown["roles"], json!([{ "role": "viewer", "at": "platform" }]));
    for page in ["/console/operators", &path, &format!("{path}/edit"), &format!("{path}/delete")] {
        let html = console.get(page).await.html;
        assert!(html.contains("ada@example.com") && !html.contains("<script>Ada"), "{page}: {html}");
    }
    let sent = console.send(&format!("{path}/mail-link"), &[]).await;
    assert_eq!(
        (console.led_to(&sent), letters.take_addresses()),
        (&*path, vec!["ada@example.com".to_owned()])
    );
    let given = console.send(&format!("{path}/roles"), &[("role", "admin"), ("at", &tenant)]).await;
    assert_eq!(console.led_to(&given), path);
    let both = json!([{ "role": "viewer", "at": "platform" }, { "role": "admin", "at": tenant }]);
    assert_eq!(owner.get(&api).await.data()["roles"], both);
    assert!(console.get(&path).await.html.contains("Tenant acme"), "by its name");
    let taken = console.send(&format!("{path}/roles/take"), &[("held", "viewer platform")]).await;
    assert_eq!(console.led_to(&taken), path);
    assert_eq!(owner.get(&api).await.data()["roles"], json!([{ "role": "admin", "at": tenant }]));
    let saved = console.send(&format!("{path}/edit"), &[("email", "ada@example.com"), ("name", "Ada")]).await;
    assert_eq!(console.led_to(&saved), path);
    assert_eq!(owner.get(&api).await.data()["name"], "Ada");
    app.accept("ada@example.com").await;
    for status in ["suspended", "active"] {
        let turned = console.send(&format!("{path}/status"), &[("status", status)]).await;
        assert_eq!(console.led_to(&turned), path, "{status}");
        assert_eq!(owner.get(&api).await.data()["status"], status);
    }
    assert_eq!(console.led_to(&console.send(&format!("{path}/unlock"), &[]).await), path);
    let deleted = console.send(&format!("{path}/delete"), &[]).await;
    assert_eq!(console.led_to(&deleted), "/console/operators");
    owner.get(&api).await.refused(404, "operator_not_found");
    assert!(console.get("/console/operators/lockouts").await.html.contains("Nowhere did too many fail"));
    let unlocked = console.send("/console/operators/lockouts/lck_x/unlock", &[]).await;
    assert_eq!(unlocked.status, 404, "{}", unlocked.html);
}

async fn what_is_wrong_with_an_operator_is_said(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, console) = (app.owner().await, app.owner_at_console().await);
    let before = owner.get("/operators").await.ok();
    let first = before["data"][0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/console/operators/{first}");
    let new = "/console/operators/new";
    for (path, typed, said) in [
        (new, vec![("email", "x"), ("role", "viewer"), ("at", "platform")], "id=\"email-fault\""),
        (new, vec![("email", "a@b.example"), ("role", "king"), ("at", "platform")], "id=\"role-fault\""),
        (
            new,
            vec![("email", "a@b.example"), ("role", "viewer"), ("at", "tnt_x")],
            "There is no such partner or tenant.",
        ),
        (&*format!("{path}/edit"), vec![("email", "x")], "id=\"email-fault\""),
        (&*format!("{path}/delete"), vec![], "make another owner first"),
    ] {
        let page = console.send(path, &typed).await;
        assert_eq!(page.status, 422, "{path} {typed:?}: {}", page.html);
        assert!(page.html.contains(said), "{path} {said}: {}", page.html);
    }
    let page = console.send(&format!("{path}/roles/take"), &[("held", "owner platform")]).await;
    assert!(page.html.contains("ake another owner first"), "{}", page.html);
    assert_eq!(owner.get("/operators").await.ok(), before);
}

async fn a_service_account_shows_its_secret_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, console) = (app.owner().await, app.owner_at_console().await);
    let all = "/console/service-accounts";
    let refused = console.send(&format!("{all}/new"), &[("name", ""), ("role", "viewer")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.html.contains("id=\"name-fault\""), "{}", refused.html);
    let typed = [("name", "<script>CI"), ("description", "<script>"), ("role", "viewer")];
    let made = console.send(&format!("{all}/new"), &typed).await;
    let (id, secret) = (shown(&made, "client_id").to_owned(), shown(&made, "client_secret").to_owned());
    let account = async || owner.get(&format!("/service-accounts/{id}")).await.data();
    let found = account().await;
    assert_eq!((&found["name"], &found["role"]), (&json!("<script>CI"), &json!("viewer")));
    let path = format!("{all}/{id}");
    for page in [all, &path, &format!("{path}/edit"), &format!("{path}/rotate")] {
        let html = console.get(page).await.html;
        assert!(
            html.contains("CI") && !html.contains(&secret) && !html.contains("<script>CI"),
            "{page}: {html}"
        );
    }
    let token = bearer(&app, (&id, &secret)).await.expect("it is good");
    let saved = console
        .send(&format!("{path}/edit"), &[("name", "CI"), ("description", ""), ("role", "admin")])
        .await;
    assert_eq!(console.led_to(&saved), path);
    let found = account().await;
    assert_eq!(
        (&found["name"], &found["description"], &found["role"]),
        (&json!("CI"), &Value::Null, &json!("admin"))
    );
    app.clock.advance_micros(1_000_000);

    let second = rotate(&console, &path, "live_on").await;
    assert!(bearer(&app, (&id, &secret)).await.is_none(), "the one before");
    assert_eq!(token.get("/applications").await.status, 200, "its tokens live on");
    app.clock.advance_micros(1_000_000);
    let third = rotate(&console, &path, "end").await;
    token.get("/applications").await.refused(401, "invalid_token");
    assert!(bearer(&app, (&id, &second)).await.is_none());
    app.clock.advance_micros(1_000_000);
    assert!(bearer(&app, (&id, &third)).await.is_some());

    let archived = console.send(&format!("{path}/archive"), &[]).await;
    assert_eq!(console.led_to(&archived), all);
    assert_ne!(account().await["archived_at"], Value::Null);
    assert!(!console.get(all).await.html.contains(&id));
    assert!(console.get(&format!("{all}?archived=true")).await.html.contains(&id));
    assert!(!console.get(&path).await.html.contains("Rotate the secret"), "there is no way back");
}

async fn rotate(console: &AtConsole<'_>, path: &str, tokens: &str) -> String {
    let page = console.send(&format!("{path}/rotate"), &[("tokens", tokens)]).await;
    shown(&page, "client_secret").to_owned()
}

/// Whoever the secret makes them, if it is good.
async fn bearer<'a>(app: &'a TestApp, (id, secret): (&str, &str)) -> Option<User<'a>> {
    let answer = app.token(id, secret, "").await;
    Some(app.bearing(answer.body["access_token"].as_str()?))
}

async fn who_administers_is_not_for_everybody(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let made = owner.post("/service-accounts", json!({ "name": "CI" })).await.created();
    let account = format!("/console/service-accounts/{}", made["id"].as_str().expect("an id"));
    let tenant = owner.tenant("acme", None).await;
    for (role, at) in [("owner", &*tenant), ("admin", &*tenant), ("viewer", "platform")] {
        app.runs(role, at).await;
    }
    let name = format!("owner-{tenant}@example.com").to_lowercase();
    let all = owner.get("/operators").await.ok()["data"].as_array().expect("a list").clone();
    let theirs = all.iter().find(|one| one["email"] == name).expect("was made")["id"].clone();
    let theirs = format!("/operators/{}", theirs.as_str().expect("an id"));
    let operator = format!("/console{theirs}");
    let console = app.at_console("viewer-platform@example.com").await;
    assert!(
        !console.get("/console/tenants").await.html.contains("/console/operators"),
        "nor is it in the menu"
    );
    for path in [
        "/console/operators",
        &operator,
        "/console/operators/lockouts",
        "/console/service-accounts",
        &account,
    ] {
        let page = console.get(path).await;
        assert_eq!(
            (page.status.as_u16(), page.heading().as_str()),
            (403, "This is not for you to do"),
            "{path}"
        );
    }
    for path in [
        "/console/operators/new",
        &format!("{operator}/edit"),
        &format!("{operator}/roles"),
        &format!("{operator}/roles/take"),
        &format!("{operator}/status"),
        &format!("{operator}/unlock"),
        &format!("{operator}/mail-link"),
        &format!("{operator}/delete"),
        "/console/operators/lockouts/lck_x/unlock",
        "/console/service-accounts/new",
        &format!("{account}/edit"),
        &format!("{account}/rotate"),
        &format!("{account}/archive"),
    ] {
        let page = console.send(path, &[("name", "Mine"), ("status", "suspended")]).await;
        assert_eq!(page.status, 403, "{path}: {}", page.html);
    }
    // An admin sees the owner of the tenant, and changes nothing about them.
    let console = app.at_console(&format!("admin-{tenant}@example.com").to_lowercase()).await;
    let (operator, all) = (format!("/t/acme{operator}"), "/t/acme/console/operators");
    let page = console.get(&operator).await;
    assert_eq!(page.status, 200, "{}", page.html);
    for control in ["/edit\"", "Take<", "Delete …", "Suspend …", "Mail a"] {
        assert!(!page.html.contains(control), "{control}: {}", page.html);
    }
    assert!(
        page.html.contains("Give the role") && console.get(all).await.html.contains("Invite an operator")
    );
    for (path, typed) in [
        ("edit", vec![("name", "Mine")]),
        ("status", vec![("status", "suspended")]),
        ("delete", vec![]),
        ("roles", vec![("role", "owner"), ("at", &*tenant)]),
    ] {
        let page = console.send(&format!("{operator}/{path}"), &typed).await;
        assert_eq!(page.status, 403, "{path}: {}", page.html);
    }
    let shown = owner.get(&theirs).await.data();
    assert_eq!((&shown["status"], &shown["name"]), (&json!("active"), &Value::Null));
    assert_eq!(owner.get(&account.replace("/console", "")).await.data()["name"], "CI");
}
