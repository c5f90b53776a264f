//! Changes of one area: create, rename, code, move, close.

use unionhall_kit::civil::{CivilDate, Period};

use super::{AreaFault, AreaPlan, AreaStep, closable, name_free, not_after, open, openable};
use crate::rules::{
    area::{
        AreaPath,
        official::OfficialCode,
        tree::{AreaFact, AreaTree, DatedCode, Lineage, LineageKind},
    },
    name::Name,
};

/// The wish for an area that does not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewArea {
    /// Its label.
    pub path: AreaPath,
    /// Its name.
    pub name: Name,
    /// Its first day.
    pub from: CivilDate,
    /// Whether that day is a convention, because what came before is not known.
    pub history_unknown: bool,
}

/// Creates an area below an open parent.
pub fn plan_create(
    tree: &AreaTree,
    wish: NewArea,
    today: CivilDate,
) -> Result<AreaPlan, AreaFault> {
    not_after(wish.from, today)?;
    openable(tree, &wish.path, &wish.name, wish.from)?;
    let NewArea { path, name, from, history_unknown } = wish;
    Ok(AreaPlan { steps: vec![AreaStep::Open { path, name, from, history_unknown }] })
}

/// Creates an area together with its official code and the edition that prints it.
pub fn plan_create_coded(
    tree: &AreaTree,
    wish: NewArea,
    code: Option<(OfficialCode, CivilDate)>,
    today: CivilDate,
) -> Result<AreaPlan, AreaFault> {
    let (path, from) = (wish.path.clone(), wish.from);
    let mut plan = plan_create(tree, wish, today)?;
    if let Some((code, edition)) = code {
        code_free(tree, &path, &code, from)?;
        plan.steps.push(AreaStep::Code { path, code, edition, from });
    }
    Ok(plan)
}

/// Gives an area another name from a day on; the label stays. The same name changes nothing.
pub fn plan_rename(
    tree: &AreaTree,
    path: &AreaPath,
    name: Name,
    from: CivilDate,
    today: CivilDate,
) -> Result<AreaPlan, AreaFault> {
    not_after(from, today)?;
    let fact = open(tree, path, from)?;
    if from < fact.named_since() {
        return Err(AreaFault::TooEarly(path.clone(), fact.named_since()));
    }
    if fact.name_on(from) == Some(&name) {
        return Ok(AreaPlan::default());
    }
    name_free(tree, path, &name, from)?;
    Ok(AreaPlan { steps: vec![AreaStep::Name { path: path.clone(), name, from }] })
}

/// Gives an area an official code from a day on, as an edition prints it.
pub fn plan_code(
    tree: &AreaTree,
    path: &AreaPath,
    code: OfficialCode,
    edition: CivilDate,
    from: CivilDate,
    today: CivilDate,
) -> Result<AreaPlan, AreaFault> {
    not_after(from, today)?;
    let fact = open(tree, path, from)?;
    let held_since = fact.codes.last().map(|dated| dated.period.from());
    if let Some(since) = held_since.filter(|since| from < *since) {
        return Err(AreaFault::TooEarly(path.clone(), since));
    }
    code_free(tree, path, &code, from)?;
    Ok(AreaPlan { steps: vec![AreaStep::Code { path: path.clone(), code, edition, from }] })
}

/// Whether no other area has the code on or after `from`.
fn code_free(
    tree: &AreaTree,
    path: &AreaPath,
    code: &OfficialCode,
    from: CivilDate,
) -> Result<(), AreaFault> {
    let later = Period::since(from);
    let held = |dated: &DatedCode| dated.code == *code && dated.period.overlaps(later);
    let holds = |other: &&AreaFact| other.path != *path && other.codes.iter().any(held);
    match tree.holders(code).find(holds) {
        Some(holder) => Err(AreaFault::CodeTaken(holder.path.clone(), code.clone())),
        None => Ok(()),
    }
}

