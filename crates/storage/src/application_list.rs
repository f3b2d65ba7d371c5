//! Lists of applications: newest first, by seeking, with a bound on the work.

use appkeep_domain::{
    Application, ApplicationId, ApplicationKind, ApplicationState, Owner, Tag, Within, fold,
};

use crate::applications::{application_columns, read_application};
use crate::error::Result;
use crate::owners::{owner_key, reaches};
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;
use crate::value::Value;

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

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seek {
    /// What comes after this one; from the newest on when absent.
    pub after: Option<ApplicationId>,
    pub limit: usize,
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
    /// Most rows that one call examines.
    pub const MAX_EXAMINED: usize = 5_000;

    /// The owner's applications that pass the filter, from where is
    /// sought on; none when the owner is not within the boundary.
    pub async fn applications(
        &mut self,
        within: Within,
        owner: Owner,
        filter: &ApplicationFilter,
        seek: Seek,
    ) -> Result<ApplicationPage> {
        let limit = seek.limit;
        let mut page = ApplicationPage { applications: Vec::new(), next: None };
        if !reaches(within, owner) {
            return Ok(page);
        }
        let text = filter.text.as_deref().map(fold);
        let mut before = seek.after.unwrap_or(LAST);
        let mut examined = 0;
        loop {
            // One more than wanted says whether there is a next page.
            let batch = (limit + 1 - page.applications.len()).min(ReadTx::MAX_EXAMINED - examined);
            let candidates = self.candidates(owner, filter, before, batch).await?;
            let exhausted = candidates.len() < batch;
            examined += candidates.len();
            for candidate in candidates {
                let last = before;
                before = candidate.id;
                if !passes(&candidate, filter, text.as_deref()) {
                    continue;
                }
                if page.applications.len() == limit {
                    page.next = Some(last);
                    return Ok(page);
                }
                page.applications.push(candidate);
            }
            if exhausted {
                return Ok(page);
            }
            if examined >= ReadTx::MAX_EXAMINED {
                page.next = Some(before);
                return Ok(page);
            }
        }
    }

    /// The next rows by the narrowest index that the filter offers.
    async fn candidates(
        &mut self,
        owner: Owner,
        filter: &ApplicationFilter,
        before: ApplicationId,
        limit: usize,
    ) -> Result<Vec<Application>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let archived = filter.archived;
        let (sql, word): (Sql, Option<&str>) = match filter {
            ApplicationFilter { tag: Some(tag), .. } => (BY_TAG, Some(tag.as_str())),
            ApplicationFilter { kind: Some(kind), .. } => (BY_KIND, Some(kind.as_str())),
            ApplicationFilter { state: Some(state), .. } => (BY_STATE, Some(state.as_str())),
            _ => (NEWEST, None),
        };
        let mut values: Vec<Value<'_>> =
            vec![owner_key(owner).into(), before.into(), limit.into(), archived.into()];
        values.extend(word.map(Value::from));
        self.fetch_all(sql, &values, read_application).await
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

/// What the index did not decide.
fn passes(application: &Application, filter: &ApplicationFilter, text: Option<&str>) -> bool {
    filter.kind.is_none_or(|kind| application.kind == kind)
        && filter.state.is_none_or(|state| application.state == state)
        && application.archived_at.is_some() == filter.archived
        && text.is_none_or(|text| application.search_text().lines().any(|line| line.contains(text)))
}
