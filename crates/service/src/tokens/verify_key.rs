//! What an API key is worth that somebody was shown: asked by the service that
//! it was shown to, of which we know nothing else.

use std::fmt;

use appkeep_domain::access::{
    AccessDecision, AccessDenied, AccessKind, Container, Permission, TokenPlace, Transform,
};
use appkeep_domain::{
    Action, ApplicationId, ApplicationState, CredentialId, Decision, Environment, Footing, Name, Timestamp,
    may,
};
use appkeep_keys::PresentedSecret;
use zeroize::Zeroizing;

use super::key_holders::{KeyHolder, KnownKey};
use super::{Authority, Inner};
use crate::by::By;
use crate::registry::faults::Faults;
use crate::{Error, ErrorCode};

/// A key, and what its holder would do. `Debug` does not show the key.
pub struct KeyQuestion {
    pub key: Zeroizing<String>,
    pub permission: Option<String>,
    /// Where, for a permission on tokens; without it, anywhere.
    pub container: Option<String>,
}

/// What a key is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyVerdict {
    /// Why it is not good, or not for this.
    pub refused: Option<KeyRefused>,
    /// Whose it is, of a key that there ever was.
    pub key: Option<ShownKey>,
    /// How much of tokens in the container is shown, where one was named.
    pub transform: Option<Transform>,
}

/// A key, and the application that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownKey {
    pub id: CredentialId,
    pub application: ApplicationId,
    pub name: Name,
    pub kind: AccessKind,
    pub environment: Environment,
    /// What it opens everywhere.
    pub permissions: Vec<Permission>,
    /// When it ends, be it with its application.
    pub expires_at: Option<Timestamp>,
}

/// Why a key is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRefused {
    /// It does not fit its checksum: mistyped, cut off, or none of ours.
    Malformed,
    /// There is no such key, or none that the asker may know of.
    NotFound,
    Revoked,
    Expired,
    /// Its application is.
    Disabled,
    /// Its application is.
    Archived,
    /// The tenant or the partner whose application it is may do no business.
    OwnerSuspended,
    /// It is good, and not for this.
    Denied(AccessDenied),
}

/// What the holder would do, read.
struct Wanted {
    permission: Option<Permission>,
    container: Option<Container>,
}

impl Authority {
    /// Whether the key is good at this moment, and for what is asked. Nobody
    /// learns anything of keys of applications that they do not see.
    pub async fn verify_key(&self, by: &By, question: &KeyQuestion) -> Result<KeyVerdict, Error> {
        let wanted = question.read()?;
        let Some(presented) = PresentedSecret::parse(&question.key) else {
            return Ok(KeyVerdict::none(KeyRefused::Malformed));
        };
        let now = self.0.now();
        let Some(key) = self.0.key_holders.key(&presented.hash()).await? else {
            return Ok(KeyVerdict::none(KeyRefused::NotFound));
        };
        let holder = self.0.key_holders.holder(key.application, now).await?;
        let seen = holder
            .filter(|holder| may(&by.caller, Action::VerifyKeys, &holder.resource) == Decision::Allowed);
        Ok(seen.map_or(KeyVerdict::none(KeyRefused::NotFound), |holder| {
            self.0.judge_key((&key, &holder), &wanted, now)
        }))
    }
}

impl Inner {
    fn judge_key(
        &self,
        (key, holder): (&KnownKey, &KeyHolder),
        wanted: &Wanted,
        now: Timestamp,
    ) -> KeyVerdict {
        let judged = holder.accept(key, now).and_then(|()| {
            // It came from whoever asks, and from where before that, nobody says.
            self.uses.record(holder.id, key.id, now, None);
            holder.allow(wanted)
        });
        let shown = ShownKey {
            id: key.id,
            application: holder.id,
            name: holder.name.clone(),
            kind: holder.access.kind,
            environment: key.environment,
            permissions: holder.access.permissions.clone(),
            expires_at: holder.ends(key),
        };
        KeyVerdict { refused: judged.err(), key: Some(shown), transform: judged.unwrap_or_default() }
    }
}

impl KeyHolder {
    /// Whether the key is good at this moment, whatever it is for.
    pub(super) fn accept(&self, key: &KnownKey, now: Timestamp) -> Result<(), KeyRefused> {
        match () {
            () if !now.is_before(key.expires_at) => Err(KeyRefused::Expired),
            () if !self.holds(key.id) => Err(KeyRefused::Revoked),
            () => self.must_be_in_use(),
        }
    }

    pub(super) const fn must_be_in_use(&self) -> Result<(), KeyRefused> {
        match (self.footing, self.state) {
            (Footing::Suspended | Footing::Archived, _) => Err(KeyRefused::OwnerSuspended),
            _ if self.is_archived => Err(KeyRefused::Archived),
            (Footing::Firm, ApplicationState::Disabled) => Err(KeyRefused::Disabled),
            (Footing::Firm, ApplicationState::Enabled) => Ok(()),
        }
    }

    /// How much is shown, where that was asked.
    fn allow(&self, wanted: &Wanted) -> Result<Option<Transform>, KeyRefused> {
        let Some(permission) = wanted.permission else { return Ok(None) };
        let Some(container) = wanted.container.as_ref().filter(|_| permission.is_of_tokens()) else {
            let held = self.policy.holds(permission);
            return if held { Ok(None) } else { Err(KeyRefused::Denied(AccessDenied::NotHeld)) };
        };
        match self.policy.decide(permission, &TokenPlace { id: None, container }) {
            AccessDecision::Allowed { transform, .. } => Ok(Some(transform)),
            AccessDecision::Denied(why) => Err(KeyRefused::Denied(why)),
        }
    }
}

impl KeyVerdict {
    /// Of a key of which nothing is known.
    const fn none(refused: KeyRefused) -> Self {
        Self { refused: Some(refused), key: None, transform: None }
    }
}

impl KeyQuestion {
    fn read(&self) -> Result<Wanted, Error> {
        let mut faults = Faults::default();
        let permission =
            self.permission.as_deref().and_then(|raw| faults.take("permission", Permission::parse(raw)));
        let container =
            self.container.as_deref().and_then(|raw| faults.take("container", Container::parse(raw)));
        if self.container.is_some() && self.permission.is_none() {
            faults.add("permission", ErrorCode::InvalidField, "is needed with a container");
        }
        faults.check()?;
        Ok(Wanted { permission, container })
    }
}

impl fmt::Debug for KeyQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyQuestion")
            .field("permission", &self.permission)
            .field("container", &self.container)
            .finish_non_exhaustive()
    }
}
