//! What is around every answer.

use appkeep_domain::RequestId;
use serde::Serialize;

/// What was asked for, and what is to be said of it.
#[derive(Debug, Serialize)]
pub(super) struct Envelope<T> {
    data: T,
    meta: Meta,
}

#[derive(Debug, Serialize)]
struct Meta {
    request_id: String,
    /// What whoever reads it is to do now.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
    /// What was done, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    /// Of a list, however much of it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

impl<T> Envelope<T> {
    pub(super) fn of(data: T, request: RequestId) -> Self {
        Self {
            data,
            meta: Meta { request_id: request.to_string(), warning: None, message: None, total: None },
        }
    }

    pub(super) fn warning(mut self, sentence: &'static str) -> Self {
        self.meta.warning = Some(sentence);
        self
    }

    pub(super) fn message(mut self, sentence: &'static str) -> Self {
        self.meta.message = Some(sentence);
        self
    }

    pub(super) fn total(mut self, total: u64) -> Self {
        self.meta.total = Some(total);
        self
    }
}
