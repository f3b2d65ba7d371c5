//! Facets of an application as JSON columns.

use appkeep_domain::{
    AcsUrl, ApplicationKind, AttributeSource, AttributeStatement, ClientKeys, EntityId, Lifetime,
    NameIdFormat, OauthFacet, Origin, RedirectUri, SamlFacet, SigningAlgorithm, Tag, UnknownAlgorithm,
};
use appkeep_oauth::{ClientAuthMethod, GrantType, ResourceIndicator, Scope, ScopeSet};
use serde::{Deserialize, Serialize};

use crate::error::BoxError;

/// How an [`OauthFacet`] is kept; a field added later has a default.
#[derive(Serialize, Deserialize)]
struct OauthColumn {
    redirect_uris: Vec<String>,
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    allowed_origins: Vec<String>,
    allowed_scopes: Vec<String>,
    audience: Option<String>,
    #[serde(default)]
    allowed_resources: Vec<String>,
    access_token_ttl_s: u32,
    refresh_token_ttl_s: u32,
    #[serde(default)]
    refresh_token_max_age_s: Option<u32>,
    grant_types: Vec<String>,
    token_endpoint_auth_method: String,
    jwks: Option<String>,
    jwks_uri: Option<String>,
    require_pkce: bool,
    access_token_signing_alg: Option<String>,
    #[serde(default)]
    id_token_signing_alg: Option<String>,
    #[serde(default = "yes")]
    first_party: bool,
    #[serde(default)]
    assignment_required: bool,
}

const fn yes() -> bool {
    true
}

pub(crate) fn print_oauth(facet: &OauthFacet) -> String {
    let (jwks, jwks_uri) = match &facet.client_keys {
        None => (None, None),
        Some(ClientKeys::Set(set)) => (Some(set.clone()), None),
        Some(ClientKeys::At(uri)) => (None, Some(uri.clone())),
    };
    let column = OauthColumn {
        redirect_uris: facet.redirect_uris.iter().map(ToString::to_string).collect(),
        post_logout_redirect_uris: facet.post_logout_redirect_uris.iter().map(ToString::to_string).collect(),
        allowed_origins: facet.allowed_origins.iter().map(ToString::to_string).collect(),
        allowed_scopes: facet.allowed_scopes.iter().map(ToString::to_string).collect(),
        audience: facet.audience.clone(),
        allowed_resources: facet.allowed_resources.iter().map(ToString::to_string).collect(),
        access_token_ttl_s: facet.access_token_ttl.as_seconds(),
        refresh_token_ttl_s: facet.refresh_token_ttl.as_seconds(),
        refresh_token_max_age_s: Some(facet.refresh_token_max_age.as_seconds()),
        grant_types: facet.grant_types.iter().map(|grant| grant.as_str().to_owned()).collect(),
        token_endpoint_auth_method: facet.auth_method.as_str().to_owned(),
        jwks,
        jwks_uri,
        require_pkce: facet.require_pkce,
        access_token_signing_alg: facet.access_token_signing_alg.map(print_algorithm),
        id_token_signing_alg: facet.id_token_signing_alg.map(print_algorithm),
        first_party: facet.first_party,
        assignment_required: facet.assignment_required,
    };
    serde_json::to_string(&column).expect("strings, numbers and booleans are JSON")
}

pub(crate) fn parse_oauth(kind: ApplicationKind, text: &str) -> Result<OauthFacet, BoxError> {
    let column: OauthColumn = serde_json::from_str(text)?;
    let native = kind == ApplicationKind::Native;
    let client_keys = column.jwks.map(ClientKeys::Set).or(column.jwks_uri.map(ClientKeys::At));
    let refresh_token_ttl = Lifetime::from_seconds(column.refresh_token_ttl_s);
    Ok(OauthFacet {
        redirect_uris: each(&column.redirect_uris, |uri| RedirectUri::parse(uri, native))?,
        post_logout_redirect_uris: each(&column.post_logout_redirect_uris, |uri| {
            RedirectUri::parse(uri, native)
        })?,
        allowed_origins: each(&column.allowed_origins, Origin::parse)?,
        allowed_scopes: each(&column.allowed_scopes, Scope::parse)?.into_iter().collect::<ScopeSet>(),
        audience: column.audience,
        allowed_resources: each(&column.allowed_resources, ResourceIndicator::parse)?,
        access_token_ttl: Lifetime::from_seconds(column.access_token_ttl_s),
        refresh_token_ttl,
        refresh_token_max_age: column.refresh_token_max_age_s.map_or_else(
            || OauthFacet::default_refresh_token_max_age(refresh_token_ttl),
            Lifetime::from_seconds,
        ),
        grant_types: each(&column.grant_types, GrantType::parse)?,
        auth_method: ClientAuthMethod::parse(&column.token_endpoint_auth_method)?,
        client_keys,
        require_pkce: column.require_pkce,
        access_token_signing_alg: column.access_token_signing_alg.map(parse_algorithm).transpose()?,
        id_token_signing_alg: column.id_token_signing_alg.map(parse_algorithm).transpose()?,
        first_party: column.first_party,
        assignment_required: column.assignment_required,
    })
}

