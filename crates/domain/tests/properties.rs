//! What holds for every input, tried with many.

use appkeep_domain::{ApplicationId, InvalidRedirectUri, Name, Origin, RedirectUri, Slug, fold};
use proptest::prelude::*;

/// Texts made of the pieces that redirect URIs are attacked with.
fn like_a_uri() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "https://",
        "http://",
        "com.example.app:",
        "javascript:",
        "127.0.0.1",
        "[::1]",
        "localhost",
        "a.example",
        "@",
        ":",
        "/",
        "\\",
        "#",
        "?",
        "*",
        "%00",
        "8080",
        ".",
        "..",
        "\n",
        "é",
        " ",
        "",
    ]);
    prop::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn an_accepted_redirect_uri_is_safe_to_send_a_code_to(raw in like_a_uri(), native: bool) {
        if let Ok(uri) = RedirectUri::parse(&raw, native) {
            prop_assert_eq!(uri.as_str(), &raw);
            prop_assert!(uri.matches(&raw));
            prop_assert!(raw.bytes().all(|byte| byte.is_ascii_graphic() && !b"*#\\".contains(&byte)));
            let lower = raw.to_lowercase();
            let ours = ["http://127.0.0.1", "http://[::1]", "http://localhost"];
            prop_assert!(
                lower.starts_with("https://") || ours.iter().any(|start| lower.starts_with(start)) || native
            );
        }
    }

    #[test]
    fn only_a_native_application_gains_by_being_native(raw in like_a_uri()) {
        let refused = RedirectUri::parse(&raw, false);
        if RedirectUri::parse(&raw, true) != refused {
            prop_assert_eq!(refused, Err(InvalidRedirectUri::NativeOnly));
        }
    }

    #[test]
    fn what_differs_beyond_a_port_does_not_match(registered in like_a_uri(), requested in like_a_uri()) {
        if let Ok(uri) = RedirectUri::parse(&registered, true)
            && uri.matches(&requested)
            && registered != requested
        {
            let loopback = |text: &str| text.starts_with("http://127.0.0.1") || text.starts_with("http://[::1]");
            prop_assert!(loopback(&registered) && loopback(&requested), "{registered} {requested}");
            prop_assert!(!requested.contains('@'));
        }
    }

    #[test]
    fn an_origin_is_printed_as_it_was_read(raw in like_a_uri()) {
        if let Ok(origin) = Origin::parse(&raw) {
            prop_assert_eq!(origin.as_str(), &raw);
            prop_assert!(!raw.ends_with('/'));
        }
    }

    #[test]
    fn an_id_is_read_in_every_spelling(bytes: [u8; 16]) {
        let id = ApplicationId::from_bytes(bytes);
        for spelling in [id.to_string(), id.to_string().to_lowercase(), id.to_uuid(), format!("app_{}", id.to_uuid())] {
            prop_assert_eq!(ApplicationId::parse(&spelling), Ok(id));
        }
    }

    #[test]
    fn no_text_makes_the_parsers_panic(raw in ".*") {
        let _ = (ApplicationId::parse(&raw), RedirectUri::parse(&raw, true), Origin::parse(&raw), Slug::parse(&raw));
        prop_assert_eq!(fold(&fold(&raw)), fold(&raw));
    }

    #[test]
    fn every_name_suggests_a_slug(raw in ".{1,300}") {
        if let Ok(name) = Name::parse(&raw) {
            let slug = Slug::suggest(&name, Some("k3v9"));
            prop_assert_eq!(Slug::parse(slug.as_str()), Ok(slug));
        }
    }
}
