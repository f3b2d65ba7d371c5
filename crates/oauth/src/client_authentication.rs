//! Who the client says it is, and what it offers as proof.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::urlencoded::decode;
use crate::{ClientAuthMethod, ErrorCode, Form, Refusal};

/// The only `client_assertion_type` (RFC 7523 §2.2).
pub const CLIENT_ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a request brought to prove who its client is; nothing is verified yet.
///
/// Ids and secrets are never empty. `Debug` shows no secret and no assertion.
#[derive(Clone, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// HTTP Basic (RFC 6749 §2.3.1).
    Basic { client_id: String, client_secret: String },
    /// Id and secret in the body (RFC 6749 §2.3.1).
    Post { client_id: String, client_secret: String },
    /// A signed JWT (RFC 7521 §4.2); its `sub` is the client, and a
    /// `client_id` sent beside it must be the same.
    Assertion { client_id: Option<String>, assertion: String },
    /// Only a name.
    Public { client_id: String },
}

impl ClientAuthentication {
    /// Reads the value of the `Authorization` header and the body.
    ///
    /// Using more than one method is `invalid_request` (RFC 6749 §2.3), using
    /// none is `invalid_client`.
    pub fn read(authorization: Option<&str>, form: &Form) -> Result<Self, Refusal> {
        let has_secret = form.get("client_secret").is_some();
        let has_assertion = form.get("client_assertion").or(form.get("client_assertion_type")).is_some();
        match (authorization, has_secret, has_assertion) {
            (Some(header), false, false) => Self::basic(header, form),
            (None, true, false) => Self::post(form),
            (None, false, true) => Self::assertion(form),
            (None, false, false) => Self::public(form),
            _ => Err(malformed("the client authenticates in more than one way")),
        }
    }

    pub const fn method(&self) -> ClientAuthMethod {
        match self {
            Self::Basic { .. } => ClientAuthMethod::ClientSecretBasic,
            Self::Post { .. } => ClientAuthMethod::ClientSecretPost,
            Self::Assertion { .. } => ClientAuthMethod::PrivateKeyJwt,
            Self::Public { .. } => ClientAuthMethod::None,
        }
    }

    /// The id as the client spelt it; an assertion may leave it out.
    pub fn client_id(&self) -> Option<&str> {
        match self {
            Self::Basic { client_id, .. } | Self::Post { client_id, .. } | Self::Public { client_id } => {
                Some(client_id)
            }
            Self::Assertion { client_id, .. } => client_id.as_deref(),
        }
    }

    fn basic(header: &str, form: &Form) -> Result<Self, Refusal> {
        let (client_id, client_secret) = basic_credentials(header)?;
        if form.get("client_id").is_some_and(|named| named != client_id) {
            return Err(malformed("`client_id` is not the client of the Authorization header"));
        }
        Ok(Self::Basic { client_id, client_secret })
    }

    fn post(form: &Form) -> Result<Self, Refusal> {
        let client_id = form.require("client_id")?.to_owned();
        Ok(Self::Post { client_id, client_secret: form.require("client_secret")?.to_owned() })
    }

    fn assertion(form: &Form) -> Result<Self, Refusal> {
        let assertion = form.require("client_assertion")?.to_owned();
        if form.require("client_assertion_type")? != CLIENT_ASSERTION_TYPE {
            return Err(unauthenticated("unsupported `client_assertion_type`"));
        }
        Ok(Self::Assertion { client_id: form.get("client_id").map(str::to_owned), assertion })
    }

    fn public(form: &Form) -> Result<Self, Refusal> {
        let client_id =
            form.get("client_id").ok_or_else(|| unauthenticated("the client does not say who it is"))?;
        Ok(Self::Public { client_id: client_id.to_owned() })
    }
}

impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({:?})", self.method().as_str(), self.client_id())
    }
}

/// Id and secret are form-urlencoded each before they are joined and encoded
/// as Basic credentials (RFC 6749 §2.3.1).
fn basic_credentials(header: &str) -> Result<(String, String), Refusal> {
    let (scheme, credentials) = header.split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("Basic") {
        return Err(unauthenticated("unsupported scheme in the Authorization header"));
    }
    let garbled = || unauthenticated("the Authorization header holds no Basic credentials");
    let joined = STANDARD.decode(credentials.trim_matches(' ')).map_err(|_| garbled())?;
    let colon = joined.iter().position(|&byte| byte == b':').ok_or_else(garbled)?;
    let client_id = decode(&joined[..colon]).map_err(|_| garbled())?;
    let client_secret = decode(&joined[colon + 1..]).map_err(|_| garbled())?;
    if client_id.is_empty() || client_secret.is_empty() {
        return Err(garbled());
    }
    Ok((client_id, client_secret))
}

