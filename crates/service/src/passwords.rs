//! Passwords of people, hashed and verified off the threads that serve: each
//! takes tens of milliseconds and megabytes, on purpose.

use std::fmt;
use std::sync::{Arc, LazyLock};

use appkeep_domain::{Entropy, PasswordHash};
use appkeep_keys::{PASSWORD_OF_NOBODY, PasswordCost, hash_password, verify_password};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::places::Places;

/// Whoever works on passwords in this process, together.
#[derive(Clone)]
pub(crate) struct Passwords {
    entropy: Arc<dyn Entropy>,
    cost: PasswordCost,
    places: Arc<Places>,
}

/// Processors and memory are the process's, whatever runs in it.
static PLACES: LazyLock<Arc<Places>> = LazyLock::new(|| Arc::new(Places::new(WAITING_EACH, TOO_MANY)));

/// Some three seconds' worth, at 40 ms each.
const WAITING_EACH: usize = 64;
const TOO_MANY: &str = "too many people are signing in at this moment; try again shortly";

impl Passwords {
    pub(crate) fn new(entropy: Arc<dyn Entropy>, cost: PasswordCost) -> Self {
        Self { entropy, cost, places: Arc::clone(&PLACES) }
    }

    /// `unavailable` when too many wait.
    pub(crate) async fn hash(&self, password: Zeroizing<String>) -> Result<PasswordHash, Error> {
        let (entropy, cost) = (Arc::clone(&self.entropy), self.cost);
        let phc = self.places.work(move || hash_password(&password, cost, &*entropy)).await?;
        Ok(PasswordHash::from_phc(phc))
    }

    /// Whether it is the password that was hashed. With no hash the answer is
    /// no, and takes as long. `unavailable` when too many wait.
    pub(crate) async fn verify(
        &self,
        password: Zeroizing<String>,
        hash: Option<PasswordHash>,
    ) -> Result<bool, Error> {
        let verify = move || {
            let phc = hash.as_ref().map_or(PASSWORD_OF_NOBODY, PasswordHash::as_str);
            verify_password(&password, phc) && hash.is_some()
        };
        self.places.work(verify).await
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").field("places", &self.places).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use appkeep_keys::SystemEntropy;
    use tokio::time::timeout;

    use super::*;
    use crate::error::ErrorCode;

    fn passwords() -> Passwords {
        Passwords::new(Arc::new(SystemEntropy::new()), PasswordCost::STANDARD)
    }

    fn text(password: &str) -> Zeroizing<String> {
        Zeroizing::new(password.to_owned())
    }

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_and_nobodys_never() {
        let passwords = passwords();
        let hash = passwords.hash(text("correct horse")).await.expect("hashes");
        assert!(passwords.verify(text("correct horse"), Some(hash.clone())).await.expect("is looked at"));
        assert!(!passwords.verify(text("correct horsf"), Some(hash)).await.expect("is looked at"));
        for guess in ["", "password", "nobody"] {
            assert!(!passwords.verify(text(guess), None).await.expect("is looked at"), "{guess}");
        }
    }

    #[tokio::test]
    async fn who_would_wait_too_long_is_told_at_once() {
        let places = Arc::new(Places::of(1, 1, TOO_MANY));
        let passwords = Passwords { places: Arc::clone(&places), ..passwords() };
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let mut held = Box::pin(places.work(move || wait.recv()));
        assert!(timeout(Duration::ZERO, &mut held).await.is_err(), "it is begun");
        let refused = passwords.verify(text("x"), None).await.expect_err("there is none left");
        assert_eq!(refused.code(), ErrorCode::Unavailable);
        done.send(()).expect("is waited for");
        held.await.expect("is done").expect("is told");
        assert!(!passwords.verify(text("x"), None).await.expect("there is room again"));
    }
}
