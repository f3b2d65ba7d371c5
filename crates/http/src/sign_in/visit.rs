//! A browser that visits one of our pages.

use appkeep_service::{Authority, Browser as Person, PresentedSecret, SignedIn};
use axum::extract::FromRequestParts;
use axum::response::Response;
use http::header::SET_COOKIE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use super::show::{failed, nowhere};
use crate::extract::{Requester, user_agent};
use crate::mount::Here;
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
    /// Whose pages they are.
    authority: Authority,
    site: Site,
    state: AppState,
}

impl FromRequestParts<AppState> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        match Here::find(parts, state).await {
            Ok(Some(Here(authority))) => Ok(Self::of(parts, authority, state)),
            Ok(None) => Err(nowhere(Self::of(parts, state.authority.clone(), state))),
            Err(error) => Err(failed(Self::of(parts, state.authority.clone(), state), error).await),
        }
    }
}

impl Visit {
    fn of(parts: &Parts, authority: Authority, state: &AppState) -> Self {
        let site = authority.slug().map_or_else(|| state.site.clone(), |slug| state.site.below(slug));
        let headers = &parts.headers;
        let requester = Requester::of(parts, state);
        let browser = Browser::meet(&site, headers, &*state.entropy);
        let cookies = browser.new_cookie(&site).into_iter().collect();
        let sign_in = Cookie::Session.read(&site, headers);
        let person = Person {
            origin: requester.origin(),
            user_agent: user_agent(headers),
            sign_in: sign_in.as_deref().and_then(PresentedSecret::parse),
        };
        let (headers, state) = (headers.clone(), state.clone());
        Self { requester, headers, browser, person, cookies, authority, site, state }
    }

    pub(super) fn site(&self) -> &Site {
        &self.site
    }

    /// The path of one of our pages, at this address.
    pub(crate) fn path(&self, page: &str) -> String {
        self.site.path(page)
    }

    pub(super) const fn authority(&self) -> &Authority {
        &self.authority
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

    /// The sign-in that the request named is over. A browser whose request named
    /// none may have one all the same, and keeps it: of what another site has it
    /// send, such as a form, it leaves the cookie out (`SameSite=Lax`).
    pub(super) fn signed_out(&mut self) {
        if self.person.sign_in.take().is_some() {
            self.cookies.extend(Cookie::Session.clear(self.site()));
        }
    }

    /// The answer, with what the browser is to keep.
    pub(super) fn answer(self, mut response: Response) -> Response {
        for cookie in self.cookies {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}
