//! What an access token of ours says (RFC 9068 §2.2).

use std::sync::Arc;

use appkeep_domain::{
    ApplicationId, AuthMethod, DirectoryOf, Environment, Grant, GrantId, Impersonation, Issued, IssuedFor,
    Level, Owner, PartnerId, Role, RoleGrant, ServiceAccountId, SessionId, SigningKeyId, TenantId, Timestamp,
    TokenId, UserId,
};
use appkeep_oauth::ScopeSet;
use serde::{Deserialize, Serialize};

use super::acting::{ActClaim, Acting};
use super::address::Address;
use super::client_names::environment_of;
use super::people::People;

/// The claims, as they stand in the token. Ids of clients are spelt as the
/// client spelt its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    #[serde(with = "one_or_several")]
    pub(super) aud: Vec<String>,
    pub(super) exp: i64,
    pub(super) iat: i64,
    pub(super) jti: String,
    pub(super) client_id: String,
    /// Which application that is, where it was named by a public key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) application_id: Option<String>,
    /// Not there when it would be empty: a `scope` names at least one
    /// (RFC 6749 §3.3).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) scope: String,
    /// Whose address it is; a GLOBAL application's own token is no tenant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tenant_id: Option<String>,
    /// Whose that tenant is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) partner_id: Option<String>,
    /// Who owns the application. The release before this one did not say.
    #[serde(default)]
    pub(super) app_scope: AppScope,
    /// Of a GLOBAL application's own token.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) platform_token: bool,
    /// Of a token that speaks for nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) token_type: Option<OwnToken>,
    /// Who acts as the subject (RFC 8693 §4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) act: Option<ActClaim>,
    /// Who alone may (RFC 8693 §4.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) may_act: Option<ActClaim>,
    /// Of a token that speaks for a person.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub(super) person: Option<PersonClaims>,
}

/// At which level an application is owned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum AppScope {
    Global,
    Partner,
    #[default]
    Tenant,
}

impl AppScope {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Global => "GLOBAL",
            Self::Partner => "PARTNER",
            Self::Tenant => "TENANT",
        }
    }

    pub(super) const fn of(owner: Owner) -> Self {
        match owner {
            Owner::Global => Self::Global,
            Owner::Partner(_) => Self::Partner,
            Owner::Tenant(_) => Self::Tenant,
        }
    }
}

/// How an application got a token for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OwnToken {
    ClientCredentials,
}

/// What somebody administers, at the highest level where they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum AdminRole {
    #[serde(rename = "super_admin")]
    Platform,
    #[serde(rename = "partner_admin")]
    Partner,
    #[serde(rename = "tenant_admin")]
    Tenant,
}

impl AdminRole {
    /// Nothing for those who only look on, or help.
    pub(super) fn highest(roles: &[RoleGrant]) -> Option<Self> {
        let administers = |grant: &&RoleGrant| matches!(grant.role, Role::Owner | Role::Admin);
        let mut levels = roles.iter().filter(administers).map(|grant| match grant.at {
            Level::Platform => Self::Platform,
            Level::Partner(_) => Self::Partner,
            Level::Tenant { .. } => Self::Tenant,
        });
        let first = levels.next()?;
        Some(levels.fold(first, Self::higher))
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "super_admin",
            Self::Partner => "partner_admin",
            Self::Tenant => "tenant_admin",
        }
    }

    const fn higher(self, other: Self) -> Self {
        match (self, other) {
            (Self::Platform, _) | (_, Self::Platform) => Self::Platform,
            (Self::Partner, _) | (_, Self::Partner) => Self::Partner,
            (Self::Tenant, Self::Tenant) => Self::Tenant,
        }
    }
}

