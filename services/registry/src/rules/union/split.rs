//! Decisions about splits 分立: parts of a union become unions of their own.

use std::collections::BTreeSet;

use unionhall_kit::civil::{CivilDate, Period};
use uuid::Uuid;

use super::{
    EmployerId, Status, UnionFacts, UnionId,
    affiliation::{AffiliationPath, Label},
    approval::Decision,
    change::{SplitFault, Surroundings, UnionChange, UnionFault, amend, enter},
    ending::Ending,
    kind::CoverKind,
};
use crate::rules::{
    area::tree::AreaTree,
    history::{Dated, History},
};

/// Whom a part is to take over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wish {
    /// Employers that it is to cover.
    pub employers: Vec<Uuid>,
    /// Unions that are to answer to it.
    pub unions: Vec<UnionId>,
}

/// Divides the union on a day. It goes on, or `ends`.
pub fn split(
    (id, facts): (UnionId, &UnionFacts),
    (parts, ends): (&[UnionId], bool),
    ending: Ending<'_>,
    (from, today): (CivilDate, CivilDate),
) -> Result<UnionFacts, UnionFault> {
    let areas = AreaTree::default();
    let around = Surroundings { today, areas: &areas, superior: None };
    let with = |known: Option<&Vec<UnionId>>| {
        let known = known.into_iter().flatten().chain(parts).copied();
        known.collect::<Vec<_>>()
    };
    let mut changes = vec![UnionChange::Parts(with(facts.parts.on(from)))];
    if ends {
        changes.push(UnionChange::Status(Status::Split));
    }
    // Whether it may be divided at all is told before what is wrong with the decision.
    amend(facts, &changes, from, around)?;
    let above = facts.superiors.on(from).copied();
    changes.extend(ending.changes(id, &[above], (from, today))?);
    let mut divided = amend(facts, &changes, from, around)?;
    // Splits that are recorded of later days know of this one too.
    for row in facts.parts.rows().iter().filter(|row| row.period.from() > from) {
        divided.parts.record(Some(with(Some(&row.value))), row.period.from());
    }
    Ok(divided)
}

/// Enters a part: what is not said of it, it has of the union that is split.
pub fn part(
    mut said: Vec<UnionChange>,
    (of, above): (UnionId, Option<UnionId>),
    decision: &Decision,
    (from, around): (CivilDate, Surroundings<'_>),
) -> Result<UnionFacts, UnionFault> {
    if !said.iter().any(|change| matches!(change, UnionChange::Superior(_))) {
        said.extend(above.map(|above| UnionChange::Superior(Some(above))));
    }
    if !said.iter().any(|change| matches!(change, UnionChange::Approval(_))) {
        said.push(UnionChange::Approval(Some(decision.approval.clone())));
    }
    said.push(UnionChange::Origin(of));
    enter(&said, from, around)
}

/// Whether each employer and each union that a part names is there to be taken over, and named once.
pub fn taken_over(
    wishes: &[Wish],
    covered: &BTreeSet<Uuid>,
    below: &BTreeSet<UnionId>,
) -> Result<(), SplitFault> {
    let mut employers = BTreeSet::new();
    for id in wishes.iter().flat_map(|wish| &wish.employers) {
        if !covered.contains(id) {
            return Err(SplitFault::NotCovered(*id));
        }
        if !employers.insert(id) {
            return Err(SplitFault::EmployerTwice(*id));
        }
    }
    let mut unions = BTreeSet::new();
    for id in wishes.iter().flat_map(|wish| &wish.unions) {
        if !below.contains(id) {
            return Err(SplitFault::NotBelow(*id));
        }
        if !unions.insert(id) {
            return Err(SplitFault::UnionTwice(*id));
        }
    }
    Ok(())
}

/// Those of the employers whom no part names.
pub fn remaining(wishes: &[Wish], covered: impl IntoIterator<Item = Uuid>) -> Vec<Uuid> {
    let named: BTreeSet<&Uuid> = wishes.iter().flat_map(|wish| &wish.employers).collect();
    covered.into_iter().filter(|id| !named.contains(id)).collect()
}

/// Whether the part, the one with this number from 1, can cover whom it is to cover.
pub fn covers(
    number: usize,
    facts: &UnionFacts,
    employers: &[Uuid],
    from: CivilDate,
) -> Result<(), SplitFault> {
    if employers.is_empty() {
        return Ok(());
    }
    let kind = facts.types.on(from).and_then(|kind| kind.cover());
    let kind = kind.ok_or(SplitFault::CoversNobody(number))?;
    let own = facts.employers.on(from);
    let foreign = employers.iter().any(|id| own != Some(&EmployerId(*id)));
    if kind == CoverKind::Own && foreign {
        return Err(SplitFault::AnothersOwn(number));
    }
    Ok(())
}

/// Whether the part, the one with this number from 1, stands beside the union that is split.
pub fn stands_beside(
    number: usize,
    of: UnionId,
    paths: &History<AffiliationPath>,
) -> Result<(), SplitFault> {
    let of = Label::of(of);
    let below = paths.rows().iter().any(|row| row.value.passes(&of));
    if below { Err(SplitFault::Below(number)) } else { Ok(()) }
}

/// The paths that a union leaves when from a day on it no longer answers to `above`: those that it
/// has on the days on which it does.
pub fn leaves(
    (facts, paths): (&UnionFacts, &History<AffiliationPath>),
    above: UnionId,
    from: CivilDate,
) -> Vec<Dated<AffiliationPath>> {
    let since = Period::since(from);
    let answers = facts.superiors.rows().iter().filter(|row| row.value == above);
    let answers: Vec<Period> = answers.filter_map(|row| common(row.period, since)).collect();
    let stands = |row: &Dated<AffiliationPath>| {
        let days = answers.iter().filter_map(|days| common(*days, row.period));
        days.map(|period| Dated { value: row.value.clone(), period }).collect::<Vec<_>>()
    };
    paths.rows().iter().flat_map(stands).collect()
}

/// The days that both have.
fn common(one: Period, other: Period) -> Option<Period> {
    let until = match (one.until(), other.until()) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let period = Period::new(one.from().max(other.from()), until)?;
    (period.until() != Some(period.from())).then_some(period)
}

#[cfg(test)]
mod tests;
