//! Revocation (RFC 7009): a client takes back a token of its own.

use appkeep_domain::{
    Actor, ActorKind, AuditEntry, DirectoryOf, Ending, Grant, Owner, Revocation, RevokedSubject,
    ServiceAccountId,
};
use appkeep_keys::PresentedRefreshToken;
use appkeep_oauth::{ClientAuthentication, Refusal, TokenQuery};
use appkeep_storage::{ReadTx, StorageError, WriteTx};
use serde_json::json;

use super::access_token::AccessToken;
use super::authenticate::AuthenticatedClient;
use super::history::tell_of_grant;
use super::people::People;
use super::refuse::{refuse, unauthorized};
use super::verify::{Good, Held, Unverified};
use super::{Authority, Inner, RequestOrigin};

impl Authority {
    /// Ends the token; one that is worthless already, or never was one, is
    /// what the client wanted (RFC 7009 §2.2).
    pub async fn revoke(
        &self,
        client: ClientAuthentication,
        query: TokenQuery,
        request: &RequestOrigin,
    ) -> Result<(), Refusal> {
        if let Some(id) = client.client_id().and_then(ServiceAccountId::of_client) {
            return Box::pin(self.0.revoke_of_account((id, &client), &query.token, request)).await;
        }
        let client = self.0.authenticate(&client, request).await?;
        if let Some(refresh_token) = PresentedRefreshToken::parse(&query.token) {
            return self.0.end_family(&client, &refresh_token, request).await;
        }
        let token = match self.0.verify(&query.token).await {
            Ok(Good { token, .. }) => token,
            Err(Unverified::Worthless(_)) => return Ok(()),
            Err(Unverified::Failed(error)) => return Err(refuse(error)),
        };
        if token.application != client.client.id() || token.environment() != client.environment {
            return Err(unauthorized("the token was issued to another client"));
        }
        let jti = json!({ "jti": token.id.to_string() });
        let entry = self.0.entry_of_client(&client.client, "token.revoked", jti, request);
        self.0.end(&token, entry).await
    }
}

impl Inner {
    /// Ends the family, and the access tokens of its grant with it (RFC 7009
    /// §2.1).
    async fn end_family(
        &self,
        client: &AuthenticatedClient,
        presented: &PresentedRefreshToken,
        request: &RequestOrigin,
    ) -> Result<(), Refusal> {
        let (within, now) = (client.client.within(), self.now());
        let people = self.people_of_client(&client.client, client.environment);
        let entries = self.entries_of_grant((&client.client, people), "refresh_token.revoked", request);
        let (family, client) = (presented.family(), client.client.id());
        let writing = async move |tx: &mut WriteTx| -> Result<bool, StorageError> {
            let Some(grant) = tx.grant_by_family(within, family).await? else { return Ok(true) };
            if grant.application != client || !is_of(tx, people, &grant).await? {
                return Ok(false);
            }
            if grant.ended_at.is_none() {
                tx.end_grant(within, &grant, Ending::at(now)).await?;
                tell_of_grant(tx, &entries, (grant.user, grant.session, grant.id)).await?;
            }
            Ok(true)
        };
        match self.store.write(writing).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(unauthorized("the token was issued to another client")),
            Err(error) => Err(refuse(error.into())),
        }
    }

    /// The same for a service account.
    async fn revoke_of_account(
        &self,
        (id, presented): (ServiceAccountId, &ClientAuthentication),
        token: &str,
        request: &RequestOrigin,
    ) -> Result<(), Refusal> {
        let account = self.authenticate_account((id, presented), request).await?;
        let token = match self.verify_held(token).await {
            Ok(Held::ByAccount(token, holder)) if holder.id == account.id => token,
            Ok(_) => return Err(unauthorized("the token was issued to another client")),
            Err(Unverified::Worthless(_)) => return Ok(()),
            Err(Unverified::Failed(error)) => return Err(refuse(error)),
        };
        let actor = Actor { kind: ActorKind::ServiceAccount, id: account.id.client_id() };
        let jti = json!({ "jti": token.id.to_string() });
        let whose = (actor, Owner::Tenant(account.tenant));
        let entry = self.entry_by(whose, "token.revoked", None, (jti, request));
        self.end(&token, entry).await
    }

    /// Ends the token, and tells so in the history of whoever it was given to.
    async fn end(&self, token: &AccessToken, entry: AuditEntry) -> Result<(), Refusal> {
        let (within, now) = (entry.owner.within(), self.now());
        let revocation = Revocation {
            owner: entry.owner,
            subject: RevokedSubject::Token(token.id),
            revoked_at: now,
            forget_at: token.expires_at(),
        };
        let writing = async move |tx: &mut WriteTx| {
            let key = revocation.subject.as_bytes();
            let known = tx.revocations_of(within, key, now).await?;
            // Of two that revoke it at once, one tells the history.
            if known.iter().any(|known| known.subject == revocation.subject) {
                return Ok(());
            }
            tx.insert_revocation(within, &revocation).await?;
            tx.insert_audit_entry(within, &entry).await
        };
        self.store.write(writing).await.map_err(|error: StorageError| refuse(error.into()))
    }
}

/// Whether it is for one of those people, where an application has its own: it
/// has others in the other environment.
async fn is_of(tx: &mut ReadTx, people: People, grant: &Grant) -> Result<bool, StorageError> {
    if people.of == DirectoryOf::Tenant {
        return Ok(true);
    }
    let directory = people.directory(tx).await?;
    Ok(directory.is_some_and(|directory| directory.id == grant.directory))
}
