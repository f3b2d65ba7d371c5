//! With whom somebody signs in besides, at their own account.

use appkeep_domain::{Identity, OwnAction};
use appkeep_storage::WriteTx;

use super::{EndUserRefused, EndUsers, Present};
use crate::error::Error;
use crate::people::identities::{UNLINKED, no_such_identity, parse_provider, told};
use crate::tokens::browser::Browser;

impl EndUsers {
    /// All that they have, by the names of their providers.
    pub async fn identities(&self, bearer: &str) -> Result<Vec<Identity>, EndUserRefused> {
        let Present { directory, user, .. } = self.present(bearer, OwnAction::Read).await?;
        let mut tx = self.here.store.read().await?;
        Ok(tx.identities_of(self.people.within, &directory, user.id).await?)
    }

    /// They sign in by it no more, though it be the last way that they have:
    /// their application decides whether they may come so far.
    pub async fn delete_identity(
        &self,
        bearer: &str,
        provider: &str,
        browser: &Browser,
    ) -> Result<(), EndUserRefused> {
        let Present { directory, user, .. } = self.present(bearer, OwnAction::ChangeConnections).await?;
        let provider = parse_provider(provider)?;
        let after = told(user.id, &provider);
        let entry = self.here.entry_of_person(self.event(UNLINKED, &user), after, browser).await?;
        let within = self.people.within;
        let write = async move |tx: &mut WriteTx| -> Result<(), Error> {
            if !tx.delete_identity(within, &directory, (user.id, &provider)).await? {
                return Err(no_such_identity());
            }
            Ok(tx.insert_audit_entry(within, &entry).await?)
        };
        Ok(self.here.store.write(write).await?)
    }
}
