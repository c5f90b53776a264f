//! Decisions about changes of the tree: each takes the recorded areas and a wish, and returns the
//! steps that carry it out, or the reason against it.
//!
//! A change takes effect on a day that is not after today and not before what is recorded already.
//! Labels are never used twice. Merging and closing ask for areas without open children, so that
//! every child's fate is decided by name; a move takes its subtree along.

mod apply;
mod merge;
mod single;

use std::collections::BTreeSet;

pub use merge::plan_merge;
pub use single::{
    NewArea, plan_close, plan_code, plan_create, plan_create_coded, plan_move, plan_rename,
};
use unionhall_kit::{
    self as kit,
    civil::{CivilDate, Period},
    fault::Reason,
};

use super::{
    AreaPath,
    official::OfficialCode,
    tree::{AreaFact, AreaTree, Lineage},
};
use crate::rules::{Refusal, name::Name, reasons};

/// One thing to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AreaStep {
    /// An area begins to exist.
    Open {
        /// Its label, never used before.
        path: AreaPath,
        /// Its first name.
        name: Name,
        /// Its first day.
        from: CivilDate,
        /// Whether that day is a convention.
        history_unknown: bool,
    },
    /// An area's name ends and another begins.
    Name {
        /// The area.
        path: AreaPath,
        /// The name from then on.
        name: Name,
        /// Its first day.
        from: CivilDate,
    },
    /// An area's official code ends and another begins.
    Code {
        /// The area.
        path: AreaPath,
        /// The code from then on.
        code: OfficialCode,
        /// The cut-off date of the edition that gives it.
        edition: CivilDate,
        /// Its first day.
        from: CivilDate,
    },
    /// One area came out of another.
    Link(Lineage),
    /// An area, its name and its code end.
    Close {
        /// The area.
        path: AreaPath,
        /// The first day on which it no longer exists.
        on: CivilDate,
    },
}

/// What carries a wish out, in an order in which every step finds the tree valid.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AreaPlan {
    /// The steps.
    pub steps: Vec<AreaStep>,
}

impl AreaPlan {
    /// From where to where records are carried, one pair per area: every employer whose actual
    /// address lies in the first has it in the second from the day on.
    pub fn relocations(&self) -> impl Iterator<Item = &Lineage> {
        self.steps.iter().filter_map(|step| match step {
            AreaStep::Link(lineage) => Some(lineage),
            _ => None,
        })
    }

    /// Every area whose record the plan begins or changes.
    pub fn areas(&self) -> BTreeSet<&AreaPath> {
        let of_step = |step| match step {
            &AreaStep::Open { ref path, .. }
            | &AreaStep::Name { ref path, .. }
            | &AreaStep::Code { ref path, .. }
            | &AreaStep::Close { ref path, .. } => [path, path],
            AreaStep::Link(lineage) => [&lineage.predecessor, &lineage.successor],
        };
        self.steps.iter().flat_map(of_step).collect()
    }
}

/// Why a change of the tree is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AreaFault {
    /// The area is not recorded.
    #[error("{0} is unknown")]
    Unknown(AreaPath),
    /// The area is closed or not yet open.
    #[error("{0} is not open on {1}")]
    NotOpen(AreaPath, CivilDate),
    /// The parent is unknown, closed or not yet open.
    #[error("the parent {0} is not open on {1}")]
    ParentNotOpen(AreaPath, CivilDate),
    /// The label was used before.
    #[error("{0} is taken")]
    LabelTaken(AreaPath),
    /// This sibling bears the name.
    #[error("{0} bears the name {1}")]
    NameTaken(AreaPath, Name),
    /// The first has the second below it.
    #[error("{0} has {1} below it")]
    HasChildren(AreaPath, AreaPath),
    /// This many employers lie there.
    #[error("{1} employers lie in {0}")]
    Occupied(AreaPath, u64),
    /// The day is after today.
    #[error("{0} is in the future")]
    InFuture(CivilDate),
    /// The area's record reaches to a later day.
    #[error("{0} cannot change before {1}")]
    TooEarly(AreaPath, CivilDate),
    /// The two are not of one level.
    #[error("{0} and {1} are not of one level")]
    Level(AreaPath, AreaPath),
    /// A move without another parent.
    #[error("{0} keeps its parent")]
    ParentUnchanged(AreaPath),
    /// A merge or succession without two distinct areas.
    #[error("no source, or an area twice")]
    Participants,
    /// This area holds the official code.
    #[error("{0} holds the code {1}")]
    CodeTaken(AreaPath, OfficialCode),
}

