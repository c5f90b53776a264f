//! Under which revision of the quality rules the figures of an employer are kept.

use sea_orm::{ConnectionTrait, QueryResult, Value};
use unionhall_kit::{
    db::{fault, sql},
    fault::Outcome,
};
use uuid::Uuid;

use super::EmployerRecord;
use crate::store::dated::all_changed;

/// The first employers that are counted under an earlier revision than `revision`.
pub async fn counted_before(
    conn: &impl ConnectionTrait,
    revision: i32,
    at_most: u64,
) -> Outcome<Vec<Uuid>> {
    let text = format!(
        "SELECT id FROM employer WHERE rules < $1 AND deleted_at IS NULL
         ORDER BY rules, id LIMIT {at_most}"
    );
    let rows = conn.query_all_raw(sql(conn, &text, [revision.into()])).await;
    let id = |row: QueryResult| row.try_get("", "id").map_err(fault::of);
    rows.map_err(fault::of)?.into_iter().map(id).collect()
}

/// Marks employers that [`super::load_for_update`] gave in this transaction as counted under
/// `revision`. Nothing of them changes, so neither does their version.
pub async fn mark_counted(
    conn: &impl ConnectionTrait,
    records: &[&EmployerRecord],
    revision: i32,
) -> Outcome<()> {
    let places: Vec<String> = (2..records.len() + 2).map(|place| format!("${place}")).collect();
    let text = format!("UPDATE employer SET rules = $1 WHERE id IN ({})", places.join(", "));
    let ids = records.iter().map(|record| Value::from(record.id));
    let statement = sql(conn, &text, std::iter::once(revision.into()).chain(ids));
    let done = conn.execute_raw(statement).await.map_err(fault::of)?;
    all_changed(done.rows_affected(), records.len())
}
