//! Shapes of answers.

use appkeep_api_types::{
    ApplicationDetail, Connection, Data, Group, Integration, OperatorDetail, Partner, Tenant, UserDetail,
};
use appkeep_service::{ApplicationView, OperatorView, PartnerView, UserView};
use axum::response::{IntoResponse, Response};
use http::header::{ETAG, LOCATION};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::convert;
use crate::outgoing::Json;

/// One thing, with its version as the `ETag` that a later `If-Match` can name.
#[derive(Debug, Clone)]
pub(super) struct Versioned<T> {
    pub(super) version: i64,
    pub(super) data: T,
}

impl Versioned<ApplicationDetail> {
    pub(super) fn application(view: &ApplicationView) -> Self {
        Self { version: view.application.version, data: convert::detail(view) }
    }
}

impl Versioned<UserDetail> {
    pub(super) fn user(view: &UserView) -> Self {
        Self { version: view.user.version, data: convert::user_detail(view) }
    }
}

impl Versioned<Group> {
    pub(super) fn group(group: &appkeep_domain::Group) -> Self {
        Self { version: group.version, data: convert::group(group) }
    }
}

impl Versioned<Connection> {
    pub(super) fn connection(connection: &appkeep_domain::Connection) -> Self {
        Self { version: connection.version, data: convert::connection(connection) }
    }
}

impl Versioned<Integration> {
    pub(super) fn integration(integration: &appkeep_domain::integration::Integration) -> Self {
        Self { version: integration.version, data: convert::integration(integration) }
    }
}

impl Versioned<Partner> {
    pub(super) fn partner(view: &PartnerView) -> Self {
        Self { version: view.partner.version, data: convert::partner(view) }
    }
}

impl Versioned<Tenant> {
    pub(super) fn tenant(tenant: &appkeep_domain::Tenant) -> Self {
        Self { version: tenant.version, data: convert::tenant(tenant) }
    }
}

impl Versioned<OperatorDetail> {
    pub(super) fn operator(view: &OperatorView) -> Self {
        Self { version: view.user.version, data: convert::operator_detail(view) }
    }
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = Json(Data { data: self.data }).into_response();
        if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", self.version)) {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}

/// Something new, and where it is from now on.
#[derive(Debug, Clone)]
pub(super) struct Made<T> {
    pub(super) location: String,
    pub(super) answer: T,
}

impl<T: IntoResponse> IntoResponse for Made<T> {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::CREATED, self.answer).into_response();
        if let Ok(location) = HeaderValue::try_from(self.location) {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }
}
