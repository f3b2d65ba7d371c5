//! The clock that only measures spans. What time it is, `Clock` says.

use std::time::Instant;

#[expect(clippy::disallowed_methods, reason = "the one place that measures")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
