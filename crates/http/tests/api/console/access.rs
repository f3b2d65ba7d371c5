//! What the keys of an application may do, the keys, and what it reaches.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{TestApp, User};

on_each_database![
    what_keys_may_do_is_written_rule_by_rule,
    a_rule_that_cannot_be_is_told_beside_its_fields,
    a_decision_is_explained_on_a_page,
    a_key_is_added_shown_once_and_revoked,
    integrations_are_attached_and_detached,
    who_may_not_change_the_access_is_offered_nothing,
];

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// A new application of this type: its id, and where its pages are.
async fn application(full: &User<'_>, kind: &str) -> (String, String) {
    let id = text(&full.create(kind, json!({})).await["id"]);
    (format!("/applications/{id}"), format!("/console/applications/{id}"))
}

/// What the form of a rule sends.
fn rule<'a>(priority: &'a str, container: &'a str, transform: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("description", "Support"),
        ("priority", priority),
        ("container", container),
        ("transform", transform),
        ("permissions", "token:read"),
        ("permissions", "token:use"),
    ]
}

async fn ranks(full: &User<'_>, path: &str) -> Vec<(i64, String)> {
    let access = full.get(&format!("{path}/access")).await.data();
    let rules = access["rules"].as_array().expect("a list").iter();
    let mut ranks: Vec<_> =
        rules.map(|rule| (rule["priority"].as_i64().expect("a number"), text(&rule["container"]))).collect();
    ranks.sort_unstable();
    ranks
}

async fn what_keys_may_do_is_written_rule_by_rule(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    let (path, pages) = application(&full, "m2m").await;
    let tab = format!("{pages}/access");
    let page = owner.get(&tab).await;
    assert!(page.status == 200 && page.html.contains(&format!("{tab}/permissions")), "{}", page.html);
    let form = owner.get(&format!("{tab}/permissions")).await;
    for part in ["value=\"private\"", "value=\"management\"", "value=\"token:create\"", "Create tokens"] {
        assert!(form.html.contains(part), "{part}: {}", form.html);
    }
    assert!(!form.html.contains("value=\"public\""), "for what runs in a browser: {}", form.html);
    let page = owner.send(&format!("{tab}/permissions"), &[("kind", "private")]).await;
    assert!(page.status == 422 && page.html.contains("id=\"permissions-fault\""), "{}", page.html);
    let sent = [
        ("version", "1"),
        ("kind", "private"),
        ("permissions", "token:create"),
        ("permissions", "token:read"),
    ];
    let page = owner.send(&format!("{tab}/permissions"), &sent).await;
    assert_eq!(owner.led_to(&page), tab);
    let access = full.get(&format!("{path}/access")).await.data();
    assert_eq!(
        access,
        json!({ "kind": "private", "permissions": ["token:create", "token:read"], "rules": [] })
    );
    for (priority, container) in [("10", "/pci/"), ("20", "/users/"), ("30", "/")] {
        assert_eq!(owner.get(&format!("{tab}/rules/new")).await.status, 200);
        let page = owner.send(&format!("{tab}/rules/new"), &rule(priority, container, "mask")).await;
        assert_eq!(owner.led_to(&page), tab);
    }
    let named =
        |ranks: [(i64, &str); 3]| ranks.map(|(rank, container)| (rank, container.to_owned())).to_vec();
    assert_eq!(ranks(&full, &path).await, named([(10, "/pci/"), (20, "/users/"), (30, "/")]));
    let page = owner.send(&format!("{tab}/rules/30/move"), &[("to", "up")]).await;
    assert_eq!(owner.led_to(&page), tab);
    assert_eq!(ranks(&full, &path).await, named([(10, "/pci/"), (20, "/"), (30, "/users/")]));
    owner.send(&format!("{tab}/rules/10/move"), &[("to", "down")]).await;
    owner.send(&format!("{tab}/rules/10/move"), &[("to", "up")]).await;
    assert_eq!(ranks(&full, &path).await, named([(10, "/"), (20, "/pci/"), (30, "/users/")]));
    let form = owner.get(&format!("{tab}/rules/20/edit")).await;
    assert!(form.html.contains("value=\"/pci/\"") && form.html.contains("value=\"20\""), "{}", form.html);
    let page = owner.send(&format!("{tab}/rules/20/edit"), &rule("5", "/PCI/High/", "reveal")).await;
    assert_eq!(owner.led_to(&page), tab);
    assert_eq!(ranks(&full, &path).await, named([(5, "/pci/high/"), (10, "/"), (30, "/users/")]));
    let page = owner.send(&format!("{tab}/rules/10/delete"), &[]).await;
    assert_eq!(owner.led_to(&page), tab);
    assert_eq!(ranks(&full, &path).await.len(), 2);
    for missing in ["10", "x", "05"] {
        assert_eq!(owner.get(&format!("{tab}/rules/{missing}/edit")).await.status, 404, "{missing}");
    }
    // What is said of everything leaves the rules alone.
    owner.send(&format!("{tab}/permissions"), &[("permissions", "token:use")]).await;
    let access = full.get(&format!("{path}/access")).await.data();
    assert_eq!((&access["permissions"], ranks(&full, &path).await.len()), (&json!(["token:use"]), 2));
    // All of it is taken back at once, and not by a form that was opened before.
    let page = owner.send(&format!("{tab}/clear"), &[("version", "1")]).await;
    assert!(page.status == 422 && page.html.contains("Somebody else changed this"), "{}", page.html);
    assert_eq!(owner.get(&format!("{tab}/clear")).await.status, 200);
    let page = owner.send(&format!("{tab}/clear"), &[]).await;
    assert_eq!(owner.led_to(&page), tab);
    assert_eq!(full.get(&format!("{path}/access")).await.ok(), json!({ "data": null }));
}

