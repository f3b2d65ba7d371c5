//! How requests come in and answers leave: the listener, what every request
//! passes, the one form of refusals, and the extractors.
//!
//! **Invariant:** nothing here knows SQL, or decides what a caller may do.

mod extract;
mod metrics;
mod middleware;
mod operations;
mod problem;
mod router;
mod serve;
mod state;

pub use extract::{Body, Json, Query};
pub use metrics::Metrics;
pub use middleware::BODY_LIMIT;
pub use problem::Problem;
pub use router::{router, routes};
pub use serve::serve;
pub use state::{AppState, BoxFuture, Health, Statistics};
