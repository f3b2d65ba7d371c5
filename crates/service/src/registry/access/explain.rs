//! Why somebody with an application's key may do something, or may not.

use appkeep_domain::Action;
use appkeep_domain::access::{
    AccessDecision, AccessPolicy, AccessRule, Container, Permission, RuleVerdict, TokenPlace, explain,
};

use super::view;
use crate::by::By;
use crate::error::{Error, ErrorCode};
use crate::registry::Registry;
use crate::registry::credentials::check_overseen;
use crate::registry::faults::Faults;
use crate::registry::find::{find, parse_id};

/// What somebody would do, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessQuestion {
    pub permission: String,
    /// Where the token is; of what is not about tokens, nothing.
    pub container: Option<String>,
}

/// The answer, and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    pub decision: AccessDecision,
    /// In the order in which they are asked.
    pub rules: Vec<(AccessRule, RuleVerdict)>,
}

impl Registry {
    /// What a key of the application could do, by what is said of it; whether
    /// there is a key that is good, and the application in use, does not matter.
    pub async fn explain_access(
        &self,
        by: &By,
        id: &str,
        question: AccessQuestion,
    ) -> Result<Explained, Error> {
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store.read().await?;
        let found = find(&mut tx, by, Action::ReadApplication, (id, now)).await?;
        check_overseen(by, &found)?;
        let (permission, container) = parse(&question)?;
        let place = TokenPlace { id: None, container: &container };
        let view = view(&mut tx, &found.application).await?;
        let (permissions, rules) =
            view.map_or_else(Default::default, |view| (view.facet.permissions, view.rules));
        let decision = AccessPolicy::new(&permissions, &rules).decide(permission, &place);
        let told = explain(&rules, permission, &place).into_iter();
        Ok(Explained { decision, rules: told.map(|(rule, verdict)| (rule.clone(), verdict)).collect() })
    }
}

fn parse(question: &AccessQuestion) -> Result<(Permission, Container), Error> {
    let mut faults = Faults::default();
    let permission = faults.take("permission", Permission::parse(&question.permission));
    let container = match &question.container {
        Some(raw) => faults.take("container", Container::parse(raw)),
        None if permission.is_some_and(Permission::is_of_tokens) => {
            faults.add("container", ErrorCode::InvalidField, "is needed for a permission on tokens");
            None
        }
        // It does not matter then.
        None => Some(Container::root()),
    };
    faults.check()?;
    permission.zip(container).ok_or_else(|| Error::new(ErrorCode::InvalidField, "this cannot be asked"))
}
