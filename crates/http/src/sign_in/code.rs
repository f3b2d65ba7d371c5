//! `POST /sign-in/code`: what a person's device shows, after their password.

use appkeep_service::{Asked, SignInRefused, Step, TypedCode};
use axum::response::Response;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use zeroize::Zeroizing;

use super::context::{Context, form, verify};
use super::credentials::{again, go_on, said};
use super::posted::Posted;
use super::show::{Before, failed, frame, show, untaken};
use super::{SIGN_IN_CODE, Visit};
use crate::pages::{CodePage, Form, FormsLead, Mark, respond};
use crate::under_way::answer_to_the_end;

/// Under which the person is asked; it stands in the form, and nowhere else.
const CHALLENGE: &str = "challenge";

/// What is said with the page: what is wrong, and when to come again.
type Told<'a> = (StatusCode, Option<&'a str>, Option<u32>);

/// A guess counts though whoever made it hangs up.
pub(super) async fn prove(visit: Visit, posted: Posted) -> Response {
    let tasks = visit.state().answering.clone();
    answer_to_the_end(&tasks, attempt(visit, posted)).await
}

/// Asks for the code.
pub(super) async fn ask(visit: Visit, context: Context, challenge: &str) -> Response {
    page(visit, context, challenge, (StatusCode::OK, None, None)).await
}

async fn attempt(visit: Visit, posted: Posted) -> Response {
    let context = match verify(&visit, SIGN_IN_CODE, &posted).await {
        Ok(context) => context,
        Err(reason) => return untaken(visit, reason).await,
    };
    let challenge = Zeroizing::new(posted.text(CHALLENGE).to_owned());
    let code = Zeroizing::new(posted.text(CodePage::CODE).to_owned());
    if code.trim().is_empty() {
        let empty = (StatusCode::UNPROCESSABLE_ENTITY, Some("Type the code that your device shows."), None);
        return page(visit, context, &challenge, empty).await;
    }
    let typed = TypedCode { challenge: challenge.clone(), code };
    match visit.authority().sign_in_by_code(context.parameters.as_bytes(), typed, &visit.person).await {
        Ok(signed_in) => go_on(visit, context, &signed_in).await,
        Err(SignInRefused::Failed(error)) => failed(visit, error).await,
        Err(refusal) => refused(visit, context, (&challenge, &refusal)).await,
    }
}

/// The same page again; or the first one, when nobody is asked any more.
async fn refused(visit: Visit, context: Context, (challenge, refusal): (&str, &SignInRefused)) -> Response {
    let (status, problem, retry_after_s) = said(refusal, "The code is wrong, or was used before.");
    if matches!(refusal, SignInRefused::ChallengeOver | SignInRefused::Suspended) {
        let before = Before { problem: Some(problem.to_owned()), status: Some(status), ..Before::default() };
        return again(visit, context, before).await;
    }
    page(visit, context, challenge, (status, Some(problem), retry_after_s)).await
}

async fn page(mut visit: Visit, context: Context, challenge: &str, told: Told<'_>) -> Response {
    // Whoever else is signed in here is not who is asked.
    visit.person.sign_in = None;
    let authority = visit.authority().clone();
    let asked =
        match authority.authorize(context.parameters.as_bytes(), context.progress, &visit.person).await {
            Ok(Step::SignIn(asked)) => asked,
            Ok(step) => return show(visit, step, (context.progress, Before::default())).await,
            Err(refusal) => return super::refused(visit, &refusal).await,
        };
    match form(&visit, SIGN_IN_CODE, &asked, context.progress).await {
        Ok(form) => shown(visit, asked, form.with(CHALLENGE, challenge), told),
        Err(error) => failed(visit, error).await,
    }
}

fn shown(visit: Visit, asked: Asked, form: Form, (status, problem, retry_after_s): Told<'_>) -> Response {
    let page = CodePage {
        frame: frame(&asked.branding),
        form,
        application: Some(Mark { name: asked.application, logo: asked.logo_url }),
        problem: problem.map(str::to_owned),
    };
    let mut response = respond(status, &page, visit.site(), FormsLead::Away(&asked.redirect_uri));
    if let Some(seconds) = retry_after_s {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    visit.answer(response)
}
