//! Applications, by the pages of the console.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{ISSUER, Page, TestApp};

on_each_database![
    each_type_is_registered_by_its_form,
    what_is_wrong_stands_beside_its_field,
    the_list_is_narrowed_and_counts_users,
    the_next_part_of_a_narrowed_list_is_narrowed_too,
    an_application_is_edited_and_its_history_says_so,
    what_to_do_next_is_said,
    an_old_secret_that_nothing_uses_is_to_be_retired,
    an_application_is_taken_away_and_given_back,
    one_in_use_is_not_deleted_before_its_sessions_end,
    many_are_changed_at_once_and_each_is_told,
    what_operators_sign_in_to_stays,
    a_viewer_is_offered_nothing_and_refused,
    nothing_that_was_typed_runs,
    the_first_page_leads_to_a_first_token,
];

const LIST: &str = "/console/applications";
const SCRIPT: &str = "\"></textarea><script>alert(1)</script>";

/// What is shown this one time, by its name.
fn shown(page: &Page, name: &str) -> Option<String> {
    let (_, rest) = page.html.split_once(&format!("<dt>{name}</dt><dd><code class=\"copied\" data-copy>"))?;
    rest.split_once("</code>").map(|(value, _)| value.to_owned())
}

/// The id of what was just registered, from where its form led.
fn made(page: &Page) -> String {
    let led = page.location_path().split("?said=").next().unwrap_or_default();
    let path = led.strip_prefix("/console/applications/").map(str::to_owned);
    path.or_else(|| shown(page, "APPKEEP_CLIENT_ID")).unwrap_or_else(|| panic!("nothing was made: {page:?}"))
}

fn id(application: &Value) -> String {
    application["id"].as_str().expect("an id").to_owned()
}

#[track_caller]
fn says(page: &Page, expected: &str) {
    assert!(page.html.contains(expected), "`{expected}` is missing: {}", page.html);
}

#[track_caller]
fn says_not(page: &Page, unexpected: &str) {
    assert!(!page.html.contains(unexpected), "`{unexpected}` is there: {}", page.html);
}

async fn each_type_is_registered_by_its_form(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let new = format!("{LIST}/new");
    let page = owner.send(&new, &[]).await;
    assert_eq!(page.status, 422, "no type was chosen");
    for (kind, more, has_secret) in [
        ("spa", vec![("redirect_uris", "https://shop.example/a\r\n\r\nhttp://localhost:3000/b")], false),
        ("native", vec![("redirect_uris", "com.example.app:/a"), ("allowed_scopes", "openid  email")], false),
        ("server", vec![("redirect_uris", "https://shop.example/a"), ("user_pool", "application")], true),
        ("m2m", vec![("audience", "https://bills.example")], true),
        (
            "saml",
            vec![
                ("saml.entity_id", "urn:crm"),
                ("saml.acs_urls", "https://crm.example/acs"),
                ("saml.attribute_statements", "mail = user.email"),
            ],
            false,
        ),
    ] {
        let page = owner.send(&new, &[("type", kind)]).await;
        assert_eq!(page.location_path(), format!("{new}/{kind}"));
        let form = owner.get(page.location_path()).await;
        for (name, _) in &more {
            says(&form, &format!("name=\"{name}\""));
        }
        let typed = [("name", kind), ("slug", ""), ("description", "Two\r\nlines")];
        let page = owner.send(&format!("{new}/{kind}"), &[&typed[..], &more[..]].concat()).await;
        let id = made(&page);
        let read = full.read(&id).await;
        assert_eq!((&read["type"], &read["description"]), (&json!(kind), &json!("Two\nlines")), "{kind}");
        match kind {
            "spa" => assert_eq!(
                read["redirect_uris"],
                json!(["https://shop.example/a", "http://localhost:3000/b"])
            ),
            "native" => assert_eq!(read["allowed_scopes"], json!(["openid", "email"])),
            "server" => {
                assert_eq!(read["user_pool"], "application");
                assert!(
                    shown(&page, "APPKEEP_LIVE_SECRET_KEY").is_some() && read["environments"][1].is_object()
                );
            }
            "m2m" => {
                let secret = shown(&page, "APPKEEP_CLIENT_SECRET").expect("has one");
                app.token(&id, &secret, "&audience=https://bills.example").await.ok();
                assert_eq!(page.headers["cache-control"], "no-store");
                says_not(&owner.get(&format!("{LIST}/{id}")).await, &secret);
            }
            _ => assert_eq!(
                read["saml"]["attribute_statements"],
                json!([{ "name": "mail", "source": "user.email" }])
            ),
        }
        assert_eq!(shown(&page, "APPKEEP_CLIENT_SECRET").is_some(), has_secret, "{kind}");
        assert_eq!(owner.get(&format!("{LIST}/{id}")).await.heading(), kind);
    }
    assert_eq!(owner.get(&format!("{new}/toaster")).await.status, 404);
}