async fn a_rule_that_cannot_be_is_told_beside_its_fields(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    let (path, pages) = application(&full, "m2m").await;
    let tab = format!("{pages}/access");
    for (priority, container) in [("10", "/pci/"), ("20", "/")] {
        let page = owner.send(&format!("{tab}/rules/new"), &rule(priority, container, "mask")).await;
        assert_eq!(page.status, 303, "{}", page.html);
    }
    let before = full.get(&format!("{path}/access")).await.data();
    let good = rule("30", "/", "mask");
    let with = |name: &'static str, value: &'static str| -> Vec<(&str, &str)> {
        let others = good.iter().copied().filter(|(known, _)| *known != name);
        others.chain([(name, value)]).collect()
    };
    for (name, value, said) in [
        ("container", "<script>", "This does not begin and end with `/`."),
        ("container", "", "This is required."),
        ("priority", "10", "This is another rule&#39;s already."),
        ("priority", "0", "This is not from 1 to"),
        ("priority", "<script>", "This must be a whole number."),
        ("transform", "<script>", "This is none of redact, mask, reveal."),
        ("permissions", "<script>", "No. 1 is no permission that there is."),
        ("permissions", "log:read", "No. 1 is not for private keys."),
        ("description", "<script>\u{7}", "This contains a control character."),
    ] {
        for form in [format!("{tab}/rules/new"), format!("{tab}/rules/20/edit")] {
            let page = owner.send(&form, &with(name, value)).await;
            assert_eq!(page.status, 422, "{name} {value}");
            let html = page.html.replace("&#x27;", "&#39;");
            assert!(html.contains(&format!("id=\"{name}-fault\"")), "{name} {value}: {html}");
            assert!(html.contains(said), "{name} {value}: {html}");
            assert!(!html.contains("<script>"), "{name} {value}: {html}");
        }
    }
    let late = [("version", "1")].into_iter().chain(good.iter().copied()).collect::<Vec<_>>();
    let page = owner.send(&format!("{tab}/rules/new"), &late).await;
    assert!(page.status == 422 && page.html.contains("Somebody else changed this"), "{}", page.html);
    assert_eq!(full.get(&format!("{path}/access")).await.data(), before);
    let page =
        owner.send(&format!("{tab}/rules/20/edit"), &with("description", "<script>alert(1)</script>")).await;
    assert_eq!(owner.led_to(&page), tab);
    assert!(!owner.get(&tab).await.html.contains("<script>"));
}

