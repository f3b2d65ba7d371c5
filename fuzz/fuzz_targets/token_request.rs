//! A request to the token endpoint: a header, and a body.

#![no_main]

use appkeep_oauth::{ClientAuthentication, Form, TokenQuery, TokenRequest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Option<&str>, &[u8])| {
    let (authorization, body) = input;
    let Ok(form) = Form::parse(body) else { return };
    assert!(form.iter().count() <= Form::MAX_PARAMETERS);
    assert!(form.iter().all(|(_, value)| !value.is_empty()), "one without a value counts as omitted");
    if let Ok(client) = ClientAuthentication::read(authorization, &form) {
        assert_ne!(client.client_id(), Some(""));
        let _ = client.method();
    }
    if let Ok(request) = TokenRequest::parse(&form) {
        assert_eq!(form.get("grant_type"), Some(request.grant_type().as_str()));
    }
    let _ = TokenQuery::parse(&form);
});
