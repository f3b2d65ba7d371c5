//! Registering an application.

use std::sync::Arc;

use appkeep_domain::{
    Action, Application, ApplicationKind, Credential, CredentialId, CredentialOrigin, Resource, Slug,
    Timestamp, may_grant,
};
use appkeep_keys::NewSecret;
use appkeep_storage::{ReadTx, StorageError, WriteTx};
use serde_json::Value;

use super::faults::Faults;
use super::fields::ApplicationFields;
use super::record::{Stamp, Told, record};
use super::view::{ApplicationView, view};
use super::{Registry, describe, draft, scopes};
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};

/// What stands before the secrets of the native API.
pub(super) const SECRET_PREFIX: &str = "ias_";

/// A new application, and its secret this one time.
#[derive(Debug)]
pub struct Created {
    pub view: ApplicationView,
    /// For a client that proves itself by a secret.
    pub client_secret: Option<NewSecret>,
}

/// Made before the transaction, which may run more than once.
struct Plan {
    by: By,
    stamp: Stamp,
    application: Application,
    credential: Option<Credential>,
}

impl Registry {
    /// A slug that nobody named is made from the name, and made another when
    /// that is taken.
    pub async fn create_application(
        &self,
        by: &By,
        kind: &str,
        fields: ApplicationFields,
    ) -> Result<Created, Error> {
        by.decide_of_tenant(Action::CreateApplication)?;
        let mut application = self.draft(by, kind, &fields)?;
        let first = self.try_create(by, application.clone()).await;
        if fields.slug.is_some() || !first.as_ref().is_err_and(|error| error.code() == ErrorCode::SlugTaken) {
            return first;
        }
        let id = application.id.to_string().to_ascii_lowercase();
        application.slug = Slug::suggest(&application.name, Some(&id[id.len() - 10..]));
        self.try_create(by, application).await
    }

    fn draft(&self, by: &By, kind: &str, fields: &ApplicationFields) -> Result<Application, Error> {
        let mut faults = Faults::default();
        let kind = ApplicationKind::parse(kind).map_err(|reason| {
            Error::invalid(Fault::new("type", ErrorCode::InvalidField, format!("is {reason}")))
        })?;
        if fields.name.is_none() {
            faults.add("name", ErrorCode::InvalidRequest, "is required");
        }
        if kind == ApplicationKind::Saml && fields.saml.is_none() {
            faults.add("saml", ErrorCode::InvalidRequest, "is required");
        }
        let now = self.now();
        let id = self.make_id();
        let blank = draft::blank(id, by.owner(), kind, now);
        let mut application = draft::apply(blank, fields, now, &mut faults);
        faults.check()?;
        if fields.slug.is_none() {
            application.slug = Slug::suggest(&application.name, None);
        }
        Ok(application)
    }

    async fn try_create(&self, by: &By, application: Application) -> Result<Created, Error> {
        let stamp = self.stamp();
        let secret = application
            .has_client_secret()
            .then(|| NewSecret::generate(SECRET_PREFIX, &*self.shared.entropy));
        let credential = secret.as_ref().map(|secret| self.credential(by, secret, stamp.now));
        let plan = Arc::new(Plan { by: by.clone(), stamp, application, credential });
        let view = self.store.write(async move |tx: &mut WriteTx| create(tx, &plan).await).await?;
        tracing::info!(application = %view.application.id, "registered an application");
        Ok(Created { view, client_secret: secret })
    }

    pub(super) fn credential(&self, by: &By, secret: &NewSecret, now: Timestamp) -> Credential {
        let id: CredentialId = self.make_id();
        Credential {
            id,
            origin: CredentialOrigin::Rotation,
            name: None,
            prefix: secret.prefix().to_owned(),
            hash: secret.hash(),
            last_four: secret.last_four().to_owned(),
            created_at: now,
            created_by: Some(by.actor()),
            expires_at: None,
            revoked_at: None,
        }
    }
}

async fn create(tx: &mut WriteTx, plan: &Plan) -> Result<ApplicationView, Error> {
    let (by, application) = (&plan.by, &plan.application);
    check_scopes(tx, by, None, application).await?;
    tx.insert_application(by.within(), application).await.map_err(slug_taken)?;
    if let Some(credential) = &plan.credential {
        tx.insert_credential(by.within(), application.id, credential).await?;
    }
    let after = Value::Object(describe::describe(application));
    let told = Told::of("application.created", application.id, Some(after));
    record(tx, by, plan.stamp, told).await?;
    view(tx, by, application.clone()).await
}

/// Refuses scopes that the tenant does not know, and management scopes that the
/// caller would hand out without holding them. What was allowed before stays.
pub(super) async fn check_scopes(
    tx: &mut ReadTx,
    by: &By,
    before: Option<&Application>,
    after: &Application,
) -> Result<(), Error> {
    let Some(oauth) = &after.oauth else { return Ok(()) };
    let kept = before.and_then(|application| application.oauth.as_ref()).map(|oauth| &oauth.allowed_scopes);
    let resource = Resource::of_owner(after.owner, None);
    let mut faults = Vec::new();
    for (index, scope) in oauth.allowed_scopes.iter().enumerate() {
        if kept.is_some_and(|kept| kept.contains(scope.as_str())) {
            continue;
        }
        let fault = |code, message: &str| Fault::new(format!("allowed_scopes[{index}]"), code, message);
        if !scopes::is_known(tx, by, scope).await? {
            faults.push(fault(ErrorCode::ScopeUnknown, "is neither built in nor registered by the tenant"));
        } else if !may_grant(&by.caller, scope.as_str(), &resource) {
            let message = "opens a part of the management API that the caller does not hold itself";
            faults.push(fault(ErrorCode::Forbidden, message));
        }
    }
    Error::from_faults(faults)
}

/// The clash that a caller can do something about.
pub(super) fn slug_taken(error: StorageError) -> Error {
    match &error {
        StorageError::Taken(name) if name == "applications.owner, applications.slug" => {
            let fault = Fault::new("slug", ErrorCode::SlugTaken, "another application has it");
            Error::invalid(fault).because(error)
        }
        _ => error.into(),
    }
}
