//! Chance, from the operating system.

use std::fmt;

use appkeep_domain::Entropy;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use parking_lot::Mutex;
use zeroize::Zeroize as _;

/// The cryptographically secure random generator of this machine.
///
/// Every request makes a few ids, so the little that ids take is drawn for
/// many at once. Secrets are drawn when they are made, and lie nowhere before.
#[derive(Default)]
pub struct SystemEntropy {
    random: SystemRandom,
    drawn: Mutex<Drawn>,
}

impl SystemEntropy {
    pub fn new() -> Self {
        Self::default()
    }

    /// Panics when the system yields no randomness: going on would make
    /// secrets that can be guessed.
    fn draw(&self, bytes: &mut [u8]) {
        self.random.fill(bytes).expect("the operating system provides randomness");
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() > Drawn::MOST_AT_ONCE {
            return self.draw(bytes);
        }
        let mut drawn = self.drawn.lock();
        if drawn.left < bytes.len() {
            self.draw(&mut drawn.bytes);
            drawn.left = drawn.bytes.len();
        }
        drawn.take(bytes);
    }
}

impl fmt::Debug for SystemEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemEntropy").finish_non_exhaustive()
    }
}

/// Random bytes that are in no use yet.
struct Drawn {
    bytes: [u8; 512],
    /// How many of them, from the beginning.
    left: usize,
}

impl Drawn {
    /// An id takes ten.
    const MOST_AT_ONCE: usize = 16;

    /// Nothing is given out twice: what is taken is wiped.
    fn take(&mut self, into: &mut [u8]) {
        let taken = &mut self.bytes[self.left - into.len()..self.left];
        into.copy_from_slice(taken);
        taken.zeroize();
        self.left -= into.len();
    }
}

impl Default for Drawn {
    fn default() -> Self {
        Self { bytes: [0; 512], left: 0 }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nothing_is_given_out_twice() {
        let (entropy, mut seen) = (SystemEntropy::new(), HashSet::new());
        for length in (10..=16).cycle().take(1_000) {
            let mut bytes = vec![0; length];
            entropy.fill(&mut bytes);
            assert!(bytes.iter().any(|&byte| byte != 0));
            assert!(seen.insert(bytes[..10].to_vec()));
            let drawn = entropy.drawn.lock();
            assert!(drawn.bytes[drawn.left..].iter().all(|&byte| byte == 0), "what was given out is wiped");
        }
    }

    #[test]
    fn two_fills_differ() {
        let (mut first, mut second) = ([0; 32], [0; 32]);
        SystemEntropy::new().fill(&mut first);
        SystemEntropy::new().fill(&mut second);
        assert_ne!(first, second);
        assert_ne!(first, [0; 32]);
    }
}
