//! `/applications/{id}/agent-sessions`: what its agents have at the gateway.

use appkeep_domain::{Action as Doing, AgentSession};
use appkeep_http::action::{EndSessions, ReadSessions};
use appkeep_http::{Access, Problem, Segment};
use appkeep_service::{AgentSessionQuery, AgentSessionView, PageQuery, Registry};
use axum::extract::State;
use axum::response::Response;

use super::{ending, filter, from, state};
use crate::applications::tabs::{AppTab, page_of};
use crate::kit::{Action, Cell, Column, Empty, Form, Part, Row, Table};
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
    let query = AgentSessionQuery {
        page: PageQuery { cursor: asked.get("after"), limit: None },
        state: asked.get("state"),
        live: None,
        user: asked.get("user_id"),
    };
    let found = registry.agent_sessions(&access.by, &id, query).await?;
    let callers = found.items.iter().filter_map(|one| one.session.caller);
    let people: Vec<_> = callers.map(|caller| (caller.directory, caller.user)).collect();
    let addresses = registry.addresses(&access.by, &people).await?;
    let below = format!("/applications/{}/agent-sessions", shown.application.id);
    let path = view.path(&below);
    let may = view.may_to(&shown, Doing::EndSessions);
    let end = may.then(|| format!("{path}/end"));
    let rows = found.items.iter().map(|one| {
        let person = one.session.caller.map(|caller| match addresses.get(&caller.user) {
            Some(email) => email.as_str().to_owned(),
            None => caller.user.to_string(),
        });
        row(one, person, end.as_deref())
    });
    let more = found.next_cursor.as_deref().map(|cursor| asked.with(&path, ("after", Some(cursor))));
    let beginning = asked.get("after").map(|_| asked.with(&path, ("after", None)));
    let columns = Column::all(&["Agent", "For whom", "State", "Calls", "Since", "Last seen", "From", ""]);
    let empty =
        "No session fits. One begins when an agent comes to the gateway, and is listed for 30 days more.";
    let table = Table::new("Sessions of agents", columns, rows.collect())
        .empty(Empty::new(empty))
        .parts(more, beginning);
    let page = page_of(&view, &shown, AppTab::Sessions)
        .lead("What agents have at the gateway, by which they reach the tools of the application's integrations.")
        .action(Some(Action::go(
            "Sessions of people",
            view.path(&format!("/applications/{}/sessions", shown.application.id)),
        )))
        .action(may.then(|| ending(&view, &below)))
        .with(Part::List(filter(&path, &asked), table));
    Ok(view.page(&page))
}

fn row(one: &AgentSessionView, person: Option<String>, end: Option<&str>) -> Row {
    let session = &one.session;
    let agent = agent(session);
    let end = end.filter(|_| one.state.is_live()).map(|path| {
        let action = Action::send("End", path).with("id", session.id.to_string()).about(&*agent);
        action.danger().asking("The agent has to begin another. End the session?")
    });
    Row::new(vec![
        Cell::text(agent),
        person.map_or_else(|| Cell::text("the application itself"), Cell::text),
        state(one.state),
        Cell::Number(session.calls),
        Cell::at(session.created_at),
        Cell::at(session.last_seen_at),
        from(&session.from),
        end.map_or(Cell::Nothing, |end| Cell::Actions(vec![end])),
    ])
}

/// What it calls itself.
fn agent(session: &AgentSession) -> String {
    match &session.client {
        None => "an agent".to_owned(),
        Some(client) => match &client.version {
            Some(version) => format!("{} {version}", client.name),
            None => client.name.clone(),
        },
    }
}

pub(super) async fn end(
    access: Access<EndSessions>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    registry.end_agent_session(&access.by, &id, posted.text("id")).await?;
    Ok(view.go(&format!("/applications/{id}/agent-sessions"), Said::Ended))
}

pub(super) async fn show_all(
    access: Access<EndSessions>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let path = view.path(&format!("/applications/{}/agent-sessions", shown.application.id));
    let form = Form::new(format!("{path}/end-all"), "End every session").danger().back(&*path);
    let lead = "Each agent has to begin another, for which it needs a token that is good. To keep agents out, \
                revoke their tokens, or archive the application.";
    Ok(view.page(&page_of(&view, &shown, AppTab::Sessions).lead(lead).with(Part::Form(form))))
}

pub(super) async fn end_all(
    access: Access<EndSessions>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    registry.end_agent_sessions(&access.by, &id).await?;
    Ok(view.go(&format!("/applications/{id}/agent-sessions"), Said::Ended))
}
