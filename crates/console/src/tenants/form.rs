//! Making a tenant, and changing what those above it decide.

use appkeep_domain::{Email, Tenant};
use appkeep_http::action::ManageTenants;
use appkeep_http::{Access, AppState, Problem, Segment};
use appkeep_service::{Error, Registry, TenantChange, TenantFields};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Choice, Draft, Field, Form, Page, Part};
use crate::posted::{Asked, Posted};
use crate::said::Said;
use crate::view::View;

pub(super) async fn new(
    access: Access<ManageTenants>,
    view: View,
    State(registry): State<Registry>,
    asked: Asked,
) -> Result<Response, Problem> {
    let partners = super::partners(&access.by, &registry).await?;
    let partner = asked.text("partner_id");
    Ok(view.page(&new_page(&view, &Draft::new(), (partners.as_deref(), &partner))))
}

pub(super) async fn create(
    access: Access<ManageTenants>,
    view: View,
    State(state): State<AppState>,
    posted: Posted,
) -> Result<Response, Problem> {
    let fields = TenantFields {
        name: posted.typed("name"),
        slug: posted.filled("slug"),
        partner: posted.filled("partner_id"),
        contact_email: posted.filled("contact_email"),
    };
    match state.authority.create_tenant(&state.registry, &access.by, fields).await {
        Ok(tenant) => Ok(view.go(&format!("{PATH}/{}", tenant.id), Said::Made)),
        Err(error) => {
            let partners = super::partners(&access.by, &state.registry).await?;
            let page =
                |error: &_| new_page(&view, &Draft::refused(&posted, error), (partners.as_deref(), ""));
            Ok(view.again(error, page))
        }
    }
}

fn new_page(view: &View, draft: &Draft<'_>, (partners, chosen): (Option<&[Choice]>, &str)) -> Page {
    let partner = ("partner_id", "Partner");
    let partner = match partners {
        Some(choices) => Field::select(draft, partner, (choices.to_vec(), chosen))
            .required()
            .hint("Who brings the tenant and looks after it. A transfer changes it later."),
        None => Field::line(draft, partner, chosen)
            .example("prt_…")
            .hint("The id of whoever brings the tenant. Without one it is the platform's own."),
    };
    let fields = vec![
        Field::line(draft, ("name", "Name"), "")
            .required()
            .hint("What its people see on the pages of a sign-in."),
        Field::line(draft, ("slug", "Slug"), "").example("acme").hint(
            "Part of the address of its issuer, and fixed from then on: small letters, digits and hyphens. \
             Made from the name when it is left out.",
        ),
        partner,
        Field::typed(draft, ("contact_email", "Contact address"), ("email", "")),
    ];
    let form =
        Form::new(view.path("/tenants/new"), "Make the tenant").fields(draft, fields).back(view.path(PATH));
    Page::new("Make a tenant")
        .below("Tenants", view.path(PATH))
        .lead("It gets an issuer with keys of its own, and nothing of it is seen by any other tenant.")
        .with(Part::Form(form))
}

pub(super) async fn edit(
    access: Access<ManageTenants>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let tenant = registry.tenant_by_id(&access.by, &id).await?;
    Ok(view.page(&edit_page(&view, &Draft::new(), &tenant)))
}

pub(super) async fn save(
    access: Access<ManageTenants>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let saved = match change(&posted) {
        Ok(change) => registry.change_tenant(&access.by, &id, change).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(tenant) => Ok(view.go(&format!("{PATH}/{}", tenant.id), Said::Saved)),
        Err(error) => {
            let tenant = registry.tenant_by_id(&access.by, &id).await?;
            Ok(view.again(error, |error| edit_page(&view, &Draft::refused(&posted, error), &tenant)))
        }
    }
}

fn change(posted: &Posted) -> Result<TenantChange, Error> {
    Ok(TenantChange {
        name: Some(posted.typed("name")),
        contact_email: posted.edit("contact_email"),
        expected: posted.expected()?,
    })
}

fn edit_page(view: &View, draft: &Draft<'_>, tenant: &Tenant) -> Page {
    let path = view.path(&format!("{PATH}/{}", tenant.id));
    let contact = tenant.contact_email.as_ref().map_or("", Email::as_str);
    let fields = vec![
        Field::line(draft, ("name", "Name"), tenant.name.as_str()).required(),
        Field::typed(draft, ("contact_email", "Contact address"), ("email", contact)),
    ];
    let form = Form::new(format!("{path}/edit"), "Save")
        .fields(draft, fields)
        .hidden(Posted::VERSION, tenant.version.to_string())
        .back(path.clone());
    Page::new(format!("Edit {}", tenant.name))
        .below("Tenants", view.path(PATH))
        .below(tenant.name.as_str(), path)
        .lead("The slug is part of the address of its issuer, and cannot be changed.")
        .with(Part::Form(form))
}
