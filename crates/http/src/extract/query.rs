//! The parameters of a URL.

use std::error::Error as StdError;

use appkeep_service::{Error, ErrorCode, Fault};
use axum::extract::FromRequestParts;
use axum::extract::Query as Parameters;
use http::Uri;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Parameters of type `T`. What is wrong is told for each of them at once.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match read::<T>(&parts.uri) {
            Ok(parameters) => Ok(Self(parameters)),
            Err(message) => Err(refuse::<T>(parts.uri.query().unwrap_or_default(), message)),
        }
    }
}

fn read<T: DeserializeOwned>(uri: &Uri) -> Result<T, String> {
    let read = Parameters::<T>::try_from_uri(uri);
    read.map(|Parameters(parameters)| parameters).map_err(|rejection| innermost(&rejection))
}

/// Reads each parameter by itself, so that one fault does not hide the next.
fn refuse<T: DeserializeOwned>(query: &str, whole: String) -> Problem {
    let faults = query.split('&').filter_map(fault_of::<T>).collect();
    match Error::from_faults(faults) {
        Err(error) => error.into(),
        Ok(()) => Problem::invalid_request(whole),
    }
}

fn fault_of<T: DeserializeOwned>(parameter: &str) -> Option<Fault> {
    let uri = format!("/?{parameter}").parse().ok()?;
    let message = read::<T>(&uri).err().filter(|message| !message.starts_with("missing field"))?;
    let name = parameter.split('=').next().unwrap_or_default();
    let said = if message.starts_with("unknown field") { "is not known" } else { message.as_str() };
    Some(Fault::new(name, ErrorCode::InvalidRequest, said))
}

fn innermost(error: &dyn StdError) -> String {
    match error.source() {
        Some(cause) => innermost(cause),
        None => error.to_string(),
    }
}
