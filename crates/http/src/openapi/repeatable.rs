//! What every POST of the native API that changes something can be given, and can
//! answer, because it can be repeated.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{HeaderBuilder, OpenApi as Document, RefOr, Required};

use appkeep_service::IdempotencyKey;

use crate::api;
use crate::idempotency::REPLAYED;

/// What people do with what is their own is nobody's to repeat.
const OF_PEOPLE: &str = "/api/v1/account/";

/// Adds the header, what it adds to a success, and its refusals.
pub(super) fn describe(document: &mut Document) {
    let reading = api::reading();
    let reading = &reading.get_openapi().paths.paths;
    for (path, item) in &mut document.paths.paths {
        if path.starts_with(api::BASE) && !path.starts_with(OF_PEOPLE) && !reading.contains_key(path) {
            item.post.iter_mut().for_each(describe_operation);
        }
    }
}

fn describe_operation(operation: &mut Operation) {
    operation.parameters.get_or_insert_default().push(header().into());
    let responses = &mut operation.responses.responses;
    for (status, response) in responses.iter_mut() {
        if let (true, RefOr::T(response)) = (status.starts_with('2'), response) {
            let text = "`true` when this was answered before, and nothing was done now";
            let header = HeaderBuilder::new().description(Some(text)).build();
            response.headers.insert(REPLAYED.to_string(), header.into());
        }
    }
    for status in [400, 409, 422] {
        responses.entry(status.to_string()).or_insert_with(|| api::refusal(status).into());
    }
}

fn header() -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
    ParameterBuilder::new()
        .name(IdempotencyKey::HEADER)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Any text of your own, such as a UUID, that names this request. Sent again with the same key \
             and body within 24 hours, it is answered as the first time and nothing is done twice.",
        ))
        .schema(Some(schema.pattern(Some("^[!-~]+$")).build()))
        .build()
}
