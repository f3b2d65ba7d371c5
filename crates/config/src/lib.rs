//! What an operator can set: read from a file, the environment and flags, and
//! checked as a whole before anything listens.
//!
//! **Invariant:** nothing here reads the environment or opens a connection; the
//! command line passes in what it was given.

mod config;
mod log_format;
mod public_url;
mod secret;
mod settings;

pub use config::{Config, Database, InvalidConfig, MasterKeyFile, Mode};
pub use log_format::{InvalidLogFormat, LogFormat};
pub use public_url::{InvalidPublicUrl, PublicUrl};
pub use secret::Secret;
pub use settings::Settings;
