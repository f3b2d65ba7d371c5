//! `GET /api/v1/users`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{TestApp, User};

on_each_database![
    a_user_is_listed_in_short_and_newest_first,
    nobody_is_listed_where_nobody_is,
    users_are_paged,
    status_shows_one_status,
    email_and_username_find_one_whatever_the_case,
    group_shows_who_is_in_it,
    q_searches_what_a_person_is_called,
    filters_hold_together,
    a_filter_that_cannot_be_read_is_refused,
    listing_needs_the_scope_users_read,
];

async fn emails(user: &User<'_>, query: &str) -> Vec<String> {
    let page = user.get(&format!("/users{query}")).await.ok();
    assert_eq!(page["meta"]["next_cursor"], Value::Null);
    of(page["data"].as_array().expect("a list"))
}

fn of(users: &[Value]) -> Vec<String> {
    let email =
        |user: &Value| user["email"].as_str().expect("text").trim_end_matches("@example.com").to_owned();
    users.iter().map(email).collect()
}

async fn a_user_is_listed_in_short_and_newest_first(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.user("first@example.com").await;
    let body = json!({ "email": "second@example.com", "name": "Ada", "metadata": { "a": 1 } });
    let mut second = full.post("/users", body).await.created();
    for detail in ["password_changed_at", "mfa_enabled", "failed_sign_ins", "locked_until"] {
        second.as_object_mut().expect("an object").remove(detail);
    }
    let listed = full.get("/users").await.ok();
    assert_eq!((&listed["data"][0], listed["data"].as_array().map(Vec::len)), (&second, Some(2)));
    assert_eq!(emails(&full, "").await, ["second", "first"]);
}

async fn nobody_is_listed_where_nobody_is(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let before = database.dump().await;
    assert_eq!(emails(&full, "?q=ada&email=ada@example.com").await, [] as [&str; 0]);
    assert_eq!(emails(&full, "").await, [] as [&str; 0]);
    assert_eq!(database.dump().await, before, "looking makes nothing");
}

async fn users_are_paged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for number in 1..=5 {
        full.user(&format!("{number}@example.com")).await;
    }
    assert_eq!(of(&full.each("/users", 2).await), ["5", "4", "3", "2", "1"]);
    assert_eq!(of(&full.each("/users?status=active&q=example", 2).await), ["5", "4", "3", "2", "1"]);
    let first = full.get("/users?limit=2").await.ok();
    full.user("6@example.com").await;
    let cursor = first["meta"]["next_cursor"].as_str().expect("there is more");
    assert_eq!(emails(&full, &format!("?cursor={cursor}")).await, ["3", "2", "1"]);
    // A cursor of another list.
    for name in ["one", "two"] {
        full.group(name).await;
    }
    let page = full.get("/groups?limit=1").await.ok();
    let cursor = page["meta"]["next_cursor"].as_str().expect("there is more");
    full.get(&format!("/users?cursor={cursor}")).await.refused_for(400, "invalid_request", &["cursor"]);
}

async fn status_shows_one_status(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    for status in ["active", "suspended", "pending"] {
        let body = json!({ "email": format!("{status}@example.com"), "status": status });
        full.post("/users", body).await.created();
    }
    for status in ["active", "suspended", "pending"] {
        assert_eq!(emails(&full, &format!("?status={status}")).await, [status]);
    }
}

async fn email_and_username_find_one_whatever_the_case(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    full.post("/users", json!({ "email": "ada@example.com", "username": "Ada" })).await.created();
    full.post("/users", json!({ "email": "ada@example.com.uk", "username": "ada2" })).await.created();
    for (query, expected) in [
        ("?email=ADA@Example.com", vec!["ada"]),
        ("?email=ada@example", vec![]),
        ("?username=ADA", vec!["ada"]),
        ("?username=ad", vec![]),
        ("?email=ada@example.com&username=ada", vec!["ada"]),
        ("?email=ada@example.com&username=ada2", vec![]),
    ] {
        assert_eq!(emails(&full, query).await, expected, "{query}");
    }
}