async fn a_decision_is_explained_on_a_page(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    let (_, pages) = application(&full, "m2m").await;
    let path = format!("{pages}/access/explain");
    for (priority, container, transform) in
        [("10", "/pci/high/", "reveal"), ("20", "/pci/", "mask"), ("30", "/users/", "redact")]
    {
        let page =
            owner.send(&format!("{pages}/access/rules/new"), &rule(priority, container, transform)).await;
        assert_eq!(page.status, 303, "{}", page.html);
    }
    assert_eq!(owner.get(&path).await.status, 200);
    for (permission, container, answer, verdicts) in [
        (
            "token:read",
            "/pci/high/a/",
            "Allowed by rule 10. What is shown: everything.",
            ["decides", "would, but one before it did", "is about another container"],
        ),
        (
            "token:read",
            "/pci/",
            "Allowed by rule 20. What is shown: the mask.",
            ["is about another container", "decides", "is about another container"],
        ),
        (
            "token:read",
            "/else/",
            "Denied: it is given elsewhere, and by no rule here.",
            ["is about another container"; 3],
        ),
        (
            "token:delete",
            "/pci/",
            "Denied: neither a permission on everything nor a rule gives it.",
            ["gives other permissions"; 3],
        ),
    ] {
        let page = owner.send(&path, &[("permission", permission), ("container", container)]).await;
        assert_eq!(page.status, 200, "{}", page.html);
        assert!(page.html.contains(answer), "{permission} {container}: {}", page.html);
        let (_, table) = page.html.split_once("<tbody>").expect("a table");
        let badges = table.split("<span class=\"badge ").skip(1);
        let said: Vec<&str> = badges.filter_map(|badge| badge.split(['>', '<']).nth(1)).collect();
        let told: Vec<&str> = said.iter().copied().filter(|word| !word.starts_with("token:")).collect();
        assert_eq!(told[..3], verdicts, "{permission} {container}");
    }
    for (permission, container, field) in [
        ("token:read", "", "container"),
        ("token:read", "<script>", "container"),
        ("<script>", "/", "permission"),
    ] {
        let page = owner.send(&path, &[("permission", permission), ("container", container)]).await;
        assert_eq!(page.status, 422, "{permission} {container}");
        assert!(page.html.contains(&format!("id=\"{field}-fault\"")), "{}", page.html);
        assert!(!page.html.contains("<script>"), "{}", page.html);
    }
}

async fn a_key_is_added_shown_once_and_revoked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    let (path, pages) = application(&full, "m2m").await;
    let tab = format!("{pages}/keys");
    let page = owner.get(&tab).await;
    assert!(page.html.contains(&format!("{pages}/access/permissions")), "{}", page.html);
    let page = owner.send(&format!("{tab}/add"), &[("environment", "live")]).await;
    assert!(page.status == 422 && page.html.contains("was never said"), "{}", page.html);
    owner
        .send(&format!("{pages}/access/permissions"), &[("kind", "private"), ("permissions", "token:read")])
        .await;
    assert_eq!(owner.get(&format!("{tab}/add")).await.status, 200);
    let sent = [("environment", "test"), ("name", "<script>"), ("expires_at", "2099-01-31T00:00")];
    let page = owner.send(&format!("{tab}/add"), &sent).await;
    assert_eq!(page.status, 200, "{}", page.html);
    let (_, rest) = page.html.split_once("<dt>api_key</dt>").expect("is shown");
    let key = rest.split("data-copy>").nth(1).and_then(|rest| rest.split('<').next()).expect("is shown");
    assert!(key.starts_with("key_test_us_pvt_"), "{key}");
    let listed = full.get(&format!("{path}/keys")).await.data();
    let one = &listed[0];
    assert_eq!(
        (&one["name"], &one["environment"], &one["last_four"]),
        (&json!("<script>"), &json!("test"), &json!(key[key.len() - 4..]))
    );
    assert!(text(&one["expires_at"]).starts_with("2099-01-31T00:00:00"), "{one}");
    let page = owner.get(&tab).await;
    assert!(!page.html.contains(key) && !page.html.contains("<script>"), "{}", page.html);
    for (sent, field) in [
        ([("environment", "stage"), ("name", ""), ("expires_at", "")], "environment"),
        ([("environment", "live"), ("name", "\u{7}"), ("expires_at", "")], "name"),
        ([("environment", "live"), ("name", ""), ("expires_at", "2001-01-01T00:00")], "expires_at"),
    ] {
        let page = owner.send(&format!("{tab}/add"), &sent).await;
        assert_eq!(page.status, 422, "{field}");
        assert!(page.html.contains(&format!("id=\"{field}-fault\"")), "{}", page.html);
    }
    let revoke = format!("{tab}/{}/revoke", text(&one["id"]));
    assert!(page.html.contains(&revoke), "{}", page.html);
    let page = owner.send(&revoke, &[]).await;
    assert_eq!(owner.led_to(&page), tab);
    assert_eq!(full.get(&format!("{path}/keys")).await.data(), json!([]));
}

