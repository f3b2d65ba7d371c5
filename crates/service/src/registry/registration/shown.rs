//! What those are told of a registration to whose level the application belongs.

use appkeep_domain::Action;
use appkeep_domain::registration::Registration;

use crate::by::By;
use crate::error::Error;
use crate::registry::Registry;
use crate::registry::credentials::check_overseen;
use crate::registry::find::{find, parse_id};

impl Registry {
    /// That an application registered itself, and what it said of itself; nothing
    /// of one that somebody made.
    pub async fn registration(&self, by: &By, id: &str) -> Result<Option<Registration>, Error> {
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store.read().await?;
        let found = find(&mut tx, by, Action::ReadApplication, (id, now)).await?;
        check_overseen(by, &found)?;
        Ok(tx.registration(found.application.owner.within(), id).await?)
    }
}
