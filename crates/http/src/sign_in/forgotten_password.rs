//! `/forgotten-password`: a link to a new password, by mail.

use appkeep_domain::Email;
use appkeep_service::Progress;
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;

use super::context::{carrying, verify};
use super::posted::Posted;
use super::show::{failed, frame_or_default, too_often, untaken};
use super::{FORGOTTEN_PASSWORD, Visit};
use crate::pages::{ForgottenPasswordPage, FormsLead, MailSentPage, respond};

/// Asks for the address. The query is the request that the person comes from,
/// and is led back to.
pub(super) async fn ask(visit: Visit, RawQuery(query): RawQuery) -> Response {
    page(visit, query.unwrap_or_default(), (String::new(), None)).await
}

/// Says the same whether there is such an account or not, and before anybody
/// has looked.
pub(super) async fn send(visit: Visit, posted: Posted) -> Response {
    let context = match verify(&visit, FORGOTTEN_PASSWORD, &posted).await {
        Ok(context) => context,
        Err(reason) => return untaken(visit, reason).await,
    };
    let address = posted.text(ForgottenPasswordPage::ADDRESS).trim().to_owned();
    if Email::parse(&address).is_err() {
        let fault = Some("This is no email address.".to_owned());
        return page(visit, context.parameters, (address, fault)).await;
    }
    let (state, authority) = (visit.state().clone(), visit.authority().clone());
    let asked = (context.parameters.as_bytes(), address.as_str());
    let request = match authority.admit_reset_request(asked, &visit.person) {
        Ok(request) => request,
        Err(reason) => return too_often(visit, reason).await,
    };
    let mail = state.mail.clone();
    state.answering.spawn(async move { request.answer_alone(mail).await });
    let page = MailSentPage {
        frame: frame_or_default(&visit).await,
        address,
        lifetime: "one hour".to_owned(),
        sign_in: back(&visit, &context.parameters),
    };
    let response = respond(StatusCode::OK, &page, visit.site(), FormsLead::ToUs);
    visit.answer(response)
}

async fn page(visit: Visit, parameters: String, (address, fault): (String, Option<String>)) -> Response {
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let form = match carrying(&visit, FORGOTTEN_PASSWORD, &parameters, Progress::default()).await {
        Ok(form) => form,
        Err(error) => return failed(visit, error).await,
    };
    let page = ForgottenPasswordPage {
        frame: frame_or_default(&visit).await,
        form,
        address,
        address_fault: fault,
        problem: None,
        sign_in: back(&visit, &parameters),
    };
    let response = respond(status, &page, visit.site(), FormsLead::ToUs);
    visit.answer(response)
}

/// To where the person came from.
fn back(visit: &Visit, parameters: &str) -> Option<String> {
    (!parameters.is_empty()).then(|| format!("{}?{parameters}", visit.path("/oauth2/authorize")))
}
