//! What is tied to what, as far as it is read, in the order in which it is to
//! be shown.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use appkeep_domain::access::{AccessRule, Container, Permission, RuleScope};
use appkeep_domain::graph::{Candidates, Edge, EdgeKind, NodeKey};
use appkeep_domain::integration::Integration;
use appkeep_domain::{Application, ApplicationId, Assignment, GroupId, IntegrationId, Subject, Timestamp};
use appkeep_storage::{ApplicationFilter, IntegrationFilter, LinkedAccount, ReadTx, Seek, StorageError};

use super::Named;
use crate::by::By;

/// Most applications that are looked at, newest first.
const MOST_APPLICATIONS: usize = 2_000;
const MOST_INTEGRATIONS: usize = 1_000;
/// Most applications whose rules are read, each of which may have many.
const MOST_WITH_RULES: usize = 250;

/// Everything that was read.
#[derive(Default)]
pub(super) struct Found {
    /// What the graph is of, if that was said.
    roots: Vec<NodeKey>,
    pub(super) applications: HashMap<ApplicationId, Application>,
    /// Newest first.
    order: Vec<ApplicationId>,
    pub(super) integrations: HashMap<IntegrationId, Integration>,
    attachments: Vec<(ApplicationId, IntegrationId)>,
    assignments: Vec<Assignment>,
    members: Vec<(GroupId, Subject)>,
    pub(super) accounts: Vec<LinkedAccount>,
    pub(super) rules: HashMap<ApplicationId, Vec<AccessRule>>,
    /// Some list was longer than what is read of it.
    has_more: bool,
}

impl Found {
    pub(super) async fn read(
        tx: &mut ReadTx,
        by: &By,
        (named, now): (&Named, Timestamp),
    ) -> Result<Self, StorageError> {
        let mut found = Self { roots: named.roots(), ..Self::default() };
        if let Some((directory, user)) = &named.user {
            found.members = tx.groups_around(by.within(), directory, user.id).await?;
        }
        found.read_applications(tx, by, (named, now)).await?;
        found.read_integrations(tx, by, named).await?;
        found.read_people(tx, by, named).await?;
        found.read_rules(tx, by).await?;
        found.sort();
        Ok(found)
    }

    /// Those that the rest of the graph is about, and who is assigned to them.
    async fn read_applications(
        &mut self,
        tx: &mut ReadTx,
        by: &By,
        (named, now): (&Named, Timestamp),
    ) -> Result<(), StorageError> {
        let (within, tenant) = (by.within(), by.tenant);
        if let Some((directory, user)) = &named.user {
            let groups: Vec<GroupId> = self.members.iter().map(|(group, _)| *group).collect();
            self.assignments = tx.assignments_of(within, directory, (user.id, &groups)).await?;
        }
        let applications = match named {
            Named { application: Some(application), .. } => vec![application.clone()],
            Named { user: Some(_), .. } => {
                let ids: BTreeSet<ApplicationId> =
                    self.assignments.iter().map(|assignment| assignment.application).collect();
                let newest: Vec<ApplicationId> = ids.into_iter().rev().take(MOST_APPLICATIONS).collect();
                tx.tied_applications(within, tenant, &newest).await?
            }
            Named { integration: Some(integration), .. } => {
                let seek = Seek { after: None, limit: MOST_APPLICATIONS };
                let (ids, next) = tx.applications_attached(within, (tenant, integration.id), seek).await?;
                self.has_more |= next.is_some();
                tx.tied_applications(within, tenant, &ids).await?
            }
            Named { .. } => {
                let seek = Seek { after: None, limit: MOST_APPLICATIONS };
                let filter = ApplicationFilter::default();
                let page = tx.applications(within, by.owner(), &filter, seek, now).await?;
                self.has_more |= page.next.is_some();
                page.applications
            }
        };
        let is_named = |id| named.application.as_ref().is_some_and(|application| application.id == id);
        for application in applications {
            if is_named(application.id) || (application.is_there(now) && application.archived_at.is_none()) {
                self.order.push(application.id);
                self.applications.insert(application.id, application);
            }
        }
        Ok(())
    }

