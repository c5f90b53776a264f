//! Figures are kept, not counted. A write appends signed deltas on leaf nodes; the sequencer folds
//! them into balances of every node above; a read is the balance plus the unfolded tail.

pub mod fold;
pub mod rate;
pub mod read;
pub mod service;
mod steps;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    civil::CivilDate,
    db::insert_rows,
    path::{Line, Path},
};

/// A figure, as a small number that its service gives to a name and never reuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricId(pub i16);

/// From `day` on, a figure of a leaf node is higher by `delta`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// The figure.
    pub metric: MetricId,
    /// The line of the node.
    pub line: Line,
    /// The leaf node.
    pub node: Path,
    /// First day.
    pub day: CivilDate,
    /// Signed.
    pub delta: i64,
}

/// Appends deltas in the transaction of the change that causes them. Those of one node and day
/// become one: what an import adds to a node in a thousand rows is often a handful of days.
pub(crate) async fn append(conn: &impl ConnectionTrait, deltas: &[Delta]) -> Result<(), DbErr> {
    let mut sums: BTreeMap<(MetricId, Line, &Path, CivilDate), i64> = BTreeMap::new();
    for delta in deltas {
        let key = (delta.metric, delta.line, &delta.node, delta.day);
        *sums.entry(key).or_insert(0) += delta.delta;
    }
    let row = |((metric, line, node, day), delta): ((MetricId, Line, &Path, CivilDate), i64)| {
        vec![
            metric.0.into(),
            line.code().into(),
            node.as_str().into(),
            day.epoch_day().into(),
            delta.into(),
        ]
    };
    let rows = sums.into_iter().filter(|(_, delta)| *delta != 0).map(row).collect();
    insert_rows(conn, "figure_delta", "metric, line, node, day, delta", rows).await
}
