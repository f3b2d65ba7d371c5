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
    meta: Meta,
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
        Self { data: page.items.iter().map(show).collect(), pagination, meta: Meta {} }
    }
}
