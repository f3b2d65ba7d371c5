//! Passwords of people, hashed and verified off the threads that serve: each
//! takes tens of milliseconds and megabytes, on purpose.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use appkeep_domain::{Entropy, PasswordHash};
use appkeep_keys::{PASSWORD_OF_NOBODY, PasswordCost, hash_password, verify_password};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorCode};

/// Whoever works on passwords in this process, together.
#[derive(Clone)]
pub(crate) struct Passwords {
    entropy: Arc<dyn Entropy>,
    cost: PasswordCost,
    places: Arc<Places>,
}

/// As many at once as there are processors, and not many more who wait: who
/// would wait longer than a browser does is told to come back.
struct Places {
    free: Arc<Semaphore>,
    inside: AtomicUsize,
    most_inside: usize,
}

/// Processors and memory are the process's, whatever runs in it.
static PLACES: LazyLock<Arc<Places>> = LazyLock::new(|| Arc::new(Places::new()));

impl Places {
    /// Some three seconds' worth, at 40 ms each.
    const WAITING_EACH: usize = 64;

    fn new() -> Self {
        let at_once = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            free: Arc::new(Semaphore::new(at_once)),
            inside: AtomicUsize::new(0),
            most_inside: at_once * (Self::WAITING_EACH + 1),
        }
    }

    async fn enter(self: &Arc<Self>) -> Result<Place, Error> {
        let counted = Counted::new(self);
        if counted.inside > self.most_inside {
            let message = "too many people are signing in at this moment; try again shortly";
            return Err(Error::new(ErrorCode::Unavailable, message));
        }
        let permit = Arc::clone(&self.free)
            .acquire_owned()
            .await
            .map_err(|closed| Error::new(ErrorCode::Internal, "something went wrong here").because(closed))?;
        Ok(Place { _permit: permit, _counted: counted })
    }
}

impl Passwords {
    pub(crate) fn new(entropy: Arc<dyn Entropy>, cost: PasswordCost) -> Self {
        Self { entropy, cost, places: Arc::clone(&PLACES) }
    }

    /// `unavailable` when too many wait.
    pub(crate) async fn hash(&self, password: Zeroizing<String>) -> Result<PasswordHash, Error> {
        let (entropy, cost) = (Arc::clone(&self.entropy), self.cost);
        let phc = self.work(move || hash_password(&password, cost, &*entropy)).await?;
        Ok(PasswordHash::from_phc(phc))
    }

    /// Whether it is the password that was hashed. With no hash the answer is
    /// no, and takes as long. `unavailable` when too many wait.
    pub(crate) async fn verify(
        &self,
        password: Zeroizing<String>,
        hash: Option<PasswordHash>,
    ) -> Result<bool, Error> {
        self.work(move || {
            let phc = hash.as_ref().map_or(PASSWORD_OF_NOBODY, PasswordHash::as_str);
            verify_password(&password, phc) && hash.is_some()
        })
        .await
    }

    /// The work keeps its place until it is done: nobody can take it back, though
    /// nobody may wait for it any more.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let place = self.places.enter().await?;
        let working = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        working
            .await
            .map_err(|error| Error::new(ErrorCode::Internal, "something went wrong here").because(error))
    }
}

/// Held while a password is worked on.
struct Place {
    _permit: OwnedSemaphorePermit,
    _counted: Counted,
}

/// Somebody who is inside, waiting or not, until this is dropped.
struct Counted {
    places: Arc<Places>,
    inside: usize,
}

impl Counted {
    fn new(places: &Arc<Places>) -> Self {
        Self { inside: places.inside.fetch_add(1, Ordering::SeqCst) + 1, places: Arc::clone(places) }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.places.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").field("inside", &self.places.inside).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use appkeep_keys::SystemEntropy;
    use tokio::time::timeout;

    use super::*;

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
        let places = Arc::new(Places { most_inside: 1, ..Places::new() });
        let passwords = Passwords { places: Arc::clone(&places), ..passwords() };
        let held = places.enter().await.expect("there is room");
        let refused = passwords.verify(text("x"), None).await.expect_err("there is none left");
        assert_eq!(refused.code(), ErrorCode::Unavailable);
        drop(held);
        assert!(!passwords.verify(text("x"), None).await.expect("there is room again"));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_keeps_its_place_until_it_is_done() {
        let places = Arc::new(Places { free: Arc::new(Semaphore::new(1)), most_inside: 2, ..Places::new() });
        let passwords = Passwords { places: Arc::clone(&places), ..passwords() };
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let abandoned = passwords.work(move || wait.recv());
        assert!(timeout(Duration::ZERO, abandoned).await.is_err(), "it is begun");
        assert_eq!((places.inside.load(Ordering::SeqCst), places.free.available_permits()), (1, 0));
        let mut second = Box::pin(passwords.verify(text("x"), None));
        assert!(timeout(Duration::ZERO, &mut second).await.is_err(), "it waits for the first");
        let refused = passwords.verify(text("x"), None).await.expect_err("there is no room for a third");
        assert_eq!(refused.code(), ErrorCode::Unavailable);
        done.send(()).expect("is waited for");
        assert!(!second.await.expect("there is room again"));
        assert_eq!(places.inside.load(Ordering::SeqCst), 0);
    }
}
