//! The OAuth facet of a draft.

use appkeep_domain::{
    ApplicationKind, ClientKeys, InvalidOrigin, InvalidRedirectUri, OauthFacet, Origin, RedirectUri,
    SigningAlgorithm,
};
use appkeep_keys::JwkSet;
use appkeep_oauth::{ClientAuthMethod, GrantType, ResourceIndicator, Scope};

use super::draft::{edit, https_url};
use super::faults::{Faults, invalid_field};
use super::fields::{ApplicationFields, Edit};
use crate::error::ErrorCode;

const MAX_REDIRECT_URIS: usize = 100;
const MAX_ORIGINS: usize = 100;
const MAX_SCOPES: usize = 200;
const MAX_RESOURCES: usize = 50;
const MAX_AUDIENCE: usize = 1_024;

/// Changes the facet as the fields say; `None` is a kind without the facet.
pub(super) fn apply(
    kind: ApplicationKind,
    facet: Option<&mut OauthFacet>,
    fields: &ApplicationFields,
    faults: &mut Faults,
) {
    let Some(facet) = facet else { return refuse_all(kind, fields, faults) };
    addresses(kind, facet, fields, faults);
    scopes(facet, fields, faults);
    lifetimes(facet, fields, faults);
    grants(kind, facet, fields, faults);
    authentication(kind, facet, fields, faults);
    edit(&mut facet.audience, "audience", &fields.audience, faults, parse_audience);
    resources(facet, fields, faults);
    algorithms(facet, fields, faults);
    facet.first_party = fields.first_party.unwrap_or(facet.first_party);
    facet.assignment_required = fields.assignment_required.unwrap_or(facet.assignment_required);
}

fn algorithms(facet: &mut OauthFacet, fields: &ApplicationFields, faults: &mut Faults) {
    for (algorithm, field, named) in [
        (&mut facet.access_token_signing_alg, "access_token_signing_alg", &fields.access_token_signing_alg),
        (&mut facet.id_token_signing_alg, "id_token_signing_alg", &fields.id_token_signing_alg),
    ] {
        edit(algorithm, field, named, faults, |raw| {
            SigningAlgorithm::parse(raw).map_err(|reason| format!("is {reason}"))
        });
    }
}

/// A field that says nothing, such as an empty list, may stand there.
fn refuse_all(kind: ApplicationKind, fields: &ApplicationFields, faults: &mut Faults) {
    let is_list = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.is_empty());
    let is_set = |edit: &Edit<String>| matches!(edit, Edit::Set(_));
    for (field, named) in [
        ("redirect_uris", is_list(&fields.redirect_uris)),
        ("post_logout_redirect_uris", is_list(&fields.post_logout_redirect_uris)),
        ("allowed_origins", is_list(&fields.allowed_origins)),
        ("allowed_scopes", is_list(&fields.allowed_scopes)),
        ("audience", is_set(&fields.audience)),
        ("allowed_resources", is_list(&fields.allowed_resources)),
        ("access_token_ttl_s", fields.access_token_ttl_s.is_some()),
        ("refresh_token_ttl_s", fields.refresh_token_ttl_s.is_some()),
        ("refresh_token_max_age_s", fields.refresh_token_max_age_s.is_some()),
        ("grant_types", is_list(&fields.grant_types)),
        ("token_endpoint_auth_method", fields.token_endpoint_auth_method.is_some()),
        ("jwks", is_set(&fields.jwks)),
        ("jwks_uri", is_set(&fields.jwks_uri)),
        ("require_pkce", fields.require_pkce.is_some()),
        ("access_token_signing_alg", is_set(&fields.access_token_signing_alg)),
        ("id_token_signing_alg", is_set(&fields.id_token_signing_alg)),
        ("first_party", fields.first_party.is_some()),
        ("assignment_required", fields.assignment_required.is_some()),
    ] {
        if named {
            faults.add(field, ErrorCode::InvalidField, format!("a {} application has none", kind.as_str()));
        }
    }
}