/// What a token says of the person it speaks for, whom `sub` names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PersonClaims {
    /// Their session with the application (OpenID Connect Front-Channel Logout §3).
    pub(super) sid: String,
    /// Our own: what ends the token when its code or refresh token is replayed.
    pub(super) grant_id: String,
    /// RFC 9068 §2.2.1
    pub(super) auth_time: i64,
    /// Not there where the person proved nothing, because somebody acts as them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) amr: Vec<String>,
    /// Of an operator who administers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<AdminRole>,
    /// Of somebody whom the application has for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) environment: Option<String>,
    /// Of an operator who logged in to one tenant of those that they see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) workspace_id: Option<String>,
    /// Our own, beside `act`: by which impersonation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) impersonation_id: Option<String>,
}

impl PersonClaims {
    pub(super) fn of(grant: &Grant, (role, people): (Option<AdminRole>, People)) -> Self {
        Self {
            environment: environment_claim(people),
            sid: grant.session.to_string(),
            grant_id: grant.id.to_string(),
            auth_time: grant.authenticated_at.as_seconds(),
            amr: grant.methods.iter().map(|method| AuthMethod::as_str(*method).to_owned()).collect(),
            role,
            workspace_id: None,
            impersonation_id: None,
        }
    }

    /// Of somebody as whom an operator acts. The person did nothing, so that it
    /// says since when, and not by what.
    pub(super) fn acted(impersonation: &Impersonation, (grant, people): (GrantId, People)) -> Self {
        Self {
            sid: impersonation.session.to_string(),
            grant_id: grant.to_string(),
            auth_time: impersonation.started_at.as_seconds(),
            amr: Vec::new(),
            role: None,
            environment: environment_claim(people),
            workspace_id: None,
            impersonation_id: Some(impersonation.id.to_string()),
        }
    }
}

fn environment_claim(people: People) -> Option<String> {
    match people.of {
        DirectoryOf::Tenant => None,
        DirectoryOf::Application { environment, .. } => Some(environment.as_str().to_owned()),
    }
}

/// A token whose signature was verified, taken apart. Whether it is still good
/// is asked at every use.
///
/// Many are held, so that it has nothing twice.
#[derive(Debug)]
pub(super) struct AccessToken {
    /// Where it was issued.
    pub(super) issuer: Arc<Address>,
    pub(super) key: SigningKeyId,
    pub(super) id: TokenId,
    /// Of a service account's token an application that never was, with the
    /// same bits.
    pub(super) application: ApplicationId,
    /// Of a service account's token, which no application holds.
    pub(super) service_account: Option<ServiceAccountId>,
    pub(super) scope: ScopeSet,
    pub(super) subject: Box<str>,
    /// As the client spelt its id.
    pub(super) client_id: Box<str>,
    pub(super) audience: Box<[Box<str>]>,
    pub(super) partner: Option<PartnerId>,
    pub(super) app_scope: AppScope,
    pub(super) issued_at: i64,
    expires_at: i64,
    /// Who acts as the subject, and who alone may. Boxed, because of most nobody
    /// does.
    pub(super) act: Option<Box<ActClaim>>,
    pub(super) may_act: Option<Box<ActClaim>>,
    /// Boxed, because most tokens speak for nobody.
    pub(super) person: Option<Box<TokenPerson>>,
}

/// The person whom a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TokenPerson {
    pub(super) ids: IssuedFor,
    pub(super) authenticated_at: i64,
    pub(super) role: Option<AdminRole>,
    /// Which of its people the application speaks of.
    pub(super) environment: Environment,
    /// Which tenant they speak to where none is named.
    pub(super) workspace: Option<TenantId>,
    /// Whether somebody acts as them.
    pub(super) is_acted: bool,
    /// By an impersonation.
    pub(super) impersonation: Option<Acting>,
}

