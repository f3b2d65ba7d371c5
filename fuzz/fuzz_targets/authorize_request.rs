//! What a browser brings to the authorization endpoint and to the logout
//! endpoint: anybody can make it follow a link.

#![no_main]

use appkeep_domain::RedirectUri;
use appkeep_oauth::{AuthorizeAnswer, AuthorizeClaim, AuthorizeRequest, Form, LogoutRequest, ReturnAddress};
use libfuzzer_sys::fuzz_target;

const ISSUER: &str = "https://id.example";

fuzz_target!(|input: (&str, &[u8])| {
    let (registered, parameters) = input;
    let registered = RedirectUri::parse(registered, true).ok();
    if let Ok(request) = Form::parse(parameters).and_then(|form| LogoutRequest::parse(&form)) {
        let location = request.location(&registered);
        assert!(location.is_none_or(|location| is_header(&location) && request.wants_return()));
    }
    match read(parameters, registered.as_ref()) {
        None => {}
        Some(Err(address)) => answer(&address, "none"),
        Some(Ok(request)) => {
            answer(&request.address, "a&b=c d");
            let again = request.to_query();
            if again.len() <= AuthorizeClaim::MAX {
                let read = read(again.as_bytes(), registered.as_ref());
                assert_eq!(read, Some(Ok(request)), "what is printed parses again");
            }
        }
    }
});

/// The request, or where to say that it is refused; nothing without an address.
fn read(
    parameters: &[u8],
    registered: Option<&RedirectUri>,
) -> Option<Result<AuthorizeRequest, ReturnAddress>> {
    let claim = AuthorizeClaim::parse(parameters).ok()?;
    let requested = claim.redirect_uri().map(str::to_owned);
    let proved = claim.prove(registered).ok()?;
    let uri = registered.expect("nothing is proved by nothing");
    let address = proved.return_address();
    assert_eq!(address.requested_redirect_uri(), requested.as_deref());
    assert!(uri.matches(address.redirect_uri()), "no browser is sent anywhere else");
    Some(proved.read().map_err(|error| error.address().clone()))
}

/// Adds its members to the address, and nothing else.
fn answer(address: &ReturnAddress, code: &str) {
    let members = [("code", Some(code)), ("state", address.state()), ("iss", Some(ISSUER))];
    let members = members.into_iter().filter_map(|(name, value)| Some((name, value?)));
    match address.grant(code, ISSUER) {
        AuthorizeAnswer::Redirect { location } => {
            assert!(is_header(&location));
            let added = location.strip_prefix(address.redirect_uri()).expect("it goes to the address");
            let added = Form::parse(added.trim_start_matches('?').as_bytes()).expect("we print what we read");
            assert!(added.iter().eq(members));
        }
        AuthorizeAnswer::FormPost { action, fields } => {
            assert_eq!(action, address.redirect_uri());
            assert!(fields.iter().map(|(name, value)| (*name, value.as_str())).eq(members));
        }
    }
}

fn is_header(location: &str) -> bool {
    location.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
}
