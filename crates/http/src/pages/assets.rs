//! The style sheet and the script of the pages.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

use super::colour::Colour;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) const STYLE: &str = include_str!("../../assets/pages/pages.css");
const SCRIPT: &str = include_str!("../../assets/pages/pages.js");

/// Its name changes with its content, so a copy is good for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const FOR_A_DAY: &str = "public, max-age=86400";
const NOT_AT_ALL: &str = "no-store";

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// What pages fetch besides themselves. It is everybody's, and needs no state.
pub fn routes() -> Router<AppState> {
    Router::new().route("/assets/{file}", get(asset))
}

pub(super) fn style_path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/pages.{:016x}.css", digest(STYLE)));
    &PATH
}

pub(super) fn script_path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/pages.{:016x}.js", digest(SCRIPT)));
    &PATH
}

/// One of them, by its name.
pub async fn asset(Path(file): Path<String>) -> Response {
    find(&file).map_or_else(|| Problem::not_found().into_response(), IntoResponse::into_response)
}

/// A file, and how it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asset {
    content_type: &'static str,
    keep: &'static str,
    text: String,
}

fn find(file: &str) -> Option<Asset> {
    let (name, kind) = file.rsplit_once('.')?;
    let (name, version) = name.split_once('.')?;
    match (name, kind) {
        ("pages", "css") => Some(own(file, style_path(), CSS, STYLE)),
        ("pages", "js") => Some(own(file, script_path(), JAVASCRIPT, SCRIPT)),
        ("colour", "css") => {
            let text = Colour::from_digits(version)?.style();
            Some(Asset { content_type: CSS, keep: FOR_A_DAY, text })
        }
        _ => None,
    }
}

/// While servers of two releases run side by side, one is asked for what the
/// other's page named: what it has is better than nothing, and is not kept.
fn own(file: &str, path: &str, content_type: &'static str, text: &str) -> Asset {
    let keep = if path.ends_with(&format!("/{file}")) { FOR_EVER } else { NOT_AT_ALL };
    Asset { content_type, keep, text: text.to_owned() }
}

impl IntoResponse for Asset {
    fn into_response(self) -> Response {
        let headers = [
            (CONTENT_TYPE, self.content_type),
            (CACHE_CONTROL, self.keep),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (headers, self.text).into_response()
    }
}

/// FNV-1a: tells one version of a file of ours from the next.
const fn digest(text: &str) -> u64 {
    let (bytes, mut hash, mut at) = (text.as_bytes(), 0xcbf2_9ce4_8422_2325_u64, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_the_name_that_pages_use() {
        let current = |path: &str| path.strip_prefix("/assets/").expect("is one").to_owned();
        for (file, found) in [
            (current(style_path()), Some((CSS, FOR_EVER))),
            (current(script_path()), Some((JAVASCRIPT, FOR_EVER))),
            ("pages.0000000000000000.css".to_owned(), Some((CSS, NOT_AT_ALL))),
            ("pages.0000000000000000.js".to_owned(), Some((JAVASCRIPT, NOT_AT_ALL))),
            ("colour.1a2b3c.css".to_owned(), Some((CSS, FOR_A_DAY))),
            ("colour.1a2b3.css".to_owned(), None),
            ("colour.}body{.css".to_owned(), None),
            ("pages.css".to_owned(), None),
            ("pages.0.html".to_owned(), None),
            (String::new(), None),
        ] {
            let asset = find(&file);
            assert_eq!(asset.map(|asset| (asset.content_type, asset.keep)), found, "{file}");
        }
    }

    /// The first vector of the function's authors, and one with bytes.
    #[test]
    fn a_digest_is_that_of_fnv() {
        assert_eq!(digest(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(digest("foobar"), 0x8594_4171_f739_67e8);
    }
}
