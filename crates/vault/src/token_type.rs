//! Which sorts of tokens there are, and what is expected of each.

use appkeep_domain::access::Container;
use serde_json::{Value, json};

use crate::numbers::{is_bank_routing, is_card_number};

/// What a token's data is, which decides what is checked, where it is kept and
/// what is shown of it unless somebody says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenType {
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

/// A word that names no type of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no type of tokens")]
pub struct UnknownTokenType;

/// Data that is none of its type; where in it, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct InvalidData {
    /// Below `data`, such as `number`; nothing where it is the whole.
    pub member: Option<&'static str>,
    pub reason: &'static str,
}

impl TokenType {
    pub const ALL: [Self; 9] = [
        Self::Token,
        Self::Card,
        Self::NetworkToken,
        Self::Bank,
        Self::CardNumber,
        Self::UsBankAccountNumber,
        Self::UsBankRoutingNumber,
        Self::SocialSecurityNumber,
        Self::EmployerIdNumber,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Card => "card",
            Self::NetworkToken => "network_token",
            Self::Bank => "bank",
            Self::CardNumber => "card_number",
            Self::UsBankAccountNumber => "us_bank_account_number",
            Self::UsBankRoutingNumber => "us_bank_routing_number",
            Self::SocialSecurityNumber => "social_security_number",
            Self::EmployerIdNumber => "employer_id_number",
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownTokenType> {
        Self::ALL.into_iter().find(|known| known.as_str() == raw).ok_or(UnknownTokenType)
    }

    /// Where such a token is kept that names no container.
    pub fn default_container(self) -> Container {
        let path = match self {
            Self::Token => "/general/high/",
            Self::Card | Self::NetworkToken | Self::CardNumber => "/pci/high/",
            Self::Bank | Self::UsBankAccountNumber => "/bank/high/",
            Self::UsBankRoutingNumber => "/bank/low/",
            Self::SocialSecurityNumber | Self::EmployerIdNumber => "/pii/high/",
        };
        Container::parse(path).unwrap_or_else(|_| Container::root())
    }

    /// What is shown of such data where nothing else was said; nothing of what
    /// may be anything.
    pub fn default_mask(self) -> Option<Value> {
        match self {
            Self::Token => None,
            Self::Card | Self::NetworkToken => Some(json!({
                "number": "{{ data.number | reveal_last: 4 }}",
                "expiration_month": "{{ data.expiration_month }}",
                "expiration_year": "{{ data.expiration_year }}",
            })),
            Self::Bank => Some(json!({
                "routing_number": "{{ data.routing_number }}",
                "account_number": "{{ data.account_number | reveal_last: 4 }}",
            })),
            Self::CardNumber
            | Self::UsBankAccountNumber
            | Self::UsBankRoutingNumber
            | Self::SocialSecurityNumber
            | Self::EmployerIdNumber => Some(json!("{{ data | reveal_last: 4 }}")),
        }
    }

    /// By what two of them are known to be the same.
    pub const fn default_fingerprint(self) -> &'static str {
        match self {
            Self::Token => "{{ data | stringify }}",
            Self::Card | Self::NetworkToken => "{{ data.number }}",
            Self::Bank => "{{ data.account_number }}|{{ data.routing_number }}",
            Self::CardNumber | Self::UsBankAccountNumber | Self::UsBankRoutingNumber => "{{ data }}",
            Self::SocialSecurityNumber | Self::EmployerIdNumber => "{{ data | remove: '-' }}",
        }
    }

    /// By what they are found where nothing else was said.
    pub const fn default_indexes(self) -> &'static [&'static str] {
        match self {
            Self::SocialSecurityNumber | Self::EmployerIdNumber => {
                &["{{ data }}", "{{ data | remove: '-' }}", "{{ data | last4 }}"]
            }
            _ => &[],
        }
    }

    /// Whether the data is of this type.
    pub fn check(self, data: &Value) -> Result<(), InvalidData> {
        match self {
            Self::Token => Ok(()),
            Self::Card | Self::NetworkToken => check_card(data),
            Self::Bank => check_bank(data),
            Self::CardNumber => expect(is_card_number(text(data)), "is no card number"),
            Self::UsBankAccountNumber => expect(is_digits(text(data), (3, 17)), "is not of 3 to 17 digits"),
            Self::UsBankRoutingNumber => expect(is_bank_routing(text(data)), "is no routing number"),
            Self::SocialSecurityNumber | Self::EmployerIdNumber => {
                expect(is_nine_digits(text(data)), "is not of 9 digits, with or without `-`")
            }
        }
    }
}

