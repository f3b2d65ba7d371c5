//! What every request to the console passes.

use appkeep_domain::{Caller, Owner, Resource, oversees};
use appkeep_http::pages::{Browser, FormKey, FormToken, verify_form};
use appkeep_http::{AppState, BODY_LIMIT, Device, Here, Problem, no_such_tenant};
use appkeep_service::{ActingAs, Authority, Browser as Person, Error, ErrorCode};
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};

use super::FORMS;
use super::home::elsewhere;
use super::session::Session;
use super::sign_in::{keeping, keeping_new};
use crate::kit::{Action, Badge, Notice, Page, Part};
use crate::outside::{Outside, sign_in_path};
use crate::posted::{Asked, Posted};
use crate::view::{Acting, Inner, View, see_other};

/// Set by htmx on what it asks for.
const PART_OF_A_PAGE: &str = "hx-request";
const LEAD_ON: &str = "hx-redirect";

/// Lets in whoever is signed in; shows others where to sign in. What is refused
/// inside is shown as a page.
pub(crate) async fn pass(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let is_part = parts.headers.contains_key(PART_OF_A_PAGE);
    let mut renewed = Vec::new();
    let response = match Entry::of(&mut parts, &state, &mut renewed).await {
        Ok(Some(entry)) => entry.go_on(&state, (parts, body), next).await,
        Ok(None) => stranger(&parts, &state, is_part),
        Err(problem) => outside(&state, &problem),
    };
    // Whatever came of it: the token before is good for a moment only.
    keeping_new(response, renewed)
}

/// Somebody who comes in.
struct Entry {
    view: View,
    session: Session,
    browser: Browser,
    key: FormKey,
    /// What their forms are bound to.
    bound: String,
}

impl Entry {
    /// Nothing for whoever is not signed in. What the browser has to keep from now
    /// on is in `renewed`.
    async fn of(
        parts: &mut Parts,
        state: &AppState,
        renewed: &mut Vec<HeaderValue>,
    ) -> Result<Option<Self>, Problem> {
        let Here(here) = Here::from_request_parts(parts, state).await?;
        let Some(session) = Session::read(&state.site, &parts.headers) else { return Ok(None) };
        let Ok(Device(person)) = Device::from_request_parts(parts, state).await;
        let Some((session, caller)) = recognise(session, state, (&person, renewed)).await? else {
            return Ok(None);
        };
        let Caller::Operator { id, .. } = &caller else { return Ok(None) };
        must_be_theirs(&here, &caller).await?;
        let key = FormKey::new(state.authority.form_key().await?);
        let browser = Browser::meet(&state.site, &parts.headers, &*state.entropy);
        let bound = format!("{FORMS}\n{id}");
        let token = browser.form_token(&key, &bound);
        let view = look(parts, state, (&here, caller), (&session, token)).await?;
        Ok(Some(Self { view, session, browser, key, bound }))
    }

    async fn go_on(self, state: &AppState, (mut parts, body): (Parts, Body), next: Next) -> Response {
        match elsewhere(&parts, &self.view, state).await {
            Ok(None) => {}
            Ok(Some(path)) => {
                return keeping(see_other(&state.site, &path), self.browser.new_cookie(&state.site));
            }
            Err(error) => return as_page(&self.view, Problem::from(error).into_response()),
        }
        let taken = self.take(&parts, body, state).await;
        let cookie = self.browser.new_cookie(&state.site);
        let response = match taken {
            Ok((posted, body)) => {
                let bearer = format!("Bearer {}", self.session.access_token);
                let mut bearer = HeaderValue::try_from(bearer).unwrap_or(HeaderValue::from_static(""));
                bearer.set_sensitive(true);
                parts.headers.insert(AUTHORIZATION, bearer);
                parts.extensions.insert(self.view.clone());
                parts.extensions.insert(posted);
                next.run(Request::from_parts(parts, body)).await
            }
            Err(problem) => problem.into_response(),
        };
        keeping(as_page(&self.view, response), cookie)
    }

