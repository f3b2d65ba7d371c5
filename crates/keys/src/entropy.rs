//! Chance, from the operating system.

use appkeep_domain::Entropy;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// The cryptographically secure random generator of this machine.
#[derive(Debug, Default)]
pub struct SystemEntropy(SystemRandom);

impl SystemEntropy {
    pub fn new() -> Self {
        Self::default()
    }
}

impl Entropy for SystemEntropy {
    /// Panics when the system yields no randomness: going on would make
    /// secrets that can be guessed.
    fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes).expect("the operating system provides randomness");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_fills_differ() {
        let (mut first, mut second) = ([0; 32], [0; 32]);
        SystemEntropy::new().fill(&mut first);
        SystemEntropy::new().fill(&mut second);
        assert_ne!(first, second);
        assert_ne!(first, [0; 32]);
    }
}
