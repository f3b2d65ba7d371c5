//! Lists of applications.

use appkeep_domain::{Action, Application, ApplicationId, ApplicationKind, ApplicationState, Tag};
use appkeep_storage::{ApplicationFilter, Seek};

use super::Registry;
use super::page::{self, List, Page, PageQuery, id_key, parameter};
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};

/// Longest text that is searched for, in characters.
const MAX_TEXT: usize = 255;

/// Which applications are wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplicationQuery {
    pub page: PageQuery,
    pub kind: Option<String>,
    pub state: Option<String>,
    pub tag: Option<String>,
    /// The archived ones instead of the others.
    pub archived: Option<bool>,
    /// Part of the name, the description or the `client_id`, case aside.
    pub text: Option<String>,
}

impl Registry {
    /// The tenant's applications, newest first.
    pub async fn applications(&self, by: &By, query: ApplicationQuery) -> Result<Page<Application>, Error> {
        by.decide_of_tenant(Action::ReadApplication)?;
        let mut faults = Vec::new();
        let filter = filter(&query, &mut faults);
        let limit = query.page.limit(&mut faults);
        let after = query.page.after(List::Applications, id_key, &mut faults).map(ApplicationId::from_bytes);
        page::check(faults)?;
        let seek = Seek { after, limit: limit as usize };
        let mut tx = self.store.read().await?;
        let found = tx.applications(by.within(), by.owner(), &filter, seek, self.now()).await?;
        let next_cursor = found.next.map(|id| List::Applications.cursor(&id.as_bytes()));
        Ok(Page { items: found.applications, next_cursor, limit })
    }
}

fn filter(query: &ApplicationQuery, faults: &mut Vec<Fault>) -> ApplicationFilter {
    let is = |reason: &dyn ToString| format!("is {}", reason.to_string());
    let kind = |raw: &str| ApplicationKind::parse(raw).map_err(|reason| is(&reason));
    let state = |raw: &str| ApplicationState::parse(raw).map_err(|reason| is(&reason));
    // An empty search box finds everything.
    let text = query.text.as_deref().filter(|text| !text.is_empty());
    ApplicationFilter {
        kind: parameter("type", query.kind.as_deref(), kind, faults),
        state: parameter("state", query.state.as_deref(), state, faults),
        tag: parameter("tag", query.tag.as_deref(), Tag::parse, faults),
        archived: query.archived.unwrap_or(false),
        text: text.and_then(|text| searched(text, faults)),
    }
}

pub(crate) fn searched(text: &str, faults: &mut Vec<Fault>) -> Option<String> {
    if text.chars().count() > MAX_TEXT {
        let message = format!("is longer than {MAX_TEXT} characters");
        faults.push(Fault::new("q", ErrorCode::InvalidRequest, message));
        return None;
    }
    Some(text.to_owned())
}
