//! `POST /sign-in`: a name and a password.

use appkeep_service::{Credentials, Entered, Progress, SignInRefused, SignedIn, Step};
use axum::response::Response;
use http::StatusCode;
use zeroize::Zeroizing;

use super::context::{Context, verify};
use super::posted::Posted;
use super::show::{Before, failed, refused, show, untaken};
use super::{SIGN_IN, Visit, code};
use crate::pages::SignInPage;
use crate::under_way::answer_to_the_end;

/// An attempt is looked at to the end, and counts if it fails: whoever hangs up
/// has tried all the same.
pub(super) async fn sign_in(visit: Visit, posted: Posted) -> Response {
    let tasks = visit.state().answering.clone();
    answer_to_the_end(&tasks, attempt(visit, posted)).await
}

async fn attempt(visit: Visit, posted: Posted) -> Response {
    let context = match verify(&visit, SIGN_IN, &posted).await {
        Ok(context) => context,
        Err(reason) => return untaken(visit, reason).await,
    };
    let identifier = posted.text(SignInPage::IDENTIFIER).to_owned();
    let password = Zeroizing::new(posted.text(SignInPage::PASSWORD).to_owned());
    if let Some(empty) = empty(&identifier, &password) {
        return again(visit, context, empty).await;
    }
    let parameters = context.parameters.as_bytes();
    let credentials = Credentials { identifier: identifier.clone(), password };
    match visit.authority().sign_in(parameters, credentials, &visit.person).await {
        Ok(Entered::SignedIn(signed_in)) => go_on(visit, context, &signed_in).await,
        Ok(Entered::CodeWanted(challenge)) => code::ask(visit, context, challenge.expose()).await,
        Err(SignInRefused::Failed(error)) => failed(visit, error).await,
        Err(refusal) => again(visit, context, before(identifier, &refusal)).await,
    }
}

/// To what comes after, as whoever signed in.
pub(super) async fn go_on(mut visit: Visit, context: Context, signed_in: &SignedIn) -> Response {
    visit.signed_in(signed_in);
    let done = Progress { authenticated: true, ..context.progress };
    super::step(visit, context.parameters.as_bytes(), done).await
}

/// What was left out. Nobody was tried, so that it counts against nobody.
fn empty(identifier: &str, password: &str) -> Option<Before> {
    let fault = |is_empty: bool, sentence: &str| is_empty.then(|| sentence.to_owned());
    let identifier_fault = fault(identifier.trim().is_empty(), "Type your email address or your user name.");
    let password_fault = fault(password.is_empty(), "Type your password.");
    (identifier_fault.is_some() || password_fault.is_some()).then(|| Before {
        identifier: Some(identifier.to_owned()),
        identifier_fault,
        password_fault,
        status: Some(StatusCode::UNPROCESSABLE_ENTITY),
        ..Before::default()
    })
}

/// What is wrong with both together.
fn before(identifier: String, refusal: &SignInRefused) -> Before {
    let (status, problem, retry_after_s) = said(refusal, "The name or the password is wrong.");
    Before {
        identifier: Some(identifier),
        problem: Some(problem.to_owned()),
        status: Some(status),
        retry_after_s,
        ..Before::default()
    }
}

/// How a refusal is answered, in words; `wrong` is what is said of a wrong proof.
pub(super) fn said<'a>(refusal: &SignInRefused, wrong: &'a str) -> (StatusCode, &'a str, Option<u32>) {
    match refusal {
        SignInRefused::TooOften { retry_after_s } => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many attempts. Wait a little, and try again.",
            Some(*retry_after_s),
        ),
        SignInRefused::Suspended => (
            StatusCode::FORBIDDEN,
            "This account cannot be used at the moment. Ask whoever looks after it.",
            None,
        ),
        SignInRefused::ChallengeOver => {
            (StatusCode::UNPROCESSABLE_ENTITY, "That took too long. Sign in again.", None)
        }
        SignInRefused::Wrong | SignInRefused::CodeWanted | SignInRefused::Failed(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, wrong, None)
        }
    }
}

/// The same page, with what is wrong.
pub(super) async fn again(mut visit: Visit, context: Context, before: Before) -> Response {
    // Whoever else is signed in here is not who tries to.
    visit.person.sign_in = None;
    let authority = visit.authority().clone();
    match authority.authorize(context.parameters.as_bytes(), context.progress, &visit.person).await {
        Ok(step @ Step::SignIn(_)) => show(visit, step, (context.progress, before)).await,
        Ok(step) => show(visit, step, (context.progress, Before::default())).await,
        Err(refusal) => refused(visit, &refusal).await,
    }
}
