//! What is bound to a statement's parameters.

use std::borrow::Cow;
use std::error::Error as StdError;

use appkeep_domain::{Id, IdKind, Lifetime, SecretHash, Timestamp};
use bytes::{BufMut, BytesMut};
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// A value for one parameter. PostgreSQL says which type it expects, so one
/// value serves `BOOLEAN` and `SMALLINT`, `TEXT` and `JSONB`, `BYTEA` and `UUID`.
#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Bool(bool),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
    Id([u8; 16]),
    /// A `BIGINT[]` in PostgreSQL, for `= ANY($1)` or a column.
    /// In SQLite a JSON text, for `IN (SELECT value FROM json_each($1))`.
    Ints(Cow<'a, [i64]>),
    /// A `BYTEA[]` in PostgreSQL, for `= ANY($1)`.
    /// In SQLite a JSON text, for `IN (SELECT unhex(value) FROM json_each($1))`.
    Ids(Cow<'a, [[u8; 16]]>),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Value<'_> {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value.into())
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self::Text(value.into())
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value.into())
    }
}

impl From<Vec<u8>> for Value<'_> {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value.into())
    }
}

impl From<[u8; 16]> for Value<'_> {
    fn from(value: [u8; 16]) -> Self {
        Self::Id(value)
    }
}

impl From<[u8; 32]> for Value<'_> {
    fn from(value: [u8; 32]) -> Self {
        Self::Bytes(value.to_vec().into())
    }
}

impl From<SecretHash> for Value<'_> {
    fn from(value: SecretHash) -> Self {
        Self::from(*value.as_bytes())
    }
}

impl<K: IdKind> From<Id<K>> for Value<'_> {
    fn from(value: Id<K>) -> Self {
        Self::Id(value.as_bytes())
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.as_micros())
    }
}

/// In seconds.
impl From<Lifetime> for Value<'_> {
    fn from(value: Lifetime) -> Self {
        Self::from(value.as_seconds())
    }
}

impl<'a> From<&'a [i64]> for Value<'a> {
    fn from(value: &'a [i64]) -> Self {
        Self::Ints(value.into())
    }
}

impl<'a> From<&'a [[u8; 16]]> for Value<'a> {
    fn from(value: &'a [[u8; 16]]) -> Self {
        Self::Ids(value.into())
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Int(value) => ToSqlOutput::Borrowed(ValueRef::Integer(*value)),
            Self::Bool(value) => ToSqlOutput::Borrowed(ValueRef::Integer((*value).into())),
            Self::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Self::Bytes(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
            Self::Id(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
            Self::Ints(values) => ToSqlOutput::from(json_numbers(values)),
            Self::Ids(values) => ToSqlOutput::from(json_hex(values)),
        })
    }
}

fn json_numbers(values: &[i64]) -> String {
    let numbers: Vec<String> = values.iter().map(i64::to_string).collect();
    format!("[{}]", numbers.join(","))
}

fn json_hex(values: &[[u8; 16]]) -> String {
    let ids: Vec<String> =
        values.iter().map(|bytes| format!("\"{:032x}\"", u128::from_be_bytes(*bytes))).collect();
    format!("[{}]", ids.join(","))
}

impl ToSql for Value<'_> {
    fn to_sql(&self, expected: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::Null => return Ok(IsNull::Yes),
            Self::Int(value) => put_int(*value, expected, out)?,
            Self::Bool(value) => put_int((*value).into(), expected, out)?,
            Self::Text(value) => put_text(value, expected, out),
            Self::Bytes(value) => out.put_slice(value),
            Self::Id(value) => out.put_slice(value),
            Self::Ints(values) => return values.as_ref().to_sql(expected, out),
            Self::Ids(values) => {
                let slices: Vec<&[u8]> = values.iter().map(<[u8; 16]>::as_slice).collect();
                return slices.to_sql(expected, out);
            }
        }
        Ok(IsNull::No)
    }

    /// PostgreSQL refuses what does not fit; that every statement's values do
    /// is what the conformance suite is for.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn put_int(value: i64, expected: &Type, out: &mut BytesMut) -> Result<(), Box<dyn StdError + Sync + Send>> {
    match *expected {
        Type::BOOL => out.put_u8((value != 0).into()),
        Type::INT2 => out.put_i16(value.try_into()?),
        Type::INT4 => out.put_i32(value.try_into()?),
        _ => out.put_i64(value),
    }
    Ok(())
}

fn put_text(value: &str, expected: &Type, out: &mut BytesMut) {
    // The binary form of JSONB is a version, 1, and the text.
    if *expected == Type::JSONB {
        out.put_u8(1);
    }
    out.put_slice(value.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_json_in_sqlite() {
        assert_eq!(json_numbers(&[]), "[]");
        assert_eq!(json_numbers(&[1, -2]), "[1,-2]");
        assert_eq!(json_hex(&[*b"0123456789abcdef"]), "[\"30313233343536373839616263646566\"]");
    }

    #[test]
    fn a_number_takes_the_width_postgres_expects() {
        for (expected, bytes) in [(Type::BOOL, 1), (Type::INT2, 2), (Type::INT4, 4), (Type::INT8, 8)] {
            let mut out = BytesMut::new();
            ToSql::to_sql(&Value::Int(1), &expected, &mut out).expect("fits");
            assert_eq!(out.len(), bytes, "{expected}");
        }
        let too_wide = ToSql::to_sql(&Value::Int(40_000), &Type::INT2, &mut BytesMut::new());
        assert!(too_wide.is_err());
    }
}
