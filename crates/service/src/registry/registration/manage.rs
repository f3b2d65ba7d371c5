//! What a registered application may do with its registration (RFC 7592).

use std::fmt;
use std::sync::Arc;

use appkeep_domain::registration::{Registration, SaidOfClient};
use appkeep_domain::{Application, ApplicationId, ApplicationState, Credential, TenantId, Timestamp, Within};
use appkeep_keys::{NewSecret, PresentedSecret, hashes_equal};
use appkeep_oauth::ScopeSet;
use appkeep_storage::{ReadTx, WriteTx};
use serde_json::Value;
use zeroize::Zeroizing;

use super::metadata::Asked;
use super::{
    ClientMetadata, RegisteredClient, check_scopes, describe_said, named_as_sent, redirects,
    speaks_for_itself, tell,
};
use crate::RequestOrigin;
use crate::error::{Error, ErrorCode};
use crate::registry::faults::Faults;
use crate::registry::record::{Stamp, Told};
use crate::registry::{Registry, describe, draft};

/// Who shows a registration access token, and of which application.
#[derive(Clone)]
pub(crate) struct RegistrationHolder {
    pub(crate) tenant: TenantId,
    pub(crate) client: ApplicationId,
    /// As it was shown, so that it can be repeated.
    pub(crate) shown: Zeroizing<String>,
    pub(crate) origin: RequestOrigin,
}

/// What an application says in place of what it said before (RFC 7592 §2.2).
#[derive(Clone, Default)]
pub struct ReplacedMetadata {
    pub metadata: ClientMetadata,
    /// Has to be its own.
    pub client_id: Option<String>,
    /// Has to be its own, where it is named.
    pub client_secret: Option<String>,
    /// Members that are ours to say.
    pub ours: Vec<&'static str>,
}

/// Made before the transaction, which may run more than once.
struct Replacement {
    holder: RegistrationHolder,
    stamp: Stamp,
    replaced: ReplacedMetadata,
    /// Where it proves itself by one from now on and did not before.
    credential: Credential,
}

/// What a replacement came to.
struct Replaced {
    application: Application,
    registration: Registration,
    has_new_secret: bool,
}

impl Registry {
    /// `invalid_token` for whoever shows another token, or names an application
    /// that is not there.
    pub(crate) async fn registered_client(
        &self,
        holder: &RegistrationHolder,
    ) -> Result<RegisteredClient, Error> {
        let mut tx = self.store.read().await?;
        let (application, registration) = find(&mut tx, (holder, self.now())).await?;
        let access_token = holder.shown.clone();
        Ok(RegisteredClient { application, registration, client_secret: None, access_token })
    }

    /// What is left out is taken away, or has its default. Whether it keeps a
    /// secret stays as it is; what those decided about it who administer the
    /// tenant does too.
    pub(crate) async fn replace_registered_client(
        &self,
        holder: RegistrationHolder,
        replaced: ReplacedMetadata,
    ) -> Result<RegisteredClient, Error> {
        let (stamp, secret) = (self.stamp(), self.client_secret());
        let access_token = holder.shown.clone();
        let credential = self.credential_of_client(&secret, stamp.now);
        let plan = Arc::new(Replacement { holder, stamp, replaced, credential });
        let written = self.store.write(async move |tx: &mut WriteTx| replace(tx, &plan).await).await?;
        let Replaced { application, registration, has_new_secret } = written;
        let client_secret: Option<NewSecret> = has_new_secret.then_some(secret);
        Ok(RegisteredClient { application, registration, client_secret, access_token })
    }

    /// Leaves nothing of it but its history; its tokens are worth nothing.
    pub(crate) async fn delete_registered_client(&self, holder: RegistrationHolder) -> Result<(), Error> {
        let stamp = self.stamp();
        let delete = async move |tx: &mut WriteTx| -> Result<(), Error> {
            let (application, registration) = find(tx, (&holder, stamp.now)).await?;
            must_be_enabled(&application)?;
            let owner = application.owner;
            tx.delete_application(owner.within(), &application, stamp.now).await?;
            let before = Some(Value::Object(describe::describe(&application)));
            let told = Told {
                action: "application.deleted",
                application: Some(application.id),
                before,
                after: None,
            };
            Ok(tell(tx, (stamp, &holder.origin), (owner, registration.holder()), told).await?)
        };
        self.store.write(delete).await
    }
}

