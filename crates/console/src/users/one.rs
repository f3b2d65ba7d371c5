//! One user: who it is, and where they are signed in.

use appkeep_domain::{Action as Doing, UserStatus};
use appkeep_http::action::{ReadSessions, ReadUsers};
use appkeep_http::{Access, Problem};
use appkeep_service::{By, PageQuery, Pool, Registry, SessionQuery, SessionView, UserSessionQuery, UserView};
use axum::extract::State;
use axum::response::Response;

use super::facts;
use super::scene::{Scene, UserTab, Whose, look};
use crate::kit::{Action, Cell, Empty, Part, Section, Table};
use crate::posted::Asked;
use crate::sessions::{Named, columns, ending, filter, row};
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadUsers>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    let may_manage = scene.may(&view, Doing::ManageUsers);
    let to = |below: &str| view.path(&scene.whose.of_user(below));
    let mut page = scene
        .user_page(&view, &user, UserTab::Overview)
        .action(may_manage.then(|| Action::go("Edit", to("/edit")).main()))
        .action(act(&view, &scene))
        .action(acted(&view, &scene))
        .with(Part::Facts(facts::person(&scene, &user.user)))
        .with(Part::Section(sign_in(&view, &scene, &user)));
    if may_manage {
        page = page.with(Part::Section(danger(&view, &scene, &user)));
    }
    Ok(view.page(&page))
}

/// Leads to acting as them, for whoever may.
fn act(view: &View, scene: &Scene) -> Option<Action> {
    let path = match scene.whose.pool {
        Pool::Tenant => scene.whose.of_user("/act-as"),
        Pool::Application(id, _) => {
            format!("/applications/{id}/impersonations/new?user_id={}", scene.whose.user)
        }
    };
    scene.may(view, Doing::Impersonate).then(|| Action::go("Act as this user …", view.path(&path)))
}

/// Leads to who did, where one application says so; others do on a page of theirs.
fn acted(view: &View, scene: &Scene) -> Option<Action> {
    let Pool::Application(id, _) = scene.whose.pool else { return None };
    let path = format!("/applications/{id}/impersonations?user_id={}", scene.whose.user);
    scene.may(view, Doing::ReadImpersonations).then(|| Action::go("Who acted as them", view.path(&path)))
}

fn sign_in(view: &View, scene: &Scene, user: &UserView) -> Section {
    let section = Section::new("Signing in").with(Part::Facts(facts::sign_in(user)));
    if !scene.may(view, Doing::ManageUsers) {
        return section;
    }
    let to = |below: &str| view.path(&scene.whose.of_user(below));
    let mut actions = vec![Action::go("Set a password …", to("/password"))];
    if scene.whose.is_of_tenant() && user.user.status != UserStatus::Suspended {
        let mail = |label: &str, purpose: &str| Action::send(label, to("/mail")).with("purpose", purpose);
        actions.push(mail("Mail a link to a new password", "reset_password"));
        if user.user.email_verified_at.is_none() {
            actions.push(mail("Mail a link that verifies the address", "verify_email"));
        }
    }
    if user.failed_sign_ins > 0 || user.locked_until.is_some() {
        actions.push(Action::send("Unlock", to("/unlock")));
    }
    if user.password_changed_at.is_some() {
        let question = "No password lets them in any more, and they are signed out everywhere. Remove it?";
        let remove = Action::send("Remove the password", to("/password/remove"));
        actions.push(remove.danger().asking(question));
    }
    if user.mfa_enabled {
        let question = "They sign in by their password alone from now on. Remove the second factor?";
        let remove = Action::send("Remove the second factor", to("/second-factor/remove"));
        actions.push(remove.danger().asking(question));
    }
    section.with(Part::Actions(actions))
}

fn danger(view: &View, scene: &Scene, user: &UserView) -> Section {
    let to = |below: &str| view.path(&scene.whose.of_user(below));
    let change = if user.user.status == UserStatus::Suspended {
        Action::send("Let them in again", to("/reactivate"))
    } else {
        let question = "They are signed out everywhere, and let in nowhere. Suspend them?";
        Action::send("Suspend", to("/suspend")).danger().asking(question)
    };
    Section::new("Danger zone")
        .lead("Who is suspended keeps everything and is let in nowhere; who is deleted is gone for good.")
        .with(Part::Actions(vec![change, Action::go("Delete …", to("/delete")).danger()]))
        .danger()
}

/// `/sessions` below a user.
pub(super) async fn sessions(
    access: Access<ReadSessions>,
    view: View,
    State(registry): State<Registry>,
    whose: Whose,
    asked: Asked,
) -> Result<Response, Problem> {
    let (scene, user) = look(whose, (&access.by, &registry)).await?;
    let (found, next) = sessions_of(&scene, (&access.by, &registry), &asked).await?;
    let ids: Vec<_> = found.iter().map(|shown| shown.session.application).collect();
    let names = registry.application_names(&access.by, &ids).await?;
    let ends = scene.may(&view, Doing::EndSessions).then(|| view.path(&scene.whose.of_user("/sessions/end")));
    let rows = found.iter().map(|shown| {
        let id = shown.session.application;
        let name = names.get(&id).map_or_else(|| id.to_string(), ToString::to_string);
        let with = Named { words: name, href: Some(view.path(&format!("/applications/{id}"))) };
        row(&view, shown, with, ends.as_deref())
    });
    let path = view.path(&scene.whose.bare(&format!("/{}/sessions", scene.whose.user)));
    let more = next.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let table = Table::new("Sessions", columns("Application"), rows.collect())
        .empty(Empty::new("No session fits. Those that are over are listed for 30 days."))
        .parts(more, beginning);
    let all = (scene.whose.is_of_tenant() && ends.is_some())
        .then(|| ending(&view, &scene.whose.of_user("/sessions")));
    let list =
        Part::List(filter(&path, &asked).keep("environment", asked.get("environment").as_deref()), table);
    Ok(view.page(&scene.user_page(&view, &user, UserTab::Sessions).action(all).with(list)))
}

async fn sessions_of(
    scene: &Scene,
    (by, registry): (&By, &Registry),
    asked: &Asked,
) -> Result<(Vec<SessionView>, Option<String>), Problem> {
    let (whose, state) = (&scene.whose, asked.get("state"));
    let page = PageQuery { cursor: asked.get("after"), limit: None };
    let found = match whose.pool {
        Pool::Tenant => {
            let query = UserSessionQuery { page, state, application: None };
            registry.sessions_of_user(by, &whose.user, query).await?
        }
        Pool::Application(id, _) => {
            let query = SessionQuery { page, state, live: None, user: Some(whose.user.clone()) };
            registry.sessions(by, &id.to_string(), query).await?
        }
    };
    Ok((found.items, found.next_cursor))
}

/// A link to somebody, or to something, by its name.
pub(super) fn link(view: &View, words: impl Into<String>, below: &str) -> Cell {
    Cell::link(words, view.path(below))
}