    /// Those that the applications reach; of the whole tenant all.
    async fn read_integrations(
        &mut self,
        tx: &mut ReadTx,
        by: &By,
        named: &Named,
    ) -> Result<(), StorageError> {
        let (within, tenant) = (by.within(), by.tenant);
        self.attachments = tx.tied_attachments(within, tenant, &self.order).await?;
        self.note(self.attachments.len());
        if let Some((directory, user)) = &named.user {
            self.accounts = tx.accounts_of(within, directory, user.id).await?;
        }
        let integrations = if let Some(integration) = &named.integration {
            vec![integration.clone()]
        } else if named.is_nothing() {
            let seek = Seek { after: None, limit: MOST_INTEGRATIONS };
            let page = tx.integrations(within, tenant, IntegrationFilter::default(), seek).await?;
            self.has_more |= page.next.is_some();
            page.integrations
        } else {
            let mut ids: BTreeSet<IntegrationId> = self.attachments.iter().map(|(_, id)| *id).collect();
            if named.application.is_none() {
                ids.extend(self.accounts.iter().map(|account| account.integration));
            }
            let newest: Vec<IntegrationId> = ids.into_iter().rev().take(MOST_INTEGRATIONS).collect();
            let mut found = tx.tied_integrations(within, tenant, &newest).await?;
            found.retain(|integration| !integration.is_archived());
            found
        };
        self.integrations = integrations.into_iter().map(|one| (one.id, one)).collect();
        let integrations = &self.integrations;
        self.attachments.retain(|(_, integration)| integrations.contains_key(integration));
        // Who comes to it only by an application that does not reach it, does not
        // come to it.
        if named.integration.is_some() && named.application.is_none() {
            let reaching: HashSet<ApplicationId> = self.attachments.iter().map(|(id, _)| *id).collect();
            self.order.retain(|id| reaching.contains(id));
            self.applications.retain(|id, _| reaching.contains(id));
        }
        Ok(())
    }

    async fn read_people(&mut self, tx: &mut ReadTx, by: &By, named: &Named) -> Result<(), StorageError> {
        let (within, tenant) = (by.within(), by.tenant);
        if named.user.is_none() {
            let integrations: Vec<IntegrationId> = self.integrations.keys().copied().collect();
            self.assignments = tx.tied_assignments(within, tenant, &self.order).await?;
            self.members = tx.tied_members(within, tenant, &self.order).await?;
            self.accounts = tx.tied_accounts(within, tenant, &integrations).await?;
        }
        self.note(self.assignments.len());
        self.note(self.members.len());
        self.note(self.accounts.len());
        let (applications, integrations) = (&self.applications, &self.integrations);
        self.assignments.retain(|assignment| applications.contains_key(&assignment.application));
        self.accounts.retain(|account| integrations.contains_key(&account.integration));
        Ok(())
    }

    async fn read_rules(&mut self, tx: &mut ReadTx, by: &By) -> Result<(), StorageError> {
        let with_access = |id: &&ApplicationId| self.applications[*id].access.is_some();
        let mut ids: Vec<ApplicationId> = self.order.iter().filter(with_access).copied().collect();
        self.has_more |= ids.len() > MOST_WITH_RULES;
        ids.truncate(MOST_WITH_RULES);
        self.rules = tx.tied_rules(by.within(), by.tenant, &ids).await?.into_iter().collect();
        Ok(())
    }

    fn note(&mut self, rows: usize) {
        self.has_more |= rows >= ReadTx::MOST_TIES as usize;
    }

    /// What has to do with the newest application comes first.
    fn sort(&mut self) {
        let places: HashMap<ApplicationId, usize> =
            self.order.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        let place = |id: &ApplicationId| places.get(id).copied().unwrap_or(usize::MAX);
        self.attachments
            .sort_by_key(|(application, integration)| (place(application), Reverse(*integration)));
        self.assignments.sort_by_key(|one| (place(&one.application), subject_key(one.subject)));
        self.members.sort_by_key(|(group, member)| (*group, subject_key(*member)));
        self.members.dedup();
        self.accounts.sort_by_key(|account| (Reverse(account.integration), account.user));
    }

