//! Areas that become part of another.

use std::collections::BTreeSet;

use unionhall_kit::civil::CivilDate;

use super::{AreaFault, AreaPlan, AreaStep, closable, not_after, open};
use crate::rules::area::{
    AreaPath,
    tree::{AreaTree, Lineage, LineageKind},
};

/// Merges `sources` into an open area of the same level. They must have no open children: each of
/// those is moved below the target, under a label of its own, first.
pub fn plan_merge(
    tree: &AreaTree,
    sources: &[AreaPath],
    target: &AreaPath,
    on: CivilDate,
    today: CivilDate,
) -> Result<AreaPlan, AreaFault> {
    not_after(on, today)?;
    let participants: BTreeSet<_> = sources.iter().chain([target]).collect();
    if sources.is_empty() || participants.len() <= sources.len() {
        return Err(AreaFault::Participants);
    }
    open(tree, target, on)?;
    for source in sources {
        closable(tree, source, on)?;
        if source.level() != target.level() {
            return Err(AreaFault::Level(source.clone(), target.clone()));
        }
    }
    let link = |source: &AreaPath| {
        AreaStep::Link(Lineage {
            kind: LineageKind::Merged,
            predecessor: source.clone(),
            successor: target.clone(),
            on,
        })
    };
    let mut steps: Vec<_> = sources.iter().map(link).collect();
    steps.extend(sources.iter().map(|source| AreaStep::Close { path: source.clone(), on }));
    Ok(AreaPlan { steps })
}
