//! Many rows in one statement.
//!
//! A statement is prepared once a connection and kept there, so that every shape costs memory on
//! both sides, the more the longer it is. Rows therefore go in few shapes: on PostgreSQL as one
//! JSON value, whatever their number; on SQLite in powers of two.

use std::fmt::Write;

use chrono::SecondsFormat;
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Value};

use super::{places, sql};

/// Values in one statement; SQLite takes 32,766.
const VALUES: usize = 30_000;
/// Rows of a statement with a place for each value.
const ROWS: usize = 512;
/// Rows of a statement with one JSON value.
const JSON_ROWS: usize = 4_000;
/// Below this many rows JSON is not worth it.
const FEW: usize = 16;

/// Runs `statement` over the rows, in as few statements as both engines allow. It is given what
/// stands behind `INSERT INTO table (columns)`. `columns` is a comma-separated list; every row has
/// as many values.
pub(crate) async fn each(
    conn: &impl ConnectionTrait,
    table: &str,
    columns: &str,
    mut rows: Vec<Vec<Value>>,
    statement: impl Fn(&str) -> String,
) -> Result<(), DbErr> {
    while !rows.is_empty() {
        let left = rows.split_off(at_once(conn, columns, rows.len()));
        let (source, values) = source(conn, table, columns, rows);
        conn.execute_raw(sql(conn, &statement(&source), values)).await?;
        rows = left;
    }
    Ok(())
}

/// Inserts rows into `table`, in as few statements as both engines allow.
/// `columns` is a comma-separated list; every row has as many values.
pub async fn insert_rows(
    conn: &impl ConnectionTrait,
    table: &str,
    columns: &str,
    rows: Vec<Vec<Value>>,
) -> Result<(), DbErr> {
    let insert = |source: &str| format!("INSERT INTO {table} ({columns}) {source}");
    each(conn, table, columns, rows, insert).await
}

/// The same, without the rows whose key is there already.
pub async fn insert_new_rows(
    conn: &impl ConnectionTrait,
    table: &str,
    columns: &str,
    rows: Vec<Vec<Value>>,
) -> Result<(), DbErr> {
    let insert =
        |source: &str| format!("INSERT INTO {table} ({columns}) {source} ON CONFLICT DO NOTHING");
    each(conn, table, columns, rows, insert).await
}

/// How many of `count` rows go into the next statement.
fn at_once(conn: &impl ConnectionTrait, columns: &str, count: usize) -> usize {
    if conn.get_database_backend() == DatabaseBackend::Postgres && count > FEW {
        return count.min(JSON_ROWS);
    }
    rows_at_once(count, columns.split(',').count())
}

/// How many of `count` rows of `columns` values go into the next statement with a place for each
/// value: a power of two, lest every number of rows is a statement of its own.
pub(crate) fn rows_at_once(count: usize, columns: usize) -> usize {
    let most = count.min(ROWS).min(VALUES / columns.max(1));
    1 << most.max(1).ilog2()
}

fn source(
    conn: &impl ConnectionTrait,
    table: &str,
    columns: &str,
    rows: Vec<Vec<Value>>,
) -> (String, Vec<Value>) {
    let names: Vec<&str> = columns.split(',').map(str::trim).collect();
    if conn.get_database_backend() == DatabaseBackend::Postgres
        && rows.len() > FEW
        && let Some(json) = json(&names, &rows)
    {
        // The table's own row type says what each text means.
        let from = format!("json_populate_recordset(NULL::{table}, $1::json)");
        return (format!("SELECT {columns} FROM {from}"), vec![json.into()]);
    }
    let values = format!("VALUES {}", places(rows.len(), names.len()));
    (values, rows.into_iter().flatten().collect())
}

/// The rows as a JSON array of objects; `None` where a value has a type that is not foreseen.
fn json(names: &[&str], rows: &[Vec<Value>]) -> Option<String> {
    let mut text = String::from("[");
    for row in rows {
        text.push_str(if text.len() == 1 { "{" } else { ",{" });
        for (at, (name, value)) in names.iter().zip(row).enumerate() {
            // Writing to a string never fails.
            let _ = write!(text, "{}\"{name}\":", if at == 0 { "" } else { "," });
            push(&mut text, value)?;
        }
        text.push('}');
    }
    text.push(']');
    Some(text)
}

fn push(text: &mut String, value: &Value) -> Option<()> {
    let quoted = match value {
        Value::Bool(Some(value)) => return plain(text, value),
        Value::SmallInt(Some(value)) => return plain(text, value),
        Value::Int(Some(value)) => return plain(text, value),
        Value::BigInt(Some(value)) => return plain(text, value),
        Value::String(Some(value)) => serde_json::to_string(value).ok()?,
        Value::Bytes(Some(value)) => format!("\"\\\\x{}\"", hex::encode(value)),
        Value::Uuid(Some(value)) => format!("\"{value}\""),
        Value::ChronoDate(Some(value)) => format!("\"{value}\""),
        Value::ChronoDateTimeUtc(Some(value)) => {
            format!("\"{}\"", value.to_rfc3339_opts(SecondsFormat::Micros, true))
        }
        Value::Bool(None)
        | Value::SmallInt(None)
        | Value::Int(None)
        | Value::BigInt(None)
        | Value::String(None)
        | Value::Bytes(None)
        | Value::Uuid(None)
        | Value::ChronoDate(None)
        | Value::ChronoDateTimeUtc(None) => "null".to_owned(),
        _ => return None,
    };
    text.push_str(&quoted);
    Some(())
}

fn plain(text: &mut String, value: impl std::fmt::Display) -> Option<()> {
    write!(text, "{value}").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_has_its_form() {
        let at: chrono::DateTime<chrono::Utc> = "2014-02-27T02:00:00.000123Z".parse().unwrap();
        let row: Vec<Value> = vec![
            true.into(),
            (-1_i16).into(),
            2_i32.into(),
            i64::MAX.into(),
            "\"引号\"\n\\".into(),
            vec![0_u8, 255].into(),
            uuid::Uuid::nil().into(),
            at.date_naive().into(),
            at.into(),
            Option::<String>::None.into(),
        ];
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let text = json(&names, &[row.clone(), row]).unwrap();
        let expected = "{\"a\":true,\"b\":-1,\"c\":2,\"d\":9223372036854775807,\
            \"e\":\"\\\"引号\\\"\\n\\\\\",\"f\":\"\\\\x00ff\",\
            \"g\":\"00000000-0000-0000-0000-000000000000\",\"h\":\"2014-02-27\",\
            \"i\":\"2014-02-27T02:00:00.000123Z\",\"j\":null}";
        assert_eq!(text, format!("[{expected},{expected}]"));
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
        assert_eq!(json(&["a"], &[vec![1.5_f64.into()]]), None);
    }
}
