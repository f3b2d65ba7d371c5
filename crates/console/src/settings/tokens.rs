//! `/settings/registration/tokens`: initial access tokens (RFC 7591 §3), which let
//! applications register themselves.

use appkeep_domain::registration::RegistrationToken;
use appkeep_domain::{Action as Doing, Name};
use appkeep_http::action::{ReadTenant, UpdateTenant};
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{Error, MadeRegistrationToken, PageQuery, RegistrationTokenFields, Registry};
use axum::extract::State;
use axum::response::Response;

use crate::kit::{Action, Cell, Column, Draft, Empty, Field, Form, Page, Part, Row, Secret, Table};
use crate::posted::{Asked, Posted};
use crate::said::Said;
use crate::view::View;

const PATH: &str = "/settings/registration/tokens";
const NEW: &str = "/settings/registration/tokens/new";

pub(super) async fn show(
    access: Access<ReadTenant>,
    view: View,
    State(registry): State<Registry>,
    asked: Asked,
) -> Result<Response, Problem> {
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let found = registry.registration_tokens(&access.by, page).await?;
    let path = view.path(PATH);
    let rows = found.items.iter().map(|token| row(&view, token)).collect();
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let make = view.may(Doing::UpdateTenant).then(|| Action::go("Make a token", view.path(NEW)).main());
    let columns = Column::all(&["Name", "Token", "Used", "Made", "Good until", "Actions"]);
    let table = Table::new("Registration tokens", columns, rows)
        .empty(Empty::new("There is no registration token.").doing(make.clone()))
        .parts(more, beginning);
    let page = super::page(&view, "/registration/tokens")
        .lead(
            "Whoever is handed one registers as many applications as it is good for, until its time is over.",
        )
        .action(make)
        .with(Part::Table(table));
    Ok(view.page(&page))
}

fn row(view: &View, token: &RegistrationToken) -> Row {
    let ends = format!("…{}", token.last_four);
    let revoke = view.may(Doing::UpdateTenant).then(|| {
        let question = "Revoke this token? It lets in nobody from then on; those whom it did stay.";
        Action::send("Revoke", view.path(&format!("{PATH}/{}/revoke", token.id)))
            .about(ends.clone())
            .danger()
            .asking(question)
    });
    Row::new(vec![
        Cell::maybe(token.name.as_ref().map(Name::as_str), Cell::text),
        Cell::text(ends),
        Cell::text(format!("{} of {}", token.uses, token.max_uses)),
        Cell::at(token.created_at),
        Cell::at(token.expires_at),
        revoke.map_or(Cell::Nothing, |revoke| Cell::Actions(vec![revoke])),
    ])
}

pub(super) async fn new(_: Access<UpdateTenant>, view: View) -> Response {
    view.page(&new_page(&view, &Draft::new()))
}

pub(super) async fn create(
    access: Access<UpdateTenant>,
    view: View,
    State(registry): State<Registry>,
    posted: Posted,
) -> Result<Response, Problem> {
    let made = match fields(&posted) {
        Ok(fields) => registry.create_registration_token(&access.by, fields).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(made) => Ok(view.page(&made_page(&view, &made))),
        Err(error) => Ok(view.again(error, |error| new_page(&view, &Draft::refused(&posted, error)))),
    }
}

fn fields(posted: &Posted) -> Result<RegistrationTokenFields, Error> {
    Ok(RegistrationTokenFields {
        name: posted.filled("name"),
        max_uses: posted.number("max_uses")?,
        expires_at: posted.moment("expires_at"),
    })
}

fn new_page(view: &View, draft: &Draft<'_>) -> Page {
    let uses = format!("From 1 to {}; one when nothing is typed.", RegistrationToken::MAX_USES);
    let fields = vec![
        Field::line(draft, ("name", "Name"), "").hint("For whom or for what it is."),
        Field::typed(draft, ("max_uses", "How many applications it lets in"), ("number", "")).hint(uses),
        Field::typed(draft, ("expires_at", "Good until"), ("datetime-local", ""))
            .hint("Within a year; a week from now when nothing is chosen."),
    ];
    let form = Form::new(view.path(NEW), "Make the token").fields(draft, fields).back(view.path(PATH));
    Page::new("Make a registration token")
        .below("Settings", view.path(super::PATH))
        .below("Registration tokens", view.path(PATH))
        .lead("It is shown on the page that comes next, this one time.")
        .with(Part::Form(form))
}

fn made_page(view: &View, made: &MadeRegistrationToken) -> Page {
    let endpoint = format!("{}/oauth2/register", view.issuer());
    let secret = Secret {
        title: "The registration token".to_owned(),
        sentence: "Copy it now, or download it: it is shown this one time, and kept nowhere.".to_owned(),
        values: vec![
            ("registration_endpoint".to_owned(), endpoint),
            ("initial_access_token".to_owned(), made.secret.expose().to_owned()),
        ],
        file: format!("{}.txt", made.token.id),
    };
    Page::new("A registration token was made")
        .below("Settings", view.path(super::PATH))
        .below("Registration tokens", view.path(PATH))
        .with(Part::Secret(secret))
        .with(Part::Actions(vec![Action::go("Done", view.path(PATH)).main()]))
}

pub(super) async fn revoke(
    access: Access<UpdateTenant>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    registry.revoke_registration_token(&access.by, &id).await?;
    Ok(view.go(PATH, Said::Revoked))
}
