//! Lists, part by part.

use appkeep_service::Numbered;
use serde::Serialize;

/// A numbered part of a list. Clients ask for the next until one is empty.
#[derive(Debug, Serialize)]
pub(super) struct Pages<T> {
    pagination: Pagination,
    data: Vec<T>,
}

#[derive(Debug, Serialize)]
struct Pagination {
    total_items: u64,
    page_number: u32,
    page_size: u32,
    total_pages: u64,
}

impl<T> Pages<T> {
    pub(super) fn of<U>(part: Numbered<U>, show: impl FnMut(U) -> T) -> Self {
        let pagination = Pagination {
            total_items: part.total,
            page_number: part.page,
            page_size: part.per_page,
            total_pages: part.total_pages(),
        };
        Self { pagination, data: part.items.into_iter().map(show).collect() }
    }
}
