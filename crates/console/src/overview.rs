//! `/`: what needs attention, and on a new server the way to a first token.

use appkeep_domain::{Action as Doing, Application, AuditEntry, Lifetime, Timestamp};
use appkeep_http::action::ReadApplication;
use appkeep_http::{Access, AppState, Problem};
use appkeep_service::{
    ApplicationQuery, ApplicationView, AuditQuery, By, CredentialView, EndsSoon, Error, ErrorCode, PageQuery,
    Pool, Registry,
};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use crate::applications::{credentials, name_of, token_command, token_step, told_of, told_of_secret};
use crate::kit::{Action, Badge, Cell, Column, Empty, Facts, Notice, Page, Part, Row, Section, Step, Table};
use crate::view::View;

/// How many applications are looked at for one that got a token.
const LOOKED_AT: usize = 8;
/// How many of each are shown.
const SHOWN: usize = 5;
/// How many of the newest changes are shown.
const CHANGES: i64 = 8;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/", get(show))
}

/// What is found out for the page, each with a bounded look.
struct Found {
    /// The newest, without this console.
    newest: Vec<Application>,
    /// Whether there are others.
    is_all: bool,
    disabled: Vec<Application>,
    /// Of the tenant; nothing for whoever may not know of it.
    ending: Option<EndsSoon>,
    /// Of some, all that is known.
    known: Vec<(ApplicationView, Vec<CredentialView>)>,
    /// Of the tenant; nothing for whoever may not know of them.
    users: Option<u64>,
    changes: Option<Vec<AuditEntry>>,
    now: Timestamp,
}

async fn show(
    access: Access<ReadApplication>,
    view: View,
    State(state): State<AppState>,
) -> Result<Response, Problem> {
    let found = Found::read(&state, &access.by, &view).await?;
    let mut page = Page::new("Overview").lead(view.tenant_name());
    let steps = steps(&view, &found);
    let is_begun = found.has_people() || steps.iter().all(|step| step.is_done);
    if view.may_ever(Doing::CreateApplication) && !is_begun {
        let lead = "From an empty server to a token that your API can check, in a few minutes.";
        page = page.with(Part::Section(Section::new("The first token").lead(lead).with(Part::Steps(steps))));
    }
    if !found.newest.is_empty() {
        page = attention(&view, &found).into_iter().fold(page, Page::with);
    }
    page = page.with(Part::Facts(facts(&found)));
    if !found.newest.is_empty() {
        page = page.with(Part::Section(newest(&view, &found)));
    }
    if let Some(changes) = &found.changes {
        page = page.with(Part::Section(last_changes(&view, changes)));
    }
    Ok(view.page(&page))
}

impl Found {
    async fn read(state: &AppState, by: &By, view: &View) -> Result<Self, Error> {
        let registry = &state.registry;
        let console = registry.ensure_console(state.authority.issuer()).await?;
        let page = registry.applications(by, ApplicationQuery::default()).await?;
        let is_all = page.next_cursor.is_none();
        let newest: Vec<_> = page.items.into_iter().filter(|one| one.id.to_string() != console).collect();
        let query = ApplicationQuery {
            page: PageQuery { limit: i64::try_from(SHOWN).ok(), cursor: None },
            state: Some("disabled".to_owned()),
            ..ApplicationQuery::default()
        };
        let disabled = registry.applications(by, query).await?.items;
        let may_know = view.may(Doing::ReadApplication);
        let ending = if may_know { Some(registry.what_ends_soon(by).await?) } else { None };
        let users = if view.may(Doing::ReadUsers) {
            Some(registry.count_users(by, Pool::Tenant).await?)
        } else {
            None
        };
        let changes = if view.may(Doing::ReadAudit) { Some(changes(registry, by).await?) } else { None };
        let known = known(registry, by, &newest).await?;
        let now = state.clock.now();
        Ok(Self { newest, is_all, disabled, ending, known, users, changes, now })
    }

    /// The one that the way to a first token is about: one that got one, or else
    /// the newest that could. What manages the registry is there from the start.
    fn of_steps(&self) -> Option<&(ApplicationView, Vec<CredentialView>)> {
        let mut able =
            self.known.iter().filter(|(shown, _)| shown.application.management_scopes().is_empty());
        let first = able.clone().next();
        able.find(|(_, credentials)| is_used(credentials)).or(first)
    }

    /// Whether people sign in to something already.
    fn has_people(&self) -> bool {
        let mut oauth = self.newest.iter().filter_map(|one| one.oauth.as_ref());
        oauth.any(|oauth| !oauth.redirect_uris.is_empty())
    }
}

fn is_used(credentials: &[CredentialView]) -> bool {
    credentials.iter().any(|one| one.credential.used.is_some())
}

