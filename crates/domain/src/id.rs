//! Ids: 128 bits, one type a noun, written with a prefix.
//!
//! The text is the prefix and the 26 characters of Crockford's base32, so it
//! sorts by creation. The hyphenated UUID, bare or behind the prefix, is read
//! as the same id.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use crate::{Clock, Entropy, Timestamp};

/// A noun that has ids.
pub trait IdKind {
    /// What stands before the id, underscore included.
    const PREFIX: &'static str;
}

/// The id of one `K`, a `UUIDv7` (RFC 9562 §5.7).
pub struct Id<K> {
    bits: u128,
    kind: PhantomData<fn() -> K>,
}

macro_rules! id_kinds {
    ($($(#[$doc:meta])* $name:ident $kind:ident $prefix:literal;)*) => {$(
        #[doc(hidden)]
        #[derive(Debug)]
        pub enum $kind {}
        impl IdKind for $kind {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $name = Id<$kind>;
    )*};
}

id_kinds! {
    /// A public application's way into the vault, for a while.
    AccessSessionId AccessSessionKind "vses_";
    /// The time that an agent spends at the gateway.
    AgentSessionId AgentSessionKind "ags_";
    /// An application, and its `client_id`.
    ApplicationId ApplicationKindOfId "app_";
    AuditEntryId AuditEntryKind "evt_";
    /// One run of an operation that is to happen once.
    AttemptId AttemptKind "att_";
    /// What an application is registered as with a provider.
    ConnectionId ConnectionKind "conn_";
    CredentialId CredentialKind "cred_";
    DirectoryId DirectoryKind "dir_";
    /// Live or test of one application.
    EnvironmentId EnvironmentKind "env_";
    /// What one authorization code led to.
    GrantId GrantKind "gnt_";
    /// What a person proves a second time who they are with.
    FactorId FactorKind "fct_";
    GroupId GroupKind "grp_";
    ImpersonationId ImpersonationKind "imp_";
    /// A server of tools, or an API, that applications reach.
    IntegrationId IntegrationKind "int_";
    /// Failures from an address, of which it is made.
    LockoutId LockoutKind "lck_";
    /// One server, from its start to its end.
    NodeId NodeKind "nod_";
    OperatorId OperatorKind "opr_";
    PartnerId PartnerKind "prt_";
    /// Lets applications register themselves.
    RegistrationTokenId RegistrationTokenKind "rgt_";
    RequestId RequestKind "req_";
    ScopeId ScopeKind "scp_";
    /// Its `client_id` is written with the UUID.
    ServiceAccountId ServiceAccountKind "sa_";
    /// The `sid` of OpenID Connect Front-Channel Logout 1.0 §3.
    SessionId SessionKind "ses_";
    SignInId SignInKind "sgn_";
    SigningKeyId SigningKeyKind "sig_";
    TenantId TenantKind "tnt_";
    /// An issued token: the `jti` of RFC 7519 §4.1.7.
    TokenId TokenKind "tok_";
    /// A person in a directory: the `sub` of OpenID Connect Core 1.0 §2.
    UserId UserKind "usr_";
}

/// A text that is no id of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {prefix}01HZX…", prefix = .0)]
pub struct InvalidId(&'static str);

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TEXT_LENGTH: usize = 26;

impl<K: IdKind> Id<K> {
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self { bits: u128::from_be_bytes(bytes), kind: PhantomData }
    }

    pub const fn as_bytes(&self) -> [u8; 16] {
        self.bits.to_be_bytes()
    }

    /// The millisecond it was made in.
    pub const fn made_at(&self) -> Timestamp {
        Timestamp::from_micros((self.bits >> 80) as i64 * 1_000)
    }

    /// Reads any spelling of an id, ignoring case; overflow is refused.
    pub fn parse(raw: &str) -> Result<Self, InvalidId> {
        let prefixed = raw.get(..K::PREFIX.len()).filter(|start| start.eq_ignore_ascii_case(K::PREFIX));
        let body = if prefixed.is_some() { &raw[K::PREFIX.len()..] } else { raw };
        let bits =
            if prefixed.is_some() && body.len() == TEXT_LENGTH { from_base32(body) } else { from_uuid(body) };
        bits.map(|bits| Self { bits, kind: PhantomData }).ok_or(InvalidId(K::PREFIX))
    }

    /// The hyphenated lower-case UUID.
    pub fn to_uuid(&self) -> String {
        let hex = format!("{:032x}", self.bits);
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

fn from_base32(body: &str) -> Option<u128> {
    let mut bits: u128 = 0;
    for (index, byte) in body.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|&known| known == byte.to_ascii_uppercase())?;
        // 26 characters carry 130 bits: the first may only be 0 to 7.
        if index == 0 && digit > 7 {
            return None;
        }
        bits = bits << 5 | digit as u128;
    }
    Some(bits)
}

fn from_uuid(body: &str) -> Option<u128> {
    let bytes = body.as_bytes();
    if bytes.len() != 36 || [8, 13, 18, 23].iter().any(|&at| bytes[at] != b'-') {
        return None;
    }
    let digits: String = body.chars().filter(|&c| c != '-').collect();
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(&digits, 16).ok()
}

impl<K: IdKind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0_u8; TEXT_LENGTH];
        let mut rest = self.bits;
        for place in text.iter_mut().rev() {
            *place = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        f.write_str(K::PREFIX)?;
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl<K: IdKind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bits.cmp(&other.bits)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits.hash(state);
    }
}

