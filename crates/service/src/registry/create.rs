//! Registering an application.

use std::sync::Arc;

use appkeep_domain::access::AccessRule;
use appkeep_domain::{
    Action, Application, ApplicationKind, Credential, CredentialClass, CredentialId, CredentialOrigin, Owner,
    PartnerId, PublicKey, Resource, Slug, Timestamp, UserPool, administers, is_built_in, may_grant,
};
use appkeep_keys::NewSecret;
use appkeep_storage::{KnownOwner, Owned, ReadTx, SessionCounts, StorageError, WriteTx};
use serde_json::Value;

use super::access::{AccessView, check_access, describe_access};
use super::delete::bury;
use super::environments::{
    CreatedEnvironment, PlannedEnvironment, check_assignment, insert_environments, parse_pool,
};
use super::faults::Faults;
use super::fields::ApplicationFields;
use super::ownership::{self, WantedOwner};
use super::record::{Stamp, Told, record_of};
use super::trust::check_trust;
use super::view::{ApplicationView, see};
use super::{Registry, audience, describe, draft, scopes};
use crate::by::{By, require};
use crate::error::{Error, ErrorCode, Fault};
use crate::tenancy::caps::check_applications;

/// A new application, and its secret this one time.
#[derive(Debug)]
pub struct Created {
    pub view: ApplicationView,
    /// For a client that proves itself by a secret.
    pub client_secret: Option<NewSecret>,
    /// Live and test, where it has people of its own.
    pub environments: Vec<CreatedEnvironment>,
}

/// Made before the transaction, which may run more than once.
pub(super) struct Plan {
    pub(super) by: By,
    pub(super) stamp: Stamp,
    /// For the entry of an application whose time is over and whose slug this one gets.
    pub(super) spare: Stamp,
    pub(super) draft: Draft,
    pub(super) credential: Option<Credential>,
    pub(super) environments: Vec<PlannedEnvironment>,
    pub(super) purpose: Purpose,
}

/// What an application is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Use,
    /// To manage the registry with; a tenant has one.
    Management,
    /// For operators to sign in to; a tenant has one.
    Console,
}

