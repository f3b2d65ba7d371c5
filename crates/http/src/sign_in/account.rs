//! `/account`: what somebody sees of their own account, and takes back.

use appkeep_domain::{ApplicationId, SignInId};
use appkeep_service::{AccountQuery, AllowedApplication, Error, OwnAccount, OwnSignIn, Progress, TakenBack};
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;
use url::form_urlencoded;

use super::context::{carrying, verify};
use super::posted::Posted;
use super::show::{failed, frame_or_default, person, see_other, untaken};
use super::{ACCOUNT, SIGN_OUT, Visit};
use crate::pages::{
    AccountPage, ApplicationInUse, Ask, DonePage, FormsLead, Mark, SignInShown, describe_device, respond,
};

const EVERYWHERE: &str = "everywhere";
const SIGN_IN: &str = "sign-in:";
const CONSENT: &str = "consent:";

/// Where the next part of a list is asked for.
const SIGN_INS: &str = "sign_ins";
const ALLOWED: &str = "allowed";

pub(super) async fn show(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let query = wanted(query.as_deref().unwrap_or_default());
    let is_beginning = query == AccountQuery::default();
    match visit.authority().own_account(query, &visit.person).await {
        Ok(Some(own)) => match page(&visit, own, is_beginning).await {
            Ok(page) => {
                let response = respond(StatusCode::OK, &page, visit.site(), FormsLead::ToUs);
                visit.answer(response)
            }
            Err(error) => failed(visit, error).await,
        },
        Ok(None) => nobody(visit).await,
        Err(error) => failed(visit, error).await,
    }
}

/// What is taken back stands in the form, under its token.
pub(super) async fn take_back(visit: Visit, posted: Posted) -> Response {
    let context = match verify(&visit, ACCOUNT, &posted).await {
        Ok(context) => context,
        Err(reason) => return untaken(visit, reason).await,
    };
    if let Some(taken) = read(&context.parameters) {
        let authority = visit.authority().clone();
        if let Err(error) = authority.take_back(taken, &visit.person).await {
            return failed(visit, error).await;
        }
    }
    let response = see_other(&visit, &visit.path(ACCOUNT));
    visit.answer(response)
}

fn read(parameters: &str) -> Option<TakenBack> {
    if parameters == EVERYWHERE {
        return Some(TakenBack::EverySignIn);
    }
    if let Some(id) = parameters.strip_prefix(SIGN_IN) {
        return SignInId::parse(id).ok().map(TakenBack::SignIn);
    }
    let id = parameters.strip_prefix(CONSENT)?;
    ApplicationId::parse(id).ok().map(TakenBack::Consent)
}

/// Which parts of the lists; what else stands there means nothing.
fn wanted(query: &str) -> AccountQuery {
    let mut wanted = AccountQuery::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            SIGN_INS => wanted.sign_ins = Some(value.into_owned()),
            ALLOWED => wanted.allowed = Some(value.into_owned()),
            _ => {}
        }
    }
    wanted
}

async fn page(visit: &Visit, own: OwnAccount, is_beginning: bool) -> Result<AccountPage, Error> {
    let account = visit.path(ACCOUNT);
    let more = |name: &str, place: Option<String>| place.map(|place| format!("{account}?{name}={place}"));
    let (more_sign_ins, more_applications) =
        (more(SIGN_INS, own.more_sign_ins), more(ALLOWED, own.more_allowed));
    let mut sign_ins = Vec::new();
    for sign_in in own.sign_ins {
        sign_ins.push(shown(visit, sign_in).await?);
    }
    let mut applications = Vec::new();
    for allowed in own.allowed {
        applications.push(in_use(visit, allowed).await?);
    }
    Ok(AccountPage {
        frame: frame_or_default(visit).await,
        person: person(own.account),
        sign_out: carrying(visit, SIGN_OUT, "", Progress::default()).await?.with("decision", "sign_out"),
        sign_ins,
        more_sign_ins,
        applications,
        more_applications,
        beginning: (!is_beginning).then_some(account),
        sign_out_everywhere: form(visit, EVERYWHERE.to_owned()).await?,
    })
}

async fn shown(visit: &Visit, sign_in: OwnSignIn) -> Result<SignInShown, Error> {
    let ends =
        if sign_in.is_this { None } else { Some(form(visit, format!("{SIGN_IN}{}", sign_in.id)).await?) };
    let agent = sign_in.user_agent.as_ref().map(appkeep_domain::UserAgent::as_str);
    Ok(SignInShown {
        device: describe_device(agent.unwrap_or_default()),
        address: sign_in.address,
        signed_in_at: sign_in.signed_in_at.into(),
        last_seen_at: sign_in.last_seen_at.into(),
        sign_out: ends,
    })
}

async fn in_use(visit: &Visit, allowed: AllowedApplication) -> Result<ApplicationInUse, Error> {
    Ok(ApplicationInUse {
        application: Mark { name: allowed.name, logo: allowed.logo_url },
        allowed: allowed.scope.iter().map(|scope| Ask::of(scope.as_str(), None).title).collect(),
        allowed_at: allowed.allowed_at.into(),
        withdraw: form(visit, format!("{CONSENT}{}", allowed.id)).await?,
    })
}

async fn form(visit: &Visit, taken: String) -> Result<crate::pages::Form, Error> {
    carrying(visit, ACCOUNT, &taken, Progress::default()).await
}

async fn nobody(visit: Visit) -> Response {
    let page = DonePage {
        frame: frame_or_default(&visit).await,
        title: "You are not signed in".to_owned(),
        sentence: "Start from an application: it brings you to the page where you sign in.".to_owned(),
        next: None,
    };
    let response = respond(StatusCode::OK, &page, visit.site(), FormsLead::ToUs);
    visit.answer(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_lists_are_read_from_the_query() {
        let query = |sign_ins: Option<&str>, allowed: Option<&str>| AccountQuery {
            sign_ins: sign_ins.map(str::to_owned),
            allowed: allowed.map(str::to_owned),
        };
        for (raw, expected) in [
            ("", query(None, None)),
            ("sign_ins=a&x=y", query(Some("a"), None)),
            ("allowed=b&sign_ins=", query(Some(""), Some("b"))),
        ] {
            assert_eq!(wanted(raw), expected, "{raw}");
        }
    }

    #[test]
    fn what_is_taken_back_is_read_from_its_form() {
        let (sign_in, application) = (SignInId::from_bytes([1; 16]), ApplicationId::from_bytes([2; 16]));
        for (parameters, expected) in [
            ("everywhere".to_owned(), Some(TakenBack::EverySignIn)),
            (format!("sign-in:{sign_in}"), Some(TakenBack::SignIn(sign_in))),
            (format!("consent:{application}"), Some(TakenBack::Consent(application))),
            ("sign-in:x".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(read(&parameters), expected, "{parameters}");
        }
    }
}
