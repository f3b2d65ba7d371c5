//! `/settings`: the name, tokens and secrets, and the vault.

use appkeep_domain::access::Deduplication;
use appkeep_domain::{Action as Doing, SigningAlgorithm, Tenant};
use appkeep_http::action::{ReadTenant, UpdateTenant};
use appkeep_http::{Access, Problem};
use appkeep_service::{Error, Registry, TenantUpdate};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use crate::kit::{Cell, Choice, Draft, Facts, Field, Form, Page, Part};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadTenant>,
    view: View,
    State(registry): State<Registry>,
) -> Result<Response, Problem> {
    let tenant = registry.tenant(&access.by).await?;
    if view.may(Doing::UpdateTenant) {
        return Ok(view.page(&form_page(&view, &Draft::new(), &tenant)));
    }
    let facts = known(&tenant)
        .with("Overlap of a rotation, in seconds", Cell::text(overlap(&tenant)))
        .with("Access tokens are signed by", Cell::text(tenant.access_token_signing_alg.as_str()))
        .with("Fingerprints of vault tokens", Cell::yes_or_no(tenant.vault.fingerprint_tokens))
        .with("One vault token of each fingerprint", Cell::yes_or_no(tenant.vault.deduplicate_tokens));
    Ok(view.page(&super::page(&view, "").with(Part::Facts(facts))))
}

pub(super) async fn save(
    access: Access<UpdateTenant>,
    view: View,
    State(registry): State<Registry>,
    posted: Posted,
) -> Result<Response, Problem> {
    let saved = match update(&posted) {
        Ok(update) => registry.update_tenant(&access.by, update).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(_) => Ok(view.go(PATH, Said::Saved)),
        Err(error) => {
            let tenant = registry.tenant(&access.by).await?;
            Ok(view.again(error, |error| form_page(&view, &Draft::refused(&posted, error), &tenant)))
        }
    }
}

fn update(posted: &Posted) -> Result<TenantUpdate, Error> {
    Ok(TenantUpdate {
        name: Some(posted.typed("name")),
        secret_rotation_overlap_s: posted.number("secret_rotation_overlap_s")?,
        access_token_signing_alg: posted.filled("access_token_signing_alg"),
        fingerprint_tokens: Some(posted.is_on("fingerprint_tokens")),
        deduplicate_tokens: Some(posted.is_on("deduplicate_tokens")),
        token_deduplication_behavior: posted.filled("token_deduplication_behavior"),
        expected: posted.expected()?,
        ..TenantUpdate::default()
    })
}

fn overlap(tenant: &Tenant) -> String {
    tenant.secret_rotation_overlap.as_seconds().to_string()
}

fn known(tenant: &Tenant) -> Facts {
    Facts::new()
        .with("Name", Cell::text(tenant.name.as_str()))
        .with("Id", Cell::code(tenant.id.to_string()))
        .with("Slug", Cell::code(tenant.slug.as_str()))
        .with("Status", crate::tenants::standing(tenant.status, tenant.archived_at))
}

fn form_page(view: &View, draft: &Draft<'_>, tenant: &Tenant) -> Page {
    let algorithms = SigningAlgorithm::ALL.map(|one| Choice::new(one.as_str(), one.as_str())).to_vec();
    let deduplication = vec![
        Choice::new(Deduplication::ReadExisting.as_str(), "The one that is there stays as it is"),
        Choice::new(Deduplication::UpdateExisting.as_str(), "The one that is there becomes what was sent"),
    ];
    let fields = vec![
        Field::line(draft, ("name", "Name"), tenant.name.as_str())
            .required()
            .hint("What its people see on the pages of a sign-in."),
        Field::typed(
            draft,
            ("secret_rotation_overlap_s", "Overlap of a rotation, in seconds"),
            ("number", &overlap(tenant)),
        )
        .required()
        .hint("How long a replaced client secret is accepted beside the new one: from 0 to 604800, which is 7 days."),
        Field::select(
            draft,
            ("access_token_signing_alg", "Access tokens are signed by"),
            (algorithms, tenant.access_token_signing_alg.as_str()),
        )
        .required()
        .hint("Unless an application has an algorithm of its own."),
        Field::check(
            draft,
            ("fingerprint_tokens", "Give each vault token a fingerprint"),
            tenant.vault.fingerprint_tokens,
        )
        .hint("Tokens of the same data have the same one."),
        Field::check(
            draft,
            ("deduplicate_tokens", "Keep one vault token of each type and fingerprint"),
            tenant.vault.deduplicate_tokens,
        ),
        Field::radio(
            draft,
            ("token_deduplication_behavior", "When one is sent that is there already"),
            (deduplication, tenant.vault.deduplication.as_str()),
        ),
    ];
    let form = Form::new(view.path(PATH), "Save")
        .fields(draft, fields)
        .hidden(Posted::VERSION, tenant.version.to_string());
    let facts = Facts::new()
        .with("Id", Cell::code(tenant.id.to_string()))
        .with("Slug", Cell::code(tenant.slug.as_str()));
    super::page(view, "").with(Part::Facts(facts)).with(Part::Form(form))
}
