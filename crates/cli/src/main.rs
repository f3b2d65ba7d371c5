//! The command line: reads settings, puts the parts together, and runs them.

mod arguments;
mod audit;
mod backup;
mod bootstrap;
mod clock;
mod database;
mod doctor;
mod failure;
mod holder;
mod keys;
mod logging;
mod mail;
mod master_key;
mod migrate;
mod node;
mod output;
mod restore;
mod serve;
mod setting_arguments;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    use_small_pages();
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::failed(&failure);
            ExitCode::FAILURE
        }
    }
}

/// The allocator asks for pages of two megabytes, of which most would hold a
/// few kilobytes: a quarter of what an idle server would take.
fn use_small_pages() {
    #[cfg(target_os = "linux")]
    // Where it is refused, the server takes more memory, and does what it does.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::because("the runtime cannot be started", error))?;
    match arguments.command {
        Command::Serve(command) => runtime.block_on(serve::run(command)),
        Command::Bootstrap(command) => runtime.block_on(bootstrap::run(command)),
        Command::Audit(command) => runtime.block_on(audit::run(command)),
        Command::Keys(command) => runtime.block_on(keys::run(command)),
        Command::Doctor(command) => runtime.block_on(doctor::run(command)),
        Command::Backup(command) => runtime.block_on(backup::run(command)),
        Command::Restore(command) => runtime.block_on(restore::run(command)),
        Command::Openapi => {
            output::text(&appkeep_http::openapi());
            Ok(())
        }
        Command::Migrate(settings) => runtime.block_on(migrate::run(settings)),
    }
}
