//! Passwords of people.

use appkeep_domain::Entropy;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
const GENERATED_LENGTH: usize = 24;

/// Digits and lower-case letters but i, l, o and u, which are misread. Being
/// 32, they are chosen without bias by five bits each.
const READABLE: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// How much work it is to try a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    memory_kib: u32,
    passes: u32,
}

impl PasswordCost {
    /// What OWASP asks for at least: some 40 ms, and 19 MiB.
    pub const STANDARD: Self = Self { memory_kib: 19 * 1024, passes: 2 };
    /// The least that Argon2 can do, which protects nobody.
    pub const LEAST: Self = Self { memory_kib: 8, passes: 1 };
}

/// A hash of what nobody knows, made as [`hash_password`] makes them: whoever
/// has no password is verified against it, so that it takes as long.
pub const PASSWORD_OF_NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes with Argon2id (RFC 9106) into a PHC string.
///
/// Is work on purpose: keep it off the threads that serve.
pub fn hash_password(password: &str, cost: PasswordCost, entropy: &dyn Entropy) -> String {
    let mut salt = [0; SALT_BYTES];
    entropy.fill(&mut salt);
    let hashed: PasswordHash =
        argon2(cost).hash_password_with_salt(password.as_bytes(), &salt).expect("the memory can be had");
    hashed.to_string()
}

/// Whether the password is the one hashed. A text that is no PHC string of
/// Argon2 verifies nothing.
pub fn verify_password(password: &str, phc: &str) -> bool {
    // The hash says at which cost it was made.
    let argon2 = argon2(PasswordCost::STANDARD);
    PasswordHash::new(phc).is_ok_and(|hashed| argon2.verify_password(password.as_bytes(), &hashed).is_ok())
}

/// Makes a password of 24 characters that are easy to read: 120 random bits.
pub fn generate_password(entropy: &dyn Entropy) -> String {
    let mut random = [0; GENERATED_LENGTH];
    entropy.fill(&mut random);
    random.iter().map(|byte| char::from(READABLE[usize::from(byte & 31)])).collect()
}

fn argon2(cost: PasswordCost) -> Argon2<'static> {
    let params = Params::new(cost.memory_kib, cost.passes, LANES, None);
    let params = params.expect("the constants are within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    #[test]
    fn a_password_verifies_against_its_hash_only() {
        let phc = hash_password("correct horse", PasswordCost::STANDARD, &SystemEntropy::new());
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        let cheap = hash_password("correct horse", PasswordCost::LEAST, &SystemEntropy::new());
        assert!(verify_password("correct horse", &cheap) && !verify_password("correct horsf", &cheap));
        assert!(verify_password("correct horse", &phc));
        assert!(!verify_password("correct horsf", &phc));
        assert!(!verify_password("", &phc));
        assert_ne!(
            phc,
            hash_password("correct horse", PasswordCost::STANDARD, &SystemEntropy::new()),
            "each hash has its salt"
        );
    }

    #[test]
    fn nobodys_hash_costs_what_everybodys_costs() {
        let parameters = |phc: &str| phc.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        let hashed = hash_password("correct horse", PasswordCost::STANDARD, &SystemEntropy::new());
        assert_eq!(parameters(PASSWORD_OF_NOBODY), parameters(&hashed));
        assert_eq!(PASSWORD_OF_NOBODY.len(), hashed.len());
        assert!(PasswordHash::new(PASSWORD_OF_NOBODY).is_ok() && !verify_password("", PASSWORD_OF_NOBODY));
    }

    #[test]
    fn what_is_no_phc_string_verifies_nothing() {
        for phc in [
            "",
            "plain",
            "$argon2id$",
            "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ",
            "$2b$10$abcdefghijklmnop",
        ] {
            assert!(!verify_password("", phc) && !verify_password("plain", phc), "{phc}");
        }
    }

    #[test]
    fn another_implementation_hashes_alike() {
        // Made with the reference implementation.
        let phc = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE";
        assert!(verify_password("password", phc));
    }

    #[test]
    fn a_generated_password_is_readable_and_new_each_time() {
        let password = generate_password(&SystemEntropy::new());
        assert_eq!(password.len(), GENERATED_LENGTH);
        assert!(password.bytes().all(|byte| READABLE.contains(&byte)), "{password}");
        assert_ne!(password, generate_password(&SystemEntropy::new()));
    }
}