/// Makes ids: each greater than the one before it in this process, though the
/// clock stand still or go back.
pub struct Ids {
    last: Mutex<u128>,
}

impl Ids {
    pub const fn new() -> Self {
        Self { last: Mutex::new(0) }
    }

    pub fn make<K: IdKind>(&self, clock: &dyn Clock, entropy: &dyn Entropy) -> Id<K> {
        self.make_at(clock.now(), entropy)
    }

    /// The same for a reading of the clock that names something else as well.
    pub fn make_at<K: IdKind>(&self, now: Timestamp, entropy: &dyn Entropy) -> Id<K> {
        let mut random = [0_u8; 10];
        entropy.fill(&mut random);
        let fresh = uuid_v7(now.as_millis(), random);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let bits = if *last < fresh { fresh } else { successor(*last, random) };
        *last = bits;
        Id { bits, kind: PhantomData }
    }
}

impl Default for Ids {
    fn default() -> Self {
        Self::new()
    }
}

fn uuid_v7(millis: i64, random: [u8; 10]) -> u128 {
    let mut bytes = [0_u8; 16];
    bytes[..6].copy_from_slice(&millis.max(0).to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&random);
    bytes[6] = 0x70 | bytes[6] & 0x0f;
    bytes[8] = 0x80 | bytes[8] & 0x3f;
    u128::from_be_bytes(bytes)
}

/// The random bits as a counter with a random step (RFC 9562 §6.2 method 2);
/// version and variant stand between them and stay as they are.
fn successor(last: u128, random: [u8; 10]) -> u128 {
    const LOW: u128 = (1 << 62) - 1;
    const VARIANT: u128 = 0b10 << 62;
    const VERSION: u128 = 0x7 << 76;
    let step = u128::from(u32::from_be_bytes([random[0], random[1], random[2], random[3]])) + 1;
    let counter = (last >> 80 << 74 | (last >> 64 & 0xfff) << 62 | last & LOW) + step;
    counter >> 74 << 80 | VERSION | (counter >> 62 & 0xfff) << 64 | VARIANT | counter & LOW
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Still(i64);
    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.0)
        }
    }
    struct Ones;
    impl Entropy for Ones {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0xff);
        }
    }

    #[test]
    fn every_spelling_is_the_same_id() {
        let id = ApplicationId::from_bytes(*b"0123456789abcdef");
        let text = id.to_string();
        assert_eq!(text.len(), 30);
        for spelling in [
            text.clone(),
            text.to_lowercase(),
            id.to_uuid(),
            id.to_uuid().to_uppercase(),
            format!("app_{}", id.to_uuid()),
        ] {
            assert_eq!(ApplicationId::parse(&spelling), Ok(id), "{spelling}");
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for raw in [
            "",
            "app_",
            "01HZX0000000000000000000000",
            "tnt_01HZX000000000000000000000",
            "app_81HZX00000000000000000000Z",
            "app_01HZX00000000000000000000U",
            "app_01HZX000000000000000000000Z",
            "éapp_01HZX0000000000000000000000",
            "0123456789abcdef0123456789abcdef",
            "+1234567-89ab-cdef-0123-456789abcdef",
        ] {
            assert_eq!(ApplicationId::parse(raw), Err(InvalidId("app_")), "{raw}");
        }
    }

    #[test]
    fn ids_rise_though_the_clock_stands_still_or_goes_back() {
        let ids = Ids::new();
        let mut last: ApplicationId = ids.make(&Still(5_000_000), &Ones);
        for micros in [5_000_000, 5_000_000, 1_000, 0, 6_000_000] {
            let next = ids.make(&Still(micros), &Ones);
            assert!(last < next, "{last} {next}");
            let bytes = next.as_bytes();
            assert_eq!((bytes[6] >> 4, bytes[8] >> 6), (7, 2), "version and variant of {next}");
            last = next;
        }
        assert_eq!(last.made_at(), Timestamp::from_micros(6_000_000));
    }
}
