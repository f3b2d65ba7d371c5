//! Partners and tenants at the console, and the way from one to another.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::TestApp;

on_each_database![
    a_partner_is_made_changed_and_turned,
    a_tenant_is_made_changed_turned_and_transferred,
    what_is_wrong_stands_beside_its_field,
    what_one_may_not_do_is_not_offered_and_refused,
    each_is_led_to_where_their_roles_are,
    another_tenants_console_is_as_none,
];

async fn a_partner_is_made_changed_and_turned(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, console) = (app.owner().await, app.owner_at_console().await);
    assert!(console.get("/console/partners").await.html.contains("No partner fits."));
    let typed = [
        ("name", "<script>Reseller</script>"),
        ("slug", "reseller"),
        ("contact_email", "ops@reseller.example"),
        ("max_tenants", "1"),
        ("max_users_per_tenant", ""),
        ("max_applications_per_tenant", "7"),
    ];
    let made = console.send("/console/partners/new", &typed).await;
    let path = console.led_to(&made).to_owned();
    let id = path.strip_prefix("/console/partners/").expect("leads to it").to_owned();
    let shown = owner.get(&format!("/partners/{id}")).await.data();
    for (field, expected) in [
        ("name", json!("<script>Reseller</script>")),
        ("slug", json!("reseller")),
        ("contact_email", json!("ops@reseller.example")),
        ("max_tenants", json!(1)),
        ("max_users_per_tenant", Value::Null),
        ("max_applications_per_tenant", json!(7)),
    ] {
        assert_eq!(shown[field], expected, "{field}");
    }
    let edit = format!("{path}/edit");
    for page in ["/console/partners", &path, &edit, "/console/tenants/new"] {
        let html = console.get(page).await.html;
        assert!(html.contains("Reseller") && !html.contains("<script>Reseller"), "{page}: {html}");
    }
    assert!(console.get(&path).await.html.contains("0 of 1"));
    owner.tenant("acme", Some(&id)).await;
    let full = console.get(&path).await.html;
    assert!(full.contains("1 of 1") && full.contains("cap reached"), "{full}");

    let typed =
        [("name", "Reseller"), ("contact_email", ""), ("max_tenants", ""), ("max_users_per_tenant", "5")];
    let saved = console.send(&edit, &typed).await;
    assert_eq!(console.led_to(&saved), path);
    let shown = owner.get(&format!("/partners/{id}")).await.data();
    let caps =
        ["max_tenants", "max_users_per_tenant", "max_applications_per_tenant"].map(|cap| shown[cap].clone());
    assert_eq!(caps, [Value::Null, json!(5), json!(7)], "what the form did not have stays");
    assert_eq!((&shown["name"], &shown["contact_email"]), (&json!("Reseller"), &Value::Null));

    for (turn, field, expected) in [
        ("suspend", "status", json!("suspended")),
        ("resume", "status", json!("active")),
        ("archive", "archived_at", json!(app.now())),
        ("restore", "archived_at", Value::Null),
    ] {
        let turned = console.send(&format!("{path}/{turn}"), &[]).await;
        assert_eq!(console.led_to(&turned), path, "{turn}");
        assert_eq!(owner.get(&format!("/partners/{id}")).await.data()[field], expected, "{turn}");
    }
    assert_eq!(console.send(&format!("{path}/explode"), &[]).await.status, 404);
}

