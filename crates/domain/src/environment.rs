//! The environments of an application that has its own people, and the public
//! keys by which it is named in them.

use std::fmt;

use crate::{ApplicationId, Entropy, Environment, EnvironmentId, Timestamp};

/// Whose people an application serves, fixed when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum UserPool {
    /// Those of its owner's directory.
    #[default]
    Tenant,
    /// Its own, in a directory for live and one for test.
    Application,
}

/// A word that names no user pool.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("neither tenant nor application")]
pub struct UnknownUserPool;

impl UserPool {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Application => "application",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownUserPool> {
        match raw {
            "tenant" => Ok(Self::Tenant),
            "application" => Ok(Self::Application),
            _ => Err(UnknownUserPool),
        }
    }
}

/// Live or test of one application, which knows nothing of the other: people,
/// sessions and secrets are each environment's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationEnvironment {
    pub id: EnvironmentId,
    pub application: ApplicationId,
    pub mode: Environment,
    pub public_key: PublicKey,
    pub created_at: Timestamp,
    /// When its secret was last replaced.
    pub updated_at: Timestamp,
}

/// Whether a public key names an application, or one environment of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyLevel {
    /// The key from before there were environments; it means live.
    Application,
    Environment,
}

/// Names an application and an environment of it to whoever may know: no secret,
/// and never given to another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(Box<str>);

/// A text that is no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key of the form za_pub_…")]
pub struct InvalidPublicKey;

const PREFIX: &str = "za_pub_";
/// 120 bits of chance: nobody guesses whose keys there are.
const RANDOM_LENGTH: usize = 24;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl PublicKey {
    /// One of an environment, or without one of the application as a whole.
    pub fn make(environment: Option<Environment>, entropy: &dyn Entropy) -> Self {
        let mut random = [0_u8; RANDOM_LENGTH];
        entropy.fill(&mut random);
        let random = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
        let start = environment.map_or(PREFIX, prefix_of);
        Self(start.chars().chain(random).collect())
    }

    pub fn parse(raw: &str) -> Result<Self, InvalidPublicKey> {
        let (_, random) = split(raw).ok_or(InvalidPublicKey)?;
        let is_random = random.len() == RANDOM_LENGTH && random.bytes().all(|byte| ALPHABET.contains(&byte));
        if is_random { Ok(Self(raw.into())) } else { Err(InvalidPublicKey) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whose people it speaks of; the one of an application speaks of the real ones.
    pub fn environment(&self) -> Environment {
        self.own_environment().unwrap_or(Environment::Live)
    }

    pub fn level(&self) -> KeyLevel {
        match self.own_environment() {
            Some(_) => KeyLevel::Environment,
            None => KeyLevel::Application,
        }
    }

    fn own_environment(&self) -> Option<Environment> {
        split(&self.0).and_then(|(environment, _)| environment)
    }
}

const fn prefix_of(environment: Environment) -> &'static str {
    match environment {
        Environment::Live => "za_pub_live_",
        Environment::Test => "za_pub_test_",
    }
}

/// The environment that a key names, if it names one, and what comes of chance.
fn split(raw: &str) -> Option<(Option<Environment>, &str)> {
    for environment in [Environment::Live, Environment::Test] {
        if let Some(random) = raw.strip_prefix(prefix_of(environment)) {
            return Some((Some(environment), random));
        }
    }
    raw.strip_prefix(PREFIX).map(|random| (None, random))
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that count up from zero.
    struct Counting;

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for (place, byte) in bytes.iter_mut().zip(0..) {
                *place = byte;
            }
        }
    }

    #[test]
    fn a_key_says_what_it_names() {
        for (made_for, start, environment, level) in [
            (None, "za_pub_0123", Environment::Live, KeyLevel::Application),
            (Some(Environment::Live), "za_pub_live_0123", Environment::Live, KeyLevel::Environment),
            (Some(Environment::Test), "za_pub_test_0123", Environment::Test, KeyLevel::Environment),
        ] {
            let key = PublicKey::make(made_for, &Counting);
            assert!(key.as_str().starts_with(start), "{key}");
            assert_eq!((key.environment(), key.level()), (environment, level), "{key}");
            assert_eq!(PublicKey::parse(key.as_str()), Ok(key));
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let good = PublicKey::make(Some(Environment::Test), &Counting).to_string();
        for raw in [
            "",
            "za_pub_",
            "za_pub_live_",
            &good[1..],
            &good[..good.len() - 1],
            &format!("{good}0"),
            &format!(" {good}"),
            &good.to_uppercase(),
            &good.replace("_test_", "_stage_"),
            &good.replace("za_pub_", "za_sec_"),
            &good.replace('a', "u"),
        ] {
            assert_eq!(PublicKey::parse(raw), Err(InvalidPublicKey), "{raw}");
        }
    }

    #[test]
    fn every_pool_is_read_back() {
        for pool in [UserPool::Tenant, UserPool::Application] {
            assert_eq!(UserPool::parse(pool.as_str()), Ok(pool));
        }
        assert_eq!(UserPool::parse("Tenant"), Err(UnknownUserPool));
    }
}
