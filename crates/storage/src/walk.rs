//! Walking a list newest first, and asking the index of texts when few pass.

use std::ops::ControlFlow;

use crate::error::Result;
use crate::pages::{Gathering, Seek};
use crate::tx::ReadTx;

/// A list that is looked for something in.
pub(crate) trait Walk {
    type Row;
    /// Ids, of which a newer one is greater.
    type Key: Copy + Ord;

    fn key(row: &Self::Row) -> Self::Key;

    /// Whether the row belongs to the list, whatever an index has decided before.
    fn admits(&self, row: &Self::Row) -> bool;

    /// What its rows have to contain, folded.
    fn text(&self) -> Option<&str>;

    /// The next rows after this one, newest first, by the narrowest index that
    /// there is.
    async fn candidates(
        &self,
        tx: &mut ReadTx,
        after: Option<Self::Key>,
        limit: usize,
    ) -> Result<Vec<Self::Row>>;

    /// The rows that the index of texts names, and perhaps others, in no order;
    /// `None` when it cannot tell.
    async fn holding(&self, tx: &mut ReadTx, text: &str) -> Result<Option<Vec<Self::Key>>>;

    /// Those of the ids that are there, newest first.
    async fn those(&self, tx: &mut ReadTx, keys: &[Self::Key]) -> Result<Vec<Self::Row>>;
}

/// What it costs to ask for anything, in rows.
pub(crate) const ASKING: usize = 10;

impl ReadTx {
    /// A page of the list, and where the next begins. What many have fills a
    /// page at once; when few of the newest pass, the index is asked.
    pub(crate) async fn walk<W: Walk>(
        &mut self,
        wanted: &W,
        seek: Seek<W::Key>,
    ) -> Result<(Vec<W::Row>, Option<W::Key>)> {
        let mut gathering = Gathering::new(seek.after, seek.limit);
        let mut unasked = wanted.text();
        loop {
            if gathering.is_thin()
                && let Some(text) = unasked.take()
                && let Some(keys) = wanted.holding(self, text).await?
            {
                return self.pick(wanted, gathering, keys).await;
            }
            let batch = gathering.batch();
            let candidates = wanted.candidates(self, gathering.after(), batch).await?;
            let exhausted = candidates.len() < batch;
            let admits = |row: &W::Row| wanted.admits(row);
            if let ControlFlow::Break(next) = gathering.take(candidates, exhausted, W::key, admits) {
                return Ok((gathering.into_found(), next));
            }
        }
    }

    /// All that the list has, newest first, as far as `budget` goes; what was
    /// examined is taken from it. What has a text is looked up by the index.
    pub(crate) async fn examine<W: Walk>(&mut self, wanted: &W, budget: &mut usize) -> Result<Vec<W::Row>> {
        let (mut rows, _) = self.look_through(wanted, *budget).await?;
        *budget = budget.saturating_sub(ASKING + rows.len());
        rows.retain(|row| wanted.admits(row));
        Ok(rows)
    }

    /// The same as far as one call examines, and whether that is all.
    pub(crate) async fn examine_all<W: Walk>(&mut self, wanted: &W) -> Result<(Vec<W::Row>, bool)> {
        let (mut rows, is_all) = self.look_through(wanted, ReadTx::MAX_EXAMINED).await?;
        rows.retain(|row| wanted.admits(row));
        Ok((rows, is_all))
    }

    /// What may belong to the list, newest first and at most so many, and
    /// whether there is no more of it.
    async fn look_through<W: Walk>(&mut self, wanted: &W, most: usize) -> Result<(Vec<W::Row>, bool)> {
        let keys = match wanted.text() {
            Some(text) => wanted.holding(self, text).await?,
            None => None,
        };
        let Some(mut keys) = keys else {
            let mut rows = wanted.candidates(self, None, most.saturating_add(1)).await?;
            let is_all = rows.len() <= most;
            rows.truncate(most);
            return Ok((rows, is_all));
        };
        let is_all = keys.len() <= most;
        keys.sort_unstable_by(|one, other| other.cmp(one));
        keys.truncate(most);
        Ok((wanted.those(self, &keys).await?, is_all))
    }

    /// Goes on with these only.
    async fn pick<W: Walk>(
        &mut self,
        wanted: &W,
        mut gathering: Gathering<W::Row, W::Key>,
        mut keys: Vec<W::Key>,
    ) -> Result<(Vec<W::Row>, Option<W::Key>)> {
        keys.retain(|key| gathering.after().is_none_or(|after| *key < after));
        keys.sort_unstable_by(|one, other| other.cmp(one));
        let mut rest = keys.as_slice();
        loop {
            let batch;
            (batch, rest) = rest.split_at(gathering.batch().min(rest.len()));
            let candidates = wanted.those(self, batch).await?;
            let admits = |row: &W::Row| wanted.admits(row);
            let taken = gathering.take(candidates, rest.is_empty(), W::key, admits);
            if let ControlFlow::Break(next) = taken {
                return Ok((gathering.into_found(), next));
            }
        }
    }
}