/// The application whose token it is, archived ones aside: those are put away by
/// somebody who may.
async fn find(
    tx: &mut ReadTx,
    (holder, now): (&RegistrationHolder, Timestamp),
) -> Result<(Application, Registration), Error> {
    let presented = PresentedSecret::parse(&holder.shown).ok_or_else(not_accepted)?;
    let within = Within::Tenant(holder.tenant);
    let registration = tx.registration(within, holder.client).await?;
    let registration = registration.filter(|one| hashes_equal(&one.access_token, &presented.hash()));
    let registration = registration.ok_or_else(not_accepted)?;
    let application = tx.application(within, holder.client).await?;
    let application = application.filter(|found| found.is_there(now) && found.archived_at.is_none());
    Ok((application.ok_or_else(not_accepted)?, registration))
}

async fn replace(tx: &mut WriteTx, plan: &Replacement) -> Result<Replaced, Error> {
    let now = plan.stamp.now;
    let (current, registration) = find(tx, (&plan.holder, now)).await?;
    must_be_enabled(&current)?;
    let mut faults = Faults::default();
    check_names(tx, (&plan.replaced, &current, now), &mut faults).await?;
    let (mut changed, said) = put_over(&current, (&plan.replaced, &registration, now), &mut faults);
    check_scopes(tx, (&kept_scopes(&current, &changed), &changed), &mut faults).await?;
    let redirects_are_decided = keep_redirects((&registration, &current), &mut changed, &mut faults);
    named_as_sent(faults.check())?;
    keep_within(&current, &mut changed);
    let said = SaidOfClient { redirect_uris: Some(redirects(&changed)), redirects_are_decided, ..said };
    let changed_registration = Registration { said, ..registration.clone() };
    let has_new_secret = settle_secrets(tx, plan, (&current, &changed)).await?;
    let (owner, within) = (current.owner, current.owner.within());
    if changed_registration != registration {
        tx.update_registration(within, &changed_registration).await?;
    }
    let application = if changed == current {
        current.clone()
    } else {
        let written = Application { version: current.version + 1, updated_at: now, ..changed };
        tx.update_application(within, &written).await?;
        written
    };
    if application != current || changed_registration != registration {
        let told = told_of((&current, &application), (&registration, &changed_registration));
        tell(tx, (plan.stamp, &plan.holder.origin), (owner, registration.holder()), told).await?;
    }
    Ok(Replaced { application, registration: changed_registration, has_new_secret })
}

fn must_be_enabled(application: &Application) -> Result<(), Error> {
    match application.state {
        ApplicationState::Enabled => Ok(()),
        ApplicationState::Disabled => Err(Error::new(ErrorCode::Forbidden, "this client is disabled")),
    }
}

/// What an administrator took away is not taken back: a scope that the client does
/// not have it does not get by saying so. Nor is it trusted at addresses that
/// nobody has looked at.
fn keep_within(current: &Application, changed: &mut Application) {
    if let (Some(before), Some(after)) = (&current.oauth, &mut changed.oauth) {
        after.allowed_scopes = after.allowed_scopes.intersection(&before.allowed_scopes);
        after.first_party &= after.redirect_uris == before.redirect_uris;
    }
}

/// Which scopes it has without being asked again; none where it did not speak for
/// itself before, and does from now on.
fn kept_scopes(current: &Application, changed: &Application) -> ScopeSet {
    if speaks_for_itself(changed) && !speaks_for_itself(current) {
        return ScopeSet::default();
    }
    current.oauth.as_ref().map(|oauth| oauth.allowed_scopes.clone()).unwrap_or_default()
}

