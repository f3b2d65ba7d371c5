//! The entry point of `cargo xtask`; the chores themselves are in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    xtask::command::run(&arguments)
}