async fn integrations_are_attached_and_detached(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    let (path, pages) = application(&full, "server").await;
    let tab = format!("{pages}/integrations");
    assert!(owner.get(&tab).await.html.contains("It reaches none."));
    let mut ids = Vec::new();
    for name in ["Git<script>alert(1)</script>", "Mail", "Files"] {
        let made = full.post("/integrations", json!({ "name": name, "url": "https://a.example" })).await;
        ids.push(text(&made.created()["id"]));
    }
    let [git, mail, files] = [0, 1, 2].map(|place: usize| ids[place].as_str());
    let attached = async || {
        let listed = full.get(&format!("{path}/integrations")).await.data();
        let mut ids: Vec<String> =
            listed.as_array().expect("a list").iter().map(|one| text(&one["integration_id"])).collect();
        ids.sort();
        ids
    };
    let page = owner.send(&format!("{tab}/attach"), &[("integration_id", git)]).await;
    assert_eq!(owner.led_to(&page), tab);
    assert_eq!(attached().await, [git]);
    let page = owner.get(&tab).await;
    assert!(
        page.html.contains(&format!("{tab}/{git}/detach")) && !page.html.contains("<script>"),
        "{}",
        page.html
    );
    let page = owner.get(&format!("{tab}/choose")).await;
    assert!(page.html.contains(mail) && !page.html.contains("<script>"), "{}", page.html);
    let sent = [("integration_ids", mail), ("integration_ids", files)];
    let page = owner.send(&format!("{tab}/choose"), &sent).await;
    assert_eq!(owner.led_to(&page), tab);
    let mut expected = [mail, files];
    expected.sort_unstable();
    assert_eq!(attached().await, expected);
    let sent = [("integration_ids", git), ("integration_ids", "int_01KAH8Q2M4F7V9X3C5N8R1T6ZD")];
    let page = owner.send(&format!("{tab}/choose"), &sent).await;
    assert!(page.status == 422 && page.html.contains("No. 2: There is no such integration"), "{}", page.html);
    assert_eq!(owner.send(&format!("{tab}/attach"), &[("integration_id", "x")]).await.status, 404);
    assert_eq!(attached().await, expected);
    let page = owner.send(&format!("{tab}/{mail}/detach"), &[]).await;
    assert_eq!(owner.led_to(&page), tab);
    assert_eq!(attached().await, [files]);
    owner.send(&format!("{tab}/choose"), &[]).await;
    assert_eq!(attached().await, Vec::<String>::new());
}

async fn who_may_not_change_the_access_is_offered_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (full, owner) = (app.full().await, app.owner_at_console().await);
    let (path, pages) = application(&full, "m2m").await;
    let sent = [("kind", "private"), ("permissions", "token:read")];
    owner.send(&format!("{pages}/access/permissions"), &sent).await;
    owner.send(&format!("{pages}/access/rules/new"), &rule("10", "/", "mask")).await;
    owner.send(&format!("{pages}/keys/add"), &[("environment", "live")]).await;
    let key = text(&full.get(&format!("{path}/keys")).await.data()[0]["id"]);
    let git =
        full.post("/integrations", json!({ "name": "Git", "url": "https://a.example" })).await.created();
    let git = text(&git["id"]);
    full.act(&format!("{path}/integrations/{git}")).await.with(204);
    app.runs("viewer", "platform").await;
    let viewer = app.at_console("viewer-platform@example.com").await;
    for tab in ["access", "keys", "integrations"] {
        let page = viewer.get(&format!("{pages}/{tab}")).await;
        assert_eq!(page.status, 200, "{}", page.html);
        for part in [
            "/permissions\"",
            "/rules/",
            "/clear\"",
            "/add\"",
            "/revoke\"",
            "/attach\"",
            "/detach\"",
            "/choose\"",
        ] {
            assert!(!page.html.contains(part), "{tab} {part}: {}", page.html);
        }
    }
    // To ask is to read.
    let asked = [("permission", "token:read"), ("container", "/")];
    assert_eq!(viewer.send(&format!("{pages}/access/explain"), &asked).await.status, 200);
    let before = full.get(&format!("{path}/access")).await.data();
    for form in [
        "access/permissions",
        "access/rules/new",
        "access/rules/10/edit",
        "access/rules/10/move",
        "access/rules/10/delete",
        "access/clear",
        "keys/add",
        &format!("keys/{key}/revoke"),
        "integrations/attach",
        "integrations/choose",
        &format!("integrations/{git}/detach"),
    ] {
        let page = viewer.send(&format!("{pages}/{form}"), &rule("20", "/", "mask")).await;
        assert_eq!(page.status, 403, "{form}: {}", page.html);
    }
    assert_eq!(full.get(&format!("{path}/access")).await.data(), before);
    for (list, count) in [("keys", 1), ("integrations", 1)] {
        let listed = full.get(&format!("{path}/{list}")).await.data();
        assert_eq!(listed.as_array().map(Vec::len), Some(count), "{list}");
    }
}
