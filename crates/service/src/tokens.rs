//! The authorization server: tokens given out, told about, and taken back.
//!
//! Everything that a request needs is in memory; the database is asked for
//! what is not there yet, has changed, or cannot be trusted because this node
//! is not told of changes.

mod access_sessions;
mod access_token;
mod account;
mod acting;
mod address;
mod addresses;
mod agent_sightings;
mod assertion;
mod attached;
mod authenticate;
mod authorize;
mod branding;
mod browser;
mod caller;
mod challenge;
mod client_keys;
mod client_names;
mod clients;
mod connection_secrets;
mod dashboard;
mod end_users;
mod failures;
mod fetch;
mod for_user;
mod form_key;
mod gateway;
mod grants;
mod history;
mod id_token;
mod impersonate;
mod introspect;
mod invitations;
mod issue;
mod key_holders;
mod key_principal;
mod limits;
mod links;
mod logout;
mod mail_link;
mod named_apis;
mod new_tenant;
mod operators;
mod origins;
mod patience;
mod people;
mod personal;
mod proof;
mod providers;
mod published;
mod refuse;
mod registration;
mod replays;
mod reset_requests;
mod revocations;
mod revoke;
mod second_factors;
mod service_accounts;
mod sightings;
mod sign_in;
mod tenants;
mod token_rules;
mod unproved;
mod userinfo;
mod uses;
mod verify;
mod verify_key;

use std::fmt;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

use appkeep_domain::{
    Clock, Entropy, Id, IdKind, Ids, Issuer, RequestId, ServiceAccountId, TenantId, Timestamp,
};
use appkeep_keys::{JwkSet, PasswordCost};
use appkeep_oauth::{ClientAuthentication, Refusal, TokenRequest};
use appkeep_storage::{Freshness, Store};

use self::access_sessions::AccessSessions;
use self::address::Address;
use self::addresses::Addresses;
use self::agent_sightings::AgentSightings;
use self::client_names::PublicKeys;
use self::clients::Clients;
use self::grants::{Refresh, Trade};
use self::key_holders::KeyHolders;
use self::limits::Limits;
use self::named_apis::NamedApis;
use self::operators::Operators;
use self::patience::soon;
use self::providers::Providers;
use self::published::PublishedKeys;
use self::refuse::refuse;
use self::replays::Replays;
use self::reset_requests::ResetRequests;
use self::revocations::Revocations;
use self::service_accounts::ServiceAccounts;
use self::sightings::Sightings;
use self::tenants::Tenants;
use self::uses::Uses;
use self::verify::Verified;
use crate::gateway::{Conversations, UnderWay};
use crate::integrations::Validations;
use crate::passwords::Passwords;
use crate::{Error, IssuerKeys, Keyring};

pub use self::account::{AccountQuery, AllowedApplication, OwnAccount, OwnSignIn, TakenBack};
pub use self::acting::ActClaim;
pub use self::address::TENANTS;
pub(crate) use self::address::{GATEWAY_PATH, OTHER_GATEWAY_PATH};
pub use self::authorize::{Account, Asked, ConsentAnswer, Progress, Step, WantedScope, Wants};
pub use self::branding::Branding;
pub use self::browser::Browser;
pub use self::challenge::TypedCode;
pub use self::dashboard::LoggedIn;
pub use self::end_users::{
    AppKeys, Arrival, Departure, DeviceOf, DeviceStatus, EndUserEntered, EndUserRefused, EndUserSession,
    EndUsers, Joined, NewEndUser, OwnFields, OwnSession,
};
pub use self::fetch::{FetchBounds, FetchError, FetchRequest, FetchText, FetchedText};
pub(crate) use self::for_user::refused;
pub(crate) use self::gateway::Agent;
pub use self::impersonate::{ImpersonationFields, StartedImpersonation};
pub use self::introspect::{ActiveToken, Introspection};
pub use self::issue::IssuedToken;
pub use self::key_principal::{KeyNotAccepted, KeyPrincipal};
pub use self::limits::{ClientLimits, TooOften};
pub(crate) use self::links::LINK_PREFIX;
pub use self::links::{GoodLink, LinkRefused, RESET_PASSWORD, VERIFY_ADDRESS};
pub use self::logout::{LogoutStep, SignedOut};
pub(crate) use self::personal::person_of;
pub use self::personal::{Personal, SeenThere, ToldEntry};
pub use self::proof::{Credentials, SignInRefused};
pub(crate) use self::providers::basic;
pub use self::reset_requests::ResetRequest;
pub use self::second_factors::NewDevice;
pub use self::sign_in::{Entered, SignedIn};
pub(crate) use self::token_rules::TokenRules;
pub(crate) use self::userinfo::TokenHolder;
pub use self::userinfo::{PersonalClaims, UserInfo};
pub use self::verify_key::{KeyQuestion, KeyRefused, KeyVerdict, ShownKey};

