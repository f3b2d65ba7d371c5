//! Applications as those know them who have them for their keys: with what
//! these may do, and with the keys.

mod list;
mod replace;

use std::sync::Arc;

use appkeep_domain::access::{AccessFacet, AccessKind};
use appkeep_domain::{Action, Actor, Application, Credential, Environment, Timestamp};
use appkeep_storage::{AuditFilter, ReadTx, StorageError, WriteTx};

use super::keys::{AddedKey, check_live_keys, insert_key, is_key};
use super::{AccessFields, AccessView, check_access, draft as access_draft, tell, view};
use crate::KeyPrincipal;
use crate::by::{By, require};
use crate::error::{Error, ErrorCode};
use crate::registry::create::{Plan, Purpose, insert};
use crate::registry::credentials::check_overseen;
use crate::registry::faults::Faults;
use crate::registry::fields::ApplicationFields;
use crate::registry::find::{find, look_up, parse_id};
use crate::registry::record::{Stamp, Told, record_of};
use crate::registry::update::Step;
use crate::registry::{Registry, draft};

pub use self::list::HolderQuery;

/// An application, what its keys may do, and which keys it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderView {
    pub application: Application,
    pub kind: AccessKind,
    /// With nothing in it where nothing was said.
    pub access: AccessView,
    /// Those that are good at this moment, the newest first.
    pub keys: Vec<Credential>,
    /// Unknown of what was made before this was written down.
    pub created_by: Option<Actor>,
    /// Who changed it last, where somebody has.
    pub changed_by: Option<Actor>,
}

/// What a new one is to be.
#[derive(Debug, Clone)]
pub struct NewHolder {
    pub fields: ApplicationFields,
    pub access: AccessFields,
    pub key: NewKeyIn,
}

/// Whether a key is made along with an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewKeyIn {
    Nowhere,
    Environment(Environment),
}

/// A new one, and its key this one time.
#[derive(Debug)]
pub struct CreatedHolder {
    pub view: HolderView,
    pub key: Option<AddedKey>,
}

/// A key as it will be, and the entry that tells of it.
type PlannedKey = Option<(Credential, Stamp)>;

impl Registry {
    /// Of the type that keys of this kind are for. It has no client secret, of
    /// which nobody would be told.
    pub async fn create_holder(&self, by: &By, new: NewHolder) -> Result<CreatedHolder, Error> {
        require(&by.caller, Action::CreateApplication)?;
        let said = new.access.kind.as_deref().map(AccessKind::parse);
        // Of what is no kind, the rest is read as far as it goes.
        let kind = said.and_then(Result::ok).unwrap_or(AccessKind::Private);
        let mut draft = self.draft(by, kind.application_kind().as_str(), &new.fields)?;
        if new.access.kind.is_none() {
            draft.faults.add("kind", ErrorCode::InvalidRequest, "is required");
        }
        let access = access_draft::parse(&new.access, &draft.application, &mut draft.faults)?;
        (draft.application.access, draft.rules) = (Some(access.facet), access.rules);
        let (stamp, spare) = (self.stamp(), self.stamp());
        let (planned, key) = match new.key {
            NewKeyIn::Nowhere => (None, None),
            NewKeyIn::Environment(environment) => {
                let (drawn, key) = self.draw_key(by, (kind, environment), stamp.now);
                let told = AddedKey { credential: drawn.clone(), environment, key };
                (Some((drawn, self.stamp())), Some(told))
            }
        };
        let (by, purpose) = (by.clone(), Purpose::Use);
        let plan = Plan { by, stamp, spare, draft, credential: None, environments: Vec::new(), purpose };
        let plan = Arc::new((plan, planned));
        let view = self.store.write(async move |tx: &mut WriteTx| create(tx, &plan).await).await?;
        tracing::info!(application.id = %view.application.id, "registered an application");
        Ok(CreatedHolder { view, key })
    }

    pub async fn holder(&self, by: &By, id: &str) -> Result<HolderView, Error> {
        let (id, now) = (parse_id(id)?, self.now());
        let mut tx = self.store.read().await?;
        let found = find(&mut tx, by, Action::ReadApplication, (id, now)).await?;
        check_overseen(by, &found)?;
        Ok(see(&mut tx, found.application, now).await?)
    }

