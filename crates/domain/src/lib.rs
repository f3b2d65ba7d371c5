//! The registry's nouns and rules: what an application is, which values it
//! may hold, how it changes state, and who may do what to it.
//!
//! **Invariant:** nothing here does IO, knows a wire format or reads the clock;
//! time and chance come in through [`Clock`] and [`Entropy`].

mod clock;
mod credential;
mod entropy;
mod id;
mod owner;
mod signing;

pub use clock::{Clock, InvalidTimestamp, Lifetime, Timestamp};
pub use credential::{Credential, CredentialOrigin, SecretHash};
pub use entropy::Entropy;
pub use id::{
    ApplicationId, AuditEntryId, CredentialId, Id, IdKind, Ids, InvalidId, OperatorId, PartnerId, RequestId,
    ScopeId, SessionId, SigningKeyId, TenantId, TokenId,
};
pub use owner::{Owner, Within};
pub use signing::{SigningAlgorithm, UnknownAlgorithm};
