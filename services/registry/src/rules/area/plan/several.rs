//! Changes in which several areas take part: merge and split.

use std::collections::BTreeSet;

use unionhall_kit::civil::CivilDate;

use super::{AreaFault, AreaPlan, AreaStep, closable, name_free, not_after, open};
use crate::rules::{
    area::{
        AreaPath,
        tree::{AreaTree, Lineage, LineageKind},
    },
    name::Name,
};

/// What several areas become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeTarget {
    /// An area that is open already.
    Existing(AreaPath),
    /// An area that begins with the merge.
    New(Part),
}

/// A label and a name for an area that begins with the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The label.
    pub path: AreaPath,
    /// The name.
    pub name: Name,
}

/// Merges `sources` into one area of the same level. They must have no open children.
pub fn plan_merge(
    tree: &AreaTree,
    sources: &[AreaPath],
    target: MergeTarget,
    on: CivilDate,
    today: CivilDate,
) -> Result<AreaPlan, AreaFault> {
    not_after(on, today)?;
    let (path, least) = match &target {
        MergeTarget::Existing(path) => (path.clone(), 1),
        MergeTarget::New(part) => (part.path.clone(), 2),
    };
    if sources.len() < least || !distinct(sources.iter().chain([&path])) {
        return Err(AreaFault::Participants);
    }
    for source in sources {
        closable(tree, source, on)?;
        if source.level() != path.level() {
            return Err(AreaFault::Level(source.clone(), path));
        }
    }
    let mut steps = Vec::new();
    match target {
        MergeTarget::Existing(path) => {
            open(tree, &path, on)?;
        }
        MergeTarget::New(part) => steps.push(opening(tree, part, sources, on)?),
    }
    let link = |source: &AreaPath| link(LineageKind::Merged, source, &path, on);
    steps.extend(sources.iter().map(link));
    steps.extend(sources.iter().map(|source| AreaStep::Close { path: source.clone(), on }));
    Ok(AreaPlan { steps })
}

/// Splits an area without open children into two or more of the same level. With `remains`, the
/// area stays open as one of them, and one further part suffices.
pub fn plan_split(
    tree: &AreaTree,
    source: &AreaPath,
    parts: Vec<Part>,
    remains: bool,
    on: CivilDate,
    today: CivilDate,
) -> Result<AreaPlan, AreaFault> {
    not_after(on, today)?;
    let least = if remains { 1 } else { 2 };
    let distinct_names: BTreeSet<&Name> = parts.iter().map(|part| &part.name).collect();
    let labels = parts.iter().map(|part| &part.path).chain([source]);
    if parts.len() < least || distinct_names.len() < parts.len() || !distinct(labels) {
        return Err(AreaFault::Participants);
    }
    closable(tree, source, on)?;
    let leaving = if remains { Vec::new() } else { vec![source.clone()] };
    let mut steps = Vec::new();
    for part in parts {
        if part.path.level() != source.level() {
            return Err(AreaFault::Level(source.clone(), part.path));
        }
        let link = link(LineageKind::Split, source, &part.path, on);
        steps.push(opening(tree, part, &leaving, on)?);
        steps.push(link);
    }
    if !remains {
        steps.push(AreaStep::Close { path: source.clone(), on });
    }
    Ok(AreaPlan { steps })
}

/// Opens a part; it may take over the name of an area that ends with the change.
fn opening(
    tree: &AreaTree,
    part: Part,
    leaving: &[AreaPath],
    on: CivilDate,
) -> Result<AreaStep, AreaFault> {
    let Part { path, name } = part;
    if tree.get(&path).is_some() {
        return Err(AreaFault::LabelTaken(path));
    }
    if let Some(parent) = path.parent() {
        open(tree, &parent, on)?;
    }
    name_free(tree, &path, &name, on, leaving)?;
    Ok(AreaStep::Open { path, name, from: on, history_unknown: false })
}

fn link(
    kind: LineageKind,
    predecessor: &AreaPath,
    successor: &AreaPath,
    on: CivilDate,
) -> AreaStep {
    let (predecessor, successor) = (predecessor.clone(), successor.clone());
    AreaStep::Link(Lineage { kind, predecessor, successor, on })
}

fn distinct<'a>(mut paths: impl Iterator<Item = &'a AreaPath>) -> bool {
    let mut seen = BTreeSet::new();
    paths.all(|path| seen.insert(path))
}
