//! The body of a request to an OAuth endpoint.

use std::fmt;

use crate::urlencoded::decode;
use crate::{ErrorCode, Refusal};

/// Parameters of an `application/x-www-form-urlencoded` body, each with a value.
///
/// A parameter is there at most once (RFC 6749 §3.2), save `resource` and
/// `audience` (RFC 8707 §2, RFC 8693 §2.1). One without a value counts as
/// omitted. `Debug` shows names only: values may be secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

/// What is wrong with one parameter of a form that can otherwise be read.
pub(crate) struct Fault {
    /// Empty when the name itself cannot be read.
    pub(crate) name: String,
    pub(crate) refusal: Refusal,
}

/// What may be said several times.
const REPEATABLE: [&str; 2] = ["resource", "audience"];
/// What the standards name, whether we listen to it or not.
const KNOWN: [&str; 33] = [
    "acr_values",
    "audience",
    "claims",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "display",
    "grant_type",
    "id_token_hint",
    "login_hint",
    "logout_hint",
    "max_age",
    "nonce",
    "post_logout_redirect_uri",
    "prompt",
    "redirect_uri",
    "refresh_token",
    "registration",
    "request",
    "request_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "token",
    "token_type_hint",
    "ui_locales",
];

impl Form {
    /// Most parameters a body may have, the omitted ones counted.
    pub const MAX_PARAMETERS: usize = 64;

    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let (form, faults) = Self::read(body)?;
        faults.into_iter().next().map_or(Ok(form), |fault| Err(fault.refusal))
    }

    /// Reads what can be read. A parameter that is sent more than once, or
    /// cannot be decoded, is not in the form at all but among the faults.
    pub(crate) fn read(body: &[u8]) -> Result<(Self, Vec<Fault>), Refusal> {
        let (mut form, mut faults) = (Self(Vec::new()), Vec::new());
        let pairs = body.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty());
        for (index, pair) in pairs.enumerate() {
            if index == Self::MAX_PARAMETERS {
                return Err(malformed("more than 64 parameters"));
            }
            faults.extend(form.add(pair).err());
        }
        form.0.retain(|(name, _)| faults.iter().all(|fault| fault.name != *name));
        Ok((form, faults))
    }

    /// The value of a parameter; of several, the first.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a parameter, in the order sent.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The value of a parameter that must be there.
    pub fn require(&self, name: &'static str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| malformed(format!("the parameter `{name}` is missing")))
    }

    /// The value of a parameter that may be there, if it has at most `max`
    /// bytes and no control character.
    pub(crate) fn bounded(&self, name: &'static str, max: usize) -> Result<Option<&str>, Refusal> {
        match self.get(name) {
            Some(value) if value.len() > max => Err(malformed(format!("`{name}` has more than {max} bytes"))),
            Some(value) if value.contains(char::is_control) => {
                Err(malformed(format!("`{name}` contains a control character")))
            }
            value => Ok(value),
        }
    }

    /// Names and values, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn add(&mut self, pair: &[u8]) -> Result<(), Fault> {
        let equals = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
        let (name, value) = (&pair[..equals], pair.get(equals + 1..).unwrap_or_default());
        let name = decode(name).map_err(|reason| {
            let refusal = malformed(format!("the name of a parameter: {reason}"));
            Fault { name: String::new(), refusal }
        })?;
        let value = match decode(value) {
            Ok(value) => value,
            Err(reason) => return Err(Fault::new(name, |name| format!("{name}: {reason}"))),
        };
        if value.is_empty() {
            return Ok(());
        }
        if self.get(&name).is_some() && !REPEATABLE.contains(&name.as_str()) {
            return Err(Fault::new(name, |name| format!("{name} is sent more than once")));
        }
        self.0.push((name, value));
        Ok(())
    }
}

