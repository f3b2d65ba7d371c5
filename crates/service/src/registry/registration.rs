//! Applications that register themselves (RFC 7591), and look after what they
//! said of themselves afterwards (RFC 7592).
//!
//! Nobody of the tenant's asks for these: what lets them is the tenant's mode,
//! an initial access token, or the registration access token that one was given.
//! What they can be is less than what the tenant's own people can make.

mod expire;
mod initial_tokens;
mod manage;
mod metadata;
mod shown;

use std::fmt;
use std::sync::Arc;

use appkeep_domain::registration::{Registration, RegistrationMode, RegistrationToken, SaidOfClient};
use appkeep_domain::{
    Actor, Application, ApplicationId, AuditEntry, Credential, CredentialClass, CredentialId,
    CredentialOrigin, Owner, SecretHash, Slug, Tenant, TenantId, Timestamp, Within, is_built_in,
    is_management,
};
use appkeep_keys::{NewSecret, PresentedSecret};
use appkeep_oauth::{GrantType, ScopeSet};
use appkeep_storage::{ReadTx, StorageError, WriteTx};
use serde_json::{Value, json};
use zeroize::Zeroizing;

pub use self::initial_tokens::{MadeRegistrationToken, RegistrationTokenFields};
pub(crate) use self::manage::RegistrationHolder;
pub use self::manage::ReplacedMetadata;
pub use self::metadata::ClientMetadata;

use self::metadata::Asked;
use super::faults::Faults;
use super::record::{Stamp, Told};
use super::{Registry, describe, draft, scopes};
use crate::RequestOrigin;
use crate::error::{Error, ErrorCode};
use crate::surface::Surface;
use crate::tenancy::caps::check_registrations;

/// What stands before a registration access token.
const ACCESS_TOKEN_PREFIX: &str = "rat_";
/// How much of an id stands behind a slug to tell it apart, in characters.
const DISTINCT: usize = 10;

/// An application that registered itself, with what it is shown of its secrets.
pub struct RegisteredClient {
    pub application: Application,
    pub registration: Registration,
    /// Shown this once, where it is new.
    pub client_secret: Option<NewSecret>,
    /// New, or as it was shown to us.
    pub access_token: Zeroizing<String>,
}

/// Who wants to register an application, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Applicant {
    pub(crate) tenant: TenantId,
    /// The initial access token, if there is one.
    pub(crate) token: Option<PresentedSecret>,
    pub(crate) origin: RequestOrigin,
}

/// Made before the transaction, which may run more than once.
struct Plan {
    applicant: Applicant,
    stamp: Stamp,
    application: Application,
    registration: Registration,
    credential: Option<Credential>,
    faults: Faults,
}

impl Registry {
    /// `forbidden` where the tenant registers its applications itself,
    /// `invalid_token` where it wants an initial access token, and `cap_reached`
    /// where too many registered that nobody has used yet.
    pub(crate) async fn register_client(
        &self,
        applicant: Applicant,
        metadata: &ClientMetadata,
    ) -> Result<RegisteredClient, Error> {
        let access_token = NewSecret::generate(ACCESS_TOKEN_PREFIX, &*self.shared.entropy);
        let mut plan = self.plan_client(applicant, metadata);
        plan.registration.access_token = access_token.hash();
        let client_secret = plan.application.has_client_secret().then(|| self.client_secret());
        plan.credential =
            client_secret.as_ref().map(|secret| self.credential_of_client(secret, plan.stamp.now));
        let plan = Arc::new(plan);
        let (application, registration) =
            self.store.write(async move |tx: &mut WriteTx| register(tx, &plan).await).await?;
        tracing::info!(application.id = %application.id, "an application registered itself");
        let access_token = Zeroizing::new(access_token.expose().to_owned());
        Ok(RegisteredClient { application, registration, client_secret, access_token })
    }