async fn a_tenant_is_made_changed_turned_and_transferred(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, console) = (app.owner().await, app.owner_at_console().await);
    let partner = owner.partner("reseller", json!({})).await;
    let typed = [
        ("name", "Acme"),
        ("slug", "acme"),
        ("partner_id", &*partner),
        ("contact_email", "ops@acme.example"),
    ];
    let made = console.send("/console/tenants/new", &typed).await;
    let path = console.led_to(&made).to_owned();
    let id = path.strip_prefix("/console/tenants/").expect("leads to it").to_owned();
    let read = async || owner.get(&format!("/tenants/{id}")).await.data();
    let shown = read().await;
    assert_eq!((&shown["name"], &shown["slug"]), (&json!("Acme"), &json!("acme")));
    assert_eq!(
        (&shown["partner_id"], &shown["contact_email"]),
        (&json!(partner), &json!("ops@acme.example"))
    );
    assert_eq!(app.browser().get("/t/acme/.well-known/openid-configuration").await.status, 200);

    let page = console.get(&path).await.html;
    for part in ["https://id.example/t/acme", "/t/acme/console", &partner, "Suspend …", "Transfer …"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let listed = console.get("/console/tenants?q=ACM").await.html;
    assert!(listed.contains(&path) && !listed.contains(">default<"), "{listed}");
    assert!(!console.get("/console/tenants?status=suspended").await.html.contains(&path));

    let saved = console.send(&format!("{path}/edit"), &[("name", "Acme Ltd"), ("contact_email", "")]).await;
    assert_eq!(console.led_to(&saved), path);
    let shown = read().await;
    assert_eq!((&shown["name"], &shown["contact_email"]), (&json!("Acme Ltd"), &Value::Null));

    assert!(console.get(&format!("{path}/transfer")).await.html.contains("sees the tenant no more"));
    let transferred = console.send(&format!("{path}/transfer"), &[("partner_id", "")]).await;
    assert_eq!(console.led_to(&transferred), path);
    assert_eq!(read().await["partner_id"], Value::Null);

    for (turn, field, expected) in [
        ("suspend", "status", json!("suspended")),
        ("resume", "status", json!("active")),
        ("archive", "archived_at", json!(app.now())),
        ("restore", "archived_at", Value::Null),
    ] {
        let turned = console.send(&format!("{path}/{turn}"), &[]).await;
        assert_eq!(console.led_to(&turned), path, "{turn}");
        assert_eq!(read().await[field], expected, "{turn}");
    }
    // Operators sign in at the default tenant: nobody is offered to shut it.
    let default = owner.get("/tenant").await.data()["id"].as_str().expect("an id").to_owned();
    let page = console.get(&format!("/console/tenants/{default}")).await.html;
    assert!(!page.contains("Suspend …") && page.contains("Operators sign in"), "{page}");
    assert_ne!(console.send(&format!("/console/tenants/{default}/suspend"), &[]).await.status, 303);
    assert_eq!(owner.get("/tenant").await.data()["status"], "active");
}

async fn what_is_wrong_stands_beside_its_field(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, console) = (app.owner().await, app.owner_at_console().await);
    let partner = owner.partner("full", json!({ "max_tenants": 0 })).await;
    let before = (owner.slugs("/tenants").await, owner.slugs("/partners").await);
    let (tenants, partners) = ("/console/tenants/new", "/console/partners/new");
    let default = owner.get("/tenant").await.data()["id"].as_str().expect("an id").to_owned();
    let transfer = format!("/console/tenants/{default}/transfer");
    for (path, field, typed, said) in [
        (tenants, "name", vec![("name", "")], ""),
        (tenants, "slug", vec![("name", "A"), ("slug", "default")], "Another tenant has it."),
        (tenants, "contact_email", vec![("name", "A"), ("contact_email", "x")], ""),
        (tenants, "partner_id", vec![("name", "A"), ("partner_id", "prt_x")], "There is no such partner."),
        (partners, "name", vec![("name", "")], ""),
        (
            partners,
            "max_tenants",
            vec![("name", "A"), ("max_tenants", "many")],
            "This must be a whole number.",
        ),
        (partners, "max_tenants", vec![("name", "A"), ("max_tenants", "-1")], ""),
        (&transfer, "partner_id", vec![("partner_id", "prt_x")], "There is no such partner."),
    ] {
        let page = console.send(path, &typed).await;
        assert_eq!(page.status, 422, "{path} {field}: {}", page.html);
        assert!(page.html.contains(&format!("id=\"{field}-fault\"")), "{path} {field}: {}", page.html);
        assert!(page.html.contains(said), "{path} {field}: {}", page.html);
        for (name, value) in typed.iter().filter(|(_, value)| *value == "A") {
            assert!(
                page.html.contains(&format!("value=\"{value}\"")),
                "{name} is typed still: {}",
                page.html
            );
        }
    }
    let page = console.send(tenants, &[("name", "A"), ("partner_id", &partner)]).await;
    assert_eq!(page.status, 422, "{}", page.html);
    assert!(page.html.contains("cap of 0 is reached"), "{}", page.html);
    assert_eq!((owner.slugs("/tenants").await, owner.slugs("/partners").await), before);
}