    /// The application that a key stands for, whatever else the key may do.
    pub async fn own_holder(&self, by: &By, principal: &KeyPrincipal) -> Result<HolderView, Error> {
        let now = self.now();
        let mut tx = self.store.read().await?;
        let found = look_up(&mut tx, by, (principal.application(), now)).await?;
        Ok(see(&mut tx, found.application, now).await?)
    }

    /// Fields as in [`Registry::update_application`], and permissions and rules
    /// in the place of all that there were. The keys stay.
    pub async fn update_holder(
        &self,
        by: &By,
        id: &str,
        (fields, access): (ApplicationFields, AccessFields),
    ) -> Result<HolderView, Error> {
        let step = self.step(by, id)?;
        let wanted = Arc::new((fields, access, self.stamp()));
        self.store.write(async move |tx: &mut WriteTx| update(tx, &step, &wanted).await).await
    }
}

async fn create(tx: &mut WriteTx, (plan, key): &(Plan, PlannedKey)) -> Result<HolderView, Error> {
    let (by, application) = (&plan.by, insert(tx, plan).await?.application);
    if let Some((credential, stamp)) = key {
        insert_key(tx, (by, *stamp), &application, credential).await?;
    }
    Ok(see(tx, application, plan.stamp.now).await?)
}

async fn update(
    tx: &mut WriteTx,
    step: &Step,
    (fields, access, spare): &(ApplicationFields, AccessFields, Stamp),
) -> Result<HolderView, Error> {
    let (by, now) = (&step.by, step.stamp.now);
    let found = find(tx, by, Action::UpdateApplication, (step.id, now)).await?;
    let current = &found.application;
    check_live_keys(tx, by, current, now).await?;
    let mut faults = Faults::default();
    let mut changed = draft::apply(current.clone(), fields, now, &mut faults);
    let wanted = access_draft::parse(access, current, &mut faults)?;
    changed.access = Some(wanted.facet.clone());
    check_access(by, (Some(current), &changed, found.partner), &mut faults);
    faults.check()?;
    let before = view(tx, current).await?;
    let has_other_access = before.as_ref() != Some(&wanted);
    if *current == changed && !has_other_access {
        return Ok(see(tx, changed, now).await?);
    }
    if has_other_access {
        wanted.must_be_within_reach(by, (&changed, found.partner))?;
    }
    changed.version += 1;
    changed.updated_at = now;
    tx.update_application(changed.owner.within(), &changed).await?;
    if changed.name != current.name {
        let told = Told::change("application.updated", current, &changed);
        record_of(tx, by, changed.owner, (*spare, told)).await?;
    }
    if has_other_access {
        tx.replace_access_rules(changed.owner.within(), &changed, &wanted.rules).await?;
        tell(tx, step, (current, before.as_ref(), Some(&wanted))).await?;
    }
    Ok(see(tx, changed, now).await?)
}

pub(super) async fn see(
    tx: &mut ReadTx,
    application: Application,
    now: Timestamp,
) -> Result<HolderView, StorageError> {
    let kind = application.access_kind();
    let nothing = || AccessView { facet: AccessFacet { kind, permissions: Vec::new() }, rules: Vec::new() };
    let access = view(tx, &application).await?.unwrap_or_else(nothing);
    let mut keys = tx.live_credentials(application.owner.within(), application.id, now).await?;
    keys.retain(is_key);
    let created_by = who(tx, &application, application.created_at).await?;
    let changed_by = match application.version {
        1 => None,
        _ => who(tx, &application, application.updated_at).await?,
    };
    Ok(HolderView { application, kind, access, keys, created_by, changed_by })
}

/// Who did to the application what was done at that moment: the history knows.
async fn who(
    tx: &mut ReadTx,
    application: &Application,
    at: Timestamp,
) -> Result<Option<Actor>, StorageError> {
    let owner = application.owner;
    let filter = AuditFilter {
        application: Some(application.id),
        from: Some(at),
        until: Some(Timestamp::from_micros(at.as_micros().saturating_add(1))),
        ..AuditFilter::default()
    };
    let found = tx.audit_entries(owner.within(), owner, &filter, None, 1).await?;
    Ok(found.entries.into_iter().next().map(|entry| entry.actor))
}
