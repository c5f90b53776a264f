//! Figures as signed steps: from which day on a record adds how much to a figure, at which leaf.

use std::collections::BTreeSet;

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
    pub fn into_delta(self) -> Delta {
        let Self { metric, leaf: Leaf { line, node }, day, delta } = self;
        Delta { metric, line, node, day, delta }
    }
}

/// Steps that add up as they are noted, many of them on the same figure, leaf and day.
#[derive(Debug, Default)]
pub struct Sums(Vec<Step>);

impl Sums {
    /// Notes one.
    pub fn add(&mut self, metric: MetricId, leaf: &Leaf, day: CivilDate, delta: i64) {
        self.0.push(Step { metric, leaf: leaf.clone(), day, delta });
    }

    /// Their sums: ascending by figure, leaf and day, none zero.
    pub fn steps(self) -> Vec<Step> {
        let mut steps = self.0;
        steps.sort_unstable_by(|one, other| place(one).cmp(&place(other)));
        steps.dedup_by(|next, kept| {
            let same = place(next) == place(kept);
            if same {
                kept.delta += next.delta;
            }
            same
        });
        steps.retain(|step| step.delta != 0);
        steps
    }
}

fn place(step: &Step) -> (MetricId, &Leaf, CivilDate) {
    (step.metric, &step.leaf, step.day)
}

/// The steps of a record that is worth `worth(metric, day)` at some leaves: ascending, none zero.
/// `days` are all on which the worth can change.
pub fn steps(
    metrics: impl IntoIterator<Item = MetricId>,
    days: &BTreeSet<CivilDate>,
    worth: impl Fn(MetricId, CivilDate) -> Vec<(Leaf, i64)>,
) -> Vec<Step> {
    let mut sums = Sums::default();
    for metric in metrics {
        let mut before = Vec::new();
        for day in days {
            let now = worth(metric, *day);
            if now != before {
                for (side, sign) in [(&before, -1), (&now, 1)] {
                    for (leaf, value) in side {
                        sums.add(metric, leaf, *day, sign * value);
                    }
                }
                before = now;
            }
        }
    }
    sums.steps()
}

/// What a change adds to the figures: the steps of `new` less those of `old`.
pub fn difference(old: &[Step], new: Vec<Step>) -> Vec<Step> {
    if old.is_empty() {
        return new;
    }
    let mut sums = Sums(new);
    for step in old {
        sums.add(step.metric, &step.leaf, step.day, -step.delta);
    }
    sums.steps()
}