    /// What was sent, if it came from a page that this browser was shown.
    async fn take(&self, parts: &Parts, body: Body, state: &AppState) -> Result<(Posted, Body), Problem> {
        if matches!(parts.method, Method::GET | Method::HEAD) {
            return Ok((Posted::default(), body));
        }
        let too_long =
            |_| Problem::refused(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", "that is too much");
        let posted = Posted::parse(&to_bytes(body, BODY_LIMIT).await.map_err(too_long)?);
        let token = (posted.get(FormToken::FIELD), &*self.bound);
        match verify_form(&state.site, &parts.headers, &self.key, token) {
            Ok(_) => Ok((posted, Body::empty())),
            Err(reason) => {
                tracing::debug!(reason = %reason, "a form of the console was not taken");
                let said = "this form was open for too long, or was not opened here; nothing was changed";
                Err(Problem::refused(StatusCode::FORBIDDEN, "invalid_form", said))
            }
        }
    }
}

/// The console of a tenant that somebody has nothing to do with is to them as that
/// of one that is not there.
async fn must_be_theirs(here: &Authority, caller: &Caller) -> Result<(), Problem> {
    let place = Resource::of_owner(Owner::Tenant(here.tenant()), here.partner().await?);
    if here.slug().is_none() || oversees(caller, &place) { Ok(()) } else { Err(no_such_tenant()) }
}

/// Who it is, by a token that is renewed when it is too old.
async fn recognise(
    session: Session,
    state: &AppState,
    (person, told): (&Person, &mut Vec<HeaderValue>),
) -> Result<Option<(Session, Caller)>, Error> {
    match state.authority.caller(&session.access_token).await {
        Ok((caller, _)) => return Ok(Some((session, caller))),
        Err(error) if error.code() != ErrorCode::InvalidToken => return Err(error),
        Err(_) => {}
    }
    let Some(renewed) = session.renew(state, &person.origin).await? else { return Ok(None) };
    told.extend(renewed.cookies(&state.site));
    match state.authority.caller(&renewed.access_token).await {
        Ok((caller, _)) => Ok(Some((renewed, caller))),
        Err(error) if error.code() == ErrorCode::InvalidToken => Ok(None),
        Err(error) => Err(error),
    }
}

async fn look(
    parts: &mut Parts,
    state: &AppState,
    (here, caller): (&Authority, Caller),
    (session, token): (&Session, FormToken),
) -> Result<View, Error> {
    let info = state.authority.userinfo(&session.access_token).await?;
    let operator_name = info.claims.name.or(info.claims.email).unwrap_or(info.sub);
    let Ok(asked) = Asked::from_request_parts(parts, &()).await;
    let partner = here.partner().await?;
    let acting = state.registry.acting(&caller).await?.map(|acting| banner(here, acting));
    Ok(View::new(Inner {
        site: state.site.clone(),
        caller,
        operator_name,
        tenant: here.tenant(),
        partner,
        tenant_name: here.branding().await?.name,
        is_suspended: here.is_suspended().await?,
        slug: here.slug().map(str::to_owned),
        token: token.as_str().to_owned(),
        asked: parts.uri.path().to_owned(),
        said: asked.get("said"),
        acting,
        issuer: here.issuer().to_owned(),
    }))
}

/// Whoever acts as somebody ends it where that one is.
fn banner(here: &Authority, acting: ActingAs) -> Acting {
    let ActingAs { impersonation, user_email, tenant } = acting;
    let elsewhere = tenant.filter(|tenant| tenant.id != here.tenant()).map(|tenant| tenant.slug.to_string());
    let slug = elsewhere.or_else(|| here.slug().map(str::to_owned));
    let below = format!("/applications/{}/impersonations", impersonation.application);
    Acting {
        person: user_email.map_or_else(|| impersonation.user.to_string(), |email| email.as_str().to_owned()),
        until: impersonation.expires_at.to_string(),
        path: View::path_at(slug.as_deref(), &below),
    }
}

/// A page that asks somebody to sign in leads there by itself; a form that comes
/// too late says so, since what was typed is lost.
fn stranger(parts: &Parts, state: &AppState, is_part: bool) -> Response {
    let asked = parts.uri.path_and_query().map_or("/console", |asked| asked.as_str());
    match (&parts.method, is_part) {
        (&Method::GET | &Method::HEAD, false) => see_other(&state.site, &sign_in_path(asked)),
        (&Method::GET | &Method::HEAD, true) => {
            let mut response = StatusCode::OK.into_response();
            if let Ok(path) = HeaderValue::try_from(sign_in_path("/console")) {
                response.headers_mut().insert(LEAD_ON, path);
            }
            response
        }
        _ => {
            let page = Outside {
                title: "You are not signed in any more".to_owned(),
                sentence: "Nothing was changed. Sign in, and do it again.".to_owned(),
                words: "Sign in".to_owned(),
                href: sign_in_path("/console"),
                detail: None,
            };
            page.answer(&state.site, StatusCode::UNAUTHORIZED)
        }
    }
}

/// What is refused before anybody is known.
fn outside(state: &AppState, problem: &Problem) -> Response {
    let page = Outside {
        title: title(problem.status()).to_owned(),
        sentence: crate::kit::sentence(problem.message()),
        words: "To the console".to_owned(),
        href: "/console".to_owned(),
        detail: Some(problem.code().to_owned()),
    };
    let mut response = page.answer(&state.site, problem.status());
    response.extensions_mut().insert(problem.clone().shown());
    response
}

/// A refusal, as a page among the others.
fn as_page(view: &View, mut response: Response) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let status = problem.status();
    let page = if status == StatusCode::FORBIDDEN && !view.has_role_at(|_| true) {
        without_role()
    } else {
        Page::new(title(status))
            .with(Part::Notice(Notice::new(Badge::Bad, crate::kit::sentence(problem.message()))))
            .with(Part::Actions(vec![Action::go("To the overview", view.path(""))]))
    };
    let mut shown = view.page_as(status, &page);
    // The history of refusals reads it there, and it is written out no more.
    shown.extensions_mut().insert(problem.shown());
    shown
}

/// For whoever has lost their last role, or whose tenants are all archived: every
/// page would say no more than that it is not for them.
fn without_role() -> Page {
    let told = "You are signed in, and have no role here, or none any more. An owner or an admin can \
                invite you again; until then there is nothing that you may see or do.";
    Page::new("You have no role").with(Part::Notice(Notice::new(Badge::Warning, told)))
}

const fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "There is nothing here",
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => "This is not for you to do",
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::INTERNAL_SERVER_ERROR => {
            "This does not work at the moment"
        }
        StatusCode::TOO_MANY_REQUESTS => "Too much at once",
        _ => "This could not be done",
    }
}
