//! The JSON shapes of the native API and of the OAuth endpoints, for whoever
//! speaks them: the server, a client, the command line.
//!
//! Requests refuse members that they do not know. What a value may be beyond
//! its JSON type is said in the schema and decided by the server, so that one
//! answer can name every fault.
//!
//! **Invariant:** nothing here knows the registry's own types; the server
//! converts between the two.

mod access;
mod access_graph;
mod agent_session;
mod api_key;
mod application;
mod application_oauth;
mod application_request;
mod assignment;
mod audit;
mod bulk;
mod connection;
mod credential;
mod directory;
mod edit;
mod envelope;
mod environment;
mod group;
mod impersonation;
mod integration;
mod lockout;
mod oauth;
mod object;
mod operator;
mod partner;
mod problem;
mod registration;
mod saml;
mod scope;
mod secret;
mod service_account;
mod session;
mod tenancy;
mod tenant;
mod user;
mod vault;
mod vault_session;
mod words;

pub use access::{
    Access, AccessExplanation, AccessQuestion, AccessRule, ExplainedRule, NewAccess, Permission,
    PermissionQuery,
};
pub use access_graph::{
    AccessGraph, AccessGraphQuery, GraphDecision, GraphEdge, GraphEdgeType, GraphLeftOut, GraphNode,
    GraphNodeType,
};
pub use agent_session::{AgentClient, AgentSession, AgentSessionQuery};
pub use api_key::{AddedApiKey, KeyVerification, NewApiKey, ShownApiKey};
pub use application::{
    Application, ApplicationDetail, AuditSummary, CreatedApplication, Hints, OauthConfiguration, RecentChange,
};
pub use application_oauth::{ApplicationOauth, ApplicationOauthPatch, ClientType};
pub use application_request::{ApplicationPatch, ApplicationQuery, NewApplication, Nothing};
pub use assignment::{AccessPath, Assignment, EffectiveUser, EffectiveUserQuery, TenantLabel};
pub use audit::{Actor, AuditEntry, AuditQuery};
pub use bulk::{BulkIds, BulkMeta, BulkOutcome, BulkResult, BulkResults, BulkStatus};
pub use connection::{AppleKey, Connection, ConnectionPatch, Identity, NewAppleKey, NewConnection};
pub use credential::{AddedSecret, Credential, CredentialQuery, NewSecret};
pub use directory::{Directory, DirectoryPatch};
pub use edit::Edit;
pub use envelope::{Data, Page, PageMeta, PageQuery};
pub use environment::{
    ApplicationEnvironment, EndUserLockoutQuery, EndUserQuery, EnvironmentQuery, RotatedEnvironment,
};
pub use group::{Group, GroupPatch, GroupQuery, Member, NewGroup};
pub use impersonation::{Impersonation, NewImpersonation, StartedImpersonation};
pub use integration::{
    AttachedIntegration, Capabilities, CapabilitiesPatch, ConnectedUser, Integration, IntegrationArrival,
    IntegrationAuthMode, IntegrationAuthorization, IntegrationCategory, IntegrationConnection,
    IntegrationConnectionStatus, IntegrationDeparture, IntegrationIds, IntegrationMetadata, IntegrationOauth,
    IntegrationPatch, IntegrationQuery, IntegrationValidationStatus, NewIntegration, NewIntegrationOauth,
    OwnIntegrationToken,
};
pub use lockout::Lockout;
pub use oauth::{
    Act, ClientProof, Inactive, Introspection, IntrospectionAnswer, IntrospectionForm, JsonWebKey,
    JsonWebKeySet, OauthRefusal, OfferedGrantType, RevocationForm, ServerMetadata, Token, TokenForm,
    UserInfo,
};
pub use object::Object;
pub use operator::{NewOperator, Operator, OperatorDetail, OperatorPatch, OperatorQuery, OperatorRole};
pub use partner::{NewPartner, Partner, PartnerPatch, PartnerQuery};
pub use problem::{Detail, Problem};
pub use registration::{
    ClientMetadata, ClientUpdate, MadeRegistrationToken, NewRegistrationToken, RegisteredClient,
    RegistrationToken,
};
pub use saml::{AttributeStatement, Saml, SamlFields};
pub use scope::{NewScope, Scope, ScopeQuery};
pub use secret::{RevokedTokens, RotateSecret, RotatedSecret};
pub use service_account::{
    NewServiceAccount, ServiceAccount, ServiceAccountPatch, ServiceAccountQuery, ServiceAccountWithSecret,
};
pub use session::{Consent, EndedSessions, Session, SessionCounts, SessionQuery, UserSessionQuery};
pub use tenancy::{NewTenant, TenantChange, TenantQuery, TransferTenant};
pub use tenant::{Tenant, TenantPatch};
pub use user::{NewUser, SetPassword, User, UserDetail, UserPatch, UserQuery};
pub use vault::{
    CreatedVaultToken, NewVaultToken, VaultDocument, VaultQuery, VaultSearch, VaultToken, VaultTokenPatch,
};
pub use vault_session::{
    StartedVaultSession, VaultSessionAuthorization, VaultSessionCondition, VaultSessionRule,
};
pub use words::{
    AccessDenial, AccessGrant, AccessKind, AccessPathType, ActorKind, ApplicationState, ApplicationType,
    AssignmentType, AttributeSource, CredentialClass, Deduplication, EnvironmentMode, GrantType,
    ImpersonationEndReason, KeyRefusal, NameIdFormat, Ownership, ProviderType, RegistrationMode, Role,
    RuleVerdict, SafeToRetire, SessionState, SigningAlgorithm, Standing, TokenEndpointAuthMethod, Transform,
    UserPool, UserStatus, VaultTokenType,
};
