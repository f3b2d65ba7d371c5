//! The repository's chores, as typed code: what `cargo xtask` runs.
//!
//! A chore that would be a shell script elsewhere is a function here, so that
//! it compiles, has tests, and needs nothing installed but Rust.
//!
//! **Invariant:** nothing here knows Appkeep's own crates; a chore sees the
//! repository only from outside, as files and programs.

pub mod bench;
pub mod ci;
pub mod command;
pub mod contract;
pub mod crash;
pub mod fuzz;
pub mod openapi;
pub mod pictures;
pub mod repository;
pub mod soak;

mod failure;
mod peers;
mod prerequisites;
mod process;
mod report;

pub use failure::Failure;
