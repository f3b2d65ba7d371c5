//! A redirect URI, as somebody registers it and as somebody asks for it.

#![no_main]

use appkeep_domain::RedirectUri;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, &str, &str)| {
    let (native, registered, requested) = input;
    let Ok(uri) = RedirectUri::parse(registered, native) else { return };
    assert_eq!(uri.as_str(), registered, "what was registered is kept as it was");
    assert!(uri.matches(registered), "it matches itself");
    assert!(!registered.contains(['*', '#', '\r', '\n', ' ']), "no wildcard, fragment or control");
    if uri.matches(requested) {
        // RFC 8252 §7.3: only the port of a loopback address may differ.
        assert!(requested == registered || RedirectUri::parse(requested, native).is_ok());
    }
});