impl AccessToken {
    /// Nothing when a claim is not as we write it.
    pub(super) fn new((key, issuer): (SigningKeyId, &Arc<Address>), claims: Claims) -> Option<Self> {
        let scope = match claims.scope.as_str() {
            "" => ScopeSet::new(),
            listed => ScopeSet::parse(listed).ok()?,
        };
        let person = match &claims.person {
            Some(person) => Some(Box::new(TokenPerson::new(&claims.sub, person, claims.act.as_ref())?)),
            None => None,
        };
        let service_account = ServiceAccountId::of_client(&claims.client_id);
        let application = match (service_account, &claims.application_id) {
            (Some(account), _) => ApplicationId::from_bytes(account.as_bytes()),
            (None, named) => ApplicationId::parse(named.as_ref().unwrap_or(&claims.client_id)).ok()?,
        };
        Some(Self {
            issuer: Arc::clone(issuer),
            key,
            id: TokenId::parse(&claims.jti).ok()?,
            application,
            service_account,
            scope,
            subject: claims.sub.into_boxed_str(),
            client_id: claims.client_id.into_boxed_str(),
            audience: claims.aud.into_iter().map(String::into_boxed_str).collect(),
            partner: claims.partner_id.as_deref().map(PartnerId::parse).transpose().ok()?,
            app_scope: claims.app_scope,
            issued_at: claims.iat,
            expires_at: claims.exp,
            act: claims.act.map(Box::new),
            may_act: claims.may_act.map(Box::new),
            person,
        })
    }

    /// What a revocation may concern.
    pub(super) fn issued(&self) -> Issued {
        Issued {
            token: self.id,
            application: self.application,
            person: self.person.as_ref().map(|person| person.ids),
        }
    }

    /// Of which people of the application it speaks.
    pub(super) fn environment(&self) -> Environment {
        self.person.as_ref().map_or_else(|| environment_of(&self.client_id), |person| person.environment)
    }

    pub(super) const fn expires_at(&self) -> Timestamp {
        Timestamp::from_seconds(self.expires_at)
    }

    pub(super) fn is_for(&self, audience: &str) -> bool {
        self.audience.iter().any(|named| **named == *audience)
    }

    /// Whether it is for nobody beside.
    pub(super) fn is_only_for(&self, audience: &str) -> bool {
        matches!(&*self.audience, [named] if **named == *audience)
    }
}

