//! What every answer of the native API lies in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Data<T> {
    pub data: T,
}

/// Some of a list, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    pub data: Vec<T>,
    pub meta: PageMeta,
}

/// Where in a list a page is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PageMeta {
    /// Send it as `cursor` to get what follows; `null` when nothing does. A
    /// page can be shorter than its limit and still have a next one.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
    /// The most that this page could hold.
    #[schema(minimum = 1, maximum = 250, example = 50)]
    pub limit: u32,
}
