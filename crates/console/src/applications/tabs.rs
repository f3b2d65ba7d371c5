//! The pages of one application.

use appkeep_domain::{Action, Application, ApplicationKind, Decision, Owner, Resource, UserPool, may};
use appkeep_service::ApplicationView;

use super::PATH;
use crate::kit::{Link, Page, Tab};
use crate::view::View;

/// Each page of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppTab {
    Overview,
    Credentials,
    Oauth,
    Saml,
    Environments,
    Keys,
    Access,
    Integrations,
    Users,
    Connections,
    Sessions,
    Impersonations,
    History,
    Danger,
}

impl AppTab {
    /// In the order shown: the path below the application's, and the words.
    const ALL: [(Self, &'static str, &'static str); 14] = [
        (Self::Overview, "", "Overview"),
        (Self::Credentials, "/credentials", "Credentials"),
        (Self::Oauth, "/oauth", "OAuth"),
        (Self::Saml, "/saml", "SAML"),
        (Self::Environments, "/environments", "Environments"),
        (Self::Keys, "/keys", "API keys"),
        (Self::Access, "/access", "Access"),
        (Self::Integrations, "/integrations", "Integrations"),
        (Self::Users, "/users", "Users"),
        (Self::Connections, "/connections", "Connections"),
        (Self::Sessions, "/sessions", "Sessions"),
        (Self::Impersonations, "/impersonations", "Impersonations"),
        (Self::History, "/history", "History"),
        (Self::Danger, "/danger", "Danger zone"),
    ];

    /// Whether such an application has such a page.
    fn is_of(self, application: &Application) -> bool {
        let has_people = application.kind.may_have_people();
        let has_own = application.user_pool == UserPool::Application;
        match self {
            Self::Overview | Self::History | Self::Danger => true,
            Self::Credentials => application.kind.is_confidential(),
            Self::Oauth => application.oauth.is_some(),
            Self::Saml => application.kind == ApplicationKind::Saml,
            Self::Environments | Self::Connections => has_own,
            Self::Keys | Self::Access => application.access_kind().fits(application.kind),
            Self::Integrations => matches!(application.owner, Owner::Tenant(_)),
            Self::Users => has_people || application.kind == ApplicationKind::Saml,
            Self::Sessions | Self::Impersonations => has_people,
        }
    }

    /// Whether whoever looks has anything to see there.
    fn is_for(self, view: &View, shown: &ApplicationView) -> bool {
        let may = |action| may_here(view, shown, action);
        match self {
            Self::Overview | Self::Oauth | Self::Saml => true,
            // Told to those only at whose level it is, as is what changed.
            Self::Credentials | Self::Environments | Self::Keys | Self::Access | Self::Connections => {
                shown.audit.is_some()
            }
            Self::Integrations => may(Action::ReadIntegrations),
            Self::Users => {
                view.may_ever(Action::ReadAssignments) || view.may_ever(Action::ReadEffectiveUsers)
            }
            Self::Sessions => may(Action::ReadSessions),
            Self::Impersonations => may(Action::ReadImpersonations),
            Self::History => shown.audit.is_some() && may(Action::ReadAudit),
            Self::Danger => {
                let can = shown.can;
                can.disable || can.enable || can.archive || can.restore || may(Action::DeleteApplication)
            }
        }
    }
}

/// Whether whoever looks may do this to the application, as far as can be told
/// without asking the service.
pub(super) fn may_here(view: &View, shown: &ApplicationView, action: Action) -> bool {
    let application = &shown.application;
    if application.owner != Owner::Tenant(view.tenant()) {
        return shown.audit.is_some() && view.may_ever(action);
    }
    // Somebody may do to what they made what they may not do to others.
    view.may(action) || may(view.caller(), action, &Resource::of(application, None)) == Decision::Allowed
}

/// Those of its pages that it has, and that whoever looks has a use for.
pub(crate) fn tabs(view: &View, application: &ApplicationView, here: AppTab) -> Vec<Tab> {
    let base = view.path(&format!("{PATH}/{}", application.application.id));
    let shown = AppTab::ALL.iter().filter(|(tab, ..)| {
        *tab == here || (tab.is_of(&application.application) && tab.is_for(view, application))
    });
    let tab = |(tab, below, words): &(AppTab, &str, &str)| Tab {
        link: Link::new(*words, format!("{base}{below}")),
        is_here: *tab == here,
    };
    shown.map(tab).collect()
}

/// One of its pages, still empty.
pub(crate) fn page_of(view: &View, application: &ApplicationView, here: AppTab) -> Page {
    Page::new(application.application.name.as_str()).below("Applications", view.path(PATH)).tabs(tabs(
        view,
        application,
        here,
    ))
}
