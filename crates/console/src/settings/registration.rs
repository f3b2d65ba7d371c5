//! `/settings/registration`: whether applications may register themselves.

use appkeep_domain::registration::{RegistrationMode, RegistrationSettings};
use appkeep_domain::{Action as Doing, Tenant};
use appkeep_http::action::{ReadTenant, UpdateTenant};
use appkeep_http::{Access, Problem};
use appkeep_service::{Error, Registry, TenantUpdate};
use axum::extract::State;
use axum::response::Response;

use crate::kit::{Cell, Choice, Draft, Facts, Field, Form, Page, Part};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

const PATH: &str = "/settings/registration";

pub(super) async fn show(
    access: Access<ReadTenant>,
    view: View,
    State(registry): State<Registry>,
) -> Result<Response, Problem> {
    let tenant = registry.tenant(&access.by).await?;
    if view.may(Doing::UpdateTenant) {
        return Ok(view.page(&form_page(&view, &Draft::new(), &tenant)));
    }
    let facts = Facts::new()
        .with("Who may register an application", Cell::text(words(tenant.registration.mode).0))
        .with("Unused ones are kept, in seconds", Cell::text(kept(&tenant)));
    Ok(view.page(&page(&view).with(Part::Facts(facts))))
}

fn page(view: &View) -> Page {
    super::page(view, "/registration").lead(
        "Applications can make themselves known by RFC 7591, such as an agent that meets this server for the first \
         time. What they can be is less than what the tenant's own people can make.",
    )
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
        client_registration: posted.filled("client_registration"),
        unused_registration_ttl_s: posted.number("unused_registration_ttl_s")?,
        expected: posted.expected()?,
        ..TenantUpdate::default()
    })
}

const fn words(mode: RegistrationMode) -> (&'static str, &'static str) {
    match mode {
        RegistrationMode::Closed => ("Nobody", "Those who administer the tenant register its applications."),
        RegistrationMode::Token => {
            ("Whoever has a registration token", "One that was made here, and handed over.")
        }
        RegistrationMode::Open => {
            ("Anybody", "Whoever reaches this server, without being asked who they are.")
        }
    }
}

fn kept(tenant: &Tenant) -> String {
    tenant.registration.unused_ttl.as_seconds().to_string()
}

fn form_page(view: &View, draft: &Draft<'_>, tenant: &Tenant) -> Page {
    let modes = RegistrationMode::ALL.map(|mode| {
        let (name, hint) = words(mode);
        Choice::new(mode.as_str(), name).hint(hint)
    });
    let (least, most) = (RegistrationSettings::MIN_UNUSED_TTL, RegistrationSettings::MAX_UNUSED_TTL);
    let ttl = format!(
        "One that never got a token is removed after that: from {} to {}.",
        least.as_seconds(),
        most.as_seconds()
    );
    let fields = vec![
        Field::radio(
            draft,
            ("client_registration", "Who may register an application"),
            (modes.to_vec(), tenant.registration.mode.as_str()),
        ),
        Field::typed(
            draft,
            ("unused_registration_ttl_s", "Unused ones are kept, in seconds"),
            ("number", &kept(tenant)),
        )
        .required()
        .hint(ttl),
    ];
    let form = Form::new(view.path(PATH), "Save")
        .fields(draft, fields)
        .hidden(Posted::VERSION, tenant.version.to_string());
    page(view).with(Part::Form(form))
}