/// Whether somebody else decided where it is sent codes. Then it keeps what of that
/// it names, and adds nothing: what an administrator took away would be back.
fn keep_redirects(
    (registration, current): (&Registration, &Application),
    changed: &mut Application,
    faults: &mut Faults,
) -> bool {
    let SaidOfClient { redirect_uris, redirects_are_decided, .. } = &registration.said;
    let left = redirects(current);
    let is_decided = *redirects_are_decided || redirect_uris.as_ref().is_some_and(|said| *said != left);
    if let (true, Some(oauth)) = (is_decided, &mut changed.oauth) {
        let names_some = !oauth.redirect_uris.is_empty();
        oauth.redirect_uris.retain(|uri| left.iter().any(|one| one == uri.as_str()));
        if names_some && oauth.redirect_uris.is_empty() {
            let message = "is none of those that the tenant's administrators left to the client";
            faults.add("redirect_uris", ErrorCode::RedirectUriInvalid, message);
        }
    }
    is_decided
}

/// RFC 7592 §2.2: what the request says of the client's own names is so.
async fn check_names(
    tx: &mut ReadTx,
    (replaced, current, now): (&ReplacedMetadata, &Application, Timestamp),
    faults: &mut Faults,
) -> Result<(), Error> {
    match replaced.client_id.as_deref() {
        None => faults.add("client_id", ErrorCode::InvalidField, "is required"),
        Some(named) if ApplicationId::parse(named) == Ok(current.id) => {}
        Some(_) => faults.add("client_id", ErrorCode::ImmutableField, "is another client's"),
    }
    for member in &replaced.ours {
        faults.add(*member, ErrorCode::InvalidField, "is not for a client to say");
    }
    let Some(secret) = &replaced.client_secret else { return Ok(()) };
    let live = tx.live_credentials(current.owner.within(), current.id, now).await?;
    let presented = PresentedSecret::parse(secret);
    let is_it = presented.is_some_and(|shown| live.iter().any(|one| hashes_equal(&one.hash, &shown.hash())));
    if !is_it {
        faults.add("client_secret", ErrorCode::InvalidField, "is not the client's");
    }
    Ok(())
}

fn put_over(
    current: &Application,
    (replaced, registration, now): (&ReplacedMetadata, &Registration, Timestamp),
    faults: &mut Faults,
) -> (Application, SaidOfClient) {
    let is_trusted = registration.let_in_by.is_some();
    let Asked { kind, mut fields, said } = replaced.metadata.read(is_trusted, faults);
    if kind.is_confidential() == current.kind.is_confidential() {
        fields.name.get_or_insert_with(|| current.id.to_string());
        return (draft::apply(current.clone(), &fields, now, faults), said);
    }
    let message = "decides whether the client keeps a secret, which stays as it is; register another";
    faults.add("token_endpoint_auth_method", ErrorCode::ImmutableField, message);
    (current.clone(), said)
}

/// Whether it proves itself by a secret that it did not have; one that it does not
/// use any more must not come back some day.
async fn settle_secrets(
    tx: &mut WriteTx,
    plan: &Replacement,
    (current, changed): (&Application, &Application),
) -> Result<bool, Error> {
    let within = current.owner.within();
    match (current.has_client_secret(), changed.has_client_secret()) {
        (true, false) => {
            tx.revoke_client_secrets(within, current.id, plan.stamp.now).await?;
            Ok(false)
        }
        (false, true) => {
            let created_by = current.made_by.clone();
            let credential = Credential { created_by, ..plan.credential.clone() };
            tx.insert_credential(within, current.id, &credential).await?;
            Ok(true)
        }
        (true, true) | (false, false) => Ok(false),
    }
}

fn told_of(
    (current, changed): (&Application, &Application),
    (before, after): (&Registration, &Registration),
) -> Told<'static> {
    let mut told = Told::change("application.updated", current, changed);
    if before.said != after.said {
        let add = |value: &mut Option<Value>, said: &Registration| {
            if let Some(members) = value.as_mut().and_then(Value::as_object_mut) {
                members.insert("registration".to_owned(), describe_said(said));
            }
        };
        add(&mut told.before, before);
        add(&mut told.after, after);
    }
    told
}

/// One answer for every reason, so that nobody learns which clients there are.
fn not_accepted() -> Error {
    Error::new(ErrorCode::InvalidToken, "the registration access token is not accepted")
}

/// Secrets are not for logs.
impl fmt::Debug for ReplacedMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplacedMetadata").field("metadata", &self.metadata).finish_non_exhaustive()
    }
}

impl fmt::Debug for RegistrationHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistrationHolder").field("client", &self.client).finish_non_exhaustive()
    }
}
