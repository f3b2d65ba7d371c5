//! A browser that visits one of our pages.

use std::convert::Infallible;

use appkeep_domain::UserAgent;
use appkeep_service::{Browser as Person, PresentedSecret, SignedIn};
use axum::extract::FromRequestParts;
use axum::response::Response;
use http::header::{SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use crate::extract::Requester;
use crate::pages::{Browser, Cookie, Site};
use crate::state::AppState;

/// The browser, what it may keep for us, and what it is to keep from now on.
pub(crate) struct Visit {
    pub(crate) requester: Requester,
    pub(crate) headers: HeaderMap,
    pub(super) browser: Browser,
    /// Whom the service sees.
    pub(crate) person: Person,
    cookies: Vec<HeaderValue>,
    state: AppState,
}

impl FromRequestParts<AppState> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self::of(parts, state))
    }
}

impl Visit {
    fn of(parts: &Parts, state: &AppState) -> Self {
        let (site, headers) = (&state.site, &parts.headers);
        let requester = Requester::of(parts, state);
        let browser = Browser::meet(site, headers, &*state.entropy);
        let cookies = browser.new_cookie(site).into_iter().collect();
        let sign_in = Cookie::Session.read(site, headers);
        let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let person = Person {
            origin: requester.origin(),
            user_agent: user_agent.and_then(UserAgent::of_header),
            sign_in: sign_in.as_deref().and_then(PresentedSecret::parse),
        };
        Self { requester, headers: headers.clone(), browser, person, cookies, state: state.clone() }
    }

    pub(super) fn site(&self) -> &Site {
        &self.state.site
    }

    pub(super) fn state(&self) -> &AppState {
        &self.state
    }

    /// From now on the browser is signed in.
    pub(super) fn signed_in(&mut self, signed_in: &SignedIn) {
        self.person.sign_in = PresentedSecret::parse(signed_in.secret.expose());
        let lives = signed_in.lives;
        self.cookies.extend(Cookie::Session.set(self.site(), signed_in.secret.expose(), Some(lives)));
    }

    /// From now on nobody is.
    pub(super) fn signed_out(&mut self) {
        self.person.sign_in = None;
        self.cookies.extend(Cookie::Session.clear(self.site()));
    }

    /// The answer, with what the browser is to keep.
    pub(super) fn answer(self, mut response: Response) -> Response {
        for cookie in self.cookies {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}
