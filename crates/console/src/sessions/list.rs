//! `/applications/{id}/sessions`: the people who are signed in to it.

use appkeep_domain::{Action as Doing, Owner, UserPool};
use appkeep_http::action::{EndSessions, ReadSessions};
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{ApplicationView, PageQuery, Registry, SessionQuery};
use axum::extract::State;
use axum::response::Response;

use super::{Named, columns, ending, filter, row};
use crate::applications::tabs::{AppTab, page_of};
use crate::kit::{Action, Cell, Empty, Facts, Form, Part, Table};
use crate::posted::{Asked, Posted};
use crate::said::Said;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadSessions>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    asked: Asked,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let query = SessionQuery {
        page: PageQuery { cursor: asked.get("after"), limit: None },
        state: asked.get("state"),
        live: None,
        user: asked.get("user_id"),
    };
    let found = registry.sessions(&access.by, &id, query).await?;
    let people: Vec<_> = found.items.iter().map(|one| (one.session.directory, one.session.user)).collect();
    let addresses = registry.addresses(&access.by, &people).await?;
    let below = format!("/applications/{}/sessions", shown.application.id);
    let path = view.path(&below);
    let may = view.may_to(&shown, Doing::EndSessions);
    let end = may.then(|| format!("{path}/end"));
    let are_ours = shown.application.user_pool == UserPool::Tenant
        && shown.application.owner == Owner::Tenant(view.tenant());
    let rows = found.items.iter().map(|one| {
        let user = one.session.user;
        let known = addresses.get(&user).map(|email| email.as_str().to_owned());
        let href = (are_ours && known.is_some()).then(|| view.path(&format!("/users/{user}")));
        let with = Named { words: known.unwrap_or_else(|| user.to_string()), href };
        row(&view, one, with, end.as_deref())
    });
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let table = Table::new("Sessions", columns("User"), rows.collect())
        .empty(Empty::new(
            "No session fits. One begins when somebody signs in, and is listed for 30 days more.",
        ))
        .parts(more, beginning);
    let agents = Action::go(
        "Sessions of agents",
        view.path(&format!("/applications/{}/agent-sessions", shown.application.id)),
    );
    let mut page = page_of(&view, &shown, AppTab::Sessions).action(Some(agents));
    page = page.action(may.then(|| ending(&view, &below)));
    if let Some(counts) = counts(&shown) {
        page = page.with(Part::Facts(counts));
    }
    let filter = filter(&path, &asked).keep("user_id", asked.get("user_id").as_deref());
    Ok(view.page(&page.with(Part::List(filter, table))))
}

fn counts(shown: &ApplicationView) -> Option<Facts> {
    let counts = shown.sessions?;
    let facts = Facts::new()
        .with("Live", Cell::Number(counts.live))
        .with("Active", Cell::Number(counts.active))
        .with("Idle", Cell::Number(counts.idle))
        .with("Ever", Cell::Number(counts.total));
    Some(facts)
}

pub(super) async fn end(
    access: Access<EndSessions>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    registry.end_session(&access.by, &id, posted.text("id")).await?;
    Ok(view.go(&format!("/applications/{id}/sessions"), Said::Ended))
}

pub(super) async fn show_all(
    access: Access<EndSessions>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let path = view.path(&format!("/applications/{}/sessions", shown.application.id));
    let form = Form::new(format!("{path}/end-all"), "End every session").danger().back(&*path);
    let lead = "Every session of the application ends, and whatever was issued in one is refused at once. What \
                the application got in its own name lives on. People stay signed in here, and may begin another \
                session.";
    let page = page_of(&view, &shown, AppTab::Sessions).lead(lead);
    let page = counts(&shown).into_iter().fold(page, |page, counts| page.with(Part::Facts(counts)));
    Ok(view.page(&page.with(Part::Form(form))))
}

pub(super) async fn end_all(
    access: Access<EndSessions>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    registry.end_sessions(&access.by, &id).await?;
    Ok(view.go(&format!("/applications/{id}/sessions"), Said::Ended))
}
