//! Many rows in one statement.
//!
//! A statement is prepared once a connection and kept there, so that every shape costs memory on
//! both sides, the more the longer it is. Rows therefore go in few shapes: on PostgreSQL as one
//! array a column, however many they are; on SQLite in powers of two.

use std::fmt::Write;

use chrono::SecondsFormat;
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Value};
use sqlx::{Arguments as _, postgres::PgArguments};

use super::{places, sql, write::Tx};

/// Values in one statement; SQLite takes 32,766.
const VALUES: usize = 30_000;
/// Rows of a statement with a place for each value.
const ROWS: usize = 512;
/// Rows of a statement with an array for each column.
const ARRAY_ROWS: usize = 4_000;
/// Below this many rows arrays are not worth it.
const FEW: usize = 16;

/// Runs `statement` over the rows, in as few statements as both engines allow. It is given what
/// stands behind `INSERT INTO table (columns)`. `columns` is a comma-separated list; every row has
/// as many values.
pub(crate) async fn each(
    conn: &Tx,
    columns: &str,
    mut rows: Vec<Vec<Value>>,
    statement: impl Fn(&str) -> String,
) -> Result<(), DbErr> {
    while !rows.is_empty() {
        let left = rows.split_off(at_once(conn, columns, rows.len()));
        if let Some(tx) = conn.native()
            && rows.len() > FEW
            && let Some((source, values)) = native(columns, &rows)
        {
            tx.execute(statement(&source), values).await?;
            rows = left;
            continue;
        }
        let (source, values) = source(conn, columns, rows);
        conn.execute_raw(sql(conn, &statement(&source), values)).await?;
        rows = left;
    }
    Ok(())
}

/// Inserts rows into `table`, in as few statements as both engines allow.
/// `columns` is a comma-separated list; every row has as many values.
pub async fn insert_rows(
    conn: &Tx,
    table: &str,
    columns: &str,
    rows: Vec<Vec<Value>>,
) -> Result<(), DbErr> {
    let insert = |source: &str| format!("INSERT INTO {table} ({columns}) {source}");
    each(conn, columns, rows, insert).await
}

/// The same, without the rows whose key is there already.
pub async fn insert_new_rows(
    conn: &Tx,
    table: &str,
    columns: &str,
    rows: Vec<Vec<Value>>,
) -> Result<(), DbErr> {
    let insert =
        |source: &str| format!("INSERT INTO {table} ({columns}) {source} ON CONFLICT DO NOTHING");
    each(conn, columns, rows, insert).await
}

/// How many of `count` rows go into the next statement.
fn at_once(conn: &impl ConnectionTrait, columns: &str, count: usize) -> usize {
    if conn.get_database_backend() == DatabaseBackend::Postgres && count > FEW {
        return count.min(ARRAY_ROWS);
    }
    rows_at_once(count, columns.split(',').count())
}

/// How many of `count` rows of `columns` values go into the next statement with a place for each
/// value: a power of two, lest every number of rows is a statement of its own.
pub(crate) fn rows_at_once(count: usize, columns: usize) -> usize {
    let most = count.min(ROWS).min(VALUES / columns.max(1));
    1 << most.max(1).ilog2()
}

/// What gives these rows in a statement, to stand behind `INSERT INTO table (columns)` or within
/// `WITH name (columns) AS ()`. `columns` is a comma-separated list; every row has as many values.
pub fn source(
    conn: &impl ConnectionTrait,
    columns: &str,
    rows: Vec<Vec<Value>>,
) -> (String, Vec<Value>) {
    let width = columns.split(',').count();
    if conn.get_database_backend() == DatabaseBackend::Postgres
        && rows.len() > FEW
        && let Some(arrays) = (0..width).map(|at| array(&rows, at)).collect::<Option<Vec<_>>>()
    {
        let places: Vec<String> =
            (1..).zip(&arrays).map(|(at, (kind, _))| format!("${at}::{kind}[]")).collect();
        let from = format!("unnest({}) AS written ({columns})", places.join(", "));
        let values = arrays.into_iter().map(|(_, text)| text.into()).collect();
        return (format!("SELECT {columns} FROM {from}"), values);
    }
    let values = format!("VALUES {}", places(rows.len(), width));
    (values, rows.into_iter().flatten().collect())
}

/// The same with arrays as the driver encodes them. `None` where a value has a type that is not
/// foreseen.
fn native(columns: &str, rows: &[Vec<Value>]) -> Option<(String, PgArguments)> {
    let mut values = PgArguments::default();
    let mut places = String::new();
    for (at, _) in columns.split(',').enumerate() {
        let kind = encode(&mut values, rows, at)?;
        let comma = if at == 0 { "" } else { ", " };
        write!(places, "{comma}${}::{kind}[]", at + 1).ok()?;
    }
    Some((format!("SELECT {columns} FROM unnest({places}) AS written ({columns})"), values))
}

