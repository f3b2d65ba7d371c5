//! Where one can go, as far as one may.

use appkeep_domain::{Action, Level};

use crate::view::View;

/// Some of the menu, under a title.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) title: Option<&'static str>,
    pub(crate) items: Vec<Item>,
}

/// A page.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) words: &'static str,
    pub(crate) href: String,
    pub(crate) is_here: bool,
}

/// Each page, what whoever looks at it does, and what it is called.
const OF_A_TENANT: [(&str, Action, &str); 10] = [
    ("/applications", Action::ReadApplication, "Applications"),
    ("/users", Action::ReadUsers, "Users"),
    ("/groups", Action::ReadGroups, "Groups"),
    ("/integrations", Action::ReadIntegrations, "Integrations"),
    ("/vault", Action::ReadVault, "Vault"),
    ("/scopes", Action::ReadScopes, "Scopes"),
    ("/service-accounts", Action::ReadOperators, "Service accounts"),
    ("/access-graph", Action::ManageIntegrations, "Access graph"),
    ("/audit", Action::ReadAudit, "History"),
    ("/settings", Action::ReadTenant, "Settings"),
];

const OF_THE_PLATFORM: [(&str, Action, &str); 3] = [
    ("/tenants", Action::ReadTenant, "Tenants"),
    ("/partners", Action::ReadPartner, "Partners"),
    ("/operators", Action::ReadOperators, "Operators"),
];

pub(crate) fn of(view: &View, asked: &str) -> Vec<Group> {
    let item = |(below, words): (&str, &'static str)| {
        let href = view.path(below);
        let is_here = asked == href || (!below.is_empty() && asked.starts_with(&format!("{href}/")));
        Item { words, href, is_here }
    };
    let shown = |pages: &[(&'static str, Action, &'static str)]| -> Vec<Item> {
        let seen = pages.iter().filter(|(_, action, _)| view.may_ever(*action));
        seen.map(|(below, _, words)| item((below, words))).collect()
    };
    let mut own = vec![item(("", "Overview"))];
    own.extend(shown(&OF_A_TENANT));
    let mut groups = vec![Group { title: None, items: own }];
    if view.has_role_at(|level| !matches!(level, Level::Tenant { .. })) {
        groups.push(Group { title: Some("Across tenants"), items: shown(&OF_THE_PLATFORM) });
    } else if view.may_ever(Action::ReadOperators) {
        groups[0].items.push(item(("/operators", "Operators")));
    }
    groups
}
