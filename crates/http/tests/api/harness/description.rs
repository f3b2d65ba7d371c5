//! The description of the API, as a list of what to try.

use std::sync::LazyLock;

use http::Method;
use serde_json::{Map, Value};

use super::{Answer, schema};

/// One thing that the API can do.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    /// With its parameters in braces.
    pub(crate) path: String,
    /// What an access token must have, when one is asked for.
    pub(crate) scope: Option<String>,
    pub(crate) has_body: bool,
    pub(crate) takes_form: bool,
    pub(crate) has_query: bool,
    /// By status.
    responses: Map<String, Value>,
}

pub(crate) struct Description {
    pub(crate) operations: Vec<Operation>,
    document: Value,
}

impl Description {
    /// Written out once for all tests of a process.
    pub(crate) fn read() -> &'static Self {
        static READ: LazyLock<Description> = LazyLock::new(Description::make);
        &READ
    }

    fn make() -> Self {
        let document: Value = serde_json::from_str(&appkeep_http::openapi()).expect("JSON");
        let paths = document["paths"].as_object().expect("an object").iter();
        let operations = paths.flat_map(|(path, operations)| {
            let operations = operations.as_object().expect("an object").iter();
            operations.map(move |(method, operation)| Operation::read(path, method, operation))
        });
        let operations = operations.collect();
        Self { operations, document }
    }

    /// Checks that the status of an answer is described, and its body as
    /// described.
    #[track_caller]
    pub(crate) fn check(&self, method: &Method, path: &str, answer: &Answer) {
        let (is_below, path) = below_a_tenant(path);
        let Some(operation) = self.find(method, path) else { return };
        if is_below && answer.status == 404 && answer.body["message"] == "there is no such tenant" {
            return;
        }
        let (id, status, body) = (&operation.id, answer.status.as_str(), &answer.body);
        let response = operation.responses.get(status);
        let response =
            response.unwrap_or_else(|| panic!("{id} answered {status}, which is not described: {body}"));
        let Some(content) = response.get("content") else {
            assert_eq!(answer.text, "", "{id} answered {status} with a body");
            return;
        };
        let media = content.as_object().and_then(|content| content.keys().next()).expect("a media type");
        assert_eq!(answer.header("content-type"), media, "{id} {status}");
        // What is none of JSON is not described further.
        if media != "application/json" {
            return;
        }
        let faults = schema::faults(&self.document, &content["application/json"]["schema"], body);
        assert!(faults.is_empty(), "{id} {status}: {faults:?} in {body}");
    }

    /// A path with more fixed parts goes first.
    fn find(&self, method: &Method, path: &str) -> Option<&Operation> {
        let fitting = self.operations.iter().filter(|known| known.method == method && known.fits(path));
        fitting.min_by_key(|known| known.path.matches('{').count())
    }
}

/// Each tenant has the same as there is at the public URL.
fn below_a_tenant(path: &str) -> (bool, &str) {
    let below = path.strip_prefix("/t/").and_then(|below| Some(&below[below.find('/')?..]));
    (below.is_some(), below.unwrap_or(path))
}

impl Operation {
    fn read(path: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let body = operation["requestBody"]["content"].as_object();
        Self {
            id: operation["operationId"].as_str().expect("a name").to_owned(),
            method: method.to_ascii_uppercase().parse().expect("a method"),
            path: path.to_owned(),
            scope: operation.pointer("/security/0/access_token/0").and_then(Value::as_str).map(str::to_owned),
            has_body: body.is_some_and(|content| content.contains_key("application/json")),
            takes_form: body.is_some_and(|content| content.contains_key("application/x-www-form-urlencoded")),
            has_query: parameters.clone().any(|parameter| parameter["in"] == "query"),
            responses: operation["responses"].as_object().expect("an object").clone(),
        }
    }

    /// The path with every parameter filled in.
    pub(crate) fn path_with(&self, value: &str) -> String {
        let fill = |part: &str| if part.starts_with('{') { value.to_owned() } else { part.to_owned() };
        self.path.split('/').map(fill).collect::<Vec<_>>().join("/")
    }

    fn fits(&self, path: &str) -> bool {
        let (ours, theirs): (Vec<_>, Vec<_>) = (self.path.split('/').collect(), path.split('/').collect());
        let same = |(ours, theirs): (&&str, &&str)| ours.starts_with('{') || ours == theirs;
        ours.len() == theirs.len() && ours.iter().zip(&theirs).all(same)
    }
}
