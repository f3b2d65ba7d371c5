//! How requests come in and answers leave: the listener, what every request
//! passes, the native API, the OAuth endpoints, and the forms of refusals.
//!
//! **Invariant:** nothing here knows SQL, or decides what a caller may do.

mod api;
mod asker;
mod convert;
mod cors;
mod extract;
mod gateway;
mod idempotency;
mod metrics;
mod middleware;
mod mount;
mod oauth;
mod openapi;
mod operations;
mod outbound;
mod outgoing;
pub mod pages;
mod problem;
mod proxies;
mod refusal;
mod router;
mod serve;
mod sign_in;
mod state;
mod under_way;

pub use api::start_access_session;
pub use cors::KeyPages;
pub use cors::answer as answer_by_another_path;
/// What a request wants to do, as types.
pub use extract::action;
pub use extract::{
    Access, Body, Device, Dialect, Json, Key, OptionalJson, Query, Segment, Segments, SpeaksTo,
    ThreeSegments, read_caller, read_claimed_client, read_key,
};
pub use gateway::{ByOtherGateway, find_mount_of_bearer};
pub use idempotency::{ByKey, CarryOutOnce, Ended, KeptLess, begin_once, carry_out_once_by_key};
pub use metrics::Metrics;
pub use middleware::BODY_LIMIT;
pub use mount::{Here, SLUG, no_such_tenant};
pub use openapi::openapi;
pub use outbound::{Lookup, Outbound, OutboundError};
pub use problem::{Form, Problem, ShownProblem};
pub use proxies::{ForwardedHeader, Proxies};
pub use router::{router, routes};
pub use serve::{ConnectionLimits, Tls, TlsError, serve};
pub use state::{AppState, BoxFuture, Health, Services, Statistics};
pub use under_way::{RequestUnderWay, answer_to_the_end};
