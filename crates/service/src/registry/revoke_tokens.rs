//! Ending all tokens of an application at once.

use appkeep_domain::{Action, Ending, OauthFacet, Revocation, RevokedSubject, Timestamp};
use appkeep_storage::WriteTx;
use serde_json::json;

use super::Registry;
use super::find::find;
use super::record::{Told, record_of};
use super::update::Step;
use crate::by::By;
use crate::error::Error;

impl Registry {
    /// Every token that was issued to the application until now is refused from
    /// now on; answers with that moment. New ones can be acquired.
    pub async fn revoke_tokens(&self, by: &By, id: &str) -> Result<Timestamp, Error> {
        let step = self.step(by, id)?;
        let now = step.stamp.now;
        self.store.write(async move |tx: &mut WriteTx| revoke(tx, &step).await).await?;
        Ok(now)
    }
}

async fn revoke(tx: &mut WriteTx, step: &Step) -> Result<(), Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let application = find(tx, by, Action::RevokeTokens, (step.id, now)).await?.application;
    let within = application.owner.within();
    let revocation = Revocation {
        owner: application.owner,
        subject: RevokedSubject::Application(application.id),
        revoked_at: now,
        forget_at: now.plus(OauthFacet::MAX_ACCESS_TOKEN_TTL),
    };
    tx.insert_revocation(within, &revocation).await?;
    // With the sessions end their refresh tokens and unredeemed codes.
    tx.end_sessions(within, &application, Ending::at(now)).await?;
    let after = json!({ "issued_before": now.to_string() });
    let told = Told::of("application.tokens_revoked", step.id, Some(after));
    record_of(tx, by, application.owner, (step.stamp, told)).await?;
    Ok(())
}
