//! The refusals of the OAuth endpoints, as their description lists them.

use std::collections::BTreeMap;

use appkeep_api_types::OauthRefusal;
use utoipa::openapi::{ContentBuilder, HeaderBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// What an endpoint that authenticates clients can answer: 400, 401, 429, 500, 503.
pub(super) struct ClientRefused;

impl IntoResponses for ClientRefused {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals(&[400, 401, 429, 500, 503], ("RFC 6749 §5.2", meaning))
    }
}

/// Each of the statuses with what it means; where a challenge is described, and
/// the form is that of every OAuth endpoint.
pub(super) fn refusals(
    statuses: &[u16],
    (challenge, meaning): (&str, fn(u16) -> &'static str),
) -> BTreeMap<String, RefOr<Response>> {
    let refusal = |status: u16| {
        let schema = Ref::from_schema_name(OauthRefusal::name());
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response =
            ResponseBuilder::new().description(meaning(status)).content("application/json", content);
        let header = |text: &str| HeaderBuilder::new().description(Some(text)).build();
        match status {
            401 => response.header("WWW-Authenticate", header(&format!("The challenge of {challenge}"))),
            429 | 503 => response.header("Retry-After", header("In how many seconds to try again")),
            _ => response,
        }
        .build()
    };
    statuses.iter().map(|status| (status.to_string(), refusal(*status).into())).collect()
}

const fn meaning(status: u16) -> &'static str {
    match status {
        400 => {
            "The request is refused: `invalid_request`, `invalid_scope`, `invalid_target`, `unauthorized_client`, `unsupported_grant_type`"
        }
        401 => "`invalid_client`: the client is unknown or did not prove who it is",
        429 => "`temporarily_unavailable`: the client, or its address, asks or fails too often",
        500 => "`server_error`: a fault of the server",
        _ => {
            "`temporarily_unavailable`: the database cannot be reached, or this server cannot tell what was revoked"
        }
    }
}
