//! Requests that are done once, however often they are sent.
//!
//! A request with a key reserves its place before it does anything, and every
//! transaction that changes something for it notes so in the same commit. So
//! whatever happens to the server in between, a repetition either finds the
//! answer, or is told that it is gone, or begins where nothing was done.

mod answer;

use std::fmt;
use std::sync::Arc;

use appkeep_domain::{
    AccessSessionId, AuditEntry, Caller, Clock, Entropy, Environment, Ids, Lifetime, RequestId, Timestamp,
};
use appkeep_keys::sha256;
use appkeep_storage::{Attempt, KeptRequest, StorageError, Store, WriteTx};
use serde_json::json;

use self::answer::Kept;
pub use self::answer::KeptAnswer;
use crate::by::By;
use crate::error::{Error, ErrorCode, Fault};
use crate::keyring::Keyring;

/// Remembers requests and their answers for a day. Cheap to clone.
#[derive(Clone)]
pub struct Idempotency(Arc<Inner>);

struct Inner {
    store: Store,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    ids: Ids,
}

/// A request that its client may send again with the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatableRequest {
    /// Of the method, the path with its query, and the key.
    route: [u8; 32],
    /// Of the key and the body.
    body: [u8; 32],
}

/// What a client calls one request, however often it sends it.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// What a repeatable request meets.
#[derive(Debug)]
pub enum Begun {
    /// It is to be carried out now.
    Now(Attempt),
    /// It was answered before.
    Before(KeptAnswer),
}

impl IdempotencyKey {
    pub const HEADER: &str = "Idempotency-Key";
    const LONGEST: usize = 255;

    /// 1 to 255 visible characters of ASCII.
    pub fn parse(raw: &[u8]) -> Result<Self, Error> {
        let text =
            std::str::from_utf8(raw).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
        match text {
            Some(text) if (1..=Self::LONGEST).contains(&text.len()) => Ok(Self(text.to_owned())),
            _ => Err(Error::invalid(Fault::new(
                Self::HEADER,
                ErrorCode::InvalidRequest,
                "is not 1 to 255 visible characters of ASCII",
            ))),
        }
    }
}

impl RepeatableRequest {
    pub fn new(key: &IdempotencyKey, method: &str, target: &str, body: &[u8]) -> Self {
        let key = key.0.as_bytes();
        Self {
            route: digest(&[b"route", method.as_bytes(), target.as_bytes(), key]),
            body: digest(&[b"body", key, body]),
        }
    }

    /// One that its key alone stands for, whatever comes with it.
    pub fn by_key(key: &IdempotencyKey) -> Self {
        let key = key.0.as_bytes();
        Self { route: digest(&[b"key", key]), body: digest(&[b"any body", key]) }
    }

    /// The same, told apart from those of the other environment.
    #[must_use]
    pub fn in_environment(self, environment: Environment) -> Self {
        let name = environment.as_str().as_bytes();
        Self { route: digest(&[b"environment", name, &self.route]), ..self }
    }

    /// The same, told apart from those of every other session.
    #[must_use]
    pub fn in_session(self, session: AccessSessionId) -> Self {
        Self { route: digest(&[b"session", &session.as_bytes(), &self.route]), ..self }
    }

    fn attempt(&self, by: &By, entropy: &dyn Entropy) -> Attempt {
        let (actor, mut id) = (by.actor(), [0; 16]);
        entropy.fill(&mut id);
        let caller: [&[u8]; 4] =
            [b"caller", actor.kind.as_str().as_bytes(), actor.id.as_bytes(), &self.route];
        Attempt { owner: by.of_caller(), fingerprint: digest(&caller), id }
    }
}

impl Idempotency {
    /// For how long an answer is given again.
    pub const KEPT: Lifetime = Lifetime::from_hours(24);
    /// For how long a repetition takes the first to be under way still.
    const LEASE: Lifetime = Lifetime::from_seconds(60);

