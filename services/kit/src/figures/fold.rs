//! Deltas become balances. Only the sequencer's leader folds, so balances have one writer.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};

use super::{
    steps::{Scale, Steps, block_of},
    tail::{self, Kept, Which},
};
use crate::{
    db::{fault, places, rows::rows_at_once, sql},
    fault::Outcome,
    path::{Line, Path},
};

/// The nodes at which a leaf counts: itself and everything above it on its line.
pub type Ancestors = dyn Fn(Line, &Path) -> Vec<Path> + Send + Sync;

/// One row of balances.
type Key = (Kept, Scale, i32);

const KEY_COLUMNS: &str = "metric, line, node, scale, block";
const KEY_WIDTH: usize = 5;

const NODE_COLUMNS: &str = "metric, line, node";
const NODE_WIDTH: usize = 3;

/// Steps that one row keeps of a node before they are spread over its blocks: most nodes are small,
/// and a change of theirs costs one row.
const FEW: usize = if cfg!(test) { 4 } else { 128 };

/// Folds up to about `at_most` deltas; answers how many.
pub async fn fold(
    conn: &impl ConnectionTrait,
    ancestors: &Ancestors,
    which: Which,
    at_most: u64,
) -> Outcome<u64> {
    let (older, loose) = take_loose(conn, at_most).await?;
    let (taken, mut leaves) = tail::take(conn, which, at_most).await?;
    for (leaf, steps) in loose {
        leaves.entry(leaf).or_default().add_all(&steps);
    }
    let mut nodes: Vec<(Kept, Steps)> = sums(leaves, ancestors).into_iter().collect();
    for some in parts(&mut nodes, NODE_WIDTH) {
        add_nodes(conn, some).await?;
    }
    let many: Vec<_> = nodes.extract_if(.., |(_, steps)| steps.len() > FEW).collect();
    let mut blocks: Vec<(Key, Steps)> = rows(&many).into_iter().collect();
    for some in parts(&mut blocks, KEY_WIDTH) {
        add_kept(conn, some).await?;
        keep(conn, some).await?;
    }
    // Nothing is left in the rows of those that were spread.
    nodes.extend(many.into_iter().map(|(kept, _)| (kept, Steps::default())));
    for some in parts(&mut nodes, NODE_WIDTH) {
        keep_nodes(conn, some).await?;
    }
    Ok(older + taken)
}

/// As many rows at once as a statement takes, with a key of `width` values.
fn parts<K>(rows: &mut [(K, Steps)], width: usize) -> impl Iterator<Item = &mut [(K, Steps)]> {
    let mut left = rows;
    std::iter::from_fn(move || {
        let rows = std::mem::take(&mut left);
        let (some, rest) = rows.split_at_mut_checked(rows_at_once(rows.len(), width + 1))?;
        left = rest;
        (!some.is_empty()).then_some(some)
    })
}

/// What a version before the tail wrote, a row each.
async fn take_loose(
    conn: &impl ConnectionTrait,
    at_most: u64,
) -> Outcome<(u64, BTreeMap<Kept, Steps>)> {
    #[derive(FromQueryResult)]
    struct Taken {
        metric: i16,
        line: i16,
        node: String,
        day: i32,
        delta: i64,
    }
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
            // Only `append` writes the tail, from types that are always valid.
            continue;
        };
        for above in ancestors(line, &node) {
            let kept = Kept { node: above.as_str().to_owned(), ..leaf };
            sums.entry(kept).or_default().add_all(&steps);
        }
    }
    sums
}

/// The same, in the blocks that keep it.
fn rows(sums: &[(Kept, Steps)]) -> BTreeMap<Key, Steps> {
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

/// Adds what is kept in the rows of the nodes already. See `add_kept`.
async fn add_nodes(conn: &impl ConnectionTrait, nodes: &mut [(Kept, Steps)]) -> Outcome<()> {
    let text = format!(
        "SELECT v.column1 AS number, (
             SELECT n.steps FROM figure_node n
             WHERE n.metric = v.column2 AND n.line = v.column3 AND n.node = v.column4) AS steps
         FROM (VALUES {}) AS v",
        places(nodes.len(), NODE_WIDTH + 1)
    );
    add_found(conn, &text, nodes, |kept| node_values(kept).to_vec()).await
}

async fn keep_nodes(conn: &impl ConnectionTrait, nodes: &[(Kept, Steps)]) -> Outcome<()> {
    let text = format!(
        "INSERT INTO figure_node ({NODE_COLUMNS}, steps) VALUES {}
         ON CONFLICT ({NODE_COLUMNS}) DO UPDATE SET steps = excluded.steps",
        places(nodes.len(), NODE_WIDTH + 1)
    );
    let values = nodes.iter().flat_map(|(kept, steps)| {
        node_values(kept).into_iter().chain([Value::from(steps.to_bytes())])
    });
    conn.execute_raw(sql(conn, &text, values)).await.map_err(fault::of)?;
    Ok(())
}

fn node_values(kept: &Kept) -> [Value; NODE_WIDTH] {
    [kept.metric.into(), kept.line.into(), kept.node.as_str().into()]
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
    add_found(conn, &text, rows, |key| key_values(key).to_vec()).await
}

/// Adds the steps that the statement finds, which numbers the rows that it is given.
async fn add_found<K>(
    conn: &impl ConnectionTrait,
    text: &str,
    rows: &mut [(K, Steps)],
    values: impl Fn(&K) -> Vec<Value>,
) -> Outcome<()> {
    let values = (0_i32..)
        .zip(rows.iter())
        .flat_map(|(number, (key, _))| std::iter::once(Value::from(number)).chain(values(key)));
    let values: Vec<Value> = values.collect();
    let found = Found::find_by_statement(sql(conn, text, values)).all(conn).await;
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
