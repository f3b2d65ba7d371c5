//! An access token, as it was sent.

use axum::extract::FromRequestParts;
use http::request::Parts;
use zeroize::Zeroizing;

use super::access::read_token;
use crate::problem::Problem;
use crate::state::AppState;

/// What somebody shows who speaks for themselves; whether it is any good, the
/// service says. Stands first in a handler's signature, so that the path and
/// body of whoever brings none are not even read.
#[derive(Clone)]
pub(crate) struct Bearer(pub(crate) Zeroizing<String>);

impl FromRequestParts<AppState> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        Ok(Self(Zeroizing::new(read_token(&parts.headers)?.to_owned())))
    }
}
