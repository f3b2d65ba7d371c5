//! `authorization_code` (RFC 6749 §4.1.3): an application trades what a
//! person's browser brought it.

use std::sync::Arc;

use appkeep_domain::{
    AuthorizationCode, Ending, Grant, RefreshFamily, Revocation, RevokedSubject, SecretHash, Timestamp, User,
    Within,
};
use appkeep_keys::{NewRefreshToken, PresentedSecret, sha256};
use appkeep_oauth::{CodeChallenge, CodeVerifier, GrantType, Refusal, ScopeSet};
use appkeep_storage::{StorageError, WriteTx};

use super::for_person::{Denied, invalid_grant, stand_on};
use crate::tokens::authenticate::AuthenticatedClient;
use crate::tokens::clients::Client;
use crate::tokens::history::tell_of_grant;
use crate::tokens::issue::{ForPerson, IssuedToken};
use crate::tokens::refuse::refuse;
use crate::tokens::{Inner, RequestOrigin};

/// Asks for a refresh token (OIDC Core §11).
pub(in crate::tokens) const OFFLINE_ACCESS: &str = "offline_access";

/// A code, and what has to fit it.
pub(in crate::tokens) struct Trade {
    pub(in crate::tokens) code: String,
    pub(in crate::tokens) redirect_uri: Option<String>,
    pub(in crate::tokens) code_verifier: Option<CodeVerifier>,
    pub(in crate::tokens) targets: Vec<String>,
}

/// What a code turned out to be.
enum Traded {
    /// With when its session ends.
    Fresh(Box<(AuthorizationCode, Grant, User, Timestamp)>),
    /// It was traded before, so that somebody has it who should not (RFC 6749
    /// §4.1.2).
    Replayed,
}

impl Inner {
    pub(in crate::tokens) async fn authorization_code(
        &self,
        client: &AuthenticatedClient,
        trade: Trade,
        origin: &RequestOrigin,
    ) -> Result<IssuedToken, Refusal> {
        let presented = PresentedSecret::parse(&trade.code);
        let code = presented.ok_or_else(|| invalid_grant("it is no code of ours"))?.hash();
        let (targets, signers) = (trade.targets.clone(), self.signers(client).await?);
        let first = NewRefreshToken::generate(&*self.entropy);
        let known = self.settings().await.map_err(refuse)?.known(&client.client.allowed_scopes);
        let Traded::Fresh(fresh) = self.trade(client, (code, trade, known), &first, origin).await? else {
            return Err(invalid_grant("it was traded before, and what it led to is revoked"));
        };
        let (code, grant, user, session_ends) = *fresh;
        let for_person = ForPerson {
            audience: self.address.left_for_people(client.client.reach(), &code.audience, targets)?,
            scope: code.scope,
            nonce: code.nonce,
            refresh_token: grant.family.is_some().then(|| first.expose().to_owned()),
            user,
            grant,
            session_ends,
        };
        self.issue_for_person((client, &signers), for_person).await
    }

    /// Of two who bring a code at once, one gets what it is for.
    async fn trade(
        &self,
        client: &AuthenticatedClient,
        (hash, trade, known): (SecretHash, Trade, ScopeSet),
        first: &NewRefreshToken,
        origin: &RequestOrigin,
    ) -> Result<Traded, Refusal> {
        let (within, now) = (client.client.within(), self.now());
        let people = self.people_of_client(&client.client, client.environment);
        let family = first_of_family(client, first, now);
        let (client, address) = (Arc::clone(&client.client), Arc::clone(&self.address));
        let replayed = self.entries_of_grant((&client, people), "authorization_code.replayed", origin);
        let write = async move |tx: &mut WriteTx| -> Result<Traded, Denied> {
            let code = tx.code(within, hash).await?.filter(|code| code.application == client.id());
            let code = code.ok_or_else(|| invalid_grant("there is no such code of this client"))?;
            fits(&code, &trade)?;
            if code.redeemed_at.is_some() {
                if take_back(tx, within, &code, now).await? {
                    tell_of_grant(tx, &replayed, (code.user, code.session, code.grant)).await?;
                }
                return Ok(Traded::Replayed);
            }
            if code.expires_at <= now {
                return Err(invalid_grant("it has expired").into());
            }
            // What was taken from the application since is not issued to it.
            let scope = code.scope.filtered(|scope| known.contains(scope.as_str()));
            let code = AuthorizationCode { scope, ..code };
            // What is refused is no use of the code.
            address.left_for_people(client.reach(), &code.audience, trade.targets.clone())?;
            let family = family.clone().filter(|_| code.scope.contains(OFFLINE_ACCESS));
            let grant = begin_grant(&code, family, now);
            let (user, session) = stand_on(tx, people, (&grant, &client), now).await?;
            tx.redeem_code(within, hash, (now, known_until(&grant, &client, now))).await?;
            tx.insert_grant(within, &grant).await?;
            let until = grant.family.as_ref().map_or(session.expires_at, |family| family.expires_at);
            let until = until.max(session.expires_at);
            tx.extend_session(within, &session, until, now).await?;
            Ok(Traded::Fresh(Box::new((code, grant, user, until))))
        };
        self.store.write(write).await.map_err(|Denied(refusal)| refusal)
    }
}

