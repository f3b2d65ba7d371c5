//! Partners: made, read, changed.

use std::sync::Arc;

use appkeep_domain::{
    Action, Caller, Email, Name, Owner, Partner, PartnerId, Resource, Slug, Standing, Within, oversees,
};
use appkeep_storage::{PartnerFilter, Seek, StorageError, WriteTx};

use super::find::{decide, find_partner, no_such_partner, parse_partner_id};
use super::reach::{is_of_the_platform, merge, reach};
use super::record::record;
use super::{Step, describe};
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};
use crate::registry::draft::edit;
use crate::registry::faults::Faults;
use crate::registry::list::searched;
use crate::registry::page::{self, List, Page, PageQuery, id_key, parameter};
use crate::registry::record::Stamp;
use crate::registry::{Edit, Expected, Registry};

/// A partner, as far as the caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerView {
    pub partner: Partner,
    /// Whether it is seen whole. Its tenants see which one it is, and no more.
    pub is_whole: bool,
}

impl PartnerView {
    pub(super) fn of(caller: &Caller, partner: Partner) -> Self {
        let is_whole = oversees(caller, &Resource::of_owner(Owner::Partner(partner.id), None));
        Self { partner, is_whole }
    }
}

/// The fields that a caller names; what it leaves out stays as it is, or is
/// empty when the partner is new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartnerFields {
    pub name: Option<String>,
    /// For a new one only; made from the name when nobody names it.
    pub slug: Option<String>,
    pub contact_email: Edit<String>,
    pub max_tenants: Edit<i64>,
    pub max_users_per_tenant: Edit<i64>,
    pub max_applications_per_tenant: Edit<i64>,
}

/// What is to become of a partner.
#[derive(Debug, Clone, Default)]
pub struct PartnerUpdate {
    pub expected: Expected,
    pub fields: PartnerFields,
}

/// Which partners are wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartnerQuery {
    pub page: PageQuery,
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
    partner: Partner,
    faults: Faults,
}

impl Registry {
    /// The partners that the caller sees, newest first.
    pub async fn partners(&self, by: &By, query: PartnerQuery) -> Result<Page<PartnerView>, Error> {
        let reached = reach(by, Action::ReadPartner)?;
        let mut faults = Vec::new();
        let filter = filter(&query, &mut faults);
        let limit = query.page.limit(&mut faults);
        let after = query.page.after(List::Partners, id_key, &mut faults).map(PartnerId::from_bytes);
        page::check(faults)?;
        if filter.archived && !is_of_the_platform(&by.caller) {
            return Ok(Page { items: Vec::new(), next_cursor: None, limit });
        }
        let mut tx = self.store().read().await?;
        let mut parts = Vec::with_capacity(reached.len());
        for within in reached {
            let found = tx.partners(within, &filter, Seek { after, limit: limit as usize }).await?;
            parts.push((found.partners, found.next));
        }
        let (items, next) = merge(parts, limit as usize, |partner: &Partner| partner.id);
        let next_cursor = next.map(|id| List::Partners.cursor(&id.as_bytes()));
        let items = items.into_iter().map(|partner| PartnerView::of(&by.caller, partner)).collect();
        Ok(Page { items, next_cursor, limit })
    }

    pub async fn create_partner(&self, by: &By, fields: PartnerFields) -> Result<PartnerView, Error> {
        decide(by, Action::ManagePartners, &Resource::of_owner(Owner::Global, None), no_such_partner)?;
        let plan = self.plan_partner(by, &fields);
        let partner = self.store().write(async move |tx: &mut WriteTx| create(tx, &plan).await).await?;
        tracing::info!(partner.id = %partner.id, "made a partner");
        Ok(PartnerView::of(&by.caller, partner))
    }

    pub async fn partner(&self, by: &By, id: &str) -> Result<PartnerView, Error> {
        let id = parse_partner_id(id)?;
        let found = find_partner(&mut self.store().read().await?, by, Action::ReadPartner, id).await?;
        Ok(PartnerView::of(&by.caller, found))
    }

    /// What is not named stays. A change that changes nothing leaves no trace. A
    /// cap below what there is lets nothing more in, and puts nothing out.
    pub async fn update_partner(
        &self,
        by: &By,
        id: &str,
        update: PartnerUpdate,
    ) -> Result<PartnerView, Error> {
        let (step, update) = (self.tenancy_step(by, parse_partner_id(id)?), Arc::new(update));
        let partner = self.store().write(async move |tx: &mut WriteTx| apply(tx, &step, &update).await);
        Ok(PartnerView::of(&by.caller, partner.await?))
    }

    fn plan_partner(&self, by: &By, fields: &PartnerFields) -> Arc<Plan> {
        let stamp = self.stamp();
        let mut faults = Faults::default();
        if fields.name.is_none() {
            faults.add("name", ErrorCode::InvalidRequest, "is required");
        }
        let name = Name::parse("partner").expect("is printable and short");
        let blank = Partner::new(self.make_id(), Slug::suggest(&name, None), name, stamp.now);
        let mut partner = draft(blank, fields, &mut faults);
        partner.slug = match fields.slug.as_deref().map(Slug::parse) {
            Some(parsed) => faults.take("slug", parsed).unwrap_or(partner.slug),
            None => suggest_slug(&partner.name, &partner.id.to_string()),
        };
        Arc::new(Plan { by: by.clone(), stamp, partner, faults })
    }
}