fn check_card(data: &Value) -> Result<(), InvalidData> {
    let card = data.as_object().ok_or_else(|| fault(None, "is no object"))?;
    if !is_card_number(card.get("number").map_or("", text)) {
        return Err(fault(Some("number"), "is no card number"));
    }
    let within = |value: &Value, (least, most): (u64, u64)| {
        value.as_u64().is_some_and(|number| (least..=most).contains(&number))
    };
    let is_absent_or = |name: &str, fits: &dyn Fn(&Value) -> bool| {
        card.get(name).is_none_or(|value| value.is_null() || fits(value))
    };
    if !is_absent_or("expiration_month", &|month| within(month, (1, 12))) {
        return Err(fault(Some("expiration_month"), "is no number from 1 to 12"));
    }
    if !is_absent_or("expiration_year", &|year| within(year, (2000, 9999))) {
        return Err(fault(Some("expiration_year"), "is no year of four digits"));
    }
    // Some send the digits as a number.
    let is_code = |code: &Value| within(code, (0, 9_999)) || is_digits(text(code), (3, 4));
    if !is_absent_or("cvc", &is_code) {
        return Err(fault(Some("cvc"), "is not of 3 or 4 digits"));
    }
    Ok(())
}

fn check_bank(data: &Value) -> Result<(), InvalidData> {
    let bank = data.as_object().ok_or_else(|| fault(None, "is no object"))?;
    let member = |name: &str| bank.get(name).map_or("", text);
    if !is_bank_routing(member("routing_number")) {
        return Err(fault(Some("routing_number"), "is no routing number"));
    }
    if !is_digits(member("account_number"), (1, 17)) {
        return Err(fault(Some("account_number"), "is not of 1 to 17 digits"));
    }
    Ok(())
}

fn expect(holds: bool, reason: &'static str) -> Result<(), InvalidData> {
    if holds { Ok(()) } else { Err(fault(None, reason)) }
}

const fn fault(member: Option<&'static str>, reason: &'static str) -> InvalidData {
    InvalidData { member, reason }
}