async fn what_is_wrong_stands_beside_its_field(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    full.create("m2m", json!({ "slug": "taken" })).await;
    let before = database.dump().await;
    for (kind, typed, at_fault, said) in [
        ("spa", vec![("name", "")], "name", "This is empty."),
        ("spa", vec![("name", "a"), ("slug", "taken")], "slug", "Another application has it."),
        (
            "spa",
            vec![("name", "a"), ("redirect_uris", "https://a.example/\r\nhttps://*.example/")],
            "redirect_uris",
            "No. 2 ",
        ),
        ("m2m", vec![("name", "a"), ("allowed_scopes", "openid nobody:knows")], "allowed_scopes", "No. 2 "),
        (
            "m2m",
            vec![("name", "a"), ("token_endpoint_auth_method", "private_key_jwt")],
            "jwks",
            "private_key_jwt",
        ),
        ("saml", vec![("name", "a"), ("saml.entity_id", "no uri")], "saml.entity_id", "This "),
        (
            "saml",
            vec![("name", "a"), ("saml.attribute_statements", "a")],
            "saml.attribute_statements",
            "No. 1 ",
        ),
    ] {
        let page = owner.send(&format!("{LIST}/new/{kind}"), &typed).await;
        assert_eq!(page.status, 422, "{kind} {typed:?}");
        let fault = page.html.split(&format!("id=\"{at_fault}-fault\">")).nth(1).unwrap_or_default();
        let fault = fault.split("</p>").next().unwrap_or_default();
        assert!(fault.contains(said), "{kind} {at_fault}: {fault} in {}", page.html);
        if let Some((_, value)) = typed.get(1).filter(|(_, value)| !value.contains('\r')) {
            says(&page, value);
        }
    }
    assert_eq!(database.dump().await, before);
}

