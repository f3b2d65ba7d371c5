//! `POST /consent`: what a person allows an application.

use appkeep_service::{ConsentAnswer, Progress};
use axum::response::Response;

use super::context::verify;
use super::posted::Posted;
use super::show::untaken;
use super::{CONSENT, Visit};
use crate::pages::ConsentPage;

pub(super) async fn consent(visit: Visit, posted: Posted) -> Response {
    let context = match verify(&visit, CONSENT, &posted).await {
        Ok(context) => context,
        Err(reason) => return untaken(visit, reason).await,
    };
    let answer = match posted.get(ConsentPage::DECISION) {
        Some(ConsentPage::ALLOW) => ConsentAnswer::Allow,
        _ => ConsentAnswer::Deny,
    };
    let done = Progress { answer: Some(answer), ..context.progress };
    super::step(visit, context.parameters.as_bytes(), done).await
}
