//! `/applications/{id}/saml`: an application as a SAML 2.0 service provider.

use appkeep_domain::{AcsUrl, AttributeSource, AttributeStatement, NameIdFormat, SamlFacet};
use appkeep_http::action::{ReadApplication, UpdateApplication};
use appkeep_http::{Access, AppState, Problem, Segment};
use appkeep_service::{
    ApplicationFields, ApplicationUpdate, ApplicationView, AttributeStatementFields, Registry, SamlFields,
};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::forms::{expected, form_page, lines, of_version, onward, outrun, path};
use super::tabs::{AppTab, page_of};
use crate::kit::{Action, Cell, Choice, Draft, Facts, Field, Form, Page, Part, Section};
use crate::posted::Posted;
use crate::said::Said;
use crate::view::View;

const END: &str = "-----END CERTIFICATE-----";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/applications/{id}/saml", get(show))
        .route("/applications/{id}/saml/edit", get(ask).post(change))
}

async fn show(
    access: Access<ReadApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    let Some(saml) = &shown.application.saml else { return Err(Problem::not_found()) };
    let path = path(&view, &shown.application, "/saml/edit");
    let change = shown.can.update.then(|| Action::go("Change …", path).main());
    let section = Section::new("Service provider").action(change).with(Part::Facts(facts(saml)));
    Ok(view.page(&page_of(&view, &shown, AppTab::Saml).with(Part::Section(section))))
}

fn facts(saml: &SamlFacet) -> Facts {
    let mut facts = Facts::new()
        .with("Entity id", Cell::code(saml.entity_id.as_str()))
        .with("Assertions are posted to", Cell::lines(saml.acs_urls.iter().map(AcsUrl::as_str)))
        .with("People are named by", Cell::text(saml.name_id_format.as_str()))
        .with("Attributes", Cell::lines(saml.attribute_statements.iter().map(written)));
    for certificate in &saml.certificates {
        facts = facts.with("Certificate", Cell::code(certificate));
    }
    facts
}

/// A statement as one line says it.
fn written(statement: &AttributeStatement) -> String {
    format!("{} = {}", statement.name, statement.source.as_str())
}

async fn ask(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
) -> Result<Response, Problem> {
    let shown = registry.application(&access.by, &id).await?;
    Ok(view.page(&page(&view, &shown, &Draft::new())))
}

async fn change(
    access: Access<UpdateApplication>,
    view: View,
    State(registry): State<Registry>,
    Segment(id): Segment,
    posted: Posted,
) -> Result<Response, Problem> {
    let saml = SamlFields {
        entity_id: posted.get("saml.entity_id").map(|_| posted.typed("saml.entity_id")),
        acs_urls: lines(&posted, "saml.acs_urls"),
        certificates: posted.get("saml.certificates").map(certificates),
        name_id_format: posted.filled("saml.name_id_format"),
        attribute_statements: lines(&posted, "saml.attribute_statements")
            .map(|lines| lines.iter().map(|line| statement(line)).collect()),
    };
    let fields = ApplicationFields { saml: Some(saml), ..ApplicationFields::default() };
    let update = ApplicationUpdate { expected: expected(&posted), fields, ..ApplicationUpdate::default() };
    let Err(error) = registry.update_application(&access.by, &id, update).await else {
        return Ok(view.go(&onward(&id, "/saml"), Said::Saved));
    };
    let shown = registry.application(&access.by, &id).await?;
    Ok(view.again(outrun(error), |error| page(&view, &shown, &Draft::refused(&posted, error))))
}

/// What is between the lines that say so, or of bare base64 one a line.
fn certificates(typed: &str) -> Vec<String> {
    if typed.contains(END) {
        let blocks = typed.split_inclusive(END).map(str::trim);
        blocks.filter(|block| !block.is_empty()).map(str::to_owned).collect()
    } else {
        typed.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }
}

/// `name = source`; a name may have a `=` itself.
fn statement(line: &str) -> AttributeStatementFields {
    let (name, source) = line.rsplit_once('=').unwrap_or((line, ""));
    AttributeStatementFields { name: name.trim().to_owned(), source: source.trim().to_owned() }
}

fn page(view: &View, shown: &ApplicationView, draft: &Draft<'_>) -> Page {
    let application = &shown.application;
    let form = Form::new(path(view, application, "/saml/edit"), "Save")
        .fields(draft, fields(application.saml.as_ref(), draft))
        .back(path(view, application, "/saml"));
    let section = Section::new("Service provider").with(Part::Form(of_version(form, shown)));
    form_page(view, (shown, AppTab::Saml), section)
}

fn fields(saml: Option<&SamlFacet>, draft: &Draft<'_>) -> Vec<Field> {
    let acs_urls: Vec<String> =
        saml.iter().flat_map(|saml| &saml.acs_urls).map(ToString::to_string).collect();
    let certificates: Vec<String> = saml.iter().flat_map(|saml| saml.certificates.iter().cloned()).collect();
    let statements: Vec<String> =
        saml.iter().flat_map(|saml| &saml.attribute_statements).map(written).collect();
    let formats = NameIdFormat::ALL.iter().map(|format| Choice::new(format.as_str(), format.as_str()));
    let format = saml.map_or(NameIdFormat::default(), |saml| saml.name_id_format);
    let sources: Vec<_> = AttributeSource::ALL.iter().map(|source| source.as_str()).collect();
    vec![
        Field::line(draft, ("saml.entity_id", "Entity id"), saml.map_or("", |saml| saml.entity_id.as_str()))
            .example("https://app.example.com/saml")
            .hint("What the service provider calls itself: a URI, compared letter by letter.")
            .required(),
        Field::lines(draft, ("saml.acs_urls", "Assertions are posted to"), &acs_urls)
            .example("https://app.example.com/saml/acs")
            .hint("One a line, the first is the default. https, or http on this device.")
            .required(),
        Field::code(draft, ("saml.certificates", "Certificates"), &certificates.join("\n"))
            .hint("What it signs its requests with: PEM, one after the other, or base64 one a line."),
        Field::select(
            draft,
            ("saml.name_id_format", "People are named by"),
            (formats.collect(), format.as_str()),
        ),
        Field::lines(draft, ("saml.attribute_statements", "Attributes"), &statements)
            .example("mail = user.email")
            .hint(format!(
                "One a line: the name, `=`, and what of a person it tells: {}.",
                sources.join(", ")
            )),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_told_apart() {
        let two = "-----BEGIN CERTIFICATE-----\r\nAA\r\n-----END CERTIFICATE-----\r\n\r\n\
                   -----BEGIN CERTIFICATE-----\r\nBB\r\n-----END CERTIFICATE-----\r\n";
        let found = certificates(two);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|one| one.starts_with("-----BEGIN") && one.ends_with(END)), "{found:?}");
        assert_eq!(certificates("AA\r\n\r\n BB "), ["AA", "BB"]);
        assert_eq!(certificates(""), Vec::<String>::new());
    }

    #[test]
    fn a_line_is_a_name_and_a_source() {
        for (line, name, source) in [
            ("mail = user.email", "mail", "user.email"),
            ("a=b=user.name", "a=b", "user.name"),
            ("mail", "mail", ""),
        ] {
            let said = statement(line);
            assert_eq!((&*said.name, &*said.source), (name, source), "{line}");
        }
    }
}
