//! Service accounts: programs that ask for tokens in their own name, for our
//! management API and nothing else.

use std::sync::Arc;

use appkeep_domain::{ApplicationId, MANAGEMENT_SCOPES, Owner, ServiceAccount, ServiceAccountId, Within};
use appkeep_keys::{PresentedSecret, hashes_equal};
use appkeep_oauth::{ClientAuthentication, ErrorCode, Refusal, Scope, ScopeSet, TokenRequest};
use appkeep_storage::{Freshness, StorageError, Store, Topic};

use super::access_token::{AppScope, Claims, OwnToken};
use super::address::Reach;
use super::grants::grantable;
use super::issue::{IssuedToken, sign_access_token};
use super::patience::soon;
use super::refuse::{refuse, unauthenticated, unauthorized};
use super::{Inner, RequestOrigin};
use crate::Error;
use crate::cache::{Cache, Recalled};

/// What a token of one opens where nothing is asked for: all that its role does.
const EVERYTHING: &str = "management:all";
/// How long a token of one lives, in seconds.
const LIFETIME: i64 = 3_600;

/// The service accounts of all tenants, each remembered once.
pub(super) struct ServiceAccounts {
    store: Store,
    remembered: Arc<Cache<Arc<ServiceAccount>>>,
}

impl ServiceAccounts {
    const MOST: usize = 10_000;

    pub(super) fn new(store: &Store, freshness: &Arc<Freshness>) -> Self {
        let remembered = Arc::new(Cache::new(Self::MOST, Arc::clone(freshness)));
        let told = Arc::clone(&remembered);
        store.on_change(Arc::new(move |changes| {
            for change in changes {
                match change.topic {
                    Topic::ServiceAccount => told.forget(&change.key),
                    Topic::Everything => told.forget_all(),
                    Topic::Application
                    | Topic::Tenant
                    | Topic::SigningKeys
                    | Topic::Revocation
                    | Topic::Scopes
                    | Topic::Directory
                    | Topic::Memberships
                    | Topic::Assignments
                    | Topic::User
                    | Topic::Integration
                    | Topic::Attachments => {}
                }
            }
        }));
        Self { store: store.clone(), remembered }
    }

    /// Archived ones too.
    pub(super) async fn find(&self, id: ServiceAccountId) -> Result<Option<Arc<ServiceAccount>>, Error> {
        let key = id.as_bytes();
        match self.remembered.recall(&key) {
            Recalled::Value(account) => Ok(Some(account)),
            Recalled::Absent => Ok(None),
            Recalled::Nothing => {
                let reading = async {
                    let found = self.store.read().await?.service_account(Within::Platform, id).await?;
                    Ok::<_, StorageError>(found.map(Arc::new))
                };
                Ok(self.remembered.load(key, soon(self.remembered.freshness(), reading)).await?)
            }
        }
    }
}

impl Inner {
    /// One of the tenant at whose address this is.
    pub(super) async fn service_account(
        &self,
        id: ServiceAccountId,
    ) -> Result<Option<Arc<ServiceAccount>>, Error> {
        let found = self.service_accounts.find(id).await?;
        Ok(found.filter(|account| account.tenant == self.address.tenant))
    }

    /// The token endpoint, for whoever names itself as a service account does.
    pub(super) async fn service_account_token(
        &self,
        (id, presented): (ServiceAccountId, &ClientAuthentication),
        request: TokenRequest,
        origin: &RequestOrigin,
    ) -> Result<IssuedToken, Refusal> {
        let account = self.authenticate_account((id, presented), origin).await?;
        let TokenRequest::ClientCredentials { scope, targets } = request else {
            return Err(unauthorized("a service account gets tokens by client_credentials only"));
        };
        let settings = self.settings().await.map_err(refuse)?;
        settings.must_be_firm()?;
        let scope = match scope {
            None => Scope::parse(EVERYTHING).into_iter().collect(),
            asked => grantable(manageable(), asked)?,
        };
        let reach = Reach { audience: None, resources: &[], attached: &[], operators: true };
        let audience = self.address.audience_for_people(reach, &targets)?;
        let now = self.now();
        let key = self.signer(settings.tenant.access_token_signing_alg, now).await?;
        let name = account.id.client_id();
        let token: appkeep_domain::TokenId = self.make_id();
        let claims = Claims {
            iss: self.address.issuer().to_owned(),
            sub: name.clone(),
            aud: audience,
            exp: now.as_seconds() + LIFETIME,
            iat: now.as_seconds(),
            jti: token.to_string(),
            client_id: name,
            application_id: None,
            scope: scope.to_string(),
            tenant_id: Some(self.address.tenant.to_string()),
            partner_id: settings.tenant.partner.map(|partner| partner.to_string()),
            app_scope: AppScope::of(Owner::Tenant(account.tenant)),
            platform_token: false,
            token_type: Some(OwnToken::ClientCredentials),
            act: None,
            may_act: None,
            person: None,
        };
        sign_access_token(&key, &claims, scope)
    }

    /// An unknown account, an archived one and a wrong secret are one answer.
    pub(super) async fn authenticate_account(
        &self,
        (id, presented): (ServiceAccountId, &ClientAuthentication),
        origin: &RequestOrigin,
    ) -> Result<Arc<ServiceAccount>, Refusal> {
        let (now, claimed, address) = (self.now(), presented.client_id(), origin.address);
        let proved = self.prove_account(id, presented).await;
        // Whoever proves who it is does not wait for the failures of others.
        if proved.as_ref().is_err_and(|refusal| refusal.code() == ErrorCode::InvalidClient) {
            self.limits.admit(claimed, address, now)?;
            self.limits.failed(claimed, address, now);
        }
        let account = proved?;
        self.limits.take((ApplicationId::from_bytes(id.as_bytes()), false), address, now)?;
        Ok(account)
    }

    async fn prove_account(
        &self,
        id: ServiceAccountId,
        presented: &ClientAuthentication,
    ) -> Result<Arc<ServiceAccount>, Refusal> {
        let secret = match presented {
            ClientAuthentication::Basic { client_secret, .. }
            | ClientAuthentication::Post { client_secret, .. } => client_secret,
            ClientAuthentication::Assertion { .. } | ClientAuthentication::Public { .. } => {
                return Err(unauthenticated("a service account proves itself by its secret"));
            }
        };
        let presented = PresentedSecret::parse(secret)
            .ok_or_else(|| unauthenticated("what was sent as a secret does not fit its checksum"))?;
        let account = self.service_account(id).await.map_err(refuse)?;
        let account = account.filter(|account| account.archived_at.is_none());
        let account = account.filter(|account| hashes_equal(&account.secret.hash, &presented.hash()));
        account.ok_or_else(|| {
            unauthenticated(format!("{} is unknown, archived, or has another secret", id.client_id()))
        })
    }
}

/// Whatever opens a part of the management API.
fn manageable() -> ScopeSet {
    MANAGEMENT_SCOPES.iter().filter_map(|scope| Scope::parse(scope).ok()).collect()
}