impl Refusal for AreaFault {
    fn reason(&self) -> &'static Reason {
        match self {
            Self::Unknown(_) => &kit::reasons::NOT_FOUND,
            Self::NotOpen(..) => &reasons::AREA_NOT_OPEN,
            Self::ParentNotOpen(..) => &reasons::AREA_PARENT_NOT_OPEN,
            Self::LabelTaken(_) => &kit::reasons::ALREADY_EXISTS,
            Self::NameTaken(..) => &reasons::AREA_NAME_TAKEN,
            Self::HasChildren(..) => &reasons::AREA_HAS_CHILDREN,
            Self::Occupied(..) => &reasons::AREA_HAS_RECORDS,
            Self::InFuture(_) | Self::TooEarly(..) => &reasons::AREA_DATE_INVALID,
            Self::Level(..) => &reasons::AREA_LEVEL_MISMATCH,
            Self::ParentUnchanged(_) => &reasons::AREA_PARENT_UNCHANGED,
            Self::Participants => &reasons::AREA_PARTICIPANTS_INVALID,
            Self::CodeTaken(..) => &reasons::OFFICIAL_CODE_TAKEN,
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let area = |path: &AreaPath| ("area", path.to_string());
        let problem = |zh: String| vec![("problem", self.to_string()), ("problem_zh", zh)];
        match self {
            Self::Unknown(path) | Self::LabelTaken(path) => vec![("name", format!("areas/{path}"))],
            Self::ParentUnchanged(path) => vec![area(path)],
            Self::NotOpen(path, day) | Self::ParentNotOpen(path, day) => {
                vec![area(path), ("day", day.to_string())]
            }
            Self::NameTaken(path, name) => vec![area(path), ("name", name.to_string())],
            Self::HasChildren(path, child) => vec![area(path), ("child", child.to_string())],
            Self::Occupied(path, count) => vec![area(path), ("count", count.to_string())],
            Self::InFuture(day) => problem(format!("{day}晚于今日")),
            Self::TooEarly(path, day) => problem(format!("区域{path}的变更不能早于{day}")),
            Self::Level(path, other) => vec![area(path), ("other", other.to_string())],
            Self::Participants => Vec::new(),
            Self::CodeTaken(path, code) => vec![area(path), ("code", code.to_string())],
        }
    }
}

/// The area, provided that it is open from `day` on.
fn open<'a>(
    tree: &'a AreaTree,
    path: &AreaPath,
    day: CivilDate,
) -> Result<&'a AreaFact, AreaFault> {
    let fact = tree.get(path).ok_or_else(|| AreaFault::Unknown(path.clone()))?;
    if fact.period.until().is_some() || day < fact.period.from() {
        return Err(AreaFault::NotOpen(path.clone(), day));
    }
    Ok(fact)
}

/// The area, provided that it can end on `day`: open, nothing recorded later, no child then.
fn closable<'a>(
    tree: &'a AreaTree,
    path: &AreaPath,
    day: CivilDate,
) -> Result<&'a AreaFact, AreaFault> {
    let fact = open(tree, path, day)?;
    let settled = tree.settled_on(fact);
    if day < settled {
        return Err(AreaFault::TooEarly(path.clone(), settled));
    }
    // One that ended on its first day covers no day.
    let lasting = |child: &&AreaFact| {
        let period = child.period;
        period.until().is_none_or(|until| day < until && period.from() < until)
    };
    match tree.children(Some(path)).find(lasting) {
        Some(child) => Err(AreaFault::HasChildren(path.clone(), child.path.clone())),
        None => Ok(fact),
    }
}

/// Whether `path` can begin to exist on `from` under this name.
fn openable(
    tree: &AreaTree,
    path: &AreaPath,
    name: &Name,
    from: CivilDate,
) -> Result<(), AreaFault> {
    if tree.get(path).is_some() {
        return Err(AreaFault::LabelTaken(path.clone()));
    }
    if let Some(parent) = path.parent()
        && open(tree, &parent, from).is_err()
    {
        return Err(AreaFault::ParentNotOpen(parent, from));
    }
    name_free(tree, path, name, from)
}

/// Whether no sibling bears `name` on or after `from`.
fn name_free(
    tree: &AreaTree,
    path: &AreaPath,
    name: &Name,
    from: CivilDate,
) -> Result<(), AreaFault> {
    let parent = path.parent();
    let bears = |fact: &&AreaFact| {
        let later = Period::since(from);
        fact.names.iter().any(|dated| dated.name == *name && dated.period.overlaps(later))
    };
    let others = |fact: &&AreaFact| fact.path != *path;
    match tree.bearers(parent.as_ref(), name).filter(others).find(bears) {
        Some(sibling) => Err(AreaFault::NameTaken(sibling.path.clone(), name.clone())),
        None => Ok(()),
    }
}

fn not_after(day: CivilDate, today: CivilDate) -> Result<(), AreaFault> {
    if day > today { Err(AreaFault::InFuture(day)) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
