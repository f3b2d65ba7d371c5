//! How often one core signs in a second, with nothing around it: a line for
//! each algorithm. `cargo xtask bench` measures the server by it.

use std::time::{Duration, Instant};

use appkeep_domain::{SigningAlgorithm, SigningKeyId};
use appkeep_keys::{SigningKey, TokenType};

const FOR: Duration = Duration::from_secs(2);
/// About as long as the claims of an access token.
const CLAIMS: [u8; 320] = [b'x'; 320];

#[expect(clippy::print_stdout, reason = "prints what it measured")]
fn main() {
    for algorithm in SigningAlgorithm::ALL {
        println!("{} {:.0}", algorithm.as_str(), rate(algorithm));
    }
}

fn rate(algorithm: SigningAlgorithm) -> f64 {
    let key = SigningKey::generate(algorithm, SigningKeyId::from_bytes([1; 16]));
    let (begun, mut signed) = (now(), 0_u32);
    while begun.elapsed() < FOR {
        std::hint::black_box(key.sign(TokenType::AccessToken, &CLAIMS));
        signed += 1;
    }
    f64::from(signed) / begun.elapsed().as_secs_f64()
}

#[expect(clippy::disallowed_methods, reason = "measures how long something takes")]
fn now() -> Instant {
    Instant::now()
}
