//! An end user's session with their application, and the tokens of it. There is
//! no browser of ours, so that it stands under no sign-in.

use appkeep_domain::{
    AuditEntry, AuthMethod, Directory, Grant, GrantId, ProviderName, RefreshFamily, Session, SessionId,
    Timestamp, User, Within,
};
use appkeep_keys::{NewRefreshToken, NewSecret, PresentedRefreshToken};
use appkeep_oauth::{Scope, ScopeSet};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::{Value, json};

use super::{EndUserRefused, EndUsers};
use crate::tokens::RequestOrigin;
use crate::tokens::address::Reach;
use crate::tokens::browser::Browser;
use crate::tokens::grants::Refresh;
use crate::tokens::issue::{ForPerson, IssuedToken, Signers};
use crate::tokens::proof::{Credentials, Proved, SignInRefused};

/// Whatever an application learns of its own people: userinfo takes the tokens.
const SCOPES: [&str; 3] = ["openid", "profile", "email"];

/// Somebody who is signed in from now on, with what their application got.
#[derive(Debug, Clone)]
pub struct EndUserSession {
    pub user: User,
    pub tokens: IssuedToken,
}

/// How far a right password leads.
#[derive(Debug)]
pub enum EndUserEntered {
    SignedIn(Box<EndUserSession>),
    /// The person has a device, whose code is wanted under this secret.
    CodeWanted(NewSecret),
}

/// How somebody proved who they are: to us, or to whoever vouches for them. How
/// they did there is not known, and no word of RFC 8176 stands for it.
#[derive(Debug, Clone)]
pub(super) struct Proof {
    methods: Vec<AuthMethod>,
    provider: Option<ProviderName>,
}

impl Proof {
    pub(super) const fn vouched_for_by(provider: ProviderName) -> Self {
        Self { methods: Vec::new(), provider: Some(provider) }
    }

    fn told(&self) -> Value {
        let words: Vec<&str> = self.methods.iter().map(|method| method.as_str()).collect();
        match &self.provider {
            None => json!({ "methods": words }),
            Some(provider) => json!({ "methods": words, "provider": provider.as_str() }),
        }
    }
}

impl From<Vec<AuthMethod>> for Proof {
    fn from(methods: Vec<AuthMethod>) -> Self {
        Self { methods, provider: None }
    }
}

/// A session that is about to begin, as whoever begins it writes it.
pub(super) struct Opening {
    session: Session,
    grant: Grant,
    told: [AuditEntry; 2],
    refresh_token: NewRefreshToken,
    signers: Signers,
}

impl EndUsers {
    /// Whoever has this address, or this user name, and this password. An
    /// unknown name and a wrong password are one answer, and take as long.
    pub async fn login(
        &self,
        credentials: Credentials,
        browser: &Browser,
    ) -> Result<EndUserEntered, EndUserRefused> {
        self.must_be_proved()?;
        let from = &counted_nowhere(browser);
        let proved = self.here.prove_password(self.people, credentials, from).await?;
        let asking = (&proved, Some(self.application()));
        match self.here.ask_for_code(self.people, asking).await? {
            Some(challenge) => Ok(EndUserEntered::CodeWanted(challenge)),
            None => self.let_in(proved, browser).await,
        }
    }

    /// Begins the session of somebody who has proved who they are.
    pub(super) async fn let_in(
        &self,
        proved: Proved,
        browser: &Browser,
    ) -> Result<EndUserEntered, EndUserRefused> {
        let place = (&proved.directory, &proved.user);
        let opening = self.opening(place, proved.methods(), browser).await?;
        let (people, user) = (self.people, proved.user.clone());
        let (session, grant, told) = opening.rows();
        let write = async move |tx: &mut WriteTx| -> Result<(), SignInRefused> {
            proved.enter(tx, people, session.created_at).await?;
            Ok(begin(tx, people.within, (&session, &grant, &told)).await?)
        };
        self.here.store.write(write).await?;
        Ok(EndUserEntered::SignedIn(Box::new(self.issue(opening, user).await?)))
    }

    /// New tokens for a refresh token, which is worth nothing from then on.
    pub async fn refresh(
        &self,
        refresh_token: String,
        browser: &Browser,
    ) -> Result<EndUserSession, EndUserRefused> {
        self.must_be_proved()?;
        let refresh = Refresh { token: refresh_token, scope: None, targets: Vec::new() };
        let known = self.here.settings().await?.known(&scopes());
        let (user, tokens) = self.here.refresh(&self.client, (refresh, known), &browser.origin).await?;
        Ok(EndUserSession { user, tokens })
    }

    /// Ends the session that a refresh token is of. One that is worthless, or is
    /// not of these people, ends nothing.
    pub async fn revoke(&self, refresh_token: &str, browser: &Browser) -> Result<(), EndUserRefused> {
        self.must_be_proved()?;
        let Some(presented) = PresentedRefreshToken::parse(refresh_token) else { return Ok(()) };
        let (directory, client) = (self.directory().await?, &self.client.client);
        let mut tx = self.here.store.read().await?;
        let grant = tx.grant_by_family(client.within(), presented.family()).await?;
        let ours = |grant: &Grant| grant.application == client.id() && grant.directory == directory.id;
        let Some(grant) = grant.filter(ours) else { return Ok(()) };
        let Some(user) = tx.user(self.people.within, &directory, grant.user).await? else { return Ok(()) };
        drop(tx);
        self.end((&directory, &user), (grant.session, None), browser).await.map(drop)
    }