    /// Everything that may be shown, the nearest first.
    pub(super) fn candidates(&self) -> Candidates {
        let mut candidates = Candidates::new();
        if self.has_more {
            candidates.not_all();
        }
        for root in &self.roots {
            candidates.node(root.clone());
        }
        for id in &self.order {
            candidates.node(NodeKey::Application(*id));
        }
        for (application, integration) in &self.attachments {
            let to = NodeKey::Integration(*integration);
            candidates.edge(Edge::new(EdgeKind::Attached, NodeKey::Application(*application), to));
        }
        for one in &self.assignments {
            let (from, to) = (subject(one.subject), NodeKey::Application(one.application));
            candidates.edge(Edge::new(EdgeKind::Assigned, from, to));
        }
        for (group, member) in &self.members {
            candidates.edge(Edge::new(EdgeKind::Member, subject(*member), NodeKey::Group(*group)));
        }
        for account in &self.accounts {
            let to = NodeKey::Integration(account.integration);
            candidates.edge(Edge::new(EdgeKind::Connected, NodeKey::User(account.user), to));
        }
        let mut integrations: Vec<IntegrationId> = self.integrations.keys().copied().collect();
        integrations.sort_by_key(|id| Reverse(*id));
        for id in integrations {
            candidates.node(NodeKey::Integration(id));
        }
        for id in &self.order {
            grant(&mut candidates, &self.applications[id], self.rules.get(id).map_or(&[], Vec::as_slice));
        }
        candidates
    }

    /// Nothing for people.
    pub(super) fn name_of(&self, key: &NodeKey) -> Option<String> {
        match key {
            NodeKey::User(_) | NodeKey::Group(_) => None,
            NodeKey::Application(id) => self.applications.get(id).map(|one| one.name.to_string()),
            NodeKey::Integration(id) => self.integrations.get(id).map(|one| one.name.to_string()),
            NodeKey::Scope(text) | NodeKey::Resource(text) | NodeKey::Container(text) => {
                Some(text.to_string())
            }
        }
    }
}

impl Named {
    const fn is_nothing(&self) -> bool {
        self.application.is_none() && self.integration.is_none() && self.user.is_none()
    }

    fn roots(&self) -> Vec<NodeKey> {
        let application = self.application.iter().map(|one| NodeKey::Application(one.id));
        let integration = self.integration.iter().map(|one| NodeKey::Integration(one.id));
        let user = self.user.iter().map(|(_, user)| NodeKey::User(user.id));
        application.chain(integration).chain(user).collect()
    }
}

/// What was granted to an application itself.
fn grant(candidates: &mut Candidates, application: &Application, rules: &[AccessRule]) {
    let from = NodeKey::Application(application.id);
    let mut granted = |to: NodeKey, permission: Option<Permission>| {
        candidates.edge(Edge { permission, ..Edge::new(EdgeKind::Granted, from.clone(), to) });
    };
    if let Some(oauth) = &application.oauth {
        for scope in &oauth.allowed_scopes {
            granted(NodeKey::Scope(scope.as_str().into()), None);
        }
        let own = oauth.audience.as_deref();
        let allowed = oauth.allowed_resources.iter().map(appkeep_oauth::ResourceIndicator::as_str);
        let mut seen = HashSet::new();
        for resource in own.into_iter().chain(allowed).filter(|resource| seen.insert(*resource)) {
            granted(NodeKey::Resource(resource.into()), None);
        }
    }
    let Some(access) = &application.access else { return };
    let everywhere = access.permissions.iter().filter(|permission| permission.is_of_tokens());
    let everywhere = everywhere.map(|permission| (Container::root(), *permission));
    let by_rule = rules.iter().flat_map(|rule| {
        let container = match &rule.scope {
            RuleScope::Container(container) => Some(container),
            // Only sessions have rules of that sort.
            RuleScope::Conditions(_) => None,
        };
        let each = move |container: &Container| {
            rule.permissions.iter().map(|permission| (container.clone(), *permission)).collect::<Vec<_>>()
        };
        container.map(each).unwrap_or_default()
    });
    let mut seen = HashSet::new();
    for (container, permission) in everywhere.chain(by_rule) {
        if seen.insert((container.clone(), permission)) {
            granted(NodeKey::Container(container.as_str().into()), Some(permission));
        }
    }
}

const fn subject(subject: Subject) -> NodeKey {
    match subject {
        Subject::User(id) => NodeKey::User(id),
        Subject::Group(id) => NodeKey::Group(id),
    }
}

/// Groups before users, each in the order they were made.
const fn subject_key(subject: Subject) -> (bool, [u8; 16]) {
    match subject {
        Subject::Group(id) => (false, id.as_bytes()),
        Subject::User(id) => (true, id.as_bytes()),
    }
}
