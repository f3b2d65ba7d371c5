//! Live and test of an application that has people of its own: made with it,
//! and each with secrets of its own.

use std::sync::Arc;

use appkeep_domain::{
    Action, Application, ApplicationEnvironment, Credential, CredentialClass, Directory, DirectoryOf,
    Environment, Owner, PasswordPolicy, PublicKey, Timestamp, UserPool,
};
use appkeep_keys::NewSecret;
use appkeep_storage::{ReadTx, StorageError, WriteTx};

use super::Registry;
use super::faults::Faults;
use super::find::{find, parse_id};
use super::secrets::{Rotation, parse_overlap, rotate};
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};

/// An environment that was just made, and its secret this one time.
#[derive(Debug)]
pub struct CreatedEnvironment {
    pub environment: ApplicationEnvironment,
    pub secret_key: NewSecret,
}

/// The new secret of an environment, this one time.
#[derive(Debug)]
pub struct RotatedEnvironment {
    pub environment: ApplicationEnvironment,
    pub secret_key: NewSecret,
    /// From this moment on those before it are refused.
    pub previous_expires_at: Timestamp,
}

/// What is written with an application that has people of its own.
pub(super) struct PlannedEnvironment {
    pub(super) environment: ApplicationEnvironment,
    pub(super) credential: Credential,
    directory: Directory,
}

impl Registry {
    /// Live and then test; none of an application that serves its tenant's people.
    pub async fn environments(&self, by: &By, id: &str) -> Result<Vec<ApplicationEnvironment>, Error> {
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store.read().await?;
        let found = find(&mut tx, by, Action::ReadApplication, (id, now)).await?;
        Ok(environments_of(&mut tx, &found.application).await?)
    }

    /// Gives an environment a new secret, and touches no other's. The replaced
    /// one lives on for the overlap; the tenant's when none is named.
    pub async fn rotate_environment(
        &self,
        by: &By,
        (id, mode): (&str, &str),
        overlap_s: Option<i64>,
    ) -> Result<RotatedEnvironment, Error> {
        let mode = self.mode(by, (id, mode)).await?;
        let overlap = overlap_s.map(parse_overlap).transpose()?;
        let step = self.step(by, id)?;
        let (class, secret_key) = self.environment_secret(mode);
        let credential = self.credential(by, (class, &secret_key), step.stamp.now);
        let rotation = Arc::new(Rotation { step, credential, overlap });
        let rotate = async move |tx: &mut WriteTx| -> Result<_, Error> {
            let (application, previous_expires_at) = rotate(tx, &rotation).await?;
            let environment = environment_of(tx, &application, mode).await?;
            Ok((environment, previous_expires_at))
        };
        let (environment, previous_expires_at) = self.store.write(rotate).await?;
        Ok(RotatedEnvironment { environment, secret_key, previous_expires_at })
    }

    /// That there is no such environment is told to those who see the application.
    async fn mode(&self, by: &By, (id, mode): (&str, &str)) -> Result<Environment, Error> {
        let reason = match Environment::parse(mode) {
            Ok(mode) => return Ok(mode),
            Err(reason) => reason,
        };
        let (id, now) = (parse_id(id)?, self.now());
        find(&mut self.store.read().await?, by, Action::RotateSecret, (id, now)).await?;
        Err(Error::invalid(Fault::new("mode", ErrorCode::InvalidField, format!("is {reason}"))))
    }

    /// Both environments of a new application, with what is told of them once;
    /// none when it serves its tenant's people.
    pub(super) fn plan_environments(
        &self,
        by: &By,
        application: &Application,
    ) -> (Vec<PlannedEnvironment>, Vec<CreatedEnvironment>) {
        if application.user_pool == UserPool::Tenant {
            return (Vec::new(), Vec::new());
        }
        [Environment::Live, Environment::Test]
            .map(|mode| self.plan_environment(by, application, mode))
            .into_iter()
            .unzip()
    }

