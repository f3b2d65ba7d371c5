//! `/tenants/{id}/transfer`: a tenant changes hands.

use appkeep_domain::Tenant;
use appkeep_http::action::ManageTenants;
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::Registry;
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Badge, Choice, Draft, Field, Form, Notice, Page, Part};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

pub(super) async fn ask(
    access: Access<ManageTenants>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let tenant = registry.tenant_by_id(&access.by, &id).await?;
    let partners = super::partners(&access.by, &registry).await?;
    Ok(view.page(&page(&view, &Draft::new(), (&tenant, partners.as_deref()))))
}

pub(super) async fn send(
    access: Access<ManageTenants>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    match registry.transfer_tenant(&access.by, &id, posted.filled("partner_id")).await {
        Ok(tenant) => Ok(view.go(&format!("{PATH}/{}", tenant.id), Said::Transferred)),
        Err(error) => {
            let tenant = registry.tenant_by_id(&access.by, &id).await?;
            let partners = super::partners(&access.by, &registry).await?;
            let again =
                |error: &_| page(&view, &Draft::refused(&posted, error), (&tenant, partners.as_deref()));
            Ok(view.again(error, again))
        }
    }
}

fn page(view: &View, draft: &Draft<'_>, (tenant, partners): (&Tenant, Option<&[Choice]>)) -> Page {
    let path = view.path(&format!("{PATH}/{}", tenant.id));
    let stands = tenant.partner.map(|id| id.to_string()).unwrap_or_default();
    let named = ("partner_id", "New partner");
    let partner = match partners {
        Some(choices) => Field::select(draft, named, (choices.to_vec(), &stands)).required(),
        None => Field::line(draft, named, &stands)
            .example("prt_…")
            .hint("Its id. Without one the tenant is the platform's own."),
    };
    let form = Form::new(format!("{path}/transfer"), "Transfer the tenant")
        .fields(draft, vec![partner])
        .danger()
        .back(path.clone());
    let told = "Whoever runs the partner before sees the tenant no more, and whoever runs the new one does, within \
                a second. What the tenant's people have with applications of the partner before ends: sessions and \
                the tokens of them. The tenant keeps its address, its keys, its applications and its users. One that \
                has more than the new partner's caps allow keeps it, and cannot grow.";
    Page::new(format!("Transfer {}", tenant.name))
        .below("Tenants", view.path(PATH))
        .below(tenant.name.as_str(), path)
        .with(Part::Notice(Notice::new(Badge::Warning, told)))
        .with(Part::Form(form))
}
