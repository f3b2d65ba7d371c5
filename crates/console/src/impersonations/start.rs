//! Somebody begins to act as a user, with a reason and for a while.

use appkeep_domain::{Environment, Impersonation, UserPool};
use appkeep_http::action::Impersonate;
use appkeep_http::{Access, AppState, Device, Problem, Segment};
use appkeep_service::{
    ApplicationView, By, Error, ErrorCode, ImpersonationFields, Pool, Registry, StartedImpersonation,
    UserView,
};
use axum::extract::State;
use axum::response::Response;

use super::path;
use crate::kit::{Action, Cell, Choice, Draft, Facts, Field, Form, Page, Part, Secret};
use crate::posted::{Asked, Posted};
use crate::view::View;

/// Whom somebody is to act as, and with what.
struct Intended {
    shown: ApplicationView,
    user: UserView,
}

impl Intended {
    /// An application's own people are looked for in both of its environments.
    async fn of((by, registry): (&By, &Registry), id: &str, user: &str) -> Result<Self, Error> {
        let shown = registry.application(by, id).await?;
        let pool = |environment| Pool::Application(shown.application.id, environment);
        let user = match shown.application.user_pool {
            UserPool::Tenant => registry.user(by, Pool::Tenant, user).await?,
            UserPool::Application => match registry.user(by, pool(Environment::Live), user).await {
                Err(error) if error.code() == ErrorCode::UserNotFound => {
                    registry.user(by, pool(Environment::Test), user).await?
                }
                found => found?,
            },
        };
        Ok(Self { shown, user })
    }

    fn page(&self, view: &View, title: &str) -> Page {
        let application = &self.shown.application;
        let id = application.id.to_string();
        Page::new(title)
            .below("Applications", view.path("/applications"))
            .below(application.name.as_str(), view.path(&format!("/applications/{id}")))
            .below("Impersonations", view.path(&path(&id)))
    }

    fn form(&self, view: &View, draft: &Draft<'_>) -> Page {
        let here = path(&self.shown.application.id.to_string());
        let email = self.user.user.email.as_str();
        let minutes = [(5, "5 minutes"), (15, "15 minutes"), (30, "30 minutes"), (60, "An hour")];
        let choices =
            minutes.into_iter().map(|(minutes, words)| Choice::new((minutes * 60).to_string(), words));
        let usual = Impersonation::USUAL.as_seconds().to_string();
        let fields = vec![
            Field::line(draft, ("reason", "Reason"), "")
                .hint("Why you do it, such as the number of a ticket. It is kept, and shown to who may ask.")
                .required(),
            Field::select(draft, ("duration_s", "For how long"), (choices.collect(), &usual)),
        ];
        let form = Form::new(view.path(&format!("{here}/new")), "Begin")
            .fields(draft, fields)
            .hidden("user_id", self.user.user.id.to_string())
            .back(view.path(&here));
        let lead = format!(
            "You get a token with which {} takes you for {email}. It names both of you, it changes nothing about \
             their account, and it is refused everywhere once this is over.",
            self.shown.application.name
        );
        self.page(view, &format!("Act as {email}")).lead(lead).with(Part::Form(form))
    }

    /// The token is shown this one time.
    fn begun(&self, view: &View, started: StartedImpersonation) -> Page {
        let StartedImpersonation { view: begun, token } = started;
        let here = view.path(&path(&self.shown.application.id.to_string()));
        let secret = Secret {
            title: "Access token".to_owned(),
            sentence: "Copy it now: it is shown this one time, and there is no other way to get one."
                .to_owned(),
            values: vec![
                ("access_token".to_owned(), token.access_token),
                ("token_type".to_owned(), "Bearer".to_owned()),
                ("scope".to_owned(), token.scope.to_string()),
            ],
            file: "impersonation.env".to_owned(),
        };
        let facts = Facts::new()
            .with("As whom", Cell::text(self.user.user.email.as_str()))
            .with("With", Cell::text(self.shown.application.name.as_str()))
            .with("Why", Cell::text(begun.impersonation.reason.as_str()))
            .with("Until", Cell::at(begun.impersonation.expires_at))
            .with("Id", Cell::code(begun.impersonation.id.to_string()));
        let end =
            Action::send("End it", format!("{here}/end")).with("id", begun.impersonation.id.to_string());
        self.page(view, "You act as somebody else")
            .action(Some(end.danger()))
            .with(Part::Secret(secret))
            .with(Part::Facts(facts))
            .with(Part::Actions(vec![Action::go("Who acts as whom", here)]))
    }
}

pub(super) async fn show(
    access: Access<Impersonate>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let intended = Intended::of((&access.by, &registry), &id, &asked.text("user_id")).await?;
    Ok(view.page(&intended.form(&view, &Draft::new())))
}

pub(super) async fn start(
    access: Access<Impersonate>,
    view: View,
    State(state): State<AppState>,
    (Segment(id), Device(device)): (Segment, Device),
    posted: Posted,
) -> Result<Response, Problem> {
    let intended = Intended::of((&access.by, &state.registry), &id, posted.text("user_id")).await?;
    let started = match posted.number("duration_s") {
        Ok(duration_s) => {
            let (user, reason) = (intended.user.user.id.to_string(), posted.typed("reason"));
            let fields = ImpersonationFields { user, reason, duration_s, user_agent: device.user_agent };
            state.authority.impersonate(&access.by, &id, fields).await
        }
        Err(error) => Err(error),
    };
    match started {
        Ok(started) => Ok(view.page(&intended.begun(&view, started))),
        Err(error) => Ok(view.again(error, |error| intended.form(&view, &Draft::refused(&posted, error)))),
    }
}
