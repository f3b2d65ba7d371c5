//! `POST /api/v1/applications/bulk/…`

use appkeep_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::harness::{TestApp, User};

on_each_database![
    bulk_disable_and_enable_change_every_application,
    one_app_failing_does_not_stop_the_others,
    bulk_delete_is_refused_for_what_is_in_use,
    up_to_250_ids_counted_before_duplicates,
    bulk_operations_need_the_scope_applications_write,
];

async fn create(user: &User<'_>, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(user.create("m2m", json!({})).await["id"].as_str().expect("an id").to_owned());
    }
    ids
}

async fn bulk(user: &User<'_>, verb: &str, ids: &[String]) -> Value {
    user.post(&format!("/applications/bulk/{verb}"), json!({ "ids": ids })).await.ok()
}

async fn bulk_disable_and_enable_change_every_application(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let ids = create(&writer, 3).await;
    for (verb, state) in [("disable", "disabled"), ("enable", "enabled"), ("enable", "enabled")] {
        let outcome = bulk(&writer, verb, &ids).await;
        let results: Vec<_> = ids.iter().map(|id| json!({ "id": id, "status": "ok" })).collect();
        let expected = json!({ "data": { "results": results }, "meta": { "succeeded": 3, "failed": 0 } });
        assert_eq!(outcome, expected);
        for id in &ids {
            assert_eq!(writer.read(id).await["state"], state);
        }
    }
}

async fn one_app_failing_does_not_stop_the_others(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let ids = create(&writer, 2).await;
    let unknown = "app_01KAH8Q2M4F7V9X3C5N8R1T6ZD".to_owned();
    let asked = [ids[1].clone(), "garbage".to_owned(), unknown, ids[0].clone(), ids[1].to_lowercase()];
    let outcome = bulk(&writer, "disable", &asked).await;
    assert_eq!(outcome["meta"], json!({ "succeeded": 3, "failed": 2 }));
    let results = outcome["data"]["results"].as_array().expect("a list");
    for (result, (id, is_ok)) in results.iter().zip(asked.iter().zip([true, false, false, true, true])) {
        assert_eq!(result["id"], *id);
        if is_ok {
            assert_eq!(*result, json!({ "id": id, "status": "ok" }));
        } else {
            assert_eq!((&result["status"], &result["error"]), (&json!("error"), &json!("app_not_found")));
            assert!(result["message"].is_string(), "{result}");
        }
    }
    for id in &ids {
        assert_eq!(writer.read(id).await["state"], "disabled");
    }
}

async fn bulk_delete_is_refused_for_what_is_in_use(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let ids = create(&writer, 2).await;
    app.open_session(&ids[0], 600).await;
    let outcome = bulk(&writer, "delete", &ids).await;
    assert_eq!(outcome["meta"], json!({ "succeeded": 1, "failed": 1 }));
    assert_eq!(outcome["data"]["results"][0]["error"], "app_in_use_cannot_delete");
    assert_eq!(writer.read(&ids[0]).await["id"], ids[0]);
    writer.get(&format!("/applications/{}", ids[1])).await.refused(404, "app_not_found");
}

async fn up_to_250_ids_counted_before_duplicates(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let writer = app.writer().await;
    let id = create(&writer, 1).await.remove(0);
    let outcome = bulk(&writer, "disable", &vec![id.clone(); 250]).await;
    assert_eq!(outcome["meta"], json!({ "succeeded": 250, "failed": 0 }));
    for verb in ["disable", "enable", "delete"] {
        let path = format!("/applications/bulk/{verb}");
        let too_many = json!({ "ids": vec![&id; 251] });
        writer.post(&path, too_many).await.refused_for(400, "invalid_request", &["ids"]);
        writer.post(&path, json!({})).await.refused_for(400, "invalid_request", &["ids"]);
        let wrong = json!({ "ids": [id, 5] });
        writer.post(&path, wrong).await.refused_for(400, "invalid_request", &["ids[1]"]);
    }
    assert_eq!(writer.read(&id).await["state"], "disabled");
}

async fn bulk_operations_need_the_scope_applications_write(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let ids = create(&app.writer().await, 1).await;
    let reader = app.reader().await;
    for verb in ["disable", "enable", "delete"] {
        let refused = reader.post(&format!("/applications/bulk/{verb}"), json!({ "ids": ids })).await;
        refused.refused(403, "insufficient_scope");
    }
    assert_eq!(reader.read(&ids[0]).await["state"], "enabled");
}