impl TokenPerson {
    fn new(subject: &str, claims: &PersonClaims, act: Option<&ActClaim>) -> Option<Self> {
        let ids = IssuedFor {
            user: UserId::parse(subject).ok()?,
            session: SessionId::parse(&claims.sid).ok()?,
            grant: GrantId::parse(&claims.grant_id).ok()?,
        };
        let environment = match &claims.environment {
            Some(named) => Environment::parse(named).ok()?,
            None => Environment::Live,
        };
        let workspace = claims.workspace_id.as_deref().map(TenantId::parse).transpose().ok()?;
        let impersonation = Acting::read(act, claims.impersonation_id.as_deref()).ok()?;
        let (authenticated_at, role) = (claims.auth_time, claims.role);
        let is_acted = act.is_some();
        Some(Self { ids, authenticated_at, role, environment, workspace, is_acted, impersonation })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_false(claim: &bool) -> bool {
    !*claim
}

/// A single audience is a text (RFC 7519 §4.1.3).
mod one_or_several {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Audience {
        One(String),
        Several(Vec<String>),
    }

    pub(super) fn serialize<S: Serializer>(audience: &[String], serializer: S) -> Result<S::Ok, S::Error> {
        match audience {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
        Ok(match Audience::deserialize(deserializer)? {
            Audience::One(one) => vec![one],
            Audience::Several(several) => several,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::tokens) fn claims(aud: &[&str], scope: &str) -> Claims {
        let id = ApplicationId::from_bytes([1; 16]).to_string();
        Claims {
            iss: "https://id.example".to_owned(),
            sub: id.clone(),
            aud: aud.iter().map(ToString::to_string).collect(),
            exp: 20,
            iat: 10,
            jti: TokenId::from_bytes([2; 16]).to_string(),
            client_id: id,
            application_id: None,
            scope: scope.to_owned(),
            tenant_id: Some("tnt_1".to_owned()),
            partner_id: None,
            app_scope: AppScope::Tenant,
            platform_token: false,
            token_type: Some(OwnToken::ClientCredentials),
            act: None,
            may_act: None,
            person: None,
        }
    }

    pub(in crate::tokens) fn read(claims: Claims) -> Option<AccessToken> {
        let tenant = TenantId::from_bytes([7; 16]);
        let issuer = Arc::new(Address::root(tenant, "https://id.example"));
        AccessToken::new((SigningKeyId::from_bytes([3; 16]), &issuer), claims)
    }

    pub(in crate::tokens) fn for_person(claims: Claims) -> Claims {
        let person = PersonClaims {
            sid: SessionId::from_bytes([4; 16]).to_string(),
            grant_id: GrantId::from_bytes([5; 16]).to_string(),
            auth_time: 9,
            amr: vec!["pwd".to_owned()],
            role: None,
            impersonation_id: None,
            environment: None,
            workspace_id: None,
        };
        Claims { sub: UserId::from_bytes([6; 16]).to_string(), person: Some(person), ..claims }
    }

    #[test]
    fn claims_read_back_as_written() {
        for (aud, scope, json) in
            [(&["a"][..], "x y", r#""aud":"a","#), (&["a", "b"], "", r#""aud":["a","b"],"#)]
        {
            let written = claims(aud, scope);
            let text = serde_json::to_string(&written).expect("prints");
            assert!(text.contains(json), "{text}");
            assert_eq!(text.contains("\"scope\""), !scope.is_empty(), "{text}");
            assert_eq!(serde_json::from_str::<Claims>(&text).expect("reads back"), written);
        }
        let written = for_person(claims(&["a"], "x"));
        let text = serde_json::to_string(&written).expect("prints");
        assert!(text.contains(r#""auth_time":9,"amr":["pwd"]"#), "{text}");
        assert_eq!(serde_json::from_str::<Claims>(&text).expect("reads back"), written);
    }

    #[test]
    fn what_is_administered_at_the_highest_level_is_told() {
        let (partner, tenant) =
            (appkeep_domain::PartnerId::from_bytes([1; 16]), appkeep_domain::TenantId::from_bytes([2; 16]));
        let at_tenant = Level::Tenant { id: tenant, partner: Some(partner) };
        for (roles, highest) in [
            (&[][..], None),
            (&[(Role::Viewer, Level::Platform), (Role::Member, at_tenant)], None),
            (&[(Role::Operator, Level::Platform), (Role::Admin, at_tenant)], Some(AdminRole::Tenant)),
            (&[(Role::Owner, at_tenant), (Role::Admin, Level::Partner(partner))], Some(AdminRole::Partner)),
            (
                &[(Role::Admin, Level::Partner(partner)), (Role::Owner, Level::Platform)],
                Some(AdminRole::Platform),
            ),
        ] {
            let roles: Vec<_> = roles.iter().map(|&(role, at)| RoleGrant { role, at }).collect();
            assert_eq!(AdminRole::highest(&roles), highest, "{roles:?}");
        }
    }

    #[test]
    fn a_token_for_a_person_names_their_session_and_grant() {
        let token = read(for_person(claims(&["a"], "x"))).expect("is one of ours");
        let person = token.issued().person.expect("speaks for somebody");
        assert_eq!(person.user, UserId::from_bytes([6; 16]));
        assert_eq!(
            (person.session, person.grant),
            (SessionId::from_bytes([4; 16]), GrantId::from_bytes([5; 16]))
        );
        let of_nobody = Claims { sub: "app_1".to_owned(), ..for_person(claims(&["a"], "x")) };
        assert!(read(of_nobody).is_none());
    }

    #[test]
    fn what_we_would_not_write_is_no_token() {
        let good = claims(&["a"], "x");
        assert!(read(good.clone()).is_some());
        for bad in [
            Claims { jti: "x".to_owned(), ..good.clone() },
            Claims { client_id: "x".to_owned(), ..good.clone() },
            Claims { scope: "x  y".to_owned(), ..good },
        ] {
            assert!(read(bad.clone()).is_none(), "{bad:?}");
        }
    }
}
