//! A node with a key to sign with, and entries.

use std::io::Write;
use std::sync::{Arc, Mutex};

use appkeep_domain::{Actor, ActorKind, AuditEntry, AuditEntryId, Issuer, Owner, TenantId, Within};
use appkeep_keys::{MasterKey, SystemEntropy};
use appkeep_service::{
    AuditTrail, ExportError, Exported, Keyring, Trust, UnprovenExport, VerifiedExport, verify_export,
};
use appkeep_storage::{StorageError, Store, WriteTx};
use appkeep_testkit::{ManualClock, signing_key};

pub(crate) const OURS: Owner = Owner::Tenant(TenantId::from_bytes([7; 16]));

pub(crate) struct Node {
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) trail: AuditTrail,
    pub(crate) store: Store,
    pub(crate) clock: ManualClock,
}

impl Node {
    /// Of several on one database, all have the same keys.
    pub(crate) async fn start(store: Store) -> Self {
        let clock = ManualClock::fixed();
        let master = MasterKey::parse(b"the master key of all the tests.").expect("32 bytes");
        let keyring =
            Keyring::new(store.clone(), master, Arc::new(clock.clone()), Arc::new(SystemEntropy::new()));
        let keyring = Arc::new(keyring.making_keys_by(signing_key));
        keyring.ensure(Issuer::Platform).await.expect("makes keys");
        let trail = AuditTrail::new(&store, Arc::clone(&keyring), Issuer::Platform, Arc::new(clock.clone()));
        Self { keyring, trail, store, clock }
    }

    /// Entries with these numbers, in one transaction.
    pub(crate) async fn write(&self, owner: Owner, numbers: impl IntoIterator<Item = u16>) {
        self.write_entries(numbers.into_iter().map(|number| entry(owner, number)).collect()).await;
    }

    pub(crate) async fn write_entries(&self, entries: Vec<AuditEntry>) {
        let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            for entry in &entries {
                tx.insert_audit_entry(Within::Platform, entry).await?;
            }
            Ok(())
        };
        self.store.write(write).await.expect("writes");
    }

    pub(crate) async fn export(&self, owner: Option<Owner>) -> (String, Result<Exported, ExportError>) {
        let file = File::default();
        let exported = self.trail.export(owner, file.clone()).await;
        (file.text(), exported)
    }

    /// An export of everything that is whole.
    pub(crate) async fn whole(&self) -> String {
        let (text, exported) = self.export(None).await;
        exported.expect("is whole");
        text
    }
}

pub(crate) fn entry(owner: Owner, number: u16) -> AuditEntry {
    let mut id = [1; 16];
    id[..2].copy_from_slice(&number.to_be_bytes());
    let id = AuditEntryId::from_bytes(id);
    AuditEntry {
        id,
        owner,
        occurred_at: id.made_at(),
        actor: Actor { kind: ActorKind::System, id: "system".to_owned() },
        action: format!("number.{number}"),
        application: None,
        before: None,
        after: Some("{\"name\":\"é\\n\"}".to_owned()),
        request_id: "req".to_owned(),
        address: Some("192.0.2.1".to_owned()),
        personal: None,
    }
}

pub(crate) fn verify(text: &str) -> Result<VerifiedExport, UnprovenExport> {
    verify_export(text.as_bytes(), &Trust::Carried, &[])
}

/// A file in memory.
#[derive(Clone, Default)]
struct File(Arc<Mutex<Vec<u8>>>);

impl File {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("nobody panicked").clone()).expect("UTF-8")
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panicked").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
