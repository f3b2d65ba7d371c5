//! `/verify-address`: mail to an address has arrived.

use appkeep_service::{LinkRefused, Progress, VERIFY_ADDRESS};
use axum::response::Response;
use http::StatusCode;

use super::Visit;
use super::context::{carrying, verify};
use super::posted::{Posted, Token};
use super::show::{failed, frame_or_default, gone, untaken};
use crate::pages::{DonePage, FormsLead, VerifyAddressPage, respond};

/// Shows a button: what merely looks at links must not use them up.
pub(super) async fn ask(visit: Visit, Token(token): Token) -> Response {
    let address = match visit.authority().verify_link(&token).await {
        Ok(Some(address)) => address,
        Ok(None) => return gone(visit).await,
        Err(error) => return failed(visit, error).await,
    };
    let form = match carrying(&visit, VERIFY_ADDRESS, &token, Progress::default()).await {
        Ok(form) => form,
        Err(error) => return failed(visit, error).await,
    };
    let page = VerifyAddressPage { frame: frame_or_default(&visit).await, form, address };
    let response = respond(StatusCode::OK, &page, visit.site(), FormsLead::ToUs);
    visit.answer(response)
}

pub(super) async fn confirm(visit: Visit, posted: Posted) -> Response {
    let context = match verify(&visit, VERIFY_ADDRESS, &posted).await {
        Ok(context) => context,
        Err(reason) => return untaken(visit, reason).await,
    };
    match visit.authority().verify_address(&context.parameters, &visit.person).await {
        Ok(()) => {}
        Err(LinkRefused::Gone | LinkRefused::Password(_)) => return gone(visit).await,
        Err(LinkRefused::Failed(error)) => return failed(visit, error).await,
    }
    let page = DonePage {
        frame: frame_or_default(&visit).await,
        title: "Your address is verified".to_owned(),
        sentence: "You can close this page.".to_owned(),
        next: None,
    };
    let response = respond(StatusCode::OK, &page, visit.site(), FormsLead::ToUs);
    visit.answer(response)
}
