//! What tests stand on: fresh databases of both kinds, time and chance moved
//! by hand, and a network that fails on request.
//!
//! There are no doubles of our own code here. A missing PostgreSQL is a
//! failure that says what to install, never a test that is skipped.
//!
//! **Invariant:** only ever a development dependency.

#![expect(clippy::disallowed_methods, reason = "tests meet the machine they run on here")]

mod chaos;
mod clock;
mod cluster;
mod database;
mod dump;
mod entropy;
pub mod inspect;
mod own_cluster;
mod people;
mod signing_keys;

pub use chaos::ChaosProxy;
pub use clock::ManualClock;
pub use cluster::postgres_url;
pub use database::{Given, TestDatabase};
pub use dump::Dump;
pub use entropy::SeededEntropy;
pub use own_cluster::PostgresCluster;
pub use people::{begin_session, directory_of, user_of};
pub use signing_keys::signing_key;

/// Makes each function a test on SQLite and a test on PostgreSQL.
///
/// The functions are `async` and take a fresh database, as a [`TestDatabase`]
/// or as an open `Store`.
#[macro_export]
macro_rules! on_each_database {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let database = $crate::TestDatabase::sqlite().await;
                    super::$test($crate::Given::given(&database)).await;
                }
            )*
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let database = $crate::TestDatabase::postgres().await;
                    super::$test($crate::Given::given(&database)).await;
                }
            )*
        }
    };
}