async fn the_list_is_narrowed_and_counts_users(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let page = owner.get(&format!("{LIST}?q=nothing+is+called+so")).await;
    says(&page, "No application fits.");
    let shop = json!({ "name": "Shop", "tags": ["front"], "user_pool": "application" });
    let shop = id(&full.create("spa", shop).await);
    full.post(&format!("/applications/{shop}/users"), json!({ "email": "a@shop.example" })).await.created();
    let jobs = id(&full.create("m2m", json!({ "name": "Jobs" })).await);
    full.act(&format!("/applications/{jobs}/disable")).await.ok();
    let old = id(&full.create("m2m", json!({ "name": "Put away" })).await);
    full.act(&format!("/applications/{old}/archive")).await.ok();
    for (query, expected, unexpected) in [
        ("", vec!["Shop", "Jobs"], vec!["Put away"]),
        ("q=sho", vec!["Shop"], vec!["Jobs"]),
        ("type=m2m", vec!["Jobs"], vec!["Shop"]),
        ("state=disabled", vec!["Jobs"], vec!["Shop"]),
        ("tag=front", vec!["Shop", "name=\"tag\" type=\"text\" value=\"front\""], vec!["Jobs"]),
        ("ownership=global", vec![], vec!["Shop", "Jobs"]),
        ("archived=true", vec!["Put away"], vec!["Shop", "Jobs"]),
    ] {
        let page = owner.get(&format!("{LIST}?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        let list = page.html.split("<main ").nth(1).expect("has a list");
        for name in expected {
            assert!(list.contains(name), "{query}: {name} is missing");
        }
        for name in unexpected {
            assert!(!list.contains(&format!(">{name}</a>")), "{query}: {name} is there");
        }
    }
    says(&owner.get(&format!("{LIST}?q=shop")).await, "<span class=\"number\">1</span>");
    for query in ["after=nonsense", "type=toaster", "state=asleep"] {
        assert_eq!(owner.get(&format!("{LIST}?{query}")).await.status, 400, "{query}");
    }
}

async fn the_next_part_of_a_narrowed_list_is_narrowed_too(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let first = id(&full.create("spa", json!({ "name": "First", "tags": ["a & b"] })).await);
    full.create("spa", json!({ "name": "Without it" })).await;
    for number in 0..50 {
        full.create("spa", json!({ "name": format!("Later {number}"), "tags": ["a & b"] })).await;
    }
    let page = owner.get(&format!("{LIST}?tag=a+%26+b&type=spa&q=")).await;
    says(&page, "name=\"tag\" type=\"text\" value=\"a &#38; b\"");
    says_not(&page, &first);
    let (_, rest) =
        page.html.split_once(&format!("href=\"{LIST}?tag=a+%26+b&#38;type=spa&#38;after=")).expect("goes on");
    let cursor = rest.split('"').next().expect("has an end");
    let next = owner.get(&format!("{LIST}?tag=a+%26+b&type=spa&after={cursor}")).await;
    says(&next, &first);
    says(&next, "value=\"a &#38; b\"");
    says(&next, &format!("href=\"{LIST}?tag=a+%26+b&#38;type=spa\""));
    for name in ["Without it", "Later 49"] {
        says_not(&next, &format!(">{name}</a>"));
    }
}

async fn an_application_is_edited_and_its_history_says_so(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let id =
        id(&full.create("spa", json!({ "name": "Before", "tags": ["old"], "description": "gone" })).await);
    let form = owner.get(&format!("{LIST}/{id}/edit")).await;
    for part in ["value=\"Before\"", "name=\"version\" value=\"1\"", "name=\"first_party\""] {
        says(&form, part);
    }
    let expires_at = app.after(10 * 86_400);
    let typed = [
        ("version", "1"),
        ("name", "After"),
        ("slug", "after"),
        ("description", ""),
        ("logo_url", "https://shop.example/logo.svg"),
        ("tags", "new\r\nshop"),
        ("expires_at", &*expires_at),
        ("assignment_required", "true"),
    ];
    let page = owner.send(&format!("{LIST}/{id}/edit"), &typed).await;
    assert_eq!(owner.led_to(&page), format!("{LIST}/{id}"));
    let read = full.read(&id).await;
    for (field, expected) in [
        ("name", json!("After")),
        ("slug", json!("after")),
        ("description", Value::Null),
        ("logo_url", json!("https://shop.example/logo.svg")),
        ("tags", json!(["new", "shop"])),
        ("expires_at", json!(expires_at)),
        ("assignment_required", json!(true)),
        ("first_party", json!(false)),
    ] {
        assert_eq!(read[field], expected, "{field}");
    }
    let page = owner.get(page.location_path()).await;
    for part in ["Saved.", "in 10 days", "no redirect URI"] {
        says(&page, part);
    }
    // Somebody who looked at it before that does not undo it.
    let page = owner.send(&format!("{LIST}/{id}/edit"), &typed).await;
    assert_eq!(page.status, 422, "{}", page.html);
    says(&page, "has changed since that version");
    let page =
        owner.send(&format!("{LIST}/{id}/edit"), &[("version", "2"), ("name", ""), ("slug", "A b")]).await;
    for part in ["id=\"name-fault\"", "id=\"slug-fault\"", "value=\"A b\""] {
        says(&page, part);
    }
    assert_eq!(full.read(&id).await["name"], "After");
    let page = owner.get(&format!("{LIST}/{id}/history?action=application.updated")).await;
    for (field, before, after) in [("name", "Before", "After"), ("tags", "old", "new, shop")] {
        says(&page, &format!("<dt>{field}</dt><dd><del>{before}</del>"));
        says(&page, &format!("<ins>{after}</ins>"));
    }
    says_not(&page, "<td data-title=\"What\">application.created</td>");
    let (_, rest) =
        page.html.split_once("?action=application.updated&#38;actor=").expect("leads to an actor's");
    let actor = rest.split('"').next().expect("has an end");
    says(&owner.get(&format!("{LIST}/{id}/history?actor={actor}")).await, "Only what");
    says(&owner.get(&format!("{LIST}/{id}/history?actor=nobody")).await, "Nothing of this kind");
}

async fn what_to_do_next_is_said(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let made = full.create("m2m", json!({})).await;
    let (id, first) = (id(&made), made["client_secret"].as_str().expect("has one").to_owned());
    let page = owner.get(&format!("{LIST}/{id}")).await;
    says(&page, "It may ask for nothing yet");
    says(&page, &format!("{id}:$CLIENT_SECRET"));
    full.patch(&format!("/applications/{id}"), json!({ "audience": "https://bills.example" })).await.data();
    app.token(&id, &first, "").await.ok();
    app.tell_uses().await;
    let added = full.post(&format!("/applications/{id}/credentials"), json!({})).await.created();
    let second = added["client_secret"].as_str().expect("has one").to_owned();
    let ends = app.after(5 * 86_400);
    full.post(&format!("/applications/{id}/credentials"), json!({ "expires_at": ends })).await.created();
    let page = owner.get(&format!("{LIST}/{id}")).await;
    says_not(&page, "It may ask for nothing yet");
    says(&page, "expires in 5 days");
    app.token(&id, &second, "").await.ok();
    app.tell_uses().await;
    full.act(&format!("/applications/{id}/disable")).await.ok();
    let page = owner.get(&format!("{LIST}/{id}")).await;
    says(&page, "It is disabled: it gets no tokens");
    says(&page, &format!("formaction=\"{LIST}/{id}/enable\""));
}

async fn an_old_secret_that_nothing_uses_is_to_be_retired(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let made = full.create("m2m", json!({ "audience": "https://bills.example" })).await;
    let (id, first) = (id(&made), made["client_secret"].as_str().expect("has one").to_owned());
    app.token(&id, &first, "").await.ok();
    let rotated =
        full.post(&format!("/applications/{id}/rotate-secret"), json!({ "overlap_s": 604_800 })).await;
    let second = rotated.data()["client_secret"].as_str().expect("has one").to_owned();
    app.tell_uses().await;
    app.clock.advance_micros(2 * 86_400 * 1_000_000);
    let path = format!("{LIST}/{id}");
    says_not(&app.owner_at_console().await.get(&path).await, "retire it");
    app.token(&id, &second, "").await.ok();
    app.tell_uses().await;
    app.clock.advance_micros(20 * 1_000_000);
    app.tell_uses().await;
    let owner = app.owner_at_console().await;
    let page = owner.get(&path).await;
    let said = format!(
        "The secret that ends in {} was used by nothing for 2 days, and a newer one is in use: retire it.",
        &first[first.len() - 4..]
    );
    says(&page, &said);
    app.token(&id, &first, "").await.ok();
    app.tell_uses().await;
    says_not(&owner.get(&path).await, "retire it");
}

async fn an_application_is_taken_away_and_given_back(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let id = id(&full.create("server", json!({ "name": "Shop & co" })).await);
    let at = format!("{LIST}/{id}");
    for (verb, field, expected, offered) in [
        ("disable", "state", json!("disabled"), "enable"),
        ("enable", "state", json!("enabled"), "disable"),
        ("archive", "archived_at", json!(app.now()), "restore"),
        ("restore", "archived_at", Value::Null, "archive"),
    ] {
        says(&owner.get(&format!("{at}/danger")).await, &format!("formaction=\"{at}/{verb}\""));
        let page = owner.send(&format!("{at}/{verb}"), &[]).await;
        assert_eq!(owner.led_to(&page), at, "{verb}");
        assert_eq!(full.read(&id).await[field], expected, "{verb}");
        let page = owner.get(&format!("{at}/danger")).await;
        says(&page, &format!("formaction=\"{at}/{offered}\""));
        says_not(&page, &format!("formaction=\"{at}/{verb}\""));
    }
    let page = owner.send(&format!("{at}/revoke-tokens"), &[]).await;
    assert_eq!(owner.led_to(&page), format!("{at}/danger"));
    assert_eq!(full.last_entry().await.0, "application.tokens_revoked");
    for typed in ["", "Shop", "shop & co"] {
        let page = owner.send(&format!("{at}/delete"), &[("name", typed)]).await;
        assert_eq!(page.status, 422, "{typed}");
        says(&page, "This is not its name; nothing was deleted.");
        assert_eq!(full.read(&id).await["name"], "Shop & co");
    }
    let page = owner.send(&format!("{at}/delete"), &[("name", "Shop & co")]).await;
    assert_eq!(owner.led_to(&page), LIST);
    full.get(&format!("/applications/{id}")).await.refused(404, "app_not_found");
    for path in ["", "/edit", "/danger", "/history"] {
        assert_eq!(owner.get(&format!("{at}{path}")).await.status, 404, "{path}");
    }
}

async fn one_in_use_is_not_deleted_before_its_sessions_end(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let id = id(&full.create("spa", json!({ "name": "Shop" })).await);
    app.open_session(&id, 3_600).await;
    let at = format!("{LIST}/{id}");
    says(&owner.get(&format!("{at}/danger")).await, "cannot be deleted while sessions are active (1)");
    let page = owner.send(&format!("{at}/delete"), &[("name", "Shop")]).await;
    assert_eq!(page.status, 422, "{}", page.html);
    says(&page, "It has active sessions");
    let picked = [("verb", "delete"), ("id", &*id)];
    let page = owner.send(&format!("{LIST}/bulk"), &picked).await;
    says(&page, "cannot be: sessions are active (1)");
    let page = owner.send(&format!("{LIST}/bulk/confirm"), &picked).await;
    says(&page, "0 deleted, 1 not.");
    assert_eq!(full.read(&id).await["sessions"]["live"], 1);
    let page = owner.send(&format!("{at}/danger/end-sessions"), &[]).await;
    assert_eq!(owner.led_to(&page), format!("{at}/danger"));
    let page = owner.send(&format!("{at}/delete"), &[("name", "Shop")]).await;
    assert_eq!(owner.led_to(&page), LIST);
    full.get(&format!("/applications/{id}")).await.refused(404, "app_not_found");
}

async fn many_are_changed_at_once_and_each_is_told(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let mut ids = Vec::new();
    for name in ["One", "Two", "Gone"] {
        ids.push(id(&full.create("m2m", json!({ "name": name })).await));
    }
    full.delete(&format!("/applications/{}", ids[2])).await.with(204);
    let picked = |verb: &'static str| {
        let ids = ids.iter().map(|id| ("id", id.as_str()));
        std::iter::once(("verb", verb)).chain(ids).collect::<Vec<_>>()
    };
    let before = database.dump().await;
    let page = owner.send(&format!("{LIST}/bulk"), &picked("disable")).await;
    assert_eq!(page.heading(), "Disable 3 applications?");
    for part in ["will be disabled", "is not there (any more)", "Disable 2 applications", ids[1].as_str()] {
        says(&page, part);
    }
    assert_eq!(database.dump().await, before, "a preview changes nothing");
    for (verb, done, state) in [("disable", "disabled", "disabled"), ("enable", "enabled", "enabled")] {
        let page = owner.send(&format!("{LIST}/bulk/confirm"), &picked(verb)).await;
        assert_eq!(page.heading(), format!("2 applications {done}"));
        says(&page, &format!("2 {done}, 1 not."));
        for id in &ids[..2] {
            assert_eq!(full.read(id).await["state"], state);
        }
    }
    let page = owner.send(&format!("{LIST}/bulk/confirm"), &picked("delete")).await;
    says(&page, "2 deleted, 1 not.");
    full.get(&format!("/applications/{}", ids[0])).await.refused(404, "app_not_found");
    says(&owner.send(&format!("{LIST}/bulk"), &[("verb", "disable")]).await, "Nothing was picked");
    assert_eq!(owner.send(&format!("{LIST}/bulk"), &picked("paint")).await.status, 400);
}

/// Without it nobody would come in to put it back.
async fn what_operators_sign_in_to_stays(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (api, owner) = (app.owner().await, app.owner_at_console().await);
    let other = id(&app.full().await.create("m2m", json!({ "name": "Other" })).await);
    let console = app.console().await.0;
    let at = format!("{LIST}/{console}");
    let page = owner.get(&format!("{at}/danger")).await;
    says(&page, "Operators sign in to it");
    says(&page, &format!("formaction=\"{at}/revoke-tokens\""));
    for verb in ["disable", "archive", "delete"] {
        says_not(&page, &format!("action=\"{at}/{verb}\""));
    }
    for (verb, label) in [("disable", "Disable"), ("delete", "Delete")] {
        let both = [("verb", verb), ("id", &*console), ("id", &*other)];
        let page = owner.send(&format!("{LIST}/bulk"), &both).await;
        says(&page, "cannot be: operators sign in to it");
        says(&page, &format!("{label} 1 application<"));
        let page = owner.send(&format!("{LIST}/bulk"), &both[..2]).await;
        says(&page, "cannot be: operators sign in to it");
        says_not(&page, &format!("{LIST}/bulk/confirm"));
    }
    let before = database.dump().await;
    for verb in ["disable", "archive"] {
        let page = owner.send(&format!("{at}/{verb}"), &[]).await;
        assert_eq!(page.status, 400, "{verb}: {}", page.html);
        says(&page, "Operators sign in to it, so it is neither disabled nor archived nor deleted");
        api.act(&format!("/applications/{console}/{verb}")).await.refused(400, "not_applicable");
    }
    let page = owner.send(&format!("{at}/delete"), &[("name", "Appkeep console")]).await;
    assert_eq!(page.status, 422, "{}", page.html);
    says(&page, "Operators sign in to it");
    api.delete(&format!("/applications/{console}")).await.refused(400, "not_applicable");
    assert_eq!(database.dump().await, before);
    for verb in ["disable", "delete"] {
        let picked = [("verb", verb), ("id", &*console), ("id", &*other)];
        let page = owner.send(&format!("{LIST}/bulk/confirm"), &picked).await;
        says(&page, "d, 1 not.");
        says(&page, "Operators sign in to it");
    }
    let read = api.read(&console).await;
    for (field, expected) in [
        ("state", json!("enabled")),
        ("archived_at", Value::Null),
        ("can_disable", json!(false)),
        ("can_archive", json!(false)),
        ("can_delete", json!(false)),
        ("can_update", json!(true)),
    ] {
        assert_eq!(read[field], expected, "{field}");
    }
    api.get(&format!("/applications/{other}")).await.refused(404, "app_not_found");
    app.owner_at_console().await;
}

async fn a_viewer_is_offered_nothing_and_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let id = id(&full.create("m2m", json!({ "name": "Shop" })).await);
    let tenant = app.tenant().to_string();
    app.runs("viewer", &tenant).await;
    let viewer = app.at_console(&format!("viewer-{tenant}@example.com").to_lowercase()).await;
    let at = format!("{LIST}/{id}");
    for path in ["/console", LIST, &at] {
        let page = viewer.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.html);
        for part in ["/applications/new", "/edit\"", "/danger\"", "name=\"verb\"", "formaction"] {
            says_not(&page, part);
        }
    }
    says_not(&viewer.get(&format!("{at}/danger")).await, "formaction");
    let before = database.dump().await;
    for path in [
        format!("{LIST}/new"),
        format!("{LIST}/new/m2m"),
        format!("{at}/edit"),
        format!("{at}/disable"),
        format!("{at}/archive"),
        format!("{at}/restore"),
        format!("{at}/revoke-tokens"),
        format!("{at}/danger/end-sessions"),
        format!("{at}/delete"),
        format!("{LIST}/bulk"),
        format!("{LIST}/bulk/confirm"),
    ] {
        let typed = [("name", "Shop"), ("type", "m2m"), ("verb", "disable"), ("id", &*id)];
        let page = viewer.send(&path, &typed).await;
        assert_eq!(
            (page.status.as_u16(), page.heading().as_str()),
            (403, "This is not for you to do"),
            "{path}"
        );
    }
    assert_eq!(database.dump().await, before);
}

