//! That somebody acts as the person for whom a token speaks.

use appkeep_domain::{ImpersonationId, OperatorId, OwnAction};
use serde::{Deserialize, Serialize};

use super::access_token::TokenPerson;
use crate::{Error, ErrorCode};

/// Who acts as somebody else: the `act` of RFC 8693 §4.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActClaim {
    pub sub: String,
    /// By which application, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Who did before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Self>>,
}

impl ActClaim {
    /// Whoever acts at first hand.
    pub(super) const fn new(sub: String) -> Self {
        Self { sub, client_id: None, act: None }
    }

    /// Whoever acted first.
    fn first(&self) -> &Self {
        self.act.as_deref().map_or(self, Self::first)
    }

    /// How many have acted.
    pub(super) fn depth(&self) -> usize {
        1 + self.act.as_deref().map_or(0, Self::depth)
    }
}

/// Who does, and by which impersonation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Acting {
    pub(super) impersonation: ImpersonationId,
    pub(super) operator: OperatorId,
}

/// Claims that no token of ours has together.
pub(super) struct NotAsWritten;

impl Acting {
    /// Refuses a token that says only half of it, or not as we write it.
    pub(super) fn read(
        act: Option<&ActClaim>,
        impersonation_id: Option<&str>,
    ) -> Result<Option<Self>, NotAsWritten> {
        match (act, impersonation_id) {
            // An application that was given the token may act too.
            (_, None) => Ok(None),
            (Some(act), Some(id)) => Ok(Some(Self {
                impersonation: ImpersonationId::parse(id).map_err(|_| NotAsWritten)?,
                operator: OperatorId::parse(&act.first().sub).map_err(|_| NotAsWritten)?,
            })),
            (None, Some(_)) => Err(NotAsWritten),
        }
    }
}

impl TokenPerson {
    /// `impersonation_forbids` for what nobody does who only acts as the person.
    pub(super) fn may(&self, action: OwnAction) -> Result<(), Error> {
        if !self.is_acted || !action.is_theirs_alone() {
            return Ok(());
        }
        let message = "whoever acts as somebody else may not do this; only they may themselves";
        Err(Error::new(ErrorCode::ImpersonationForbids, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::access_token::tests::{claims, for_person, read};
    use crate::tokens::access_token::{AccessToken, Claims, PersonClaims};

    fn acted(act: Option<&str>, impersonation_id: Option<&str>) -> Option<AccessToken> {
        let claims = for_person(claims(&["a"], "x"));
        let person = claims.person.clone().expect("speaks for somebody");
        let person =
            PersonClaims { amr: Vec::new(), impersonation_id: impersonation_id.map(str::to_owned), ..person };
        let act = act.map(|sub| ActClaim::new(sub.to_owned()));
        let written = Claims { act, person: Some(person), ..claims };
        let text = serde_json::to_string(&written).expect("prints");
        assert!(!text.contains("amr"), "{text}");
        assert_eq!(serde_json::from_str::<Claims>(&text).expect("reads back"), written);
        read(written)
    }

    #[test]
    fn a_token_says_who_acts_as_the_person_or_nothing() {
        let (operator, id) = (OperatorId::from_bytes([8; 16]), ImpersonationId::from_bytes([9; 16]));
        let (sub, named) = (operator.to_string(), id.to_string());
        let acting = |token: Option<AccessToken>| token.and_then(|token| token.person)?.impersonation;
        let expected = Acting { impersonation: id, operator };
        assert_eq!(acting(acted(Some(&sub), Some(&named))), Some(expected));
        assert!(acted(None, None).is_some_and(|token| acting(Some(token)).is_none()));
        // Whoever acts otherwise is no operator of ours.
        assert!(acted(Some("x"), None).is_some_and(|token| acting(Some(token)).is_none()));
        for (act, id) in [(None, Some(named.as_str())), (Some("x"), Some(named.as_str()))] {
            assert!(acted(act, id).is_none(), "{act:?} {id:?}");
        }
    }

    #[test]
    fn whoever_acts_as_somebody_may_not_do_all_that_they_may() {
        let sub = OperatorId::from_bytes([8; 16]).to_string();
        let id = ImpersonationId::from_bytes([9; 16]).to_string();
        let person = |token: Option<AccessToken>| token.and_then(|token| token.person).expect("is somebody");
        let (own, acted) = (person(acted(None, None)), person(acted(Some(&sub), Some(&id))));
        for action in OwnAction::ALL {
            assert!(own.may(action).is_ok());
            let refused = acted.may(action).err().map(|error| error.code());
            let expected = action.is_theirs_alone().then_some(ErrorCode::ImpersonationForbids);
            assert_eq!(refused, expected, "{action:?}");
        }
    }
}
