//! `/console/vault`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{AtConsole, TestApp, User};

on_each_database![
    data_is_put_in_and_shown_as_its_mask_leaves_it,
    it_is_shown_plain_to_who_asks_for_that_and_may,
    a_token_is_changed_and_deleted,
    tokens_are_listed_narrowed_and_found,
    what_is_wrong_is_said_beside_its_field,
    a_viewer_sees_masks_and_changes_nothing,
];

const CARD: &str = "4242424242424242";
const HOSTILE: &str = "<script>alert(1)</script>";

/// Puts a card in, and answers its page's path and the API's.
async fn put_card(owner: &AtConsole<'_>) -> (String, String) {
    let data = format!("{{ \"number\": \"{CARD}\", \"expiration_month\": 4, \"expiration_year\": 2031 }}");
    let metadata = json!({ "order": HOSTILE }).to_string();
    let typed = [
        ("type", "card"),
        ("data", data.as_str()),
        ("environment", "live"),
        ("metadata", metadata.as_str()),
        ("search_indexes", "{{ data.number | last4 }}"),
        ("fingerprint_expression", "{{ data.number }}"),
        ("expires_at", "2099-01-02T03:04"),
    ];
    let sent = owner.send("/console/vault", &typed).await;
    let path = owner.led_to(&sent).to_owned();
    let api = path.replace("/console/vault/tokens/", "/vault/tokens/");
    (path, api)
}

async fn read(full: &User<'_>, api: &str) -> Value {
    full.get(api).await.data()
}

