//! Figures as signed steps: from which day on a record adds how much to a figure, at which leaf.

use std::collections::{BTreeMap, BTreeSet};

use unionhall_kit::{
    civil::CivilDate,
    figures::{Delta, MetricId},
    path::{Line, Path},
};

/// The lowest node at which something counts, on one line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Leaf {
    /// The line.
    pub line: Line,
    /// The node.
    pub node: Path,
}

/// From `day` on, the figure of `metric` at `leaf` and above is higher by `delta`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// The figure.
    pub metric: MetricId,
    /// Where.
    pub leaf: Leaf,
    /// The first day.
    pub day: CivilDate,
    /// How much, never zero.
    pub delta: i64,
}

impl Step {
    /// The step as the books take it.
    pub fn to_delta(&self) -> Delta {
        Delta {
            metric: self.metric,
            line: self.leaf.line,
            node: self.leaf.node.clone(),
            day: self.day,
            delta: self.delta,
        }
    }
}

/// The steps of a record that is worth `worth(metric, day)` at some leaves: ascending, none zero.
/// `days` are all on which the worth can change.
pub fn steps(
    metrics: impl IntoIterator<Item = MetricId>,
    days: &BTreeSet<CivilDate>,
    worth: impl Fn(MetricId, CivilDate) -> Vec<(Leaf, i64)>,
) -> Vec<Step> {
    let mut sums = BTreeMap::new();
    for metric in metrics {
        let mut before = Vec::new();
        for day in days {
            let now = worth(metric, *day);
            if now != before {
                for (side, sign) in [(&before, -1), (&now, 1)] {
                    for (leaf, value) in side {
                        *sums.entry((metric, leaf.clone(), *day)).or_insert(0) += sign * value;
                    }
                }
                before = now;
            }
        }
    }
    nonzero(sums)
}

/// What a change adds to the figures: the steps of `new` less those of `old`.
pub fn difference(old: &[Step], new: &[Step]) -> Vec<Step> {
    let mut sums = BTreeMap::new();
    for (side, sign) in [(old, -1), (new, 1)] {
        for step in side {
            let key = (step.metric, step.leaf.clone(), step.day);
            *sums.entry(key).or_insert(0) += sign * step.delta;
        }
    }
    nonzero(sums)
}

fn nonzero(sums: BTreeMap<(MetricId, Leaf, CivilDate), i64>) -> Vec<Step> {
    let step = |((metric, leaf, day), delta)| Step { metric, leaf, day, delta };
    sums.into_iter().map(step).filter(|step| step.delta != 0).collect()
}