fn addresses(kind: ApplicationKind, facet: &mut OauthFacet, fields: &ApplicationFields, faults: &mut Faults) {
    let native = kind == ApplicationKind::Native;
    for (uris, field, named) in [
        (&mut facet.redirect_uris, "redirect_uris", &fields.redirect_uris),
        (
            &mut facet.post_logout_redirect_uris,
            "post_logout_redirect_uris",
            &fields.post_logout_redirect_uris,
        ),
    ] {
        let Some(raw) = named else { continue };
        let parse = |uri: &str| RedirectUri::parse(uri, native);
        *uris = faults.each((field, MAX_REDIRECT_URIS), raw, parse, |reason| redirect_uri_code(*reason));
    }
    if let Some(raw) = &fields.allowed_origins {
        facet.allowed_origins =
            faults.each(("allowed_origins", MAX_ORIGINS), raw, Origin::parse, |reason| origin_code(*reason));
    }
}

const fn redirect_uri_code(reason: InvalidRedirectUri) -> ErrorCode {
    match reason {
        InvalidRedirectUri::Wildcard => ErrorCode::WildcardUriForbidden,
        _ => ErrorCode::RedirectUriInvalid,
    }
}

const fn origin_code(reason: InvalidOrigin) -> ErrorCode {
    match reason {
        InvalidOrigin::Wildcard => ErrorCode::WildcardUriForbidden,
        _ => ErrorCode::OriginInvalid,
    }
}

/// Whether they are registered, the tenant's registry says later.
fn scopes(facet: &mut OauthFacet, fields: &ApplicationFields, faults: &mut Faults) {
    if let Some(raw) = &fields.allowed_scopes {
        let parsed = faults.each(("allowed_scopes", MAX_SCOPES), raw, Scope::parse, invalid_field);
        facet.allowed_scopes = parsed.into_iter().collect();
    }
}

/// Whose they are, is looked at later.
fn resources(facet: &mut OauthFacet, fields: &ApplicationFields, faults: &mut Faults) {
    if let Some(raw) = &fields.allowed_resources {
        let place = ("allowed_resources", MAX_RESOURCES);
        facet.allowed_resources = faults.each(place, raw, ResourceIndicator::parse, invalid_field);
    }
}

fn lifetimes(facet: &mut OauthFacet, fields: &ApplicationFields, faults: &mut Faults) {
    if let Some(seconds) = fields.access_token_ttl_s {
        let parsed = faults.take("access_token_ttl_s", OauthFacet::parse_access_token_ttl(seconds));
        facet.access_token_ttl = parsed.unwrap_or(facet.access_token_ttl);
    }
    if let Some(seconds) = fields.refresh_token_ttl_s {
        let parsed = faults.take("refresh_token_ttl_s", OauthFacet::parse_refresh_token_ttl(seconds));
        facet.refresh_token_ttl = parsed.unwrap_or(facet.refresh_token_ttl);
    }
    let Some(seconds) = fields.refresh_token_max_age_s else {
        // Whoever lets one live longer means it.
        facet.refresh_token_max_age = facet.refresh_token_max_age.max(facet.refresh_token_ttl);
        return;
    };
    let parsed = faults.take("refresh_token_max_age_s", OauthFacet::parse_refresh_token_max_age(seconds));
    facet.refresh_token_max_age = parsed.unwrap_or(facet.refresh_token_max_age);
    if facet.refresh_token_max_age < facet.refresh_token_ttl {
        faults.add("refresh_token_max_age_s", ErrorCode::InvalidField, "is less than `refresh_token_ttl_s`");
    }
}

