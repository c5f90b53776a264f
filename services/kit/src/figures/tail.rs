//! What was written and is not folded yet: a row for each figure that a write moves, with the steps
//! of all its leaves. An import moves thousands of leaves in a transaction; a row for each of them
//! would cost more than the records.

use std::collections::BTreeMap;

use prost::{
    bytes::Buf,
    encoding::{decode_varint, encode_varint},
};
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, FromQueryResult};

use super::{
    Delta, MetricId,
    steps::{Steps, sum_before},
};
use crate::{
    db::{Tx, fault, insert_rows, sql},
    fault::{Fault, Outcome},
    path::Line,
    reasons,
};

/// A write of this many deltas may wait for others before it is folded.
const BULK: usize = 500;

/// One node's figure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kept {
    pub(super) metric: i16,
    pub(super) line: i16,
    pub(super) node: String,
}

/// What is taken to be folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The writes of a few deltas.
    Small,
    /// Those of many too.
    All,
}

/// The writes of many deltas that wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub(crate) struct Bulk {
    /// The row that was written last; 0 when none waits.
    pub newest: i64,
    /// How many deltas.
    pub deltas: i64,
}

/// Appends deltas in the transaction of the change that causes them.
pub(crate) async fn append(conn: &Tx, deltas: &[Delta]) -> Result<(), DbErr> {
    let mut figures: BTreeMap<(MetricId, Line), BTreeMap<&str, Steps>> = BTreeMap::new();
    for delta in deltas {
        let leaves = figures.entry((delta.metric, delta.line)).or_default();
        let steps = leaves.entry(delta.node.as_str()).or_default();
        steps.add(delta.day.epoch_day(), delta.delta);
    }
    for leaves in figures.values_mut() {
        leaves.retain(|_, steps| !steps.is_empty());
    }
    let counted = |leaves: &BTreeMap<&str, Steps>| leaves.values().map(Steps::len).sum::<usize>();
    let bulk = figures.values().map(counted).sum::<usize>() >= BULK;
    let row = |((metric, line), leaves): ((MetricId, Line), BTreeMap<&str, Steps>)| {
        // A write holds far fewer than two thousand million.
        let count = i32::try_from(counted(&leaves)).unwrap_or(i32::MAX);
        let values = vec![
            metric.0.into(),
            line.code().into(),
            bulk.into(),
            count.into(),
            packed(&leaves).into(),
        ];
        (count > 0).then_some(values)
    };
    let rows = figures.into_iter().filter_map(row).collect();
    insert_rows(conn, "figure_tail", "metric, line, bulk, deltas, leaves", rows).await
}

/// Takes up to about `at_most` deltas away, whole rows and of one figure as many as there are: they
/// share the rows that they are folded into. Answers how many.
pub(super) async fn take(
    conn: &impl ConnectionTrait,
    which: Which,
    at_most: u64,
) -> Outcome<(u64, BTreeMap<Kept, Steps>)> {
    #[derive(FromQueryResult)]
    struct Taken {
        metric: i16,
        line: i16,
        deltas: i32,
        leaves: Vec<u8>,
    }
    let (key, places) = match conn.get_database_backend() {
        // By their places, which leaves nothing to plan: statistics know nothing of a table that
        // fills and empties all the time.
        DatabaseBackend::Postgres => {
            ("ctid", "= ANY (ARRAY (SELECT place FROM counted WHERE before < $1))")
        }
        _ => ("id", "IN (SELECT place FROM counted WHERE before < $1)"),
    };
    let some = match which {
        Which::Small => "WHERE NOT bulk",
        Which::All => "",
    };
    let text = format!(
        "WITH waiting AS (
             SELECT {key} AS place, id, metric, line, deltas,
                 SUM(deltas) OVER (PARTITION BY metric, line) AS total
             FROM figure_tail {some}
         ), counted AS (
             SELECT place, SUM(deltas) OVER (ORDER BY total DESC, metric, line, id) - deltas AS before
             FROM waiting
         )
         DELETE FROM figure_tail WHERE {key} {places} RETURNING metric, line, deltas, leaves"
    );
    let most = i64::try_from(at_most).unwrap_or(i64::MAX);
    let rows = Taken::find_by_statement(sql(conn, &text, [most.into()])).all(conn).await;
    let (mut count, mut leaves) = (0, BTreeMap::<Kept, Steps>::new());
    for row in rows.map_err(fault::of)? {
        count += u64::from(row.deltas.unsigned_abs());
        for leaf in unpacked(&row.leaves) {
            let (node, steps) = leaf?;
            let kept = Kept { metric: row.metric, line: row.line, node: node.to_owned() };
            leaves.entry(kept).or_default().add_all(&Steps::parse(steps)?);
        }
    }
    Ok((count, leaves))
}

