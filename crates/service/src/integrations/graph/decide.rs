//! What the call would be decided as that goes along an edge, by the functions
//! that decide the calls.

use std::collections::HashMap;

use appkeep_domain::access::{AccessDecision, AccessDenied, AccessPolicy, Container, GrantedBy, TokenPlace};
use appkeep_domain::graph::{Denial, Edge, Grounds, NodeKey, Verdict};
use appkeep_domain::integration::Unreachable;
use appkeep_domain::{Application, ApplicationId, IntegrationId, Timestamp, UserId};
use appkeep_oauth::{ResourceIndicator, ScopeSet};
use appkeep_storage::LinkedAccount;

use super::People;
use super::found::Found;
use crate::error::Error;
use crate::integrations::links::must_be_of_use;
use crate::tokens::TokenRules;

/// Made ready for all edges of one graph.
pub(super) struct Decider<'a> {
    found: &'a Found,
    people: &'a People,
    rules: TokenRules,
    now: Timestamp,
    accounts: HashMap<(UserId, IntegrationId), &'a LinkedAccount>,
    /// What of an application's scopes there is, what of its allowed resources is
    /// nobody else's API, and what its keys may do.
    scopes: HashMap<ApplicationId, ScopeSet>,
    resources: HashMap<ApplicationId, Vec<ResourceIndicator>>,
    policies: HashMap<ApplicationId, AccessPolicy>,
}

impl<'a> Decider<'a> {
    pub(super) async fn new(
        (found, people): (&'a Found, &'a People),
        (rules, now): (TokenRules, Timestamp),
        edges: &[Edge],
    ) -> Result<Self, Error> {
        let accounts = found.accounts.iter().map(|one| ((one.user, one.integration), one)).collect();
        let (scopes, policies, resources) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut made = Self { found, people, rules, now, accounts, scopes, resources, policies };
        for edge in edges {
            if let (NodeKey::Application(id), NodeKey::Resource(_)) = (&edge.from, &edge.to) {
                made.read_resources(*id).await?;
            }
        }
        Ok(made)
    }

    async fn read_resources(&mut self, id: ApplicationId) -> Result<(), Error> {
        let Some(application) = self.found.applications.get(&id) else { return Ok(()) };
        let Some(oauth) = application.oauth.as_ref().filter(|_| !self.resources.contains_key(&id)) else {
            return Ok(());
        };
        let left = self.rules.left_of_resources(application.owner, oauth).await?;
        self.resources.insert(id, left);
        Ok(())
    }

    pub(super) fn verdict(&mut self, edge: &Edge) -> Verdict {
        match self.decide(edge) {
            Ok(grounds) => Verdict::Allowed(grounds),
            Err(denial) => Verdict::Denied(denial),
        }
    }

    /// Whoever cannot come to anything at the moment is refused first.
    fn decide(&mut self, edge: &Edge) -> Result<Grounds, Denial> {
        self.rules.must_be_firm().map_err(Denial::NotInUse)?;
        for end in [&edge.from, &edge.to] {
            self.must_be_in_use(end)?;
        }
        match (&edge.from, &edge.to) {
            (_, NodeKey::Application(id)) => {
                let oauth = self.application(*id)?.oauth.as_ref();
                let is_open = oauth.is_none_or(|oauth| oauth.is_open_to(false));
                Ok(if is_open { Grounds::Everybody } else { Grounds::Assigned })
            }
            (NodeKey::Application(_), NodeKey::Integration(id)) => {
                let integration = self.found.integrations.get(id);
                let integration = integration.ok_or(Denial::Unreachable(Unreachable::Unknown))?;
                integration.must_be_in_reach(true).map_err(Denial::Unreachable)?;
                Ok(Grounds::Attached)
            }
            (NodeKey::User(user), NodeKey::Integration(id)) => {
                let account = self.accounts.get(&(*user, *id));
                let account = account.ok_or(Denial::Unreachable(Unreachable::IntegrationRequired))?;
                must_be_of_use(account, self.now).map_err(Denial::Unreachable)?;
                Ok(Grounds::Connected)
            }
            (NodeKey::Application(id), NodeKey::Scope(scope)) => self.scope(*id, scope),
            (NodeKey::Application(id), NodeKey::Resource(target)) => {
                let oauth = self.application(*id)?.oauth.as_ref().ok_or(Denial::InvalidTarget)?;
                let left = self.resources.get(id).map_or(&[][..], Vec::as_slice);
                let may_name = self.rules.may_name(oauth, (left, target));
                if may_name { Ok(Grounds::AllowedResource) } else { Err(Denial::InvalidTarget) }
            }
            (NodeKey::Application(id), NodeKey::Container(path)) => self.container(*id, path, edge),
            _ => Ok(Grounds::Member),
        }
    }

    fn must_be_in_use(&self, end: &NodeKey) -> Result<(), Denial> {
        match end {
            NodeKey::User(id) => {
                let status = self.people.users.get(id).map(|user| user.status);
                status.and_then(Denial::of_user).map_or(Ok(()), Err)
            }
            NodeKey::Application(id) => {
                let application = self.application(*id)?;
                let is_archived = application.archived_at.is_some();
                application.state.must_be_in_use(is_archived).map_err(Denial::NotInUse)
            }
            _ => Ok(()),
        }
    }

    fn scope(&mut self, id: ApplicationId, scope: &str) -> Result<Grounds, Denial> {
        let (found, rules) = (self.found, &self.rules);
        let known = self.scopes.entry(id).or_insert_with(|| {
            let oauth = found.applications.get(&id).and_then(|application| application.oauth.as_ref());
            oauth.map(|oauth| rules.known(oauth)).unwrap_or_default()
        });
        if known.contains(scope) { Ok(Grounds::AllowedScope) } else { Err(Denial::UnknownScope) }
    }

    fn container(&mut self, id: ApplicationId, path: &str, edge: &Edge) -> Result<Grounds, Denial> {
        let found = self.found;
        let policy = self.policies.entry(id).or_insert_with(|| {
            let access = found.applications.get(&id).and_then(|application| application.access.as_ref());
            let permissions = access.map_or(&[][..], |access| &access.permissions);
            AccessPolicy::new(permissions, found.rules.get(&id).map_or(&[][..], Vec::as_slice))
        });
        let not_held = Denial::Access(AccessDenied::NotHeld);
        let permission = edge.permission.ok_or(not_held)?;
        let container = Container::parse(path).map_err(|_| not_held)?;
        match policy.decide(permission, &TokenPlace { id: None, container: &container }) {
            AccessDecision::Allowed { transform, by: GrantedBy::Rule { priority } } => {
                Ok(Grounds::Rule { priority, transform })
            }
            AccessDecision::Allowed { transform, by: GrantedBy::Permission } => {
                Ok(Grounds::Permission { transform })
            }
            AccessDecision::Denied(why) => Err(Denial::Access(why)),
        }
    }

    fn application(&self, id: ApplicationId) -> Result<&'a Application, Denial> {
        let missing = Denial::NotInUse(appkeep_domain::NotInUse::Archived);
        self.found.applications.get(&id).ok_or(missing)
    }
}
