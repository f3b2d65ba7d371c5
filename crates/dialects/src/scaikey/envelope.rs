//! What is around every answer.

use appkeep_service::Numbered;
use serde::Serialize;

/// One thing.
#[derive(Debug, Serialize)]
pub(super) struct Single<T> {
    data: T,
    meta: Meta,
}

/// A numbered part of a list.
#[derive(Debug, Serialize)]
pub(super) struct List<T> {
    data: Vec<T>,
    pagination: Pagination,
    meta: MetaOfList,
}

/// What there is to say of a list: nothing, of most.
#[derive(Debug, Serialize)]
struct MetaOfList {
    /// Said where a search ended before it came to the end.
    #[serde(skip_serializing_if = "is_true")]
    total_is_exact: bool,
}

#[derive(Debug, Serialize)]
struct Pagination {
    page: u32,
    per_page: u32,
    total: u64,
    total_pages: u64,
}

/// Nothing is said there yet; clients expect the object.
#[derive(Debug, Serialize)]
struct Meta {}

impl<T> Single<T> {
    pub(super) const fn of(data: T) -> Self {
        Self { data, meta: Meta {} }
    }
}

impl<T> List<T> {
    pub(super) fn of<M>(page: Numbered<M>, show: impl FnMut(&M) -> T) -> Self {
        let pagination = Pagination {
            page: page.page,
            per_page: page.per_page,
            total: page.total,
            total_pages: page.total_pages(),
        };
        let meta = MetaOfList { total_is_exact: page.total_is_exact };
        Self { data: page.items.iter().map(show).collect(), pagination, meta }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde hands it over")]
const fn is_true(value: &bool) -> bool {
    *value
}