fn grants(kind: ApplicationKind, facet: &mut OauthFacet, fields: &ApplicationFields, faults: &mut Faults) {
    if let Some(raw) = &fields.grant_types {
        let parse = |raw: &str| match GrantType::parse(raw) {
            Ok(grant) if kind.grant_types().contains(&grant) => Ok(grant),
            Ok(_) => Err(format!("is not for a {} application", kind.as_str())),
            Err(_) => Err("is no grant type that is offered here".to_owned()),
        };
        if raw.is_empty() {
            faults.add("grant_types", ErrorCode::InvalidField, "is empty");
        }
        facet.grant_types = faults.each(("grant_types", GrantType::ALL.len()), raw, parse, invalid_field);
    }
    if let Some(require) = fields.require_pkce {
        if !require && !kind.is_confidential() {
            let message = "cannot be off: an application that keeps no secret proves itself by PKCE";
            faults.add("require_pkce", ErrorCode::InvalidField, message);
        }
        facet.require_pkce = require;
    }
}

/// How the client proves itself, and the keys for it, fit together.
fn authentication(
    kind: ApplicationKind,
    facet: &mut OauthFacet,
    fields: &ApplicationFields,
    faults: &mut Faults,
) {
    if let Some(raw) = &fields.token_endpoint_auth_method {
        let method = ClientAuthMethod::parse(raw).ok().filter(|method| kind.auth_methods().contains(method));
        match method {
            Some(method) => facet.auth_method = method,
            None => faults.add("token_endpoint_auth_method", ErrorCode::InvalidField, offered_methods(kind)),
        }
    }
    client_keys(facet, fields, faults);
    match (facet.auth_method, &facet.client_keys) {
        // Keys that were named and cannot be read are told of already.
        (ClientAuthMethod::PrivateKeyJwt, None) if names_keys(fields) => {}
        (ClientAuthMethod::PrivateKeyJwt, None) => {
            faults.add("jwks", ErrorCode::InvalidField, "`private_key_jwt` needs `jwks` or `jwks_uri`");
        }
        (method, Some(_)) if method != ClientAuthMethod::PrivateKeyJwt => {
            let field = if matches!(fields.jwks_uri, Edit::Set(_)) { "jwks_uri" } else { "jwks" };
            let message = "is for `token_endpoint_auth_method` `private_key_jwt`";
            faults.add(field, ErrorCode::InvalidField, message);
        }
        _ => {}
    }
}

fn names_keys(fields: &ApplicationFields) -> bool {
    matches!(fields.jwks, Edit::Set(_)) || matches!(fields.jwks_uri, Edit::Set(_))
}

fn offered_methods(kind: ApplicationKind) -> String {
    let methods: Vec<_> = kind.auth_methods().iter().map(|method| method.as_str()).collect();
    format!("none of {}", methods.join(", "))
}

/// There is one place for keys: naming the one way takes the other's place.
fn client_keys(facet: &mut OauthFacet, fields: &ApplicationFields, faults: &mut Faults) {
    let parse_set = |raw: &str| JwkSet::parse_public(raw).map(|_| ClientKeys::Set(raw.to_owned()));
    match (&fields.jwks, &fields.jwks_uri) {
        (Edit::Set(_), Edit::Set(_)) => {
            faults.add("jwks_uri", ErrorCode::InvalidField, "stands beside `jwks`; choose one");
        }
        (jwks @ Edit::Set(_), _) => edit(&mut facet.client_keys, "jwks", jwks, faults, parse_set),
        (_, uri @ Edit::Set(_)) => {
            edit(&mut facet.client_keys, "jwks_uri", uri, faults, |raw| https_url(raw).map(ClientKeys::At));
        }
        (set, at) => {
            let cleared = match &facet.client_keys {
                Some(ClientKeys::Set(_)) => *set == Edit::Clear,
                Some(ClientKeys::At(_)) => *at == Edit::Clear,
                None => false,
            };
            if cleared {
                facet.client_keys = None;
            }
        }
    }
}

fn parse_audience(raw: &str) -> Result<String, String> {
    if raw.is_empty() {
        return Err("is empty".to_owned());
    }
    if raw.chars().count() > MAX_AUDIENCE {
        return Err(format!("is longer than {MAX_AUDIENCE} characters"));
    }
    if raw.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("contains a space or a control character".to_owned());
    }
    Ok(raw.to_owned())
}
