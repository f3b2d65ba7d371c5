//! From what an application says of itself (RFC 7591 §2) to what it is here.

use std::fmt::Display;

use appkeep_domain::ApplicationKind;
use appkeep_domain::registration::SaidOfClient;

use crate::error::ErrorCode;
use crate::registry::draft::https_url;
use crate::registry::faults::{Faults, invalid_field};
use crate::registry::fields::{ApplicationFields, Edit};

const CODE: &str = "authorization_code";
const REFRESH: &str = "refresh_token";
const ALONE: &str = "client_credentials";
/// What it has that names none.
const DEFAULT_METHOD: &str = "client_secret_basic";
const PUBLIC: &str = "none";
const MAX_CONTACTS: usize = 20;
/// Longest text that is kept and not looked into, in characters.
const MAX_TEXT: usize = 255;

/// What an application says of itself, as it was sent. What is not here is
/// nothing that there is, and was passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientMetadata {
    pub redirect_uris: Option<Vec<String>>,
    pub post_logout_redirect_uris: Option<Vec<String>>,
    pub token_endpoint_auth_method: Option<String>,
    pub grant_types: Option<Vec<String>>,
    pub response_types: Option<Vec<String>>,
    /// `web` or `native` (OpenID Connect Dynamic Client Registration 1.0 §2).
    pub application_type: Option<String>,
    pub client_name: Option<String>,
    pub client_uri: Option<String>,
    pub logo_uri: Option<String>,
    /// With a space between each.
    pub scope: Option<String>,
    pub contacts: Option<Vec<String>>,
    pub tos_uri: Option<String>,
    pub policy_uri: Option<String>,
    /// A JWK Set as JSON.
    pub jwks: Option<String>,
    pub jwks_uri: Option<String>,
    pub software_id: Option<String>,
    pub software_version: Option<String>,
    pub id_token_signed_response_alg: Option<String>,
}

/// The same in the words of the registry: every field is said, so that nothing
/// is left of what stood before.
pub(super) struct Asked {
    pub(super) kind: ApplicationKind,
    pub(super) fields: ApplicationFields,
    pub(super) said: SaidOfClient,
}

impl ClientMetadata {
    /// `is_trusted` says whether somebody let it in: only such a one gets tokens
    /// in its own name, which nobody consents to.
    pub(super) fn read(&self, is_trusted: bool, faults: &mut Faults) -> Asked {
        let grants = self.grants();
        self.check_grants(&grants, is_trusted, faults);
        self.check_responses(&grants, faults);
        let kind = self.kind(&grants, faults);
        let fields = ApplicationFields {
            name: self.client_name.clone(),
            logo_url: edit(self.logo_uri.as_ref()),
            redirect_uris: Some(self.redirect_uris.clone().unwrap_or_default()),
            post_logout_redirect_uris: Some(self.post_logout_redirect_uris.clone().unwrap_or_default()),
            allowed_scopes: Some(self.scopes(&grants)),
            grant_types: Some(grants),
            token_endpoint_auth_method: Some(self.method().to_owned()),
            jwks: edit(self.jwks.as_ref()),
            jwks_uri: edit(self.jwks_uri.as_ref()),
            id_token_signing_alg: edit(self.id_token_signed_response_alg.as_ref()),
            ..ApplicationFields::default()
        };
        Asked { kind, fields, said: self.said(faults) }
    }

    fn method(&self) -> &str {
        self.token_endpoint_auth_method.as_deref().unwrap_or(DEFAULT_METHOD)
    }

    fn grants(&self) -> Vec<String> {
        self.grant_types.clone().unwrap_or_else(|| vec![CODE.to_owned()])
    }