async fn data_is_put_in_and_shown_as_its_mask_leaves_it(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    assert!(owner.get("/console/vault").await.html.contains("No token fits."));
    let (path, api) = put_card(&owner).await;
    let made = read(&full, &api).await;
    for (member, value) in [
        ("type", json!("card")),
        ("data", json!({ "number": CARD, "expiration_month": 4, "expiration_year": 2031 })),
        ("container", json!("/pci/high/")),
        ("metadata", json!({ "order": HOSTILE })),
        ("search_indexes", json!(["{{ data.number | last4 }}"])),
        ("expires_at", json!("2099-01-02T03:04:00Z")),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    for shown in [&path, "/console/vault", &format!("{path}/edit"), &format!("{path}/delete")] {
        let page = owner.get(shown).await;
        assert_eq!(page.status, 200, "{shown}: {}", page.html);
        assert!(!page.html.contains(CARD), "{shown}: {}", page.html);
        assert!(!page.html.contains("<script>"), "{shown}: {}", page.html);
        assert_eq!(page.headers["cache-control"], "no-store", "{shown}");
    }
    let page = owner.get(&path).await;
    assert!(
        page.html.contains("XXXXXXXXXXXX4242") && page.html.contains("&#60;script&#62;"),
        "{}",
        page.html
    );
    // The same once more gives back the one that there is.
    let data = format!("{{ \"number\": \"{CARD}\", \"expiration_month\": 4, \"expiration_year\": 2031 }}");
    let typed = [
        ("type", "card"),
        ("data", data.as_str()),
        ("fingerprint_expression", "{{ data.number }}"),
        ("deduplicate", "true"),
    ];
    let sent = owner.send("/console/vault", &typed).await;
    assert_eq!(owner.led_to(&sent), path);
    assert!(sent.location_path().ends_with("?said=found"), "{sent:?}");
    // Nobody was shown anything plain but by the API.
    assert_eq!(full.entries("vault_token.revealed").await.len(), 1);
}

async fn it_is_shown_plain_to_who_asks_for_that_and_may(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let (path, _) = put_card(&owner).await;
    assert!(owner.get(&path).await.html.contains(&format!("formaction=\"{path}/reveal\"")));
    let page = owner.send(&format!("{path}/reveal"), &[]).await;
    assert_eq!(page.status, 200, "{}", page.html);
    assert!(page.html.contains(CARD) && page.html.contains("The data is shown plain"), "{}", page.html);
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(full.entries("vault_token.revealed").await.len(), 1);
    assert_eq!(owner.get(&format!("{path}/reveal")).await.status, 405, "not by a link");
    // What test keys make is at the same place in another environment.
    let typed = [("type", "token"), ("data", "\"hush\""), ("environment", "test")];
    let sent = owner.send("/console/vault", &typed).await;
    let location = sent.location_path().to_owned();
    let at = location.split("&said=").next().expect("a path").to_owned();
    assert!(at.ends_with("?environment=test"), "{location}");
    assert!(owner.get(&at).await.html.contains("nothing is shown"), "it has no mask");
    assert_eq!(owner.get(at.trim_end_matches("?environment=test")).await.status, 404);
    let page = owner.send(&at.replace('?', "/reveal?"), &[]).await;
    assert!(page.html.contains("hush"), "{}", page.html);
}

async fn a_token_is_changed_and_deleted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let (path, api) = put_card(&owner).await;
    let before = read(&full, &api).await;
    // As it stands, nothing becomes of it.
    let mask = before["mask"].to_string();
    let stands = [
        ("data", ""),
        ("mask", mask.as_str()),
        ("metadata", &*json!({ "order": HOSTILE }).to_string()),
        ("container", "/pci/high/"),
        ("search_indexes", "{{ data.number | last4 }}"),
        ("fingerprint_expression", "{{ data.number }}"),
        ("expires_at", "2099-01-02T03:04:00"),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let change = async |changes: &[(&str, &str)]| {
        let changed = |name: &str| changes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let typed: Vec<(&str, &str)> =
            stands.iter().map(|(name, value)| (*name, changed(name).unwrap_or(value))).collect();
        owner.send(&format!("{path}/edit"), &typed).await
    };
    assert_eq!(owner.led_to(&change(&[]).await), path);
    assert_eq!(read(&full, &api).await, before);
    let sent = change(&[
        ("data", "{ \"expiration_month\": 5 }"),
        ("mask", "{ \"number\": \"{{ data.number | reveal_last: 2 }}\" }"),
        ("metadata", "{ \"order\": \"8\" }"),
        ("container", "/pci/low/"),
        ("search_indexes", ""),
        ("expires_at", ""),
    ])
    .await;
    owner.led_to(&sent);
    let after = read(&full, &api).await;
    for (member, value) in [
        ("data", json!({ "number": CARD, "expiration_month": 5, "expiration_year": 2031 })),
        ("mask", json!({ "number": "{{ data.number | reveal_last: 2 }}" })),
        ("metadata", json!({ "order": "8" })),
        ("container", json!("/pci/low/")),
        ("search_indexes", json!([])),
        ("expires_at", Value::Null),
        ("fingerprint", before["fingerprint"].clone()),
    ] {
        assert_eq!(after[member], value, "{member}");
    }
    let page = change(&[("data", "{ \"number\": \"1\" }"), ("container", "/pci/low/")]).await;
    assert_eq!(page.status, 422, "{}", page.html);
    assert!(page.html.contains("id=\"data-fault\""), "{}", page.html);
    assert_eq!(read(&full, &api).await, after);
    let page = owner.get(&format!("{path}/delete")).await;
    assert!(page.html.contains("The data is gone for everybody"), "{}", page.html);
    let sent = owner.send(&format!("{path}/delete"), &[]).await;
    assert_eq!(owner.led_to(&sent), "/console/vault");
    full.get(&api).await.refused(404, "token_not_found");
}

async fn tokens_are_listed_narrowed_and_found(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let (path, api) = put_card(&owner).await;
    let fingerprint = read(&full, &api).await["fingerprint"].as_str().expect("has one").to_owned();
    for _ in 0..51 {
        full.post("/vault/tokens", json!({ "type": "token", "data": "x" })).await.created();
    }
    for (query, is_there) in [
        ("type=card", true),
        ("type=bank", false),
        ("container=/pci/", true),
        ("container=/bank/", false),
        ("container=/pci/&type=card", true),
        ("type=card&environment=test", false),
    ] {
        let page = owner.get(&format!("/console/vault?{query}")).await;
        assert_eq!(page.status, 200, "{query}: {}", page.html);
        assert_eq!(page.html.contains(&path), is_there, "{query}: {}", page.html);
    }
    let page = owner.get("/console/vault?container=pci").await;
    assert_eq!(page.status, 422, "{}", page.html);
    assert!(page.html.contains("`container` ") && page.html.contains("id=\"list\""), "{}", page.html);
    let first = owner.get("/console/vault?container=/").await;
    let next = first.html.split("href=\"").filter_map(|rest| rest.split('"').next());
    let next = next
        .map(|href| href.replace("&#38;", "&"))
        .find(|href| href.contains("after="))
        .expect("a next part");
    assert_eq!(owner.get(&next).await.status, 200);
    // What is looked for stands in no address.
    for (typed, is_there) in [
        (vec![("data", "4242")], true),
        (vec![("data", "4243")], false),
        (vec![("fingerprint", fingerprint.as_str()), ("container", "/pci/")], true),
        (vec![("metadata_name", "order"), ("metadata_value", HOSTILE)], true),
        (vec![("metadata_name", "order"), ("metadata_value", "x")], false),
        (vec![("data", "4242"), ("environment", "test")], false),
    ] {
        let page = owner.send("/console/vault/search", &typed).await;
        assert_eq!(page.status, 200, "{typed:?}: {}", page.html);
        assert_eq!(page.html.contains(&path), is_there, "{typed:?}: {}", page.html);
        assert!(!page.html.contains("<script>"), "{}", page.html);
    }
    let page = owner.send("/console/vault/search", &[("data", "4242"), ("fingerprint", "x")]).await;
    assert_eq!(page.status, 422, "{}", page.html);
    assert!(page.html.contains("only a container may stand beside another term"), "{}", page.html);
}

async fn what_is_wrong_is_said_beside_its_field(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    for (changes, id) in [
        (("data", ""), "data-fault"),
        (("data", "{"), "data-fault"),
        (("data", HOSTILE), "data-fault"),
        (("type", "card"), "data-fault"),
        (("id", "x"), "id-fault"),
        (("container", "pci"), "container-fault"),
        (("mask", "{"), "mask-fault"),
        (("metadata", "[1]"), "metadata-fault"),
        (("metadata", "{ \"a\": 1 }"), "metadata-fault"),
        (("expires_at", "tomorrow"), "expires_at-fault"),
        (("expires_at", "2001-01-01T00:00"), "expires_at-fault"),
    ] {
        let mut typed = vec![("type", "token"), ("data", "\"x\"")];
        typed.retain(|(name, _)| *name != changes.0);
        typed.push(changes);
        let page = owner.send("/console/vault", &typed).await;
        assert_eq!(page.status, 422, "{changes:?}: {}", page.html);
        assert!(page.html.contains(&format!("id=\"{id}\"")), "{changes:?}: {}", page.html);
        assert!(!page.html.contains("<script>"), "{}", page.html);
    }
    assert!(full.each("/vault/tokens", 50).await.is_empty());
}

async fn a_viewer_sees_masks_and_changes_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let (path, api) = put_card(&owner).await;
    let before = read(&full, &api).await;
    app.runs("viewer", "platform").await;
    let viewer = app.at_console("viewer-platform@example.com").await;
    let page = viewer.get("/console/vault").await;
    assert!(page.html.contains(&path) && !page.html.contains("Put data in"), "{}", page.html);
    let page = viewer.get(&path).await;
    assert!(page.html.contains("XXXXXXXXXXXX4242"), "{}", page.html);
    for control in ["/reveal\"", "/edit\"", "/delete\""] {
        assert!(!page.html.contains(control), "{control}: {}", page.html);
    }
    let typed = [("type", "token"), ("data", "\"x\"")];
    for at in
        ["/console/vault", &format!("{path}/edit"), &format!("{path}/delete"), &format!("{path}/reveal")]
    {
        let page = viewer.send(at, &typed).await;
        assert_eq!(page.status, 403, "{at}: {}", page.html);
        assert!(!page.html.contains(CARD), "{at}");
    }
    assert_eq!(read(&full, &api).await, before);
}
