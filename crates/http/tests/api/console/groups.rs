//! Groups, by the pages of the console.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{Page, TestApp};

on_each_database![
    a_group_is_made_changed_and_deleted,
    users_and_groups_are_put_in_and_taken_out,
    a_viewer_is_offered_nothing_and_refused_and_nothing_runs,
];

const ADA: &str = "ada@example.com";
const LIST: &str = "/console/groups";
const SCRIPT: &str = "\"></textarea><script>alert(1)</script>";

#[track_caller]
fn says(page: &Page, expected: &str) {
    assert!(page.html.contains(expected), "`{expected}` is missing: {}", page.html);
}

fn fault<'p>(page: &'p Page, field: &str) -> &'p str {
    let rest = page.html.split(&format!("id=\"{field}-fault\">")).nth(1).unwrap_or_default();
    rest.split("</p>").next().unwrap_or_default()
}

async fn a_group_is_made_changed_and_deleted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    says(&owner.get(LIST).await, "No group fits.");
    let page =
        owner.send(&format!("{LIST}/new"), &[("name", "Staff"), ("description", "Who works here")]).await;
    let id = owner.led_to(&page).rsplit('/').next().expect("an id").to_owned();
    let read = full.get(&format!("/groups/{id}")).await.data();
    assert_eq!((&read["name"], &read["description"]), (&json!("Staff"), &json!("Who works here")));
    says(&owner.get(&format!("{LIST}?q=works")).await, "Staff");
    let edit = format!("{LIST}/{id}/edit");
    let page = owner.get(&edit).await;
    let version = page.html.split("name=\"version\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let typed = [("version", version.expect("has one")), ("name", "Crew"), ("description", "")];
    owner.led_to(&owner.send(&edit, &typed).await);
    let read = full.get(&format!("/groups/{id}")).await.data();
    assert_eq!((&read["name"], &read["description"]), (&json!("Crew"), &Value::Null));
    let page = owner.send(&edit, &typed).await;
    assert_eq!(page.status, 422, "somebody else's change came first");
    // What is wrong stands beside its field.
    full.group("Taken").await;
    let before = database.dump().await;
    let new = format!("{LIST}/new");
    for (path, name, said) in [
        (&new, "", "This "),
        (&new, "taken", "Another group has it"),
        (&edit, "taken", "Another group has it"),
    ] {
        let page = owner.send(path, &[("name", name)]).await;
        assert_eq!((page.status.as_u16(), fault(&page, "name").contains(said)), (422, true), "{path}");
    }
    let delete = format!("{LIST}/{id}/delete");
    let page = owner.send(&delete, &[("typed", "Staff")]).await;
    assert_eq!((page.status.as_u16(), fault(&page, "typed").is_empty()), (422, false));
    assert_eq!(database.dump().await, before);
    assert_eq!(owner.led_to(&owner.send(&delete, &[("typed", "Crew")]).await), LIST);
    full.get(&format!("/groups/{id}")).await.refused(404, "group_not_found");
    assert_eq!(owner.get(&format!("{LIST}/{id}")).await.status, 404);
}

async fn users_and_groups_are_put_in_and_taken_out(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (owner, full) = (app.owner_at_console().await, app.full().await);
    let (staff, inner, ada) = (full.group("Staff").await, full.group("Inner").await, full.user(ADA).await);
    let at = |below: &str| format!("{LIST}/{staff}{below}");
    let count = async |below: &str| {
        let listed = full.get(&format!("/groups/{staff}/{below}")).await.ok();
        listed["data"].as_array().expect("a list").len()
    };
    says(&owner.get(&at("/members/add?q=ada")).await, &ada);
    owner.led_to(&owner.send(&at("/members/add"), &[("user_id", &ada)]).await);
    assert_eq!(count("members").await, 1);
    says(&owner.get(&at("")).await, ADA);
    owner.led_to(&owner.send(&at("/members/remove"), &[("user_id", &ada)]).await);
    assert_eq!(count("members").await, 0);
    says(&owner.get(&at("/subgroups/add?q=inner")).await, &inner);
    owner.led_to(&owner.send(&at("/subgroups/add"), &[("subgroup_id", &inner)]).await);
    assert_eq!(count("subgroups").await, 1);
    says(&owner.get(&at("/subgroups")).await, "Inner");
    // None is in itself, by whichever way.
    let page = owner.send(&format!("{LIST}/{inner}/subgroups/add"), &[("subgroup_id", &staff)]).await;
    assert_eq!(page.status, 409, "{}", page.html);
    owner.led_to(&owner.send(&at("/subgroups/remove"), &[("subgroup_id", &inner)]).await);
    assert_eq!(count("subgroups").await, 0);
    let shop = full.create("spa", json!({ "name": "Corner shop" })).await;
    let shop = shop["id"].as_str().expect("an id");
    full.put(&format!("/applications/{shop}/assignments/{staff}")).await.with(204);
    says(&owner.get(&at("/applications")).await, "Corner shop");
}

async fn a_viewer_is_offered_nothing_and_refused_and_nothing_runs(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let new = json!({ "name": SCRIPT, "description": SCRIPT });
    let id = full.post("/groups", new).await.created()["id"].as_str().expect("an id").to_owned();
    let (ada, inner) = (full.user(ADA).await, full.group("<script>alert(2)</script>").await);
    full.put(&format!("/groups/{id}/members/{ada}")).await.with(204);
    full.put(&format!("/groups/{id}/subgroups/{inner}")).await.with(204);
    app.runs("viewer", "platform").await;
    let (owner, viewer) = (app.owner_at_console().await, app.at_console("viewer-platform@example.com").await);
    let before = full.get(&format!("/groups/{id}")).await.data();
    let at = |below: &str| format!("{LIST}/{id}{below}");
    for path in [LIST.to_owned(), at(""), at("/subgroups"), at("/applications")] {
        let page = viewer.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        let (_, main) = page.html.split_once("<main").expect("has a main part");
        let main = main.split("</main>").next().unwrap_or_default();
        for control in ["formaction", "method=\"post\"", "/new\"", "/edit\"", "/delete\"", "/add\""] {
            assert!(!main.contains(control), "{control} at {path}: {main}");
        }
    }
    for below in
        ["/edit", "/delete", "/members/add", "/members/remove", "/subgroups/add", "/subgroups/remove"]
    {
        let page =
            viewer.send(&at(below), &[("name", "a"), ("user_id", &ada), ("subgroup_id", &inner)]).await;
        assert_eq!(page.status, 403, "{below}");
    }
    assert_eq!(viewer.send(&format!("{LIST}/new"), &[("name", "a")]).await.status, 403);
    for path in [
        LIST.to_owned(),
        at(""),
        at("/edit"),
        at("/delete"),
        at("/subgroups"),
        at("/subgroups/add"),
        at("/members/add"),
    ] {
        let page = owner.get(&path).await;
        assert!(page.status == 200 && !page.html.contains("<script>alert"), "{path}: {}", page.html);
    }
    assert_eq!(full.get(&format!("/groups/{id}")).await.data(), before);
}
