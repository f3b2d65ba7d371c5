//! From what a caller said to an application as it may be kept.

use std::fmt::Display;

use appkeep_domain::{
    AcsUrl, Application, ApplicationId, ApplicationKind, ApplicationState, InvalidText, Name, OauthFacet,
    Owner, Slug, Tag, Timestamp, UserPool,
};
use appkeep_oauth::ScopeSet;

use super::faults::{Faults, invalid_field};
use super::fields::{ApplicationFields, Edit};
use super::{oauth_draft, saml_draft};
use crate::error::ErrorCode;

/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 2_000;
const MAX_TAGS: usize = 50;

/// A new application of this kind, where its creator says nothing.
pub(super) fn blank(id: ApplicationId, owner: Owner, kind: ApplicationKind, now: Timestamp) -> Application {
    Application {
        id,
        owner,
        kind,
        user_pool: UserPool::Tenant,
        made_by: None,
        public_key: None,
        slug: Slug::suggest(&stand_in(), None),
        name: stand_in(),
        description: None,
        logo_url: None,
        tags: Vec::new(),
        state: ApplicationState::Enabled,
        archived_at: None,
        expires_at: None,
        oauth: kind.has_oauth().then(|| oauth_defaults(kind, owner)),
        saml: None,
        access: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// Holds the place of a name until one was given; an application without is refused.
fn stand_in() -> Name {
    Name::parse("application").expect("is printable and short")
}

fn oauth_defaults(kind: ApplicationKind, owner: Owner) -> OauthFacet {
    let refresh_token_ttl = OauthFacet::default_refresh_token_ttl(kind);
    OauthFacet {
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        allowed_origins: Vec::new(),
        allowed_scopes: ScopeSet::default(),
        audience: None,
        allowed_resources: Vec::new(),
        access_token_ttl: OauthFacet::DEFAULT_ACCESS_TOKEN_TTL,
        refresh_token_ttl,
        refresh_token_max_age: OauthFacet::default_refresh_token_max_age(refresh_token_ttl),
        grant_types: kind.default_grant_types(),
        auth_method: kind.auth_methods()[0],
        client_keys: None,
        // RFC 9700 §2.1.1: whoever keeps no secret proves itself by PKCE.
        require_pkce: !kind.is_confidential(),
        access_token_signing_alg: None,
        id_token_signing_alg: None,
        // Whose people they are not, they are asked.
        first_party: matches!(owner, Owner::Tenant(_)),
        assignment_required: false,
    }
}

/// `base` with what the fields say; what cannot be is told in `faults`.
pub(super) fn apply(
    mut base: Application,
    fields: &ApplicationFields,
    now: Timestamp,
    faults: &mut Faults,
) -> Application {
    identity(&mut base, fields, now, faults);
    oauth_draft::apply(base.kind, base.oauth.as_mut(), fields, faults);
    if let Some(saml) = &fields.saml {
        saml_draft::apply(&mut base, saml, faults);
    }
    base
}

/// What an application is called and shown as, whatever its kind.
pub(super) fn identity(
    base: &mut Application,
    fields: &ApplicationFields,
    now: Timestamp,
    faults: &mut Faults,
) {
    let parse_name = |raw: &str| parse_name(raw, fields.longest_name);
    if let Some(name) = fields.name.as_deref().and_then(|raw| faults.take("name", parse_name(raw))) {
        base.name = name;
    }
    if let Some(slug) = fields.slug.as_deref().and_then(|raw| faults.take("slug", Slug::parse(raw))) {
        base.slug = slug;
    }
    if let Some(raw) = &fields.tags {
        base.tags = faults.each(("tags", MAX_TAGS), raw, Tag::parse, invalid_field);
    }
    edit(&mut base.description, "description", &fields.description, faults, parse_description);
    edit(&mut base.logo_url, "logo_url", &fields.logo_url, faults, https_url);
    edit(&mut base.expires_at, "expires_at", &fields.expires_at, faults, |raw| parse_deadline(raw, now));
}

fn parse_name(raw: &str, longest: Option<usize>) -> Result<Name, InvalidText> {
    match longest {
        Some(longest) if raw.chars().count() > longest => Err(InvalidText::TooLong(longest)),
        _ => Name::parse(raw),
    }
}

/// Sets, clears or leaves a field that can be empty.
pub(crate) fn edit<T, E: Display>(
    place: &mut Option<T>,
    field: &str,
    edit: &Edit<String>,
    faults: &mut Faults,
    parse: impl FnOnce(&str) -> Result<T, E>,
) {
    match edit {
        Edit::Keep => {}
        Edit::Clear => *place = None,
        Edit::Set(raw) => {
            if let Some(value) = faults.take(field, parse(raw)) {
                *place = Some(value);
            }
        }
    }
}

/// An address that browsers and servers fetch from: https, or a loopback host's http.
pub(crate) fn https_url(raw: &str) -> Result<String, impl Display + use<>> {
    AcsUrl::parse(raw).map(|url| url.as_str().to_owned())
}

/// Lines are welcome in a description; other control characters are not.
pub(crate) fn parse_description(raw: &str) -> Result<String, InvalidText> {
    if raw.chars().count() > MAX_DESCRIPTION {
        return Err(InvalidText::TooLong(MAX_DESCRIPTION));
    }
    if raw.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(InvalidText::Control);
    }
    Ok(raw.to_owned())
}

pub(super) fn parse_deadline(raw: &str, now: Timestamp) -> Result<Timestamp, String> {
    let deadline = Timestamp::parse(raw).map_err(|reason| format!("is {reason}"))?;
    if deadline <= now { Err("is not in the future".to_owned()) } else { Ok(deadline) }
}

/// `type` and `client_id` are fixed; sending what stands is fine.
pub(super) fn check_immutable(
    current: &Application,
    kind: Option<&str>,
    client_id: Option<&str>,
    faults: &mut Faults,
) {
    if kind.is_some_and(|kind| kind != current.kind.as_str()) {
        faults.add("type", ErrorCode::ImmutableField, "cannot be changed; make another application");
    }
    if client_id.is_some_and(|raw| ApplicationId::parse(raw) != Ok(current.id)) {
        faults.add("client_id", ErrorCode::ImmutableField, "cannot be changed");
    }
}