/// Nobody else has it: part of the id stands behind the name.
pub(super) fn suggest_slug(name: &Name, id: &str) -> Slug {
    const DISTINCT: usize = 10;
    let id = id.to_ascii_lowercase();
    Slug::suggest(name, Some(&id[id.len() - DISTINCT..]))
}

pub(super) fn filter(query: &PartnerQuery, faults: &mut Vec<Fault>) -> PartnerFilter {
    let status = |raw: &str| Standing::parse(raw).map_err(|reason| format!("is {reason}"));
    // An empty search box finds everything.
    let text = query.text.as_deref().filter(|text| !text.is_empty());
    PartnerFilter {
        status: parameter("status", query.status.as_deref(), status, faults),
        archived: query.archived.unwrap_or(false),
        text: text.and_then(|text| searched(text, faults)),
    }
}

fn draft(mut base: Partner, fields: &PartnerFields, faults: &mut Faults) -> Partner {
    if let Some(name) = fields.name.as_deref().and_then(|raw| faults.take("name", Name::parse(raw))) {
        base.name = name;
    }
    edit(&mut base.contact_email, "contact_email", &fields.contact_email, faults, Email::parse);
    let caps = &mut base.caps;
    for (place, field, edit) in [
        (&mut caps.max_tenants, "max_tenants", fields.max_tenants.clone()),
        (&mut caps.max_users_per_tenant, "max_users_per_tenant", fields.max_users_per_tenant.clone()),
        (
            &mut caps.max_applications_per_tenant,
            "max_applications_per_tenant",
            fields.max_applications_per_tenant.clone(),
        ),
    ] {
        match edit {
            Edit::Keep => {}
            Edit::Clear => *place = None,
            Edit::Set(cap) => *place = faults.take(field, parse_cap(cap)).or(*place),
        }
    }
    base
}

fn parse_cap(raw: i64) -> Result<u32, String> {
    u32::try_from(raw).map_err(|_| format!("is not from 0 to {}", u32::MAX))
}

async fn create(tx: &mut WriteTx, plan: &Plan) -> Result<Partner, Error> {
    plan.faults.clone().check()?;
    tx.insert_partner(Within::Platform, &plan.partner).await.map_err(taken)?;
    let told = ("partner.created", None, Some(describe::partner(&plan.partner)));
    record(tx, &plan.by, (Owner::Partner(plan.partner.id), plan.stamp), told).await?;
    Ok(plan.partner.clone())
}

pub(super) async fn apply(
    tx: &mut WriteTx,
    step: &Step<PartnerId>,
    update: &PartnerUpdate,
) -> Result<Partner, Error> {
    let current = find_partner(tx, &step.by, Action::ManagePartners, step.id).await?;
    update.expected.check(current.version)?;
    let mut faults = Faults::default();
    let changed = draft(current.clone(), &update.fields, &mut faults);
    faults.check()?;
    if changed == current {
        return Ok(current);
    }
    let changed = Partner { version: current.version + 1, updated_at: step.stamp.now, ..changed };
    tx.update_partner(Within::Platform, &changed).await?;
    let told = ("partner.updated", Some(describe::partner(&current)), Some(describe::partner(&changed)));
    record(tx, &step.by, (Owner::Partner(step.id), step.stamp), told).await?;
    Ok(changed)
}

/// The clash that a caller can do something about.
fn taken(error: StorageError) -> Error {
    match &error {
        StorageError::Taken(name) if name == "partners.slug" => {
            Error::invalid(Fault::new("slug", ErrorCode::SlugTaken, "another partner has it")).because(error)
        }
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use appkeep_domain::Timestamp;

    #[test]
    fn every_cap_out_of_bounds_is_named_and_null_takes_one_away() {
        let name = Name::parse("Reseller").expect("is a name");
        let slug = Slug::suggest(&name, None);
        let base = Partner::new(PartnerId::from_bytes([5; 16]), slug, name, Timestamp::from_seconds(1));
        let caps = |cap: Edit<i64>| PartnerFields {
            max_tenants: cap.clone(),
            max_users_per_tenant: cap.clone(),
            max_applications_per_tenant: cap,
            ..PartnerFields::default()
        };
        for refused in [-1, i64::from(u32::MAX) + 1, i64::MIN] {
            let mut faults = Faults::default();
            draft(base.clone(), &caps(Edit::Set(refused)), &mut faults);
            let error = faults.check().expect_err("is out of bounds");
            assert_eq!(error.faults().len(), 3, "{refused}");
        }
        let mut faults = Faults::default();
        let capped = draft(base.clone(), &caps(Edit::Set(0)), &mut faults);
        assert_eq!(capped.caps.max_tenants, Some(0));
        assert_eq!(draft(capped.clone(), &caps(Edit::Keep), &mut faults), capped);
        assert_eq!(draft(capped, &caps(Edit::Clear), &mut faults), base);
        assert!(faults.check().is_ok());
    }
}