impl Fault {
    /// With a sentence about the parameter.
    fn new(name: String, sentence: impl FnOnce(&str) -> String) -> Self {
        let refusal = malformed(sentence(&shown(&name)));
        Self { name, refusal }
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Form")?;
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

pub(crate) fn malformed(description: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, description)
}

/// A name as an answer or a log may repeat it. One that is not known may be a
/// secret in the wrong place.
fn shown(name: &str) -> String {
    if KNOWN.contains(&name) { format!("the parameter `{name}`") } else { "an unknown parameter".to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(body: &[u8]) -> String {
        let refusal = Form::parse(body).expect_err("refused");
        assert_eq!(refusal.code(), ErrorCode::InvalidRequest);
        refusal.to_string()
    }

    #[test]
    fn reads_names_and_values() {
        let form =
            Form::parse(b"grant_type=client_credentials&scope=a+b&&empty=&bare&x=1=2").expect("parses");
        assert_eq!(form.get("grant_type"), Some("client_credentials"));
        assert_eq!(form.get("scope"), Some("a b"));
        assert_eq!(form.get("x"), Some("1=2"));
        for omitted in ["empty", "bare", "", "Scope"] {
            assert_eq!(form.get(omitted), None, "{omitted}");
        }
    }

    #[test]
    fn each_parameter_is_there_once_save_the_targets() {
        assert_eq!(refused(b"scope=a&scope=a"), "the parameter `scope` is sent more than once");
        assert_eq!(
            refused(b"client_secret=a&client%5Fsecret=b"),
            "the parameter `client_secret` is sent more than once"
        );
        assert_eq!(refused(b"hunter2=a&hunter2=b"), "an unknown parameter is sent more than once");
        let form = Form::parse(b"resource=a&audience=x&resource=b&scope=&scope=a").expect("parses");
        assert_eq!(form.all("resource").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(form.get("scope"), Some("a"), "one without a value counts as omitted");
    }

    #[test]
    fn what_can_be_read_is_read_beside_the_faults() {
        let (form, faults) =
            Form::read(b"state=a&scope=%&client_id=x&state=b&scope=c&state=c&%ff=d&=e").expect("reads");
        assert_eq!(form.iter().collect::<Vec<_>>(), [("client_id", "x")]);
        let names: Vec<_> = faults.iter().map(|fault| fault.name.as_str()).collect();
        assert_eq!(names, ["scope", "state", "state", ""]);
    }

    #[test]
    fn a_bounded_value_has_few_bytes_and_no_control_character() {
        for (value, outcome) in [
            ("", Ok(None)),
            ("%C3%A9%C3%A9", Ok(Some("éé"))),
            ("abcde", Err("`state` has more than 4 bytes")),
            ("a%0Ab", Err("`state` contains a control character")),
            ("%C2%85", Err("`state` contains a control character")),
        ] {
            let form = Form::parse(format!("state={value}").as_bytes()).expect("parses");
            let found = form.bounded("state", 4);
            assert_eq!(
                found.as_ref().map_err(Refusal::description),
                outcome.as_ref().map_err(|text| *text),
                "{value}"
            );
        }
    }

    #[test]
    fn what_is_not_form_urlencoded_utf8_is_refused() {
        assert_eq!(refused(b"scope=%ff"), "the parameter `scope`: it is not UTF-8");
        assert_eq!(refused(b"scope=\xff"), "the parameter `scope`: it is not UTF-8");
        assert_eq!(refused(b"%ff=a"), "the name of a parameter: it is not UTF-8");
        assert_eq!(
            refused(b"scope=50%"),
            "the parameter `scope`: a % must be followed by two hexadecimal digits"
        );
    }

    #[test]
    fn there_are_at_most_64_parameters() {
        let body = |count: usize| (0..count).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
        assert!(Form::parse(body(64).as_bytes()).is_ok());
        assert_eq!(refused(body(65).as_bytes()), "more than 64 parameters");
        assert_eq!(refused("resource=a&".repeat(65).as_bytes()), "more than 64 parameters");
    }

    #[test]
    fn a_missing_parameter_is_named() {
        let form = Form::parse(b"token=").expect("parses");
        let refusal = form.require("token").expect_err("refused");
        assert_eq!(
            (refusal.code(), refusal.description()),
            (ErrorCode::InvalidRequest, "the parameter `token` is missing")
        );
    }

    #[test]
    fn debug_shows_no_value() {
        let form = Form::parse(b"client_id=app_1&client_secret=hunter2").expect("parses");
        assert_eq!(format!("{form:?}"), r#"Form{"client_id", "client_secret"}"#);
    }

    proptest! {
        #[test]
        fn reads_what_another_writer_wrote(pairs in prop::collection::btree_map(any::<String>(), ".+", 0..20)) {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let form = Form::parse(body.as_bytes()).expect("parses");
            let expected: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            prop_assert_eq!(form.iter().collect::<Vec<_>>(), expected);
        }

        #[test]
        fn no_body_makes_it_panic(body in any::<Vec<u8>>()) {
            let _ = Form::parse(&body);
        }
    }
}
