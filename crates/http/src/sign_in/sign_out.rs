//! Signing out, from an application or from here.

use appkeep_oauth::Form;
use appkeep_service::{Error, LogoutStep, Progress, SignedOut};
use axum::response::Response;
use http::StatusCode;

use super::Visit;
use super::context::{carrying, verify};
use super::posted::Posted;
use super::show::{failed, frame, frame_or_default, person, refused, see_other, untaken};
use crate::pages::{DonePage, FormsLead, Mark, SignOutPage, SignedOutPage, respond};

pub(crate) const PATH: &str = "/sign-out";

/// What an application asks for (OpenID Connect RP-Initiated Logout §2).
pub(crate) async fn logout(visit: Visit, parameters: &str, confirmed: bool) -> Response {
    let form = match Form::parse(parameters.as_bytes()) {
        Ok(form) => form,
        Err(refusal) => return refused(visit, &refusal).await,
    };
    let authority = visit.authority().clone();
    match authority.logout(&form, confirmed, &visit.person).await {
        Ok(LogoutStep::Done(done)) => signed_out(visit, done).await,
        Ok(step @ LogoutStep::Confirm { .. }) => match confirm(&visit, parameters, step).await {
            Ok(response) => visit.answer(response),
            Err(error) => failed(visit, error).await,
        },
        Err(refusal) => refused(visit, &refusal).await,
    }
}

/// `POST /sign-out`: what the person decided.
pub(super) async fn sign_out(visit: Visit, posted: Posted) -> Response {
    let context = match verify(&visit, PATH, &posted).await {
        Ok(context) => context,
        Err(reason) => return untaken(visit, reason).await,
    };
    if posted.get(SignOutPage::DECISION) == Some(SignOutPage::SIGN_OUT) {
        return logout(visit, &context.parameters, true).await;
    }
    let page = DonePage {
        frame: frame_or_default(&visit).await,
        title: "You are still signed in".to_owned(),
        sentence: "Nothing has changed.".to_owned(),
        next: None,
    };
    let response = respond(StatusCode::OK, &page, visit.site(), FormsLead::ToUs);
    visit.answer(response)
}

async fn confirm(visit: &Visit, parameters: &str, step: LogoutStep) -> Result<Response, Error> {
    let LogoutStep::Confirm { account, application, location } = step else {
        return Ok(see_other(visit, "/"));
    };
    let page = SignOutPage {
        frame: frame(&visit.authority().branding().await?),
        form: carrying(visit, PATH, parameters, Progress::default()).await?,
        application: application.map(|name| Mark { name, logo: None }),
        person: person(account),
    };
    let forms = location.as_deref().map_or(FormsLead::ToUs, FormsLead::Away);
    Ok(respond(StatusCode::OK, &page, visit.site(), forms))
}

async fn signed_out(mut visit: Visit, done: SignedOut) -> Response {
    visit.signed_out();
    if let Some(location) = &done.location {
        let response = see_other(&visit, location);
        return visit.answer(response);
    }
    let page = SignedOutPage { frame: frame_or_default(&visit).await, next: None };
    let response = respond(StatusCode::OK, &page, visit.site(), FormsLead::ToUs);
    visit.answer(response)
}
