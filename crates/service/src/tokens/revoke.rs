//! Revocation (RFC 7009): a client takes back a token of its own.

use appkeep_domain::{
    Actor, ActorKind, AuditEntry, AuditEntryId, Owner, Revocation, RevokedSubject, Timestamp, Within,
};
use appkeep_oauth::{ClientAuthentication, Refusal, TokenQuery};
use appkeep_storage::{StorageError, WriteTx};

use super::access_token::AccessToken;
use super::refuse::{refuse, unauthorized};
use super::verify::Unverified;
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
        let client = self.0.authenticate(&client, request).await?;
        let token = match self.0.verify(&query.token).await {
            Ok(token) => token,
            Err(Unverified::Worthless(_)) => return Ok(()),
            Err(Unverified::Failed(error)) => return Err(refuse(error)),
        };
        if token.application != client.client.id() {
            return Err(unauthorized("the token was issued to another client"));
        }
        self.0.end(&token, request).await
    }
}

impl Inner {
    async fn end(&self, token: &AccessToken, request: &RequestOrigin) -> Result<(), Refusal> {
        let (within, now) = (Within::Tenant(self.tenant), self.now());
        let revocation = Revocation {
            owner: Owner::Tenant(self.tenant),
            subject: RevokedSubject::Token(token.id),
            revoked_at: now,
            forget_at: token.expires_at(),
        };
        let entry = self.entry(token, request, now);
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

    fn entry(&self, token: &AccessToken, request: &RequestOrigin, now: Timestamp) -> AuditEntry {
        let id: AuditEntryId = self.ids.make(&*self.clock, &*self.entropy);
        AuditEntry {
            id,
            owner: Owner::Tenant(self.tenant),
            occurred_at: now,
            actor: Actor { kind: ActorKind::Application, id: token.application.to_string() },
            action: "token.revoked".to_owned(),
            application: Some(token.application),
            before: None,
            after: Some(serde_json::json!({ "jti": token.id.to_string() }).to_string()),
            request_id: request.request_id.to_string(),
            address: request.address.map(|address| address.to_string()),
            personal: None,
        }
    }
}