/// An application as it was asked for, and what is wrong with it so far.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) application: Application,
    /// Of its access.
    pub(super) rules: Vec<AccessRule>,
    owner: WantedOwner,
    names_slug: bool,
    /// As they were named.
    scopes: Option<Vec<String>>,
    pub(super) faults: Faults,
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
        self.create_for(by, Purpose::Use, kind, fields).await
    }

    /// `precondition_failed` when the tenant has an application of that purpose
    /// already.
    pub(crate) async fn create_for(
        &self,
        by: &By,
        purpose: Purpose,
        kind: &str,
        fields: ApplicationFields,
    ) -> Result<Created, Error> {
        require(&by.caller, Action::CreateApplication)?;
        let draft = self.draft(by, kind, &fields)?;
        let stamp = self.stamp();
        let has_secret = draft.application.has_client_secret();
        let secret =
            has_secret.then(|| NewSecret::generate(by.surface.client_secret_prefix(), &*self.shared.entropy));
        let credential = secret
            .as_ref()
            .map(|secret| self.credential(by, (CredentialClass::ClientSecret, secret), stamp.now));
        let (environments, told) = self.plan_environments(by, &draft.application);
        let spare = self.stamp();
        let plan = Plan { by: by.clone(), stamp, spare, draft, credential, environments, purpose };
        let plan = Arc::new(plan);
        let view = self.store.write(async move |tx: &mut WriteTx| create(tx, &plan).await).await?;
        tracing::info!(application.id = %view.application.id, "registered an application");
        Ok(Created { view, client_secret: secret, environments: told })
    }

    pub(super) fn draft(&self, by: &By, kind: &str, fields: &ApplicationFields) -> Result<Draft, Error> {
        let mut faults = Faults::default();
        let (id, now) = (self.make_id(), self.now());
        let owner = ownership::parse(by, &fields.ownership, &mut faults);
        if fields.name.is_none() {
            faults.add("name", ErrorCode::InvalidRequest, "is required");
        }
        let kind = match ApplicationKind::parse(kind) {
            Ok(kind) => kind,
            Err(reason) => {
                faults.add("type", ErrorCode::InvalidField, format!("is {reason}"));
                // What does not depend on the kind is told all the same.
                let mut blank = draft::blank(id, owner.owner, ApplicationKind::Native, now);
                draft::identity(&mut blank, fields, now, &mut faults);
                return faults.check().and(Err(Error::new(ErrorCode::InvalidField, "there is no such type")));
            }
        };
        if kind == ApplicationKind::Saml && fields.saml.is_none() {
            faults.add("saml", ErrorCode::InvalidRequest, "is required");
        }
        let mut blank = draft::blank(id, owner.owner, kind, now);
        if let Some(oauth) = &mut blank.oauth {
            oauth.first_party &= administers(&by.caller, &by.place());
        }
        let mut application = draft::apply(blank, fields, now, &mut faults);
        application.made_by = Some(by.actor());
        self.check_not_ours(fields, &mut faults);
        let pool = parse_pool(fields.user_pool.as_deref(), &application, owner.owner, &mut faults);
        application.user_pool = pool;
        application.public_key =
            (pool == UserPool::Application).then(|| PublicKey::make(None, &*self.shared.entropy));
        check_assignment(&application, &mut faults);
        if fields.slug.is_none() {
            application.slug = Slug::suggest(&application.name, None);
        }
        let (names_slug, scopes) = (fields.slug.is_some(), fields.allowed_scopes.clone());
        Ok(Draft { application, rules: Vec::new(), owner, names_slug, scopes, faults })
    }

    pub(super) fn credential(
        &self,
        by: &By,
        (class, secret): (CredentialClass, &NewSecret),
        now: Timestamp,
    ) -> Credential {
        let id: CredentialId = self.make_id();
        Credential {
            id,
            class,
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
    let by = &plan.by;
    let Owned { application, partner, .. } = insert(tx, plan).await?;
    let for_operators = plan.purpose == Purpose::Console;
    let seen = see(tx, by, Owned { application, partner, for_operators }).await?;
    // Nobody can have signed in to it yet.
    Ok(seen.with(by, Some(SessionCounts::default())))
}

/// Writes it with all that it begins with, and tells of it.
pub(super) async fn insert(tx: &mut WriteTx, plan: &Plan) -> Result<Owned, Error> {
    let by = &plan.by;
    let mut draft = plan.draft.clone();
    let KnownOwner { partner, .. } = ownership::settle(tx, by, draft.owner, &mut draft.faults).await?;
    settle_slug(tx, plan, &mut draft).await?;
    let Draft { application, rules, scopes: named, mut faults, .. } = draft;
    check_access(by, (None, &application, partner), &mut faults);
    check_trust(by, (None, &application, partner), &mut faults);
    check_scopes(tx, by, (None, &application, partner), named.as_deref(), &mut faults).await?;
    audience::check_free(tx, (None, &application, partner), plan.stamp.now, &mut faults).await?;
    faults.check()?;
    if let Some(facet) = &application.access {
        let resource = Resource::of_owner(application.owner, partner);
        by.must_reach_tokens((&facet.permissions, &rules), &resource)?;
    }
    check_applications(tx, application.owner).await?;
    claim(tx, plan, &application).await?;
    let within = application.owner.within();
    tx.insert_application(within, &application).await.map_err(slug_taken)?;
    if let Some(credential) = &plan.credential {
        tx.insert_credential(within, application.id, credential).await?;
    }
    insert_environments(tx, &application, &plan.environments).await?;
    if !rules.is_empty() {
        tx.replace_access_rules(within, &application, &rules).await?;
    }
    let mut after = describe::describe(&application);
    if let Some(facet) = application.access.clone() {
        after.insert("access".to_owned(), describe_access(&AccessView { facet, rules }, None));
    }
    let told = Told::of("application.created", application.id, Some(Value::Object(after)));
    record_of(tx, by, application.owner, (plan.stamp, told)).await?;
    Ok(Owned { application, partner, for_operators: false })
}

/// Of several processes that make the one application of a purpose, one does.
async fn claim(tx: &mut WriteTx, plan: &Plan, application: &Application) -> Result<(), Error> {
    let (within, tenant) = (plan.by.within(), plan.by.tenant);
    let known = match plan.purpose {
        Purpose::Use => return Ok(()),
        Purpose::Management => tx.management_application(within, tenant).await?,
        Purpose::Console => tx.console_application(within, tenant).await?,
    };
    if let Some(id) = known {
        let known = tx.application(within, id).await?;
        if known.is_some_and(|known| known.is_there(plan.stamp.now)) {
            return Err(Error::new(ErrorCode::PreconditionFailed, "there is one already"));
        }
    }
    match plan.purpose {
        Purpose::Console => tx.set_console_application(within, tenant, application.id).await?,
        _ => tx.set_management_application(within, tenant, application.id).await?,
    }
    Ok(())
}

/// A slug that was named and is taken is a fault; one that was made gets
/// something behind it. Whoever had it and whose time is over gives it up.
async fn settle_slug(tx: &mut WriteTx, plan: &Plan, draft: &mut Draft) -> Result<(), Error> {
    let application = &mut draft.application;
    let owner = application.owner;
    let holder = tx.application_by_slug(owner.within(), owner, &application.slug).await?;
    match holder {
        None => {}
        Some(holder) if !holder.is_there(plan.stamp.now) => {
            bury(tx, &holder, plan.spare, plan.by.request_id).await?;
        }
        Some(_) if draft.names_slug => draft.faults.add("slug", ErrorCode::SlugTaken, SLUG_TAKEN),
        Some(_) => {
            let id = application.id.to_string().to_ascii_lowercase();
            application.slug = Slug::suggest(&application.name, Some(&id[id.len() - DISTINCT..]));
        }
    }
    Ok(())
}

/// Finds fault with scopes that the owner does not know, and management scopes
/// that the caller would hand out without holding them. What was allowed before
/// stays.
pub(super) async fn check_scopes(
    tx: &mut ReadTx,
    by: &By,
    (before, after, partner): (Option<&Application>, &Application, Option<PartnerId>),
    named: Option<&[String]>,
    faults: &mut Faults,
) -> Result<(), Error> {
    let Some(oauth) = &after.oauth else { return Ok(()) };
    let kept = before.and_then(|application| application.oauth.as_ref()).map(|oauth| &oauth.allowed_scopes);
    let resource = Resource::of_owner(after.owner, partner);
    for scope in &oauth.allowed_scopes {
        if kept.is_some_and(|kept| kept.contains(scope.as_str())) {
            continue;
        }
        let place = named.and_then(|named| named.iter().position(|raw| raw == scope.as_str()));
        let field = format!("allowed_scopes[{}]", place.unwrap_or_default());
        if !scopes::is_known(tx, after.owner, scope).await? {
            faults.add(field, ErrorCode::ScopeUnknown, unknown_scope(after.owner));
        } else if !may_grant(&by.caller, scope.as_str(), &resource) {
            let message = "opens a part of the management API that the caller does not hold itself";
            faults.add(field, ErrorCode::Forbidden, message);
        } else if !is_built_in(scope.as_str()) && !administers(&by.caller, &resource) {
            let message = "is of the tenant's APIs, and for owners and admins to allow";
            faults.add(field, ErrorCode::Forbidden, message);
        }
    }
    Ok(())
}

const fn unknown_scope(owner: Owner) -> &'static str {
    match owner {
        Owner::Tenant(_) => "is neither built in nor registered by the tenant",
        Owner::Global | Owner::Partner(_) => {
            "is not built in: what a tenant registers is for the tenant's own applications"
        }
    }
}

const SLUG_TAKEN: &str = "another application has it";
/// How much of an id stands behind a slug to tell it apart, in characters.
const DISTINCT: usize = 10;

/// The clash that a caller can do something about.
pub(super) fn slug_taken(error: StorageError) -> Error {
    match &error {
        StorageError::Taken(name) if name == "applications.owner, applications.slug" => {
            Error::invalid(Fault::new("slug", ErrorCode::SlugTaken, SLUG_TAKEN)).because(error)
        }
        _ => error.into(),
    }
}
