//! What callers may do with the registry: one module a noun, one function a verb.
//!
//! **Invariant:** nothing here knows of HTTP or SQL.

mod bootstrap;
mod budget;
mod by;
mod cache;
mod endings;
mod error;
mod gateway;
mod idempotency;
mod integrations;
mod jobs;
mod keyring;
mod mail;
mod passwords;
mod people;
mod places;
mod refusals;
mod registry;
mod surface;
mod sweep;
mod tenancy;
mod tokens;
mod trail;
mod use_teller;
mod vault;

/// What forms are bound to a browser with.
pub use appkeep_keys::MacKey;
/// Shown once, in the answer to who asked for it.
pub use appkeep_keys::NewSecret;
/// What a browser's cookie holds, before anybody has looked it up.
pub use appkeep_keys::PresentedSecret;
/// What the challenge of a proof key is made with.
pub use appkeep_keys::sha256;
pub use appkeep_storage::{Attempt, AuditSummary, SessionCounts, TenantLabel};
pub use appkeep_vault::TokenType as VaultTokenType;
pub use bootstrap::{Bootstrapped, ClientAccess, OperatorAccess, SetUpLink};
pub use budget::{Budget, Left, Rate};
pub use by::{By, Mount, PresentedKey, owner_of, require};
pub use error::{Error, ErrorCode, Fault};
pub use gateway::{
    AgentAsks, AgentMessage, AgentSessionQuery, AgentSessionView, FROM_GATEWAY, Gateway, GatewayReply,
};
pub use idempotency::{Begun, Idempotency, IdempotencyKey, KeptAnswer, RepeatableRequest};
pub use integrations::{
    AccessGraphQuery, AttachedIntegration, CameBack, CapabilityFields, Comeback, Confirmation, GivenOut,
    IntegrationClient, IntegrationClientFields, IntegrationDeparture, IntegrationFields, IntegrationLink,
    IntegrationQuery, IntegrationUpdate, Integrations, LinkStatus, NewIntegration, Offer, OwnToken,
    PersonAsks, Reachable, SettingOut, TheirToken, Traveller, Unreachable,
};
pub use jobs::{Jobs, JobsOf};
pub use keyring::{
    IssuerKeys, Keyring, KeyringError, MakeSigningKey, RotatedKey, RotationSchedule, SigningKeyUse,
    SigningKeyView, Takeover, list_signing_keys, open_data_keys, open_every_key, rewrap,
};
pub use mail::{Letter, Mail, MailNotTaken, NoMail, SendMail};
pub use people::{
    ActingAs, AppleFields, AssignedApplication, Assignees, ConnectionFields, ConnectionUpdate,
    DirectoryUpdate, EffectiveQuery, EffectiveUserIn, EffectiveUserQuery, EffectiveUserView, GroupFields,
    GroupQuery, GroupUpdate, ImpersonationView, LockedAddress, MemberEdits, NewConnection, Of, OwnPeople,
    PeopleQuery, Pool, SessionQuery, SessionView, TenantSessionQuery, There, UserFields, UserQuery,
    UserSessionQuery, UserUpdate, UserView,
};
pub use refusals::{Refusals, RefusedBy, RefusedRequest, write_refusals};
/// API keys, and what their holders may do.
pub use registry::access;
pub use registry::{
    AddedSecret, ApplicationFields, ApplicationQuery, ApplicationUpdate, ApplicationView,
    AttributeStatementFields, AuditQuery, BulkOutcome, BulkResult, BulkVerb, Can, ClientMetadata, Created,
    CreatedEnvironment, CredentialView, Edit, EndingSecret, EndsSoon, Expected, HistoryOf,
    MadeRegistrationToken, NewSecretFields, Numbered, NumberedAuditQuery, NumberedQuery, OauthConfig,
    OauthEndpoints, OauthFields, OwnerQuery, OwnershipFields, Page, PageQuery, RegisteredClient,
    RegistrationTokenFields, Registry, ReplacedMetadata, Rotated, RotatedEnvironment, SamlFields, ScopeEntry,
    ScopeQuery, TenantUpdate, WholeApplication, subject_id,
};
pub use surface::Surface;
pub use sweep::Swept;
pub use tenancy::{
    EarlierTokens, NewOperator, OperatorQuery, OperatorUpdate, OperatorView, PartnerAmendment, PartnerFields,
    PartnerQuery, PartnerUpdate, PartnerUsage, PartnerView, ServiceAccountFields, ServiceAccountQuery,
    ServiceAccountSecret, TenantAmendment, TenantChange, TenantFields, TenantQuery, TenantUsage, Turn,
};
pub use tokens::{
    Account, AccountQuery, ActClaim, ActiveToken, AllowedApplication, AppKeys, Arrival, Asked, Authority,
    AuthorityParts, Branding, Browser, ClientLimits, ConsentAnswer, Credentials, Departure, DeviceOf,
    DeviceStatus, EndUserEntered, EndUserRefused, EndUserSession, EndUsers, Entered, FetchBounds, FetchError,
    FetchRequest, FetchText, FetchedText, GoodLink, ImpersonationFields, Introspection, IssuedToken, Joined,
    KeyNotAccepted, KeyPrincipal, KeyQuestion, KeyRefused, KeyVerdict, LinkRefused, LoggedIn, LogoutStep,
    NewDevice, NewEndUser, OwnAccount, OwnFields, OwnSession, OwnSignIn, Personal, PersonalClaims, Progress,
    RESET_PASSWORD, RequestOrigin, ResetRequest, SeenThere, ShownKey, SignInRefused, SignedIn, SignedOut,
    StartedImpersonation, Step, TENANTS, TakenBack, ToldEntry, TooOften, TypedCode, UserInfo, VERIFY_ADDRESS,
    WantedScope, Wants,
};
pub use trail::{
    AuditTrail, ExportError, Exported, Flaw, InspectedHistory, Reason, Trust, UnprovenExport, VerifiedChain,
    VerifiedExport, verify_export,
};
pub use use_teller::UseTeller;
pub use vault::{
    CreatedToken, NewToken, ReadToken, ShowToken, TokenPatch, TokenQuery, TokenView, Tokenized, Vault,
    VaultCaller, VaultField,
};