/// Nothing where it is no text.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn is_digits(text: &str, (least, most): (usize, usize)) -> bool {
    (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_nine_digits(text: &str) -> bool {
    text.len() <= 12
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        && text.bytes().filter(u8::is_ascii_digit).count() == 9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Allowance, Context, evaluate_mask};

    const CARD: &str = "4242424242424242";

    #[test]
    fn every_type_is_read_back() {
        for token_type in TokenType::ALL {
            assert_eq!(TokenType::parse(token_type.as_str()), Ok(token_type));
            assert_ne!(token_type.default_container(), Container::root());
        }
        assert_eq!(TokenType::parse("Card"), Err(UnknownTokenType));
    }

    #[test]
    fn data_is_of_its_type() {
        use TokenType as T;
        let card = |more: Value| {
            let mut card = json!({ "number": CARD });
            for (name, value) in more.as_object().expect("an object") {
                card[name] = value.clone();
            }
            card
        };
        for (token_type, data, fault) in [
            (T::Token, json!(null), None),
            (T::Token, json!([1, { "a": "b" }]), None),
            (T::Card, card(json!({})), None),
            (T::Card, card(json!({ "expiration_month": 12, "expiration_year": 2030, "cvc": "123" })), None),
            (T::Card, card(json!({ "cvc": 123 })), None),
            (T::Card, card(json!({ "cvc": null })), None),
            (T::Card, json!(CARD), Some(None)),
            (T::Card, json!({}), Some(Some("number"))),
            (T::Card, card(json!({ "number": "4242424242424241" })), Some(Some("number"))),
            (T::Card, card(json!({ "number": "4242-4242-4242-4242" })), Some(Some("number"))),
            (T::Card, card(json!({ "number": 4_242_424_242_424_242_i64 })), Some(Some("number"))),
            (T::Card, card(json!({ "expiration_month": 13 })), Some(Some("expiration_month"))),
            (T::Card, card(json!({ "expiration_month": "12" })), Some(Some("expiration_month"))),
            (T::Card, card(json!({ "expiration_year": 30 })), Some(Some("expiration_year"))),
            (T::Card, card(json!({ "cvc": "12" })), Some(Some("cvc"))),
            (T::Card, card(json!({ "cvc": "12345" })), Some(Some("cvc"))),
            (T::Card, card(json!({ "cvc": "12a" })), Some(Some("cvc"))),
            (T::NetworkToken, card(json!({})), None),
            (T::NetworkToken, json!({ "number": "1" }), Some(Some("number"))),
            (T::Bank, json!({ "routing_number": "021000021", "account_number": "00001" }), None),
            (
                T::Bank,
                json!({ "routing_number": "021000022", "account_number": "1" }),
                Some(Some("routing_number")),
            ),
            (
                T::Bank,
                json!({ "routing_number": "021000021", "account_number": "123456789012345678" }),
                Some(Some("account_number")),
            ),
            (T::Bank, json!({ "routing_number": "021000021" }), Some(Some("account_number"))),
            (T::Bank, json!("021000021"), Some(None)),
            (T::CardNumber, json!(CARD), None),
            (T::CardNumber, json!("4242424242424243"), Some(None)),
            (T::CardNumber, json!("0".repeat(12)), Some(None)),
            (T::CardNumber, json!("0".repeat(20)), Some(None)),
            (T::CardNumber, json!({ "number": CARD }), Some(None)),
            (T::UsBankAccountNumber, json!("123"), None),
            (T::UsBankAccountNumber, json!("12345678901234567"), None),
            (T::UsBankAccountNumber, json!("12"), Some(None)),
            (T::UsBankAccountNumber, json!("123456789012345678"), Some(None)),
            (T::UsBankAccountNumber, json!(123), Some(None)),
            (T::UsBankRoutingNumber, json!("021000021"), None),
            (T::UsBankRoutingNumber, json!("021000020"), Some(None)),
            (T::UsBankRoutingNumber, json!("02100002"), Some(None)),
            (T::SocialSecurityNumber, json!("123-45-6789"), None),
            (T::SocialSecurityNumber, json!("123456789"), None),
            (T::SocialSecurityNumber, json!("123 45 6789"), Some(None)),
            (T::SocialSecurityNumber, json!("12345678"), Some(None)),
            (T::EmployerIdNumber, json!("12-3456789"), None),
            (T::EmployerIdNumber, json!("12-34567890"), Some(None)),
        ] {
            let checked = token_type.check(&data).map_err(|error| error.member).err();
            assert_eq!(checked, fault, "{token_type:?} {data}");
        }
    }

    #[test]
    fn what_is_shown_by_default_hides_what_matters() {
        for (token_type, data, shown) in [
            (
                TokenType::Card,
                json!({ "number": CARD, "expiration_month": 4, "expiration_year": 2031, "cvc": "123" }),
                json!({ "number": "XXXXXXXXXXXX4242", "expiration_month": 4, "expiration_year": 2031 }),
            ),
            (TokenType::Card, json!({ "number": CARD }), json!({ "number": "XXXXXXXXXXXX4242" })),
            (
                TokenType::Bank,
                json!({ "routing_number": "021000021", "account_number": "00001234" }),
                json!({ "routing_number": "021000021", "account_number": "XXXX1234" }),
            ),
            (TokenType::SocialSecurityNumber, json!("123-45-6789"), json!("XXX-XX-6789")),
            (TokenType::UsBankRoutingNumber, json!("021000021"), json!("XXXXX0021")),
        ] {
            let mask = token_type.default_mask().expect("has one");
            let context = Context::of_data(&data);
            let masked = evaluate_mask(&mask, &context, &mut Allowance::one());
            assert_eq!(masked, Ok(Some(shown)), "{token_type:?}");
        }
        assert_eq!(TokenType::Token.default_mask(), None);
    }
}
