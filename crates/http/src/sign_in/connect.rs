//! `/integrations/{integration_id}/connect` and `…/callback`: a browser on its
//! way to whoever gives out tokens for an integration, and back.

use appkeep_service::{
    CameBack, Comeback, Confirmation, Error, ErrorCode, Integrations, Offer, Progress, SettingOut, Traveller,
};
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, REFERRER_POLICY};
use zeroize::Zeroizing;

use super::Visit;
use super::context::{carrying, verify};
use super::posted::{Asked, Posted};
use super::show::{failed, frame_or_default, gone, sign_in_first, untaken};
use crate::extract::Segment;
use crate::pages::{ConnectPage, DonePage, FormsLead, respond};

/// On to the authorization server; the browser keeps what it is known again by.
/// Whoever is not signed in is asked first.
pub(super) async fn follow(
    visit: Visit,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
    Asked(link): Asked,
) -> Response {
    let state = link.text("state");
    match integrations.follow(traveller(&visit), &id, state).await {
        Ok(SettingOut::On(to)) => onward(visit, Ok(to)).await,
        Ok(SettingOut::Ask(asked)) => ask(visit, (&path_of(&id), state), asked).await,
        Err(error) => onward(visit, Err(error)).await,
    }
}

/// On, for whoever said that they are meant.
pub(super) async fn set_out(
    visit: Visit,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
    posted: Posted,
) -> Response {
    let context = match verify(&visit, &path_of(&id), &posted).await {
        Ok(context) => context,
        Err(reason) => return untaken(visit, reason).await,
    };
    let to = integrations.set_out(traveller(&visit), &id, &context.parameters).await;
    onward(visit, to).await
}

async fn ask(visit: Visit, (action, parameters): (&str, &str), asked: Confirmation) -> Response {
    let form = match carrying(&visit, action, parameters, Progress::default()).await {
        Ok(form) => form,
        Err(error) => return failed(visit, error).await,
    };
    let Confirmation { integration, application, account, leads_to } = asked;
    let frame = frame_or_default(&visit).await;
    let page = ConnectPage { frame, form, integration, application, account };
    let response = respond(StatusCode::OK, &page, visit.site(), FormsLead::Away(&leads_to));
    visit.answer(response)
}

fn path_of(id: &str) -> String {
    format!("/integrations/{id}/connect")
}

fn own_path_of(id: &str) -> String {
    format!("/integrations/{id}/connect-own")
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
    let back = integrations.come_back(traveller(&visit), &id, (&comeback, brought.get("iss"))).await;
    match back {
        Ok(CameBack::On(to)) => onward(visit, Ok(to)).await,
        Ok(CameBack::Connected(name)) => {
            done(visit, (format!("{name} is connected"), "You can close this page.")).await
        }
        Ok(CameBack::NotAllowed(name)) => {
            done(visit, (format!("{name} is not connected"), "Nothing was allowed there.")).await
        }
        Err(error) => onward(visit, Err(error)).await,
    }
}

/// Asks whoever is signed in whether they want to connect it; an agent sent them.
pub(super) async fn offer(
    visit: Visit,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
    Asked(link): Asked,
) -> Response {
    let client = link.text("client_id");
    match integrations.offer(traveller(&visit), &id, client).await {
        Ok(Offer { confirmation, parameters }) => {
            ask(visit, (&own_path_of(&id), &parameters), confirmation).await
        }
        Err(error) => not_offered(visit, error).await,
    }
}

/// On, for whoever said that they do.
pub(super) async fn accept(
    visit: Visit,
    State(integrations): State<Integrations>,
    Segment(id): Segment,
    posted: Posted,
) -> Response {
    let context = match verify(&visit, &own_path_of(&id), &posted).await {
        Ok(context) => context,
        Err(reason) => return untaken(visit, reason).await,
    };
    match integrations.accept(traveller(&visit), &id, &context.parameters).await {
        Ok(to) => onward(visit, Ok(to)).await,
        Err(error) => not_offered(visit, error).await,
    }
}

async fn not_offered(visit: Visit, error: Error) -> Response {
    if error.code() == ErrorCode::Forbidden {
        sign_in_first(visit).await
    } else {
        onward(visit, Err(error)).await
    }
}

async fn done(visit: Visit, (title, sentence): (String, &str)) -> Response {
    let frame = frame_or_default(&visit).await;
    let page = DonePage { frame, title, sentence: sentence.to_owned(), next: None };
    let response = respond(StatusCode::OK, &page, visit.site(), FormsLead::ToUs);
    visit.answer(response)
}

fn traveller(visit: &Visit) -> Traveller<'_> {
    let sign_in = visit.person.sign_in;
    let request_id = visit.requester.request_id;
    Traveller { here: visit.authority(), browser: visit.browser.secret(), sign_in, request_id }
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
