//! How often one core verifies a password in a second, with nothing around it.
//! `cargo xtask bench` measures sign-ins by it.

use std::time::{Duration, Instant};

use appkeep_keys::{PASSWORD_OF_NOBODY, verify_password};

/// The server's, since each verification takes and gives back 19 MiB.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FOR: Duration = Duration::from_secs(3);

#[expect(clippy::print_stdout, reason = "prints what it measured")]
fn main() {
    println!("{:.2}", rate());
}

fn rate() -> f64 {
    let (begun, mut verified) = (now(), 0_u32);
    while begun.elapsed() < FOR {
        std::hint::black_box(verify_password("correct horse battery", PASSWORD_OF_NOBODY));
        verified += 1;
    }
    f64::from(verified) / begun.elapsed().as_secs_f64()
}

#[expect(clippy::disallowed_methods, reason = "measures how long something takes")]
fn now() -> Instant {
    Instant::now()
}