async fn known(
    registry: &Registry,
    by: &By,
    newest: &[Application],
) -> Result<Vec<(ApplicationView, Vec<CredentialView>)>, Error> {
    let mut known = Vec::new();
    for application in newest.iter().filter(|one| one.has_client_secret()).take(LOOKED_AT) {
        match registry.application(by, &application.id.to_string()).await {
            Ok(shown) => {
                let credentials = credentials(registry, by, &shown).await?;
                known.push((shown, credentials));
            }
            // It was deleted meanwhile.
            Err(error) if error.code() == ErrorCode::AppNotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(known)
}

async fn changes(registry: &Registry, by: &By) -> Result<Vec<AuditEntry>, Error> {
    let page = PageQuery { limit: Some(CHANGES), cursor: None };
    Ok(registry.audit_entries(by, AuditQuery { page, ..AuditQuery::default() }).await?.items)
}

/// From an empty server to a first token.
fn steps(view: &View, found: &Found) -> Vec<Step> {
    let one = found.of_steps();
    let application = one.map(|(shown, _)| &shown.application);
    let may_ask = application.and_then(|one| one.oauth.as_ref()).is_some_and(|oauth| {
        !oauth.allowed_scopes.is_empty() || oauth.audience.is_some() || !oauth.allowed_resources.is_empty()
    });
    let has_token = one.is_some_and(|(_, credentials)| is_used(credentials));
    let register = Action::go("Register an application", view.path("/applications/new/m2m")).main();
    let oauth = application.map(|one| view.path(&format!("/applications/{}/oauth", one.id)));
    let token = application.and_then(|one| token_step(view, one, has_token));
    vec![
        Step {
            title: "Register an application that speaks for itself".to_owned(),
            sentence:
                "It gets a client id, and a secret that is shown once. Give it the audience of your API."
                    .to_owned(),
            is_done: application.is_some(),
            action: application.is_none().then_some(register),
            code: None,
        },
        Step {
            title: "Say what it may ask for".to_owned(),
            sentence: "An audience of its own, other APIs, or scopes.".to_owned(),
            is_done: may_ask || has_token,
            action: oauth.filter(|_| !may_ask).map(|path| Action::go("To its OAuth settings", path)),
            code: None,
        },
        token.unwrap_or_else(|| Step {
            title: "Get its first token".to_owned(),
            sentence: "Put in its client id and its secret, or keep them in variables of these names."
                .to_owned(),
            is_done: has_token,
            action: None,
            code: Some(token_command(view.issuer())),
        }),
        Step {
            title: "Check it where your API is".to_owned(),
            sentence:
                "Any JWT library does so by the keys that are published here; look at the issuer and the \
                       audience too."
                    .to_owned(),
            is_done: has_token,
            action: None,
            code: Some(format!("curl -sS {}/.well-known/jwks.json", view.issuer())),
        },
    ]
}

/// Which applications somebody should look at, and why.
fn attention(view: &View, found: &Found) -> Option<Part> {
    let now = found.now;
    let ending = found.ending.iter();
    let of_secrets = ending.clone().flat_map(|ending| &ending.secrets).filter_map(|one| {
        let path = view.path(&format!("/applications/{}", one.application));
        told_of_secret(&one.secret, now).map(|told| (Cell::link(one.name.as_str(), path), told))
    });
    let of_ends = ending
        .flat_map(|ending| &ending.applications)
        .filter_map(|one| told_of(one, now).map(|told| (link(view, one), told)));
    let disabled = found.disabled.iter().map(|one| (link(view, one), "It is disabled.".to_owned()));
    let rows: Vec<_> = of_secrets
        .chain(of_ends)
        .chain(disabled)
        .map(|(application, told)| Row::new(vec![application, Cell::text(told)]))
        .collect();
    if rows.is_empty() {
        let days = Registry::ENDS_SOON.as_seconds() / Lifetime::from_days(1).as_seconds();
        let said =
            format!("No application of the tenant, and no secret of one, ends in the next {days} days.");
        return found.ending.is_some().then(|| Part::Notice(Notice::new(Badge::Good, said)));
    }
    let table = Table::new("Needs attention", Column::all(&["Application", "Why"]), rows);
    Some(Part::Section(Section::new("Needs attention").with(Part::Table(table))))
}

fn facts(found: &Found) -> Facts {
    let counted = found.newest.len();
    let applications = if found.is_all { counted.to_string() } else { format!("more than {counted}") };
    let facts = Facts::new().with("Applications", Cell::text(applications));
    match found.users {
        Some(users) => facts.with("Users of the tenant", Cell::Number(users)),
        None => facts,
    }
}

fn newest(view: &View, found: &Found) -> Section {
    let row = |one: &Application| {
        Row::new(vec![link(view, one), Cell::text(name_of(one.kind)), Cell::at(one.created_at)])
    };
    let rows = found.newest.iter().take(SHOWN).map(row).collect();
    let table = Table::new("Newest applications", Column::all(&["Name", "Type", "Created"]), rows);
    let all = Action::go("All applications", view.path("/applications"));
    Section::new("Newest applications").action(Some(all)).with(Part::Table(table))
}

fn last_changes(view: &View, changes: &[AuditEntry]) -> Section {
    let row = |entry: &AuditEntry| {
        Row::new(vec![
            Cell::at(entry.occurred_at),
            Cell::text(entry.action.as_str()),
            Cell::text(format!("{} {}", entry.actor.kind.as_str(), entry.actor.id)),
        ])
    };
    let rows = changes.iter().map(row).collect();
    let table = Table::new("Last changes", Column::all(&["When", "What", "Who"]), rows)
        .empty(Empty::new("Nothing was changed yet."));
    let all = Action::go("All of the history", view.path("/audit"));
    Section::new("Last changes").action(Some(all)).with(Part::Table(table))
}

fn link(view: &View, application: &Application) -> Cell {
    Cell::link(application.name.as_str(), view.path(&format!("/applications/{}", application.id)))
}
