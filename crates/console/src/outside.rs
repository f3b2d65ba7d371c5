//! Pages for whoever is not signed in, and for what cannot be shown.

use appkeep_http::Problem;
use appkeep_http::pages::Site;
use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use url::form_urlencoded::byte_serialize;

use crate::assets;
use crate::view::page_headers;

/// One sentence, and where to go on.
#[derive(Debug, Template)]
#[template(path = "outside.html")]
pub(crate) struct Outside {
    pub(crate) title: String,
    pub(crate) sentence: String,
    pub(crate) words: String,
    pub(crate) href: String,
    /// For whoever is asked about it.
    pub(crate) detail: Option<String>,
}

impl Outside {
    fn style() -> &'static str {
        assets::style_path()
    }

    pub(crate) fn answer(&self, site: &Site, status: StatusCode) -> Response {
        match self.render() {
            Ok(html) => (status, page_headers(site), html).into_response(),
            Err(error) => Problem::internal(error).into_response(),
        }
    }
}

/// Where one signs in to come back to that path.
pub(crate) fn sign_in_path(to: &str) -> String {
    let to: String = byte_serialize(to.as_bytes()).collect();
    format!("/console/sign-in?to={to}")
}
