//! Words of a closed list. Requests carry them as texts, so that the server
//! can name an unknown one beside every other fault.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of software an application is. Fixed at creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationType {
    /// Runs in a browser and can keep no secret.
    Spa,
    /// Runs on a person's device and can keep no secret.
    Native,
    /// Runs on a server, on behalf of people.
    Server,
    /// Runs on a server, in its own name.
    M2m,
    /// A SAML 2.0 service provider.
    Saml,
}

/// To whom an application belongs. Fixed at creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ownership {
    /// The platform: for the people of all tenants.
    Global,
    /// A partner: for the people of its tenants.
    Partner,
    /// A tenant: for its own people.
    Tenant,
}

/// Whether an application may acquire tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationState {
    Enabled,
    Disabled,
}

/// What a client trades for a token (RFC 6749 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
    /// RFC 8693
    #[serde(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
}

/// How a client proves who it is (RFC 7591 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenEndpointAuthMethod {
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
    None,
}

/// What signs a token (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum SigningAlgorithm {
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// How the subject of an assertion is named (SAML 2.0 Core §8.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum NameIdFormat {
    Unspecified,
    EmailAddress,
    Persistent,
    Transient,
}

/// What of a person an attribute tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum AttributeSource {
    #[serde(rename = "user.id")]
    Id,
    #[serde(rename = "user.email")]
    Email,
    #[serde(rename = "user.username")]
    Username,
    #[serde(rename = "user.name")]
    Name,
    #[serde(rename = "user.given_name")]
    GivenName,
    #[serde(rename = "user.family_name")]
    FamilyName,
    #[serde(rename = "user.phone")]
    Phone,
    #[serde(rename = "user.locale")]
    Locale,
    #[serde(rename = "user.groups")]
    Groups,
}

/// What kind of caller made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    Application,
    Operator,
    /// A program that administers a tenant.
    #[serde(rename = "service_account")]
    ServiceAccount,
    /// Somebody who registers an application, or changes one that was registered so:
    /// the id is of the initial access token or `open`, and afterwards of the
    /// application.
    Registration,
    /// A person who signs in to applications.
    User,
    /// The product itself: start-up, a sweep, a command on the machine.
    System,
    /// Somebody who did not prove who they are; the id is the address, or `unknown`
    /// where that is sealed or not known.
    Anonymous,
}

/// What kind of proof a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialClass {
    ClientSecret,
    /// Of one environment of an application that has users of its own.
    EnvironmentSecret,
    /// Stands for the application by itself, and may do what its access says.
    ApiKey,
}

/// Where API keys are kept, which decides what they may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccessKind {
    /// On a server; for `m2m` applications.
    Private,
    /// In browsers, where anybody can read them; for `spa` applications.
    Public,
    /// With those who administer, and never for tokens; for `m2m` applications.
    Management,
}

/// How much of a token's data is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Transform {
    /// Nothing.
    Redact,
    /// What its mask leaves of it; nothing where it has none.
    Mask,
    /// All of it.
    Reveal,
}

/// What allows somebody with a key to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccessGrant {
    Rule,
    /// One that is held everywhere.
    Permission,
}

/// Why somebody with a key may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessDenial {
    /// The permission is held nowhere.
    PermissionNotHeld,
    /// It is held, and not in this container.
    NoRuleMatches,
}

/// What becomes of a rule when somebody would do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleVerdict {
    /// It allows it, and says how much is shown.
    Decides,
    /// It would, if one before it did not.
    Outranked,
    /// It gives other permissions only.
    OtherPermission,
    /// It is about another container.
    OtherContainer,
    /// One of its conditions does not hold.
    ConditionFails,
}

/// Why an API key is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyRefusal {
    /// It does not fit its checksum: mistyped, cut off, or none of ours.
    Malformed,
    /// There is none, or none that the caller may know of.
    NotFound,
    Revoked,
    Expired,
    ApplicationDisabled,
    ApplicationArchived,
    /// The tenant whose application it is, or its partner, is suspended.
    OwnerSuspended,
    /// It is good, and its holder may do this nowhere.
    PermissionNotHeld,
    /// It is good, and its holder may not do this in that container.
    NoRuleMatches,
}

/// Which users an application speaks of: the real ones, or those it is tried with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EnvironmentMode {
    Live,
    Test,
}

/// What a token of the vault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VaultTokenType {
    /// Anything.
    Token,
    Card,
    NetworkToken,
    Bank,
    CardNumber,
    UsBankAccountNumber,
    UsBankRoutingNumber,
    SocialSecurityNumber,
    EmployerIdNumber,
}

/// Who may register applications at `/oauth2/register`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RegistrationMode {
    Closed,
    /// Whoever has an initial access token.
    Token,
    Open,
}

/// What becomes of a token that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deduplication {
    /// It stays as it is.
    ReadExisting,
    /// It is what was sent, from then on.
    UpdateExisting,
}

/// How a provider is spoken to that signs people in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProviderType {
    Google,
    Apple,
    Facebook,
    Github,
    Microsoft,
    /// Any that speaks OpenID Connect.
    Oidc,
}

/// Whose users an application serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserPool {
    /// Those of its tenant.
    Tenant,
    /// Its own, live and test apart.
    Application,
}

/// Whether ending a credential would stop anybody who uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SafeToRetire {
    /// The newest secret has been used, and this one has been quiet for the
    /// longer of 24 hours and twice its longest gap; or it is dead already.
    Yes,
    No,
    /// Nothing speaks against it, but a server may have seen uses that it has
    /// not told of.
    Unknown,
}

/// Whether somebody may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserStatus {
    Active,
    /// May not sign in, and what was issued to them is refused.
    Suspended,
    /// Was invited, and has yet to answer.
    Pending,
}

/// How somebody stopped acting as somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImpersonationEndReason {
    /// Somebody ended it.
    Ended,
    /// Nobody did, and its time is over.
    Expired,
    /// What it stood on went away: the session, the user, the application, or
    /// what the operator may do.
    Revoked,
}

/// How a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SessionState {
    /// Live, and seen in the last five minutes.
    Active,
    /// Live, and not seen for a while.
    Idle,
    /// Somebody ended it.
    Ended,
    /// Nobody did, and its time is over.
    Expired,
}

/// Whom an application is assigned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AssignmentType {
    User,
    /// Everybody in it, and in the groups in it.
    Group,
}

/// How somebody comes to use an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccessPathType {
    Direct,
    Group,
}

/// Whether a partner or a tenant may do business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    Active,
    /// Nothing new is issued to what belongs to it, nobody signs in there, and
    /// those who run it look on.
    Suspended,
}

/// What an operator may do where they hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything, and makes other owners.
    Owner,
    /// Everything but that.
    Admin,
    /// Reads, and rotates client secrets.
    Operator,
    /// Creates applications and changes its own; manages users; reads the rest.
    Member,
    /// Reads.
    Viewer,
}
