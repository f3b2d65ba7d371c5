//! What an application learns of a person (OIDC Core §5.3, §5.4).

use std::fmt;

use appkeep_domain::{ApplicationId, Directory, Name, OwnAction, User};
use appkeep_oauth::ScopeSet;
use serde::Serialize;

use super::Authority;
use super::acting::ActClaim;
use super::id_token::OPENID;
use super::verify::{Good, Unverified};
use crate::{Error, ErrorCode};

/// The standard claims of OIDC Core §5.1, as far as the scopes open them.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
pub struct PersonalClaims {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Nobody verifies a number here yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_verified: Option<bool>,
}

/// The answer of the userinfo endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserInfo {
    pub sub: String,
    /// Which application asked.
    #[serde(skip)]
    pub client: ApplicationId,
    #[serde(flatten)]
    pub claims: PersonalClaims,
    /// Who acts as the person, if somebody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<ActClaim>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impersonation_id: Option<String>,
}

/// Of whom an access token speaks, and which application it was given to.
pub(crate) struct TokenHolder {
    pub(crate) client: ApplicationId,
    pub(crate) directory: Directory,
    pub(crate) user: User,
}

impl PersonalClaims {
    pub(super) fn of(user: &User, scope: &ScopeSet) -> Self {
        let mut claims = Self::default();
        if scope.contains("profile") {
            let text = |name: &Option<Name>| name.as_ref().map(ToString::to_string);
            claims.name = text(&user.name);
            claims.given_name = text(&user.given_name);
            claims.family_name = text(&user.family_name);
            claims.preferred_username = user.username.as_ref().map(|name| name.as_str().to_owned());
            claims.picture.clone_from(&user.picture);
            claims.locale = user.locale.as_ref().map(|locale| locale.as_str().to_owned());
            claims.updated_at = Some(user.updated_at.as_seconds());
        }
        if scope.contains("email") {
            claims.email = Some(user.email.as_str().to_owned());
            claims.email_verified = Some(user.email_verified_at.is_some());
        }
        if scope.contains("phone") {
            claims.phone_number = user.phone.as_ref().map(|phone| phone.as_str().to_owned());
            claims.phone_number_verified = claims.phone_number.as_ref().map(|_| false);
        }
        claims
    }
}

impl Authority {
    /// What the access token opens of the person it speaks for.
    ///
    /// `invalid_token` when it is not good, or speaks for nobody;
    /// `insufficient_scope` when it was not asked for with `openid`.
    pub async fn userinfo(&self, bearer: &str) -> Result<UserInfo, Error> {
        let (good, TokenHolder { user, .. }) = self.holder(bearer, OwnAction::Read).await?;
        self.0.see(&good);
        let Good { token, .. } = &good;
        let claims = PersonalClaims::of(&user, &token.scope);
        let impersonation = token.person.as_ref().and_then(|person| person.impersonation);
        let impersonation_id = impersonation.map(|acting| acting.impersonation.to_string());
        let act = token.act.as_deref().cloned();
        let (sub, client) = (user.id.to_string(), token.application);
        Ok(UserInfo { sub, client, claims, act, impersonation_id })
    }

    /// Of whom an access token speaks that was asked for with `openid`, if
    /// whoever shows it may do this to their account; refused as above. One that
    /// is for somebody else's API does nothing here: whoever has that API is
    /// shown it, and is not whom it was given to.
    pub(crate) async fn token_holder(&self, bearer: &str, own: OwnAction) -> Result<TokenHolder, Error> {
        let (good, holder) = self.holder(bearer, own).await?;
        let (Good { token, client }, address) = (&good, &self.0.address);
        if !token.audience.iter().all(|named| address.is_own_of_people(client.reach(), named)) {
            return Err(invalid_token("it is for somebody else's API"));
        }
        self.0.see(&good);
        Ok(holder)
    }

    async fn holder(&self, bearer: &str, own: OwnAction) -> Result<(Good, TokenHolder), Error> {
        let verified = self.0.verify(bearer).await.map_err(|reason| match reason {
            Unverified::Worthless(why) => invalid_token(why),
            Unverified::Failed(error) => error,
        });
        let good = verified?;
        let Good { token, client } = &good;
        let person = token.person.as_ref().ok_or_else(|| invalid_token("it speaks for nobody"))?;
        if !token.scope.contains(OPENID) {
            let message = "this needs an access token with the scope `openid`";
            return Err(Error::new(ErrorCode::InsufficientScope, message).wanting(OPENID));
        }
        person.may(own)?;
        let people = self.0.people_of_client(client, person.environment);
        let mut tx = self.0.store.read().await?;
        let directory = people.directory(&mut tx).await?;
        let directory = directory.ok_or_else(|| invalid_token("its directory is gone"))?;
        let user = tx.user(people.within, &directory, person.ids.user).await?.filter(User::may_sign_in);
        let user = user.ok_or_else(|| invalid_token("the person may not sign in"))?;
        let client = token.application;
        Ok((good, TokenHolder { client, directory, user }))
    }
}

fn invalid_token(why: &'static str) -> Error {
    let message = "the access token has expired, was revoked, or speaks for nobody";
    Error::new(ErrorCode::InvalidToken, message).because(why)
}

/// A person's data is not for logs.
impl fmt::Debug for PersonalClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonalClaims(…)")
    }
}
