//! What the browser of somebody who is signed in keeps.

use appkeep_domain::Lifetime;
use appkeep_http::AppState;
use appkeep_http::pages::{Cookie, Site};
use appkeep_oauth::{ClientAuthentication, ErrorCode as RefusalCode, Refusal, TokenRequest};
use appkeep_service::{Error, ErrorCode, IssuedToken, RequestOrigin};
use http::{HeaderMap, HeaderValue};

/// As long as anybody may stay without signing in again; what the tokens are good
/// for, the server says at each request.
const KEPT: Lifetime = Lifetime::from_minutes(60 * 24 * 30);

/// An access token of the console, and what renews it. Scripts see neither, and no
/// other site has them sent along with a form.
pub(super) struct Session {
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
}

impl Session {
    pub(super) fn read(site: &Site, headers: &HeaderMap) -> Option<Self> {
        let access_token = Cookie::Console.read(site, headers)?;
        Some(Self { access_token, refresh_token: Cookie::ConsoleRenewal.read(site, headers) })
    }

    pub(super) fn of(issued: IssuedToken) -> Self {
        Self { access_token: issued.access_token, refresh_token: issued.refresh_token }
    }

    /// The same with a new access token; nothing when nothing renews it any more.
    pub(super) async fn renew(
        &self,
        state: &AppState,
        origin: &RequestOrigin,
    ) -> Result<Option<Self>, Error> {
        let Some(refresh_token) = self.refresh_token.clone() else { return Ok(None) };
        let request = TokenRequest::RefreshToken { refresh_token, scope: None, targets: Vec::new() };
        match trade(state, request, origin).await? {
            Ok(issued) => Ok(Some(Self::of(issued))),
            Err(refusal) if refusal.code() == RefusalCode::InvalidGrant => Ok(None),
            // What they typed is not lost because we are busy.
            Err(refusal) => {
                let message = "you could not be recognised at the moment; try again shortly";
                Err(Error::new(ErrorCode::Unavailable, message).because(refusal.description().to_owned()))
            }
        }
    }

    /// Whether a browser keeps it.
    pub(super) fn fits(&self, site: &Site) -> bool {
        Cookie::Console.set(site, &self.access_token, Some(KEPT)).is_some()
    }

    pub(super) fn cookies(&self, site: &Site) -> Vec<HeaderValue> {
        let access = Cookie::Console.set(site, &self.access_token, Some(KEPT));
        let renewal = self.refresh_token.as_ref();
        let renewal = renewal.and_then(|token| Cookie::ConsoleRenewal.set(site, token, Some(KEPT)));
        access.into_iter().chain(renewal).collect()
    }

    /// What takes it from the browser.
    pub(super) fn gone(site: &Site) -> Vec<HeaderValue> {
        [Cookie::Console, Cookie::ConsoleRenewal].iter().filter_map(|cookie| cookie.clear(site)).collect()
    }
}

/// At the token endpoint of the issuer at the public URL, as the console.
pub(super) async fn trade(
    state: &AppState,
    request: TokenRequest,
    origin: &RequestOrigin,
) -> Result<Result<IssuedToken, Refusal>, Error> {
    let client = ClientAuthentication::Public { client_id: client_id(state).await? };
    Ok(state.authority.token(client, request, origin).await)
}

/// What the console is among the applications.
pub(super) async fn client_id(state: &AppState) -> Result<String, Error> {
    state.registry.ensure_console(state.authority.issuer()).await
}
