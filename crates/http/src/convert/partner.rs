//! Partners.

use appkeep_api_types as api;
use appkeep_service::{Edit, Expected, PageQuery, PartnerFields, PartnerQuery, PartnerUpdate, PartnerView};

use super::fields::edit;
use super::moment;
use super::words::standing;

pub(crate) fn partner(view: &PartnerView) -> api::Partner {
    let partner = &view.partner;
    // What its tenants see of it is who it is.
    let whole = view.is_whole.then_some(partner);
    api::Partner {
        id: partner.id.to_string(),
        slug: partner.slug.to_string(),
        name: partner.name.to_string(),
        contact_email: whole
            .and_then(|partner| partner.contact_email.as_ref())
            .map(|email| email.as_str().to_owned()),
        status: whole.map(|partner| standing(partner.status)),
        max_tenants: whole.and_then(|partner| partner.caps.max_tenants),
        max_users_per_tenant: whole.and_then(|partner| partner.caps.max_users_per_tenant),
        max_applications_per_tenant: whole.and_then(|partner| partner.caps.max_applications_per_tenant),
        archived_at: whole.and_then(|partner| partner.archived_at).map(moment),
        created_at: whole.map(|partner| moment(partner.created_at)),
        updated_at: whole.map(|partner| moment(partner.updated_at)),
    }
}

pub(crate) fn new_partner(new: api::NewPartner) -> PartnerFields {
    PartnerFields {
        name: Some(new.name),
        slug: new.slug,
        contact_email: edit(new.contact_email),
        max_tenants: cap(new.max_tenants),
        max_users_per_tenant: cap(new.max_users_per_tenant),
        max_applications_per_tenant: cap(new.max_applications_per_tenant),
    }
}

pub(crate) fn partner_update(patch: api::PartnerPatch, expected: Expected) -> PartnerUpdate {
    let fields = PartnerFields {
        name: patch.name,
        slug: None,
        contact_email: edit(patch.contact_email),
        max_tenants: cap(patch.max_tenants),
        max_users_per_tenant: cap(patch.max_users_per_tenant),
        max_applications_per_tenant: cap(patch.max_applications_per_tenant),
    };
    PartnerUpdate { expected, fields }
}

pub(crate) fn partner_query(query: api::PartnerQuery) -> PartnerQuery {
    PartnerQuery {
        page: PageQuery { cursor: query.cursor, limit: query.limit },
        status: query.status,
        archived: query.archived,
        text: query.q,
    }
}

fn cap(edit: api::Edit<i64>) -> Edit<i64> {
    match edit {
        api::Edit::Keep => Edit::Keep,
        api::Edit::Clear => Edit::Clear,
        api::Edit::Set(cap) => Edit::Set(cap),
    }
}
