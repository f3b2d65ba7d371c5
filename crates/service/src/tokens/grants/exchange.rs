//! Token exchange (RFC 8693): a client gets a token for whom another speaks, of
//! no more than that one and for no longer.

use appkeep_domain::{Actor, ActorKind, ApplicationId, AuditEntry, is_management};
use appkeep_oauth::{ACCESS_TOKEN_TYPE, ErrorCode, Refusal, ScopeSet, Subject, TokenExchange};
use appkeep_storage::{StorageError, WriteTx};
use serde_json::json;

use super::scope::grantable;
use crate::tokens::access_token::{AccessToken, AppScope, Claims, PersonClaims};
use crate::tokens::acting::ActClaim;
use crate::tokens::address::Reach;
use crate::tokens::authenticate::{AuthenticatedClient, must_be_in_use};
use crate::tokens::client_names::ClientName;
use crate::tokens::issue::{IssuedToken, sign_access_token};
use crate::tokens::people::ForWhom;
use crate::tokens::refuse::refuse;
use crate::tokens::tenants::Settings;
use crate::tokens::verify::{Good, Unverified};
use crate::tokens::{Inner, RequestOrigin};

/// How many may act one for another.
const MOST_ACTORS: usize = 5;

impl Inner {
    pub(in crate::tokens) async fn exchange(
        &self,
        client: &AuthenticatedClient,
        exchange: TokenExchange,
        origin: &RequestOrigin,
    ) -> Result<IssuedToken, Refusal> {
        client.must_be_confidential()?;
        let TokenExchange { subject, actor_token, scope, targets } = exchange;
        let issued = match subject {
            Subject::AccessToken(token) => {
                let actor = match &actor_token {
                    None => None,
                    Some(token) => Some(self.actor(client, token).await?),
                };
                let subject = self.good(&token, "the subject token").await?;
                let wanted = (scope, targets);
                self.exchange_token(client, (&subject, actor.as_ref()), wanted, origin).await?
            }
            Subject::User(_) | Subject::Client(_) if actor_token.is_some() => {
                return Err(unacceptable("nobody acts for a subject of this type"));
            }
            Subject::User(_) => return Err(self.beyond(Beyond::User, &targets)),
            Subject::Client(named) => {
                must_name(client, named.as_deref())?;
                self.exchange_client(client, (scope, targets)).await?
            }
        };
        Ok(IssuedToken { issued_token_type: Some(ACCESS_TOKEN_TYPE), ..issued })
    }

    async fn exchange_token(
        &self,
        client: &AuthenticatedClient,
        (subject, actor): (&Good, Option<&Good>),
        (scope, targets): (Option<ScopeSet>, Vec<String>),
        origin: &RequestOrigin,
    ) -> Result<IssuedToken, Refusal> {
        let token = &subject.token;
        must_be_in_use(&subject.client)
            .map_err(|_| unacceptable("the subject's application is not in use"))?;
        must_be_party(client, token)?;
        check_may_act(client, token, actor)?;
        self.must_serve(client, subject).await?;
        let settings = self.settings().await.map_err(refuse)?;
        let scope = scope_of((client, &settings), token, scope)?;
        let reach = Reach { operators: false, ..client.client.reach() };
        let audience = self.address.exchange(reach, (&token.audience, token.person.is_none()), targets)?;
        let act = acted(token, actor)?;
        let now = self.now();
        let key = self.access_token_key(client, &settings, now).await?;
        let claims = self.claims((client, &settings), audience, &scope, now);
        let is_platforms = claims.app_scope == AppScope::Global && token.person.is_none();
        let claims = Claims {
            sub: token.subject.to_string(),
            exp: claims.exp.min(token.expires_at().as_seconds()),
            tenant_id: claims.tenant_id.filter(|_| !is_platforms),
            partner_id: claims.partner_id.filter(|_| !is_platforms),
            platform_token: is_platforms,
            act,
            may_act: token.may_act.as_deref().cloned(),
            person: person_of(client, token),
            ..claims
        };
        let issued = sign_access_token(&key, &claims, scope)?;
        self.tell_of_exchange(client, (subject, actor), &claims, origin).await?;
        Ok(issued)
    }

