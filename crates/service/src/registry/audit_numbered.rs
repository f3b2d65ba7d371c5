//! The history of one owner by numbered parts, and what words it has.

use std::net::IpAddr;

use appkeep_domain::{
    Action, AuditEntry, Decision, Email, OperatorId, Owner, PartnerId, Resource, TenantId, Timestamp, Within,
    may,
};
use appkeep_storage::{AuditFilter, ReadTx, StorageError};

use super::Registry;
use super::audit::word;
use super::page::{self, Numbered, NumberedQuery, parameter};
use crate::by::{By, forbidden, require};
use crate::error::{Error, Fault};

/// Whose history is wanted; that of the caller's own level where nothing is
/// said. Both are a tenant that is the partner's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryOf {
    pub tenant: Option<String>,
    pub partner: Option<String>,
}

/// Which entries are wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumberedAuditQuery {
    pub page: NumberedQuery,
    pub of: HistoryOf,
    /// Who did it, as the entries write it.
    pub actor: Option<String>,
    /// The address of an operator, or of somebody of the tenant, who did it.
    pub actor_email: Option<String>,
    /// Such as `application.created`.
    pub action: Option<String>,
    /// What it was done to, such as `application`.
    pub noun: Option<String>,
    /// An id that it names.
    pub about: Option<String>,
    /// Whether it tells of a refusal.
    pub refusals: Option<bool>,
    /// Not before this moment (RFC 3339).
    pub from: Option<String>,
    /// Before this moment.
    pub until: Option<String>,
    pub address: Option<String>,
}

/// Nobody's id.
const NOBODY: &str = "nobody";

impl Registry {
    /// Newest first. What is found, and counted, is what one call examines of
    /// the newest. An owner that the caller does not see has no history.
    pub(crate) async fn numbered_audit_entries(
        &self,
        by: &By,
        query: NumberedAuditQuery,
    ) -> Result<Numbered<AuditEntry>, Error> {
        require(&by.caller, Action::ReadAudit)?;
        let mut faults = Vec::new();
        let wanted = Wanted::parse(by, &query.of, &mut faults);
        let filter = filter(&query, &mut faults);
        let email = parameter("actor_email", query.actor_email.as_deref(), Email::parse, &mut faults);
        let numbers = query.page.counted_numbers(&mut faults);
        page::check(faults)?;
        let mut tx = self.store().read().await?;
        let Some(owner) = wanted.find(&mut tx, by).await? else { return Ok(numbers.cut(Vec::new())) };
        let filter = match email {
            Some(email) => by_address(&mut tx, owner, filter, &email).await?,
            None => filter,
        };
        let found = tx.audit_entries(owner.within(), owner, &filter, None, ReadTx::MAX_EXAMINED).await?;
        Ok(numbers.cut_found(found.entries, found.next.is_none()))
    }

    /// Every word that is an action there, in their order.
    pub async fn audit_actions(&self, by: &By, of: &HistoryOf) -> Result<Vec<String>, Error> {
        require(&by.caller, Action::ReadAudit)?;
        let mut faults = Vec::new();
        let wanted = Wanted::parse(by, of, &mut faults);
        page::check(faults)?;
        let mut tx = self.store().read().await?;
        let Some(owner) = wanted.find(&mut tx, by).await? else { return Ok(Vec::new()) };
        Ok(tx.audit_actions(owner.within(), owner).await?)
    }

    /// Every word that says what something was done to, in their order.
    pub async fn audit_nouns(&self, by: &By, of: &HistoryOf) -> Result<Vec<String>, Error> {
        let actions = self.audit_actions(by, of).await?;
        let noun = |action: String| action.split('.').next().unwrap_or_default().to_owned();
        let mut nouns: Vec<String> = actions.into_iter().map(noun).collect();
        nouns.sort_unstable();
        nouns.dedup();
        Ok(nouns)
    }
}

/// An owner as it was named, which may not be there.
struct Wanted {
    owner: Owner,
    /// Whose tenant it has to be.
    partner: Option<PartnerId>,
}

impl Wanted {
    fn parse(by: &By, of: &HistoryOf, faults: &mut Vec<Fault>) -> Self {
        let tenant_id = |raw: &str| TenantId::parse(raw).map_err(|reason| format!("is {reason}"));
        let partner_id = |raw: &str| PartnerId::parse(raw).map_err(|reason| format!("is {reason}"));
        let tenant = parameter("tenant_id", of.tenant.as_deref(), tenant_id, faults);
        let partner = parameter("partner_id", of.partner.as_deref(), partner_id, faults);
        match (tenant, partner) {
            (Some(tenant), partner) => Self { owner: Owner::Tenant(tenant), partner },
            (None, Some(partner)) => Self { owner: Owner::Partner(partner), partner: None },
            (None, None) => Self { owner: by.of_caller(), partner: None },
        }
    }

    async fn find(&self, tx: &mut ReadTx, by: &By) -> Result<Option<Owner>, Error> {
        let Some(known) = tx.known_owner(Within::Platform, self.owner).await? else { return Ok(None) };
        let is_of_partner = self.partner.is_none() || known.partner == self.partner;
        match may(&by.caller, Action::ReadAudit, &Resource::of_owner(known.owner, known.partner)) {
            Decision::Allowed => Ok(is_of_partner.then_some(known.owner)),
            Decision::Forbidden => Err(forbidden(&by.caller, Action::ReadAudit)),
            Decision::Hidden => Ok(None),
        }
    }
}

fn filter(query: &NumberedAuditQuery, faults: &mut Vec<Fault>) -> AuditFilter {
    let moment = |raw: &str| Timestamp::parse(raw).map_err(|reason| format!("is {reason}"));
    let address = |raw: &str| {
        raw.parse::<IpAddr>().map(|address| address.to_canonical().to_string()).map_err(|_| "is no address")
    };
    AuditFilter {
        application: None,
        actor: parameter("actor_id", query.actor.as_deref(), word, faults),
        action: parameter("action", query.action.as_deref(), word, faults),
        from: parameter("start_time", query.from.as_deref(), moment, faults),
        until: parameter("end_time", query.until.as_deref(), moment, faults),
        noun: parameter("resource_type", query.noun.as_deref(), word, faults),
        about: parameter("resource_id", query.about.as_deref(), word, faults),
        refusals: query.refusals,
        address: parameter("ip_address", query.address.as_deref(), address, faults),
    }
}

/// Both are looked for, and the history is asked in any case: whether somebody
/// has the address is not told from how long it takes.
async fn by_address(
    tx: &mut ReadTx,
    owner: Owner,
    filter: AuditFilter,
    email: &Email,
) -> Result<AuditFilter, StorageError> {
    let mut ids = Vec::new();
    for home in [Owner::Global, owner] {
        let directory = tx.tenant_directory(home.within(), home).await?;
        let found = match directory {
            Some(directory) => tx.user_by_email(home.within(), &directory, email).await?,
            None => None,
        };
        ids.push(found.map(|user| user.id));
    }
    let operator = ids[0].map(|id| OperatorId::from_bytes(id.as_bytes()).to_string());
    let user = ids[1].filter(|_| matches!(owner, Owner::Tenant(_))).map(|id| id.to_string());
    let named = operator.or(user).unwrap_or_else(|| NOBODY.to_owned());
    let actor = match filter.actor {
        Some(actor) if actor != named => NOBODY.to_owned(),
        _ => named,
    };
    Ok(AuditFilter { actor: Some(actor), ..filter })
}
