//! `/reset-password`: a new password, by a link that was mailed.

use appkeep_service::{LinkRefused, Progress, RESET_PASSWORD};
use axum::response::Response;
use http::StatusCode;
use zeroize::Zeroizing;

use super::Visit;
use super::context::{carrying, verify};
use super::posted::{Posted, Token};
use super::show::{failed, frame_or_default, gone, untaken};
use crate::pages::{DonePage, FormsLead, Link, NewPasswordPage, respond};

/// Asks for the password, if the link is still good. Looking does not use it
/// up: whoever reads mail for somebody may follow its links.
pub(super) async fn ask(visit: Visit, Token(token): Token) -> Response {
    page(visit, token, None).await
}

pub(super) async fn change(visit: Visit, posted: Posted) -> Response {
    let context = match verify(&visit, RESET_PASSWORD, &posted).await {
        Ok(context) => context,
        Err(reason) => return untaken(visit, reason).await,
    };
    let password = Zeroizing::new(posted.text(NewPasswordPage::NEW_PASSWORD).to_owned());
    let authority = visit.authority().clone();
    // It is gone once it is used, and says who goes on to the console.
    let good = authority.reset_link(&context.parameters).await.ok().flatten();
    match authority.reset_password(&context.parameters, password, &visit.person).await {
        // Somebody else may be signed in with this browser, and stays so.
        Ok(()) => done(visit, good.is_some_and(|good| good.is_operators)).await,
        Err(LinkRefused::Password(reason)) => {
            page(visit, context.parameters, Some(format!("It {reason}."))).await
        }
        Err(LinkRefused::Gone) => gone(visit).await,
        Err(LinkRefused::Failed(error)) => failed(visit, error).await,
    }
}

async fn page(visit: Visit, token: String, fault: Option<String>) -> Response {
    let good = match visit.authority().reset_link(&token).await {
        Ok(Some(good)) => good,
        Ok(None) => return gone(visit).await,
        Err(error) => return failed(visit, error).await,
    };
    let form = match carrying(&visit, RESET_PASSWORD, &token, Progress::default()).await {
        Ok(form) => form,
        Err(error) => return failed(visit, error).await,
    };
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = NewPasswordPage {
        frame: frame_or_default(&visit).await,
        form,
        address: good.address,
        rules: format!("At least {} characters. A few words are easy to remember.", good.min_length),
        password_fault: fault,
        problem: None,
    };
    let response = respond(status, &page, visit.site(), FormsLead::ToUs);
    visit.answer(response)
}

async fn done(visit: Visit, is_operators: bool) -> Response {
    let (where_to, next) = if is_operators {
        let console = Link { words: "To the console".to_owned(), url: "/console".to_owned() };
        ("Sign in to the console with the new password.", Some(console))
    } else {
        ("Go back to the application and sign in with the new password.", None)
    };
    let page = DonePage {
        frame: frame_or_default(&visit).await,
        title: "Your password is changed".to_owned(),
        sentence: format!("Wherever you were signed in, you are not any more. {where_to}"),
        next,
    };
    let response = respond(StatusCode::OK, &page, visit.site(), FormsLead::ToUs);
    visit.answer(response)
}
