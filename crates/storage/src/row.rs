//! What a statement answers: columns by name, alike from either database.

use std::error::Error as StdError;

use appkeep_domain::{Id, IdKind, SecretHash, Timestamp};
use tokio_postgres::types::{FromSql, Type};

use crate::error::{BoxError, Result, StorageError};

/// One row.
pub(crate) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// The column's value; a column that is missing, or holds something else,
    /// is [`StorageError::Corrupt`].
    pub(crate) fn get<T: FromColumn>(&self, column: &'static str) -> Result<T> {
        T::from_column(self.column(column)?)
            .ok_or_else(|| StorageError::corrupt(column, "not of the type expected"))
    }

    /// The column's text as `parse` reads it; what it refuses is
    /// [`StorageError::Corrupt`].
    pub(crate) fn parse<T, E: Into<BoxError>>(
        &self,
        column: &'static str,
        parse: impl FnOnce(&str) -> std::result::Result<T, E>,
    ) -> Result<T> {
        match self.column(column)? {
            Column::Text(text) => parse(text).map_err(|error| StorageError::corrupt(column, error)),
            _ => Err(StorageError::corrupt(column, "not a text")),
        }
    }

    /// The same for a column that may be null.
    pub(crate) fn parse_optional<T, E: Into<BoxError>>(
        &self,
        column: &'static str,
        parse: impl FnOnce(&str) -> std::result::Result<T, E>,
    ) -> Result<Option<T>> {
        match self.column(column)? {
            Column::Null => Ok(None),
            _ => self.parse(column, parse).map(Some),
        }
    }

    fn column(&self, column: &'static str) -> Result<Column<'_>> {
        match self {
            Self::Sqlite(row) => {
                row.get_ref(column).map_err(BoxError::from).and_then(|value| Column::from_sqlite(value))
            }
            Self::Postgres(row) => row.try_get(column).map_err(BoxError::from),
        }
        .map_err(|error| StorageError::corrupt(column, error))
    }
}

/// A column's value as the drivers hand it out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Column<'a> {
    Null,
    /// Also a boolean, as 0 or 1.
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> Column<'a> {
    fn from_sqlite(value: rusqlite::types::ValueRef<'a>) -> std::result::Result<Self, BoxError> {
        use rusqlite::types::ValueRef;
        match value {
            ValueRef::Null => Ok(Self::Null),
            ValueRef::Integer(value) => Ok(Self::Int(value)),
            ValueRef::Text(value) => Ok(Self::Text(str::from_utf8(value)?)),
            ValueRef::Blob(value) => Ok(Self::Bytes(value)),
            ValueRef::Real(_) => Err("a floating point number".into()),
        }
    }
}

impl<'a> FromSql<'a> for Column<'a> {
    fn from_sql(found: &Type, raw: &'a [u8]) -> std::result::Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(match *found {
            Type::BOOL => Self::Int(bool::from_sql(found, raw)?.into()),
            Type::INT2 => Self::Int(i16::from_sql(found, raw)?.into()),
            Type::INT4 => Self::Int(i32::from_sql(found, raw)?.into()),
            Type::INT8 => Self::Int(i64::from_sql(found, raw)?),
            Type::BYTEA | Type::UUID => Self::Bytes(raw),
            // The binary form of JSONB is a version, 1, and the text.
            Type::JSONB => Self::Text(str::from_utf8(raw.get(1..).unwrap_or_default())?),
            _ => Self::Text(str::from_utf8(raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> std::result::Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(found: &Type) -> bool {
        matches!(
            *found,
            Type::BOOL
                | Type::INT2
                | Type::INT4
                | Type::INT8
                | Type::BYTEA
                | Type::UUID
                | Type::JSON
                | Type::JSONB
                | Type::TEXT
                | Type::VARCHAR
                | Type::NAME
        )
    }
}

/// What a column can be read as.
pub(crate) trait FromColumn: Sized {
    fn from_column(column: Column<'_>) -> Option<Self>;
}

impl FromColumn for i64 {
    fn from_column(column: Column<'_>) -> Option<Self> {
        if let Column::Int(value) = column { Some(value) } else { None }
    }
}

impl FromColumn for u32 {
    fn from_column(column: Column<'_>) -> Option<Self> {
        i64::from_column(column)?.try_into().ok()
    }
}

impl FromColumn for bool {
    fn from_column(column: Column<'_>) -> Option<Self> {
        match column {
            Column::Int(0) => Some(false),
            Column::Int(1) => Some(true),
            _ => None,
        }
    }
}

impl FromColumn for String {
    fn from_column(column: Column<'_>) -> Option<Self> {
        if let Column::Text(value) = column { Some(value.to_owned()) } else { None }
    }
}

impl FromColumn for Vec<u8> {
    fn from_column(column: Column<'_>) -> Option<Self> {
        if let Column::Bytes(value) = column { Some(value.to_vec()) } else { None }
    }
}

impl<const LENGTH: usize> FromColumn for [u8; LENGTH] {
    fn from_column(column: Column<'_>) -> Option<Self> {
        if let Column::Bytes(value) = column { value.try_into().ok() } else { None }
    }
}

impl FromColumn for SecretHash {
    fn from_column(column: Column<'_>) -> Option<Self> {
        <[u8; 32]>::from_column(column).map(Self::from_bytes)
    }
}

impl<K: IdKind> FromColumn for Id<K> {
    fn from_column(column: Column<'_>) -> Option<Self> {
        <[u8; 16]>::from_column(column).map(Self::from_bytes)
    }
}

/// Ids one after the other.
impl<K: IdKind> FromColumn for Vec<Id<K>> {
    fn from_column(column: Column<'_>) -> Option<Self> {
        let Column::Bytes(bytes) = column else { return None };
        let (ids, rest) = bytes.as_chunks::<16>();
        rest.is_empty().then(|| ids.iter().copied().map(Id::from_bytes).collect())
    }
}

impl FromColumn for Timestamp {
    fn from_column(column: Column<'_>) -> Option<Self> {
        i64::from_column(column).map(Self::from_micros)
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(column: Column<'_>) -> Option<Self> {
        match column {
            Column::Null => Some(None),
            present => T::from_column(present).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use appkeep_domain::UserId;

    use super::*;

    #[test]
    fn a_column_of_another_type_is_not_read() {
        assert_eq!(i64::from_column(Column::Text("1")), None);
        assert_eq!(bool::from_column(Column::Int(2)), None);
        assert_eq!(u32::from_column(Column::Int(-1)), None);
        assert_eq!(<[u8; 16]>::from_column(Column::Bytes(b"short")), None);
        assert_eq!(<Vec<UserId>>::from_column(Column::Bytes(&[0; 17])), None);
        assert_eq!(String::from_column(Column::Null), None);
        assert_eq!(<Option<String>>::from_column(Column::Null), Some(None));
        assert_eq!(<Option<i64>>::from_column(Column::Text("1")), None);
    }
}