    /// Tells what came of which token, and who acts by it: in the history of the
    /// client's owner, of the owner of the client that had the other, and of
    /// whoever's person it speaks for.
    async fn tell_of_exchange(
        &self,
        client: &AuthenticatedClient,
        (subject, actor): (&Good, Option<&Good>),
        claims: &Claims,
        origin: &RequestOrigin,
    ) -> Result<(), Refusal> {
        let of = |good: &Good| {
            json!({
                "jti": good.token.id.to_string(),
                "sub": good.token.subject,
                "application_id": good.token.application.to_string(),
            })
        };
        let after = json!({
            "jti": claims.jti,
            "sub": claims.sub,
            "aud": claims.aud,
            "scope": claims.scope,
            "act": claims.act,
            "session_id": subject.token.person.as_ref().map(|person| person.ids.session.to_string()),
            "subject": of(subject),
            "actor": actor.map(of),
        });
        let mut owners = vec![client.client.owner];
        let people = self.people_of_client(&subject.client, subject.token.environment()).owner;
        let whose = subject.token.person.as_ref().map(|_| people);
        for owner in [Some(subject.client.owner), whose].into_iter().flatten() {
            if !owners.contains(&owner) {
                owners.push(owner);
            }
        }
        let by = |owner| {
            let actor = Actor { kind: ActorKind::Application, id: client.client.id().to_string() };
            let application = Some(client.client.id());
            self.entry_by((actor, owner), "token.exchanged", application, (after.clone(), origin))
        };
        let entries: Vec<AuditEntry> = owners.into_iter().map(by).collect();
        let writing = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
            for entry in &entries {
                tx.insert_audit_entry(entry.owner.within(), entry).await?;
            }
            Ok(())
        };
        self.store.write(writing).await.map_err(|error| refuse(error.into()))
    }

    /// The client for itself, of what is ours to give.
    async fn exchange_client(
        &self,
        client: &AuthenticatedClient,
        (scope, targets): (Option<ScopeSet>, Vec<String>),
    ) -> Result<IssuedToken, Refusal> {
        match self.client_credentials(client, scope, targets.clone()).await {
            Err(refusal) if refusal.code() == ErrorCode::InvalidTarget => {
                Err(self.beyond(Beyond::Client, &targets))
            }
            issued => issued,
        }
    }

    /// What a client is told who asks for a token that whatever is integrated
    /// would give. What its people have there, `Integrations` gives out; nothing is
    /// connected for anybody else.
    fn beyond(&self, whose: Beyond, targets: &[String]) -> Refusal {
        match whose {
            Beyond::User => {
                let description = "this user is unknown here, or has connected nothing of what is asked for";
                Refusal::new(ErrorCode::IntegrationRequired, description)
            }
            Beyond::Client => {
                let foreign = targets.iter().find(|target| **target != *self.address.management_api());
                let named = foreign.map_or("what is asked for", String::as_str);
                let description = format!("`{named}` is not connected for this client");
                Refusal::new(ErrorCode::InvalidTarget, description)
            }
        }
    }

    async fn good(&self, token: &str, which: &'static str) -> Result<Good, Refusal> {
        self.verify(token).await.map_err(|reason| match reason {
            // RFC 8693 §2.2.2
            Unverified::Worthless(why) => {
                let description = format!("{which} is none of ours, has expired, or was revoked");
                Refusal::new(ErrorCode::InvalidRequest, description).because(why)
            }
            Unverified::Failed(error) => refuse(error),
        })
    }

    /// Whoever is to act is the client, or somebody whom it speaks for.
    async fn actor(&self, client: &AuthenticatedClient, token: &str) -> Result<Good, Refusal> {
        let actor = self.good(token, "the actor token").await?;
        if actor.token.application != client.client.id() {
            return Err(unacceptable("the actor token was given to another client"));
        }
        Ok(actor)
    }

    /// Whether the person of whom the token speaks is one of those whom the
    /// client serves, and may use it.
    async fn must_serve(&self, client: &AuthenticatedClient, subject: &Good) -> Result<(), Refusal> {
        let Some(person) = &subject.token.person else { return Ok(()) };
        if person.environment != client.environment {
            return Err(unacceptable("the subject token is of another environment"));
        }
        if subject.token.application == client.client.id() {
            return Ok(());
        }
        let both = [subject.client.for_whom, client.client.for_whom];
        if both.iter().any(|whom| *whom != ForWhom::Tenant) {
            return Err(unacceptable(
                "the person whom the subject token speaks for is none of this client's",
            ));
        }
        if !client.client.assignment_required {
            return Ok(());
        }
        let people = self.people_of_client(&client.client, client.environment);
        let is_assigned = async {
            let mut tx = self.store.read().await?;
            let Some(directory) = people.directory(&mut tx).await? else { return Ok(false) };
            tx.is_assigned(people.within, &directory, client.client.id(), person.ids.user).await
        };
        let is_assigned: Result<bool, StorageError> = is_assigned.await;
        if is_assigned.map_err(|error| refuse(error.into()))? {
            return Ok(());
        }
        Err(unacceptable("the person is not assigned to this client"))
    }
}

/// Whose token is wanted that we do not give ourselves.
#[derive(Clone, Copy)]
enum Beyond {
    /// Of one of the client's people, as it calls them.
    User,
    Client,
}

