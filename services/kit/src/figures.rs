//! Figures are kept, not counted. A write appends signed deltas on leaf nodes; the sequencer folds
//! them into balances of every node above; a read is the last balance plus the unfolded tail.

pub mod fold;
pub mod read;
pub mod service;

use sea_orm::{ConnectionTrait, DbErr, Value};

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

/// Appends deltas in the transaction of the change that causes them.
pub(crate) async fn append(conn: &impl ConnectionTrait, deltas: &[Delta]) -> Result<(), DbErr> {
    let row = |delta: &Delta| -> Vec<Value> {
        vec![
            delta.metric.0.into(),
            delta.line.code().into(),
            delta.node.as_str().into(),
            delta.day.epoch_day().into(),
            delta.delta.into(),
        ]
    };
    let rows = deltas.iter().filter(|delta| delta.delta != 0).map(row).collect();
    insert_rows(conn, "figure_delta", "metric, line, node, day, delta", rows).await
}