    fn plan_environment(
        &self,
        by: &By,
        application: &Application,
        mode: Environment,
    ) -> (PlannedEnvironment, CreatedEnvironment) {
        let now = application.created_at;
        let environment = ApplicationEnvironment {
            id: self.make_id(),
            application: application.id,
            mode,
            public_key: PublicKey::make(Some(mode), &*self.shared.entropy),
            created_at: now,
            updated_at: now,
        };
        let directory = Directory {
            id: self.make_id(),
            owner: application.owner,
            of: DirectoryOf::Application { application: application.id, environment: mode },
            policy: PasswordPolicy::DEFAULT,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let (class, secret_key) = self.environment_secret(mode);
        let credential = self.credential(by, (class, &secret_key), now);
        let created = CreatedEnvironment { environment: environment.clone(), secret_key };
        (PlannedEnvironment { environment, credential, directory }, created)
    }

    /// Of an environment: in another's place it is not taken, by its very form.
    fn environment_secret(&self, mode: Environment) -> (CredentialClass, NewSecret) {
        let prefix = match mode {
            Environment::Live => "za_sec_live_",
            Environment::Test => "za_sec_test_",
        };
        let secret = NewSecret::generate(prefix, &*self.shared.entropy);
        (CredentialClass::EnvironmentSecret(mode), secret)
    }
}

/// Writes what the application has for its own people.
pub(super) async fn insert_environments(
    tx: &mut WriteTx,
    application: &Application,
    planned: &[PlannedEnvironment],
) -> Result<(), StorageError> {
    let within = application.owner.within();
    for PlannedEnvironment { environment, credential, directory } in planned {
        // Who owns it is settled in the transaction.
        let directory = Directory { owner: application.owner, ..directory.clone() };
        tx.insert_environment(within, application, environment).await?;
        tx.insert_credential(within, application.id, credential).await?;
        tx.insert_directory(within, &directory).await?;
    }
    Ok(())
}

pub(crate) async fn environments_of(
    tx: &mut ReadTx,
    application: &Application,
) -> Result<Vec<ApplicationEnvironment>, StorageError> {
    match application.user_pool {
        UserPool::Tenant => Ok(Vec::new()),
        UserPool::Application => tx.environments(application.owner.within(), application).await,
    }
}

async fn environment_of(
    tx: &mut ReadTx,
    application: &Application,
    mode: Environment,
) -> Result<ApplicationEnvironment, Error> {
    let found = environments_of(tx, application).await?.into_iter().find(|found| found.mode == mode);
    found.ok_or_else(no_environments)
}

/// For an application that serves its tenant's people.
pub(crate) fn no_environments() -> Error {
    let message =
        "this application serves its tenant's people: it has no environments, and no users of its own";
    Error::new(ErrorCode::NotApplicable, message)
}

/// Whose people it is to serve, as somebody said who makes it. Who signs people
/// in may have its own; and a tenant's may, because whatever the platform or a
/// partner has is for the people of tenants.
pub(super) fn parse_pool(
    raw: Option<&str>,
    application: &Application,
    owner: Owner,
    faults: &mut Faults,
) -> UserPool {
    let Some(raw) = raw else { return UserPool::Tenant };
    let parsed = UserPool::parse(raw).map_err(|reason| format!("is {reason}"));
    let pool = faults.take("user_pool", parsed).unwrap_or_default();
    if pool == UserPool::Tenant {
        return pool;
    }
    if !application.kind.may_have_people() {
        let message = format!("a {} application signs nobody in", application.kind.as_str());
        faults.add("user_pool", ErrorCode::InvalidField, message);
    } else if !matches!(owner, Owner::Tenant(_)) {
        let message = "an application of the platform or a partner is for the people of tenants";
        faults.add("user_pool", ErrorCode::InvalidField, message);
    }
    pool
}

/// All of an application's own users may use it: there is nobody to assign.
pub(super) fn check_assignment(application: &Application, faults: &mut Faults) {
    let is_required = application.oauth.as_ref().is_some_and(|oauth| oauth.assignment_required);
    if is_required && application.user_pool == UserPool::Application {
        let message = "is for applications that serve their tenant's users";
        faults.add("assignment_required", ErrorCode::InvalidField, message);
    }
}

/// Sending what stands is fine.
pub(super) fn check_pool_unchanged(current: &Application, raw: Option<&str>, faults: &mut Faults) {
    if raw.is_some_and(|raw| raw != current.user_pool.as_str()) {
        let message = "cannot be changed; make another application";
        faults.add("user_pool", ErrorCode::ImmutableField, message);
    }
}
