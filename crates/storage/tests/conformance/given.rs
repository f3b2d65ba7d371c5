//! What several nouns' tests begin with.

use std::collections::BTreeMap;

use appkeep_domain::{
    Application, ApplicationId, ApplicationKind, ApplicationState, CustomAttributes, Directory, DirectoryId,
    DirectoryOf, Email, Ending, Group, GroupId, Locale, Metadata, Name, OauthFacet, Origin, Owner,
    PasswordPolicy, Phone, RedirectUri, SigningAlgorithm, Slug, Tag, TenantId, Timestamp, User, UserId,
    UserPool, UserStatus, Username, Within,
};
use appkeep_oauth::{ResourceIndicator, ScopeSet};
use appkeep_storage::{StorageError, Store};

pub(crate) const OURS: TenantId = TenantId::from_bytes([7; 16]);
pub(crate) const THEIRS: TenantId = TenantId::from_bytes([8; 16]);

/// At 6, of tokens that may live until 90.
pub(crate) const ENDING: Ending =
    Ending { at: Timestamp::from_micros(6), forget_at: Timestamp::from_micros(90) };

/// A server of `OURS` that expires at 9.
pub(crate) fn application(number: u8, name: &str) -> Application {
    let name = Name::parse(name).expect("is a name");
    let kind = ApplicationKind::Server;
    Application {
        id: ApplicationId::from_bytes([number; 16]),
        owner: Owner::Tenant(OURS),
        kind,
        user_pool: UserPool::Tenant,
        made_by: None,
        public_key: None,
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
            post_logout_redirect_uris: vec![
                RedirectUri::parse("https://billing.example/bye", false).expect("is one"),
            ],
            allowed_origins: vec![Origin::parse("https://billing.example").expect("is one")],
            allowed_scopes: ScopeSet::parse("openid bills:read").expect("are scopes"),
            audience: Some("https://api.billing.example".to_owned()),
            allowed_resources: vec![ResourceIndicator::parse("mcp-gateway").expect("is a name")],
            access_token_ttl: OauthFacet::DEFAULT_ACCESS_TOKEN_TTL,
            refresh_token_ttl: OauthFacet::default_refresh_token_ttl(kind),
            refresh_token_max_age: OauthFacet::MAX_REFRESH_TOKEN_MAX_AGE,
            grant_types: kind.default_grant_types(),
            auth_method: kind.auth_methods()[0],
            client_keys: None,
            require_pkce: true,
            access_token_signing_alg: Some(SigningAlgorithm::EdDsa),
            id_token_signing_alg: Some(SigningAlgorithm::Es256),
            first_party: false,
            assignment_required: true,
        }),
        saml: None,
        access: None,
        version: 1,
        created_at: at(1),
        updated_at: at(2),
    }
}

/// The one that the tenant's applications share; its number is the tenant's.
pub(crate) fn directory(tenant: TenantId) -> Directory {
    Directory {
        id: DirectoryId::from_bytes(tenant.as_bytes()),
        owner: Owner::Tenant(tenant),
        of: DirectoryOf::Tenant,
        policy: PasswordPolicy::DEFAULT,
        version: 1,
        created_at: at(1),
        updated_at: at(2),
    }
}

/// A user of `OURS`, who has everything that a user can have.
pub(crate) fn user(number: u8, email: &str) -> User {
    let name = |text: &str| Name::parse(text).ok();
    let members = |name: &str, json: &str| BTreeMap::from([(name.to_owned(), json.to_owned())]);
    User {
        id: UserId::from_bytes([number; 16]),
        directory: directory(OURS).id,
        email: Email::parse(email).expect("is an address"),
        email_verified_at: Some(at(3)),
        username: Username::parse(&format!("Person-{number}")).ok(),
        phone: Phone::parse("+4930123456").ok(),
        name: name("Ada \"Countess\" Lovelace"),
        given_name: name("Ada"),
        family_name: name("Lovelace"),
        picture: Some("https://people.example/ada.png".to_owned()),
        locale: Locale::parse("en-GB").ok(),
        status: UserStatus::Active,
        metadata: Metadata::parse(members("plan", r#"{"name":"gold","seats":[1,2.5]}"#)).expect("is one"),
        custom_attributes: CustomAttributes::parse(members("cost \"centre\"", "\"4711\"")).expect("is one"),
        last_sign_in_at: Some(at(4)),
        version: 1,
        created_at: at(1),
        updated_at: at(2),
    }
}

/// A group of `OURS`.
pub(crate) fn group(number: u8, name: &str) -> Group {
    Group {
        id: GroupId::from_bytes([number; 16]),
        directory: directory(OURS).id,
        name: Name::parse(name).expect("is a name"),
        description: Some("Those who pay".to_owned()),
        version: 1,
        created_at: at(1),
        updated_at: at(2),
    }
}

/// The directory of `OURS` with these in it.
pub(crate) async fn people(store: &Store, users: Vec<User>, groups: Vec<Group>) -> Directory {
    let ours = directory(OURS);
    let made = ours.clone();
    let outcome: Result<(), StorageError> = store
        .write(async move |tx| {
            tx.insert_directory(Within::Tenant(OURS), &made).await?;
            for user in &users {
                tx.insert_user(Within::Tenant(OURS), &made, user).await?;
            }
            for group in &groups {
                tx.insert_group(Within::Tenant(OURS), &made, group).await?;
            }
            Ok(())
        })
        .await;
    outcome.expect("inserts");
    ours
}

/// What a guard says when it lets nothing through.
pub(crate) fn assert_stale<T: std::fmt::Debug>(outcome: Result<T, StorageError>) {
    assert!(matches!(outcome, Err(StorageError::Stale)), "{outcome:?}");
}

/// What a unique constraint says.
pub(crate) fn assert_taken<T: std::fmt::Debug>(outcome: Result<T, StorageError>, expected: &str) {
    match outcome {
        Err(StorageError::Taken(columns)) => assert_eq!(columns, expected),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}
