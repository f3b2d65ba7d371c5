//! The access graph: who comes to what by which application, read with a bound,
//! and each edge decided by whoever decides the call that goes along it.

mod decide;
mod found;

use std::collections::{HashMap, HashSet};

use appkeep_domain::graph::{AccessGraph, Edge, Node, NodeKey};
use appkeep_domain::integration::Integration;
use appkeep_domain::{Action, Application, Directory, GroupId, Name, User, UserId};
use appkeep_storage::{ReadTx, StorageError};

use self::decide::Decider;
use self::found::Found;
use super::{Integrations, parse_id};
use crate::by::{By, no_such_application};
use crate::error::Error;
use crate::people::find::{no_such_user, parse_user_id};
use crate::registry::find;
use crate::registry::page::{bounded, check};

/// Which part of the graph is wanted; all that is named holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessGraphQuery {
    /// Whether each edge says what it is decided as.
    pub include_policy: bool,
    /// What leads to this application, and to what it leads.
    pub application: Option<String>,
    /// What leads to this integration.
    pub integration: Option<String>,
    /// To what this user comes.
    pub user: Option<String>,
    /// Most nodes.
    pub limit: Option<i64>,
}

/// What is named, looked up.
#[derive(Default)]
struct Named {
    application: Option<Application>,
    integration: Option<Integration>,
    user: Option<(Directory, User)>,
}

/// The people of a graph, as far as they are shown.
#[derive(Default)]
struct People {
    users: HashMap<UserId, User>,
    groups: HashMap<GroupId, Name>,
}

impl Integrations {
    const DEFAULT_NODES: u32 = 100;
    const MOST_NODES: u32 = 250;

    /// The tenant's own applications and whatever they come to, and whoever of
    /// its people comes to them. It tells of people what nobody else is told all
    /// at once, and so it is for those who run the tenant, and for programs that
    /// may read everything that is in it.
    pub async fn access_graph(&self, by: &By, query: AccessGraphQuery) -> Result<AccessGraph, Error> {
        for action in
            [Action::ReadIntegrations, Action::ReadApplication, Action::ReadUsers, Action::ReadGroups]
        {
            by.decide_of_tenant(action)?;
        }
        by.must_administer()?;
        let mut faults = Vec::new();
        let limit = bounded("limit", query.limit, (Self::DEFAULT_NODES, Self::MOST_NODES), &mut faults);
        check(faults)?;
        let now = self.now();
        let mut tx = self.store().read().await?;
        let named = self.named(&mut tx, by, &query).await?;
        let found = Found::read(&mut tx, by, (&named, now)).await?;
        let (keys, mut edges, left_out) = found.candidates().cut(limit as usize);
        let people = People::read(&mut tx, by, &keys).await?;
        drop(tx);
        if query.include_policy {
            let rules = self.authority.token_rules(by.tenant).await?;
            let mut decider = Decider::new((&found, &people), (rules, now), &edges).await?;
            for edge in &mut edges {
                edge.verdict = Some(decider.verdict(edge));
            }
        }
        let named = keys.into_iter().filter_map(|key| {
            let name = found.name_of(&key).or_else(|| people.name_of(&key))?;
            Some(Node { key, name })
        });
        let nodes: Vec<Node> = named.collect();
        Ok(AccessGraph { edges: between(edges, &nodes), nodes, left_out })
    }

    /// What is not the tenant's is not there.
    async fn named(&self, tx: &mut ReadTx, by: &By, query: &AccessGraphQuery) -> Result<Named, Error> {
        let mut named = Named::default();
        if let Some(raw) = &query.application {
            let id = find::parse_id(raw)?;
            let found = find::find(tx, by, Action::ReadApplication, (id, self.now())).await?;
            if found.application.owner != by.owner() {
                return Err(no_such_application());
            }
            named.application = Some(found.application);
        }
        if let Some(raw) = &query.integration {
            named.integration = Some(super::find(tx, by, parse_id(raw)?).await?);
        }
        if let Some(raw) = &query.user {
            let id = parse_user_id(raw)?;
            let user = tx.tied_users(by.within(), by.tenant, &[id]).await?.pop().ok_or_else(no_such_user)?;
            let directory = tx.directory(by.within(), user.directory).await?.ok_or_else(no_such_user)?;
            named.user = Some((directory, user));
        }
        Ok(named)
    }
}

impl People {
    async fn read(tx: &mut ReadTx, by: &By, keys: &[NodeKey]) -> Result<Self, StorageError> {
        let (mut users, mut groups) = (Vec::new(), Vec::new());
        for key in keys {
            match key {
                NodeKey::User(id) => users.push(*id),
                NodeKey::Group(id) => groups.push(*id),
                _ => {}
            }
        }
        let users = tx.tied_users(by.within(), by.tenant, &users).await?;
        let groups = tx.tied_groups(by.within(), by.tenant, &groups).await?;
        Ok(Self {
            users: users.into_iter().map(|user| (user.id, user)).collect(),
            groups: groups.into_iter().map(|group| (group.id, group.name)).collect(),
        })
    }

    fn name_of(&self, key: &NodeKey) -> Option<String> {
        match key {
            NodeKey::User(id) => {
                let user = self.users.get(id)?;
                Some(user.name.as_ref().map_or(user.email.as_str(), Name::as_str).to_owned())
            }
            NodeKey::Group(id) => Some(self.groups.get(id)?.to_string()),
            _ => None,
        }
    }
}

/// Somebody may have gone while the rest was read.
fn between(edges: Vec<Edge>, nodes: &[Node]) -> Vec<Edge> {
    let there: HashSet<&NodeKey> = nodes.iter().map(|node| &node.key).collect();
    edges.into_iter().filter(|edge| there.contains(&edge.from) && there.contains(&edge.to)).collect()
}
