//! Tokens are looked up, changed and deleted.

use std::sync::Arc;

use appkeep_domain::Timestamp;
use appkeep_domain::access::{Container, Permission, TokenPlace, Transform};
use appkeep_storage::{StorageError, VaultTag, VaultToken, WriteTx};
use appkeep_vault::{DataChange, TokenType};
use serde_json::{Value, json};

use super::aside::aside;
use super::called::parse_id;
use super::content::Content;
use super::derive::{Derived, Fingerprinting, VaultKeys};
use super::draft::{check_content, check_end, container, is_all_of, patched};
use super::record::{Entry, describe, record};
use super::view::{no_such_token, place_of, show};
use super::words::{TokenPatch, TokenView, VaultField};
use super::{Vault, VaultCaller};
use crate::error::{Error, ErrorCode};
use crate::registry::faults::Faults;
use crate::registry::record::Stamp;

/// A token and what becomes of it.
struct Change {
    token: VaultToken,
    content: Content,
    tags: Vec<VaultTag>,
    echo: Transform,
}

impl Vault {
    /// 404 where there is none; forbidden where there is one that no rule covers.
    pub async fn get(&self, caller: &VaultCaller, id: &str) -> Result<TokenView, Error> {
        caller.must_hold(Permission::TokenRead)?;
        let token = self.find(caller, id).await?;
        let transform = caller.may(Permission::TokenRead, &place_of(&token))?;
        let shown = show(&token, self.open_content(&token).await?, transform).await?;
        if transform == Transform::Reveal {
            self.tell_revealed(caller, vec![token.id]).await?;
        }
        Ok(shown)
    }

    /// A change that changes nothing leaves no trace, but that it was seen.
    pub async fn update(
        &self,
        caller: &VaultCaller,
        id: &str,
        patch: TokenPatch,
    ) -> Result<TokenView, Error> {
        const ATTEMPTS: usize = 5;
        caller.must_hold(Permission::TokenUpdate)?;
        for _ in 0..ATTEMPTS {
            let before = self.find(caller, id).await?;
            let stamp = self.stamp();
            let change = self.changed(caller, &before, &patch, stamp.now).await?;
            if change.token == before {
                if change.echo == Transform::Reveal {
                    self.tell_revealed(caller, vec![before.id.clone()]).await?;
                }
                return show(&before, change.content, change.echo).await;
            }
            match self.write_change(caller, (&before, &change), stamp).await {
                Err(StorageError::Stale) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => return show(&change.token, change.content, change.echo).await,
            }
        }
        Err(StorageError::Stale.into())
    }

    pub async fn delete(&self, caller: &VaultCaller, id: &str) -> Result<(), Error> {
        caller.must_hold(Permission::TokenDelete)?;
        let found = self.find(caller, id).await?;
        caller.may(Permission::TokenDelete, &place_of(&found))?;
        let (by, stamp, found) = (caller.by.clone(), self.stamp(), Arc::new(found));
        let delete = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            tx.delete_vault_token(by.within(), &found).await?;
            let entry = Entry { action: "vault_token.deleted", before: Some(describe(&found)), after: None };
            record(tx, &by, stamp, entry).await
        };
        Ok(self.store().write(delete).await?)
    }

    pub(super) async fn find(&self, caller: &VaultCaller, id: &str) -> Result<VaultToken, Error> {
        let mut tx = self.store().read().await?;
        // What no token can be called has a place in no database either.
        let id = parse_id(id).map_err(|_| no_such_token())?;
        let found = tx.vault_token(caller.within(), (caller.of(), id.as_str()), self.now()).await?;
        found.ok_or_else(no_such_token)
    }

    async fn changed(
        &self,
        caller: &VaultCaller,
        before: &VaultToken,
        patch: &TokenPatch,
        now: Timestamp,
    ) -> Result<Change, Error> {
        let mut echo = caller.may(Permission::TokenUpdate, &place_of(before))?;
        let old = self.open_content(before).await?;
        let mut faults = Faults::default();
        let content = patched(&old, patch, &mut faults);
        let moved = patch.containers.as_deref().and_then(|raw| container(raw, &mut faults));
        let container = moved.unwrap_or_else(|| before.container.clone());
        let token_type = TokenType::parse(&before.token_type)
            .map_err(|error| Error::new(ErrorCode::Internal, "something went wrong here").because(error))?;
        check_content(token_type, &content, &mut faults);
        let expires_at = match patch.expires_at {
            VaultField::Unsaid => before.expires_at,
            VaultField::None => None,
            VaultField::Some(end) => {
                check_end(Some(end), now, &mut faults);
                Some(end)
            }
        };
        if container != before.container {
            let to = TokenPlace { id: Some(&before.id), container: &container };
            echo = echo.min(caller.may(Permission::TokenUpdate, &to)?);
            check_move(caller, (&place_of(before), &to), is_all_of(patch, &content.data))?;
        }
        let judging = Judging {
            token_type,
            fingerprinting: match before.fingerprint {
                Some(_) => Fingerprinting::Always,
                None => Fingerprinting::IfSaid,
            },
            is_known: is_all_of(patch, &content.data) || sees_all(caller, before),
            keys: self.keys(before.of).await?,
            sent: patch.data.clone(),
            contents: [old, content],
        };
        let (derived, [old, content]) = aside(move || judging.judge(faults)).await??;
        let same = content == old && container == before.container && expires_at == before.expires_at;
        if same {
            return Ok(Change { token: before.clone(), content, tags: derived.tags, echo });
        }
        let (fingerprint, tags) = (derived.fingerprint, derived.tags);
        let moved = (container, fingerprint, expires_at);
        let token = self.next_version(caller, (before, &content), moved, now).await?;
        Ok(Change { token, content, tags, echo })
    }

    async fn next_version(
        &self,
        caller: &VaultCaller,
        (before, content): (&VaultToken, &Content),
        (container, fingerprint, expires_at): (Container, Option<String>, Option<Timestamp>),
        now: Timestamp,
    ) -> Result<VaultToken, Error> {
        let sealed = self.seal_content(before.of, &before.id, content).await?;
        Ok(VaultToken {
            container,
            fingerprint,
            data_key_version: sealed.version,
            sealed: sealed.bytes,
            modified: Some((caller.by.actor(), now)),
            expires_at,
            version: before.version + 1,
            ..before.clone()
        })
    }

    async fn write_change(
        &self,
        caller: &VaultCaller,
        (before, change): (&VaultToken, &Change),
        stamp: Stamp,
    ) -> Result<(), StorageError> {
        let by = caller.by.clone();
        let told = Arc::new((change.token.clone(), change.tags.clone(), describe(before), {
            let mut after = describe(&change.token);
            after["echo"] = json!(change.echo.as_str());
            after
        }));
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            let (token, tags, before, after) = &*told;
            tx.update_vault_token(by.within(), token, tags).await?;
            let (before, after) = (Some(before.clone()), Some(after.clone()));
            record(tx, &by, stamp, Entry { action: "vault_token.updated", before, after }).await
        };
        self.store().write(write).await
    }
}

