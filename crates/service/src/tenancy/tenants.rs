//! Tenants as those above them see them: made, read, changed.

use std::sync::Arc;

use appkeep_domain::{
    Action, Email, Name, Owner, Partner, PartnerId, Resource, Slug, Standing, Tenant, TenantId, Within,
};
use appkeep_storage::{ReadTx, Seek, StorageError, TenantFilter, WriteTx};

use super::find::{decide, find_tenant, no_such_tenant, parse_tenant_id};
use super::partners::suggest_slug;
use super::reach::{is_of_the_platform, merge, reach};
use super::record::record;
use super::turn::keep_tenant;
use super::{Step, caps, describe};
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::draft::edit;
use crate::registry::faults::Faults;
use crate::registry::list::searched;
use crate::registry::page::{self, List, Page, PageQuery, id_key, parameter};
use crate::registry::record::Stamp;
use crate::registry::{Edit, Expected, Registry};

/// A tenant as it was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantFields {
    pub name: String,
    /// Made from the name when nobody names it.
    pub slug: Option<String>,
    /// Whose it is to be; the platform's own when nobody's.
    pub partner: Option<String>,
    pub contact_email: Option<String>,
}

/// What is to become of a tenant; what is not named stays.
#[derive(Debug, Clone, Default)]
pub struct TenantChange {
    pub name: Option<String>,
    pub contact_email: Edit<String>,
    pub expected: Expected,
}

/// Which tenants are wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantQuery {
    pub page: PageQuery,
    pub partner: Option<String>,
    pub status: Option<String>,
    /// The archived ones instead of the others.
    pub archived: Option<bool>,
    /// Part of the name or the slug, case aside.
    pub text: Option<String>,
}

/// Made before the transaction, which may run more than once.
struct Plan {
    by: By,
    stamp: Stamp,
    tenant: Tenant,
    partner: Option<PartnerId>,
    /// For a slug that nobody named, when the first choice is taken.
    other_slug: Option<Slug>,
    faults: Faults,
}

impl Registry {
    /// The tenants that the caller sees, newest first.
    pub async fn tenants(&self, by: &By, query: TenantQuery) -> Result<Page<Tenant>, Error> {
        let reached = reach(by, Action::ReadTenant)?;
        let mut faults = Vec::new();
        let filter = filter(&query, &mut faults);
        let limit = query.page.limit(&mut faults);
        let after = query.page.after(List::Tenants, id_key, &mut faults).map(TenantId::from_bytes);
        page::check(faults)?;
        if filter.archived && !is_of_the_platform(&by.caller) {
            return Ok(Page { items: Vec::new(), next_cursor: None, limit });
        }
        let mut tx = self.store().read().await?;
        let mut parts = Vec::with_capacity(reached.len());
        for within in reached {
            let found = tx.tenants(within, &filter, Seek { after, limit: limit as usize }).await?;
            parts.push((found.tenants, found.next));
        }
        let (items, next) = merge(parts, limit as usize, |tenant: &Tenant| tenant.id);
        let next_cursor = next.map(|id| List::Tenants.cursor(&id.as_bytes()));
        Ok(Page { items, next_cursor, limit })
    }

    /// Its issuer signs nothing before it has keys.
    pub(crate) async fn create_tenant(&self, by: &By, fields: TenantFields) -> Result<Tenant, Error> {
        decide(by, Action::ManageTenants, &Resource::of_owner(Owner::Global, None), no_such_tenant)?;
        let plan = self.plan_tenant(by, &fields);
        let tenant = self.store().write(async move |tx: &mut WriteTx| create(tx, &plan).await).await?;
        tracing::info!(tenant.id = %tenant.id, "made a tenant");
        Ok(tenant)
    }

    pub async fn tenant_by_id(&self, by: &By, id: &str) -> Result<Tenant, Error> {
        let id = parse_tenant_id(id)?;
        find_tenant(&mut self.store().read().await?, by, Action::ReadTenant, id).await
    }

    /// What is decided about it from above. A change that changes nothing leaves
    /// no trace.
    pub async fn change_tenant(&self, by: &By, id: &str, change: TenantChange) -> Result<Tenant, Error> {
        let (step, change) = (self.tenancy_step(by, parse_tenant_id(id)?), Arc::new(change));
        self.store().write(async move |tx: &mut WriteTx| apply(tx, &step, &change).await).await
    }

