//! Authorization codes (RFC 6749 §4.1.2).

use std::fmt;

use appkeep_oauth::ScopeSet;

use crate::{
    ApplicationId, AuthMethod, DirectoryId, GrantId, Lifetime, Owner, SecretHash, SessionId, Timestamp,
    UserId,
};

/// What an application is given through the browser, to exchange it for tokens
/// once and soon.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationCode {
    pub hash: SecretHash,
    /// Of the application.
    pub owner: Owner,
    pub application: ApplicationId,
    pub session: SessionId,
    /// What it will lead to; known beforehand, so that a second try can end
    /// what the first one got (RFC 6749 §4.1.2).
    pub grant: GrantId,
    /// Where the user is.
    pub directory: DirectoryId,
    pub user: UserId,
    /// As the authorization request spelt it; the token request has to repeat
    /// it (RFC 6749 §4.1.3).
    pub redirect_uri: Option<String>,
    /// The `S256` challenge, decoded (RFC 7636 §4.2).
    pub challenge: Option<[u8; 32]>,
    pub scope: ScopeSet,
    pub audience: Vec<String>,
    /// How the request spelt the `client_id`.
    pub client_spelling: String,
    pub nonce: Option<String>,
    pub authenticated_at: Timestamp,
    pub methods: Vec<AuthMethod>,
    pub created_at: Timestamp,
    /// From here on nobody can redeem it. Of one that was redeemed: from here on
    /// nothing that it led to is good any more, and it need not be known.
    pub expires_at: Timestamp,
    pub redeemed_at: Option<Timestamp>,
}

impl AuthorizationCode {
    /// RFC 6749 §4.1.2 allows ten minutes; a browser needs a moment.
    pub const LIFETIME: Lifetime = Lifetime::from_seconds(60);

    /// Whether its time is over at `now`, redeemed or not.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }

    /// Whether it can still be redeemed at `now`.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.redeemed_at.is_none() && !self.has_expired(now)
    }
}

/// Whose request it was is not for logs.
impl fmt::Debug for AuthorizationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationCode")
            .field("application", &self.application)
            .field("session", &self.session)
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_good_once_and_for_a_minute() {
        let at = Timestamp::from_seconds;
        let code = AuthorizationCode {
            hash: SecretHash::from_bytes([1; 32]),
            owner: Owner::Global,
            application: ApplicationId::from_bytes([2; 16]),
            session: SessionId::from_bytes([3; 16]),
            grant: GrantId::from_bytes([4; 16]),
            directory: DirectoryId::from_bytes([5; 16]),
            user: UserId::from_bytes([6; 16]),
            redirect_uri: Some("https://hush.example/cb".to_owned()),
            challenge: Some([7; 32]),
            scope: ScopeSet::new(),
            audience: Vec::new(),
            client_spelling: "app_hush".to_owned(),
            nonce: Some("hush".to_owned()),
            authenticated_at: at(0),
            methods: vec![AuthMethod::Password],
            created_at: at(10),
            expires_at: at(10).plus(AuthorizationCode::LIFETIME),
            redeemed_at: None,
        };
        let redeemed = AuthorizationCode { redeemed_at: Some(at(11)), ..code.clone() };
        for (code, second, good) in [(&code, 69, true), (&code, 70, false), (&redeemed, 12, false)] {
            assert_eq!(code.is_good(at(second)), good, "{second}");
        }
        assert!(redeemed.has_expired(at(70)) && !redeemed.has_expired(at(69)));
        assert!(!format!("{code:?}").contains("hush"));
    }
}