/// What waits of writes of many deltas.
pub(crate) async fn bulk(conn: &impl ConnectionTrait) -> Outcome<Bulk> {
    let text =
        "SELECT COALESCE(MAX(id), 0) AS newest, CAST(COALESCE(SUM(deltas), 0) AS BIGINT) AS deltas
                FROM figure_tail WHERE bulk";
    let found = Bulk::find_by_statement(sql(conn, text, [])).one(conn).await;
    Ok(found.map_err(fault::of)?.unwrap_or_default())
}

/// The leaves of one row, in order: each with its length, its steps with theirs.
fn packed(leaves: &BTreeMap<&str, Steps>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(leaves.len() * 24);
    for (node, steps) in leaves {
        let steps = steps.to_bytes();
        for part in [node.as_bytes(), &steps] {
            encode_varint(part.len() as u64, &mut bytes);
            bytes.extend_from_slice(part);
        }
    }
    bytes
}

/// Each leaf of a row with its steps. `INTERNAL` for bytes that [`append`] never wrote.
fn unpacked(mut bytes: &[u8]) -> impl Iterator<Item = Outcome<(&str, &[u8])>> {
    std::iter::from_fn(move || {
        bytes.has_remaining().then(|| {
            let leaf = leaf(&mut bytes);
            if leaf.is_err() {
                bytes = &[];
            }
            leaf
        })
    })
}

fn leaf<'b>(bytes: &mut &'b [u8]) -> Outcome<(&'b str, &'b [u8])> {
    let broken = || Fault::new(&reasons::INTERNAL).caused_by("a figure's leaves do not decode");
    let mut part = || {
        let length = decode_varint(bytes).ok().and_then(|length| usize::try_from(length).ok());
        let (part, rest) = length.and_then(|at| bytes.split_at_checked(at)).ok_or_else(broken)?;
        *bytes = rest;
        Ok::<_, Fault>(part)
    };
    let (node, steps) = (part()?, part()?);
    Ok((std::str::from_utf8(node).map_err(|_| broken())?, steps))
}

/// The sum of the steps before `end` at `node` and below it.
pub(super) fn sum_below(leaves: &[u8], node: &str, end: i32) -> Outcome<i64> {
    let mut sum = 0;
    for leaf in unpacked(leaves) {
        let (leaf, steps) = leaf?;
        if leaf.starts_with(node) {
            sum += sum_before(steps, end)?;
        }
    }
    Ok(sum)
}

/// The steps at `node` and below it.
pub(super) fn steps_below(leaves: &[u8], node: &str) -> Outcome<Steps> {
    let mut sum = Steps::default();
    for leaf in unpacked(leaves) {
        let (leaf, steps) = leaf?;
        if leaf.starts_with(node) {
            sum.add_all(&Steps::parse(steps)?);
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_are_read_as_they_were_written() {
        let steps = |day, delta| {
            let mut steps = Steps::default();
            steps.add(day, delta);
            steps
        };
        let (near, far) = (steps(16_000, 2), steps(16_100, -5));
        let leaves =
            BTreeMap::from([("110102", near), ("110102012", far), ("120101", steps(0, 7))]);
        let bytes = packed(&leaves);
        let read: Vec<_> = unpacked(&bytes).map(Result::unwrap).collect();
        let written: Vec<_> =
            leaves.iter().map(|(node, steps)| (*node, steps.to_bytes())).collect();
        assert!(read.iter().zip(&written).all(|(read, written)| *read == (written.0, &*written.1)));
        assert_eq!(sum_below(&bytes, "1101", 16_101).unwrap(), -3);
        assert_eq!(sum_below(&bytes, "1101", 16_100).unwrap(), 2);
        assert_eq!(sum_below(&bytes, "110102012", 16_101).unwrap(), -5);
        assert_eq!(steps_below(&bytes, "1101").unwrap().len(), 2);
    }

    #[test]
    fn what_was_not_written_so_is_refused() {
        for bytes in [&[0x05, b'1'][..], &[0xff; 11], &[0x01, 0xff, 0x00]] {
            assert!(sum_below(bytes, "", 0).is_err(), "{bytes:?}");
        }
    }
}
