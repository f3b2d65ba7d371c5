//! Statements: one text for both databases, and a list of all of them.

/// A statement of the program, in the words of either database.
///
/// Made by [`sql!`] only, so that it is static, cannot hold input, and is in
/// the list that a test prepares on both databases.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sql {
    pub(crate) postgres: &'static str,
    pub(crate) sqlite: &'static str,
    /// The file and line it is written in.
    pub(crate) place: &'static str,
}

/// Every statement of the program.
#[linkme::distributed_slice]
pub(crate) static STATEMENTS: [Sql];

/// Declares a statement: `sql!("… $1 …")`, or
/// `sql!(postgres: "… $1 …", sqlite: "… $1 …")` where the databases differ.
///
/// The numbered `$1` of PostgreSQL is a *named* parameter in SQLite, bound by
/// first appearance; `?1` is the same thing there. The exchange is made at
/// compile time.
macro_rules! sql {
    (postgres: $postgres:expr, sqlite: $sqlite:expr $(,)?) => {{
        const TEXT: &str = $sqlite;
        const BYTES: [u8; TEXT.len()] = $crate::sql::with_question_marks(TEXT);
        const STATEMENT: $crate::sql::Sql = $crate::sql::Sql {
            postgres: $postgres,
            sqlite: match ::core::str::from_utf8(&BYTES) {
                Ok(text) => text,
                Err(_) => panic!("exchanging one ASCII character for another keeps a text valid"),
            },
            place: concat!(file!(), ":", line!()),
        };
        #[expect(unsafe_code, reason = "the linker gathers the list; we write nothing unsafe ourselves")]
        #[linkme::distributed_slice($crate::sql::STATEMENTS)]
        static REGISTERED: $crate::sql::Sql = STATEMENT;
        STATEMENT
    }};
    ($both:expr $(,)?) => {
        $crate::sql::sql!(postgres: $both, sqlite: $both)
    };
}
pub(crate) use sql;

/// Exchanges the `$` before a number for `?`, and leaves every other one, such
/// as that of a JSON path, as it is.
pub(crate) const fn with_question_marks<const LENGTH: usize>(text: &str) -> [u8; LENGTH] {
    let from = text.as_bytes();
    let mut into = [0_u8; LENGTH];
    let mut at = 0;
    while at < LENGTH {
        let numbered = from[at] == b'$' && at + 1 < LENGTH && from[at + 1].is_ascii_digit();
        into[at] = if numbered { b'?' } else { from[at] };
        at += 1;
    }
    into
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbered_parameters_are_exchanged() {
        const JSON: Sql =
            sql!(postgres: "SELECT $1::text, '$'", sqlite: "SELECT json_extract($1, '$.a'), '$'");
        assert_eq!(JSON.sqlite, "SELECT json_extract(?1, '$.a'), '$'");
        assert_eq!(JSON.postgres, "SELECT $1::text, '$'");
    }
}
