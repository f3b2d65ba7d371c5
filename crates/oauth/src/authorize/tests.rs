//! A request from its first byte to the browser's way back.

use proptest::prelude::*;

use super::*;
use crate::registered_uri::tests::Exactly;
use crate::{CodeChallenge, ErrorCode, Refusal, ScopeSet};

const CLIENT: &str = "https://a.example/cb?x=%26";
const ISSUER: &str = "https://id.example/t/one";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// What one client registered.
const REGISTERED: [Exactly; 2] = [Exactly("https://a.example/other"), Exactly(CLIENT)];

/// A request of that client that is otherwise bare.
fn query(more: &str) -> String {
    format!("client_id=app_1&redirect_uri=https://a.example/cb?x%3D%2526&{more}")
}

fn prove(query: &str) -> Result<ProvedClaim, Refusal> {
    AuthorizeClaim::parse(query.as_bytes()).and_then(|claim| claim.prove(&REGISTERED))
}

fn read(query: &str) -> Result<AuthorizeRequest, AuthorizeError> {
    prove(query).expect(query).read()
}

fn refused(more: &str) -> AuthorizeError {
    read(&query(more)).expect_err(more)
}

fn location(answer: AuthorizeAnswer) -> String {
    match answer {
        AuthorizeAnswer::Redirect { location } => location,
        AuthorizeAnswer::FormPost { .. } => panic!("a redirect was expected"),
    }
}

/// The members of a location's query, as another reader reads them.
fn members(location: &str) -> Vec<(String, String)> {
    let (_, query) = location.split_once('?').expect("an answer has a query");
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().copied().map(str::to_owned).collect()
}

#[test]
fn a_whole_request_is_read() {
    let found = read(&query(&format!(
        "response_type=code&scope=openid+bills:read&state=a%26b&nonce=n&prompt=login+consent&max_age=0\
         &code_challenge={CHALLENGE}&code_challenge_method=S256&response_mode=form_post&login_hint=ada\
         &ui_locales=de-AT++fr_%21+en&acr_values=2+1&id_token_hint=x.y.z&display=no-such&claims=%7B&unknown=1\
         &resource=https://api.example/&audience=b&resource=b"
    )));
    let found = found.expect("reads");
    let address = found.address.clone();
    assert_eq!((address.redirect_uri(), address.requested_redirect_uri()), (CLIENT, Some(CLIENT)));
    assert_eq!((address.response_mode(), address.state()), (ResponseMode::FormPost, Some("a&b")));
    let expected = AuthorizeRequest {
        client_id: "app_1".to_owned(),
        address,
        scope: ScopeSet::parse("openid bills:read").ok(),
        targets: strings(&["https://api.example/", "b"]),
        nonce: Some("n".to_owned()),
        code_challenge: CodeChallenge::parse(CHALLENGE).ok(),
        prompt: Prompt::Pages { login: true, consent: true, select_account: false },
        max_age: Some(0),
        login_hint: Some("ada".to_owned()),
        id_token_hint: Some("x.y.z".to_owned()),
    };
    assert_eq!(found, expected);
}

#[test]
fn a_bare_request_asks_for_nothing() {
    let found = read(&query("response_type=code&state=&prompt=&max_age=")).expect("reads");
    assert_eq!((found.address.state(), found.address.response_mode()), (None, ResponseMode::Query));
    assert_eq!((found.prompt, found.max_age, found.scope), (Prompt::AS_NEEDED, None, None));
    assert!(found.targets.is_empty() && found.code_challenge.is_none());
}

#[test]
fn debug_shows_neither_state_nor_person() {
    let text = query("response_type=code&state=sesame&nonce=sesame&login_hint=sesame&id_token_hint=sesame");
    let claim = AuthorizeClaim::parse(text.as_bytes()).expect("parses");
    let request = read(&text).expect("reads");
    let error = request.address.clone().refuse(Refusal::new(ErrorCode::AccessDenied, "no"));
    let answer = request.address.grant("sesame", ISSUER);
    let shown = format!("{claim:?} {:?} {request:?} {error:?} {answer:?}", prove(&text));
    assert!(!shown.contains("sesame"), "{shown}");
}

