//! `openidconnect` signs a person in to a native application with a scheme of
//! its own, from discovery to logout.
//!
//! What it verifies by itself: the ID token (signature, `iss`, `aud`, `exp`,
//! `nonce`), and that userinfo speaks of the same person. `state` and the
//! issuer of the answer (RFC 9207) it leaves to the application.

mod forms;

use std::error::Error;

use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreJwsSigningAlgorithm, CoreRevocableToken,
    CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::url::Url;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, RefreshToken, RevocationUrl, Scope, TokenResponse as _,
};
use serde_json::Value;

use crate::forms::{FormsBrowser, Person, fetch};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// With the endpoints that discovery and [`Peer::new`] fill in.
type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointSet, EndpointMaybeSet, EndpointMaybeSet>;

fn main() -> Outcome {
    let given = std::env::args().nth(1).ok_or("what to sign in to is the argument")?;
    let mut peer = Peer::new(&serde_json::from_str(&given)?)?;
    let (tokens, nonce) = peer.authorize()?;
    peer.read(&tokens, &nonce)?;
    let renewed = peer.refresh(&tokens)?;
    peer.revoke(&renewed)?;
    let (tokens, _) = peer.authorize()?;
    peer.sign_out(&tokens)
}

struct Peer {
    client: Client,
    metadata: ProviderMetadataWithLogout,
    browser: FormsBrowser,
    person: Person,
    post_logout_redirect_uri: String,
}

impl Peer {
    fn new(given: &Value) -> Outcome<Self> {
        let text = |name: &str| given[name].as_str().unwrap_or_default().to_owned();
        let issuer = IssuerUrl::new(text("issuer"))?;
        let metadata = ProviderMetadataWithLogout::discover(&issuer, &fetch)?;
        // The crate revokes over TLS only, also on this machine; `fetch` goes without.
        let revocation = format!("{}/oauth2/revoke", text("issuer").replacen("http:", "https:", 1));
        let client =
            CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(text("client_id")), None)
                .set_redirect_uri(RedirectUrl::new(text("redirect_uri"))?)
                .set_revocation_url(RevocationUrl::new(revocation)?);
        let person = Person::given(&given["person"]);
        let post_logout_redirect_uri = text("post_logout_redirect_uri");
        Ok(Self { client, metadata, browser: FormsBrowser::default(), person, post_logout_redirect_uri })
    }

    fn authorize(&mut self) -> Outcome<(CoreTokenResponse, Nonce)> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = self
            .client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scopes(["profile", "email", "offline_access"].map(|scope| Scope::new(scope.to_owned())))
            .add_prompt(CoreAuthPrompt::Login)
            .set_pkce_challenge(challenge)
            .url();
        let answer = self.browser.sign_in(url.as_str(), &self.person)?;
        let member = |name: &str| answer.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value);
        assert_eq!(member("state").as_deref(), Some(state.secret().as_str()), "{answer}");
        assert_eq!(member("iss").as_deref(), Some(self.metadata.issuer().as_str()), "{answer}");
        let code = AuthorizationCode::new(member("code").ok_or("no code")?.into_owned());
        let tokens = self.client.exchange_code(code)?.set_pkce_verifier(verifier).request(&fetch)?;
        Ok((tokens, nonce))
    }

    fn read(&self, tokens: &CoreTokenResponse, nonce: &Nonce) -> Outcome {
        let verifier = self.client.id_token_verifier();
        // The application asked for this one when it was registered; the default is RS256.
        let verifier = verifier.set_allowed_algs([CoreJwsSigningAlgorithm::EcdsaP256Sha256]);
        let id_token = tokens.id_token().ok_or("no ID token")?;
        let claims = id_token.claims(&verifier, nonce)?;
        let hash = AccessTokenHash::from_token(
            tokens.access_token(),
            id_token.signing_alg()?,
            id_token.signing_key(&verifier)?,
        )?;
        assert_eq!(claims.access_token_hash(), Some(&hash));
        let subject = claims.subject().clone();
        let userinfo: CoreUserInfoClaims =
            self.client.user_info(tokens.access_token().clone(), Some(subject))?.request(&fetch)?;
        assert_eq!(userinfo.email().map(|email| email.as_str()), Some(self.person.email.as_str()));
        Ok(())
    }

    fn refresh(&self, tokens: &CoreTokenResponse) -> Outcome<CoreTokenResponse> {
        let old = refresh_token(tokens)?;
        let renewed = self.client.exchange_refresh_token(old)?.request(&fetch)?;
        assert_ne!(refresh_token(&renewed)?.secret(), old.secret(), "it rotates");
        Ok(renewed)
    }

    fn revoke(&self, tokens: &CoreTokenResponse) -> Outcome {
        let token = refresh_token(tokens)?;
        self.client.revoke_token(CoreRevocableToken::RefreshToken(token.clone()))?.request(&fetch)?;
        let refused = self.client.exchange_refresh_token(token)?.request(&fetch);
        let refused = refused.err().ok_or("a revoked refresh token was accepted")?.to_string();
        assert!(refused.contains("invalid_grant"), "{refused}");
        Ok(())
    }

    fn sign_out(&mut self, tokens: &CoreTokenResponse) -> Outcome {
        let endpoint = self.metadata.additional_metadata().end_session_endpoint.clone();
        let request = LogoutRequest::from(endpoint.ok_or("no end_session_endpoint")?)
            .set_id_token_hint(tokens.id_token().ok_or("no ID token")?)
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(self.post_logout_redirect_uri.clone())?)
            .set_state(CsrfToken::new("gone".to_owned()));
        let (_, location, page) = self.browser.open(request.http_get_url().as_str(), None)?;
        let expected = format!("{}?state=gone", self.post_logout_redirect_uri);
        assert_eq!(location.as_ref().map(Url::as_str), Some(expected.as_str()), "{page}");
        let userinfo = self.client.user_info(tokens.access_token().clone(), None)?;
        let userinfo: Result<CoreUserInfoClaims, _> = userinfo.request(&fetch);
        assert!(userinfo.is_err(), "the session is over, and its tokens with it");
        Ok(())
    }
}

fn refresh_token(tokens: &CoreTokenResponse) -> Outcome<&RefreshToken> {
    tokens.refresh_token().ok_or_else(|| "no refresh token".into())
}