async fn nothing_that_was_typed_runs(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let typed = [("name", SCRIPT), ("description", SCRIPT), ("audience", SCRIPT), ("redirect_uris", SCRIPT)];
    let page = owner.send(&format!("{LIST}/new/spa"), &typed).await;
    assert_eq!(page.status, 422, "{}", page.html);
    says_not(&page, "<script>alert");
    let body = json!({ "name": SCRIPT, "description": SCRIPT, "tags": [SCRIPT] });
    let id = id(&full.create("m2m", body).await);
    let at = format!("{LIST}/{id}");
    let query: String = url::form_urlencoded::byte_serialize(SCRIPT.as_bytes()).collect();
    for path in [
        "/console".to_owned(),
        LIST.to_owned(),
        format!("{LIST}?q={query}"),
        format!("{LIST}?tag={query}"),
        at.clone(),
        format!("{at}/edit"),
        format!("{at}/danger"),
        format!("{at}/history"),
        format!("{at}/history?actor={query}"),
    ] {
        let page = owner.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.html);
        says_not(&page, "<script>alert");
        says(&page, "script");
    }
    for path in ["bulk", "bulk/confirm"] {
        let picked = [("verb", "disable"), ("id", &*id), ("id", SCRIPT)];
        let page = owner.send(&format!("{LIST}/{path}"), &picked).await;
        assert_eq!(page.status, 200, "{}", page.html);
        says_not(&page, "<script>alert");
    }
    let other = format!("{SCRIPT}x");
    says_not(&owner.send(&format!("{at}/delete"), &[("name", &*other)]).await, "<script>alert");
}

async fn the_first_page_leads_to_a_first_token(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let page = owner.get("/console").await;
    assert_eq!(page.heading(), "Overview");
    says(&page, "The first token");
    says(&page, &format!("curl -sS {ISSUER}/oauth2/token"));
    says(&page, "$CLIENT_ID:$CLIENT_SECRET");
    says_not(&page, "<li class=\"step done\">");
    let made = full.create("m2m", json!({ "name": "Bills", "audience": "https://bills.example" })).await;
    let (id, secret) = (id(&made), made["client_secret"].as_str().expect("has one").to_owned());
    let page = owner.get("/console").await;
    assert_eq!(page.html.matches("<li class=\"step done\">").count(), 2, "{}", page.html);
    says(&page, &format!("{id}:$CLIENT_SECRET"));
    says(&page, "audience=https://bills.example");
    app.token(&id, &secret, "&audience=https://bills.example").await.ok();
    app.tell_uses().await;
    let page = owner.get("/console").await;
    says_not(&page, "The first token");
    says(&page, "Bills");
    full.act(&format!("/applications/{id}/disable")).await.ok();
    says(&owner.get("/console").await, "It is disabled.");
}
