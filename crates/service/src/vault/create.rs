//! Tokens are made: several at once, or none.

use std::collections::HashMap;
use std::sync::Arc;

use appkeep_domain::access::{Deduplication, Permission, TokenPlace, Transform};
use appkeep_domain::{Tenant, Timestamp};
use appkeep_storage::{StorageError, VaultOf, VaultTag, VaultToken, WriteTx};
use appkeep_vault::{Context, TokenId};

use super::aside::aside;
use super::content::{Content, is_expired};
use super::derive::{Derived, Fingerprinting, VaultKeys};
use super::draft::{Draft, WantedId, draft};
use super::record::{Entry, describe, record};
use super::view::{place_of, show};
use super::words::{CreatedToken, NewToken};
use super::{Vault, VaultCaller};
use crate::error::{Error, ErrorCode};
use crate::registry::faults::Faults;
use crate::registry::record::Stamp;

/// A token that may be made by this caller, and how much is echoed.
pub(super) struct Allowed {
    draft: Draft,
    derived: Derived,
    deduplicates: bool,
    echo: Transform,
}

/// What becomes of it.
enum Plan {
    Insert {
        token: VaultToken,
        tags: Vec<VaultTag>,
        stamps: [Stamp; 2],
        is_only: bool,
    },
    Replace {
        /// Before and after.
        tokens: Box<[VaultToken; 2]>,
        tags: Vec<VaultTag>,
        stamp: Stamp,
    },
    /// It is there, and stays as it is.
    Found(VaultToken),
    /// It is the same as an earlier one of these.
    Same(usize),
}

/// Why a transaction came to nothing.
enum Failed {
    /// The plan does not fit any more.
    Again(StorageError),
    Final(Error),
}

impl From<StorageError> for Failed {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Stale | StorageError::Taken(_) => Self::Again(error),
            error => Self::Final(error.into()),
        }
    }
}

impl Vault {
    const ATTEMPTS: usize = 5;

    pub async fn create(&self, caller: &VaultCaller, new: NewToken) -> Result<CreatedToken, Error> {
        let allowed = self.allow(caller, vec![(String::new(), new)]).await?;
        let mut created = self.commit(caller, &allowed).await?;
        created.pop().ok_or_else(|| Error::new(ErrorCode::Internal, "something went wrong here"))
    }

    /// Checks each, and what the caller may make of it. The fields of each go by
    /// its own name.
    pub(super) async fn allow(
        &self,
        caller: &VaultCaller,
        new: Vec<(String, NewToken)>,
    ) -> Result<Vec<Allowed>, Error> {
        caller.must_hold(Permission::TokenCreate)?;
        let (tenant, keys) = (self.tenant(caller).await?, self.keys(caller.of()).await?);
        let (caller, now) = (caller.clone(), self.now());
        let allow = move |(name, new): (String, NewToken)| {
            let allowed = allow(&caller, (&tenant, &keys), new, now);
            let named =
                |field: &str| if name.is_empty() { field.to_owned() } else { format!("{name}.{field}") };
            allowed.map_err(|error| error.with_fields_named(named))
        };
        aside(move || new.into_iter().map(allow).collect()).await?
    }

    /// All of them, in one transaction.
    pub(super) async fn commit(
        &self,
        caller: &VaultCaller,
        allowed: &[Allowed],
    ) -> Result<Vec<CreatedToken>, Error> {
        let mut last = StorageError::Stale;
        for attempt in 0..Self::ATTEMPTS {
            let plans = Arc::new(self.plan(caller, allowed, attempt).await?);
            let (by, written) = (caller.by.clone(), Arc::clone(&plans));
            let write = async move |tx: &mut WriteTx| -> Result<(), Failed> {
                for plan in written.iter() {
                    carry_out(tx, &by, plan).await?;
                }
                Ok(())
            };
            let is_writing =
                plans.iter().any(|plan| matches!(plan, Plan::Insert { .. } | Plan::Replace { .. }));
            match if is_writing { self.store().write(write).await } else { Ok(()) } {
                Ok(()) => return self.echo(caller, allowed, &plans).await,
                Err(Failed::Final(error)) => return Err(error),
                Err(Failed::Again(StorageError::Taken(_))) if is_given(allowed) => {
                    return Err(Error::new(ErrorCode::TokenIdTaken, "there is a token with this id"));
                }
                Err(Failed::Again(error)) => last = error,
            }
        }
        Err(last.into())
    }

