//! What comes next, and what was done already.

use std::fmt;

use appkeep_domain::User;
use appkeep_oauth::{AuthorizeAnswer, Scope};

use super::Asked;
use crate::tokens::browser::Person;

/// What a person did for a request, in the browser that it came with. Whoever
/// keeps it between two pages has to keep it from being made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Proved who they are just now.
    pub authenticated: bool,
    /// Said that they are who is signed in.
    pub chosen: bool,
    /// What they answered, when they were asked what the application may do.
    pub answer: Option<ConsentAnswer>,
}

/// What a person says to an application that asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentAnswer {
    Allow,
    Deny,
}

impl Progress {
    /// Whether the person has seen a page of ours on the way.
    pub(super) fn has_done_something(self) -> bool {
        self.authenticated || self.chosen || self.has_allowed()
    }

    pub(super) fn has_allowed(self) -> bool {
        self.answer == Some(ConsentAnswer::Allow)
    }
}

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// The browser goes back to the application, which has this name.
    Answer {
        answer: AuthorizeAnswer,
        application: String,
    },
    SignIn(Asked),
    ChooseAccount(Asked, Account),
    /// The application wants to be allowed these.
    Consent(Asked, Account, Wants),
    /// The person is not among those who may use the application.
    NotAssigned(Asked, Account),
}

/// What an application wants to be allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wants {
    pub scopes: Vec<WantedScope>,
    /// Of one that registered itself, the pages that it names: each https, and
    /// what is there nobody has looked at.
    pub home: Option<String>,
    pub policy: Option<String>,
    pub terms: Option<String>,
}

/// A scope that an application wants to be allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedScope {
    pub scope: Scope,
    /// In the words of the tenant's registry.
    pub description: Option<String>,
}

/// A person as they are shown to themselves.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    pub name: Option<String>,
    pub email: String,
}

impl Account {
    pub(super) fn of(person: &Person) -> Self {
        Self::of_user(&person.user)
    }

    pub(in crate::tokens) fn of_user(user: &User) -> Self {
        Self { name: user.name.as_ref().map(ToString::to_string), email: user.email.as_str().to_owned() }
    }
}

/// A person's data is not for logs.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Account(…)")
    }
}