/// What is wrong here has no address, so it can only be shown to the person.
#[test]
fn what_is_not_proved_is_never_redirected() {
    let long_client = format!("client_id={}&redirect_uri={CLIENT}", "a".repeat(256));
    let long_uri = format!("client_id=a&redirect_uri=https://a.example/{}", "a".repeat(2_048));
    let long = format!("{}{}", query("state="), "a".repeat(AuthorizeClaim::MAX));
    let many = query(&"resource=a&".repeat(63));
    for (section, query) in [
        ("RFC 6749 §4.1.1, client_id is required", "response_type=code"),
        ("RFC 6749 §4.1.1, client_id is required", "client_id=&redirect_uri=https://a.example/other"),
        ("RFC 6749 §3.1, once each", "client_id=a&client_id=a&redirect_uri=https://a.example/other"),
        ("RFC 6749 §3.1, once each", "client_id=a&client%5Fid=b&redirect_uri=https://a.example/other"),
        (
            "RFC 6749 §3.1, once each",
            "client_id=a&redirect_uri=https://a.example/other&redirect_uri=https://evil.example/",
        ),
        (
            "RFC 6749 §3.1, once each",
            "client_id=a&redirect_uri=https://a.example/other&redirect_uri=https://a.example/other",
        ),
        ("RFC 6749 Appendix B", "client_id=%ff&redirect_uri=https://a.example/other"),
        ("RFC 6749 Appendix B", "client_id=a&redirect_uri=https://a.example/other%"),
        ("RFC 6749 Appendix A.1", "client_id=a%0A&redirect_uri=https://a.example/other"),
        ("RFC 6749 §3.1.2, absolute", "client_id=a&redirect_uri=/other"),
        ("RFC 6749 §3.1.2, absolute", "client_id=a&redirect_uri=//a.example/other"),
        ("RFC 6749 §3.1.2, no fragment", "client_id=a&redirect_uri=https://a.example/other%23x"),
        ("RFC 6749 §3.1.2.3, registered", "client_id=a&redirect_uri=https://evil.example/"),
        ("RFC 6749 §3.1.2.3, registered", "client_id=a&redirect_uri=https://a.example/other/"),
        ("RFC 6749 §3.1.2.3, registered", "client_id=a&redirect_uri=https://a.example/other?x=y"),
        ("RFC 6749 §3.1.2.3, registered", "client_id=a&redirect_uri=HTTPS://a.example/other"),
        ("RFC 6749 §3.1.2.3, one of several", "client_id=a&response_type=code"),
        ("RFC 9110 §5.5, no header of its own", "client_id=a&redirect_uri=https://a.example/other%0D%0AX:y"),
        ("a length", &long_client),
        ("a length", &long_uri),
        ("a length", &long),
        ("a length", &many),
    ] {
        let refusal = prove(query).expect_err(query);
        assert_eq!(refusal.code(), ErrorCode::InvalidRequest, "{section}: {query}");
    }
}

#[test]
fn the_only_uri_need_not_be_named_save_by_openid_connect() {
    let only = [Exactly("https://a.example/cb")];
    let prove = |query: &str, registered: &[Exactly]| {
        AuthorizeClaim::parse(query.as_bytes()).and_then(|claim| claim.prove(registered))
    };
    let found =
        prove("client_id=a&redirect_uri=&response_type=code&scope=a", &only).expect("is the only one");
    let address = found.return_address();
    assert_eq!(address.redirect_uri(), "https://a.example/cb");
    assert_eq!(address.requested_redirect_uri(), None);
    for (section, query, registered) in [
        ("OIDC Core §3.1.2.1", "client_id=a&scope=a+openid", &only[..]),
        (
            "RFC 6749 §3.1",
            "client_id=a&redirect_uri=https://a.example/cb&redirect_uri=https://a.example/cb",
            &only,
        ),
        ("RFC 6749 §3.1.2.3", "client_id=a", &REGISTERED),
        ("RFC 6749 §3.1.2.4", "client_id=a", &[]),
        ("RFC 6749 §3.1.2", "client_id=a", &[Exactly("https://a.example/#x")]),
    ] {
        assert!(prove(query, registered).is_err(), "{section}: {query}");
    }
}