    fn check_grants(&self, grants: &[String], is_trusted: bool, faults: &mut Faults) {
        let offered = |grant: &str| matches!(grant, CODE | REFRESH) || (is_trusted && grant == ALONE);
        for grant in grants.iter().filter(|grant| !offered(grant)) {
            let message = match grant.as_str() {
                ALONE => format!("`{ALONE}` is for whoever brings an initial access token"),
                other => format!("`{other}` is not for an application that registers itself"),
            };
            faults.add("grant_types", ErrorCode::InvalidField, message);
        }
        let is_sent_back = grants.iter().any(|grant| grant == CODE);
        if is_sent_back && self.redirect_uris.as_ref().is_none_or(Vec::is_empty) {
            faults.add("redirect_uris", ErrorCode::RedirectUriInvalid, "is required");
        }
    }

    /// RFC 7591 §2.1: the two go together.
    fn check_responses(&self, grants: &[String], faults: &mut Faults) {
        let Some(responses) = &self.response_types else { return };
        if let Some(other) = responses.iter().find(|response| *response != "code") {
            let message = format!("`{other}` is not offered here; `code` is");
            faults.add("response_types", ErrorCode::InvalidField, message);
        }
        let (answers, asks) =
            (responses.iter().any(|response| response == "code"), grants.iter().any(|grant| grant == CODE));
        if answers != asks {
            let message = format!("`code` and the grant type `{CODE}` go together");
            faults.add("response_types", ErrorCode::InvalidField, message);
        }
    }

    /// Whoever proves nothing and is sent back by a scheme of its own, or to the
    /// machine itself, is on a person's device.
    fn kind(&self, grants: &[String], faults: &mut Faults) -> ApplicationKind {
        if let Some(other) =
            self.application_type.as_deref().filter(|word| !matches!(*word, "web" | "native"))
        {
            let message = format!("`{other}` is neither web nor native");
            faults.add("application_type", ErrorCode::InvalidField, message);
        }
        let is_elsewhere =
            |uri: &String| !uri.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
        let is_native = match self.application_type.as_deref() {
            Some(word) => word == "native",
            None => self.redirect_uris.iter().flatten().any(is_elsewhere),
        };
        match (self.method() == PUBLIC, is_native) {
            (true, true) => ApplicationKind::Native,
            (true, false) => ApplicationKind::Spa,
            (false, _) if grants.iter().all(|grant| grant == ALONE) => ApplicationKind::M2m,
            (false, _) => ApplicationKind::Server,
        }
    }

    /// Where none is named: who the person is, and, where it refreshes, while they
    /// are away.
    fn scopes(&self, grants: &[String]) -> Vec<String> {
        let has = |wanted: &str| grants.iter().any(|grant| grant == wanted);
        let usual = || {
            let of_people = has(CODE).then_some("openid profile email");
            let away = (has(CODE) && has(REFRESH)).then_some("offline_access");
            of_people.into_iter().chain(away).collect::<Vec<_>>().join(" ")
        };
        let named = self.scope.clone().unwrap_or_else(usual);
        named.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
    }

    fn said(&self, faults: &mut Faults) -> SaidOfClient {
        let [client_uri, policy_uri, tos_uri] =
            [("client_uri", &self.client_uri), ("policy_uri", &self.policy_uri), ("tos_uri", &self.tos_uri)]
                .map(|(field, named)| kept(field, named.as_ref(), https_url, faults));
        let contacts = self.contacts.as_deref().unwrap_or_default();
        let contacts = faults.each(("contacts", MAX_CONTACTS), contacts, parse_text, invalid_field);
        let software_id = kept("software_id", self.software_id.as_ref(), parse_text, faults);
        let software_version = kept("software_version", self.software_version.as_ref(), parse_text, faults);
        SaidOfClient {
            client_uri,
            policy_uri,
            tos_uri,
            contacts,
            software_id,
            software_version,
            ..SaidOfClient::default()
        }
    }
}

/// RFC 7592 §2.2: what is left out is taken away.
fn edit(named: Option<&String>) -> Edit<String> {
    named.cloned().map_or(Edit::Clear, Edit::Set)
}

