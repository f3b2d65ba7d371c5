//! The pages of a sign-in to look at, each in several states: `cargo run -p
//! appkeep-http --example pages`. Their forms lead nowhere.
#![expect(clippy::print_stdout, reason = "says where to look")]

mod samples;

use std::fmt::Write as _;

use appkeep_http::pages::{FormsLead, Site, asset, headers};
use axum::Router;
use axum::extract::Path;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use http::StatusCode;

use self::samples::samples;

/// Ours, and some that make it hard to read.
const COLOURS: [&str; 5] = ["own", "7a1fa2", "ffd400", "101014", "f4f4f0"];

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let routes = Router::new()
        .route("/", get(index))
        .route("/{colour}/{page}", get(page))
        .route("/assets/{file}", get(asset));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8090").await?;
    println!("http://{}/", listener.local_addr()?);
    axum::serve(listener, routes).await
}

async fn index() -> Html<String> {
    let mut html = "<!doctype html><title>Pages</title>".to_owned();
    for colour in COLOURS {
        let _ = write!(html, "<h2>{colour}</h2>");
        for sample in samples(None) {
            let _ = write!(html, "<a href=\"/{colour}/{0}\">{0}</a> ", sample.name);
        }
    }
    Html(html)
}

async fn page(Path((colour, name)): Path<(String, String)>) -> Response {
    let found = samples(Some(&format!("#{colour}"))).into_iter().find(|sample| sample.name == name);
    let site = Site::new("http://localhost:8090");
    found.map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |sample| (headers(&site, FormsLead::ToUs), sample.html).into_response(),
    )
}
