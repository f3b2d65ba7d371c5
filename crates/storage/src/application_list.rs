//! Lists of applications: newest first, by seeking, with a bound on the work.

mod count;
mod place;
mod search;
pub(crate) mod seek;

use appkeep_domain::access::AccessKind;
use appkeep_domain::{
    Application, ApplicationId, ApplicationKind, ApplicationState, Ownership, Tag, Timestamp, Whose, Within,
    fold,
};

pub use self::search::Found;
use self::seek::OwnerValues;
use crate::applications::{application_columns, read_application};
use crate::error::Result;
use crate::owners::{bounding_owner, owner_key, reaches_all};
use crate::pages::Seek;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::value::Value;
use crate::walk::Walk;

/// Which applications of those owners to list; all that hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplicationFilter {
    pub kind: Option<ApplicationKind>,
    pub state: Option<ApplicationState>,
    pub tag: Option<Tag>,
    /// The id of whoever made them, as an [`appkeep_domain::Actor`] has it.
    pub made_by: Option<String>,
    /// Whether the archived ones are wanted instead of the others.
    pub archived: bool,
    /// Of one of which kinds its API keys are, or would be. No index has it: it
    /// is for [`ReadTx::find_applications`] and [`ReadTx::applications_among`].
    pub access: Option<Vec<AccessKind>>,
    /// Part of the name, the description or the `client_id`, taken literally,
    /// case aside.
    pub text: Option<String>,
}

/// Part of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationPage {
    pub applications: Vec<Application>,
    /// Where the next page begins: after this one. `None` at the end. A page
    /// may be short and yet have a next, when a search examined enough.
    pub next: Option<ApplicationId>,
}

impl ReadTx {
    /// The applications of these owners that pass the filter and have not
    /// expired at `now`, from where is sought on; none when one of the owners is
    /// not within the boundary. Whoever has none of them costs as much as one
    /// who is not there.
    #[expect(clippy::too_many_arguments, reason = "six things that have no name together")]
    pub async fn applications(
        &mut self,
        within: Within,
        whose: impl Into<Whose>,
        filter: &ApplicationFilter,
        seek: Seek,
        now: Timestamp,
    ) -> Result<ApplicationPage> {
        let whose = whose.into();
        if !reaches_all(within, &whose) {
            return Ok(ApplicationPage { applications: Vec::new(), next: None });
        }
        let wanted = Wanted::new(&whose, filter, now);
        let (applications, next) = self.walk(&wanted, seek).await?;
        Ok(ApplicationPage { applications, next })
    }

    /// What has expired at `now`, the longest ago first, at most `limit`.
    pub async fn expired_applications(
        &mut self,
        within: Within,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Application>> {
        let owner = bounding_owner(within).map(owner_key);
        self.fetch_all(EXPIRED, &[now.into(), owner.into(), limit.into()], read_application).await
    }
}

/// What one call looks for.
pub(crate) struct Wanted<'a> {
    pub(crate) whose: &'a Whose,
    pub(crate) filter: &'a ApplicationFilter,
    /// Folded.
    text: Option<String>,
    pub(crate) now: Timestamp,
}

impl<'a> Wanted<'a> {
    pub(crate) fn new(whose: &'a Whose, filter: &'a ApplicationFilter, now: Timestamp) -> Self {
        Self { whose, filter, text: filter.text.as_deref().map(fold), now }
    }

    /// Of which ownership they are, when they are everybody's.
    pub(crate) fn ownership(&self) -> Option<Ownership> {
        if let Whose::All(ownership) = self.whose { *ownership } else { None }
    }
}

impl Walk for Wanted<'_> {
    type Row = Application;
    type Key = ApplicationId;

    fn key(application: &Application) -> ApplicationId {
        application.id
    }

    fn admits(&self, application: &Application) -> bool {
        let text = self.text.as_deref();
        application.is_there(self.now)
            && application.archived_at.is_some() == self.filter.archived
            && self.ownership().is_none_or(|ownership| application.owner.ownership() == ownership)
            && self.filter.kind.is_none_or(|kind| application.kind == kind)
            && self.filter.state.is_none_or(|state| application.state == state)
            && self.filter.tag.as_ref().is_none_or(|tag| application.tags.contains(tag))
            && self
                .filter
                .made_by
                .as_ref()
                .is_none_or(|id| application.made_by.as_ref().is_some_and(|maker| maker.id == *id))
            && self.filter.access.as_ref().is_none_or(|kinds| kinds.contains(&application.access_kind()))
            && text.is_none_or(|text| application.search_text().lines().any(|line| line.contains(text)))
    }

    fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    async fn candidates(
        &self,
        tx: &mut ReadTx,
        after: Option<ApplicationId>,
        limit: usize,
    ) -> Result<Vec<Application>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut values: Vec<Value<'_>> =
            vec![self.filter.archived.into(), after.unwrap_or(LAST).into(), limit.into()];
        let owners = OwnerValues::of(self.whose);
        let (sql, word) = match &owners {
            Some(owners) => {
                values.extend(owners.values());
                seek::among(self.filter)
            }
            None => seek::of_all(self.filter, self.ownership()),
        };
        values.extend(word.map(Value::from));
        tx.fetch_all(sql, &values, read_application).await
    }

    async fn holding(&self, tx: &mut ReadTx, text: &str) -> Result<Option<Vec<ApplicationId>>> {
        tx.holding_grams_of_all(self.whose, text).await
    }

    async fn those(&self, tx: &mut ReadTx, ids: &[ApplicationId]) -> Result<Vec<Application>> {
        tx.those_applications(self, ids).await
    }
}

/// Greater than every id that is made.
const LAST: ApplicationId = ApplicationId::from_bytes([0xff; 16]);

const EXPIRED: Sql = sql!(concat!(
    "SELECT ",
    application_columns!(),
    " FROM applications a WHERE a.expires_at <= $1 AND (a.owner = $2 OR $2 IS NULL)
    ORDER BY a.expires_at LIMIT $3"
));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam_tests::plans::assert_seeks;

    #[tokio::test]
    async fn every_list_seeks() {
        assert_seeks(EXPIRED).await;
    }
}
