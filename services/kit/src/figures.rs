//! Figures are kept, not counted. A write appends signed deltas on leaf nodes; the sequencer folds
//! them into balances of every node above; a read is the balance plus the unfolded tail.

pub mod fold;
pub mod rate;
pub mod read;
pub mod service;
mod steps;
pub(crate) mod tail;
#[cfg(test)]
mod tests;

pub use self::tail::Which;
use crate::{
    civil::CivilDate,
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
