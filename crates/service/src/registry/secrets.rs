//! Replacing a client secret while the old one is still in use.

use appkeep_domain::{
    Action, Application, ApplicationId, Credential, CredentialClass, CredentialOrigin, Lifetime, Owner,
    Tenant, Timestamp, UserPool,
};
use appkeep_keys::NewSecret;
use appkeep_storage::WriteTx;
use serde_json::{Value, json};

use super::Registry;
use super::environments::no_environments;
use super::find::find;
use super::record::{Told, record_of};
use super::update::Step;
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};

/// The new secret, this one time.
#[derive(Debug)]
pub struct Rotated {
    pub application: ApplicationId,
    pub client_secret: NewSecret,
    /// From this moment on those before it are refused.
    pub previous_expires_at: Timestamp,
}

pub(super) struct Rotation {
    pub(super) step: Step,
    /// Its class says what is rotated.
    pub(super) credential: Credential,
    /// The tenant's when nobody named one.
    pub(super) overlap: Option<Lifetime>,
}

impl Registry {
    /// Gives the application a new secret. The replaced one lives on for the
    /// overlap, and one that was replaced before keeps its deadline; an overlap
    /// of zero ends all of them at once.
    pub async fn rotate_secret(&self, by: &By, id: &str, overlap_s: Option<i64>) -> Result<Rotated, Error> {
        let overlap = overlap_s.map(parse_overlap).transpose()?;
        let step = self.step(by, id)?;
        let client_secret = NewSecret::generate(by.surface.client_secret_prefix(), &*self.shared.entropy);
        let credential = self.credential(by, (CredentialClass::ClientSecret, &client_secret), step.stamp.now);
        let application = step.id;
        let rotation = Rotation { step, credential, overlap };
        let rotate = async move |tx: &mut WriteTx| rotate(tx, &rotation).await;
        let (_, previous_expires_at) = self.store.write(rotate).await?;
        Ok(Rotated { application, client_secret, previous_expires_at })
    }
}

pub(super) fn parse_overlap(seconds: i64) -> Result<Lifetime, Error> {
    let parsed =
        u32::try_from(seconds).ok().and_then(|seconds| Tenant::parse_secret_rotation_overlap(seconds).ok());
    parsed.ok_or_else(|| {
        let most = Tenant::MAX_SECRET_ROTATION_OVERLAP.as_seconds();
        let message = format!("is not from 0 to {most} seconds");
        Error::invalid(Fault::new("overlap_s", ErrorCode::InvalidField, message))
    })
}

/// The application, and from when on what is replaced is refused.
pub(super) async fn rotate(tx: &mut WriteTx, rotation: &Rotation) -> Result<(Application, Timestamp), Error> {
    let Rotation { step, credential, .. } = rotation;
    let (by, now) = (&step.by, step.stamp.now);
    let application = find(tx, by, Action::RotateSecret, (step.id, now)).await?.application;
    let within = application.owner.within();
    prepare(tx, (&application, credential.class), now).await?;
    let overlap = match rotation.overlap {
        Some(overlap) => overlap,
        None => overlap_of(tx, application.owner).await?,
    };
    let mut live = tx.live_credentials(within, step.id, now).await?;
    live.retain(|secret| secret.class == credential.class);
    // Where nothing is replaced, nothing lives on.
    let replaces = live.iter().any(|secret| secret.origin == CredentialOrigin::Rotation);
    let deadline = if replaces { now.plus(overlap) } else { now };
    check_room(&live, now, deadline)?;
    tx.end_rotated_credentials(within, step.id, (credential.class, deadline)).await?;
    tx.insert_credential(within, step.id, credential).await?;
    let told = Told::of("application.secret_rotated", step.id, Some(describe(credential, deadline)));
    record_of(tx, by, application.owner, (step.stamp, told)).await?;
    Ok((application, deadline))
}

/// Refuses an application that has no secret of this class.
async fn prepare(
    tx: &mut WriteTx,
    (application, class): (&Application, CredentialClass),
    now: Timestamp,
) -> Result<(), Error> {
    let mode = match class {
        CredentialClass::ClientSecret => return check_applicable(application),
        CredentialClass::EnvironmentSecret(mode) => mode,
        // Keys stand side by side: nothing replaces them.
        CredentialClass::ApiKey(_) => {
            return Err(Error::new(
                ErrorCode::NotApplicable,
                "a key is not rotated; add one, and revoke the other",
            ));
        }
    };
    if application.user_pool == UserPool::Tenant {
        return Err(no_environments());
    }
    Ok(tx.touch_environment(application.owner.within(), (application, mode), now).await?)
}

fn describe(credential: &Credential, deadline: Timestamp) -> Value {
    let mut after = json!({
        "credential_id": credential.id.to_string(),
        "last_four": credential.last_four,
        "previous_expires_at": deadline.to_string(),
    });
    if let Some(environment) = credential.class.environment() {
        after["environment"] = json!(environment.as_str());
    }
    after
}

pub(super) fn check_applicable(application: &Application) -> Result<(), Error> {
    if application.has_client_secret() {
        return Ok(());
    }
    let message = if application.kind.is_confidential() {
        "this application proves itself by its keys and has no client secret".to_owned()
    } else {
        format!("a {} application has no client secret", application.kind.as_str())
    };
    Err(Error::new(ErrorCode::NotApplicable, message))
}

/// Only tenants choose one.
async fn overlap_of(tx: &mut WriteTx, owner: Owner) -> Result<Lifetime, Error> {
    let Owner::Tenant(id) = owner else { return Ok(Tenant::DEFAULT_SECRET_ROTATION_OVERLAP) };
    let tenant = tx.tenant(owner.within(), id).await?;
    Ok(tenant.map_or(Tenant::DEFAULT_SECRET_ROTATION_OVERLAP, |tenant| tenant.secret_rotation_overlap))
}

/// What lives on beside the new secret, and the new one, are not too many.
fn check_room(live: &[Credential], now: Timestamp, deadline: Timestamp) -> Result<(), Error> {
    let stays = |secret: &&Credential| secret.origin == CredentialOrigin::Added || now < deadline;
    if live.iter().filter(stays).count() < Credential::MAX_LIVE {
        return Ok(());
    }
    let message = format!(
        "it has {} live secrets; wait until one ends, or rotate with `overlap_s` 0",
        Credential::MAX_LIVE
    );
    Err(Error::new(ErrorCode::TooManySecrets, message))
}
