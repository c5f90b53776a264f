//! What a change of the structure does, and how that is written.

use serde::{Deserialize, Serialize};
use unionhall_kit::{
    civil::{CivilDate, Period},
    fault::{Fault, Outcome},
    reasons,
};
use uuid::Uuid;

use crate::{
    rules::{
        area::{AreaPath, tree::LineageKind},
        history::Dated,
        member::{MemberId, aftermath::Aftermath, membership::Standing},
        union::{
            UnionId,
            affiliation::{AffiliationPath, Label, union_id},
        },
    },
    store::{
        areas::{kind, kind_code, label},
        dated::broken,
    },
};

/// What a change does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Areas go into another.
    Areas(AreaWork),
    /// Unions come below another.
    Unions(UnionWork),
}

/// Areas go into another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaWork {
    /// What happens.
    pub kind: LineageKind,
    /// The areas that end; of a moved subtree its root.
    pub sources: Vec<AreaPath>,
    /// The area that takes over.
    pub target: AreaPath,
}

/// What happens to unions; numbers as in the contract, behind those of areas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i16)]
pub enum UnionChangeKind {
    /// One is affiliated to another 隶属变更.
    Affiliated = 4,
    /// Some are merged into another one 合并.
    Merged = 5,
    /// One is split into others 分立.
    Split = 6,
    /// One ended 撤销, by a decision or with its employer; only its members follow.
    Dissolved = 7,
}

impl UnionChangeKind {
    const ALL: [Self; 4] = [Self::Affiliated, Self::Merged, Self::Split, Self::Dissolved];
}

/// Unions come below another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnionWork {
    /// What happens.
    pub kind: UnionChangeKind,
    /// The unions that it is about.
    pub sources: Vec<UnionId>,
    /// The union below which they come, if there is one.
    pub target: Option<UnionId>,
    /// What follows with it.
    pub roots: Vec<Root>,
    /// Of a split the unions that it made.
    pub parts: Vec<Part>,
    /// What becomes of members, where there are any.
    pub members: Option<MemberWork>,
}

/// Members who follow the end of a union, or its split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberWork {
    /// What becomes of them.
    pub aftermath: Aftermath,
    /// The last one who was looked at; they come by ascending id.
    pub after: Option<MemberId>,
}

/// A union that a split made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The union.
    pub union: UnionId,
    /// The employers that it has yet to take over.
    pub employers: Vec<Uuid>,
    /// The unions that come below it.
    pub unions: Vec<UnionId>,
}

/// A union at the head of a subtree that goes elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The union.
    pub union: UnionId,
    /// The paths that it leaves, each for the days for which it does.
    pub left: Vec<Dated<AffiliationPath>>,
}

impl UnionWork {
    /// Every path that a root leaves.
    pub fn left(&self) -> impl Iterator<Item = &Dated<AffiliationPath>> {
        self.roots.iter().flat_map(|root| &root.left)
    }

    /// The unions that ended with it.
    pub fn ended(&self) -> &[UnionId] {
        match self.kind {
            UnionChangeKind::Affiliated | UnionChangeKind::Split | UnionChangeKind::Dissolved => {
                &[]
            }
            UnionChangeKind::Merged => &self.sources,
        }
    }

    /// The unions that somebody comes to.
    pub fn targets(&self) -> impl Iterator<Item = UnionId> {
        let members = self.members.iter().flat_map(|work| work.aftermath.targets());
        let parts = self.parts.iter().map(|part| part.union);
        self.target.into_iter().chain(parts).chain(members)
    }

    /// Whether the change is still to say where somebody belongs who stands so.
    pub fn awaits(&self, member: MemberId, standing: Standing) -> bool {
        let concerned = |work: &&MemberWork| {
            work.after.is_none_or(|after| member > after) && work.aftermath.concerns(standing)
        };
        self.members.iter().any(|work| concerned(&work))
    }

    /// Whether the union still takes somebody in, or gives somebody away, by a merger, a split or its
    /// end.
    pub fn unsettles(&self, id: UnionId) -> bool {
        match self.kind {
            UnionChangeKind::Affiliated => false,
            UnionChangeKind::Merged | UnionChangeKind::Split | UnionChangeKind::Dissolved => {
                self.sources.contains(&id) || self.targets().any(|target| target == id)
            }
        }
    }

    /// Whether a subtree that is still on its way is told of by this union.
    pub fn leads(&self, id: UnionId) -> bool {
        self.roots.iter().any(|root| root.union == id)
    }

    /// The union to which one of those who follow answers from then on, and instead of whom; `None`
    /// where it answers to the same one as before.
    pub fn takes_over(&self, id: UnionId) -> Option<(&[UnionId], UnionId)> {
        let target = match self.kind {
            UnionChangeKind::Affiliated | UnionChangeKind::Dissolved => None,
            UnionChangeKind::Merged => self.target,
            UnionChangeKind::Split => {
                let root = self.leads(id);
                let part = self.parts.iter().find(|part| part.unions.contains(&id));
                part.map(|part| part.union).or(self.target).filter(|_| root)
            }
        };
        target.map(|target| (self.sources.as_slice(), target))
    }

