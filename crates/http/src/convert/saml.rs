//! What a SAML application has besides.

use appkeep_api_types::{self as api, Object};
use appkeep_domain::{AttributeStatement, SamlFacet};
use appkeep_service::{AttributeStatementFields, SamlFields};

use super::texts;
use super::words::name_id_format;

pub(super) fn saml(saml: &SamlFacet) -> api::Saml {
    api::Saml {
        entity_id: saml.entity_id.to_string(),
        acs_urls: texts(&saml.acs_urls),
        certificates: saml.certificates.clone(),
        name_id_format: name_id_format(saml.name_id_format),
        attribute_statements: saml.attribute_statements.iter().map(statement).collect(),
    }
}

pub(super) fn saml_fields(fields: api::SamlFields) -> SamlFields {
    let statements = fields.attribute_statements;
    SamlFields {
        entity_id: fields.entity_id,
        acs_urls: fields.acs_urls,
        certificates: fields.certificates,
        name_id_format: fields.name_id_format,
        attribute_statements: statements.map(|all| all.into_iter().map(statement_fields).collect()),
    }
}

fn statement(statement: &AttributeStatement) -> api::AttributeStatement {
    api::AttributeStatement { name: statement.name.clone(), source: statement.source.as_str().to_owned() }
}

fn statement_fields(Object(statement): Object<api::AttributeStatement>) -> AttributeStatementFields {
    AttributeStatementFields { name: statement.name, source: statement.source }
}