fn malformed(description: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, description)
}

fn unauthenticated(description: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidClient, description)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ASSERTED: &str =
        "client_assertion=a.b.c&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    fn read(authorization: Option<&str>, body: &str) -> Result<ClientAuthentication, Refusal> {
        ClientAuthentication::read(authorization, &Form::parse(body.as_bytes()).expect("a form"))
    }

    fn basic(joined: impl AsRef<[u8]>) -> String {
        format!("Basic {}", STANDARD.encode(joined))
    }

    #[test]
    fn each_method_is_recognised() {
        let (id, secret) = ("app_1".to_owned(), "s3 cret".to_owned());
        let by_basic = ClientAuthentication::Basic { client_id: id.clone(), client_secret: secret.clone() };
        for (header, body, expected) in [
            (Some(basic("app_1:s3+cret")), "", by_basic.clone()),
            (Some(basic("app%5F1:s3%20cret").replace("Basic", "bASIC")), "client_id=app_1", by_basic),
            (
                None,
                "client_id=app_1&client_secret=s3+cret",
                ClientAuthentication::Post { client_id: id.clone(), client_secret: secret },
            ),
            (None, ASSERTED, ClientAuthentication::Assertion { client_id: None, assertion: "a.b.c".into() }),
            (
                None,
                &format!("client_id=app_1&{ASSERTED}"),
                ClientAuthentication::Assertion { client_id: Some(id.clone()), assertion: "a.b.c".into() },
            ),
            (None, "client_id=app_1&client_secret=", ClientAuthentication::Public { client_id: id }),
        ] {
            let found = read(header.as_deref(), body).expect(body);
            assert_eq!(found, expected);
            assert!(!format!("{found:?}").contains("s3") && !format!("{found:?}").contains("a.b.c"));
        }
    }

    #[test]
    fn the_method_is_named_as_in_the_registration() {
        let methods = [
            (Some(basic("a:b")), ""),
            (None, "client_id=a&client_secret=b"),
            (None, ASSERTED),
            (None, "client_id=a"),
        ]
        .map(|(header, body)| read(header.as_deref(), body).expect("reads").method());
        assert_eq!(methods, ClientAuthMethod::ALL);
    }

    #[test]
    fn more_than_one_method_is_an_invalid_request() {
        for (header, body) in [
            (Some(basic("a:b")), "client_id=a&client_secret=b"),
            (Some(basic("a:b")), ASSERTED),
            (Some("Bearer x".to_owned()), ASSERTED),
            (None, &*format!("client_id=a&client_secret=b&{ASSERTED}")),
            (Some(basic("a:b")), "client_id=other"),
            (None, "client_secret=b"),
            (None, "client_assertion=a.b.c"),
            (None, "client_assertion_type=x"),
        ] {
            let refusal = read(header.as_deref(), body).expect_err(body);
            assert_eq!(refusal.code(), ErrorCode::InvalidRequest, "{header:?} {body}");
        }
    }

    #[test]
    fn no_usable_method_is_an_invalid_client() {
        for (header, body) in [
            (None, ""),
            (None, "client_assertion=a.b.c&client_assertion_type=saml"),
            (Some("Bearer abc".to_owned()), "client_id=a"),
            (Some("Basic".to_owned()), ""),
            (Some("Basic !!".to_owned()), ""),
            (Some(basic("no colon")), ""),
            (Some(basic(":secret")), ""),
            (Some(basic("id:")), ""),
            (Some(basic("id:50%")), ""),
            (Some(basic(b"id:\xff")), ""),
        ] {
            let refusal = read(header.as_deref(), body).expect_err(body);
            assert_eq!(refusal.code(), ErrorCode::InvalidClient, "{header:?} {body}");
        }
    }

    proptest! {
        #[test]
        fn basic_carries_any_id_and_secret(id in ".+", secret in ".+") {
            let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let header = basic(format!("{}:{}", encode(&id), encode(&secret)));
            let expected = ClientAuthentication::Basic { client_id: id, client_secret: secret };
            prop_assert_eq!(read(Some(&header), ""), Ok(expected));
        }

        #[test]
        fn no_header_makes_it_panic(header in any::<String>(), joined in any::<Vec<u8>>()) {
            let _ = read(Some(&header), "");
            let _ = read(Some(&basic(joined)), "");
        }
    }
}
