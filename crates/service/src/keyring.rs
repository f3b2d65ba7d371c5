//! The signing keys of every issuer, opened once and held in memory.

mod data_keys;
mod held;
mod inspection;
mod issuer_keys;
mod listing;
mod rewrap;
mod rotation;
mod sealed_texts;
mod sealing;
mod user_keys;

use std::fmt;
use std::sync::Arc;

use appkeep_domain::{Clock, Entropy, Ids, Issuer, SigningAlgorithm, SigningKeyId, Timestamp, Within};
use appkeep_keys::{DataKey, MasterKey, SigningKey};
use appkeep_storage::{SealedSigningKey, StorageError, Store, WriteTx};

use crate::error::{Error, ErrorCode};
use data_keys::DataKeys;
use held::Held;
pub use inspection::{open_data_keys, open_every_key};
pub use issuer_keys::IssuerKeys;
pub use listing::{SigningKeyUse, SigningKeyView, list_signing_keys};
pub use rewrap::rewrap;
pub use rotation::{RotatedKey, RotationSchedule, Takeover};
use user_keys::UserKeys;

/// Hands out keys to sign and verify with, and makes the ones that are missing.
///
/// What it holds is dropped as soon as the change feed says that it changed.
#[derive(Debug)]
pub struct Keyring {
    store: Store,
    data_keys: Arc<DataKeys>,
    chance: Chance,
    held: Arc<Held>,
    user_keys: Arc<UserKeys>,
    /// Making an RSA key takes long, so that of several callers one makes it.
    generating: tokio::sync::Mutex<()>,
}

/// Where new keys and their ids come from.
struct Chance {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    ids: Ids,
    make: MakeSigningKey,
}

/// Makes a key with this id.
pub type MakeSigningKey = fn(SigningAlgorithm, SigningKeyId) -> SigningKey;

/// Why there is no key. `Display` is for operators.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("the signing keys cannot be read or written")]
    Storage(#[from] StorageError),

    #[error(
        "the data key of {0:?} does not open with this master key; start with the master key that this \
         database was set up with"
    )]
    WrongMasterKey(Issuer),

    #[error("signing key {0} does not open or is no key; restore it from a backup")]
    Damaged(SigningKeyId),

    #[error("what was sealed for {0:?} does not open; restore the database from a backup")]
    Unopened(Issuer),

    #[error("making a key was interrupted")]
    Interrupted,
}

impl From<KeyringError> for Error {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::Storage(error) => error.into(),
            KeyringError::WrongMasterKey(_)
            | KeyringError::Damaged(_)
            | KeyringError::Unopened(_)
            | KeyringError::Interrupted => {
                Self::new(ErrorCode::Internal, "something went wrong here").because(error)
            }
        }
    }
}

impl Keyring {
    /// Starts empty; listens to the store's changes from now on.
    pub fn new(store: Store, master: MasterKey, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let held = Arc::new(Held::default());
        let user_keys = Arc::new(UserKeys::default());
        let (listener, people) = (Arc::clone(&held), Arc::clone(&user_keys));
        store.on_change(Arc::new(move |changes| {
            listener.forget_changed(changes);
            people.forget_changed(changes);
        }));
        let chance = Chance { clock, entropy, ids: Ids::new(), make: SigningKey::generate };
        Self {
            store,
            data_keys: Arc::new(DataKeys::new(master)),
            chance,
            held,
            user_keys,
            generating: tokio::sync::Mutex::new(()),
        }
    }

    /// Has its signing keys made by somebody else: making one by chance takes long.
    pub fn making_keys_by(mut self, make: MakeSigningKey) -> Self {
        self.chance.make = make;
        self
    }

    /// The keys of an issuer, if they are held in memory.
    pub(crate) fn held(&self, issuer: Issuer) -> Option<Arc<IssuerKeys>> {
        self.held.get(issuer)
    }

    /// The keys of an issuer, from memory where they are held.
    pub async fn keys(&self, issuer: Issuer) -> Result<Arc<IssuerKeys>, KeyringError> {
        if let Some(keys) = self.held(issuer) {
            return Ok(keys);
        }
        let generation = self.held.generation();
        let keys = Arc::new(self.load(issuer).await?);
        self.held.put(issuer, Arc::clone(&keys), generation);
        Ok(keys)
    }

