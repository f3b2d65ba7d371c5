//! `GET` and `POST /oauth2/authorize`

mod applications;
mod prompts;
mod redirect_uris;
mod refusals;

use http::StatusCode;

use crate::harness::{ISSUER, Page, REDIRECT_URI};

/// Checks that the browser is sent back with this error, who says so (RFC 9207
/// §2), and the state as it was sent.
#[track_caller]
fn assert_refused(page: &Page, error: &str, state: Option<&str>, why: &str) {
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{why}: {}", page.html);
    let location = page.location().expect("is sent back");
    assert_eq!(location.as_str().split('?').next(), Some(REDIRECT_URI), "{why}");
    let answered = page.answered();
    assert_eq!(answered.get("error").map(String::as_str), Some(error), "{why}: {location}");
    assert_eq!(answered.get("state").map(String::as_str), state, "{why}");
    assert_eq!(answered.get("iss").map(String::as_str), Some(ISSUER), "{why}");
    assert!(answered.contains_key("error_description") && !answered.contains_key("code"), "{why}");
    assert_eq!(page.headers["cache-control"], "no-store", "{why}");
}

/// Checks that the browser is sent nowhere, and the person told why.
#[track_caller]
fn assert_told(page: &Page, why: &str) {
    assert_eq!((page.status, page.location()), (StatusCode::BAD_REQUEST, None), "{why}");
    assert!(page.heading().contains("cannot be answered"), "{why}: {}", page.html);
    assert!(!page.html.contains("evil"), "{why}");
}
