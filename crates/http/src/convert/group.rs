//! Groups, and who is in them.

use appkeep_api_types as api;
use appkeep_domain::{Group, Member};
use appkeep_service::{Expected, GroupFields, GroupQuery, GroupUpdate, PageQuery};

use super::fields::edit;
use super::moment;

pub(crate) fn group(group: &Group) -> api::Group {
    api::Group {
        id: group.id.to_string(),
        name: group.name.to_string(),
        description: group.description.clone(),
        created_at: moment(group.created_at),
        updated_at: moment(group.updated_at),
    }
}

/// Who it is, is for those who may read users.
pub(crate) fn member(member: &Member) -> api::Member {
    api::Member { user_id: member.user.id.to_string(), added_at: moment(member.added_at) }
}

pub(crate) fn new_group(new: api::NewGroup) -> GroupFields {
    GroupFields { name: Some(new.name), description: edit(new.description) }
}

pub(crate) fn group_update(patch: api::GroupPatch, expected: Expected) -> GroupUpdate {
    GroupUpdate { expected, fields: GroupFields { name: patch.name, description: edit(patch.description) } }
}

pub(crate) fn group_query(query: api::GroupQuery) -> GroupQuery {
    GroupQuery { page: PageQuery { cursor: query.cursor, limit: query.limit }, text: query.q }
}