    /// The keys of an issuer as they are in the database: for a node that is
    /// not told of changes. Nothing is held.
    pub async fn reread(&self, issuer: Issuer) -> Result<Arc<IssuerKeys>, KeyringError> {
        self.load(issuer).await.map(Arc::new)
    }

    /// Makes the keys that the issuer lacks, so that it has one to sign with for
    /// each algorithm. Of several nodes that do so at once one succeeds, and
    /// all of them then have its keys.
    pub async fn ensure(&self, issuer: Issuer) -> Result<Arc<IssuerKeys>, KeyringError> {
        let _alone = self.generating.lock().await;
        let now = self.chance.clock.now();
        let keys = self.keys(issuer).await?;
        let missing = keys.missing(now);
        if missing.is_empty() {
            return Ok(keys);
        }
        let fresh = self.generate(issuer, missing, now).await?;
        self.store.write(async move |tx: &mut WriteTx| fresh.write(tx).await).await?;
        self.held.forget(issuer);
        self.keys(issuer).await
    }

    async fn load(&self, issuer: Issuer) -> Result<IssuerKeys, KeyringError> {
        let mut tx = self.store.read().await?;
        let sealed = tx.signing_keys(Within::Platform, issuer).await?;
        // Read after the keys it opens, so that none of them is newer.
        let wrapped = tx.data_keys(Within::Platform, issuer).await?;
        IssuerKeys::open(sealed, &self.data_keys.open_all(&wrapped)?)
    }

    async fn generate(
        &self,
        issuer: Issuer,
        missing: Vec<SigningAlgorithm>,
        now: Timestamp,
    ) -> Result<FreshKeys, KeyringError> {
        let (clock, entropy) = (&*self.chance.clock, &*self.chance.entropy);
        let named: Vec<_> =
            missing.into_iter().map(|algorithm| (algorithm, self.chance.ids.make(clock, entropy))).collect();
        let make = self.chance.make;
        let making = tokio::task::spawn_blocking(move || {
            named.into_iter().map(|(algorithm, id)| make(algorithm, id)).collect()
        });
        Ok(FreshKeys {
            issuer,
            signing_keys: making.await.map_err(|_| KeyringError::Interrupted)?,
            data_key: DataKey::generate(entropy),
            data_keys: Arc::clone(&self.data_keys),
            now,
        })
    }
}

impl fmt::Debug for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chance { … }")
    }
}

/// Keys made before the transaction that may need them.
struct FreshKeys {
    issuer: Issuer,
    signing_keys: Vec<SigningKey>,
    /// Used only when the issuer has none yet.
    data_key: DataKey,
    data_keys: Arc<DataKeys>,
    now: Timestamp,
}

impl FreshKeys {
    /// Keeps what is still missing. The transaction is serializable, so no
    /// other one can add the same in between.
    async fn write(&self, tx: &mut WriteTx) -> Result<(), KeyringError> {
        let present = tx.signing_keys(Within::Platform, self.issuer).await?;
        let is_present = |algorithm| {
            present
                .iter()
                .any(|key: &SealedSigningKey| key.algorithm == algorithm && !key.has_retired(self.now))
        };
        let missing: Vec<_> = self.signing_keys.iter().filter(|key| !is_present(key.algorithm())).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (version, opened) = self.newest_data_key(tx).await?;
        let data_key = opened.as_deref().unwrap_or(&self.data_key);
        for key in missing {
            let sealed = sealing::seal(self.issuer, key, (version, data_key), self.now)?;
            tx.insert_signing_key(Within::Platform, &sealed).await?;
        }
        Ok(())
    }

    /// The data key that seals now, by its version; `None` for the one that we
    /// brought, which is then the issuer's first.
    async fn newest_data_key(&self, tx: &mut WriteTx) -> Result<(u32, Option<Arc<DataKey>>), KeyringError> {
        let known = tx.data_keys(Within::Platform, self.issuer).await?;
        if let Some(newest) = known.last() {
            return Ok((newest.version, Some(self.data_keys.open(newest)?)));
        }
        let first = sealing::wrap_first(self.data_keys.master(), self.issuer, &self.data_key, self.now);
        tx.insert_data_key(Within::Platform, &first).await?;
        Ok((first.version, None))
    }
}