async fn group_shows_who_is_in_it(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let (outer, inner) = (full.group("outer").await, full.group("inner").await);
    full.put(&format!("/groups/{outer}/subgroups/{inner}")).await.with(204);
    for (email, group) in [("a", &outer), ("b", &inner), ("c", &outer)] {
        let id = full.user(&format!("{email}@example.com")).await;
        full.put(&format!("/groups/{group}/members/{id}")).await.with(204);
    }
    assert_eq!(emails(&full, &format!("?group={outer}")).await, ["c", "a"]);
    assert_eq!(emails(&full, &format!("?group={inner}")).await, ["b"]);
    assert_eq!(of(&full.each(&format!("/users?group={outer}"), 1).await), ["c", "a"]);
    let theirs = app.neighbour().await.group;
    for strange in ["grp_01KAH8Q2M4F7V9X3C5N8R1T6ZD", &theirs] {
        assert_eq!(emails(&full, &format!("?group={strange}")).await, [] as [&str; 0]);
    }
}

async fn q_searches_what_a_person_is_called(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let body = json!({
        "email": "ada@example.com",
        "username": "countess",
        "phone": "+4930123456",
        "name": "Ada Größe 100%",
        "given_name": "Augusta",
        "family_name": "King",
    });
    let id = full.post("/users", body).await.created()["id"].as_str().expect("an id").to_owned();
    full.user("bob@example.com").await;
    for part in
        ["ADA@", "OUNTES", "%2B4930", "gr%C3%B6SSE", "GR%C3%96%C3%9Fe", "100%25", "august", "king", &id]
    {
        let expected = if part == "gr%C3%B6SSE" { vec![] } else { vec!["ada"] };
        assert_eq!(emails(&full, &format!("?q={part}")).await, expected, "{part}");
    }
    assert_eq!(emails(&full, "?q=example").await, ["bob", "ada"]);
    assert_eq!(emails(&full, "?q=").await, ["bob", "ada"]);
    assert_eq!(emails(&full, "?q=nobody").await, [] as [&str; 0]);
}

async fn filters_hold_together(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let group = full.group("Accounting").await;
    for (email, status, is_in_it) in [
        ("ada", "active", true),
        ("alf", "suspended", true),
        ("amy", "active", false),
        ("bob", "active", true),
    ] {
        let body = json!({ "email": format!("{email}@example.com"), "status": status, "username": email });
        let id = full.post("/users", body).await.created()["id"].as_str().expect("an id").to_owned();
        if is_in_it {
            full.put(&format!("/groups/{group}/members/{id}")).await.with(204);
        }
    }
    for (query, expected) in [
        (format!("?group={group}&status=active"), vec!["bob", "ada"]),
        // No id has an `@` in it, whatever letters chance gives to it.
        (format!("?group={group}&status=active&q=da@"), vec!["ada"]),
        (format!("?group={group}&email=ada@example.com"), vec!["ada"]),
        (format!("?group={group}&username=amy"), vec![]),
        ("?status=suspended&email=ada@example.com".to_owned(), vec![]),
        ("?q=bob&email=ada@example.com".to_owned(), vec![]),
        ("?q=ADA&status=active&username=ada".to_owned(), vec!["ada"]),
    ] {
        assert_eq!(emails(&full, &query).await, expected, "{query}");
    }
}

async fn a_filter_that_cannot_be_read_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let full = app.full().await;
    let wrong = format!("/users?status=gone&email=a&username=a@b&group=usr_1&q={}&limit=0", "x".repeat(256));
    let fields = ["email", "group", "limit", "q", "status", "username"];
    full.get(&wrong).await.refused_for(400, "invalid_request", &fields);
}

async fn listing_needs_the_scope_users_read(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let blind = app.with("users:write groups:read applications:read").await;
    blind.get("/users").await.refused(403, "insufficient_scope");
}
