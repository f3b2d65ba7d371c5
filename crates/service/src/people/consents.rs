//! What users allowed applications.

use appkeep_domain::{Action, ApplicationId, Consent, Ending, UserId};
use appkeep_storage::{Seek, WriteTx};
use serde_json::json;

use super::Step;
use super::find::{absent, find_user, parse_user_id};
use crate::by::By;
use crate::endings::finish_endings;
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;
use crate::registry::page::{self, List, Page, PageQuery, id_key};
use crate::registry::record::{Told, record};

impl Registry {
    /// What the user allowed, the newest applications first.
    pub async fn consents(&self, by: &By, id: &str, query: PageQuery) -> Result<Page<Consent>, Error> {
        by.decide_of_tenant(Action::ReadUsers)?;
        let mut faults = Vec::new();
        let limit = query.limit(&mut faults);
        let after = query.after(List::Consents, id_key, &mut faults).map(ApplicationId::from_bytes);
        page::check(faults)?;
        let id = parse_user_id(id)?;
        let mut tx = self.store().read().await?;
        let (directory, user) = find_user(&mut tx, by, id).await?;
        let seek = Seek { after, limit: limit as usize };
        let found = tx.consents(by.within(), &directory, user.id, seek).await?;
        let next_cursor = found.next.map(|id| List::Consents.cursor(&id.as_bytes()));
        Ok(Page { items: found.consents, next_cursor, limit })
    }

    /// Takes back what the user allowed the application: what they have with it
    /// ends, and the next time they are asked again.
    pub async fn withdraw_consent(&self, by: &By, id: &str, application: &str) -> Result<(), Error> {
        by.decide_of_tenant(Action::ManageUsers)?;
        let step = self.step_of(by, (parse_user_id(id)?, application.to_owned()));
        self.store().write(async move |tx: &mut WriteTx| withdraw(tx, &step).await).await?;
        finish_endings(self.store()).await.map(drop)
    }
}

async fn withdraw(tx: &mut WriteTx, step: &Step<(UserId, String)>) -> Result<(), Error> {
    let (by, ending) = (&step.by, Ending::at(step.stamp.now));
    let (directory, user) = find_user(tx, by, step.id.0).await?;
    let application = ApplicationId::parse(&step.id.1).map_err(|_| no_such_consent())?;
    let given = tx.consent(by.within(), &directory, user.id, application).await?;
    let given = given.ok_or_else(no_such_consent)?;
    let deleted = tx.delete_consent(by.within(), &directory, (user.id, application), ending).await;
    deleted.map_err(absent(no_such_consent))?;
    let before = Some(json!({ "user_id": user.id.to_string(), "scope": given.scope.to_string() }));
    let told = Told { action: "consent.withdrawn", application: Some(application), before, after: None };
    Ok(record(tx, by, step.stamp, told).await?)
}

fn no_such_consent() -> Error {
    Error::new(ErrorCode::ConsentNotFound, "the user has allowed the application nothing")
}
