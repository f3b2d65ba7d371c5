//! An application in Zyphr's JSON.

use appkeep_domain::{
    self as domain, ApplicationEnvironment, ApplicationState, OIDC_SCOPES, Owner, UserPool,
};
use appkeep_http::Body;
use appkeep_service::{ApplicationFields, ApplicationUpdate, Created, Error, ErrorCode, Fault, OwnPeople};
use serde::{Deserialize, Serialize};

use crate::json::texts;
use crate::zyphr::environments::Environment;

/// As it is shown.
#[derive(Serialize)]
pub(super) struct Application {
    id: String,
    workspace_id: Option<String>,
    name: String,
    slug: String,
    /// Nothing where it serves the people of its tenant.
    public_key: Option<String>,
    session_duration_minutes: Option<u32>,
    refresh_token_duration_days: Option<u32>,
    allowed_origins: Vec<String>,
    redirect_uris: Vec<String>,
    status: &'static str,
    created_at: String,
    updated_at: String,
    environments: Vec<Environment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_users_count: Option<u64>,
}

/// The same with its secret, this one time.
#[derive(Serialize)]
pub(super) struct WithSecret<T> {
    #[serde(flatten)]
    of: T,
    secret_key: Option<String>,
}

impl<T> WithSecret<T> {
    pub(super) const fn new(of: T, secret_key: Option<String>) -> Self {
        Self { of, secret_key }
    }
}

impl Application {
    pub(super) fn of(application: &domain::Application, environments: &[ApplicationEnvironment]) -> Self {
        let oauth = application.oauth.as_ref();
        Self {
            id: application.id.to_string(),
            workspace_id: workspace_id(application.owner),
            name: application.name.to_string(),
            slug: application.slug.to_string(),
            public_key: application.public_key.as_ref().map(ToString::to_string),
            session_duration_minutes: oauth.map(|oauth| oauth.access_token_ttl.as_seconds().div_ceil(MINUTE)),
            refresh_token_duration_days: oauth
                .map(|oauth| oauth.refresh_token_ttl.as_seconds().div_ceil(DAY)),
            allowed_origins: oauth.map(|oauth| texts(&oauth.allowed_origins)).unwrap_or_default(),
            redirect_uris: oauth.map(|oauth| texts(&oauth.redirect_uris)).unwrap_or_default(),
            status: status(application.state),
            created_at: application.created_at.to_string(),
            updated_at: application.updated_at.to_string(),
            environments: environments.iter().map(Environment::of).collect(),
            end_users_count: None,
        }
    }

    /// With the secrets of its environments, this one time.
    pub(super) fn created(created: &Created) -> Self {
        let environments = created.environments.iter().map(Environment::created).collect();
        Self { environments, ..Self::of(&created.view.application, &[]) }
    }

    /// With what it has for itself.
    pub(super) fn with(application: &domain::Application, own: &OwnPeople) -> Self {
        let end_users_count = Some(own.live_users);
        Self { end_users_count, ..Self::of(application, &own.environments) }
    }
}

fn workspace_id(owner: Owner) -> Option<String> {
    match owner {
        Owner::Tenant(id) => Some(id.to_string()),
        Owner::Global | Owner::Partner(_) => None,
    }
}

const fn status(state: ApplicationState) -> &'static str {
    match state {
        ApplicationState::Enabled => "active",
        ApplicationState::Disabled => "disabled",
    }
}

const MINUTE: u32 = 60;
const DAY: u32 = 86_400;
const DEFAULT_MINUTES: i64 = 60;
const DEFAULT_DAYS: i64 = 30;
const MOST_MINUTES: i64 = 43_200;
const MOST_DAYS: i64 = 365;

/// What a new one is to be. Members that are not known are passed over.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct NewApplication(Said);

impl Body for NewApplication {
    const REQUIRED: &'static [&'static str] = &["name"];
}

/// What is to become of one.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Patch(Said);

impl Body for Patch {
    const REQUIRED: &'static [&'static str] = &[];
}

/// Whatever is said of one; `null` is nothing said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    name: Option<String>,
    slug: Option<String>,
    session_duration_minutes: Option<i64>,
    refresh_token_duration_days: Option<i64>,
    allowed_origins: Option<Vec<String>>,
    redirect_uris: Option<Vec<String>>,
}

impl NewApplication {
    /// It has people of its own, who may be signed in by all that is built in.
    pub(super) fn into_fields(self) -> Result<ApplicationFields, Error> {
        let Self(said) = self;
        let said = Said {
            session_duration_minutes: said.session_duration_minutes.or(Some(DEFAULT_MINUTES)),
            refresh_token_duration_days: said.refresh_token_duration_days.or(Some(DEFAULT_DAYS)),
            ..said
        };
        Ok(ApplicationFields {
            user_pool: Some(UserPool::Application.as_str().to_owned()),
            allowed_scopes: Some(OIDC_SCOPES.map(str::to_owned).to_vec()),
            ..said.into_fields()?
        })
    }
}

impl Patch {
    pub(super) fn into_update(self) -> Result<ApplicationUpdate, Error> {
        Ok(ApplicationUpdate { fields: self.0.into_fields()?, ..ApplicationUpdate::default() })
    }
}

impl Said {
    fn into_fields(self) -> Result<ApplicationFields, Error> {
        let mut faults = Vec::new();
        let minutes = (self.session_duration_minutes, MOST_MINUTES);
        let days = (self.refresh_token_duration_days, MOST_DAYS);
        let minutes = in_seconds("session_duration_minutes", minutes, MINUTE, &mut faults);
        let days = in_seconds("refresh_token_duration_days", days, DAY, &mut faults);
        Error::from_faults(faults)?;
        Ok(ApplicationFields {
            name: self.name,
            slug: self.slug,
            access_token_ttl_s: minutes,
            refresh_token_ttl_s: days,
            allowed_origins: self.allowed_origins,
            redirect_uris: self.redirect_uris,
            ..ApplicationFields::default()
        })
    }
}

fn in_seconds(
    field: &str,
    (said, most): (Option<i64>, i64),
    unit: u32,
    faults: &mut Vec<Fault>,
) -> Option<i64> {
    let said = said?;
    if !(1..=most).contains(&said) {
        let message = format!("is not from 1 to {most}");
        faults.push(Fault::new(field, ErrorCode::InvalidField, message));
        return None;
    }
    Some(said * i64::from(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_an_end() {
        for (said, outcome) in
            [(None, Some(None)), (Some(1), Some(Some(60))), (Some(43_200), Some(Some(2_592_000)))]
        {
            let fields = Said { session_duration_minutes: said, ..Said::default() }.into_fields();
            assert_eq!(fields.ok().map(|fields| fields.access_token_ttl_s), outcome, "{said:?}");
        }
        for said in [0, -1, 43_201, i64::MAX] {
            let said = Said { session_duration_minutes: Some(said), ..Said::default() };
            let error = said.into_fields().expect_err("out of range");
            assert_eq!(error.faults()[0].field, "session_duration_minutes");
        }
        for said in [0, 366, i64::MIN] {
            let said = Said { refresh_token_duration_days: Some(said), ..Said::default() };
            let error = said.into_fields().expect_err("out of range");
            assert_eq!(error.faults()[0].field, "refresh_token_duration_days");
        }
    }
}
