//! Everything that is printed for people, other than log lines.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this module is where printing is done")]

use std::net::SocketAddr;
use std::path::Path;

use appkeep_config::PublicUrl;

use crate::failure::Failure;

pub(crate) fn failed(failure: &Failure) {
    eprintln!("appkeep: {failure}");
}

pub(crate) fn migrated(count: usize) {
    match count {
        0 => println!("The schema is up to date; no migration was needed."),
        1 => println!("1 migration was applied."),
        _ => println!("{count} migrations were applied."),
    }
}

/// Says where the server is and what to do next.
pub(crate) fn listening(address: SocketAddr, url: &PublicUrl, data_dir: &Path, is_dev: bool) {
    println!("Appkeep listens on {address} and is reached at {url}");
    if is_dev {
        println!(
            "This is a development server: others must not rely on it. Its data is in `{}`.",
            data_dir.display()
        );
    }
    println!("Next, see that it is ready:  curl {url}/readyz");
    println!("Stop it with Ctrl-C.");
}

pub(crate) fn stopped() {
    println!("Appkeep has stopped.");
}
