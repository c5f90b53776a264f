//! What rows did, keyed by batch and line: no row has two effects.

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use crate::{
    db::{Tx, fault, insert_rows, places, rows_per_statement, sql},
    fault::Outcome,
    imports::Effect,
};

const STANDS: i16 = 0;
const TAKEN_BACK: i16 = 1;
const REFUSED: i16 = 2;

#[derive(FromQueryResult)]
struct Stored {
    line: i32,
    record: String,
    version_before: i64,
    version_after: i64,
    before: Vec<u8>,
}

/// Adds effects with their lines.
pub(in crate::imports) async fn append(
    conn: &Tx,
    batch: Uuid,
    effects: &[(u32, Effect)],
) -> Outcome<()> {
    let row = |(line, effect): &(u32, Effect)| -> Vec<Value> {
        vec![
            batch.into(),
            number(*line).into(),
            effect.record.clone().into(),
            effect.version_before.into(),
            effect.version_after.into(),
            effect.before.clone().into(),
        ]
    };
    let columns = "batch, line, record, version_before, version_after, before";
    let rows = effects.iter().map(row).collect();
    insert_rows(conn, "import_effect", columns, rows).await.map_err(fault::of)
}

/// The last effects that stand, last line first.
pub(in crate::imports) async fn standing(
    conn: &impl ConnectionTrait,
    batch: Uuid,
    at_most: usize,
) -> Outcome<Vec<(u32, Effect)>> {
    let text = format!(
        "SELECT line, record, version_before, version_after, before FROM import_effect
         WHERE batch = $1 AND undone = $2 ORDER BY line DESC LIMIT {at_most}"
    );
    let found = Stored::find_by_statement(sql(conn, &text, [batch.into(), STANDS.into()]));
    let found = found.all(conn).await.map_err(fault::of)?;
    let effect = |row: Stored| {
        let effect = Effect {
            record: row.record,
            version_before: row.version_before,
            version_after: row.version_after,
            before: row.before,
        };
        (row.line.unsigned_abs(), effect)
    };
    Ok(found.into_iter().map(effect).collect())
}

/// Notes what became of effects, by their lines.
pub(in crate::imports) async fn settle(
    conn: &impl ConnectionTrait,
    batch: Uuid,
    taken_back: &[u32],
    refused: &[u32],
) -> Outcome<()> {
    for (lines, verdict) in [(taken_back, TAKEN_BACK), (refused, REFUSED)] {
        for some in lines.chunks(rows_per_statement(1)) {
            let text = format!(
                "UPDATE import_effect SET undone = {verdict} WHERE batch = ${} AND line IN {}",
                some.len() + 1,
                places(1, some.len())
            );
            let values = some.iter().map(|line| number(*line).into()).chain([batch.into()]);
            conn.execute_raw(sql(conn, &text, values)).await.map_err(fault::of)?;
        }
    }
    Ok(())
}

/// A sheet has far fewer lines than this type holds.
fn number(line: u32) -> i32 {
    i32::try_from(line).unwrap_or(i32::MAX)
}
