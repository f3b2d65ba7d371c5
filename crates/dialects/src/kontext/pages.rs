//! Lists, part by part.

use appkeep_service::{Error, ErrorCode, Fault, Page, PageQuery};
use serde::Serialize;

/// A part of a list, and where the next begins; `null` at the end.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Items<T> {
    pub(super) items: Vec<T>,
    pub(super) next_cursor: Option<String>,
}

impl<T> Items<T> {
    pub(super) fn of<U>(page: Page<U>, show: impl FnMut(U) -> T) -> Self {
        Self { items: page.items.into_iter().map(show).collect(), next_cursor: page.next_cursor }
    }
}

/// How many are shown at once where nobody says.
const DEFAULT: i64 = 50;
const MOST: i64 = 200;

/// Which part is wanted.
pub(super) fn part(limit: Option<i64>, cursor: Option<String>) -> Result<PageQuery, Error> {
    part_of(limit.unwrap_or(DEFAULT), cursor)
}

pub(super) fn part_of(limit: i64, cursor: Option<String>) -> Result<PageQuery, Error> {
    if (1..=MOST).contains(&limit) {
        return Ok(PageQuery { limit: Some(limit), cursor });
    }
    let message = format!("is not from 1 to {MOST}");
    Err(Error::invalid(Fault::new("limit", ErrorCode::InvalidRequest, message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_50_or_up_to_200() {
        for (limit, expected) in
            [(None, Some(50)), (Some(1), Some(1)), (Some(200), Some(200)), (Some(0), None), (Some(201), None)]
        {
            assert_eq!(part(limit, None).ok().and_then(|part| part.limit), expected, "{limit:?}");
        }
    }
}
