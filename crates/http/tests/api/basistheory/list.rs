//! `GET /applications`: parts of a list, and which are in it.

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::{Client, private, refused, text};
use crate::harness::TestApp;

on_each_database![
    a_list_is_read_part_by_part_until_one_is_empty,
    id_filters_by_ids,
    type_filters_by_types,
    what_cannot_be_a_part_is_refused,
];

fn names(page: &Value) -> Vec<&str> {
    page["data"].as_array().expect("a list").iter().map(|one| text(&one["name"])).collect()
}

async fn a_list_is_read_part_by_part_until_one_is_empty(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let there =
        managing.get("/applications").await.ok()["pagination"]["total_items"].as_u64().expect("a number");
    let mut made = Vec::new();
    for number in 0..3 {
        app.clock.advance_micros(1_000);
        made.push(managing.post("/applications", private(&format!("App {number}"))).await.with(201));
    }
    let total = there + 3;
    let first = managing.get("/applications?page=1&size=2").await.ok();
    let expected =
        json!({ "total_items": total, "page_number": 1, "page_size": 2, "total_pages": total.div_ceil(2) });
    assert_eq!(first["pagination"], expected);
    // The newest first, each as it is by itself.
    assert_eq!(names(&first), ["App 2", "App 1"]);
    let path = format!("/applications/{}", text(&made[2]["id"]));
    assert_eq!(first["data"][0], managing.get(&path).await.ok());
    assert!(!first.to_string().contains("key_prod_us_"));
    assert_eq!(names(&managing.get("/applications?page=2&size=2").await.ok())[0], "App 0");
    let past = managing.get(&format!("/applications?size=2&page={}", total + 1)).await.ok();
    assert_eq!((&past["data"], &past["pagination"]["total_items"]), (&json!([]), &json!(total)));
    let unsaid = managing.get("/applications?start=&page=").await.ok();
    assert_eq!(
        (&unsaid["pagination"]["page_number"], &unsaid["pagination"]["page_size"]),
        (&json!(1), &json!(20))
    );
}

async fn id_filters_by_ids(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    let mut ids = Vec::new();
    for number in 0..3 {
        app.clock.advance_micros(1_000);
        let made = managing.post("/applications", private(&format!("App {number}"))).await.with(201);
        ids.push(text(&made["id"]).to_owned());
    }
    let unknown = "fb124bba-f90d-45f0-9a59-5edca27b3b4a";
    for (query, found) in [
        (format!("id={}", ids[1]), vec!["App 1"]),
        (format!("id={}&id={}&id={}", ids[0], ids[2], ids[0]), vec!["App 2", "App 0"]),
        (format!("id={unknown}&id={}", ids[0].to_uppercase()), vec!["App 0"]),
        (format!("id={unknown}"), vec![]),
        ("id=none".to_owned(), vec![]),
        (format!("id={}&id={}&size=1&page=2", ids[0], ids[2]), vec!["App 0"]),
        (format!("id={}&type=public", ids[0]), vec![]),
    ] {
        let page = managing.get(&format!("/applications?{query}")).await.ok();
        assert_eq!(names(&page), found, "{query}");
    }
    let many: Vec<String> = (0..101).map(|_| format!("id={unknown}")).collect();
    assert_eq!(refused(managing.get(&format!("/applications?{}", many.join("&"))).await, 400), ["id"]);
}

async fn type_filters_by_types(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    for (name, kind, permission) in
        [("A", "private", "token:read"), ("B", "public", "token:create"), ("C", "management", "log:read")]
    {
        let body = json!({ "name": name, "type": kind, "permissions": [permission] });
        managing.post("/applications", body).await.with(201);
    }
    for (query, expected) in [
        ("type=private", vec!["private"]),
        ("type=public", vec!["public"]),
        ("type=management&type=public", vec!["management", "public"]),
    ] {
        let page = managing.get(&format!("/applications?size=100&{query}")).await.ok();
        let mut kinds: Vec<&str> =
            page["data"].as_array().expect("a list").iter().map(|one| text(&one["type"])).collect();
        assert_eq!(page["pagination"]["total_items"], kinds.len());
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds, expected, "{query}");
    }
    assert_eq!(refused(managing.get("/applications?type=secret").await, 400), ["type"]);
}

async fn what_cannot_be_a_part_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let managing = Client::managing(&app).await;
    for (query, field) in [
        ("size=0", "size"),
        ("size=101", "size"),
        ("size=many", "size"),
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=1.5", "page"),
        ("start=AgAAAA==", "start"),
    ] {
        assert_eq!(refused(managing.get(&format!("/applications?{query}")).await, 400), [field], "{query}");
    }
    managing.get("/applications?size=100&nonsense=1").await.ok();
}