fn kept<E: Display>(
    field: &str,
    named: Option<&String>,
    parse: impl Fn(&str) -> Result<String, E>,
    faults: &mut Faults,
) -> Option<String> {
    named.and_then(|raw| faults.take(field, parse(raw)))
}

fn parse_text(raw: &str) -> Result<String, String> {
    match raw.chars().count() {
        0 => Err("is empty".to_owned()),
        long if long > MAX_TEXT => Err(format!("is longer than {MAX_TEXT} characters")),
        _ if raw.chars().any(char::is_control) => Err("contains a control character".to_owned()),
        _ => Ok(raw.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(method: Option<&str>, grants: &[&str], uris: &[&str]) -> ClientMetadata {
        let texts = |all: &[&str]| Some(all.iter().map(ToString::to_string).collect());
        ClientMetadata {
            token_endpoint_auth_method: method.map(str::to_owned),
            grant_types: texts(grants).filter(|all: &Vec<String>| !all.is_empty()),
            redirect_uris: texts(uris),
            ..ClientMetadata::default()
        }
    }

    #[test]
    fn what_an_application_is_follows_from_how_it_proves_itself_and_where_it_is() {
        let https = "https://app.example/cb";
        for (method, grants, uri, kind) in [
            (None, &[][..], https, ApplicationKind::Server),
            (None, &[], "http://localhost:3000/cb", ApplicationKind::Server),
            (Some("client_secret_post"), &[CODE, ALONE], https, ApplicationKind::Server),
            (Some("private_key_jwt"), &[ALONE], https, ApplicationKind::M2m),
            (Some(PUBLIC), &[], https, ApplicationKind::Spa),
            (Some(PUBLIC), &[], "HTTPS://app.example/cb", ApplicationKind::Spa),
            (Some(PUBLIC), &[], "http://127.0.0.1/cb", ApplicationKind::Native),
            (Some(PUBLIC), &[], "com.example.app:/cb", ApplicationKind::Native),
        ] {
            let said = metadata(method, grants, &[uri]);
            assert_eq!(said.read(true, &mut Faults::default()).kind, kind, "{said:?}");
        }
        let native = Some("native".to_owned());
        let said = ClientMetadata { application_type: native, ..metadata(Some(PUBLIC), &[], &[https]) };
        assert_eq!(said.read(true, &mut Faults::default()).kind, ApplicationKind::Native);
    }

    #[test]
    fn whoever_names_no_scope_learns_who_somebody_is() {
        for (grants, scopes) in [
            (&[][..], "openid profile email"),
            (&[CODE, REFRESH], "openid profile email offline_access"),
            (&[ALONE], ""),
        ] {
            let said = metadata(None, grants, &["https://app.example/cb"]);
            let asked = said.read(true, &mut Faults::default()).fields.allowed_scopes.unwrap_or_default();
            assert_eq!(asked.join(" "), scopes, "{grants:?}");
        }
    }

    #[test]
    fn grants_and_responses_fit_together() {
        for (grants, responses, trusted, good) in [
            (&[][..], None, false, true),
            (&[CODE, REFRESH], Some(&["code"][..]), false, true),
            (&[CODE], Some(&["token"]), false, false),
            (&[CODE], Some(&["code", "id_token"]), false, false),
            (&[CODE], Some(&[]), false, false),
            (&[ALONE], Some(&["code"]), true, false),
            (&[ALONE], Some(&[]), true, true),
            (&[ALONE], None, false, false),
            (&["implicit"], None, true, false),
            (&["urn:ietf:params:oauth:grant-type:token-exchange"], None, true, false),
        ] {
            let said = metadata(None, grants, &["https://app.example/cb"]);
            let response_types = responses.map(|all| all.iter().map(ToString::to_string).collect());
            let mut faults = Faults::default();
            ClientMetadata { response_types, ..said }.read(trusted, &mut faults);
            assert_eq!(faults.check().is_ok(), good, "{grants:?} {responses:?}");
        }
    }
}
