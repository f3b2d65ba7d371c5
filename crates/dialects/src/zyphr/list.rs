//! Lists, which are whole there.

use appkeep_service::{Error, ErrorCode, Fault, Page, PageQuery};
use serde::Deserialize;

/// What part of a list is wanted; all of it when nothing is said.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Part {
    pub(super) limit: Option<i64>,
    pub(super) offset: Option<i64>,
}

impl Part {
    /// The longest answer.
    const MOST: usize = 10_000;

    /// How many there are from the first to the last that is wanted.
    pub(super) fn end(&self) -> Result<usize, Error> {
        let (offset, limit) = self.range()?;
        Ok(offset + limit)
    }

    pub(super) fn cut<T>(&self, all: Vec<T>) -> Result<Vec<T>, Error> {
        let (offset, limit) = self.range()?;
        Ok(all.into_iter().skip(offset).take(limit).collect())
    }

    fn range(&self) -> Result<(usize, usize), Error> {
        let mut faults = Vec::new();
        let offset = read("offset", self.offset.unwrap_or(0), 0, &mut faults);
        let limit = self.limit.map_or(Self::MOST, |limit| read("limit", limit, 1, &mut faults));
        if offset > Self::MOST {
            // All that comes before is read as well.
            let message = format!("is more than {}", Self::MOST);
            faults.push(Fault::new("offset", ErrorCode::InvalidRequest, message));
        }
        Error::from_faults(faults)?;
        Ok((offset, limit.min(Self::MOST)))
    }
}

fn read(name: &str, said: i64, least: i64, faults: &mut Vec<Fault>) -> usize {
    if said < least {
        let message = format!("is less than {least}");
        faults.push(Fault::new(name, ErrorCode::InvalidRequest, message));
    }
    usize::try_from(said).unwrap_or_default()
}

/// Follows a list until as many are found as are wanted.
pub(super) async fn gather<T, F>(wanted: usize, mut read: impl FnMut(PageQuery) -> F) -> Result<Vec<T>, Error>
where
    F: Future<Output = Result<Page<T>, Error>>,
{
    /// As many as one page may have.
    const LONGEST_PAGE: i64 = 250;
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = read(PageQuery { cursor, limit: Some(LONGEST_PAGE) }).await?;
        found.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() || found.len() >= wanted {
            return Ok(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_out_of_the_whole() {
        let all = vec![1, 2, 3, 4];
        for (limit, offset, expected) in [
            (None, None, Some(&[1, 2, 3, 4][..])),
            (Some(2), None, Some(&[1, 2])),
            (Some(2), Some(3), Some(&[4])),
            (None, Some(4), Some(&[])),
            (Some(i64::MAX), Some(10_000), Some(&[])),
            (None, Some(10_001), None),
            (None, Some(i64::MAX), None),
            (Some(0), None, None),
            (None, Some(-1), None),
        ] {
            let cut = Part { limit, offset }.cut(all.clone()).ok();
            assert_eq!(cut.as_deref(), expected, "{limit:?} {offset:?}");
        }
    }
}
