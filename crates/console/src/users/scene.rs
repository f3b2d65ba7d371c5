//! Whose users a page is about.

use appkeep_domain::{Action as Doing, Environment};
use appkeep_http::{Problem, SLUG};
use appkeep_service::{ApplicationView, By, Pool, Registry, UserView};
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;

use super::PATH;
use crate::applications::tabs::{AppTab, page_of};
use crate::kit::{Link, Page, Tab};
use crate::posted::Asked;
use crate::view::View;

/// What the name of the application's parameter is, and of the user's.
const APPLICATION: &str = "id";
const USER: &str = "user";

/// Which users a path is about, and which of them.
#[derive(Debug, Clone)]
pub(super) struct Whose {
    pub(super) pool: Pool,
    /// As the path has it; empty where it is about all of them.
    pub(super) user: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Whose {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ok(asked) = Asked::from_request_parts(parts, state).await;
        let named = RawPathParams::from_request_parts(parts, state).await;
        let named = named.map_err(|_| Problem::not_found())?;
        let of = |wanted: &str| {
            let found = named.iter().find(|(name, _)| *name == wanted && *name != SLUG);
            found.map(|(_, value)| value.to_owned())
        };
        let pool = match of(APPLICATION) {
            None => Pool::Tenant,
            Some(id) => Pool::of_application(&id, asked.get("environment").as_deref())?,
        };
        Ok(Self { pool, user: of(USER).unwrap_or_default() })
    }
}

impl Whose {
    /// The path of what is below the list, without which environment it is.
    pub(super) fn bare(&self, below: &str) -> String {
        match self.pool {
            Pool::Tenant => format!("{PATH}{below}"),
            Pool::Application(id, _) => format!("/applications/{id}/users{below}"),
        }
    }

    /// The path of what is below the list, such as `/new`.
    pub(super) fn path(&self, below: &str) -> String {
        let mark = match self.pool {
            Pool::Application(_, Environment::Test) => "?environment=test",
            Pool::Application(_, Environment::Live) | Pool::Tenant => "",
        };
        format!("{}{mark}", self.bare(below))
    }

    /// The path of what is below the user, such as `/edit`.
    pub(super) fn of_user(&self, below: &str) -> String {
        self.path(&format!("/{}{below}", self.user))
    }

    pub(super) const fn is_of_tenant(&self) -> bool {
        matches!(self.pool, Pool::Tenant)
    }

    pub(super) const fn environment(&self) -> Option<Environment> {
        match self.pool {
            Pool::Tenant => None,
            Pool::Application(_, environment) => Some(environment),
        }
    }
}

/// A place where users are, and the application that has them for itself, if one
/// does.
pub(super) struct Scene {
    pub(super) whose: Whose,
    pub(super) application: Option<ApplicationView>,
}

/// Each page of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UserTab {
    Overview,
    Groups,
    Applications,
    Sessions,
    Consents,
    Identities,
    Impersonations,
}

impl UserTab {
    const ALL: [(Self, &'static str, &'static str); 7] = [
        (Self::Overview, "", "Overview"),
        (Self::Groups, "/groups", "Groups"),
        (Self::Applications, "/applications", "Applications"),
        (Self::Sessions, "/sessions", "Sessions"),
        (Self::Consents, "/consents", "Consents"),
        (Self::Identities, "/identities", "Accounts elsewhere"),
        (Self::Impersonations, "/impersonations", "Impersonations"),
    ];

    /// Whether there is such a page, and whoever looks may read it.
    fn is_of(self, scene: &Scene, view: &View) -> bool {
        let of_tenant = scene.whose.is_of_tenant();
        match self {
            Self::Overview => true,
            Self::Groups => of_tenant && scene.may(view, Doing::ReadGroups),
            Self::Applications => of_tenant && scene.may(view, Doing::ReadAssignments),
            Self::Sessions => scene.may(view, Doing::ReadSessions),
            Self::Consents => of_tenant,
            Self::Identities => !of_tenant,
            Self::Impersonations => of_tenant && scene.may(view, Doing::ReadImpersonations),
        }
    }
}

impl Scene {
    pub(super) async fn of(whose: Whose, (by, registry): (&By, &Registry)) -> Result<Self, Problem> {
        let application = match whose.pool {
            Pool::Tenant => None,
            Pool::Application(id, _) => Some(registry.application(by, &id.to_string()).await?),
        };
        Ok(Self { whose, application })
    }

    /// Whether whoever looks may do this to these users.
    pub(super) fn may(&self, view: &View, action: Doing) -> bool {
        match &self.application {
            None => view.may(action),
            Some(shown) => view.may_to(shown, action),
        }
    }

    /// A page of all of them, still empty.
    pub(super) fn page(&self, view: &View) -> Page {
        match &self.application {
            None => Page::new("Users"),
            Some(shown) => page_of(view, shown, AppTab::Users),
        }
    }

    /// A page below the list, still empty.
    pub(super) fn below(&self, view: &View, title: &str) -> Page {
        let page = Page::new(title);
        let page = match &self.application {
            None => page,
            Some(shown) => {
                let path = view.path(&format!("/applications/{}", shown.application.id));
                page.below("Applications", view.path("/applications"))
                    .below(shown.application.name.as_str(), path)
            }
        };
        page.below("Users", view.path(&self.whose.path("")))
    }

    /// One of the pages of a user, still empty.
    pub(super) fn user_page(&self, view: &View, user: &UserView, here: UserTab) -> Page {
        let shown = UserTab::ALL.iter().filter(|(tab, ..)| *tab == here || tab.is_of(self, view));
        let tab = |(tab, below, words): &(UserTab, &str, &str)| Tab {
            link: Link::new(*words, view.path(&self.whose.of_user(below))),
            is_here: *tab == here,
        };
        self.below(view, user.user.email.as_str()).tabs(shown.map(tab).collect())
    }

    /// A page below a user, still empty.
    pub(super) fn below_user(&self, view: &View, user: &UserView, title: &str) -> Page {
        self.below(view, title).below(user.user.email.as_str(), view.path(&self.whose.of_user("")))
    }

    /// That these are the users of a test, which should not be mistaken.
    pub(super) fn environment_words(&self) -> Option<&'static str> {
        self.whose.environment().map(|environment| match environment {
            Environment::Live => "live",
            Environment::Test => "test",
        })
    }
}

/// What the caller sees of a user, and where they are.
pub(super) async fn look(
    whose: Whose,
    (by, registry): (&By, &Registry),
) -> Result<(Scene, UserView), Problem> {
    let user = registry.user(by, whose.pool, &whose.user).await?;
    Ok((Scene::of(whose, (by, registry)).await?, user))
}
