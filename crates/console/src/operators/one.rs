//! `/operators/{id}`

use appkeep_domain::{Action as Doing, Caller, Name, Role, UserStatus};
use appkeep_http::action::{ManageOperators, ReadOperators};
use appkeep_http::{Access, AppState, Problem, Segment};
use appkeep_service::{OperatorUpdate, OperatorView, Registry};
use axum::extract::State;
use axum::response::Response;

use super::PATH;
use super::places::Places;
use crate::kit::{
    Action, Badge, Cell, Column, Draft, Empty, Facts, Field, Form, Notice, Page, Part, Row, Section, Table,
};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

pub(super) async fn show(
    access: Access<ReadOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let operator = registry.operator(&access.by, &id).await?;
    let places = Places::read(&view, &access.by, &registry).await?;
    Ok(view.page(&page(&view, &Draft::new(), (&operator, &places))))
}

fn page(view: &View, draft: &Draft<'_>, (operator, places): (&OperatorView, &Places)) -> Page {
    let (user, path) = (&operator.user, view.path(&format!("{PATH}/{}", operator.id)));
    let title = user.name.as_ref().map_or(user.email.as_str(), Name::as_str);
    let mut page = Page::new(title)
        .below("Operators", view.path(PATH))
        .action(operator.can_change.then(|| Action::go("Edit", format!("{path}/edit"))))
        .action(mailing(operator, &path));
    if let Some(until) = operator.locked_until {
        let told = format!("Too many wrong passwords: until {until} none is looked at.");
        let unlock = Action::send("Unlock", format!("{path}/unlock"));
        let notice = Notice::new(Badge::Warning, told);
        page = page.with(Part::Notice(if operator.can_change { notice.doing(unlock) } else { notice }));
    }
    page = page.with(Part::Facts(facts(operator))).with(Part::Section(roles(view, operator, places)));
    if view.may_ever(Doing::ManageOperators) {
        page = page.with(Part::Section(giving(draft, (&path, places))));
    }
    if operator.can_change {
        page = page.with(Part::Section(end(user.status, &path)));
    }
    page
}

fn mailing(operator: &OperatorView, path: &str) -> Option<Action> {
    let label = match operator.user.status {
        UserStatus::Pending => "Mail the invitation",
        UserStatus::Active => "Mail a password link",
        UserStatus::Suspended => return None,
    };
    operator.can_change.then(|| Action::send(label, format!("{path}/mail-link")))
}

fn facts(operator: &OperatorView) -> Facts {
    let user = &operator.user;
    Facts::new()
        .with("Status", super::status(user.status))
        .with("Address", Cell::text(user.email.as_str()))
        .with("Id", Cell::code(operator.id.to_string()))
        .with("Password set", Cell::maybe(operator.password_changed_at, Cell::at))
        .with("Last sign-in", Cell::maybe(user.last_sign_in_at, Cell::at))
        .with("Failed sign-ins in a row", Cell::Number(operator.failed_sign_ins.into()))
        .with("Made", Cell::at(user.created_at))
        .with("Changed", Cell::at(user.updated_at))
}

fn roles(view: &View, operator: &OperatorView, places: &Places) -> Section {
    let path = view.path(&format!("{PATH}/{}/roles/take", operator.id));
    let row = |(role, at): &(Role, String)| {
        let place = places.word(at);
        let take = may_take(view, *role).then(|| {
            let question = format!("Take the role {} at {place}?", role.as_str());
            Action::send("Take", path.clone())
                .with("held", format!("{} {at}", role.as_str()))
                .about(format!("the role {} at {place}", role.as_str()))
                .danger()
                .asking(question)
        });
        let actions = take.map_or(Cell::Nothing, |take| Cell::Actions(vec![take]));
        Row::new(vec![Cell::text(role.as_str()), Cell::text(place), actions])
    };
    let rows = operator.roles.iter().map(row).collect();
    let table = Table::new("Roles", Column::all(&["Role", "Where", "Actions"]), rows)
        .empty(Empty::new("There is no role that you see."));
    let lead = "Those that you see. Whoever loses the last one stays without rights; who was only invited to it is \
                not invited any more.";
    Section::new("Roles").lead(lead).with(Part::Table(table))
}

/// Only owners unmake owners.
fn may_take(view: &View, role: Role) -> bool {
    let is_owner = match view.caller() {
        Caller::Operator { roles, .. } => roles.iter().any(|grant| grant.role == Role::Owner),
        _ => false,
    };
    view.may_ever(Doing::ManageOperators) && (is_owner || role != Role::Owner)
}

fn giving(draft: &Draft<'_>, (path, places): (&str, &Places)) -> Section {
    let fields =
        vec![Field::radio(draft, ("role", "Role"), (super::roles(), "viewer")), places.field(draft, "")];
    let form = Form::new(format!("{path}/roles"), "Give the role").fields(draft, fields);
    Section::new("Give a role").with(Part::Form(form))
}

fn end(status: UserStatus, path: &str) -> Section {
    let section = Section::new("Suspend, delete").danger().lead(
        "Whoever is suspended is signed out everywhere, and does not sign in until that is taken back.",
    );
    let send = |label: &str, value: &str| Action::send(label, format!("{path}/status")).with("status", value);
    let turn = match status {
        UserStatus::Active => {
            let question = "Suspend this operator? They are signed out everywhere.";
            Some(send("Suspend …", "suspended").danger().asking(question))
        }
        UserStatus::Suspended => Some(send("Let them in again", "active")),
        UserStatus::Pending => None,
    };
    section.action(turn).action(Some(Action::go("Delete …", format!("{path}/delete")).danger()))
}

pub(super) async fn give_role(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let named = (posted.typed("at"), posted.typed("role"));
    match registry.give_role(&access.by, &id, named).await {
        Ok(operator) => Ok(view.go(&format!("{PATH}/{}", operator.id), Said::Added)),
        Err(error) => {
            let operator = registry.operator(&access.by, &id).await?;
            let places = Places::read(&view, &access.by, &registry).await?;
            let again = |error: &_| page(&view, &Draft::refused(&posted, error), (&operator, &places));
            Ok(view.again(error, again))
        }
    }
}

pub(super) async fn take_role(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let (role, at) = posted.text("held").split_once(' ').unwrap_or_default();
    registry.take_role(&access.by, &id, (at.to_owned(), role.to_owned())).await?;
    // Whoever was only invited to it is not there any more.
    match registry.operator(&access.by, &id).await {
        Ok(operator) => Ok(view.go(&format!("{PATH}/{}", operator.id), Said::Removed)),
        Err(_) => Ok(view.go(PATH, Said::Removed)),
    }
}

/// `POST /operators/{id}/status`
pub(super) async fn turn(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let update = OperatorUpdate { status: posted.filled("status"), ..OperatorUpdate::default() };
    let operator = registry.update_operator(&access.by, &id, update).await?;
    let said = if operator.user.status == UserStatus::Suspended { Said::Suspended } else { Said::Resumed };
    Ok(view.go(&format!("{PATH}/{}", operator.id), said))
}

pub(super) async fn unlock(
    access: Access<ManageOperators>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let operator = registry.unlock_operator(&access.by, &id).await?;
    Ok(view.go(&format!("{PATH}/{}", operator.id), Said::Unlocked))
}

pub(super) async fn mail_link(
    access: Access<ManageOperators>,
    view: View,
    State(state): State<AppState>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    state.authority.mail_operator_link(&access.by, &id, state.mail.clone()).await?;
    Ok(view.go(&format!("{PATH}/{id}"), Said::Sent))
}
