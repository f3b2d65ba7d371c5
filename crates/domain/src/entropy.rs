//! Chance, passed in.

/// Where random bytes come from. A real one is cryptographically secure.
pub trait Entropy: Send + Sync + 'static {
    fn fill(&self, bytes: &mut [u8]);
}
