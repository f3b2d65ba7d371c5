//! Lists, part by part.

use appkeep_service::{Numbered, Page};
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

/// A part of a list, and where the next begins. Clients go on until there is none.
#[derive(Debug, Serialize)]
pub(super) struct Cursored<T> {
    pagination: Cursor,
    data: Vec<T>,
}

#[derive(Debug, Serialize)]
struct Cursor {
    page_size: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl<T> Cursored<T> {
    pub(super) fn of<U>(part: Page<U>, show: impl FnMut(U) -> T) -> Self {
        let pagination = Cursor { page_size: part.limit, next: part.next_cursor };
        Self { pagination, data: part.items.into_iter().map(show).collect() }
    }
}
