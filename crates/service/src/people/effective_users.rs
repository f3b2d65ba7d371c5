//! Who may use an application after all, and by which way.

use appkeep_domain::{Action, DirectoryId, EffectiveUser, UserId};
use appkeep_storage::EffectivePlace;

use super::find::find_assigned;
use crate::by::By;
use crate::error::Error;
use crate::registry::Registry;
use crate::registry::find::parse_id;
use crate::registry::page::{self, List, Page, PageQuery};

impl Registry {
    /// Each of the tenant's users once to whom the application is assigned,
    /// directly or by groups, with every way. Of these, only the active can
    /// sign in.
    pub async fn effective_users(
        &self,
        by: &By,
        id: &str,
        query: PageQuery,
    ) -> Result<Page<EffectiveUser>, Error> {
        by.decide_of_tenant(Action::ReadAssignments)?;
        let mut faults = Vec::new();
        let limit = query.limit(&mut faults);
        let after = query.after(List::EffectiveUsers, read_key, &mut faults);
        page::check(faults)?;
        let id = parse_id(id)?;
        let mut tx = self.store().read().await?;
        let application = find_assigned(&mut tx, by, Action::ReadAssignments, (id, self.now())).await?;
        let found = tx.effective_users(by.within(), application.id, after, limit as usize).await?;
        let next_cursor = found.next.map(|place| List::EffectiveUsers.cursor(&print_key(place)));
        Ok(Page { items: found.users, next_cursor, limit })
    }
}

/// A place as the key of a cursor.
fn print_key(place: EffectivePlace) -> Vec<u8> {
    [place.directory.as_bytes(), place.user.as_bytes()].concat()
}

fn read_key(key: Vec<u8>) -> Option<EffectivePlace> {
    let (directory, user) = key.split_first_chunk::<16>()?;
    let user = <[u8; 16]>::try_from(user).ok()?;
    Some(EffectivePlace { directory: DirectoryId::from_bytes(*directory), user: UserId::from_bytes(user) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_from_a_cursor() {
        let place =
            EffectivePlace { directory: DirectoryId::from_bytes([1; 16]), user: UserId::from_bytes([2; 16]) };
        assert_eq!(read_key(print_key(place)), Some(place));
        for damaged in [0, 16, 31, 33] {
            assert_eq!(read_key(vec![1; damaged]), None);
        }
    }
}