    /// Everything that a session is made of, before the transaction that may run
    /// twice.
    pub(super) async fn opening(
        &self,
        (directory, user): (&Directory, &User),
        proof: impl Into<Proof>,
        browser: &Browser,
    ) -> Result<Opening, EndUserRefused> {
        let proof = proof.into();
        let refresh_token = NewRefreshToken::generate(&*self.here.entropy);
        let session = self.draft_session((directory, user), &refresh_token, browser);
        let methods_told = proof.told();
        let grant = self.draft_grant((&session, proof.methods), &refresh_token)?;
        let begun = json!({ "session": session.id.to_string() });
        let told = [
            self.here.entry_of_person(self.event("user.signed_in", user), methods_told, browser).await?,
            self.here.entry_of_person(self.event("session.started", user), begun, browser).await?,
        ];
        let signers = self.here.signers(&self.client).await?;
        Ok(Opening { session, grant, told, refresh_token, signers })
    }

    /// The tokens of a session that has begun.
    pub(super) async fn issue(&self, opening: Opening, user: User) -> Result<EndUserSession, EndUserRefused> {
        let Opening { session, grant, refresh_token, signers, .. } = opening;
        let made_of = ForPerson {
            audience: grant.audience.clone(),
            scope: grant.scope.clone(),
            nonce: None,
            refresh_token: Some(refresh_token.expose().to_owned()),
            user: user.clone(),
            grant,
            session_ends: session.expires_at,
        };
        let tokens = self.here.issue_for_person((&self.client, &signers), made_of).await?;
        Ok(EndUserSession { user, tokens })
    }

    fn family(&self, refresh_token: &NewRefreshToken, now: Timestamp) -> RefreshFamily {
        let client = &self.client.client;
        let lifetimes = (client.refresh_token_ttl, client.refresh_token_max_age);
        RefreshFamily::begin((refresh_token.family(), refresh_token.generation()), lifetimes, now)
    }

    fn draft_session(
        &self,
        (directory, user): (&Directory, &User),
        refresh_token: &NewRefreshToken,
        browser: &Browser,
    ) -> Session {
        let (id, client): (SessionId, _) = (self.here.make_id(), &self.client.client);
        let now = self.here.now();
        Session {
            id,
            owner: client.owner,
            application: client.id(),
            directory: directory.id,
            user: user.id,
            sign_in: None,
            impersonation: None,
            from: browser.seen_from(),
            created_at: now,
            last_seen_at: now,
            expires_at: self.family(refresh_token, now).expires_at,
            ended_at: None,
        }
    }

    fn draft_grant(
        &self,
        (session, methods): (&Session, Vec<AuthMethod>),
        refresh_token: &NewRefreshToken,
    ) -> Result<Grant, EndUserRefused> {
        let (id, client): (GrantId, _) = (self.here.make_id(), &self.client);
        let reach = Reach { operators: false, ..client.client.reach() };
        Ok(Grant {
            id,
            owner: session.owner,
            application: session.application,
            session: session.id,
            directory: session.directory,
            user: session.user,
            scope: scopes(),
            audience: self.here.address.audience_for_people(reach, &[])?,
            client_spelling: client.spelling.clone(),
            authenticated_at: session.created_at,
            methods,
            created_at: session.created_at,
            family: Some(self.family(refresh_token, session.created_at)),
            ended_at: None,
        })
    }
}

impl Opening {
    /// What [`begin`] writes, for a transaction that may run twice.
    pub(super) fn rows(&self) -> (Session, Grant, [AuditEntry; 2]) {
        (self.session.clone(), self.grant.clone(), self.told.clone())
    }
}

/// `Stale` when the application or the person is not there any more, or the
/// application may not acquire tokens by now.
pub(super) async fn begin(
    tx: &mut WriteTx,
    within: Within,
    (session, grant, told): (&Session, &Grant, &[AuditEntry; 2]),
) -> Result<(), StorageError> {
    let application = tx.application(session.owner.within(), session.application).await?;
    application
        .filter(|application| application.may_acquire_tokens(session.created_at))
        .ok_or(StorageError::Stale)?;
    tx.insert_session(session.owner.within(), session).await?;
    tx.insert_grant(session.owner.within(), grant).await?;
    for entry in told {
        tx.insert_audit_entry(within, entry).await?;
    }
    Ok(())
}

/// Everybody whom an application signs in seems to be where it is itself: what
/// fails is counted for the account that was tried, and for no place.
pub(super) fn counted_nowhere(browser: &Browser) -> Browser {
    Browser { origin: RequestOrigin { address: None, ..browser.origin }, ..browser.clone() }
}

pub(in crate::tokens) fn scopes() -> ScopeSet {
    SCOPES.iter().filter_map(|scope| Scope::parse(scope).ok()).collect()
}
