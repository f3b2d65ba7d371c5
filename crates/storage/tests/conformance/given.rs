//! What several nouns' tests begin with.

use appkeep_domain::{
    Application, ApplicationId, ApplicationKind, ApplicationState, Name, OauthFacet, Origin, Owner,
    RedirectUri, SigningAlgorithm, Slug, Tag, TenantId, Timestamp,
};
use appkeep_oauth::ScopeSet;

pub(crate) const OURS: TenantId = TenantId::from_bytes([7; 16]);
pub(crate) const THEIRS: TenantId = TenantId::from_bytes([8; 16]);

/// A server of `OURS` that expires at 9.
pub(crate) fn application(number: u8, name: &str) -> Application {
    let name = Name::parse(name).expect("is a name");
    let kind = ApplicationKind::Server;
    Application {
        id: ApplicationId::from_bytes([number; 16]),
        owner: Owner::Tenant(OURS),
        kind,
        slug: Slug::suggest(&name, Some(&number.to_string())),
        name,
        description: Some("Pays \"bills\"".to_owned()),
        logo_url: Some("https://billing.example/logo.png".to_owned()),
        tags: vec![Tag::parse("production").expect("is a tag"), Tag::parse("b").expect("is a tag")],
        state: ApplicationState::Enabled,
        archived_at: None,
        expires_at: Some(at(9)),
        oauth: Some(OauthFacet {
            redirect_uris: vec![RedirectUri::parse("https://billing.example/cb", false).expect("is one")],
            allowed_origins: vec![Origin::parse("https://billing.example").expect("is one")],
            allowed_scopes: ScopeSet::parse("openid bills:read").expect("are scopes"),
            audience: Some("https://api.billing.example".to_owned()),
            access_token_ttl: OauthFacet::DEFAULT_ACCESS_TOKEN_TTL,
            refresh_token_ttl: OauthFacet::default_refresh_token_ttl(kind),
            grant_types: kind.grant_types().to_vec(),
            auth_method: kind.auth_methods()[0],
            client_keys: None,
            require_pkce: true,
            access_token_signing_alg: Some(SigningAlgorithm::EdDsa),
        }),
        saml: None,
        version: 1,
        created_at: at(1),
        updated_at: at(2),
    }
}

pub(crate) fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}