    fn plan_tenant(&self, by: &By, fields: &TenantFields) -> Arc<Plan> {
        let (id, stamp): (TenantId, _) = (self.make_id(), self.stamp());
        let mut faults = Faults::default();
        let name = faults.take("name", Name::parse(&fields.name));
        let name = name.unwrap_or_else(|| Name::parse("tenant").expect("is printable and short"));
        let (slug, other_slug) = match fields.slug.as_deref().map(Slug::parse) {
            Some(parsed) => (faults.take("slug", parsed), None),
            None => (None, Some(suggest_slug(&name, &id.to_string()))),
        };
        let slug = slug.unwrap_or_else(|| Slug::suggest(&name, None));
        let mut tenant = Tenant::new(id, slug, name, stamp.now);
        let contact = fields.contact_email.as_deref().map(Email::parse);
        tenant.contact_email = contact.and_then(|parsed| faults.take("contact_email", parsed));
        let partner = fields.partner.as_deref().map(name_partner);
        Arc::new(Plan { by: by.clone(), stamp, tenant, partner, other_slug, faults })
    }
}

/// A text that is no id is one that never existed; nobody's is made of zeros.
pub(super) fn name_partner(raw: &str) -> PartnerId {
    PartnerId::parse(raw).unwrap_or(PartnerId::from_bytes([0; 16]))
}

/// The partner that a tenant is to be of; a fault when it is not there.
pub(super) async fn find_new_partner(
    tx: &mut ReadTx,
    named: Option<PartnerId>,
    faults: &mut Faults,
) -> Result<Option<Partner>, Error> {
    let Some(named) = named else { return Ok(None) };
    let found = tx.partner(Within::Platform, named).await?;
    let found = found.filter(|found| found.archived_at.is_none());
    if found.is_none() {
        faults.add("partner_id", ErrorCode::InvalidField, "there is no such partner");
    }
    Ok(found)
}

pub(super) fn filter(query: &TenantQuery, faults: &mut Vec<Fault>) -> TenantFilter {
    let status = |raw: &str| Standing::parse(raw).map_err(|reason| format!("is {reason}"));
    let partner = |raw: &str| PartnerId::parse(raw).map_err(|reason| format!("is {reason}"));
    // An empty search box finds everything.
    let text = query.text.as_deref().filter(|text| !text.is_empty());
    TenantFilter {
        partner: parameter("partner_id", query.partner.as_deref(), partner, faults),
        status: parameter("status", query.status.as_deref(), status, faults),
        archived: query.archived.unwrap_or(false),
        text: text.and_then(|text| searched(text, faults)),
    }
}

async fn create(tx: &mut WriteTx, plan: &Plan) -> Result<Tenant, Error> {
    let mut faults = plan.faults.clone();
    let partner = find_new_partner(tx, plan.partner, &mut faults).await?;
    let mut tenant = Tenant { partner: partner.as_ref().map(|partner| partner.id), ..plan.tenant.clone() };
    if tx.tenant_by_slug(Within::Platform, &tenant.slug).await?.is_some() {
        match &plan.other_slug {
            Some(other) => tenant.slug = other.clone(),
            None => faults.add("slug", ErrorCode::SlugTaken, SLUG_TAKEN),
        }
    }
    faults.check()?;
    if let Some(partner) = &partner {
        caps::check_tenants(tx, partner).await?;
    }
    tx.insert_tenant(Within::Platform, &tenant).await.map_err(taken)?;
    let told = ("tenant.created", None, Some(describe::tenant(&tenant)));
    record(tx, &plan.by, (Owner::Tenant(tenant.id), plan.stamp), told).await?;
    Ok(tenant)
}

pub(super) async fn apply(
    tx: &mut WriteTx,
    step: &Step<TenantId>,
    change: &TenantChange,
) -> Result<Tenant, Error> {
    let current = find_tenant(tx, &step.by, Action::ManageTenants, step.id).await?;
    change.expected.check(current.version)?;
    let mut faults = Faults::default();
    let mut changed = current.clone();
    if let Some(name) = change.name.as_deref().and_then(|raw| faults.take("name", Name::parse(raw))) {
        changed.name = name;
    }
    edit(&mut changed.contact_email, "contact_email", &change.contact_email, &mut faults, Email::parse);
    faults.check()?;
    if changed == current {
        return Ok(current);
    }
    keep_tenant(tx, step, "tenant.updated", (&current, changed)).await
}

const SLUG_TAKEN: &str = "another tenant has it";

/// The clash that a caller can do something about, if somebody was quicker.
fn taken(error: StorageError) -> Error {
    match &error {
        StorageError::Taken(name) if name == "tenants.slug" => {
            Error::invalid(Fault::new("slug", ErrorCode::SlugTaken, SLUG_TAKEN)).because(error)
        }
        _ => error.into(),
    }
}
