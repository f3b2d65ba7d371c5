//! People who run something.

use appkeep_api_types as api;
use appkeep_service::{Expected, NewOperator, OperatorQuery, OperatorUpdate, OperatorView, PageQuery};

use super::fields::edit;
use super::words::{role, user_status};
use super::{moment, text};

pub(crate) fn operator(view: &OperatorView) -> api::Operator {
    let (user, held) = (&view.user, view.roles.iter());
    api::Operator {
        id: view.id.to_string(),
        email: user.email.as_str().to_owned(),
        name: user.name.as_ref().map(text),
        status: user_status(user.status),
        roles: held.map(|(held, at)| api::OperatorRole { role: role(*held), at: at.clone() }).collect(),
        last_sign_in_at: user.last_sign_in_at.map(moment),
        created_at: moment(user.created_at),
        updated_at: moment(user.updated_at),
    }
}

pub(crate) fn operator_detail(view: &OperatorView) -> api::OperatorDetail {
    api::OperatorDetail {
        operator: operator(view),
        password_changed_at: view.password_changed_at.map(moment),
        failed_sign_ins: view.failed_sign_ins,
        locked_until: view.locked_until.map(moment),
    }
}

pub(crate) fn new_operator(new: api::NewOperator) -> NewOperator {
    NewOperator { email: new.email, name: edit(new.name), role: new.role, at: new.at }
}

pub(crate) fn operator_update(patch: api::OperatorPatch, expected: Expected) -> OperatorUpdate {
    OperatorUpdate { expected, email: patch.email, name: edit(patch.name), status: patch.status }
}

pub(crate) fn operator_query(query: api::OperatorQuery) -> OperatorQuery {
    OperatorQuery { page: PageQuery { cursor: query.cursor, limit: query.limit } }
}
