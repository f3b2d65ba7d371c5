//! How much work an expression may be.

/// What bounds expressions and what they are evaluated over.
#[derive(Debug)]
pub struct Limits;

impl Limits {
    /// Characters of one expression.
    pub const EXPRESSION: usize = 1_000;
    /// Brackets within brackets.
    pub const NESTING: usize = 8;
    /// Filters one after the other.
    pub const FILTERS: usize = 32;
    /// Bytes of a text that a filter makes, or that an expression comes to.
    pub const TEXT: usize = 512 * 1_024;
    /// Bytes that all the filters of one evaluation read and write together.
    /// What it takes to read its expressions counts among them.
    pub const WORK: usize = 4 * 1_024 * 1_024;
    /// Bytes of what all expressions of one mask come to, written as JSON.
    pub const MASKED: usize = 512 * 1_024;
    /// Expressions in one mask.
    pub const MASK: usize = 500;
    /// Objects and lists within each other, in data and masks.
    pub const DEPTH: usize = 32;
    /// Bytes of a token's data, written as JSON.
    pub const DATA: usize = 256 * 1_024;
}

/// What is left to an evaluation.
#[derive(Debug)]
pub(crate) struct Work(usize);

impl Default for Work {
    fn default() -> Self {
        Self(Limits::WORK)
    }
}

impl Work {
    pub(crate) const fn of(bytes: usize) -> Self {
        Self(bytes)
    }

    /// Whether there is enough left to read such an expression, which costs more
    /// than its length.
    pub(crate) const fn read(&mut self, source: &str) -> bool {
        const EACH: usize = 4 * 1_024;
        const EACH_BYTE: usize = 8;
        self.spend(EACH + EACH_BYTE * source.len())
    }

    /// Whether that much may still be done; then it counts as done.
    pub(crate) const fn spend(&mut self, bytes: usize) -> bool {
        let is_left = bytes <= self.0;
        self.0 = self.0.saturating_sub(bytes);
        is_left
    }
}

/// Work that several evaluations share. One is begun only where all is left that
/// one may take, so that none of them stops halfway.
#[derive(Debug)]
pub struct Allowance(usize);

/// There is not enough left to begin with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is more than is made at once")]
pub struct Exhausted;

impl Allowance {
    pub const fn of(bytes: usize) -> Self {
        Self(bytes)
    }

    /// For one evaluation.
    pub const fn one() -> Self {
        Self(Limits::WORK)
    }

    pub(crate) const fn begin(&self) -> Result<Work, Exhausted> {
        if self.0 < Limits::WORK { Err(Exhausted) } else { Ok(Work(Limits::WORK)) }
    }

    /// Counts what one has taken, of which this is left.
    pub(crate) const fn end(&mut self, left: &Work) {
        self.0 = self.0.saturating_sub(Limits::WORK.saturating_sub(left.0));
    }
}