#[test]
fn the_rest_is_refused_at_the_proved_address() {
    let long = |name: &str, length: usize| format!("response_type=code&{name}={}", "x".repeat(length));
    let code = |more: &str| format!("response_type=code&{more}");
    for (section, more, expected) in [
        ("RFC 6749 §3.1.1", "scope=a".to_owned(), "invalid_request"),
        ("RFC 6749 §3.1.1", "response_type=token".to_owned(), "unsupported_response_type"),
        ("RFC 6749 §3.1.1", "response_type=code+id_token".to_owned(), "unsupported_response_type"),
        ("RFC 6749 §3.1.1", "response_type=Code".to_owned(), "unsupported_response_type"),
        ("RFC 6749 §3.1", "response_type=code&response_type=code".to_owned(), "invalid_request"),
        ("RFC 6749 §3.1", code("state=a&state=a"), "invalid_request"),
        ("RFC 6749 §3.1", code("scope=a&sc%6Fpe=b"), "invalid_request"),
        ("RFC 6749 §3.1", code("code_challenge=a&code_challenge=b"), "invalid_request"),
        ("RFC 6749 §3.1", code("display=page&display=page"), "invalid_request"),
        ("RFC 6749 §3.1", code("unknown=1&unknown=1"), "invalid_request"),
        ("RFC 6749 §3.3", code("scope=a++b"), "invalid_scope"),
        ("RFC 6749 §3.3", code("scope=%22"), "invalid_scope"),
        ("RFC 6749 Appendix A.5", code("state=a%0Db"), "invalid_request"),
        ("RFC 6749 Appendix B", code("state=%ff"), "invalid_request"),
        ("RFC 6749 Appendix B", code("%ff=a"), "invalid_request"),
        ("RFC 7636 §4.4.1", code(&format!("code_challenge={CHALLENGE}")), "invalid_request"),
        (
            "RFC 7636 §4.4.1",
            code(&format!("code_challenge={CHALLENGE}&code_challenge_method=plain")),
            "invalid_request",
        ),
        ("RFC 7636 §4.2", code("code_challenge=short&code_challenge_method=S256"), "invalid_request"),
        ("RFC 7636 §4.3", code("code_challenge_method=S256"), "invalid_request"),
        ("RFC 8707 §2.1", code("resource=/relative"), "invalid_target"),
        ("RFC 8707 §2.1", code("resource=https://a.example/%23x"), "invalid_target"),
        ("OIDC Core §3.1.2.1", code("prompt=none+login"), "invalid_request"),
        ("OIDC Core §3.1.2.1", code("prompt=dance"), "invalid_request"),
        ("OIDC Core §3.1.2.1", code("max_age=-1"), "invalid_request"),
        ("OIDC Core §3.1.2.1", code("max_age=%2B1"), "invalid_request"),
        ("OIDC Core §3.1.2.1", code("max_age=1.5"), "invalid_request"),
        ("OIDC Core §3.1.2.1", code("max_age=4294967296"), "invalid_request"),
        ("OIDC Core §3.1.2.6", code("request=a.b.c"), "request_not_supported"),
        ("OIDC Core §3.1.2.6", "request=a.b.c".to_owned(), "request_not_supported"),
        ("OIDC Core §3.1.2.6", code("request_uri=urn:x"), "request_uri_not_supported"),
        ("OIDC Core §3.1.2.6", code("registration=%7B%7D"), "registration_not_supported"),
        ("OAuth 2.0 Multiple Response Types §2.1", code("response_mode=fragment"), "invalid_request"),
        ("OAuth 2.0 Multiple Response Types §2.1", code("response_mode=jwt"), "invalid_request"),
        ("a length", long("state", 4_097), "invalid_request"),
        ("a length", long("nonce", 513), "invalid_request"),
        ("a length", long("login_hint", 513), "invalid_request"),
        ("a length", long("id_token_hint", 8_193), "invalid_request"),
        ("a length", long("scope", 256), "invalid_scope"),
        ("a length", long("resource", 2_049), "invalid_target"),
    ] {
        let error = refused(&more);
        assert_eq!(error.refusal().code().as_str(), expected, "{section}: {more}");
        let location = location(error.answer(ISSUER));
        assert!(location.starts_with("https://a.example/cb?x=%26&error="), "{section}: {location}");
    }
}

#[test]
fn an_error_repeats_what_can_be_repeated() {
    let long = format!("state={}", "x".repeat(4_097));
    for (more, state) in [
        ("state=a+b&prompt=dance", Some("a b")),
        ("state=a&response_mode=fragment", Some("a")),
        ("response_mode=query&response_mode=form_post&state=a", Some("a")),
        ("state=a&state=a", None),
        ("state=%", None),
        (&long, None),
    ] {
        let found = members(&location(refused(&format!("response_type=code&{more}")).answer(ISSUER)));
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        let echoed = found.iter().find(|(name, _)| name == "state").map(|(_, value)| value.as_str());
        assert_eq!(echoed, state, "{more}");
        let expected: &[&str] = match state {
            Some(_) => &["x", "error", "error_description", "state", "iss"],
            None => &["x", "error", "error_description", "iss"],
        };
        assert_eq!(names, expected, "{more}");
    }
}