fn unacceptable(description: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, description)
}

/// Refuses whoever names another client than it is.
fn must_name(client: &AuthenticatedClient, named: Option<&str>) -> Result<(), Refusal> {
    let is_it = |named: &str| {
        named == client.spelling || ApplicationId::parse(named).is_ok_and(|id| id == client.client.id())
    };
    if named.is_none_or(is_it) { Ok(()) } else { Err(unacceptable("the subject token names another client")) }
}

/// Whom it was given to, and for whom it is, may trade it in, and whom it names
/// itself: nobody else who found it.
fn must_be_party(client: &AuthenticatedClient, token: &AccessToken) -> Result<(), Refusal> {
    let is_own = token.application == client.client.id();
    let is_for_it = client.client.reach().audience.is_some_and(|own| token.is_for(own));
    let is_named = token.may_act.as_ref().is_some_and(|named| names(named, &client.spelling));
    if is_own || is_for_it || is_named {
        return Ok(());
    }
    Err(unacceptable("the subject token was not given to this client, nor is it for its API"))
}

/// RFC 8693 §4.4: where the token says who may act, nobody else does. Whoever
/// makes less of its own token acts for nobody.
fn check_may_act(
    client: &AuthenticatedClient,
    token: &AccessToken,
    actor: Option<&Good>,
) -> Result<(), Refusal> {
    let Some(named) = &token.may_act else { return Ok(()) };
    let is_own = token.application == client.client.id();
    let may = match actor {
        Some(actor) => names(named, &actor.token.subject),
        None => is_own || names(named, &client.spelling),
    };
    if may { Ok(()) } else { Err(unacceptable("the subject token says that somebody else may act")) }
}

/// In whichever spelling.
fn names(claim: &ActClaim, subject: &str) -> bool {
    claim.sub == subject
        || ClientName::parse(&claim.sub).is_some_and(|named| ClientName::parse(subject) == Some(named))
}

/// No more than the subject has, and no more than the client.
fn scope_of(
    (client, settings): (&AuthenticatedClient, &Settings),
    token: &AccessToken,
    asked: Option<ScopeSet>,
) -> Result<ScopeSet, Refusal> {
    let is_nobodys = token.person.is_none();
    let known = settings.known(&client.client.allowed_scopes);
    let shared = known.filtered(|scope| {
        token.scope.contains(scope.as_str()) && (is_nobodys || !is_management(scope.as_str()))
    });
    let scope = grantable(shared, asked)?;
    if scope.iter().next().is_none() && token.scope.iter().next().is_some() {
        let description = "this client may have nothing of the scope of the subject token";
        return Err(Refusal::new(ErrorCode::InvalidScope, description));
    }
    Ok(scope)
}

/// Whoever acts now, before whoever did already.
fn acted(token: &AccessToken, actor: Option<&Good>) -> Result<Option<ActClaim>, Refusal> {
    let before = token.act.clone();
    let Some(actor) = actor else { return Ok(before.map(|before| *before)) };
    let (sub, by) = (actor.token.subject.to_string(), actor.token.client_id.to_string());
    let client_id = Some(by).filter(|by| *by != sub);
    let act = ActClaim { sub, client_id, act: before };
    if act.depth() > MOST_ACTORS {
        return Err(unacceptable("too many have acted one for another already"));
    }
    Ok(Some(act))
}

/// The same session and grant, with which it ends.
fn person_of(client: &AuthenticatedClient, token: &AccessToken) -> Option<PersonClaims> {
    let person = token.person.as_deref()?;
    let is_own = client.client.for_whom == ForWhom::Own;
    Some(PersonClaims {
        sid: person.ids.session.to_string(),
        grant_id: person.ids.grant.to_string(),
        auth_time: person.authenticated_at,
        amr: Vec::new(),
        role: None,
        environment: is_own.then(|| person.environment.as_str().to_owned()),
        workspace_id: None,
        impersonation_id: person.impersonation.map(|acting| acting.impersonation.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use appkeep_domain::ApplicationId;

    use super::*;

    #[test]
    fn who_may_act_is_named_in_any_spelling() {
        let id = ApplicationId::from_bytes([1; 16]);
        for (sub, subject, same) in [
            (id.to_string(), id.to_string(), true),
            (id.to_uuid(), id.to_string(), true),
            ("usr_1".to_owned(), "usr_1".to_owned(), true),
            ("usr_1".to_owned(), "usr_2".to_owned(), false),
            (ApplicationId::from_bytes([2; 16]).to_string(), id.to_string(), false),
        ] {
            assert_eq!(names(&ActClaim::new(sub.clone()), &subject), same, "{sub} {subject}");
        }
    }
}