    pub fn new(
        store: Store,
        keyring: Arc<Keyring>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self(Arc::new(Inner { store, keyring, clock, entropy, ids: Ids::new() }))
    }

    /// Reserves the request's place, or finds what was answered before.
    ///
    /// An answer is given again only to a caller that holds every scope that
    /// the first one held: it was decided with those. The history tells of it.
    ///
    /// `idempotency_key_reused` when the key came with another body,
    /// `idempotency_in_progress` while the first is under way, and
    /// `idempotency_answer_lost` when it was carried out and nobody knows the
    /// answer any more.
    pub async fn begin(&self, by: &By, request: &RepeatableRequest) -> Result<Begun, Error> {
        let (attempt, now) = (request.attempt(by, &*self.0.entropy), self.0.clock.now());
        let (within, body) = (attempt.owner.within(), request.body);
        let times = (now.plus(Self::LEASE), now.plus(Self::KEPT));
        let reserve = async move |tx: &mut WriteTx| -> Result<Option<KeptRequest>, StorageError> {
            let known = tx.kept_request(within, &attempt, now).await?;
            if known.as_ref().is_none_or(|known| may_begin_again(known, body, now)) {
                tx.reserve_request(within, &attempt, body, times).await?;
                return Ok(None);
            }
            Ok(known)
        };
        match self.0.store.write(reserve).await? {
            None => Ok(Begun::Now(attempt)),
            Some(known) => {
                let kept = self.meet(&attempt, known, (body, now)).await?;
                must_hold(&by.caller, &kept)?;
                self.tell_replayed(by, kept.request_id).await?;
                Ok(Begun::Before(kept.answer))
            }
        }
    }

    /// Ends an attempt that succeeded: what was answered is answered again.
    pub async fn keep(&self, by: &By, attempt: &Attempt, answer: &KeptAnswer) -> Result<(), Error> {
        let kept = Kept { scopes: scopes(&by.caller), request_id: by.request_id, answer: answer.clone() };
        let sealed = kept.seal(&self.0.keyring, attempt).await?;
        let (within, attempt) = (attempt.owner.within(), *attempt);
        let keep = async move |tx: &mut WriteTx| -> Result<bool, StorageError> {
            tx.keep_answer(within, &attempt, &sealed).await
        };
        if !self.0.store.write(keep).await? {
            tracing::warn!("a repetition of a request has taken its place before it was answered");
        }
        Ok(())
    }

    /// Ends an attempt that was refused or failed: the next begins anew.
    pub async fn release(&self, attempt: &Attempt) -> Result<(), Error> {
        let (within, attempt) = (attempt.owner.within(), *attempt);
        let release = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            tx.release_request(within, &attempt).await
        };
        Ok(self.0.store.write(release).await?)
    }

    /// An answer may hold a secret, so that it is not given again unseen.
    async fn tell_replayed(&self, by: &By, first: RequestId) -> Result<(), Error> {
        let (owner, now) = (by.of_caller(), self.0.clock.now());
        let entry = AuditEntry {
            id: self.0.ids.make_at(now, &*self.0.entropy),
            owner,
            occurred_at: now,
            actor: by.actor(),
            action: "request.replayed".to_owned(),
            application: None,
            before: None,
            after: Some(json!({ "first_request_id": first.to_string() }).to_string()),
            request_id: by.request_id.to_string(),
            address: by.address.map(|address| address.to_string()),
            personal: None,
        };
        let tell = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            tx.insert_audit_entry(owner.within(), &entry).await
        };
        Ok(self.0.store.write(tell).await?)
    }

    /// What a repetition is told of the request it repeats.
    async fn meet(
        &self,
        attempt: &Attempt,
        known: KeptRequest,
        (body, now): ([u8; 32], Timestamp),
    ) -> Result<Kept, Error> {
        if known.body != body {
            return Err(refused(
                ErrorCode::IdempotencyKeyReused,
                "this key came with another body; a new request needs a new key",
            ));
        }
        match known.answer {
            Some(answer) => Kept::open(&self.0.keyring, attempt, &answer).await,
            None if now < known.lease_until => Err(refused(
                ErrorCode::IdempotencyInProgress,
                "the first request with this key is still under way; try again shortly",
            )),
            None => Err(refused(
                ErrorCode::IdempotencyAnswerLost,
                "the first request with this key was carried out, and its answer is lost; look at what it \
                 did before you send another with a new key",
            )),
        }
    }
}

