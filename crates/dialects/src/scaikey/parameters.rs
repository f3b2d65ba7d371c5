//! What stands behind a `?`.

use appkeep_domain::{Id, IdKind, PartnerId, TenantId, UserId};
use appkeep_service::NumberedQuery;
use axum::extract::Request;
use http::Uri;
use http::uri::PathAndQuery;
use serde::Deserialize;

/// Which part of a list is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pages {
    page: Option<i64>,
    per_page: Option<i64>,
}

impl From<Pages> for NumberedQuery {
    fn from(Pages { page, per_page }: Pages) -> Self {
        Self { page, per_page }
    }
}

/// What is empty counts as not given: forms send what was left empty.
pub(super) async fn without_empty(mut request: Request) -> Request {
    if let Some(uri) = filled(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

/// `None` where nothing is empty.
fn filled(uri: &Uri) -> Option<Uri> {
    let is_filled = |pair: &&str| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty());
    let pairs = || uri.query().into_iter().flat_map(|query| query.split('&'));
    if pairs().all(|pair| is_filled(&pair)) {
        return None;
    }
    let kept = pairs().filter(is_filled).collect::<Vec<_>>().join("&");
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("{}?{kept}", uri.path()).parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}

/// Whoever names no tenant of ours names one that does not exist, as in the
/// list of effective users.
pub(super) fn tenant_id(raw: String) -> String {
    id(TenantId::parse, raw)
}

/// The same for a partner.
pub(super) fn partner_id(raw: String) -> String {
    id(PartnerId::parse, raw)
}

/// The same for a user.
pub(super) fn user_id(raw: String) -> String {
    id(UserId::parse, raw)
}

fn id<K: IdKind, E>(parse: fn(&str) -> Result<Id<K>, E>, raw: String) -> String {
    if parse(&raw).is_ok() { raw } else { Id::<K>::from_bytes(NOBODY).to_string() }
}

/// The id of nothing that is made: ids begin with the time.
const NOBODY: [u8; 16] = [0xff; 16];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_left_out() {
        for (uri, expected) in [
            ("/applications", None),
            ("/applications?page=1&search=a%20b", None),
            ("/applications?search=&page=1", Some("/applications?page=1")),
            ("/applications?page=1&tenant_id", Some("/applications?page=1")),
            ("/applications?scope=", Some("/applications?")),
            ("/applications?", Some("/applications?")),
        ] {
            let found = filled(&uri.parse().expect("is one"));
            assert_eq!(found.map(|uri| uri.to_string()).as_deref(), expected, "{uri}");
        }
    }

    #[test]
    fn an_id_that_is_none_is_nobodys() {
        let known = TenantId::from_bytes([1; 16]).to_string();
        assert_eq!(tenant_id(known.clone()), known);
        for raw in ["nobody", "prt_01KAH8Q2M4F7V9X3C5N8R1T6ZD"] {
            assert_eq!(TenantId::parse(&tenant_id(raw.to_owned())), Ok(TenantId::from_bytes(NOBODY)));
        }
        assert_eq!(PartnerId::parse(&partner_id(known.clone())), Ok(PartnerId::from_bytes(NOBODY)));
        assert_eq!(UserId::parse(&user_id(known)), Ok(UserId::from_bytes(NOBODY)));
    }
}
