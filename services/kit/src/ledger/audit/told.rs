//! What the audit tells of records, for those whom they are about.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use crate::{
    db::{fault, places, sql},
    fault::Outcome,
};

/// An entry.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Told {
    /// Its place in the order of writing.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub client: String,
    /// The full name of the method.
    pub method: String,
    /// Resource name of the record.
    pub record: String,
    /// What was done.
    pub detail: String,
}

/// At most `limit` entries of some records, the latest first, before the one with the id `before`.
pub async fn of_records(
    conn: &impl ConnectionTrait,
    records: &[String],
    before: Option<i64>,
    limit: u64,
) -> Outcome<Vec<Told>> {
    let text = format!(
        "SELECT id, at, client, method, record, detail FROM audit_entry
         WHERE record IN (VALUES {}) AND id < ${} ORDER BY id DESC LIMIT {limit}",
        places(records.len(), 1),
        records.len() + 1
    );
    let values = records.iter().map(|record| Value::from(record.as_str()));
    let values = values.chain([before.unwrap_or(i64::MAX).into()]);
    Told::find_by_statement(sql(conn, &text, values)).all(conn).await.map_err(fault::of)
}
