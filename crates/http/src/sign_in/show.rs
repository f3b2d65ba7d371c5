//! What comes next, as a page or as the way back.

use appkeep_oauth::{AuthorizeAnswer, ErrorCode, Refusal};
use appkeep_service::{
    Account, Asked, Branding, Error, ErrorCode as ServiceCode, Progress, Step, TooOften, WantedScope, Wants,
};
use axum::response::{IntoResponse as _, Response};
use http::header::{ALLOW, LOCATION, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

use super::context::{Untaken, form};
use super::{ACCOUNT, CHOOSE_ACCOUNT, CONSENT, FORGOTTEN_PASSWORD, SIGN_IN, Visit};
use crate::pages::{
    About, Ask, ChooseAccountPage, Colour, ConsentPage, ErrorPage, ForgedForm, FormPostPage, FormsLead,
    Frame, Mark, NotAssignedPage, Person, SignInPage, headers, respond,
};
use crate::problem::Problem;

/// What a page of a sign-in says is wrong, or what was typed before.
#[derive(Debug, Default)]
pub(super) struct Before {
    pub(super) identifier: Option<String>,
    pub(super) identifier_fault: Option<String>,
    pub(super) password_fault: Option<String>,
    pub(super) problem: Option<String>,
    pub(super) status: Option<StatusCode>,
    pub(super) retry_after_s: Option<u32>,
}

/// Asks the service what comes next for this browser, and shows it.
pub(crate) async fn step(visit: Visit, parameters: &[u8], done: Progress) -> Response {
    match visit.authority().authorize(parameters, done, &visit.person).await {
        Ok(step) => show(visit, step, (done, Before::default())).await,
        Err(refusal) => refused(visit, &refusal).await,
    }
}

pub(super) async fn show(visit: Visit, step: Step, (done, before): (Progress, Before)) -> Response {
    let shown = match step {
        Step::Answer { answer, application } => Ok(answer_client(&visit, (answer, application)).await),
        Step::SignIn(asked) => sign_in_page(&visit, asked, (done, before)).await,
        Step::ChooseAccount(asked, account) => choose_page(&visit, asked, account, done).await,
        Step::Consent(asked, account, wants) => consent_page(&visit, asked, (account, wants), done).await,
        Step::NotAssigned(asked, account) => not_assigned_page(&visit, asked, account, done).await,
    };
    match shown {
        Ok(response) => visit.answer(response),
        Err(error) => failed(visit, error).await,
    }
}

/// RFC 9700 §4.12: a browser that posted something posts it nowhere else.
async fn answer_client(visit: &Visit, (answer, application): (AuthorizeAnswer, String)) -> Response {
    match answer {
        AuthorizeAnswer::Redirect { location } => see_other(visit, &location),
        AuthorizeAnswer::FormPost { action, fields } => {
            let page = FormPostPage {
                frame: frame_or_default(visit).await,
                application,
                action: action.clone(),
                fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            };
            respond(StatusCode::OK, &page, visit.site(), FormsLead::Away(&action))
        }
    }
}

/// An address that is fit for a header.
pub(super) fn see_other(visit: &Visit, location: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(location) else {
        return Problem::internal("a way back is no header").into_response();
    };
    let mut response = (StatusCode::SEE_OTHER, headers(visit.site(), FormsLead::ToUs)).into_response();
    response.headers_mut().insert(LOCATION, location);
    response
}

async fn sign_in_page(
    visit: &Visit,
    asked: Asked,
    (done, before): (Progress, Before),
) -> Result<Response, Error> {
    let page = SignInPage {
        frame: frame(&asked.branding),
        form: form(visit, SIGN_IN, &asked, done).await?,
        identifier: before.identifier.or(asked.login_hint).unwrap_or_default(),
        application: Some(Mark { name: asked.application, logo: asked.logo_url }),
        identifier_fault: before.identifier_fault,
        password_fault: before.password_fault,
        problem: before.problem,
        forgotten_password: Some(format!("{}?{}", visit.path(FORGOTTEN_PASSWORD), asked.parameters)),
    };
    let status = before.status.unwrap_or(StatusCode::OK);
    let mut response = respond(status, &page, visit.site(), FormsLead::Away(&asked.redirect_uri));
    if let Some(seconds) = before.retry_after_s {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

async fn choose_page(
    visit: &Visit,
    asked: Asked,
    account: Account,
    done: Progress,
) -> Result<Response, Error> {
    let page = ChooseAccountPage {
        frame: frame(&asked.branding),
        form: form(visit, CHOOSE_ACCOUNT, &asked, done).await?,
        application: Some(Mark { name: asked.application, logo: asked.logo_url }),
        person: person(account),
    };
    Ok(respond(StatusCode::OK, &page, visit.site(), FormsLead::Away(&asked.redirect_uri)))
}

async fn consent_page(
    visit: &Visit,
    asked: Asked,
    (account, wants): (Account, Wants),
    done: Progress,
) -> Result<Response, Error> {
    let page = ConsentPage {
        frame: frame(&asked.branding),
        form: form(visit, CONSENT, &asked, done).await?,
        application: Mark { name: asked.application, logo: asked.logo_url },
        person: person(account),
        asks: wants.scopes.iter().map(ask).collect(),
        more: more(&wants),
        account: Some(visit.path(ACCOUNT)),
    };
    Ok(respond(StatusCode::OK, &page, visit.site(), FormsLead::Away(&asked.redirect_uri)))
}

fn more(wants: &Wants) -> Vec<About> {
    let pages = [
        About::at("Website", wants.home.as_deref()),
        About::at("Privacy policy", wants.policy.as_deref()),
        About::at("Terms of service", wants.terms.as_deref()),
    ];
    pages.into_iter().flatten().collect()
}

fn ask(wanted: &WantedScope) -> Ask {
    Ask::of(wanted.scope.as_str(), wanted.description.as_deref())
}

async fn not_assigned_page(
    visit: &Visit,
    asked: Asked,
    account: Account,
    done: Progress,
) -> Result<Response, Error> {
    let page = NotAssignedPage {
        frame: frame(&asked.branding),
        form: form(visit, CHOOSE_ACCOUNT, &asked, done).await?,
        application: Mark { name: asked.application, logo: asked.logo_url },
        person: person(account),
    };
    Ok(respond(StatusCode::FORBIDDEN, &page, visit.site(), FormsLead::Away(&asked.redirect_uri)))
}

pub(super) fn frame(branding: &Branding) -> Frame {
    Frame {
        tenant: Mark { name: branding.name.clone(), logo: branding.logo_url.clone() },
        colour: branding.colour.and_then(|colour| Colour::parse(&colour.to_string())),
    }
}

/// For a page that must be shown though the database is away.
pub(super) async fn frame_or_default(visit: &Visit) -> Frame {
    let branding = visit.authority().branding().await;
    branding.map_or_else(|_| no_branding(), |branding| frame(&branding))
}

fn no_branding() -> Frame {
    frame(&Branding { name: "Appkeep".to_owned(), logo_url: None, colour: None })
}

pub(super) fn person(account: Account) -> Person {
    Person { name: account.name.unwrap_or_else(|| account.email.clone()), identifier: account.email }
}

/// A request that cannot be answered where it asks to be.
pub(crate) async fn refused(visit: Visit, refusal: &Refusal) -> Response {
    let status = match refusal.code() {
        ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    };
    if let Some(cause) = refusal.cause() {
        tracing::warn!(code = refusal.code().as_str(), cause, "a person cannot sign in");
    }
    let (title, sentence) = match status {
        StatusCode::BAD_REQUEST => (
            "The application sent a request that cannot be answered",
            format!("Tell whoever runs it: {}.", refusal.description()),
        ),
        _ => ("This does not work at the moment", "Try again in a moment.".to_owned()),
    };
    notice(visit, status, (title, sentence), refusal.code().as_str()).await
}

/// A form that was not shown in this browser, or long ago.
pub(super) async fn untaken(visit: Visit, reason: Untaken) -> Response {
    match reason {
        Untaken::Failed(error) => failed(visit, error).await,
        Untaken::TooOften(reason) => too_often(visit, reason).await,
        Untaken::Forged(reason) => {
            tracing::debug!(reason = %reason, "a form was not taken");
            let sentence = match reason {
                ForgedForm::NoCookie => {
                    "This browser keeps no cookies for this site. Allow them, and start again from the application."
                }
                ForgedForm::AnotherSite | ForgedForm::Token => {
                    "This page was open for too long, or was not opened here. Start again from the application."
                }
            };
            let said = ("This form cannot be used any more", sentence.to_owned());
            notice(visit, StatusCode::FORBIDDEN, said, "invalid_form").await
        }
    }
}

/// Somebody reloads what a form led to, by its address, or goes back to it later.
pub(super) async fn start_again(visit: Visit) -> Response {
    let said = ("This page is over", "Start again from the application.".to_owned());
    let mut response = notice(visit, StatusCode::METHOD_NOT_ALLOWED, said, "method_not_allowed").await;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    response
}

/// From where this comes, too much has failed.
pub(super) async fn too_often(visit: Visit, TooOften { retry_after_s }: TooOften) -> Response {
    let said = ("Too many attempts", "Wait a little, and try again.".to_owned());
    let mut response = notice(visit, StatusCode::TOO_MANY_REQUESTS, said, "too_many_requests").await;
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_s));
    response
}

/// At the address of a tenant that there is not; a page of nobody in particular.
pub(super) fn nowhere(visit: Visit) -> Response {
    let said = ("There is nothing here", "Check the address, or start from the application.".to_owned());
    let page = error_page(&visit, no_branding(), (StatusCode::NOT_FOUND, said), "not_found");
    visit.answer(page)
}

/// Whoever is to allow something has to be known here.
pub(super) async fn sign_in_first(visit: Visit) -> Response {
    let sentence = "Sign in to the application in this browser, and open this address again.".to_owned();
    notice(visit, StatusCode::FORBIDDEN, ("Sign in first", sentence), "forbidden").await
}

/// A link that was mailed, and that is good no more.
pub(super) async fn gone(visit: Visit) -> Response {
    let sentence = "It was used, is too old, or was replaced by a newer one. Ask for another.".to_owned();
    notice(visit, StatusCode::GONE, ("This link cannot be used any more", sentence), "link_gone").await
}

pub(super) async fn failed(visit: Visit, error: Error) -> Response {
    let status = match error.code() {
        ServiceCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let code = error.code().as_str();
    tracing::error!(error = &error as &dyn std::error::Error, "a page could not be shown");
    let said = ("This does not work at the moment", "Try again in a moment.".to_owned());
    notice(visit, status, said, code).await
}

async fn notice(visit: Visit, status: StatusCode, said: (&str, String), code: &str) -> Response {
    let frame = frame_or_default(&visit).await;
    let mut response = error_page(&visit, frame, (status, said), code);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    visit.answer(response)
}

fn error_page(
    visit: &Visit,
    frame: Frame,
    (status, (title, sentence)): (StatusCode, (&str, String)),
    code: &str,
) -> Response {
    let page = ErrorPage {
        frame,
        title: title.to_owned(),
        sentence,
        code: code.to_owned(),
        request_id: visit.requester.request_id.to_string(),
    };
    respond(status, &page, visit.site(), FormsLead::ToUs)
}