/// Ends what the code led to, and says whether there was something to end. The
/// grant may be swept long before the access tokens of it have expired.
async fn take_back(
    tx: &mut WriteTx,
    within: Within,
    code: &AuthorizationCode,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let ending = Ending::at(now);
    match tx.grant(within, code.grant).await? {
        Some(grant) if grant.ended_at.is_none() => tx.end_grant(within, &grant, ending).await.map(|()| true),
        Some(_) => Ok(false),
        None => revoke(tx, code, ending).await,
    }
}

/// Whoever has the directory has the tokens of its people, whosever the
/// application is.
async fn revoke(tx: &mut WriteTx, code: &AuthorizationCode, ending: Ending) -> Result<bool, StorageError> {
    let all = Within::Platform;
    let Some(directory) = tx.directory(all, code.directory).await? else { return Ok(false) };
    let known = tx.revocations_of(all, code.grant.as_bytes(), ending.at).await?;
    if !known.is_empty() {
        return Ok(false);
    }
    let revocation = Revocation {
        owner: directory.owner,
        subject: RevokedSubject::Grant(code.grant),
        revoked_at: ending.at,
        forget_at: ending.forget_at,
    };
    tx.insert_revocation(all, &revocation).await.map(|()| true)
}

/// Until when a replay would still have something to take back: the last
/// refresh token may be traded at its last moment for one more access token.
fn known_until(grant: &Grant, client: &Client, now: Timestamp) -> Timestamp {
    let last = grant.family.as_ref().map_or(now, |family| family.last_expires_at);
    last.plus(client.access_token_ttl)
}

/// The family of refresh tokens, for a client that may have one.
fn first_of_family(
    client: &AuthenticatedClient,
    first: &NewRefreshToken,
    now: Timestamp,
) -> Option<RefreshFamily> {
    let client = &client.client;
    let lifetimes = (client.refresh_token_ttl, client.refresh_token_max_age);
    let hashes = (first.family(), first.generation());
    let may = client.grant_types.contains(&GrantType::RefreshToken);
    may.then(|| RefreshFamily::begin(hashes, lifetimes, now))
}

/// Whether whoever brings the code is whoever asked for it.
fn fits(code: &AuthorizationCode, trade: &Trade) -> Result<(), Refusal> {
    if code.redirect_uri.is_some() && code.redirect_uri != trade.redirect_uri {
        return Err(invalid_grant("the redirect URI is another"));
    }
    let verified = match (&code.challenge, &trade.code_verifier) {
        (Some(challenge), Some(verifier)) => CodeChallenge::from_bytes(*challenge).verifies(verifier, sha256),
        (None, None) => true,
        // A verifier for a code that needs none is a challenge taken away on
        // the way (RFC 9700 §4.8.2).
        (Some(_), None) | (None, Some(_)) => false,
    };
    if verified { Ok(()) } else { Err(invalid_grant("the verifier does not fit the challenge")) }
}

fn begin_grant(code: &AuthorizationCode, family: Option<RefreshFamily>, now: Timestamp) -> Grant {
    Grant {
        id: code.grant,
        owner: code.owner,
        application: code.application,
        session: code.session,
        directory: code.directory,
        user: code.user,
        scope: code.scope.clone(),
        audience: code.audience.clone(),
        client_spelling: code.client_spelling.clone(),
        authenticated_at: code.authenticated_at,
        methods: code.methods.clone(),
        created_at: now,
        family,
        ended_at: None,
    }
}
