//! The SAML facet of a draft.

use appkeep_domain::{
    AcsUrl, Application, ApplicationKind, AttributeSource, AttributeStatement, EntityId, NameIdFormat,
    SamlFacet,
};
use appkeep_keys::Certificate;

use super::faults::{Faults, invalid_field};
use super::fields::{AttributeStatementFields, SamlFields};
use crate::error::ErrorCode;

/// Changes the facet as the fields say, or makes it when there was none.
pub(super) fn apply(base: &mut Application, fields: &SamlFields, faults: &mut Faults) {
    if base.kind != ApplicationKind::Saml {
        let message = format!("a {} application has none", base.kind.as_str());
        return faults.add("saml", ErrorCode::InvalidField, message);
    }
    let entity_id = entity_id(base.saml.as_ref(), fields, faults);
    let acs_urls = acs_urls(base.saml.as_ref(), fields, faults);
    let mut facet = match (base.saml.take(), entity_id, acs_urls) {
        (Some(current), Some(entity_id), Some(acs_urls)) => SamlFacet { entity_id, acs_urls, ..current },
        (None, Some(entity_id), Some(acs_urls)) => new_facet(entity_id, acs_urls),
        // Something is wrong already; what else is shall be told as well.
        _ => new_facet(stand_in(), Vec::new()),
    };
    settings(&mut facet, fields, faults);
    base.saml = Some(facet);
}

fn settings(facet: &mut SamlFacet, fields: &SamlFields, faults: &mut Faults) {
    if let Some(raw) = &fields.certificates {
        let bound = ("saml.certificates", SamlFacet::MAX_CERTIFICATES);
        let parse = |raw: &str| Certificate::parse(raw).map(|certificate| certificate.pem());
        facet.certificates = faults.each(bound, raw, parse, invalid_field);
    }
    if let Some(raw) = &fields.name_id_format {
        let parsed = NameIdFormat::parse(raw).map_err(|reason| format!("is {reason}"));
        facet.name_id_format = faults.take("saml.name_id_format", parsed).unwrap_or(facet.name_id_format);
    }
    if let Some(raw) = &fields.attribute_statements {
        facet.attribute_statements = attribute_statements(raw, faults);
    }
}

/// Holds the place of an entity id that was not given; such a facet is refused.
fn stand_in() -> EntityId {
    EntityId::parse("urn:x").expect("is a URI")
}

fn new_facet(entity_id: EntityId, acs_urls: Vec<AcsUrl>) -> SamlFacet {
    SamlFacet {
        entity_id,
        acs_urls,
        certificates: Vec::new(),
        name_id_format: NameIdFormat::default(),
        attribute_statements: Vec::new(),
    }
}

fn entity_id(current: Option<&SamlFacet>, fields: &SamlFields, faults: &mut Faults) -> Option<EntityId> {
    const FIELD: &str = "saml.entity_id";
    let Some(raw) = &fields.entity_id else {
        if current.is_none() {
            faults.add(FIELD, ErrorCode::InvalidRequest, "is required");
        }
        return current.map(|facet| facet.entity_id.clone());
    };
    faults.take(FIELD, EntityId::parse(raw))
}

fn acs_urls(current: Option<&SamlFacet>, fields: &SamlFields, faults: &mut Faults) -> Option<Vec<AcsUrl>> {
    const FIELD: &str = "saml.acs_urls";
    let Some(raw) = &fields.acs_urls else {
        if current.is_none() {
            faults.add(FIELD, ErrorCode::InvalidRequest, "is required");
        }
        return current.map(|facet| facet.acs_urls.clone());
    };
    if raw.is_empty() {
        faults.add(FIELD, ErrorCode::InvalidField, "is empty");
        return None;
    }
    Some(faults.each((FIELD, SamlFacet::MAX_ACS_URLS), raw, AcsUrl::parse, invalid_field))
}

fn attribute_statements(raw: &[AttributeStatementFields], faults: &mut Faults) -> Vec<AttributeStatement> {
    const FIELD: &str = "saml.attribute_statements";
    let mut statements: Vec<AttributeStatement> = Vec::new();
    if raw.len() > SamlFacet::MAX_ATTRIBUTE_STATEMENTS {
        let most = SamlFacet::MAX_ATTRIBUTE_STATEMENTS;
        faults.add(FIELD, ErrorCode::InvalidField, format!("has more than {most} elements"));
        return statements;
    }
    for (index, statement) in raw.iter().enumerate() {
        let place = |member: &str| format!("{FIELD}[{index}].{member}");
        let name = faults.take(&place("name"), attribute_name(&statement.name, &statements));
        let source = AttributeSource::parse(&statement.source).map_err(|reason| format!("is {reason}"));
        let source = faults.take(&place("source"), source);
        if let (Some(name), Some(source)) = (name, source) {
            statements.push(AttributeStatement { name, source });
        }
    }
    statements
}

fn attribute_name(raw: &str, before: &[AttributeStatement]) -> Result<String, &'static str> {
    if raw.is_empty() {
        return Err("is empty");
    }
    if raw.chars().count() > AttributeStatement::MAX_NAME || raw.chars().any(char::is_control) {
        return Err("is too long, or contains a control character");
    }
    if before.iter().any(|statement| statement.name == raw) {
        return Err("stands there twice");
    }
    Ok(raw.to_owned())
}
