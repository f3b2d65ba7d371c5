//! Whoever looks at the console, and how pages are sent to them.

use std::sync::Arc;

use appkeep_domain::{
    Action as Doing, Caller, Decision, Level, Owner, PartnerId, Resource, TenantId, may, may_ever,
};
use appkeep_http::Problem;
use appkeep_http::pages::{FormsLead, Site, headers};
use appkeep_service::{ApplicationView, Error, TENANTS};
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_SECURITY_POLICY, LOCATION};
use http::request::Parts;
use http::{HeaderValue, StatusCode};

use crate::kit::{Notice, Page};
use crate::menu::{self, Group};
use crate::said::Said;

const ROOT: &str = "/console";

/// Somebody who is signed in, at one tenant's console.
#[derive(Clone)]
pub(crate) struct View(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) site: Site,
    pub(crate) caller: Caller,
    pub(crate) operator_name: String,
    pub(crate) tenant: TenantId,
    pub(crate) partner: Option<PartnerId>,
    pub(crate) tenant_name: String,
    pub(crate) is_suspended: bool,
    /// The tenant's, where its console is below its own address.
    pub(crate) slug: Option<String>,
    /// What the forms of this browser carry.
    pub(crate) token: String,
    /// The path that is looked at.
    pub(crate) asked: String,
    /// Which sentence the link asks for.
    pub(crate) said: Option<String>,
    pub(crate) acting: Option<Acting>,
    /// The issuer at this address.
    pub(crate) issuer: String,
}

/// That this operator acts as somebody at the moment.
#[derive(Debug, Clone)]
pub(crate) struct Acting {
    pub(crate) person: String,
    /// RFC 3339.
    pub(crate) until: String,
    /// Where it can be ended.
    pub(crate) path: String,
}

impl View {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// The path of a page at this tenant's console; `below` is empty, or begins
    /// with a slash.
    pub(crate) fn path(&self, below: &str) -> String {
        Self::path_at(self.slug(), below)
    }

    /// The same at the console of a tenant, or at the public URL.
    pub(crate) fn path_at(slug: Option<&str>, below: &str) -> String {
        match slug {
            Some(slug) => format!("{TENANTS}{slug}{ROOT}{below}"),
            None => format!("{ROOT}{below}"),
        }
    }

    /// The path of a page that there is once.
    #[expect(clippy::unused_self, reason = "templates call it as they call `path`")]
    pub(crate) fn root(&self, below: &str) -> String {
        format!("{ROOT}{below}")
    }

    /// The path of another tenant's console.
    pub(crate) fn of_tenant(slug: &str) -> String {
        format!("{TENANTS}{slug}{ROOT}")
    }

    /// Whether whoever looks may do this to what belongs to the tenant. For what
    /// the answer depends on more than that, ask the service.
    pub(crate) fn may(&self, action: Doing) -> bool {
        let place = Resource::of_owner(Owner::Tenant(self.0.tenant), self.0.partner);
        may(&self.0.caller, action, &place) == Decision::Allowed
    }

    /// Whether they may do this to an application, as far as that can be told
    /// without asking the service.
    pub(crate) fn may_to(&self, shown: &ApplicationView, action: Doing) -> bool {
        let application = &shown.application;
        if application.owner == Owner::Tenant(self.0.tenant) {
            may(&self.0.caller, action, &Resource::of(application, self.0.partner)) == Decision::Allowed
        } else {
            shown.audit.is_some() && self.may_ever(action)
        }
    }

    /// Whether they may do this to what this tenant's people have with it.
    pub(crate) fn may_with(&self, shown: &ApplicationView, action: Doing) -> bool {
        if matches!(shown.application.owner, Owner::Tenant(_)) {
            return self.may_to(shown, action);
        }
        let people = Owner::Tenant(self.0.tenant);
        let place = Resource::of_assignments(&shown.application, people, self.0.partner);
        may(&self.0.caller, action, &place) == Decision::Allowed
    }

    /// Whether there is anything that they may do this to.
    pub(crate) fn may_ever(&self, action: Doing) -> bool {
        may_ever(&self.0.caller, action)
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.0.caller
    }

    /// Whether they run the platform.
    pub(crate) fn is_of_the_platform(&self) -> bool {
        self.has_role_at(|level| level == Level::Platform)
    }

    /// Whether they have a role where this holds.
    pub(crate) fn has_role_at(&self, holds: impl Fn(Level) -> bool) -> bool {
        match &self.0.caller {
            Caller::Operator { roles, .. } => roles.iter().any(|grant| holds(grant.at)),
            _ => false,
        }
    }

    pub(crate) fn slug(&self) -> Option<&str> {
        self.0.slug.as_deref()
    }

    pub(crate) fn tenant(&self) -> TenantId {
        self.0.tenant
    }

    pub(crate) fn tenant_name(&self) -> &str {
        &self.0.tenant_name
    }

    /// Whether the tenant, or its partner, is suspended.
    pub(crate) fn is_suspended(&self) -> bool {
        self.0.is_suspended
    }

    pub(crate) fn operator_name(&self) -> &str {
        &self.0.operator_name
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.0.issuer
    }

    pub(crate) fn token(&self) -> &str {
        &self.0.token
    }

    pub(crate) fn acting(&self) -> Option<&Acting> {
        self.0.acting.as_ref()
    }

    pub(crate) fn said(&self) -> Option<Notice> {
        self.0.said.as_deref().and_then(Said::notice)
    }

    pub(crate) fn menu(&self) -> Vec<Group> {
        menu::of(self, &self.0.asked)
    }

    pub(crate) fn page(&self, page: &Page) -> Response {
        self.page_as(StatusCode::OK, page)
    }

    pub(crate) fn page_as(&self, status: StatusCode, page: &Page) -> Response {
        match page.html(self) {
            Ok(html) => (status, page_headers(&self.0.site), html).into_response(),
            Err(error) => Problem::internal(error).into_response(),
        }
    }

    /// A form again, with what is wrong with what was sent; what no form can put
    /// right is a page of its own.
    pub(crate) fn again(&self, error: Error, page: impl FnOnce(&Error) -> Page) -> Response {
        let status = Problem::from(Error::new(error.code(), "")).status();
        // What may not be said in one field of several can be said otherwise.
        let is_for_others = status == StatusCode::FORBIDDEN && error.faults().is_empty();
        if status.is_server_error() || status == StatusCode::NOT_FOUND || is_for_others {
            return Problem::from(error).into_response();
        }
        let mut response = self.page_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&error));
        response.extensions_mut().insert(Problem::from(error).shown());
        response
    }

    /// On to a page of this console, which says that it is done.
    pub(crate) fn go(&self, below: &str, said: Said) -> Response {
        let mark = if below.contains('?') { '&' } else { '?' };
        see_other(&self.0.site, &format!("{}{mark}said={}", self.path(below), said.word()))
    }
}

/// What a page of the console is sent with: as others of ours, and it may ask us
/// for parts of itself.
pub(crate) fn page_headers(site: &Site) -> http::HeaderMap {
    const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                          img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
    let mut sent = headers(site, FormsLead::ToUs);
    sent.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    sent
}

pub(crate) fn see_other(site: &Site, location: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(location) else {
        return Problem::internal("a way on is no header").into_response();
    };
    let mut response = (StatusCode::SEE_OTHER, page_headers(site)).into_response();
    response.headers_mut().insert(LOCATION, location);
    response
}

impl<S: Send + Sync> FromRequestParts<S> for View {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Nobody comes here but through the door.
        parts.extensions.get().cloned().ok_or_else(|| Problem::internal("a page without a door"))
    }
}
