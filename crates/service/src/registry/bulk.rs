//! The same thing done to many applications, each for itself.

use std::collections::HashMap;

use appkeep_domain::{Action, ApplicationId};
use appkeep_storage::WriteTx;
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::json;

use super::Registry;
use super::record::{Told, record_of};
use super::update::Expected;
use crate::by::{By, no_such_application, require};
use crate::error::{Error, ErrorCode, Fault};

/// How many are worked on at once; they share commits.
const AT_ONCE: usize = 8;

/// What is done to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkVerb {
    Disable,
    Enable,
    Delete,
}

/// What became of each.
#[derive(Debug)]
pub struct BulkOutcome {
    /// In the order of the ids that were sent; one that was sent twice stands
    /// there twice.
    pub results: Vec<BulkResult>,
    pub succeeded: usize,
    pub failed: usize,
}

#[derive(Debug)]
pub struct BulkResult {
    /// As it was sent.
    pub id: String,
    pub outcome: Result<(), Error>,
}

impl BulkVerb {
    const fn action(self) -> Action {
        match self {
            Self::Disable => Action::DisableApplication,
            Self::Enable => Action::EnableApplication,
            Self::Delete => Action::DeleteApplication,
        }
    }

    const fn told(self) -> &'static str {
        match self {
            Self::Disable => "application.bulk_disabled",
            Self::Enable => "application.bulk_enabled",
            Self::Delete => "application.bulk_deleted",
        }
    }
}

impl Registry {
    /// Most ids that one call takes, the same one twice counted twice.
    pub const MAX_BULK: usize = 250;

    /// Does it to each for itself: one that fails stops no other. The history
    /// says once what was asked for, and of each application what became of it.
    pub async fn bulk(&self, by: &By, verb: BulkVerb, ids: Vec<String>) -> Result<BulkOutcome, Error> {
        require(&by.caller, verb.action())?;
        check_count(&ids)?;
        let distinct = distinct(&ids);
        self.record_bulk(by, verb, (&distinct, ids.len())).await?;
        let each = distinct.into_iter().map(async |id| (id, self.one_of_many(by, verb, id).await));
        let outcomes: HashMap<_, _> = stream::iter(each).buffer_unordered(AT_ONCE).collect().await;
        let result = |id: String| {
            let outcome = ApplicationId::parse(&id).ok().and_then(|id| outcomes.get(&id));
            let outcome = outcome.map_or_else(|| Err(no_such_application()), Repeat::repeat);
            BulkResult { id, outcome }
        };
        let results: Vec<_> = ids.into_iter().map(result).collect();
        let succeeded = results.iter().filter(|result| result.outcome.is_ok()).count();
        Ok(BulkOutcome { succeeded, failed: results.len() - succeeded, results })
    }

    async fn one_of_many(&self, by: &By, verb: BulkVerb, id: ApplicationId) -> Result<(), Error> {
        let id = id.to_string();
        match verb {
            BulkVerb::Disable => self.disable_application(by, &id).await.map(drop),
            BulkVerb::Enable => self.enable_application(by, &id).await.map(drop),
            BulkVerb::Delete => self.delete_application(by, &id, Expected::Any).await,
        }
    }

    /// What is no id is counted and not kept: it can be anything.
    async fn record_bulk(
        &self,
        by: &By,
        verb: BulkVerb,
        (ids, asked): (&[ApplicationId], usize),
    ) -> Result<(), Error> {
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        let (by, stamp, after) = (by.clone(), self.stamp(), json!({ "ids": ids, "asked": asked }));
        let write = async move |tx: &mut WriteTx| {
            let told =
                Told { action: verb.told(), application: None, before: None, after: Some(after.clone()) };
            record_of(tx, &by, by.own_history(), (stamp, told)).await
        };
        Ok(self.store.write(write).await?)
    }
}

fn check_count(ids: &[String]) -> Result<(), Error> {
    let message = match ids.len() {
        0 => "is empty".to_owned(),
        count if count > Registry::MAX_BULK => format!("has more than {} elements", Registry::MAX_BULK),
        _ => return Ok(()),
    };
    Err(Error::invalid(Fault::new("ids", ErrorCode::InvalidRequest, message)))
}

/// Every application once, whatever the spellings of its id.
fn distinct(ids: &[String]) -> Vec<ApplicationId> {
    let mut distinct: Vec<ApplicationId> =
        ids.iter().filter_map(|id| ApplicationId::parse(id).ok()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

/// An outcome that several results tell.
trait Repeat {
    fn repeat(&self) -> Result<(), Error>;
}

impl Repeat for Result<(), Error> {
    fn repeat(&self) -> Result<(), Error> {
        match self {
            Ok(()) => Ok(()),
            Err(error) => Err(Error::new(error.code(), error.to_string())),
        }
    }
}