    fn plan_client(&self, applicant: Applicant, metadata: &ClientMetadata) -> Plan {
        let (stamp, mut faults) = (self.stamp(), Faults::default());
        let Asked { kind, mut fields, said } = metadata.read(applicant.token.is_some(), &mut faults);
        let id: ApplicationId = self.make_id();
        // Whoever says no name goes by its id.
        fields.name.get_or_insert_with(|| id.to_string());
        let blank = draft::blank(id, Owner::Tenant(applicant.tenant), kind, stamp.now);
        let mut application = draft::apply(blank, &fields, stamp.now, &mut faults);
        if let Some(oauth) = &mut application.oauth {
            oauth.first_party = false;
        }
        let distinct = id.to_string().to_ascii_lowercase();
        application.slug = Slug::suggest(&application.name, Some(&distinct[distinct.len() - DISTINCT..]));
        let said = SaidOfClient { redirect_uris: Some(redirects(&application)), ..said };
        let registration = Registration {
            application: id,
            tenant: applicant.tenant,
            access_token: SecretHash::from_bytes([0; 32]),
            let_in_by: None,
            said,
            created_at: stamp.now,
            unused_until: None,
        };
        Plan { applicant, stamp, application, registration, credential: None, faults }
    }

    fn client_secret(&self) -> NewSecret {
        NewSecret::generate(Surface::Native.client_secret_prefix(), &*self.shared.entropy)
    }

    /// Whose it is, whoever writes it adds.
    fn credential_of_client(&self, secret: &NewSecret, now: Timestamp) -> Credential {
        let id: CredentialId = self.make_id();
        Credential {
            id,
            class: CredentialClass::ClientSecret,
            origin: CredentialOrigin::Rotation,
            name: None,
            prefix: secret.prefix().to_owned(),
            hash: secret.hash(),
            last_four: secret.last_four().to_owned(),
            created_at: now,
            created_by: None,
            expires_at: None,
            revoked_at: None,
        }
    }
}

async fn register(tx: &mut WriteTx, plan: &Plan) -> Result<(Application, Registration), Error> {
    let (owner, now) = (Owner::Tenant(plan.applicant.tenant), plan.stamp.now);
    let within = owner.within();
    let tenant = tx.tenant(within, plan.applicant.tenant).await?.ok_or_else(registration_is_closed)?;
    let token = admit(tx, &tenant, (&plan.applicant, now)).await?;
    let mut faults = plan.faults.clone();
    check_scopes(tx, (&ScopeSet::default(), &plan.application), &mut faults).await?;
    named_as_sent(faults.check())?;
    check_registrations(tx, owner).await?;
    match &token {
        Some(token) => tx.use_registration_token(within, token, now).await.map_err(used_up)?,
        None => check_room(tx, &tenant).await?,
    }
    let registration = Registration {
        let_in_by: token.map(|token| token.id),
        unused_until: Some(now.plus(tenant.registration.unused_ttl)),
        ..plan.registration.clone()
    };
    let maker = registration.maker();
    let application = Application { made_by: Some(maker.clone()), ..plan.application.clone() };
    tx.insert_application(within, &application).await?;
    if let Some(credential) = plan.credential.clone() {
        let credential = Credential { created_by: Some(maker.clone()), ..credential };
        tx.insert_credential(within, application.id, &credential).await?;
    }
    tx.insert_registration(within, &registration).await?;
    let mut after = describe::describe(&application);
    after.insert("registration".to_owned(), describe_said(&registration));
    let told = Told::of("application.created", application.id, Some(Value::Object(after)));
    tell(tx, (plan.stamp, &plan.applicant.origin), (owner, maker), told).await?;
    Ok((application, registration))
}

/// What lets somebody register an application, as the tenant wants it at this
/// moment.
async fn admit(
    tx: &mut ReadTx,
    tenant: &Tenant,
    (applicant, now): (&Applicant, Timestamp),
) -> Result<Option<RegistrationToken>, Error> {
    let within = Within::Tenant(tenant.id);
    match (tenant.registration.mode, applicant.token) {
        (RegistrationMode::Closed, _) => Err(registration_is_closed()),
        (RegistrationMode::Open, None) => Ok(None),
        (RegistrationMode::Token, None) => Err(registration_takes_a_token()),
        (RegistrationMode::Token | RegistrationMode::Open, Some(presented)) => {
            let found = tx.registration_token_by_hash(within, presented.hash()).await?;
            found.filter(|token| token.is_good(now)).map(Some).ok_or_else(no_good_token)
        }
    }
}

