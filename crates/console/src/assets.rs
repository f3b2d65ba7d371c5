//! The style sheet and the scripts, each under a name that changes with it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::LazyLock;

use appkeep_http::{AppState, Problem};
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

const STYLE: &str = include_str!("../assets/console.css");
const SCRIPT: &str = include_str!("../assets/console.js");
/// The access graph's, which other pages do not load.
const GRAPH_STYLE: &str = include_str!("../assets/graph.css");
const GRAPH_SCRIPT: &str = include_str!("../assets/graph.js");
/// Asks for the newest of a list again and again.
const FOLLOW_SCRIPT: &str = include_str!("../assets/follow.js");
/// htmx 4.0.1, as its authors publish it (Zero-Clause BSD).
const HTMX: &str = include_str!("../assets/htmx-4.0.1.min.js");

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// They are everybody's, whoever is signed in.
pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/console/assets/{file}", get(asset))
}

pub(crate) fn style_path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| path(STYLE, "css"));
    &PATH
}

pub(crate) fn script_path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| path(SCRIPT, "js"));
    &PATH
}

pub(crate) fn htmx_path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| path(HTMX, "js"));
    &PATH
}

pub(crate) fn graph_style_path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| path(GRAPH_STYLE, "css"));
    &PATH
}

pub(crate) fn graph_script_path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| path(GRAPH_SCRIPT, "js"));
    &PATH
}

pub(crate) fn follow_script_path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| path(FOLLOW_SCRIPT, "js"));
    &PATH
}

fn path(text: &str, kind: &str) -> String {
    let mut digest = DefaultHasher::new();
    text.hash(&mut digest);
    format!("/console/assets/{:016x}.{kind}", digest.finish())
}

/// An older name than ours is not there: whoever asks for it reloads.
async fn asset(Path(file): Path<String>) -> Response {
    let all = [
        (style_path(), CSS, STYLE),
        (script_path(), JAVASCRIPT, SCRIPT),
        (htmx_path(), JAVASCRIPT, HTMX),
        (graph_style_path(), CSS, GRAPH_STYLE),
        (graph_script_path(), JAVASCRIPT, GRAPH_SCRIPT),
        (follow_script_path(), JAVASCRIPT, FOLLOW_SCRIPT),
    ];
    let found = all.into_iter().find(|(path, ..)| path.ends_with(&file) && file.len() > 16);
    let Some((_, kind, text)) = found else { return Problem::not_found().into_response() };
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}
