//! Making a partner, and changing it and its caps.

use appkeep_domain::{Email, Partner};
use appkeep_http::action::ManagePartners;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{Edit, Error, PartnerFields, PartnerUpdate, PartnerView, Registry};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Draft, Field, Form, Page, Part};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

pub(super) async fn new(_: Access<ManagePartners>, view: View) -> Response {
    view.page(&new_page(&view, &Draft::new()))
}

pub(super) async fn create(
    access: Access<ManagePartners>,
    view: View,
    State(registry): State<Registry>,
    posted: Posted,
) -> Result<Response, Problem> {
    let made = match fields(&posted) {
        Ok(fields) => {
            let fields = PartnerFields { slug: posted.filled("slug"), ..fields };
            registry.create_partner(&access.by, fields).await
        }
        Err(error) => Err(error),
    };
    match made {
        Ok(made) => Ok(view.go(&format!("{PATH}/{}", made.partner.id), Said::Made)),
        Err(error) => Ok(view.again(error, |error| new_page(&view, &Draft::refused(&posted, error)))),
    }
}

fn fields(posted: &Posted) -> Result<PartnerFields, Error> {
    Ok(PartnerFields {
        name: Some(posted.typed("name")),
        slug: None,
        contact_email: posted.edit("contact_email"),
        max_tenants: cap(posted, "max_tenants")?,
        max_users_per_tenant: cap(posted, "max_users_per_tenant")?,
        max_applications_per_tenant: cap(posted, "max_applications_per_tenant")?,
    })
}

/// Nothing typed is no cap.
fn cap(posted: &Posted, name: &str) -> Result<Edit<i64>, Error> {
    if posted.get(name).is_none() {
        return Ok(Edit::Keep);
    }
    Ok(posted.number(name)?.map_or(Edit::Clear, Edit::Set))
}

fn new_page(view: &View, draft: &Draft<'_>) -> Page {
    let mut fields = vec![
        Field::line(draft, ("name", "Name"), "").required(),
        Field::line(draft, ("slug", "Slug"), "").example("reseller").hint(
            "Small letters, digits and hyphens; fixed from then on. Made from the name when it is left out.",
        ),
        Field::typed(draft, ("contact_email", "Contact address"), ("email", "")),
    ];
    fields.extend(caps(draft, None));
    let form =
        Form::new(view.path("/partners/new"), "Make the partner").fields(draft, fields).back(view.path(PATH));
    Page::new("Make a partner").below("Partners", view.path(PATH)).with(Part::Form(form))
}

fn caps(draft: &Draft<'_>, stands: Option<&Partner>) -> [Field; 3] {
    let caps = stands.map(|partner| partner.caps).unwrap_or_default();
    let text = |cap: Option<u32>| cap.map(|cap| cap.to_string()).unwrap_or_default();
    let field = |named, cap, hint: &str| Field::typed(draft, named, ("number", &text(cap))).hint(hint);
    [
        field(("max_tenants", "Most tenants"), caps.max_tenants, "Those that are archived do not count."),
        field(
            ("max_users_per_tenant", "Most users of each tenant"),
            caps.max_users_per_tenant,
            "In the tenant's own directory.",
        ),
        field(
            ("max_applications_per_tenant", "Most applications of each tenant"),
            caps.max_applications_per_tenant,
            "As many as it likes where nothing is typed. A cap below what there is lets nothing more in, and \
             puts nothing out.",
        ),
    ]
}

pub(super) async fn edit(
    access: Access<ManagePartners>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let stands = registry.partner(&access.by, &id).await?;
    Ok(view.page(&edit_page(&view, &Draft::new(), &stands)))
}

pub(super) async fn save(
    access: Access<ManagePartners>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let saved = match update(&posted) {
        Ok(update) => registry.update_partner(&access.by, &id, update).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(saved) => Ok(view.go(&format!("{PATH}/{}", saved.partner.id), Said::Saved)),
        Err(error) => {
            let stands = registry.partner(&access.by, &id).await?;
            Ok(view.again(error, |error| edit_page(&view, &Draft::refused(&posted, error), &stands)))
        }
    }
}

fn update(posted: &Posted) -> Result<PartnerUpdate, Error> {
    Ok(PartnerUpdate { expected: posted.expected()?, fields: fields(posted)? })
}

fn edit_page(view: &View, draft: &Draft<'_>, stands: &PartnerView) -> Page {
    let partner = &stands.partner;
    let path = view.path(&format!("{PATH}/{}", partner.id));
    let contact = partner.contact_email.as_ref().map_or("", Email::as_str);
    let mut fields = vec![
        Field::line(draft, ("name", "Name"), partner.name.as_str()).required(),
        Field::typed(draft, ("contact_email", "Contact address"), ("email", contact)),
    ];
    fields.extend(caps(draft, Some(partner)));
    let form = Form::new(format!("{path}/edit"), "Save")
        .fields(draft, fields)
        .hidden(Posted::VERSION, partner.version.to_string())
        .back(path.clone());
    Page::new(format!("Edit {}", partner.name))
        .below("Partners", view.path(PATH))
        .below(partner.name.as_str(), path)
        .with(Part::Form(form))
}