    async fn plan(
        &self,
        caller: &VaultCaller,
        allowed: &[Allowed],
        attempt: usize,
    ) -> Result<Vec<Plan>, Error> {
        let tenant = self.tenant(caller).await?;
        let mut known: HashMap<(&str, &str), usize> = HashMap::new();
        let mut plans = Vec::with_capacity(allowed.len());
        for (place, one) in allowed.iter().enumerate() {
            let fingerprint = one.derived.fingerprint.as_deref().filter(|_| one.deduplicates);
            let Some(fingerprint) = fingerprint else {
                plans.push(self.insertion(caller, one, attempt).await?);
                continue;
            };
            let key = (one.draft.token_type.as_str(), fingerprint);
            if let Some(earlier) = known.get(&key) {
                plans.push(Plan::Same(*earlier));
                continue;
            }
            known.insert(key, place);
            let of = caller.of();
            let mut tx = self.store().read().await?;
            let found = tx.same_vault_token(caller.within(), of, key, self.now()).await?;
            drop(tx);
            plans.push(match found {
                None => self.insertion(caller, one, attempt).await?,
                Some(found) if tenant.vault.deduplication == Deduplication::UpdateExisting => {
                    self.replacement(caller, one, found).await?
                }
                Some(found) => Plan::Found(found),
            });
        }
        Ok(plans)
    }

    async fn insertion(&self, caller: &VaultCaller, one: &Allowed, attempt: usize) -> Result<Plan, Error> {
        let (of, draft) = (caller.of(), &one.draft);
        let id = self.make_token_id(draft, attempt).await?;
        let sealed = self.seal_content(of, id.as_str(), &draft.content).await?;
        let stamps = [self.stamp(), self.stamp()];
        let token = VaultToken {
            of,
            id: id.as_str().to_owned(),
            token_type: draft.token_type.as_str().to_owned(),
            container: draft.container.clone(),
            fingerprint: one.derived.fingerprint.clone(),
            data_key_version: sealed.version,
            sealed: sealed.bytes,
            created_by: caller.by.actor(),
            created_at: stamps[0].now,
            modified: None,
            expires_at: draft.expires_at,
            version: VaultToken::FIRST_VERSION,
        };
        Ok(Plan::Insert { token, tags: one.derived.tags.clone(), stamps, is_only: one.deduplicates })
    }

    async fn replacement(
        &self,
        caller: &VaultCaller,
        one: &Allowed,
        before: VaultToken,
    ) -> Result<Plan, Error> {
        let draft = &one.draft;
        caller.may(Permission::TokenUpdate, &place_of(&before))?;
        let to = TokenPlace { id: Some(&before.id), container: &draft.container };
        caller.may(Permission::TokenUpdate, &to)?;
        let sealed = self.seal_content(before.of, &before.id, &draft.content).await?;
        let stamp = self.stamp();
        let token = VaultToken {
            container: draft.container.clone(),
            data_key_version: sealed.version,
            sealed: sealed.bytes,
            modified: Some((caller.by.actor(), stamp.now)),
            expires_at: draft.expires_at,
            version: before.version + 1,
            ..before.clone()
        };
        Ok(Plan::Replace { tokens: Box::new([before, token]), tags: one.derived.tags.clone(), stamp })
    }

    /// Another at each attempt, unless it was given; a random one in the end.
    async fn make_token_id(&self, draft: &Draft, attempt: usize) -> Result<TokenId, Error> {
        let source = match &draft.id {
            WantedId::Given(id) => return Ok(id.clone()),
            WantedId::Alias(source) if attempt + 1 < Self::ATTEMPTS => source.clone(),
            WantedId::Alias(_) | WantedId::Random => return self.random_id(),
        };
        let mut chance = [0; 32];
        self.registry.entropy().fill(&mut chance);
        let content = draft.content.clone();
        let made = aside(move || {
            let metadata = content.metadata_values();
            TokenId::from_alias(&source, &Context { chance, ..content.context(&metadata) })
        });
        made.await?.map_err(|_| {
            let mut faults = Faults::default();
            faults.add("id", ErrorCode::InvalidField, "is no expression that comes to an id");
            faults.check().err().unwrap_or_else(super::view::no_such_token)
        })
    }

    fn random_id(&self) -> Result<TokenId, Error> {
        let mut bytes = [0; 16];
        self.registry.entropy().fill(&mut bytes);
        // RFC 9562 §5.4: the version and the variant of a random one.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = format!("{:032x}", u128::from_be_bytes(bytes));
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        TokenId::parse(&parts.join("-"))
            .map_err(|error| Error::new(ErrorCode::Internal, "something went wrong here").because(error))
    }

