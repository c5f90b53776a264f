//! Faults. Their numbers count on over a batch, so that none is stored twice.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use crate::{
    db::{self, Tx, insert_rows, sql},
    fault::Outcome,
    sheet::CellFault,
};

/// A fault as stored.
#[derive(Debug, Clone, FromQueryResult)]
pub(in crate::imports) struct StoredFault {
    pub(in crate::imports) number: i64,
    pub(in crate::imports) sheet: String,
    pub(in crate::imports) line: i32,
    pub(in crate::imports) header: String,
    pub(in crate::imports) value: String,
    pub(in crate::imports) code: String,
    pub(in crate::imports) remedy_zh: String,
    pub(in crate::imports) remedy_en: String,
}

/// Faults that are in memory a second time, as a statement.
const AT_ONCE: usize = 1_024;
/// Faults that go in one transaction.
pub(in crate::imports) const SLICE: u64 = 5_000;

const COLUMNS: &str = "batch, number, sheet, line, header, value, code, remedy_zh, remedy_en";

/// Adds faults from number `first` on.
pub(in crate::imports) async fn append(
    conn: &Tx,
    batch: Uuid,
    first: i64,
    faults: &[CellFault],
) -> Outcome<()> {
    let row = |(number, fault): (i64, &CellFault)| -> Vec<Value> {
        vec![
            batch.into(),
            number.into(),
            fault.sheet.clone().into(),
            i32::try_from(fault.line).unwrap_or(i32::MAX).into(),
            fault.column.clone().into(),
            fault.value.clone().into(),
            fault.code.into(),
            fault.remedy_zh.clone().into(),
            fault.remedy_en.clone().into(),
        ]
    };
    for (number, some) in (first..).step_by(AT_ONCE).zip(faults.chunks(AT_ONCE)) {
        let rows = (number..).zip(some).map(row).collect();
        insert_rows(conn, "import_fault", COLUMNS, rows).await.map_err(db::fault::of)?;
    }
    Ok(())
}

/// Removes some faults of a batch; answers how many.
pub(in crate::imports) async fn remove_some(
    conn: &impl ConnectionTrait,
    batch: Uuid,
) -> Outcome<u64> {
    let text = format!(
        "DELETE FROM import_fault WHERE batch = $1 AND number IN
         (SELECT number FROM import_fault WHERE batch = $1 ORDER BY number LIMIT {SLICE})"
    );
    let done = conn.execute_raw(sql(conn, &text, [batch.into()])).await;
    Ok(done.map_err(db::fault::of)?.rows_affected())
}

/// Which of these lines have a fault.
pub(in crate::imports) async fn faulty_lines(
    conn: &impl ConnectionTrait,
    batch: Uuid,
    from: u32,
    to: u32,
) -> Outcome<HashSet<u32>> {
    let text = "SELECT DISTINCT line FROM import_fault
         WHERE batch = $1 AND line BETWEEN $2 AND $3";
    let number = |line: u32| i32::try_from(line).unwrap_or(i32::MAX).into();
    let found = conn.query_all_raw(sql(conn, text, [batch.into(), number(from), number(to)])).await;
    let lines = found.map_err(db::fault::of)?;
    let line = |row: &sea_orm::QueryResult| row.try_get::<i32>("", "line").map(i32::unsigned_abs);
    lines.iter().map(line).collect::<Result<_, _>>().map_err(db::fault::of)
}

/// Faults by line and number, from behind `after` on.
pub(in crate::imports) async fn page(
    conn: &impl ConnectionTrait,
    batch: Uuid,
    after: (i32, i64),
    at_most: u64,
) -> Outcome<Vec<StoredFault>> {
    let text = format!(
        "SELECT number, sheet, line, header, value, code, remedy_zh, remedy_en FROM import_fault
         WHERE batch = $1 AND (line > $2 OR (line = $2 AND number > $3))
         ORDER BY line, number LIMIT {at_most}"
    );
    let values = [batch.into(), after.0.into(), after.1.into()];
    let found = StoredFault::find_by_statement(sql(conn, &text, values)).all(conn).await;
    found.map_err(db::fault::of)
}
