//! `refresh_token` (RFC 6749 §6), each good for one use (RFC 9700 §4.14.2).

use std::sync::Arc;

use appkeep_domain::{Ending, Grant, Judgement, Timestamp, User};
use appkeep_keys::{NewRefreshToken, PresentedRefreshToken};
use appkeep_oauth::{Refusal, ScopeSet};
use appkeep_storage::WriteTx;

use super::for_person::{Denied, invalid_grant, stand_on};
use super::scope::grantable;
use crate::tokens::authenticate::AuthenticatedClient;
use crate::tokens::history::tell_of_grant;
use crate::tokens::issue::{ForPerson, IssuedToken};
use crate::tokens::refuse::refuse;
use crate::tokens::{Inner, RequestOrigin};

/// A refresh token, and what of its grant is wanted.
pub(in crate::tokens) struct Refresh {
    pub(in crate::tokens) token: String,
    pub(in crate::tokens) scope: Option<ScopeSet>,
    pub(in crate::tokens) targets: Vec<String>,
}

/// What a refresh token turned out to be.
enum Renewed {
    /// With the token that takes its place, and when the session ends.
    Good(Box<(Grant, User, NewRefreshToken, Timestamp)>),
    /// It was replaced before, and is shown by somebody who should not have it.
    Reused,
}

impl Inner {
    pub(in crate::tokens) async fn refresh_token(
        &self,
        client: &AuthenticatedClient,
        refresh: Refresh,
        origin: &RequestOrigin,
    ) -> Result<IssuedToken, Refusal> {
        let known = self.settings().await.map_err(refuse)?.known(&client.client.allowed_scopes);
        Ok(self.refresh(client, (refresh, known), origin).await?.1)
    }

    /// The same where so much is known to be allowed; and whose tokens they are.
    pub(in crate::tokens) async fn refresh(
        &self,
        client: &AuthenticatedClient,
        (refresh, known): (Refresh, ScopeSet),
        origin: &RequestOrigin,
    ) -> Result<(User, IssuedToken), Refusal> {
        let Refresh { token, scope, targets } = refresh;
        let presented = PresentedRefreshToken::parse(&token);
        let presented = Arc::new(presented.ok_or_else(|| invalid_grant("it is no refresh token of ours"))?);
        let (wanted, signers) = (Wanted { scope, targets, known }, self.signers(client).await?);
        let Renewed::Good(good) = self.renew(client, presented, wanted.clone(), origin).await? else {
            return Err(invalid_grant("it was used before, and its family is revoked"));
        };
        let (grant, user, successor, session_ends) = *good;
        let for_person = ForPerson {
            audience: self.address.left_for_people(
                client.client.reach(),
                &grant.audience,
                wanted.targets.clone(),
            )?,
            scope: wanted.scope_of(&grant)?,
            nonce: None,
            refresh_token: Some(successor.expose().to_owned()),
            user: user.clone(),
            grant,
            session_ends,
        };
        Ok((user, self.issue_for_person((client, &signers), for_person).await?))
    }

    /// Replaces the token. Of several who show it at once, all get the same
    /// successor.
    async fn renew(
        &self,
        client: &AuthenticatedClient,
        presented: Arc<PresentedRefreshToken>,
        wanted: Wanted,
        origin: &RequestOrigin,
    ) -> Result<Renewed, Refusal> {
        let (within, now) = (client.client.within(), self.now());
        let people = self.people_of_client(&client.client, client.environment);
        let (client, address) = (Arc::clone(&client.client), Arc::clone(&self.address));
        let reused = self.entries_of_grant((&client, people), "refresh_token.reused", origin);
        let mut link = [0; 32];
        self.entropy.fill(&mut link);
        let write = async move |tx: &mut WriteTx| -> Result<Renewed, Denied> {
            let found = tx.grant_by_family(within, presented.family()).await?;
            let grant = found.filter(|grant| grant.application == client.id() && grant.ended_at.is_none());
            let grant = grant.ok_or_else(|| invalid_grant("there is no such family of this client"))?;
            let family = grant.family.clone().ok_or_else(|| invalid_grant("its grant has no family"))?;
            let judgement = family.judge(&presented.generation(), now);
            if judgement == Judgement::Reused {
                tx.end_grant(within, &grant, Ending::at(now)).await?;
                tell_of_grant(tx, &reused, (grant.user, grant.session, grant.id)).await?;
                return Ok(Renewed::Reused);
            }
            if judgement == Judgement::Expired {
                return Err(invalid_grant("it has expired").into());
            }
            if judgement == Judgement::Late {
                return Err(invalid_grant("it was used a moment ago, and so was what took its place").into());
            }
            // What is refused is no use of the token.
            wanted.scope_of(&grant)?;
            address.left_for_people(client.reach(), &grant.audience, wanted.targets.clone())?;
            let (user, session) = stand_on(tx, people, (&grant, &client), now).await?;
            if let Judgement::Racing(link) = judgement {
                let successor = presented.successor(&link);
                return Ok(Renewed::Good(Box::new((grant, user, successor, session.expires_at))));
            }
            let successor = presented.successor(&link);
            let family = family.rotated(successor.generation(), link, client.refresh_token_ttl, now);
            let until = family.expires_at.max(session.expires_at);
            let renewed = Grant { family: Some(family), ..grant };
            tx.rotate_family(within, &renewed, presented.generation()).await?;
            tx.extend_session(within, &session, until, now).await?;
            Ok(Renewed::Good(Box::new((renewed, user, successor, until))))
        };
        self.store.write(write).await.map_err(|Denied(refusal)| refusal)
    }
}

/// What is wanted of a grant.
#[derive(Clone)]
struct Wanted {
    scope: Option<ScopeSet>,
    targets: Vec<String>,
    /// What the client may have at all, by now.
    known: ScopeSet,
}

impl Wanted {
    /// Some of what the person agreed to, or all of it that there still is.
    fn scope_of(&self, grant: &Grant) -> Result<ScopeSet, Refusal> {
        let left = grant.scope.filtered(|scope| self.known.contains(scope.as_str()));
        grantable(left, self.scope.clone())
    }
}
