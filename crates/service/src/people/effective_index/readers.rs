//! Who reads something at the moment.

use appkeep_storage::Freshness;

/// So that others wait for whoever reads, and do not read it too. A few things
/// share a reader.
pub(super) struct Readers([tokio::sync::Mutex<()>; Self::MANY]);

impl Readers {
    const MANY: usize = 256;

    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| tokio::sync::Mutex::default()))
    }

    /// The end of an id is its random part. Who is told of no changes waits for
    /// nobody, since nothing is remembered for them.
    pub(super) async fn turn(
        &self,
        key: &[u8; 16],
        freshness: &Freshness,
    ) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let reader = &self.0[usize::from(key[15]) % Self::MANY];
        if freshness.is_current() { Some(reader.lock().await) } else { None }
    }
}
