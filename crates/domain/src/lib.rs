//! The registry's nouns and rules: what an application is, which values it
//! may hold, how it changes state, and who may do what to it.
//!
//! **Invariant:** nothing here does IO, knows a wire format or reads the clock;
//! time and chance come in through [`Clock`] and [`Entropy`].

pub mod access;
mod agent_session;
mod application;
mod assignment;
mod attributes;
mod audit;
mod authorize;
mod clock;
mod code;
mod connection;
mod consent;
mod credential;
mod directory;
mod email;
mod entropy;
mod environment;
mod fold;
mod grant;
pub mod graph;
mod group;
mod id;
mod identity;
mod impersonation;
pub mod integration;
mod kind;
mod link;
mod lockout;
mod name;
mod network;
mod origin;
mod outsider;
mod owner;
mod password;
mod redirect_uri;
pub mod registration;
mod retirement;
mod revocation;
mod saml;
mod scope_registry;
mod second_factor;
mod session;
mod sign_in;
mod signing;
mod standing;
mod tenant;
mod user;
mod whose;

pub use agent_session::{AgentCaller, AgentClient, AgentSession, InvalidAgentClient};
pub use application::{Application, ApplicationState, ClientKeys, InvalidLifetime, OauthFacet, UnknownState};
pub use assignment::{AccessPath, Assignment, EffectiveUser, Subject};
pub use attributes::{CustomAttributes, InvalidAttributes, Metadata};
pub use audit::{Actor, ActorKind, AuditEntry, UnknownActor};
pub use authorize::{
    Action, Caller, Decision, Level, Maker, Resource, Role, RoleGrant, ServiceAccount, ServiceSecret,
    UnknownRole, administers, beyond_own_reach, may, may_ever, may_give, may_grant, oversees,
};
pub use clock::{Clock, InvalidTimestamp, Lifetime, Timestamp};
pub use connection::{
    AppleKey, Connection, InvalidAppleKey, InvalidClientId, InvalidIssuer, InvalidPlace, InvalidProvider,
    ProviderClientId, ProviderIssuer, ProviderKind, ProviderName, ProviderPlace,
};
pub use credential::{
    Credential, CredentialClass, CredentialOrigin, CredentialUse, SecretHash, UsedCredential,
};
pub use directory::{Directory, DirectoryOf, Environment, UnknownEnvironment};
pub use email::{Email, InvalidEmail};
pub use environment::{
    ApplicationEnvironment, InvalidPublicKey, KeyLevel, PublicKey, UnknownUserPool, UserPool,
};
pub use grant::{Earlier, Grant, Judgement, Previous, RefreshFamily};
pub use group::{Group, Member, Membership, Nesting, graph::GroupGraph, graph::NestingRefused};
pub use id::{
    AccessSessionId, AgentSessionId, ApplicationId, AttemptId, AuditEntryId, ConnectionId, CredentialId,
    DirectoryId, EnvironmentId, FactorId, GrantId, GroupId, Id, IdKind, Ids, ImpersonationId, IntegrationId,
    InvalidId, LockoutId, NodeId, OperatorId, PartnerId, RegistrationTokenId, RequestId, ScopeId,
    ServiceAccountId, SessionId, SignInId, SigningKeyId, TenantId, TokenId, UserId,
};
pub use identity::{AuthorizationUnderWay, Identity, InvalidSubject, ProviderSubject};
pub use impersonation::{
    EndReason, Impersonation, ImpersonationEnd, ImpersonationRefused, Intended, InvalidDuration, Known,
    OwnAction, UnknownEndReason,
};
pub use kind::{ApplicationKind, UnknownKind};
pub use link::{Link, LinkPurpose, UnknownPurpose};
pub use lockout::{Failing, Lockout};
pub use name::{InvalidText, Name, Reason, Slug, Tag};
pub use network::Network;
pub use origin::{InvalidOrigin, Origin};
pub use outsider::{Accounts, Asking, Holder, Linking, LinkingRefused, Outsider};
pub use owner::{Owner, Ownership, UnknownOwnership, Within};
pub use password::{InvalidPassword, InvalidPolicy, KeptPassword, PasswordHash, PasswordPolicy};
pub use redirect_uri::{InvalidRedirectUri, RedirectUri};
pub use retirement::{Coverage, SafeToRetire};
pub use revocation::{Ending, Issued, IssuedFor, Revocation, RevokedSubject};
pub use saml::{
    AcsUrl, AttributeSource, AttributeStatement, EntityId, InvalidSamlUri, NameIdFormat, SamlFacet,
    UnknownAttributeSource, UnknownNameIdFormat,
};
pub use scope_registry::{
    GATEWAY_SCOPES, MANAGEMENT_SCOPES, ManagementScopes, OIDC_SCOPES, RegisteredScope, built_in_scopes,
    is_built_in, is_management,
};
pub use second_factor::{Challenge, FactorCode};
pub use session::{Session, SessionState, UnknownSessionState};
pub use sign_in::{AuthMethod, SeenFrom, SignIn, UnknownAuthMethod, UserAgent};
pub use signing::{SigningAlgorithm, UnknownAlgorithm};
pub use standing::{Footing, NotInUse, Standing, UnknownStanding};
pub use tenant::{Caps, Colour, InvalidColour, InvalidOverlap, Issuer, Partner, Tenant};
pub use user::text::{InvalidLocale, InvalidPhone, InvalidUsername, Locale, Phone, Username};
pub use user::{UnknownStatus, User, UserStatus};
pub use whose::{OwnerFilter, Whose};
pub use {code::AuthorizationCode, consent::Consent};
pub use {entropy::Entropy, fold::fold};
