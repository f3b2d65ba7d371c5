//! The description of the API, out of the code that serves it, and a page to
//! read it with.

mod repeatable;
mod viewer;

use std::sync::LazyLock;

use appkeep_api_types::{OauthRefusal, Problem};
use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, OpenApi as Document, RefOr, Schema};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;
use crate::{api, oauth};

/// The `OpenAPI` 3.1 document, as it is served and committed.
pub fn openapi() -> String {
    let (_, mut document) = described_routes().split_for_parts();
    refuse_null_bodies(&mut document);
    repeatable::describe(&mut document);
    document.to_pretty_json().expect("texts, lists and maps always print")
}

/// A body that may be left out is described as one that may also be `null`,
/// which is refused.
fn refuse_null_bodies(document: &mut Document) {
    for item in document.paths.paths.values_mut() {
        let body = item.post.as_mut().and_then(|post| post.request_body.as_mut());
        let Some(RefOr::T(body)) = body else { continue };
        body.content.values_mut().for_each(refuse_null);
    }
}

fn refuse_null(content: &mut RefOr<Content>) {
    let RefOr::T(content) = content else { return };
    if let Some(RefOr::T(Schema::OneOf(either))) = &content.schema {
        content.schema = either.items.first().cloned();
    }
}

/// Every operation that the document describes.
fn described_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Described::openapi()).merge(api::described()).merge(oauth::routes())
}

/// The document, and the page to read it with.
pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/openapi.json", get(document)).merge(viewer::routes())
}

async fn document() -> impl IntoResponse {
    static DOCUMENT: LazyLock<String> = LazyLock::new(openapi);
    ([(CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

/// What stands in the document before the first operation.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Appkeep",
        description = "The registry of a tenant's applications, and the authorization server that knows \
                       them.\n\nThe paths here are those at the public URL, the address of the platform \
                       and of the default tenant. Each other tenant is an issuer of its own, and has \
                       the same below `/t/<slug>`: `/t/acme/oauth2/token`, `/t/acme/api/v1/users`. Its \
                       discovery documents say the whole addresses.\n\nEvery answer has an `x-request-id`, which every log line of the request \
                       has too. Refusals have one form; match on `error`, never on `message`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "applications", description = "The applications registered in the tenant"),
        (name = "environments", description = "Live and test of applications with users of their own"),
        (name = "end users", description = "The users that an application has for itself"),
        (name = "connections", description = "With whom the users of an application may sign in"),
        (name = "users", description = "The people in the tenant's directory"),
        (name = "groups", description = "Groups of them, and of groups"),
        (name = "assignments", description = "Who may use an application"),
        (name = "sessions", description = "Who is signed in to an application"),
        (name = "access", description = "API keys, and what their holders may do"),
        (name = "vault", description = "Tokens that stand for what is not to be kept elsewhere"),
        (name = "integrations", description = "What applications reach for their people"),
        (name = "impersonations", description = "Operators who act as an application's people"),
        (name = "directory", description = "What is asked of their passwords"),
        (name = "scopes", description = "Which scopes applications can be allowed"),
        (name = "tenant", description = "The tenant's settings"),
        (name = "tenants", description = "The tenants that the caller sees"),
        (name = "partners", description = "Those who bring tenants"),
        (name = "operators", description = "Who runs the platform, a partner or a tenant"),
        (name = "audit", description = "What was changed, by whom"),
        (name = "oauth", description = "The authorization server"),
    ),
    components(schemas(Problem, OauthRefusal)),
    modifiers(&SecuritySchemes),
)]
struct Described;

struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.bearer_format = Some("JWT".to_owned());
        bearer.description = Some("An access token of this server, from `/oauth2/token`".to_owned());
        components.add_security_scheme("access_token", SecurityScheme::Http(bearer));
        let mut key = Http::new(HttpAuthScheme::Bearer);
        key.description = Some("An API key of an application, such as `key_prod_us_pvt_…`".to_owned());
        components.add_security_scheme("api_key", SecurityScheme::Http(key));
        let mut basic = Http::new(HttpAuthScheme::Basic);
        basic.description = Some("The client's id and secret (RFC 6749 §2.3.1)".to_owned());
        components.add_security_scheme("client_secret_basic", SecurityScheme::Http(basic));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const COMMITTED: &str = include_str!("../../../openapi/native-v1.json");

    #[test]
    fn the_committed_document_is_what_the_code_says() {
        assert!(
            COMMITTED.trim_end() == openapi(),
            "openapi/native-v1.json is not what the code says; run `cargo xtask openapi` and commit it"
        );
    }

    #[test]
    fn every_operation_has_a_summary_and_a_name_of_its_own() {
        let document: Value = serde_json::from_str(&openapi()).expect("JSON");
        let mut names = std::collections::BTreeSet::new();
        for (path, operations) in document["paths"].as_object().expect("an object") {
            for (method, operation) in operations.as_object().expect("an object") {
                let name = operation["operationId"].as_str().expect("a name");
                assert!(operation["summary"].is_string(), "{method} {path}");
                assert!(names.insert(name.to_owned()), "{name} is there twice");
            }
        }
        assert!(names.contains("create_application"), "{names:?}");
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document: Value = serde_json::from_str(&openapi()).expect("JSON");
        let mut broken = Vec::new();
        references(&document, &mut |reference| {
            let pointer = reference.trim_start_matches('#');
            if document.pointer(pointer).is_none() {
                broken.push(reference.to_owned());
            }
        });
        assert!(broken.is_empty(), "{broken:?}");
    }

    fn references(value: &Value, found: &mut impl FnMut(&str)) {
        match value {
            Value::Object(members) => {
                members.get("$ref").and_then(Value::as_str).into_iter().for_each(&mut *found);
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(elements) => elements.iter().for_each(|element| references(element, found)),
            _ => {}
        }
    }
}
