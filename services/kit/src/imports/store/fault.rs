//! Faults. Their numbers count on over a batch, so that none is stored twice.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use crate::{
    db::{self, insert_rows, sql},
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

const COLUMNS: &str = "batch, number, sheet, line, header, value, code, remedy_zh, remedy_en";

/// Adds faults from number `first` on.
pub(in crate::imports) async fn append(
    conn: &impl ConnectionTrait,
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
    let rows = (first..).zip(faults).map(row).collect();
    insert_rows(conn, "import_fault", COLUMNS, rows).await.map_err(db::fault::of)
}

/// Removes every fault of a batch.
pub(in crate::imports) async fn remove(conn: &impl ConnectionTrait, batch: Uuid) -> Outcome<()> {
    let text = "DELETE FROM import_fault WHERE batch = $1";
    conn.execute_raw(sql(conn, text, [batch.into()])).await.map_err(db::fault::of).map(drop)
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