#[test]
fn a_code_is_answered_with_state_and_issuer() {
    let by_query = read(&query("response_type=code&state=%C3%A9+%26code%3Dx")).expect("reads");
    assert_eq!(
        location(by_query.address.grant("c/1", ISSUER)),
        "https://a.example/cb?x=%26&code=c%2F1&state=%C3%A9%20%26code%3Dx&iss=https%3A%2F%2Fid.example%2Ft%2Fone"
    );
    let by_form = read(&query("response_type=code&state=a&response_mode=form_post")).expect("reads").address;
    let fields = |pairs: &[(&'static str, &str)]| AuthorizeAnswer::FormPost {
        action: CLIENT.to_owned(),
        fields: pairs.iter().map(|&(name, value)| (name, value.to_owned())).collect(),
    };
    assert_eq!(by_form.grant("c", ISSUER), fields(&[("code", "c"), ("state", "a"), ("iss", ISSUER)]));
    let error = by_form.refuse(Refusal::new(ErrorCode::LoginRequired, "nobody is signed in"));
    let expected = [
        ("error", "login_required"),
        ("error_description", "nobody is signed in"),
        ("state", "a"),
        ("iss", ISSUER),
    ];
    assert_eq!(error.answer(ISSUER), fields(&expected));
}

/// Requests with values from anywhere for parameters that we know.
fn any_query() -> impl Strategy<Value = String> {
    let known = [
        "response_type",
        "response_mode",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "prompt",
        "max_age",
        "login_hint",
        "ui_locales",
        "acr_values",
        "id_token_hint",
        "resource",
        "audience",
        "request",
    ];
    let value = prop_oneof![
        any::<String>(),
        "[a-z:&=%+#/ ]{0,20}",
        prop::sample::select(vec![
            "none",
            "login consent",
            "form_post",
            "0",
            "de en",
            "a b",
            "https://a.example/"
        ])
        .prop_map(str::to_owned),
    ];
    let pairs = prop::collection::vec((prop::sample::select(known.to_vec()), value), 0..6);
    pairs.prop_map(|pairs| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("client_id", "app_1").append_pair("redirect_uri", CLIENT);
        form.append_pair("response_type", "code").extend_pairs(pairs).finish()
    })
}

/// Without control characters.
const TEXT: &str = "[ -~é€😀]{1,20}";

/// Requests that are in order, with any of the parameters.
fn sound_query() -> impl Strategy<Value = String> {
    let sound = [
        ("response_mode", "query|form_post"),
        ("scope", "[!#-\\[\\]-~]{1,9}( [!#-\\[\\]-~]{1,9}){0,3}"),
        ("state", TEXT),
        ("nonce", TEXT),
        ("prompt", "none|(login )?(consent )?(select_account)?"),
        ("max_age", "[0-9]{1,9}"),
        ("login_hint", TEXT),
        ("id_token_hint", "[A-Za-z0-9._-]{1,40}"),
        ("resource", "[a-z]{1,9}:[!-\"$-~&&[^\"<>\\\\^`{|}%]]{1,9}"),
        ("audience", TEXT),
    ];
    let values =
        sound.map(|(name, value)| prop::option::of(value.prop_map(move |value| (name, value)))).to_vec();
    let challenge = prop::option::of(Just(("code_challenge", CHALLENGE)));
    (values, challenge).prop_map(|(values, challenge)| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("client_id", "app_1").append_pair("redirect_uri", CLIENT);
        form.append_pair("response_type", "code").extend_pairs(values.into_iter().flatten());
        form.extend_pairs(challenge)
            .extend_pairs(challenge.map(|_| ("code_challenge_method", "S256")))
            .finish()
    })
}

proptest! {
    #[test]
    fn what_is_printed_parses_again(query in sound_query()) {
        let request = read(&query).expect("a request in order");
        prop_assert_eq!(&read(&request.to_query()), &Ok(request));
    }

    #[test]
    fn an_answer_holds_its_members_and_no_others(query in prop_oneof![any_query(), sound_query()], code in any::<String>()) {
        let address = prove(&query).expect("a registered URI").return_address();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut expected = vec![pair("code", &code)];
        expected.extend(address.state().map(|state| pair("state", state)));
        expected.push(pair("iss", ISSUER));
        match address.grant(&code, ISSUER) {
            AuthorizeAnswer::Redirect { location } => {
                let rest = location.strip_prefix(CLIENT).expect("goes to the client");
                prop_assert!(rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'));
                expected.insert(0, pair("x", "&"));
                prop_assert_eq!(members(&location), expected);
            }
            AuthorizeAnswer::FormPost { action, fields } => {
                prop_assert_eq!(action, CLIENT);
                let fields: Vec<_> = fields.iter().map(|(name, value)| pair(name, value)).collect();
                prop_assert_eq!(fields, expected);
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic_or_lead_astray(raw in any::<Vec<u8>>(), query in any_query()) {
        let glued = [query.as_bytes(), b"&", &raw].concat();
        for bytes in [&raw, &glued] {
            let proved = AuthorizeClaim::parse(bytes).and_then(|claim| claim.prove(&REGISTERED));
            if let Ok(Err(error)) = proved.map(ProvedClaim::read) {
                let address = error.address().redirect_uri().to_owned();
                prop_assert!(REGISTERED.iter().any(|known| known.0 == address));
            }
        }
    }
}
