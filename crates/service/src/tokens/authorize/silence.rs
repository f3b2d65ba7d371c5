//! Whether a browser may be sent back without a word to the person.

use appkeep_domain::ApplicationKind;
use appkeep_oauth::AuthorizeRequest;

use super::Asker;

/// A native application proves who it is by an `https` address of its own, and
/// by nothing else: at a loopback address or a scheme, any program on the
/// machine can listen, and would get a code because the person signed in or
/// agreed before (RFC 8252 §8.6). There a page comes first that names the
/// application, whoever owns it and whatever was allowed.
pub(super) fn may_be_silent(asker: &Asker, request: &AuthorizeRequest) -> bool {
    may_be_silent_at(asker.application.kind, request.address.redirect_uri())
}

fn may_be_silent_at(kind: ApplicationKind, redirect_uri: &str) -> bool {
    kind != ApplicationKind::Native || redirect_uri.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_any_program_can_listen_there_is_a_page() {
        use ApplicationKind::{Native, Server, Spa};
        for (kind, redirect_uri, silent) in [
            (Native, "http://127.0.0.1:49152/callback", false),
            (Native, "http://[::1]/callback", false),
            (Native, "com.example.shop:/callback", false),
            (Native, "https://shop.example/callback", true),
            // A page of a website is where its address says, and a server has a secret.
            (Spa, "http://localhost:3000/callback", true),
            (Server, "http://127.0.0.1:8080/callback", true),
        ] {
            assert_eq!(may_be_silent_at(kind, redirect_uri), silent, "{kind:?} {redirect_uri}");
        }
    }
}