/// Adds one column of the rows; answers the type of its values.
fn encode(values: &mut PgArguments, rows: &[Vec<Value>], column: usize) -> Option<&'static str> {
    /// The values of a column that are all of one variant.
    macro_rules! of {
        ($variant:ident, $of:expr) => {{
            let mut of_column = Vec::with_capacity(rows.len());
            for row in rows {
                let Value::$variant(value) = row.get(column)? else { return None };
                of_column.push(value.as_ref().map($of));
            }
            values.add(of_column)
        }};
    }
    let first = rows.first()?.get(column)?;
    match first {
        Value::Bool(_) => of!(Bool, |value| *value),
        Value::SmallInt(_) => of!(SmallInt, |value| *value),
        Value::Int(_) => of!(Int, |value| *value),
        Value::BigInt(_) => of!(BigInt, |value| *value),
        Value::String(_) => of!(String, |value| value.as_str()),
        Value::Bytes(_) => of!(Bytes, |value| value.as_slice()),
        Value::Uuid(_) => of!(Uuid, |value| *value),
        Value::ChronoDate(_) => of!(ChronoDate, |value| *value),
        Value::ChronoDateTimeUtc(_) => of!(ChronoDateTimeUtc, |value| *value),
        _ => return None,
    }
    .ok()?;
    kind(first)
}

/// One column of the rows: its type and the text of an array; the mapper's arrays hold no NULL.
/// `None` where a value has a type that is not foreseen.
fn array(rows: &[Vec<Value>], column: usize) -> Option<(&'static str, String)> {
    let kind = kind(rows.first()?.get(column)?)?;
    let mut text = String::with_capacity(rows.len() * 24);
    for row in rows {
        text.push(if text.is_empty() { '{' } else { ',' });
        push(&mut text, row.get(column)?)?;
    }
    text.push('}');
    Some((kind, text))
}

fn kind(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Bool(_) => "boolean",
        Value::SmallInt(_) => "smallint",
        Value::Int(_) => "integer",
        Value::BigInt(_) => "bigint",
        Value::String(_) => "text",
        Value::Bytes(_) => "bytea",
        Value::Uuid(_) => "uuid",
        Value::ChronoDate(_) => "date",
        Value::ChronoDateTimeUtc(_) => "timestamptz",
        _ => return None,
    })
}

fn push(text: &mut String, value: &Value) -> Option<()> {
    match value {
        Value::Bool(Some(value)) => write!(text, "{value}"),
        Value::SmallInt(Some(value)) => write!(text, "{value}"),
        Value::Int(Some(value)) => write!(text, "{value}"),
        Value::BigInt(Some(value)) => write!(text, "{value}"),
        Value::Uuid(Some(value)) => write!(text, "{value}"),
        Value::ChronoDate(Some(value)) => write!(text, "{value}"),
        Value::ChronoDateTimeUtc(Some(value)) => {
            write!(text, "\"{}\"", value.to_rfc3339_opts(SecondsFormat::Micros, true))
        }
        Value::String(Some(value)) => {
            quote(text, value);
            Ok(())
        }
        Value::Bytes(Some(value)) => {
            text.push_str("\"\\\\x");
            for byte in value {
                text.extend(
                    [byte >> 4, byte & 15].map(|digit| char::from(HEX[usize::from(digit)])),
                );
            }
            text.push('"');
            Ok(())
        }
        Value::Bool(None)
        | Value::SmallInt(None)
        | Value::Int(None)
        | Value::BigInt(None)
        | Value::String(None)
        | Value::Bytes(None)
        | Value::Uuid(None)
        | Value::ChronoDate(None)
        | Value::ChronoDateTimeUtc(None) => write!(text, "NULL"),
        _ => return None,
    }
    .ok()
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// As an element of an array stands between quotes.
fn quote(text: &mut String, value: &str) {
    text.push('"');
    for piece in value.split_inclusive(['"', '\\']) {
        let plain = piece.trim_end_matches(['"', '\\']);
        text.push_str(plain);
        for escaped in piece[plain.len()..].chars() {
            text.extend(['\\', escaped]);
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_has_its_form() {
        let at: chrono::DateTime<chrono::Utc> = "2014-02-27T02:00:00.000123Z".parse().unwrap();
        let forms: [(Value, &str, &str); 9] = [
            (true.into(), "boolean", "true"),
            ((-1_i16).into(), "smallint", "-1"),
            (2_i32.into(), "integer", "2"),
            (i64::MAX.into(), "bigint", "9223372036854775807"),
            ("\"引号\"\n\\a,{}".into(), "text", "\"\\\"引号\\\"\n\\\\a,{}\""),
            (vec![0_u8, 255].into(), "bytea", "\"\\\\x00ff\""),
            (uuid::Uuid::nil().into(), "uuid", "00000000-0000-0000-0000-000000000000"),
            (at.date_naive().into(), "date", "2014-02-27"),
            (at.into(), "timestamptz", "\"2014-02-27T02:00:00.000123Z\""),
        ];
        for (value, kind, form) in forms {
            let rows = [vec![value.clone()], vec![value.as_null()], vec![value]];
            assert_eq!(array(&rows, 0), Some((kind, format!("{{{form},NULL,{form}}}"))));
        }
        assert_eq!(array(&[vec![1.5_f64.into()]], 0), None);
    }

    #[test]
    fn a_text_that_says_null_is_a_text() {
        let rows = [vec!["NULL".into()], vec!["".into()]];
        assert_eq!(array(&rows, 0), Some(("text", "{\"NULL\",\"\"}".to_owned())));
    }
}
