//! Ending all tokens of an application at once.

use appkeep_domain::{Action, Application, Ending, OauthFacet, Revocation, RevokedSubject, Timestamp};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::json;

use super::Registry;
use super::find::find;
use super::record::{Told, record_of};
use super::update::Step;
use crate::by::By;
use crate::error::Error;

/// How many sessions one transaction ends, so that it is in nobody's way for long.
const BATCH: u32 = 1_000;

impl Registry {
    /// Every token that was issued to the application until now is refused from
    /// now on, and every session that people have with it ends; answers with
    /// that moment. New ones can be acquired.
    pub async fn revoke_tokens(&self, by: &By, id: &str) -> Result<Timestamp, Error> {
        let step = self.step(by, id)?;
        let now = step.stamp.now;
        let first = async move |tx: &mut WriteTx| revoke(tx, &step).await;
        let mut ended = self.store.write(first).await?;
        while ended == u64::from(BATCH) {
            let step = self.step(by, id)?;
            ended = self.store.write(async move |tx: &mut WriteTx| end_more(tx, &step).await).await?;
        }
        Ok(now)
    }
}

/// Says how many sessions it ended.
async fn revoke(tx: &mut WriteTx, step: &Step) -> Result<u64, Error> {
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
    let ended = end_some(tx, step, &application).await?;
    let after = json!({ "issued_before": now.to_string() });
    let told = Told::of("application.tokens_revoked", step.id, Some(after));
    record_of(tx, by, application.owner, (step.stamp, told)).await?;
    Ok(ended)
}

/// The next of many.
async fn end_more(tx: &mut WriteTx, step: &Step) -> Result<u64, Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let application = find(tx, by, Action::RevokeTokens, (step.id, now)).await?.application;
    let ended = end_some(tx, step, &application).await?;
    if ended > 0 {
        let after = json!({ "sessions": ended });
        let told = Told::of("application.sessions_ended", step.id, Some(after));
        record_of(tx, by, application.owner, (step.stamp, told)).await?;
    }
    Ok(ended)
}

/// With the sessions end their refresh tokens and unredeemed codes.
async fn end_some(tx: &mut WriteTx, step: &Step, application: &Application) -> Result<u64, StorageError> {
    let ending = Ending::at(step.stamp.now);
    tx.end_some_sessions(application.owner.within(), application, BATCH, ending).await
}
