//! What the register does by itself, and resumes by itself after a crash.

pub mod base_register;
pub mod recount;
pub mod structure;

use std::collections::BTreeMap;

use unionhall_kit::figures::Delta;

/// The deltas of many records, most of which fall on few days and nodes.
pub(crate) fn summed(deltas: Vec<Delta>) -> impl Iterator<Item = Delta> {
    let mut sums: BTreeMap<_, i64> = BTreeMap::new();
    for Delta { metric, line, node, day, delta } in deltas {
        *sums.entry((metric, line, node, day)).or_default() += delta;
    }
    let delta = |((metric, line, node, day), delta)| Delta { metric, line, node, day, delta };
    sums.into_iter().map(delta)
}
