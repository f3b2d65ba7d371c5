//! `/integrations/{integration_id}/connect` and `…/callback`: a browser on its
//! way to whoever gives out tokens for an integration, and back.

use appkeep_service::{Comeback, Error, ErrorCode, Integrations, Traveller};
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::header::{CACHE_CONTROL, REFERRER_POLICY};
use zeroize::Zeroizing;

use super::Visit;
use super::posted::Asked;
use super::show::{failed, gone};
use crate::extract::Segment;

/// On to the authorization server; the browser keeps what it is known again by.
pub(super) async fn set_out(
    visit: Visit,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
    Asked(link): Asked,
) -> Response {
    let to = integrations.set_out(traveller(&visit), &id, link.text("state")).await;
    onward(visit, to).await
}

/// On to the application, which knows who it is. Of what the browser brings
/// (RFC 6749 §4.1.2, RFC 9207 §2) whatever else there is, is nothing to us.
pub(super) async fn come_back(
    visit: Visit,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
    Asked(brought): Asked,
) -> Response {
    let outcome = match (brought.get("code"), brought.get("error")) {
        (Some(code), None) => Ok(Zeroizing::new(code.to_owned())),
        (_, Some(error)) => Err(error.to_owned()),
        (None, None) => return gone(visit).await,
    };
    let comeback = Comeback { state: Zeroizing::new(brought.text("state").to_owned()), outcome };
    let to = integrations.come_back(traveller(&visit), &id, (&comeback, brought.get("iss"))).await;
    onward(visit, to).await
}

fn traveller(visit: &Visit) -> Traveller<'_> {
    let sign_in = visit.person.sign_in;
    Traveller { here: visit.authority(), browser: visit.browser.secret(), sign_in }
}

async fn onward(visit: Visit, to: Result<String, Error>) -> Response {
    match to {
        Ok(to) => {
            let headers = [(CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")];
            visit.answer((headers, Redirect::to(&to)).into_response())
        }
        Err(error) if matches!(error.code(), ErrorCode::Internal | ErrorCode::Unavailable) => {
            failed(visit, error).await
        }
        Err(_) => gone(visit).await,
    }
}
