//! What an access token of ours says (RFC 9068 §2.2).

use appkeep_domain::{ApplicationId, SigningKeyId, Timestamp, TokenId};
use appkeep_oauth::ScopeSet;
use serde::{Deserialize, Serialize};

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
    /// Not there when it would be empty: a `scope` names at least one
    /// (RFC 6749 §3.3).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) scope: String,
    pub(super) tenant_id: String,
}

/// A token whose signature was verified, taken apart. Whether it is still good
/// is asked at every use.
///
/// Many are held, so that it has nothing twice, and nothing that all have: who
/// issued it, and for which tenant.
#[derive(Debug)]
pub(super) struct AccessToken {
    pub(super) key: SigningKeyId,
    pub(super) id: TokenId,
    pub(super) application: ApplicationId,
    pub(super) scope: ScopeSet,
    pub(super) subject: Box<str>,
    /// As the client spelt its id.
    pub(super) client_id: Box<str>,
    pub(super) audience: Box<[Box<str>]>,
    pub(super) issued_at: i64,
    expires_at: i64,
}

impl AccessToken {
    /// Nothing when a claim is not as we write it.
    pub(super) fn new(key: SigningKeyId, claims: Claims) -> Option<Self> {
        let scope = match claims.scope.as_str() {
            "" => ScopeSet::new(),
            listed => ScopeSet::parse(listed).ok()?,
        };
        Some(Self {
            key,
            id: TokenId::parse(&claims.jti).ok()?,
            application: ApplicationId::parse(&claims.client_id).ok()?,
            scope,
            subject: claims.sub.into_boxed_str(),
            client_id: claims.client_id.into_boxed_str(),
            audience: claims.aud.into_iter().map(String::into_boxed_str).collect(),
            issued_at: claims.iat,
            expires_at: claims.exp,
        })
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
mod tests {
    use super::*;

    fn claims(aud: &[&str], scope: &str) -> Claims {
        let id = ApplicationId::from_bytes([1; 16]).to_string();
        Claims {
            iss: "https://id.example".to_owned(),
            sub: id.clone(),
            aud: aud.iter().map(ToString::to_string).collect(),
            exp: 20,
            iat: 10,
            jti: TokenId::from_bytes([2; 16]).to_string(),
            client_id: id,
            scope: scope.to_owned(),
            tenant_id: "tnt_1".to_owned(),
        }
    }

    #[test]
    fn claims_read_back_as_written() {
        for (aud, scope, json) in
            [(&["a"][..], "x y", r#""aud":"a","#), (&["a", "b"], "", r#""aud":["a","b"],"#)]
        {
            let written = claims(aud, scope);
            let text = serde_json::to_string(&written).expect("prints");
            assert!(text.contains(json), "{text}");
            assert_eq!(text.contains("scope"), !scope.is_empty(), "{text}");
            assert_eq!(serde_json::from_str::<Claims>(&text).expect("reads back"), written);
        }
    }

    #[test]
    fn what_we_would_not_write_is_no_token() {
        let key = SigningKeyId::from_bytes([3; 16]);
        let good = claims(&["a"], "x");
        assert!(AccessToken::new(key, good.clone()).is_some());
        for bad in [
            Claims { jti: "x".to_owned(), ..good.clone() },
            Claims { client_id: "x".to_owned(), ..good.clone() },
            Claims { scope: "x  y".to_owned(), ..good },
        ] {
            assert!(AccessToken::new(key, bad.clone()).is_none(), "{bad:?}");
        }
    }
}