/// An issuer of access tokens, at its address. Cheap to clone; every clone is
/// the same one.
#[derive(Clone)]
pub struct Authority(Inner);

/// What an [`Authority`] is made of.
pub struct AuthorityParts {
    pub store: Store,
    pub keyring: Arc<Keyring>,
    pub freshness: Arc<Freshness>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub fetch: Arc<dyn FetchText>,
    /// The issuer of the platform and the default tenant, and what all
    /// addresses begin with.
    pub public_url: String,
    /// The default tenant.
    pub tenant: TenantId,
    pub limits: ClientLimits,
    pub password_cost: PasswordCost,
}

/// Where a request came from, as its audit entry and its client's last use say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestOrigin {
    pub request_id: RequestId,
    pub address: Option<IpAddr>,
}

/// An address, and what all addresses of this process have together.
#[derive(Clone)]
struct Inner {
    shared: Arc<Shared>,
    address: Arc<Address>,
}

/// What does not depend on which address is asked: one of each, so that what
/// is remembered is so once, and limits are the same wherever somebody knocks.
struct Shared {
    store: Store,
    keyring: Arc<Keyring>,
    freshness: Arc<Freshness>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    ids: Ids,
    addresses: Addresses,
    clients: Clients,
    key_holders: KeyHolders,
    access_sessions: AccessSessions,
    public_keys: PublicKeys,
    named_apis: NamedApis,
    limits: Limits,
    tenants: Tenants,
    operators: Operators,
    service_accounts: ServiceAccounts,
    uses: Uses,
    sightings: Sightings,
    agents: AgentSightings,
    conversations: Conversations,
    under_way: UnderWay,
    fetch: Arc<dyn FetchText>,
    published: PublishedKeys,
    providers: Providers,
    replays: Replays,
    revocations: Revocations,
    verified: Verified,
    passwords: Passwords,
    reset_requests: ResetRequests,
    validations: Validations,
}

impl Authority {
    /// The issuer at the public URL, from which the others are reached. Remembers
    /// nothing yet; listens to the store's changes from now on.
    pub fn new(parts: AuthorityParts) -> Self {
        let AuthorityParts {
            store,
            keyring,
            freshness,
            clock,
            entropy,
            fetch,
            public_url,
            tenant,
            limits,
            password_cost,
        } = parts;
        let ids = Ids::new();
        let address = Arc::new(Address::root(tenant, &public_url));
        let shared = Arc::new(Shared {
            addresses: Addresses::new(&store, &freshness, Arc::clone(&address)),
            clients: Clients::new(&store, &freshness),
            key_holders: KeyHolders::new(&store, &freshness),
            access_sessions: AccessSessions::new(&store, &freshness),
            public_keys: PublicKeys::new(&store, &freshness),
            named_apis: NamedApis::new(&store, &freshness),
            tenants: Tenants::new(&store, &freshness),
            operators: Operators::new(&store, &freshness),
            service_accounts: ServiceAccounts::new(&store, &freshness),
            uses: Uses::new(ids.make(&*clock, &*entropy)),
            sightings: Sightings::default(),
            agents: AgentSightings::default(),
            conversations: Conversations::default(),
            under_way: UnderWay::default(),
            revocations: Revocations::new(&store, &freshness),
            limits: Limits::new(limits),
            published: PublishedKeys::keys_by(Arc::clone(&fetch)),
            providers: Providers::new(Arc::clone(&fetch)),
            fetch,
            replays: Replays::default(),
            verified: Verified::new(&*entropy),
            passwords: Passwords::new(Arc::clone(&entropy), password_cost),
            reset_requests: ResetRequests::default(),
            validations: Validations::default(),
            ids,
            store,
            keyring,
            freshness,
            clock,
            entropy,
        });
        Self(Inner { shared, address })
    }

