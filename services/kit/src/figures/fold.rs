//! Deltas become balances. Only the sequencer's leader folds, so balances have one writer.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use crate::{
    db::{fault, places, rows_per_statement, sql},
    fault::Outcome,
    path::{Line, Path},
};

/// The nodes at which a leaf counts: itself and everything above it on its line.
pub type Ancestors = dyn Fn(Line, &Path) -> Vec<Path> + Send + Sync;

#[derive(FromQueryResult)]
struct Row {
    metric: i16,
    line: i16,
    node: String,
    day: i32,
    delta: i64,
}

/// One node's figure, and what is to be added to it by day.
type Sums = BTreeMap<(i16, i16, String), BTreeMap<i32, i64>>;

/// Folds up to `at_most` deltas; answers how many.
pub async fn fold(
    conn: &impl ConnectionTrait,
    ancestors: &Ancestors,
    at_most: u64,
) -> Outcome<u64> {
    let take = format!(
        "DELETE FROM figure_delta WHERE id IN (SELECT id FROM figure_delta ORDER BY id
         LIMIT {at_most}) RETURNING metric, line, node, day, delta"
    );
    let taken = Row::find_by_statement(sql(conn, &take, [])).all(conn).await.map_err(fault::of)?;
    let sums = sum_up(&taken, ancestors);
    let balances: Vec<Vec<Value>> = sums
        .iter()
        .flat_map(|(key, days)| days.keys().map(move |day| balance_key(key, *day)))
        .collect();
    open_balances(conn, balances).await?;
    let spans: Vec<Vec<Value>> = sums.iter().flat_map(|(key, days)| spans(key, days)).collect();
    raise_balances(conn, spans).await?;
    Ok(taken.len() as u64)
}

fn sum_up(rows: &[Row], ancestors: &Ancestors) -> Sums {
    let mut sums = Sums::new();
    for row in rows {
        let (Some(line), Ok(node)) = (Line::from_code(row.line), Path::parse(&row.node)) else {
            // Only `append` writes this table, from types that are always valid.
            continue;
        };
        for above in ancestors(line, &node) {
            let key = (row.metric, row.line, above.as_str().to_owned());
            *sums.entry(key).or_default().entry(row.day).or_insert(0) += row.delta;
        }
    }
    for days in sums.values_mut() {
        days.retain(|_, delta| *delta != 0);
    }
    sums.retain(|_, days| !days.is_empty());
    sums
}

fn balance_key((metric, line, node): &(i16, i16, String), day: i32) -> Vec<Value> {
    vec![(*metric).into(), (*line).into(), node.as_str().into(), day.into()]
}

/// From each day to the next one, the running sum is added to every balance.
fn spans(key: &(i16, i16, String), days: &BTreeMap<i32, i64>) -> Vec<Vec<Value>> {
    let ends = days.keys().skip(1).copied().chain([i32::MAX]);
    let mut running = 0;
    let mut spans = Vec::with_capacity(days.len());
    for ((day, delta), end) in days.iter().zip(ends) {
        running += delta;
        let mut span = balance_key(key, *day);
        span.extend([Value::from(end), Value::from(running)]);
        spans.push(span);
    }
    spans
}

/// Puts a balance at each day that has none yet, equal to the one before it.
async fn open_balances(conn: &impl ConnectionTrait, rows: Vec<Vec<Value>>) -> Outcome<()> {
    in_statements(conn, rows, 4, |values| {
        format!(
            "INSERT INTO figure_balance (metric, line, node, day, balance)
             SELECT v.column1, v.column2, v.column3, v.column4, COALESCE((
                 SELECT b.balance FROM figure_balance b
                 WHERE b.metric = v.column1 AND b.line = v.column2 AND b.node = v.column3
                   AND b.day < v.column4 ORDER BY b.day DESC LIMIT 1), 0)
             FROM (VALUES {values}) AS v WHERE true
             ON CONFLICT (metric, line, node, day) DO NOTHING"
        )
    })
    .await
}

async fn raise_balances(conn: &impl ConnectionTrait, rows: Vec<Vec<Value>>) -> Outcome<()> {
    in_statements(conn, rows, 6, |values| {
        format!(
            "UPDATE figure_balance SET balance = balance + v.column6
             FROM (VALUES {values}) AS v
             WHERE figure_balance.metric = v.column1 AND figure_balance.line = v.column2
               AND figure_balance.node = v.column3 AND figure_balance.day >= v.column4
               AND figure_balance.day < v.column5"
        )
    })
    .await
}

async fn in_statements(
    conn: &impl ConnectionTrait,
    rows: Vec<Vec<Value>>,
    width: usize,
    text: impl Fn(&str) -> String,
) -> Outcome<()> {
    for some in rows.chunks(rows_per_statement(width)) {
        let text = text(&places(some.len(), width));
        let values = some.iter().flatten().cloned();
        conn.execute_raw(sql(conn, &text, values)).await.map_err(fault::of)?;
    }
    Ok(())
}