/// Anybody may register in an open tenant, so that what nobody uses has a bound.
async fn check_room(tx: &mut ReadTx, tenant: &Tenant) -> Result<(), Error> {
    let within = Within::Tenant(tenant.id);
    let most = Registration::MOST_UNUSED;
    if tx.unused_registration_count(within, tenant.id, most).await? < most {
        return Ok(());
    }
    Err(Error::new(ErrorCode::CapReached, "too many have registered here that nobody has used yet"))
}

/// Finds fault with scopes of our management API, and with those that nobody
/// registered; of who gets tokens in its own name, to which nobody consents, with
/// all that a tenant registered. What was allowed before stays.
async fn check_scopes(
    tx: &mut ReadTx,
    (kept, after): (&ScopeSet, &Application),
    faults: &mut Faults,
) -> Result<(), Error> {
    let Some(oauth) = &after.oauth else { return Ok(()) };
    for scope in oauth.allowed_scopes.iter().filter(|scope| !kept.contains(scope.as_str())) {
        let is_ours = is_management(scope.as_str());
        let is_unasked = speaks_for_itself(after) && !is_built_in(scope.as_str());
        if is_ours || is_unasked || !scopes::is_known(tx, after.owner, scope).await? {
            let message = format!("`{scope}` is not for an application that registers itself");
            faults.add("allowed_scopes", ErrorCode::ScopeUnknown, message);
        }
    }
    Ok(())
}

/// Whether it gets tokens in its own name.
fn speaks_for_itself(application: &Application) -> bool {
    let grants = application.oauth.as_ref().map_or(&[][..], |oauth| &oauth.grant_types);
    grants.contains(&GrantType::ClientCredentials)
}

/// Where an application is sent codes, as its registration keeps it.
fn redirects(application: &Application) -> Vec<String> {
    let uris = application.oauth.iter().flat_map(|oauth| &oauth.redirect_uris);
    uris.map(ToString::to_string).collect()
}

/// Faults by the names of RFC 7591 §2.
fn named_as_sent(checked: Result<(), Error>) -> Result<(), Error> {
    checked.map_err(|error| {
        error.with_fields_named(|field| {
            let (name, rest) = field.split_at(field.find('[').unwrap_or(field.len()));
            match name {
                "name" => "client_name".to_owned(),
                "logo_url" => "logo_uri".to_owned(),
                "allowed_scopes" => "scope".to_owned(),
                "id_token_signing_alg" => "id_token_signed_response_alg".to_owned(),
                other => format!("{other}{rest}"),
            }
        })
    })
}

/// Writes into the tenant's history what somebody did who is nobody of the
/// tenant's.
async fn tell(
    tx: &mut WriteTx,
    (stamp, origin): (Stamp, &RequestOrigin),
    (owner, actor): (Owner, Actor),
    told: Told<'_>,
) -> Result<(), StorageError> {
    let entry = AuditEntry {
        request_id: origin.request_id.to_string(),
        address: origin.address.map(|address| address.to_string()),
        ..stamp.entry(owner, actor, told)
    };
    tx.insert_audit_entry(owner.within(), &entry).await
}

fn describe_said(registration: &Registration) -> Value {
    let said = &registration.said;
    json!({
        "client_uri": said.client_uri,
        "policy_uri": said.policy_uri,
        "tos_uri": said.tos_uri,
        "contacts": said.contacts,
        "software_id": said.software_id,
        "software_version": said.software_version,
    })
}

pub(crate) fn registration_is_closed() -> Error {
    let message = "this tenant's applications are registered by those who administer it";
    Error::new(ErrorCode::Forbidden, message)
}

pub(crate) fn registration_takes_a_token() -> Error {
    Error::new(ErrorCode::InvalidToken, "this takes an initial access token (RFC 7591 §3)")
}

/// Unknown, over or used up is one answer.
fn no_good_token() -> Error {
    Error::new(ErrorCode::InvalidToken, "the initial access token is not accepted")
}

fn used_up(error: StorageError) -> Error {
    match error {
        // Somebody else was quicker.
        StorageError::Stale => no_good_token(),
        other => other.into(),
    }
}

/// Secrets are not for logs.
impl fmt::Debug for RegisteredClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredClient").field("application", &self.application.id).finish_non_exhaustive()
    }
}
