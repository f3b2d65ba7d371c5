//! What a form belongs to, and the check that it is the one that was shown.

use appkeep_service::{Asked, Error, Progress, TooOften};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::posted::Posted;
use super::{ACCOUNT, CHOOSE_ACCOUNT, CONSENT, SIGN_IN, SIGN_IN_CODE, SIGN_OUT, Visit, progress};
use crate::pages::{ForgedForm, Form, FormKey, FormToken, verify_form};

const PARAMETERS: &str = "parameters";
const PROGRESS: &str = "progress";

/// What only the person answers who was asked: somebody else may have signed in
/// since, in another tab.
const OF_A_PERSON: [&str; 4] = [CONSENT, CHOOSE_ACCOUNT, SIGN_OUT, ACCOUNT];

/// Attempts to sign in are counted where they are looked at, and whoever wants
/// out is let out.
const NOT_LIMITED: [&str; 3] = [SIGN_IN, SIGN_IN_CODE, SIGN_OUT];

/// The request that a form belongs to, and how far the person has come.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) parameters: String,
    pub(super) progress: Progress,
}

/// Why a form is not taken.
#[derive(Debug)]
pub(super) enum Untaken {
    Forged(ForgedForm),
    TooOften(TooOften),
    Failed(Error),
}

impl From<Error> for Untaken {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// A form for a page that `asked` leads to.
pub(super) async fn form(visit: &Visit, action: &str, asked: &Asked, done: Progress) -> Result<Form, Error> {
    carrying(visit, action, &asked.parameters, done).await
}

/// A form that carries these parameters.
pub(super) async fn carrying(
    visit: &Visit,
    action: &str,
    parameters: &str,
    done: Progress,
) -> Result<Form, Error> {
    let done = progress::print(done, visit.state().clock.now());
    let key = FormKey::new(visit.authority().form_key().await?);
    let token = visit.browser.form_token(&key, &bound(visit, action, (parameters, &done)));
    Ok(Form::new(visit.path(action), token).with(PARAMETERS, parameters).with(PROGRESS, done))
}

/// What was sent, if it is what [`form`] made for this browser.
pub(super) async fn verify(visit: &Visit, action: &str, posted: &Posted) -> Result<Context, Untaken> {
    let (authority, origin) = (visit.authority(), visit.requester.origin());
    if !NOT_LIMITED.contains(&action) {
        authority.admit_form(&origin).map_err(Untaken::TooOften)?;
    }
    let (parameters, done) = (posted.text(PARAMETERS), posted.text(PROGRESS));
    let key = FormKey::new(visit.authority().form_key().await?);
    let token = (posted.get(FormToken::FIELD), bound(visit, action, (parameters, done)));
    if let Err(reason) = verify_form(visit.site(), &visit.headers, &key, (token.0, &token.1)) {
        return Err(Untaken::Forged(reason));
    }
    let progress = progress::read(done, visit.state().clock.now());
    Ok(Context { parameters: parameters.to_owned(), progress })
}

/// No form is taken for another, nor with another request or progress, nor from
/// another person where it is theirs to answer.
fn bound(visit: &Visit, action: &str, (parameters, progress): (&str, &str)) -> String {
    let person = visit.person.sign_in.filter(|_| OF_A_PERSON.contains(&action));
    let person = person.map(|secret| URL_SAFE_NO_PAD.encode(secret.hash().as_bytes())).unwrap_or_default();
    format!("{action}\n{person}\n{progress}\n{parameters}")
}
