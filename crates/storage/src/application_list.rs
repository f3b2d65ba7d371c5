//! Lists of applications: newest first, by seeking, with a bound on the work.

use appkeep_domain::{
    Application, ApplicationId, ApplicationKind, ApplicationState, Owner, Tag, Timestamp, Within, fold,
};

use crate::applications::{application_columns, read_application};
use crate::error::Result;
use crate::owners::{bounding_owner, owner_key, reaches};
use crate::pages::Seek;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::value::Value;
use crate::walk::Walk;

/// Which applications of an owner to list; all that hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplicationFilter {
    pub kind: Option<ApplicationKind>,
    pub state: Option<ApplicationState>,
    pub tag: Option<Tag>,
    /// Whether the archived ones are wanted instead of the others.
    pub archived: bool,
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
    /// The owner's applications that pass the filter and have not expired at
    /// `now`, from where is sought on; none when the owner is not within the
    /// boundary.
    #[expect(clippy::too_many_arguments, reason = "six things that have no name together")]
    pub async fn applications(
        &mut self,
        within: Within,
        owner: Owner,
        filter: &ApplicationFilter,
        seek: Seek,
        now: Timestamp,
    ) -> Result<ApplicationPage> {
        if !reaches(within, owner) {
            return Ok(ApplicationPage { applications: Vec::new(), next: None });
        }
        let wanted = Wanted { owner, filter, text: filter.text.as_deref().map(fold), now };
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
struct Wanted<'a> {
    owner: Owner,
    filter: &'a ApplicationFilter,
    /// Folded.
    text: Option<String>,
    now: Timestamp,
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
            && self.filter.kind.is_none_or(|kind| application.kind == kind)
            && self.filter.state.is_none_or(|state| application.state == state)
            && self.filter.tag.as_ref().is_none_or(|tag| application.tags.contains(tag))
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
        let (before, archived) = (after.unwrap_or(LAST), self.filter.archived);
        let (sql, word): (Sql, Option<&str>) = match self.filter {
            ApplicationFilter { tag: Some(tag), .. } => (BY_TAG, Some(tag.as_str())),
            ApplicationFilter { kind: Some(kind), .. } => (BY_KIND, Some(kind.as_str())),
            ApplicationFilter { state: Some(state), .. } => (BY_STATE, Some(state.as_str())),
            _ => (NEWEST, None),
        };
        let mut values: Vec<Value<'_>> =
            vec![owner_key(self.owner).into(), before.into(), limit.into(), archived.into()];
        values.extend(word.map(Value::from));
        tx.fetch_all(sql, &values, read_application).await
    }

    async fn holding(&self, tx: &mut ReadTx, text: &str) -> Result<Option<Vec<ApplicationId>>> {
        tx.holding_grams_of(self.owner, text).await
    }

    async fn those(&self, tx: &mut ReadTx, ids: &[ApplicationId]) -> Result<Vec<Application>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<[u8; 16]> = ids.iter().map(ApplicationId::as_bytes).collect();
        tx.fetch_all(THOSE, &[owner_key(self.owner).into(), ids.as_slice().into()], read_application).await
    }
}

/// Greater than every id that is made.
const LAST: ApplicationId = ApplicationId::from_bytes([0xff; 16]);

const NEWEST: Sql = sql!(concat!(
    "SELECT ",
    application_columns!(),
    " FROM applications a WHERE a.owner = $1 AND a.archived = $4 AND a.id < $2
    ORDER BY a.id DESC LIMIT $3"
));

const BY_STATE: Sql = sql!(concat!(
    "SELECT ",
    application_columns!(),
    " FROM applications a WHERE a.owner = $1 AND a.archived = $4 AND a.state = $5 AND a.id < $2
    ORDER BY a.id DESC LIMIT $3"
));

const BY_KIND: Sql = sql!(concat!(
    "SELECT ",
    application_columns!(),
    " FROM applications a WHERE a.owner = $1 AND a.archived = $4 AND a.kind = $5 AND a.id < $2
    ORDER BY a.id DESC LIMIT $3"
));

const BY_TAG: Sql = sql!(concat!(
    "SELECT ",
    application_columns!(),
    " FROM tags t JOIN applications a ON a.owner = t.owner AND a.id = t.id
    WHERE t.owner = $1 AND t.tag = $5 AND t.id < $2 AND a.archived = $4 ORDER BY t.id DESC LIMIT $3"
));

const THOSE: Sql = sql!(
    postgres: concat!(
        "SELECT ",
        application_columns!(),
        " FROM applications a WHERE a.owner = $1 AND a.id = ANY($2) ORDER BY a.id DESC"
    ),
    sqlite: concat!(
        "SELECT ",
        application_columns!(),
        " FROM applications a WHERE a.owner = $1 AND a.id IN (SELECT unhex(value) FROM json_each($2))
        ORDER BY a.id DESC"
    ),
);

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
        for list in [NEWEST, BY_STATE, BY_KIND, BY_TAG, EXPIRED] {
            assert_seeks(list).await;
        }
    }
}
