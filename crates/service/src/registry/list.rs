//! Lists of applications.

use appkeep_domain::{
    Action, Application, ApplicationId, ApplicationKind, ApplicationState, OwnerFilter, Ownership, PartnerId,
    Slug, Tag, TenantId, Whose, Within,
};
use appkeep_storage::{ApplicationFilter, Seek};

use super::Registry;
use super::page::{self, List, Numbered, NumberedQuery, Page, PageQuery, id_key, parameter};
use crate::by::{By, Mount, require};
use crate::error::{Error, ErrorCode, Fault};

/// Longest text that is searched for, in characters.
const MAX_TEXT: usize = 255;

/// Which applications are wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplicationQuery {
    pub page: PageQuery,
    pub of: OwnerQuery,
    pub kind: Option<String>,
    pub state: Option<String>,
    pub tag: Option<String>,
    /// The id of whoever made them, or `me`.
    pub created_by: Option<String>,
    /// The archived ones instead of the others.
    pub archived: Option<bool>,
    /// Part of the name, the description or the `client_id`, case aside.
    pub text: Option<String>,
}

/// Whose applications are wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnerQuery {
    pub ownership: Option<String>,
    pub tenant: Option<String>,
    /// The partner's own, and those of all its tenants.
    pub partner: Option<String>,
}

impl Registry {
    /// The applications that the caller sees from where they look, newest first.
    pub async fn applications(&self, by: &By, query: ApplicationQuery) -> Result<Page<Application>, Error> {
        decide(by)?;
        let mut faults = Vec::new();
        let (filter, wanted) = (filter(by, &query, &mut faults), query.of.parse(&mut faults));
        let limit = query.page.limit(&mut faults);
        let after = query.page.after(List::Applications, id_key, &mut faults).map(ApplicationId::from_bytes);
        page::check(faults)?;
        let seek = Seek { after, limit: limit as usize };
        let whose = Whose::seen_from(&by.levels(), &wanted);
        let mut tx = self.store.read().await?;
        let found = tx.applications(Within::Platform, whose, &filter, seek, self.now()).await?;
        let next_cursor = found.next.map(|id| List::Applications.cursor(&id.as_bytes()));
        Ok(Page { items: found.applications, next_cursor, limit })
    }

    /// The same by numbered parts. A search by text or tag finds as far as one
    /// call examines, and says when there may be more.
    pub async fn numbered_applications(
        &self,
        by: &By,
        query: ApplicationQuery,
        page: NumberedQuery,
    ) -> Result<Numbered<Application>, Error> {
        decide(by)?;
        let mut faults = Vec::new();
        let (filter, wanted) = (filter(by, &query, &mut faults), query.of.parse(&mut faults));
        let numbers = page.numbers(&mut faults);
        page::check(faults)?;
        let whose = Whose::seen_from(&by.levels(), &wanted);
        let ((skipped, limit), now) = (numbers.range(), self.now());
        let mut tx = self.store.read().await?;
        if filter.text.is_some() || filter.tag.is_some() || filter.made_by.is_some() {
            let found = tx.find_applications(Within::Platform, &whose, &filter, now).await?;
            return Ok(numbers.cut_found(found.applications, found.is_all));
        }
        let total = tx.count_applications(Within::Platform, whose.clone(), &filter, now).await?;
        if skipped >= total {
            return Ok(numbers.of(Vec::new(), total));
        }
        let after = tx.application_before(Within::Platform, (&whose, skipped), &filter, now).await?;
        if skipped > 0 && after.is_none() {
            return Ok(numbers.of(Vec::new(), total));
        }
        let seek = Seek { after, limit: usize::try_from(limit).unwrap_or(usize::MAX) };
        let found = tx.applications(Within::Platform, whose, &filter, seek, now).await?;
        Ok(numbers.of(found.applications, total))
    }

    /// The tenant's own application that has this slug and is not archived; none
    /// for a text that is no slug.
    pub async fn application_with_slug(&self, by: &By, slug: &str) -> Result<Option<Application>, Error> {
        by.decide_of_tenant(Action::ReadApplication)?;
        let Ok(slug) = Slug::parse(slug) else { return Ok(None) };
        let mut tx = self.store.read().await?;
        let found = tx.application_by_slug(by.within(), by.owner(), &slug).await?;
        let now = self.now();
        Ok(found.filter(|application| application.is_there(now) && application.archived_at.is_none()))
    }
}

/// At a tenant's address it is the tenant that is looked at; at the platform's
/// what is listed says what is seen.
fn decide(by: &By) -> Result<(), Error> {
    match by.mount {
        Mount::Tenant => by.decide_of_tenant(Action::ReadApplication),
        Mount::Root => require(&by.caller, Action::ReadApplication),
    }
}

impl OwnerQuery {
    /// A text that is no id at all is told so; one that is nobody's, or nobody's
    /// whom the caller sees, finds nothing.
    pub(crate) fn parse(&self, faults: &mut Vec<Fault>) -> OwnerFilter {
        let ownership = |raw: &str| Ownership::parse(raw).map_err(|reason| format!("is {reason}"));
        let tenant = |raw: &str| TenantId::parse(raw).map_err(|reason| format!("is {reason}"));
        let partner = |raw: &str| PartnerId::parse(raw).map_err(|reason| format!("is {reason}"));
        OwnerFilter {
            ownership: parameter("ownership", self.ownership.as_deref(), ownership, faults),
            tenant: parameter("tenant_id", self.tenant.as_deref(), tenant, faults),
            partner: parameter("partner_id", self.partner.as_deref(), partner, faults),
        }
    }
}

fn filter(by: &By, query: &ApplicationQuery, faults: &mut Vec<Fault>) -> ApplicationFilter {
    let is = |reason: &dyn ToString| format!("is {}", reason.to_string());
    let kind = |raw: &str| ApplicationKind::parse(raw).map_err(|reason| is(&reason));
    let state = |raw: &str| ApplicationState::parse(raw).map_err(|reason| is(&reason));
    // An empty search box finds everything.
    let text = query.text.as_deref().filter(|text| !text.is_empty());
    ApplicationFilter {
        kind: parameter("type", query.kind.as_deref(), kind, faults),
        state: parameter("state", query.state.as_deref(), state, faults),
        tag: parameter("tag", query.tag.as_deref(), Tag::parse, faults),
        made_by: query.created_by.as_deref().map(|id| maker(by, id)),
        archived: query.archived.unwrap_or(false),
        access: None,
        text: text.and_then(|text| searched(text, faults)),
    }
}

/// A text that is nobody's id finds nothing.
fn maker(by: &By, id: &str) -> String {
    if id == "me" { by.actor().id } else { id.to_owned() }
}

pub(crate) fn searched(text: &str, faults: &mut Vec<Fault>) -> Option<String> {
    if text.chars().count() > MAX_TEXT {
        let message = format!("is longer than {MAX_TEXT} characters");
        faults.push(Fault::new("q", ErrorCode::InvalidRequest, message));
        return None;
    }
    Some(text.to_owned())
}
