//! What is told of sessions wherever they are listed.

use appkeep_domain::{SeenFrom, SessionState};
use appkeep_service::SessionView;

use crate::kit::{Action, Badge, Cell, Choice, Column, Filter, Row};
use crate::posted::Asked;
use crate::view::View;

/// With what, or whom, a session is.
pub(crate) struct Named {
    pub(crate) words: String,
    /// Where more is told, if there is such a page.
    pub(crate) href: Option<String>,
}

/// The columns of a list; the first says with whom, or with what.
pub(crate) fn columns(first: &str) -> Vec<Column> {
    Column::all(&[first, "State", "Since", "Last seen", "From", ""])
}

pub(crate) fn row(view: &View, shown: &SessionView, with: Named, end: Option<&str>) -> Row {
    let (session, Named { words: about, href }) = (&shown.session, with);
    let mut named = vec![href.map_or_else(|| Cell::text(&*about), |href| Cell::link(&*about, href))];
    if session.impersonation.is_some() {
        let path = view.path(&format!("/applications/{}/impersonations", session.application));
        named.push(Cell::Row(vec![Cell::badge(Badge::Warning, "impersonated"), Cell::link("by whom", path)]));
    }
    let end = end.filter(|_| shown.state.is_live()).map(|path| {
        let action = Action::send("End", path).with("id", session.id.to_string()).about(about);
        action.danger().asking("What was issued in it is refused at once. End the session?")
    });
    Row::new(vec![
        Cell::Stack(named),
        state(shown.state),
        Cell::at(session.created_at),
        Cell::at(session.last_seen_at),
        from(&session.from),
        end.map_or(Cell::Nothing, |end| Cell::Actions(vec![end])),
    ])
}

/// How it stands, in a word.
pub(crate) fn state(state: SessionState) -> Cell {
    let badge = match state {
        SessionState::Active => Badge::Good,
        SessionState::Idle => Badge::Warning,
        SessionState::Ended | SessionState::Expired => Badge::Quiet,
    };
    Cell::badge(badge, state.as_str())
}

/// The address, and with what.
pub(crate) fn from(from: &SeenFrom) -> Cell {
    let mut told: Vec<Cell> = from.address.iter().map(|address| Cell::text(address.to_string())).collect();
    told.extend(from.user_agent.iter().map(|agent| Cell::Detail(agent.as_str().to_owned())));
    if told.is_empty() { Cell::Nothing } else { Cell::Stack(told) }
}

pub(crate) fn filter(path: &str, asked: &Asked) -> Filter {
    let all = std::iter::once(Choice::new("", "Any state"));
    let states = SessionState::ALL.iter().map(|state| Choice::new(state.as_str(), state.as_str()));
    Filter::new(path).menu(("state", "State"), all.chain(states).collect(), asked.get("state").as_deref())
}

/// Leads to ending all of those that are listed there.
pub(crate) fn ending(view: &View, below: &str) -> Action {
    Action::go("End all …", view.path(&format!("{below}/end-all"))).danger()
}
