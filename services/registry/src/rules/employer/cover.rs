//! Coverage 建会 of an employer by a union: a dated fact, one union at a time.

use serde::{Deserialize, Serialize};
use unionhall_kit::civil::{CivilDate, Period};

use super::{EmployerFacts, change::not_after_today};
use crate::rules::{
    history::History,
    union::{EmployerId, UnionFacts, UnionId, kind::CoverKind},
};

pub use super::cover_fault::CoverFault;

/// The union that covers an employer, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cover {
    /// The union.
    pub union: UnionId,
    /// Its own union, or which kind of joint one.
    pub kind: CoverKind,
}

/// A union that is to cover an employer.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its id.
    pub id: UnionId,
    /// Its facts.
    pub facts: &'a UnionFacts,
}

/// Days on which coverage begins: the employer passes from uncovered to covered 新增 (F029). From
/// one union to another it stays covered.
pub fn beginnings(covers: &History<Cover>) -> impl Iterator<Item = (CivilDate, Cover)> {
    let rows = covers.rows();
    rows.iter().enumerate().filter_map(move |(at, row)| {
        let before = at.checked_sub(1).and_then(|before| rows.get(before));
        let goes_on = before.is_some_and(|before| before.period.until() == Some(row.period.from()));
        (!goes_on).then_some((row.period.from(), row.value))
    })
}

/// Puts the employer under a union from `from` on. `expected` is the union that the caller takes
/// to cover it so far.
pub fn cover(
    employer: (EmployerId, &EmployerFacts),
    candidate: Candidate<'_>,
    expected: Option<UnionId>,
    (from, today): (CivilDate, CivilDate),
) -> Result<EmployerFacts, CoverFault> {
    let (id, facts) = employer;
    open(facts, from, today)?;
    let present = facts.covers.on(from).map(|cover| cover.union);
    if present == Some(candidate.id) {
        return Ok(facts.clone());
    }
    if let Some(present) = present.filter(|present| Some(*present) != expected) {
        return Err(CoverFault::Covered(present, from));
    }
    let until = facts.covers.days().find(|day| *day > from);
    let lasts = candidate.facts.active_on(from)
        && candidate.facts.ended_on().is_none_or(|ended| until.is_some_and(|until| until <= ended));
    if !lasts {
        return Err(CoverFault::UnionNotActive(from));
    }
    let kind = candidate.facts.types.on(from).and_then(|kind| kind.cover());
    let kind = kind.ok_or(CoverFault::CoversNobody)?;
    if kind == CoverKind::Own && candidate.facts.employers.on(from) != Some(&id) {
        return Err(CoverFault::AnothersOwn);
    }
    let mut covered = facts.clone();
    covered.covers.record(Some(Cover { union: candidate.id, kind }), from);
    Ok(covered)
}

/// Lets the employer pass from unions that ended to the one that took them in: whatever day from
/// `from` on they covered it, that one does. A second time changes nothing.
#[must_use]
pub fn pass(
    facts: &EmployerFacts,
    sources: &[UnionId],
    into: Cover,
    from: CivilDate,
) -> EmployerFacts {
    let mut passed = facts.clone();
    let since = Period::since(from);
    for row in facts.covers.rows() {
        if sources.contains(&row.value.union) && row.period.overlaps(since) {
            passed.covers.record(Some(into), row.period.from().max(from));
        }
    }
    passed
}

/// Ends the coverage from `from` on.
pub fn uncover(
    facts: &EmployerFacts,
    (from, today): (CivilDate, CivilDate),
) -> Result<EmployerFacts, CoverFault> {
    open(facts, from, today)?;
    if facts.covers.on(from).is_none() {
        return Err(CoverFault::NotCovered(from));
    }
    let mut uncovered = facts.clone();
    uncovered.covers.record(None, from);
    Ok(uncovered)
}

fn open(facts: &EmployerFacts, from: CivilDate, today: CivilDate) -> Result<(), CoverFault> {
    not_after_today(from, today).map_err(CoverFault::Employer)?;
    super::change::stands_on(facts, from).map_err(CoverFault::Employer)
}
