//! The JSON shapes of the native API and of the OAuth endpoints, for whoever
//! speaks them: the server, a client, the command line.
//!
//! Requests refuse members that they do not know. What a value may be beyond
//! its JSON type is said in the schema and decided by the server, so that one
//! answer can name every fault.
//!
//! **Invariant:** nothing here knows the registry's own types; the server
//! converts between the two.

mod application;
mod application_request;
mod audit;
mod bulk;
mod credential;
mod edit;
mod envelope;
mod oauth;
mod object;
mod problem;
mod saml;
mod scope;
mod secret;
mod tenant;
mod words;

pub use application::{
    Application, ApplicationDetail, AuditSummary, CreatedApplication, Hints, OauthConfiguration, RecentChange,
};
pub use application_request::{ApplicationPatch, ApplicationQuery, NewApplication, Nothing};
pub use audit::{Actor, AuditEntry, AuditQuery};
pub use bulk::{BulkIds, BulkMeta, BulkOutcome, BulkResult, BulkResults, BulkStatus};
pub use credential::{AddedSecret, Credential, CredentialQuery, NewSecret};
pub use edit::Edit;
pub use envelope::{Data, Page, PageMeta};
pub use oauth::{
    ClientProof, Inactive, Introspection, IntrospectionAnswer, IntrospectionForm, JsonWebKey, JsonWebKeySet,
    OauthRefusal, OfferedGrantType, RevocationForm, ServerMetadata, Token, TokenForm,
};
pub use object::Object;
pub use problem::{Detail, Problem};
pub use saml::{AttributeStatement, Saml, SamlFields};
pub use scope::{NewScope, Scope, ScopeQuery};
pub use secret::{RevokedTokens, RotateSecret, RotatedSecret};
pub use tenant::{Tenant, TenantPatch};
pub use words::{
    ActorKind, ApplicationState, ApplicationType, AttributeSource, CredentialClass, GrantType, NameIdFormat,
    SafeToRetire, SigningAlgorithm, TokenEndpointAuthMethod,
};
