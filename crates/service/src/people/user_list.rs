//! Lists of users.

use appkeep_domain::{Action, Directory, Email, GroupId, User, UserId, UserStatus, Username, Within, fold};
use appkeep_storage::{ReadTx, Seek, UserFilter};

use super::pool::Pool;
use crate::by::By;
use crate::error::{Error, Fault};
use crate::registry::Registry;
use crate::registry::list::searched;
use crate::registry::page::{self, List, Page, PageQuery, id_key, parameter};

/// Which users are wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserQuery {
    pub page: PageQuery,
    pub status: Option<String>,
    /// Whole, case aside.
    pub email: Option<String>,
    /// Whole, case aside.
    pub username: Option<String>,
    /// In this group, not by way of another.
    pub group: Option<String>,
    /// Part of the address, the user name, a name, the phone or the id, case aside.
    pub text: Option<String>,
}

/// The same, parsed.
struct Wanted {
    email: Option<Email>,
    username: Option<Username>,
    filter: UserFilter,
}

impl Registry {
    /// The newest first.
    pub async fn users(&self, by: &By, of: Pool, query: UserQuery) -> Result<Page<User>, Error> {
        of.decide(by, Action::ReadUsers)?;
        let mut faults = Vec::new();
        let wanted = wanted(&query, &mut faults);
        let limit = query.page.limit(&mut faults);
        let after = query.page.after(List::Users, id_key, &mut faults).map(UserId::from_bytes);
        page::check(faults)?;
        let mut tx = self.store().read().await?;
        let place = of.find(&mut tx, by, (Action::ReadUsers, self.now())).await?;
        let Some(directory) = &place.directory else {
            return Ok(Page { items: Vec::new(), next_cursor: None, limit });
        };
        if wanted.email.is_some() || wanted.username.is_some() {
            let found = find_named(&mut tx, place.within(), directory, &wanted).await?;
            let items = found.into_iter().filter(|user| after.is_none_or(|after| user.id < after)).collect();
            return Ok(Page { items, next_cursor: None, limit });
        }
        let seek = Seek { after, limit: limit as usize };
        let found = tx.users(place.within(), directory, &wanted.filter, seek).await?;
        let next_cursor = found.next.map(|id| List::Users.cursor(&id.as_bytes()));
        Ok(Page { items: found.users, next_cursor, limit })
    }
}

/// The one who has the address and the user name asked for, if the rest holds.
async fn find_named(
    tx: &mut ReadTx,
    within: Within,
    directory: &Directory,
    wanted: &Wanted,
) -> Result<Option<User>, Error> {
    let found = match (&wanted.email, &wanted.username) {
        (Some(email), _) => tx.user_by_email(within, directory, email).await?,
        (None, Some(username)) => tx.user_by_username(within, directory, username).await?,
        (None, None) => None,
    };
    let Some(user) = found.filter(|user| wanted.admits(user)) else { return Ok(None) };
    let Some(group) = wanted.filter.group else { return Ok(Some(user)) };
    let is_in_it = tx.is_group_user(within, directory, group, user.id).await?;
    Ok(is_in_it.then_some(user))
}

impl Wanted {
    /// Decides all but the address and the group.
    fn admits(&self, user: &User) -> bool {
        let folded = user.username.as_ref().map(Username::folded);
        let text = self.filter.text.as_deref().map(fold);
        self.username.as_ref().is_none_or(|username| folded == Some(username.folded()))
            && self.filter.status.is_none_or(|status| user.status == status)
            && text.is_none_or(|text| user.is_found_by(&text))
    }
}

fn wanted(query: &UserQuery, faults: &mut Vec<Fault>) -> Wanted {
    let status = |raw: &str| UserStatus::parse(raw).map_err(|reason| format!("is {reason}"));
    let group = |raw: &str| GroupId::parse(raw).map_err(|reason| format!("is {reason}"));
    // An empty search box finds everything.
    let text = query.text.as_deref().filter(|text| !text.is_empty());
    Wanted {
        email: parameter("email", query.email.as_deref(), Email::parse, faults),
        username: parameter("username", query.username.as_deref(), Username::parse, faults),
        filter: UserFilter {
            status: parameter("status", query.status.as_deref(), status, faults),
            text: text.and_then(|text| searched(text, faults)),
            group: parameter("group", query.group.as_deref(), group, faults),
        },
    }
}