/// A token goes to no place where the caller is shown more of it than where it
/// is, unless they send all of it.
fn check_move(
    caller: &VaultCaller,
    (from, to): (&TokenPlace<'_>, &TokenPlace<'_>),
    sends_all: bool,
) -> Result<(), Error> {
    let ways =
        [Permission::TokenRead, Permission::TokenSearch, Permission::TokenUpdate, Permission::TokenUse];
    let most = |place| ways.iter().filter_map(|way| caller.decide(*way, place).transform()).max();
    if sends_all || most(to) <= most(from) {
        return Ok(());
    }
    let message = "a token is not moved to where more of it would be shown to whoever moves it";
    Err(Error::new(ErrorCode::Forbidden, message))
}

/// Whether the caller may see the token's data plain.
fn sees_all(caller: &VaultCaller, token: &VaultToken) -> bool {
    let reveals =
        |permission| caller.decide(permission, &place_of(token)).transform() == Some(Transform::Reveal);
    reveals(Permission::TokenRead) || reveals(Permission::TokenUpdate)
}

/// What is made of the data after a change, and whether that may be made of it.
/// It takes a while.
struct Judging {
    token_type: TokenType,
    fingerprinting: Fingerprinting,
    /// Whether the caller may see the data plain, or sends all of it.
    is_known: bool,
    keys: VaultKeys,
    /// What is merged into the data.
    sent: Option<Value>,
    /// Before and after.
    contents: [Content; 2],
}

impl Judging {
    fn judge(self, mut faults: Faults) -> Result<(Derived, [Content; 2]), Error> {
        if !self.is_known {
            self.check_expressions()?;
        }
        let derived =
            self.keys.derive((self.token_type, &self.contents[1]), self.fingerprinting, &mut faults);
        faults.check()?;
        Ok((derived, self.contents))
    }

    /// Whoever says what is shown or made of data sees it by that: by another
    /// expression, and by one that comes to something else by what they change
    /// beside the data that it is about.
    fn check_expressions(&self) -> Result<(), Error> {
        let refused = |message| Err(Error::new(ErrorCode::Forbidden, message));
        let [old, new] = &self.contents;
        if (&old.mask, &old.search_indexes, &old.fingerprint_expression)
            != (&new.mask, &new.search_indexes, &new.fingerprint_expression)
        {
            return refused(
                "what is shown or made of the data is changed by whoever may see it plain, or sends all of it",
            );
        }
        if self.is_mixed() {
            return refused(
                "the mask, a search index or the fingerprint is made of what is changed together with data \
                 that is not: that is changed by whoever may see it plain, or sends all of it",
            );
        }
        Ok(())
    }

    fn is_mixed(&self) -> bool {
        let [old, new] = &self.contents;
        if self.sent.is_none() && old.metadata == new.metadata {
            return false;
        }
        let metadata = [old.metadata_values(), new.metadata_values()];
        let contexts = (old.context(&metadata[0]), new.context(&metadata[1]));
        let change = DataChange::new(&contexts.0, &contexts.1, self.sent.as_ref());
        let fingerprint = new.fingerprint_source(self.token_type, self.fingerprinting);
        new.mask.as_ref().is_some_and(|mask| change.mixes_mask(mask))
            || new.search_indexes.iter().map(String::as_str).chain(fingerprint).any(|text| change.mixes(text))
    }
}