async fn what_one_may_not_do_is_not_offered_and_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({})).await;
    let tenant = owner.tenant("acme", Some(&partner)).await;
    app.runs("viewer", "platform").await;
    app.runs("admin", &partner).await;
    let before = (owner.get(&format!("/tenants/{tenant}")).await.data(), owner.slugs("/tenants").await);
    for email in
        ["viewer-platform@example.com".to_owned(), format!("admin-{partner}@example.com").to_lowercase()]
    {
        let console = app.at_console(&email).await;
        let (its, of) = (format!("/console/tenants/{tenant}"), format!("/console/partners/{partner}"));
        for page in ["/console/tenants", &its, "/console/partners", &of] {
            let page = console.get(page).await;
            assert_eq!(page.status, 200, "{email}: {}", page.html);
            for control in ["Make a", "/edit\"", "Suspend …", "Archive …", "Transfer …"] {
                assert!(!page.html.contains(control), "{email} {control}: {}", page.html);
            }
        }
        for path in [
            "/console/tenants/new",
            "/console/partners/new",
            &format!("{its}/edit"),
            &format!("{its}/suspend"),
            &format!("{its}/transfer"),
            &format!("{of}/edit"),
            &format!("{of}/archive"),
        ] {
            let page = console.send(path, &[("name", "Mine")]).await;
            assert_eq!(page.status, 403, "{email} {path}: {}", page.html);
            assert_eq!(page.heading(), "This is not for you to do", "{email} {path}");
        }
    }
    let after = (owner.get(&format!("/tenants/{tenant}")).await.data(), owner.slugs("/tenants").await);
    assert_eq!(after, before);
}

/// Whoever guesses a slug is answered alike, whether a tenant has it or none.
async fn another_tenants_console_is_as_none(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({})).await;
    let theirs = owner.tenant("theirs", Some(&partner)).await;
    owner.tenant("strange", None).await;
    let asleep = owner.tenant("asleep", None).await;
    owner.act(&format!("/tenants/{asleep}/suspend")).await.ok();
    for (role, at) in [("owner", &theirs), ("admin", &partner)] {
        app.runs(role, at).await;
        let console = app.at_console(&format!("{role}-{at}@example.com").to_lowercase()).await;
        assert_eq!(console.get("/t/theirs/console").await.status, 200, "{role}");
        let before = database.dump().await;
        for below in ["", "/applications", "/applications/new/m2m", "/users", "/settings", "/nothing"] {
            let none = console.get(&format!("/t/nobody/console{below}")).await;
            assert_eq!((none.status.as_u16(), &*none.heading()), (404, "There is nothing here"), "{below}");
            for slug in ["strange", "asleep"] {
                let page = console.get(&format!("/t/{slug}/console{below}")).await;
                assert_eq!((page.status, &page.html), (none.status, &none.html), "{slug} {below}");
            }
        }
        for below in ["/groups/new", "/applications/new/m2m", "/settings"] {
            let none = console.send(&format!("/t/nobody/console{below}"), &[("name", "Mine")]).await;
            assert_eq!(none.status, 404, "{below}");
            for slug in ["strange", "asleep"] {
                let page = console.send(&format!("/t/{slug}/console{below}"), &[("name", "Mine")]).await;
                assert_eq!((page.status, &page.html), (none.status, &none.html), "{slug} {below}");
            }
        }
        assert_eq!(database.dump().await, before, "{role}");
    }
}

async fn each_is_led_to_where_their_roles_are(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.owner().await;
    let partner = owner.partner("reseller", json!({})).await;
    let acme = owner.tenant("acme", Some(&partner)).await;
    owner.tenant("sister", Some(&partner)).await;
    owner.tenant("strange", None).await;
    let default = owner.get("/tenant").await.data()["id"].as_str().expect("an id").to_owned();
    for (at, leads_to, seen) in [
        ("platform", "", vec!["/console", "/t/acme/console", "/t/sister/console", "/t/strange/console"]),
        (&*default, "", vec!["/console"]),
        (&*partner, "/console/switch", vec!["/t/acme/console", "/t/sister/console"]),
        (&*acme, "/t/acme/console", vec!["/t/acme/console"]),
    ] {
        app.runs("viewer", at).await;
        let console = app.at_console(&format!("viewer-{at}@example.com").to_lowercase()).await;
        assert_eq!(console.get("/console").await.location_path(), leads_to, "{at}");
        let page = console.get("/console/switch").await;
        assert_eq!(page.status, 200, "{at}: {}", page.html);
        let list = page.html.split("id=\"list\"").nth(1).expect("a list");
        for path in ["/console", "/t/acme/console", "/t/sister/console", "/t/strange/console"] {
            assert_eq!(
                list.contains(&format!("href=\"{path}\"")),
                seen.contains(&path),
                "{at} {path}: {list}"
            );
        }
        assert_eq!(console.get("/t/acme/console/switch").await.status, 404, "it is there once");
    }
    let console = app.owner_at_console().await;
    let list = console.get("/console/switch?q=SIST").await.html;
    assert!(list.contains("/t/sister/console") && !list.contains("/t/acme/console"), "{list}");
}
