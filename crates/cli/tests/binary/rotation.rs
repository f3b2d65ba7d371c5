//! Replacing a secret while it is in use, through the real binary.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use appkeep_testkit::TestDatabase;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::{Server, admin_token, bootstrap, client_of, folder, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_lost_while_secrets_are_rotated_on_sqlite() {
    rotate_under_load(&[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_lost_while_secrets_are_rotated_on_postgres() {
    let database = TestDatabase::postgres().await;
    rotate_under_load(&["--database-url", &database.address()]).await;
}

/// Clients use the old and the new secret without a pause, from before the
/// rotation until after it.
async fn rotate_under_load(more: &[&str]) {
    let folder = folder();
    let server = Arc::new(Server::start_with(folder.path(), more));
    let token = admin_token(&server, &bootstrap(folder.path(), more)).await;
    let body = json!({ "name": "Billing", "type": "m2m" });
    let (status, created) = server.call(&token, Method::POST, "/applications", Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    let (id, mut newest) = client_of(&created["data"]);
    let (stop, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let mut users = vec![use_secret(&server, (id, newest), &stop, &answers)];
    let rotations = async {
        let mut rotated = Vec::new();
        for _ in 0..5 {
            let path = format!("/applications/{id}/rotate-secret");
            let body = Some(json!({ "overlap_s": 3600 }));
            let (status, answer) = server.call(&token, Method::POST, &path, body).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            users.push(use_secret(&server, (id, text(&answer["data"]["client_secret"])), &stop, &answers));
            rotated.push(answer);
            wait_for(&answers, answers.load(Ordering::SeqCst) + 50).await;
        }
        rotated
    };
    let rotated = rotations.await;
    stop.store(true, Ordering::SeqCst);
    for user in users {
        let refused = user.await.expect("runs");
        assert_eq!(refused, Vec::<String>::new());
    }
    // An overlap of zero ends all of them, before the answer.
    let path = format!("/applications/{id}/rotate-secret");
    let (_, answer) = server.call(&token, Method::POST, &path, Some(json!({ "overlap_s": 0 }))).await;
    for rotated in &rotated {
        newest = text(&rotated["data"]["client_secret"]);
        let (status, refusal) = server.token((id, newest)).await;
        assert_eq!((status, text(&refusal["error"])), (StatusCode::UNAUTHORIZED, "invalid_client"));
    }
    let (status, _) = server.token((id, text(&answer["data"]["client_secret"]))).await;
    assert_eq!(status, StatusCode::OK);
}

/// Asks for tokens until it is told to stop; answers with what was refused.
fn use_secret(
    server: &Arc<Server>,
    (id, secret): (&str, &str),
    stop: &Arc<AtomicBool>,
    answers: &Arc<AtomicU32>,
) -> tokio::task::JoinHandle<Vec<String>> {
    let (server, stop, answers) = (Arc::clone(server), Arc::clone(stop), Arc::clone(answers));
    let (id, secret) = (id.to_owned(), secret.to_owned());
    tokio::spawn(async move {
        let mut refused = Vec::new();
        while !stop.load(Ordering::SeqCst) {
            let (status, answer) = server.token((&id, &secret)).await;
            answers.fetch_add(1, Ordering::SeqCst);
            if status != StatusCode::OK {
                refused.push(answer.to_string());
            }
        }
        refused
    })
}

async fn wait_for(answers: &AtomicU32, count: u32) {
    while answers.load(Ordering::SeqCst) < count {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}