    async fn echo(
        &self,
        caller: &VaultCaller,
        allowed: &[Allowed],
        plans: &[Plan],
    ) -> Result<Vec<CreatedToken>, Error> {
        let mut created: Vec<CreatedToken> = Vec::with_capacity(plans.len());
        let mut revealed = Vec::new();
        for (plan, one) in plans.iter().zip(allowed) {
            let made = match plan {
                Plan::Insert { token, .. } => {
                    let token = show(token, one.draft.content.clone(), one.echo).await?;
                    CreatedToken { token, deduplicated: false, is_bare: false }
                }
                Plan::Replace { tokens, .. } => {
                    repeated(caller, &tokens[1], one.draft.content.clone(), Some(one.echo)).await?
                }
                Plan::Found(token) => {
                    let made = repeated(caller, token, self.open_content(token).await?, None).await?;
                    if made.token.transform == Transform::Reveal {
                        revealed.push(token.id.clone());
                    }
                    made
                }
                Plan::Same(earlier) => CreatedToken { deduplicated: true, ..created[*earlier].clone() },
            };
            created.push(made);
        }
        self.tell_revealed(caller, revealed).await?;
        Ok(created)
    }
}

/// What whoever made it again is shown of one that was there: as much as they
/// may read.
async fn repeated(
    caller: &VaultCaller,
    token: &VaultToken,
    content: Content,
    echo: Option<Transform>,
) -> Result<CreatedToken, Error> {
    let read = caller.decide(Permission::TokenRead, &place_of(token)).transform();
    let shown = read.unwrap_or(Transform::Redact);
    let token = show(token, content, echo.map_or(shown, |echo| echo.min(shown))).await?;
    Ok(CreatedToken { token, deduplicated: true, is_bare: read.is_none() })
}

fn is_given(allowed: &[Allowed]) -> bool {
    allowed.iter().any(|one| matches!(one.draft.id, WantedId::Given(_)))
}

fn allow(
    caller: &VaultCaller,
    (tenant, keys): (&Tenant, &VaultKeys),
    new: NewToken,
    now: Timestamp,
) -> Result<Allowed, Error> {
    let mut faults = Faults::default();
    let draft = draft(new, now, &mut faults)?;
    let id = match &draft.id {
        WantedId::Given(id) => Some(id.as_str()),
        WantedId::Alias(_) | WantedId::Random => None,
    };
    let echo = caller.may(Permission::TokenCreate, &TokenPlace { id, container: &draft.container })?;
    let deduplicates = draft.deduplicate.unwrap_or(tenant.vault.deduplicate_tokens);
    let always = deduplicates || tenant.vault.fingerprint_tokens;
    let fingerprinting = if always { Fingerprinting::Always } else { Fingerprinting::IfSaid };
    let derived = keys.derive((draft.token_type, &draft.content), fingerprinting, &mut faults);
    faults.check()?;
    Ok(Allowed { draft, derived, deduplicates, echo })
}

async fn carry_out(tx: &mut WriteTx, by: &crate::By, plan: &Plan) -> Result<(), Failed> {
    match plan {
        Plan::Insert { token, tags, stamps, is_only } => {
            let (of, within) = (token.of, by.within());
            make_room(tx, by, (token, stamps[1])).await?;
            if *is_only && is_there(tx, (of, token), stamps[0].now).await? {
                return Err(StorageError::Stale.into());
            }
            tx.insert_vault_token(within, token, tags).await?;
            let entry = Entry { action: "vault_token.created", before: None, after: Some(describe(token)) };
            Ok(record(tx, by, stamps[0], entry).await?)
        }
        Plan::Replace { tokens, tags, stamp } => {
            let [before, token] = &**tokens;
            tx.update_vault_token(by.within(), token, tags).await?;
            let (before, after) = (Some(describe(before)), Some(describe(token)));
            Ok(record(tx, by, *stamp, Entry { action: "vault_token.updated", before, after }).await?)
        }
        Plan::Found(_) | Plan::Same(_) => Ok(()),
    }
}

/// One whose time is over is not there, whether it was swept or not.
async fn make_room(
    tx: &mut WriteTx,
    by: &crate::By,
    (token, stamp): (&VaultToken, Stamp),
) -> Result<(), Failed> {
    let since_ever = Timestamp::from_micros(i64::MIN);
    let found = tx.vault_token(by.within(), (token.of, &token.id), since_ever).await?;
    let Some(over) = found.filter(|found| is_expired(found, stamp.now)) else { return Ok(()) };
    tx.delete_vault_token(by.within(), &over).await?;
    let entry = Entry { action: "vault_token.expired", before: Some(describe(&over)), after: None };
    Ok(record(tx, by, stamp, entry).await?)
}

async fn is_there(
    tx: &mut WriteTx,
    (of, token): (VaultOf, &VaultToken),
    now: Timestamp,
) -> Result<bool, Failed> {
    let Some(fingerprint) = token.fingerprint.as_deref() else { return Ok(false) };
    let within = of.tenant;
    let key = (token.token_type.as_str(), fingerprint);
    Ok(tx.same_vault_token(appkeep_domain::Within::Tenant(within), of, key, now).await?.is_some())
}