    /// Whether somebody with these paths goes along.
    pub fn carries(&self, paths: &[&AffiliationPath]) -> bool {
        let mut roots = self.roots.iter().map(|root| Label::of(root.union));
        roots.any(|root| paths.iter().any(|path| path.passes(&root)))
    }
}

/// The columns of a change.
pub(super) struct Written {
    pub(super) kind: i16,
    pub(super) sources: String,
    pub(super) target: String,
    pub(super) roots: String,
    pub(super) parts: String,
    pub(super) members: String,
}

/// `[path, from, until]`.
type WrittenPlace = (AffiliationPath, CivilDate, Option<CivilDate>);

#[derive(Serialize, Deserialize)]
struct WrittenRoot(UnionId, Vec<WrittenPlace>);

#[derive(Serialize, Deserialize)]
struct WrittenPart(UnionId, Vec<Uuid>, Vec<UnionId>);

impl Work {
    pub(super) fn written(&self) -> Outcome<Written> {
        Ok(match self {
            Self::Areas(work) => Written {
                kind: kind_code(work.kind),
                sources: joined(work.sources.iter().map(ToString::to_string)),
                target: work.target.to_string(),
                roots: "[]".to_owned(),
                parts: "[]".to_owned(),
                members: String::new(),
            },
            Self::Unions(work) => Written {
                kind: work.kind as i16,
                sources: joined(work.sources.iter().map(|UnionId(id)| id.to_string())),
                target: work.target.map(|UnionId(id)| id.to_string()).unwrap_or_default(),
                roots: roots_text(&work.roots)?,
                parts: parts_text(&work.parts)?,
                members: members_text(work.members.as_ref())?,
            },
        })
    }
}

impl Written {
    pub(super) fn work(self) -> Outcome<Work> {
        let of_unions = UnionChangeKind::ALL.into_iter().find(|kind| *kind as i16 == self.kind);
        let Some(of_unions) = of_unions else {
            return Ok(Work::Areas(AreaWork {
                kind: kind(self.kind)?,
                sources: self.sources.split(',').map(label).collect::<Outcome<_>>()?,
                target: label(&self.target)?,
            }));
        };
        let id = |text: &str| union_id(text).ok_or_else(|| Fault::new(&reasons::INTERNAL));
        let target = Some(self.target.as_str()).filter(|text| !text.is_empty());
        Ok(Work::Unions(UnionWork {
            kind: of_unions,
            sources: self.sources.split(',').map(id).collect::<Outcome<_>>()?,
            target: target.map(id).transpose()?,
            roots: roots(&self.roots)?,
            parts: parts(&self.parts)?,
            members: members(&self.members)?,
        }))
    }
}

fn joined(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(",")
}

fn roots_text(roots: &[Root]) -> Outcome<String> {
    let place =
        |row: &Dated<AffiliationPath>| (row.value.clone(), row.period.from(), row.period.until());
    let root = |root: &Root| WrittenRoot(root.union, root.left.iter().map(place).collect());
    serde_json::to_string(&roots.iter().map(root).collect::<Vec<_>>()).map_err(broken)
}

fn parts_text(parts: &[Part]) -> Outcome<String> {
    let part = |part: &Part| WrittenPart(part.union, part.employers.clone(), part.unions.clone());
    serde_json::to_string(&parts.iter().map(part).collect::<Vec<_>>()).map_err(broken)
}

fn parts(text: &str) -> Outcome<Vec<Part>> {
    let written: Vec<WrittenPart> = serde_json::from_str(text).map_err(broken)?;
    let part = |WrittenPart(union, employers, unions)| Part { union, employers, unions };
    Ok(written.into_iter().map(part).collect())
}

fn members_text(members: Option<&MemberWork>) -> Outcome<String> {
    members.map_or(Ok(String::new()), |work| serde_json::to_string(work).map_err(broken))
}

fn members(text: &str) -> Outcome<Option<MemberWork>> {
    let written = Some(text).filter(|text| !text.is_empty());
    written.map(|text| serde_json::from_str(text).map_err(broken)).transpose()
}

fn roots(text: &str) -> Outcome<Vec<Root>> {
    let written: Vec<WrittenRoot> = serde_json::from_str(text).map_err(broken)?;
    let place = |(value, from, until): WrittenPlace| {
        let period = Period::new(from, until);
        Ok(Dated { value, period: period.ok_or_else(|| broken("a path ends before it begins"))? })
    };
    let root = |WrittenRoot(union, left): WrittenRoot| {
        Ok(Root { union, left: left.into_iter().map(place).collect::<Outcome<_>>()? })
    };
    written.into_iter().map(root).collect()
}