/// The scopes that a decision about the caller stood on.
fn scopes(caller: &Caller) -> String {
    match caller {
        Caller::Application { scopes, .. }
        | Caller::Operator { scopes, .. }
        | Caller::ServiceAccount { scopes, .. } => scopes.to_string(),
        Caller::System => String::new(),
    }
}

fn must_hold(caller: &Caller, kept: &Kept) -> Result<(), Error> {
    let holds = match caller {
        // An operator's roles are asked for anew with every request.
        Caller::Application { scopes, .. }
        | Caller::Operator { scopes, .. }
        | Caller::ServiceAccount { scopes, .. } => {
            kept.scopes.split_whitespace().all(|scope| scopes.contains(scope))
        }
        Caller::System => kept.scopes.is_empty(),
    };
    let message = "this key came with an access token of more scopes, and what it was answered is for those";
    if holds { Ok(()) } else { Err(Error::new(ErrorCode::Forbidden, message)) }
}

/// Whether the run that is known of came to nothing.
fn may_begin_again(known: &KeptRequest, body: [u8; 32], now: Timestamp) -> bool {
    let is_over = known.answer.is_none() && now >= known.lease_until;
    known.body == body && is_over && known.carried_out_at.is_none()
}

fn refused(code: ErrorCode, message: &'static str) -> Error {
    Error::invalid(Fault::new(IdempotencyKey::HEADER, code, message))
}

/// Each part with its length before it, so that none runs into the next.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    sha256(&bytes)
}

impl fmt::Debug for Idempotency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idempotency").finish_non_exhaustive()
    }
}

/// Clients may put what they like into it.
impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_characters() {
        for (raw, expected) in [
            (&b"8e03978e-40d5-43dd-bc93-6894a57f9324"[..], true),
            (b"\"quoted\"", true),
            (&[b'k'; 255], true),
            (&[b'k'; 256], false),
            (b"", false),
            (b"two words", false),
            ("schlüssel".as_bytes(), false),
            (b"\xff", false),
        ] {
            assert_eq!(IdempotencyKey::parse(raw).is_ok(), expected, "{raw:?}");
        }
    }

    #[test]
    fn requests_differ_by_each_of_their_parts() {
        let key = |raw: &str| IdempotencyKey::parse(raw.as_bytes()).expect("is a key");
        let request = RepeatableRequest::new(&key("k"), "POST", "/a?b", b"{}");
        assert_eq!(request, RepeatableRequest::new(&key("k"), "POST", "/a?b", b"{}"));
        let same_route = RepeatableRequest::new(&key("k"), "POST", "/a?b", b"{} ");
        assert_eq!(request.route, same_route.route);
        assert_ne!(request.body, same_route.body);
        assert_eq!(RepeatableRequest::by_key(&key("k")), RepeatableRequest::by_key(&key("k")));
        for other in [
            RepeatableRequest::by_key(&key("k")),
            RepeatableRequest::by_key(&key("l")),
            RepeatableRequest::new(&key("l"), "POST", "/a?b", b"{}"),
            RepeatableRequest::new(&key("k"), "PUT", "/a?b", b"{}"),
            RepeatableRequest::new(&key("k"), "POST", "/a", b"{}"),
        ] {
            assert_ne!(request.route, other.route, "{other:?}");
        }
    }
}
