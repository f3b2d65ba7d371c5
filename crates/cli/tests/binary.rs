//! The real binary, as an operator runs it.

#![expect(clippy::disallowed_methods, reason = "tests run clients side by side, and measure them")]

#[path = "binary/audit.rs"]
mod audit;
#[path = "binary/backup.rs"]
mod backup;
#[path = "binary/bootstrap.rs"]
mod bootstrap;
#[path = "binary/crash.rs"]
mod crash;
#[path = "binary/doctor.rs"]
mod doctor;
#[path = "binary/harness.rs"]
mod harness;
#[path = "binary/keys.rs"]
mod keys;
#[path = "binary/kontext.rs"]
mod kontext;
#[path = "binary/logs.rs"]
mod logs;
#[path = "binary/master_key.rs"]
mod master_key;
#[path = "binary/network.rs"]
mod network;
#[path = "binary/nodes.rs"]
mod nodes;
#[path = "binary/peers.rs"]
mod peers;
#[path = "binary/printed.rs"]
mod printed;
#[path = "binary/readme.rs"]
mod readme;
#[path = "binary/rotation.rs"]
mod rotation;
#[path = "binary/secrets.rs"]
mod secrets;
#[path = "binary/set_up.rs"]
mod set_up;
#[path = "binary/settings.rs"]
mod settings;
#[path = "binary/start.rs"]
mod start;
#[path = "binary/zyphr.rs"]
mod zyphr;
