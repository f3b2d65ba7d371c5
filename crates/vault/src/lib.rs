//! Tokens: which types there are and what is expected of each, and the
//! expressions that say what is shown of one, what it is found by, and what it
//! is called.
//!
//! Whoever writes an expression is not trusted with more than their share: each
//! is bounded in its length, its filters, what it goes through and what it
//! makes, so that none hangs or exhausts anything ([`Limits`]).
//!
//! **Invariant:** values in, values out; nothing here is kept, sealed or sent.

mod base58;
mod expression;
mod filters;
mod limits;
mod lookup;
mod mask;
mod merge;
mod numbers;
mod path;
mod reads;
mod token_id;
mod token_type;
mod value;

pub use base58::{base58, is_base58};
pub use expression::{Context, Expression, Unevaluated};
pub use limits::{Allowance, Exhausted, Limits};
pub use mask::evaluate as evaluate_mask;
pub use merge::merge_patch;
pub use path::{JsonPath, PathError};
pub use reads::DataChange;
pub use token_id::{InvalidTokenId, TokenId};
pub use token_type::{InvalidData, TokenType, UnknownTokenType};
pub use value::{canonical, is_shallow, size};
