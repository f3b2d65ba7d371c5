//! `POST /choose-account`: on as who is signed in, or as another.

use appkeep_service::Progress;
use axum::response::Response;

use super::context::verify;
use super::posted::Posted;
use super::show::untaken;
use super::{CHOOSE_ACCOUNT, Visit};
use crate::pages::ChooseAccountPage;

pub(super) async fn choose_account(mut visit: Visit, posted: Posted) -> Response {
    let context = match verify(&visit, CHOOSE_ACCOUNT, &posted).await {
        Ok(context) => context,
        Err(reason) => return untaken(visit, reason).await,
    };
    let mut done = Progress { chosen: true, ..context.progress };
    if posted.get(ChooseAccountPage::ACCOUNT) != Some(ChooseAccountPage::THIS) {
        visit.person.sign_in = None;
        done = Progress::default();
    }
    super::step(visit, context.parameters.as_bytes(), done).await
}