fn print_algorithm(algorithm: SigningAlgorithm) -> String {
    algorithm.as_str().to_owned()
}

fn parse_algorithm(text: String) -> Result<SigningAlgorithm, UnknownAlgorithm> {
    SigningAlgorithm::parse(&text)
}

/// How a [`SamlFacet`] is kept; a field added later has a default.
#[derive(Serialize, Deserialize)]
struct SamlColumn {
    entity_id: String,
    acs_urls: Vec<String>,
    certificates: Vec<String>,
    name_id_format: String,
    attribute_statements: Vec<AttributeColumn>,
}

#[derive(Serialize, Deserialize)]
struct AttributeColumn {
    name: String,
    source: String,
}

pub(crate) fn print_saml(facet: &SamlFacet) -> String {
    let attribute = |statement: &AttributeStatement| AttributeColumn {
        name: statement.name.clone(),
        source: statement.source.as_str().to_owned(),
    };
    let column = SamlColumn {
        entity_id: facet.entity_id.to_string(),
        acs_urls: facet.acs_urls.iter().map(ToString::to_string).collect(),
        certificates: facet.certificates.clone(),
        name_id_format: facet.name_id_format.as_str().to_owned(),
        attribute_statements: facet.attribute_statements.iter().map(attribute).collect(),
    };
    serde_json::to_string(&column).expect("strings and lists of them are JSON")
}

pub(crate) fn parse_saml(text: &str) -> Result<SamlFacet, BoxError> {
    let column: SamlColumn = serde_json::from_str(text)?;
    let attribute = |statement: AttributeColumn| -> Result<AttributeStatement, BoxError> {
        Ok(AttributeStatement { source: AttributeSource::parse(&statement.source)?, name: statement.name })
    };
    Ok(SamlFacet {
        entity_id: EntityId::parse(&column.entity_id)?,
        acs_urls: each(&column.acs_urls, AcsUrl::parse)?,
        certificates: column.certificates,
        name_id_format: NameIdFormat::parse(&column.name_id_format)?,
        attribute_statements: column
            .attribute_statements
            .into_iter()
            .map(attribute)
            .collect::<Result<_, _>>()?,
    })
}

pub(crate) fn print_tags(tags: &[Tag]) -> String {
    let words: Vec<&str> = tags.iter().map(Tag::as_str).collect();
    serde_json::to_string(&words).expect("a list of strings is JSON")
}

pub(crate) fn parse_tags(text: &str) -> Result<Vec<Tag>, BoxError> {
    each(&serde_json::from_str::<Vec<String>>(text)?, Tag::parse)
}

fn each<T, E: Into<BoxError>>(
    texts: &[String],
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, BoxError> {
    texts.iter().map(|text| parse(text).map_err(Into::into)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_facet_from_before_these_fields_has_their_defaults() {
        let text = r#"{"redirect_uris":[],"allowed_origins":[],"allowed_scopes":[],"audience":null,
            "access_token_ttl_s":3600,"refresh_token_ttl_s":31536000,"grant_types":["authorization_code"],
            "token_endpoint_auth_method":"none","jwks":null,"jwks_uri":null,"require_pkce":true,
            "access_token_signing_alg":null}"#;
        let facet = parse_oauth(ApplicationKind::Spa, text).expect("is read");
        assert_eq!(facet.refresh_token_max_age, facet.refresh_token_ttl, "never less");
        assert!(facet.first_party && !facet.assignment_required);
        assert!(facet.allowed_resources.is_empty());
        assert!(facet.post_logout_redirect_uris.is_empty() && facet.id_token_signing_alg.is_none());
        assert_eq!(parse_oauth(ApplicationKind::Spa, &print_oauth(&facet)).expect("is read"), facet);
    }
}
