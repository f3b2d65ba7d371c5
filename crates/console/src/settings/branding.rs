//! `/settings/branding`: how the pages look that the tenant's people see.

use appkeep_domain::{Action as Doing, Tenant};
use appkeep_http::action::{ReadTenant, UpdateTenant};
use appkeep_http::pages::{Colour, DonePage, FormsLead, Frame, Link, Mark, respond};
use appkeep_http::{Access, AppState, Problem};
use appkeep_service::{Error, Registry, TenantUpdate};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::kit::{Action, Cell, Draft, Facts, Field, Form, Page, Part};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

const PATH: &str = "/settings/branding";

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
        .with("Logo", Cell::maybe(tenant.logo_url.as_deref(), Cell::text))
        .with("Colour", Cell::maybe(tenant.colour, |colour| Cell::code(colour.to_string())));
    Ok(view.page(&page(&view).with(Part::Facts(facts))))
}

fn page(view: &View) -> Page {
    super::page(view, "/branding")
        .lead("On the pages where the tenant's people sign in. Its name is among the general settings.")
        .action(Some(Action::go("Preview", view.path("/settings/branding/preview"))))
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
        logo_url: posted.edit("logo_url"),
        colour: posted.edit("colour"),
        expected: posted.expected()?,
        ..TenantUpdate::default()
    })
}

fn form_page(view: &View, draft: &Draft<'_>, tenant: &Tenant) -> Page {
    let colour = tenant.colour.map(|colour| colour.to_string()).unwrap_or_default();
    let logo = tenant.logo_url.as_deref().unwrap_or_default();
    let fields = vec![
        Field::typed(draft, ("logo_url", "Logo"), ("url", logo))
            .example("https://acme.example/logo.svg")
            .hint("The address of a picture, which begins with https. The first letter of the name stands in its place."),
        Field::line(draft, ("colour", "Colour"), &colour).example("#1a73e8").hint(
            "`#` and six hexadecimal digits. Where it could not be read, a shade of it is taken that can.",
        ),
    ];
    let form = Form::new(view.path(PATH), "Save")
        .fields(draft, fields)
        .hidden(Posted::VERSION, tenant.version.to_string());
    page(view).with(Part::Form(form))
}

/// A page as its people see it, by the same style sheets.
pub(super) async fn preview(
    access: Access<ReadTenant>,
    view: View,
    State(state): State<AppState>,
) -> Result<Response, Problem> {
    let tenant = state.registry.tenant(&access.by).await?;
    let page = DonePage {
        frame: Frame {
            tenant: Mark { name: tenant.name.to_string(), logo: tenant.logo_url.clone() },
            colour: tenant.colour.and_then(|colour| Colour::parse(&colour.to_string())),
        },
        title: "This is how your pages look".to_owned(),
        sentence:
            "Whoever signs in to an application of this tenant sees its name, its logo and its colour like \
                   this."
                .to_owned(),
        next: Some(Link { words: "Back to the settings".to_owned(), url: view.path(PATH) }),
    };
    Ok(respond(StatusCode::OK, &page, &state.site, FormsLead::ToUs))
}
