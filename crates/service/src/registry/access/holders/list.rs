//! Lists of them.

use appkeep_domain::access::AccessKind;
use appkeep_domain::{Action, Application, ApplicationId, Whose, Within};
use appkeep_storage::{ApplicationFilter, ReadTx, Seek};

use super::{HolderView, see};
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::Registry;
use crate::registry::page::{self, Numbered, NumberedQuery, Numbers, parameter};

/// Which are wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HolderQuery {
    /// These, and no others; all where none is named.
    pub ids: Vec<String>,
    /// Of one of these kinds; of any where none is named.
    pub kinds: Vec<String>,
    pub page: NumberedQuery,
}

/// Most ids that are looked for at once.
const MOST_IDS: usize = 100;

impl Registry {
    /// The tenant's own, the newest first. An id that is none finds nothing; of
    /// a kind those are found that one call examines.
    pub async fn holders(&self, by: &By, query: HolderQuery) -> Result<Numbered<HolderView>, Error> {
        by.decide_of_tenant(Action::ReadApplication)?;
        let mut faults = Vec::new();
        let (ids, kinds) = (parse_ids(&query, &mut faults), parse_kinds(&query, &mut faults));
        let numbers = query.page.numbers(&mut faults);
        page::check(faults)?;
        let filter = ApplicationFilter { access: kinds, ..ApplicationFilter::default() };
        let (whose, now) = (Whose::from(by.owner()), self.now());
        let mut tx = self.store.read().await?;
        let found = match ids {
            Some(ids) => {
                let found = tx.applications_among(Within::Platform, (&whose, &ids), &filter, now).await?;
                numbers.cut(found)
            }
            None if filter.access.is_some() => {
                let found = tx.find_applications(Within::Platform, &whose, &filter, now).await?;
                numbers.cut_found(found.applications, found.is_all)
            }
            None => part(&mut tx, &whose, (numbers, now)).await?,
        };
        let mut items = Vec::with_capacity(found.items.len());
        for application in found.items {
            items.push(see(&mut tx, application, now).await?);
        }
        let Numbered { page, per_page, total, total_is_exact, .. } = found;
        Ok(Numbered { items, page, per_page, total, total_is_exact })
    }
}

/// Of all of them.
async fn part(
    tx: &mut ReadTx,
    whose: &Whose,
    (numbers, now): (Numbers, appkeep_domain::Timestamp),
) -> Result<Numbered<Application>, Error> {
    let (filter, (skipped, limit)) = (ApplicationFilter::default(), numbers.range());
    let total = tx.count_applications(Within::Platform, whose.clone(), &filter, now).await?;
    let after = tx.application_before(Within::Platform, (whose, skipped), &filter, now).await?;
    if skipped >= total || (skipped > 0 && after.is_none()) {
        return Ok(numbers.of(Vec::new(), total));
    }
    let seek = Seek { after, limit: usize::try_from(limit).unwrap_or(usize::MAX) };
    let found = tx.applications(Within::Platform, whose.clone(), &filter, seek, now).await?;
    Ok(numbers.of(found.applications, total))
}

fn parse_ids(query: &HolderQuery, faults: &mut Vec<Fault>) -> Option<Vec<ApplicationId>> {
    if query.ids.len() > MOST_IDS {
        let message = format!("is there more than {MOST_IDS} times");
        faults.push(Fault::new("id", ErrorCode::InvalidRequest, message));
    }
    let ids = query.ids.iter().filter_map(|raw| ApplicationId::parse(raw).ok()).collect();
    (!query.ids.is_empty()).then_some(ids)
}

fn parse_kinds(query: &HolderQuery, faults: &mut Vec<Fault>) -> Option<Vec<AccessKind>> {
    let parse = |raw: &str| AccessKind::parse(raw).map_err(|reason| format!("is {reason}"));
    let kinds = query.kinds.iter().filter_map(|raw| parameter("type", Some(raw), parse, faults)).collect();
    (!query.kinds.is_empty()).then_some(kinds)
}