    /// Loads every revocation, so that no request has to. Cheap once it is done.
    pub async fn warm_up(&self) -> Result<(), Error> {
        self.0.revocations.load_all(self.0.clock.now()).await
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.0.keyring
    }

    /// Of integrations, which every address has together.
    pub(crate) fn validations(&self) -> &Validations {
        &self.0.validations
    }

    /// What is known of how others are spoken to, for agents.
    pub(crate) fn conversations(&self) -> &Conversations {
        &self.0.conversations
    }

    /// What goes on for agents at this moment.
    pub(crate) fn under_way(&self) -> &UnderWay {
        &self.0.under_way
    }

    /// What asks other servers.
    pub(crate) fn fetch(&self) -> &dyn FetchText {
        &*self.0.fetch
    }

    /// Who issues the tokens: the `iss` of RFC 9068 §2.2.
    pub fn issuer(&self) -> &str {
        self.0.address.issuer()
    }

    /// Whose applications get tokens here.
    pub fn tenant(&self) -> TenantId {
        self.0.address.tenant
    }

    /// The token endpoint (RFC 6749 §3.2).
    pub async fn token(
        &self,
        client: ClientAuthentication,
        request: TokenRequest,
        origin: &RequestOrigin,
    ) -> Result<IssuedToken, Refusal> {
        if let Some(id) = client.client_id().and_then(ServiceAccountId::of_client) {
            return Box::pin(self.0.service_account_token((id, &client), request, origin)).await;
        }
        let client = self.0.authenticate(&client, origin).await?;
        client.may_use(request.grant_type())?;
        self.0.settings().await.map_err(refuse)?.must_be_firm()?;
        let client = self.0.naming_no_others(client, &request).await?;
        self.0.must_have_room(&client.client).await?;
        let issued = match request {
            TokenRequest::ClientCredentials { scope, targets } => {
                self.0.client_credentials(&client, scope, targets).await
            }
            TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier, targets } => {
                let trade = Trade { code, redirect_uri, code_verifier, targets };
                // A machine's request is not to be as long as a person's.
                Box::pin(self.0.authorization_code(&client, trade, origin)).await
            }
            TokenRequest::TokenExchange(exchange) => {
                Box::pin(self.0.exchange(&client, exchange, origin)).await
            }
            TokenRequest::RefreshToken { refresh_token: token, scope, targets } => {
                Box::pin(self.0.refresh_token(&client, Refresh { token, scope, targets }, origin)).await
            }
        }?;
        self.0.keep_registered(&client.client).await?;
        Ok(issued)
    }

    /// What tokens are verified with (RFC 7517 §5).
    pub async fn jwks(&self) -> Result<JwkSet, Error> {
        let keys = self.0.signing_keys().await?;
        let keys = if keys.is_empty() { self.0.make_signing_keys().await? } else { keys };
        Ok(keys.jwks(self.0.now()))
    }
}

impl Deref for Inner {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Shared {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn make_id<K: IdKind>(&self) -> Id<K> {
        self.ids.make(&*self.clock, &*self.entropy)
    }
}

impl Inner {
    fn issuer(&self) -> Issuer {
        Issuer::Tenant(self.address.tenant)
    }

    async fn signing_keys(&self) -> Result<Arc<IssuerKeys>, Error> {
        let issuer = self.issuer();
        if !self.freshness.is_current() {
            return Ok(soon(&self.freshness, self.keyring.reread(issuer)).await?);
        }
        match self.keyring.held(issuer) {
            Some(keys) => Ok(keys),
            None => Ok(soon(&self.freshness, self.keyring.keys(issuer)).await?),
        }
    }

    /// For an issuer that lacks some: a tenant has its keys from when it is
    /// made, and this is for one that was made otherwise. It takes as long as
    /// making them does.
    async fn make_signing_keys(&self) -> Result<Arc<IssuerKeys>, Error> {
        Ok(Box::pin(self.keyring.ensure(self.issuer())).await?)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("issuer", &self.issuer()).finish_non_exhaustive()
    }
}

impl fmt::Debug for AuthorityParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorityParts").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}
