//! What an operator can set: read from a file, the environment and flags, and
//! checked as a whole before anything listens.
//!
//! **Invariant:** nothing here reads the environment or opens a connection; the
//! command line passes in what it was given.

mod config;
mod faults;
mod limits;
mod log_format;
mod mail;
mod master_key;
mod proxies;
mod public_url;
mod rate;
mod secret;
mod settings;
mod signing_keys;
mod span;
mod tls;
mod written;

pub use config::{Config, Database, InvalidConfig, Mode};
pub use limits::{ClientLimits, ConnectionLimits, ZyphrLimits};
pub use log_format::{InvalidLogFormat, LogFormat};
pub use mail::{MailEncryption, MailPassword, MailServer, MailSettings};
pub use master_key::MasterKeySource;
pub use proxies::{ForwardedHeader, InvalidForwardedHeader, Proxies};
pub use public_url::{InvalidPublicUrl, PublicUrl};
pub use rate::{InvalidRate, Rate};
pub use secret::Secret;
pub use settings::Settings;
pub use signing_keys::SigningKeys;
pub use span::{InvalidSpan, Span};
pub use tls::TlsFiles;
pub use written::Written;
