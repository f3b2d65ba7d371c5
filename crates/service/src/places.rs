//! Places for work that keeps a processor busy, off the threads that serve.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, ErrorCode};

/// As many at once as there are processors, and not many more who wait: who
/// would wait too long is told to come back.
#[derive(Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    inside: AtomicUsize,
    most_inside: usize,
    /// What they are told.
    full: &'static str,
}

impl Places {
    /// So many wait for each processor at the most.
    pub(crate) fn new(waiting_each: usize, full: &'static str) -> Self {
        let at_once = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self::of(at_once, at_once * (waiting_each + 1), full)
    }

    pub(crate) fn of(at_once: usize, most_inside: usize, full: &'static str) -> Self {
        Self { free: Arc::new(Semaphore::new(at_once)), inside: AtomicUsize::new(0), most_inside, full }
    }

    /// The work keeps its place until it is done: nobody can take it back, though
    /// nobody may wait for it any more. `unavailable` when too many wait.
    pub(crate) async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let place = self.enter().await?;
        let working = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        working
            .await
            .map_err(|error| Error::new(ErrorCode::Internal, "something went wrong here").because(error))
    }

    async fn enter(self: &Arc<Self>) -> Result<Place, Error> {
        let counted = Counted::new(self);
        if counted.inside > self.most_inside {
            return Err(Error::new(ErrorCode::Unavailable, self.full));
        }
        let permit = Arc::clone(&self.free)
            .acquire_owned()
            .await
            .map_err(|closed| Error::new(ErrorCode::Internal, "something went wrong here").because(closed))?;
        Ok(Place { _permit: permit, _counted: counted })
    }
}

/// Held while somebody works.
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_keeps_its_place_until_it_is_done() {
        let places = Arc::new(Places::of(1, 2, "it is full"));
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let abandoned = places.work(move || wait.recv());
        assert!(timeout(Duration::ZERO, abandoned).await.is_err(), "it is begun");
        assert_eq!((places.inside.load(Ordering::SeqCst), places.free.available_permits()), (1, 0));
        let mut second = Box::pin(places.work(|| 2));
        assert!(timeout(Duration::ZERO, &mut second).await.is_err(), "it waits for the first");
        let refused = places.work(|| 3).await.expect_err("there is no room for a third");
        assert_eq!((refused.code(), refused.to_string().as_str()), (ErrorCode::Unavailable, "it is full"));
        done.send(()).expect("is waited for");
        assert_eq!(second.await.expect("there is room again"), 2);
        assert_eq!(places.inside.load(Ordering::SeqCst), 0);
    }
}