/// Puts an area with everything below it under another parent. The label is the path, so every
/// area of the subtree is closed and succeeded under `new`, with lineage.
pub fn plan_move(
    tree: &AreaTree,
    path: &AreaPath,
    new: &AreaPath,
    on: CivilDate,
    today: CivilDate,
) -> Result<AreaPlan, AreaFault> {
    not_after(on, today)?;
    let root = open(tree, path, on)?;
    if path.level() != new.level() {
        return Err(AreaFault::Level(path.clone(), new.clone()));
    }
    if path.parent() == new.parent() {
        return Err(AreaFault::ParentUnchanged(path.clone()));
    }
    let name = root.name_on(on).ok_or_else(|| AreaFault::NotOpen(path.clone(), on))?;
    openable(tree, new, name, on)?;
    let moving = movable(tree, path, on)?;
    let mut plan = AreaPlan::default();
    for fact in &moving {
        plan.steps.extend(succeed(tree, fact, (path, new), on)?);
    }
    // Children end before their parents.
    let closings = moving.iter().rev().map(|fact| AreaStep::Close { path: fact.path.clone(), on });
    plan.steps.extend(closings);
    Ok(plan)
}

/// The areas of the subtree that are open on `on`, parents first, where none has a later record.
fn movable<'a>(
    tree: &'a AreaTree,
    root: &'a AreaPath,
    on: CivilDate,
) -> Result<Vec<&'a AreaFact>, AreaFault> {
    let lasting = |fact: &&AreaFact| fact.period.until().is_none_or(|until| on < until);
    let mut moving = Vec::new();
    for fact in tree.subtree(root).filter(lasting) {
        let settled = tree.settled_on(fact).max(fact.period.until().unwrap_or(on));
        if on < settled {
            return Err(AreaFault::TooEarly(fact.path.clone(), settled));
        }
        moving.push(fact);
    }
    Ok(moving)
}

fn succeed(
    tree: &AreaTree,
    fact: &AreaFact,
    (old, new): (&AreaPath, &AreaPath),
    on: CivilDate,
) -> Result<[AreaStep; 2], AreaFault> {
    let level = || AreaFault::Level(fact.path.clone(), new.clone());
    let path = fact.path.rebased(old, new).ok_or_else(level)?;
    if tree.get(&path).is_some() {
        return Err(AreaFault::LabelTaken(path));
    }
    let name = fact.name_on(on).ok_or_else(|| AreaFault::NotOpen(fact.path.clone(), on))?.clone();
    let kind = LineageKind::Moved;
    let lineage = Lineage { kind, predecessor: fact.path.clone(), successor: path.clone(), on };
    let opening = AreaStep::Open { path, name, from: on, history_unknown: false };
    Ok([opening, AreaStep::Link(lineage)])
}

/// Ends an area. Where another takes over its work, that is its `successor`; without one, no
/// employer (`occupants`) may lie there.
pub fn plan_close(
    tree: &AreaTree,
    path: &AreaPath,
    successor: Option<&AreaPath>,
    occupants: u64,
    on: CivilDate,
    today: CivilDate,
) -> Result<AreaPlan, AreaFault> {
    not_after(on, today)?;
    closable(tree, path, on)?;
    let mut steps = Vec::new();
    match successor {
        Some(successor) if successor == path => return Err(AreaFault::Participants),
        Some(successor) => {
            open(tree, successor, on)?;
            if successor.level() != path.level() {
                return Err(AreaFault::Level(path.clone(), successor.clone()));
            }
            steps.push(AreaStep::Link(Lineage {
                kind: LineageKind::Succeeded,
                predecessor: path.clone(),
                successor: successor.clone(),
                on,
            }));
        }
        None if occupants > 0 => return Err(AreaFault::Occupied(path.clone(), occupants)),
        None => {}
    }
    steps.push(AreaStep::Close { path: path.clone(), on });
    Ok(AreaPlan { steps })
}
