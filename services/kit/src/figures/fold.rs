//! Deltas become balances. Only the sequencer's leader folds, so balances have one writer.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};

use super::steps::{Scale, Steps, block_of};
use crate::{
    db::{fault, places, rows::rows_at_once, sql},
    fault::Outcome,
    path::{Line, Path},
};

/// The nodes at which a leaf counts: itself and everything above it on its line.
pub type Ancestors = dyn Fn(Line, &Path) -> Vec<Path> + Send + Sync;

/// One node's figure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    metric: i16,
    line: i16,
    node: String,
}

/// One row of balances.
type Key = (Kept, Scale, i32);

const KEY_COLUMNS: &str = "metric, line, node, scale, block";
const KEY_WIDTH: usize = 5;

/// Folds up to `at_most` deltas; answers how many. It takes them node by node: the days of one
/// node share their rows, so a long tail costs little more than a short one.
pub async fn fold(
    conn: &impl ConnectionTrait,
    ancestors: &Ancestors,
    at_most: u64,
) -> Outcome<u64> {
    let (taken, leaves) = take(conn, at_most).await?;
    let mut rows: Vec<(Key, Steps)> = rows(&sums(leaves, ancestors)).into_iter().collect();
    let mut left = rows.as_mut_slice();
    while !left.is_empty() {
        let (some, rest) = left.split_at_mut(rows_at_once(left.len(), KEY_WIDTH + 1));
        add_kept(conn, some).await?;
        keep(conn, some).await?;
        left = rest;
    }
    Ok(taken)
}

#[derive(FromQueryResult)]
struct Taken {
    metric: i16,
    line: i16,
    node: String,
    day: i32,
    delta: i64,
}

async fn take(conn: &impl ConnectionTrait, at_most: u64) -> Outcome<(u64, BTreeMap<Kept, Steps>)> {
    let first = format!("FROM figure_delta ORDER BY metric, line, node, day LIMIT {at_most}");
    // By their places, which leaves nothing to plan: see `add_kept`.
    let chosen = match conn.get_database_backend() {
        DatabaseBackend::Postgres => format!("ctid = ANY (ARRAY (SELECT ctid {first}))"),
        _ => format!("id IN (SELECT id {first})"),
    };
    let text =
        format!("DELETE FROM figure_delta WHERE {chosen} RETURNING metric, line, node, day, delta");
    let taken = Taken::find_by_statement(sql(conn, &text, [])).all(conn).await;
    let taken = taken.map_err(fault::of)?;
    let count = taken.len() as u64;
    let mut leaves: BTreeMap<Kept, Steps> = BTreeMap::new();
    for row in taken {
        let leaf = Kept { metric: row.metric, line: row.line, node: row.node };
        leaves.entry(leaf).or_default().add(row.day, row.delta);
    }
    Ok((count, leaves))
}

/// What is to be added, by day, at every node that a leaf counts at.
fn sums(leaves: BTreeMap<Kept, Steps>, ancestors: &Ancestors) -> BTreeMap<Kept, Steps> {
    let mut sums: BTreeMap<Kept, Steps> = BTreeMap::new();
    for (leaf, steps) in leaves {
        let (Some(line), Ok(node)) = (Line::from_code(leaf.line), Path::parse(&leaf.node)) else {
            // Only `append` writes this table, from types that are always valid.
            continue;
        };
        for above in ancestors(line, &node) {
            let kept = Kept { node: above.as_str().to_owned(), ..leaf };
            sums.entry(kept).or_default().add_all(&steps);
        }
    }
    sums
}

/// The same, in the rows that keep it.
fn rows(sums: &BTreeMap<Kept, Steps>) -> BTreeMap<Key, Steps> {
    let mut rows: BTreeMap<Key, Steps> = BTreeMap::new();
    for (kept, steps) in sums {
        for (day, delta) in steps.iter() {
            let block = block_of(day);
            for (scale, row, at) in [(Scale::Days, block, day), (Scale::Blocks, 0, block)] {
                rows.entry((kept.clone(), scale, row)).or_default().add(at, delta);
            }
        }
    }
    rows.retain(|_, steps| !steps.is_empty());
    rows
}

#[derive(FromQueryResult)]
struct Found {
    number: i32,
    steps: Option<Vec<u8>>,
}

/// Adds what is kept already. One probe a row: a join would be planned from statistics, which
/// know nothing yet of a table that an import has just filled.
async fn add_kept(conn: &impl ConnectionTrait, rows: &mut [(Key, Steps)]) -> Outcome<()> {
    let text = format!(
        "SELECT v.column1 AS number, (
             SELECT b.steps FROM figure_block b
             WHERE b.metric = v.column2 AND b.line = v.column3 AND b.node = v.column4
               AND b.scale = v.column5 AND b.block = v.column6) AS steps
         FROM (VALUES {}) AS v",
        places(rows.len(), KEY_WIDTH + 1)
    );
    let values = (0_i32..)
        .zip(rows.iter())
        .flat_map(|(number, (key, _))| std::iter::once(Value::from(number)).chain(key_values(key)));
    let found = Found::find_by_statement(sql(conn, &text, values)).all(conn).await;
    for found in found.map_err(fault::of)? {
        let row = usize::try_from(found.number).ok().and_then(|at| rows.get_mut(at));
        if let (Some((_, steps)), Some(kept)) = (row, found.steps) {
            steps.add_all(&Steps::parse(&kept)?);
        }
    }
    Ok(())
}

async fn keep(conn: &impl ConnectionTrait, rows: &[(Key, Steps)]) -> Outcome<()> {
    let text = format!(
        "INSERT INTO figure_block ({KEY_COLUMNS}, steps) VALUES {}
         ON CONFLICT ({KEY_COLUMNS}) DO UPDATE SET steps = excluded.steps",
        places(rows.len(), KEY_WIDTH + 1)
    );
    let values = rows.iter().flat_map(|(key, steps)| {
        key_values(key).into_iter().chain([Value::from(steps.to_bytes())])
    });
    conn.execute_raw(sql(conn, &text, values)).await.map_err(fault::of)?;
    Ok(())
}

fn key_values((kept, scale, block): &Key) -> [Value; KEY_WIDTH] {
    [
        kept.metric.into(),
        kept.line.into(),
        kept.node.as_str().into(),
        scale.code().into(),
        (*block).into(),
    ]
}
