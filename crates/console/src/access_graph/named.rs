//! Whom and what the graph is asked for: by ids, or as people call them.

use appkeep_domain::integration::Integration;
use appkeep_domain::{Application, ApplicationId, IntegrationId, User, UserId, fold};
use appkeep_service::{
    AccessGraphQuery, ApplicationQuery, By, Error, ErrorCode, Fault, IntegrationQuery, Integrations,
    OwnerQuery, PageQuery, Pool, Registry, UserQuery,
};

use super::PATH;
use crate::kit::{Cell, Column, Row, Table};
use crate::posted::Asked;
use crate::view::View;

/// What a graph can be asked for.
pub(super) const FIELDS: [&str; 4] = ["application", "integration", "user", "limit"];
/// How many of those that hold a text are looked at.
const LOOKED_AT: i64 = 50;
/// From how many one is chosen.
const CHOICES: usize = 8;
/// No name is longer.
const MAX_TYPED: usize = 255;

/// What was asked for, with an id for each name.
#[derive(Default)]
pub(super) struct Named {
    query: AccessGraphQuery,
    faults: Vec<Fault>,
    /// Where several could be meant.
    choices: Vec<Choices>,
}

/// Those that could be meant in a field.
pub(super) struct Choices {
    field: &'static str,
    of: Vec<Fit>,
}

/// One that fits what was typed.
struct Fit {
    id: String,
    name: String,
    /// What tells it from another of the name.
    detail: String,
    /// Whether it is called so, and not only in part.
    is_exact: bool,
}

/// Who asks whom.
type Lists<'a> = (&'a By, &'a Registry, &'a Integrations);

impl Named {
    pub(super) async fn find(lists: Lists<'_>, asked: &Asked) -> Result<Self, Error> {
        let mut named = Self::default();
        let limit = asked.number("limit").unwrap_or_else(|error| {
            named.faults.extend_from_slice(error.faults());
            None
        });
        let application = match asked.get("application") {
            Some(typed) if ApplicationId::parse(&typed).is_err() => {
                let found = applications(lists, &typed).await?;
                named.choose("application", found)
            }
            id => id,
        };
        let integration = match asked.get("integration") {
            Some(typed) if IntegrationId::parse(&typed).is_err() => {
                let found = integrations(lists, &typed).await?;
                named.choose("integration", found)
            }
            id => id,
        };
        let user = match asked.get("user") {
            Some(typed) if UserId::parse(&typed).is_err() => {
                let found = users(lists, &typed).await?;
                named.choose("user", found)
            }
            id => id,
        };
        named.query = AccessGraphQuery { include_policy: true, application, integration, user, limit };
        Ok(named)
    }

    /// The query, if everything that was asked for is known.
    pub(super) fn settled(self) -> Result<AccessGraphQuery, (Error, Vec<Choices>)> {
        match Error::from_faults(self.faults) {
            Ok(()) => Ok(self.query),
            Err(error) => Err((error, self.choices)),
        }
    }

    /// The id of the one that fits; those that are called so go before those that
    /// are in part.
    fn choose(&mut self, field: &'static str, found: Vec<Fit>) -> Option<String> {
        let (exact, in_part): (Vec<Fit>, Vec<Fit>) = found.into_iter().partition(|fit| fit.is_exact);
        let mut fits = if exact.is_empty() { in_part } else { exact };
        let said = match fits.len() {
            0 if field == "user" => "nobody of this tenant is called so",
            0 => "nothing of this tenant is called so",
            1 => return fits.pop().map(|fit| fit.id),
            _ => "there are several that fit: choose one below, or type more",
        };
        self.faults.push(Fault::new(field, ErrorCode::InvalidField, said));
        fits.truncate(CHOICES);
        if !fits.is_empty() {
            self.choices.push(Choices { field, of: fits });
        }
        None
    }
}

impl Choices {
    /// Each leads to the graph with it.
    pub(super) fn table(&self, view: &View, asked: &Asked) -> Table {
        let path = view.path(PATH);
        let row = |fit: &Fit| {
            let href = asked.with(&path, (self.field, Some(fit.id.as_str())));
            Row::new(vec![Cell::link(&*fit.name, href), Cell::text(&*fit.detail)])
        };
        let (caption, title) = match self.field {
            "application" => ("Applications that fit", "Application"),
            "integration" => ("Integrations that fit", "Integration"),
            _ => ("Users that fit", "User"),
        };
        Table::new(caption, Column::all(&[title, "Known by"]), self.of.iter().map(row).collect())
    }
}

/// An id that is nobody's is at fault like a name that is.
pub(super) fn beside_its_field(error: Error) -> Error {
    let (field, said) = match error.code() {
        ErrorCode::AppNotFound => ("application", "there is no such application in this tenant"),
        ErrorCode::IntegrationNotFound => ("integration", "there is no such integration in this tenant"),
        ErrorCode::UserNotFound => ("user", "there is no such user in this tenant"),
        _ => return error,
    };
    Error::invalid(Fault::new(field, ErrorCode::InvalidField, said))
}

const fn first() -> PageQuery {
    PageQuery { limit: Some(LOOKED_AT), cursor: None }
}

/// By its slug, or by its name.
async fn applications((by, registry, _): Lists<'_>, typed: &str) -> Result<Vec<Fit>, Error> {
    let folded = fold(typed);
    let fit = |application: &Application, is_exact: bool| Fit {
        id: application.id.to_string(),
        name: application.name.to_string(),
        detail: application.slug.to_string(),
        is_exact,
    };
    if let Some(application) = registry.application_with_slug(by, typed).await? {
        return Ok(vec![fit(&application, true)]);
    }
    if is_no_name(typed) {
        return Ok(Vec::new());
    }
    let of = OwnerQuery { tenant: Some(by.tenant.to_string()), ..OwnerQuery::default() };
    let query =
        ApplicationQuery { page: first(), of, text: Some(typed.to_owned()), ..ApplicationQuery::default() };
    let found = registry.applications(by, query).await?.items;
    Ok(found.iter().map(|one| fit(one, fold(one.name.as_str()) == folded)).collect())
}

async fn integrations((by, _, integrations): Lists<'_>, typed: &str) -> Result<Vec<Fit>, Error> {
    if is_no_name(typed) {
        return Ok(Vec::new());
    }
    let folded = fold(typed);
    let query =
        IntegrationQuery { page: first(), text: Some(typed.to_owned()), ..IntegrationQuery::default() };
    let found = integrations.list(by, query).await?.items;
    let fit = |one: &Integration| Fit {
        id: one.id.to_string(),
        name: one.name.to_string(),
        detail: one.url.to_string(),
        is_exact: fold(one.name.as_str()) == folded,
    };
    Ok(found.iter().map(fit).collect())
}

/// By their address, their user name or their name.
async fn users((by, registry, _): Lists<'_>, typed: &str) -> Result<Vec<Fit>, Error> {
    if is_no_name(typed) {
        return Ok(Vec::new());
    }
    let folded = fold(typed);
    let query = UserQuery { page: first(), text: Some(typed.to_owned()), ..UserQuery::default() };
    let found = registry.users(by, Pool::Tenant, query).await?.items;
    let fit = |user: &User| Fit {
        id: user.id.to_string(),
        name: user.name.as_ref().map_or_else(|| user.email.as_str().to_owned(), ToString::to_string),
        detail: user.email.as_str().to_owned(),
        is_exact: user.search_text().lines().any(|line| line == folded),
    };
    Ok(found.iter().map(fit).collect())
}

fn is_no_name(typed: &str) -> bool {
    typed.chars().count() > MAX_TYPED
}
